// Marks from the functions up: declarations stand before their users, so one walk backwards finds all.
#include "gl/gl_prune.h"

#include <algorithm>

#include "aot/spirv_scan.h"
#include "aot/spirv_words.h"

namespace ist::gl {
namespace {

using aot::Instruction;

bool is_scalar_capability(uint32_t capability) {
  return capability == spv::CapabilityInt8 || capability == spv::CapabilityInt16 ||
         capability == spv::CapabilityInt64 || capability == spv::CapabilityFloat16 ||
         capability == spv::CapabilityFloat64;
}

class Pruner {
 public:
  explicit Pruner(const aot::SpirvModule& shader) : shader_(shader), used_(shader.words()[3], false) {}

  std::vector<uint32_t> prune() {
    const auto& all = shader_.instructions();
    const size_t functions = shader_.first_function();
    for (size_t i = functions; i < all.size(); ++i) mark_code(all[i]);
    for (size_t i = functions; i-- > 1;) mark_declaration(all[i]);
    const auto words = shader_.words();
    out_.assign(words.begin(), words.begin() + 5);
    for (size_t i = 1; i < functions; ++i) add(all[i]);
    if (functions < all.size()) out_.insert(out_.end(), words.begin() + all[functions].at, words.end());
    return std::move(out_);
  }

 private:
  void mark(uint32_t id) {
    if (id < used_.size()) used_[id] = true;
  }
  bool used(uint32_t id) const { return id < used_.size() && used_[id]; }

  void mark_words(const Instruction& i, uint32_t first, uint32_t end) {
    for (uint32_t k = first; k < std::min<uint32_t>(end, i.length); ++k) mark(shader_.word(i, k));
  }

  void mark_code(const Instruction& i) {
    mark(i.type);
    switch (i.opcode) {
      case spv::OpFunction:
        return mark(shader_.word(i, 4));
      case spv::OpVariable:
        return mark(shader_.word(i, 4));
      case spv::OpExtInst:
        mark(shader_.word(i, 3));
        return mark_words(i, 5, i.length);
      // What stands between the operands is a mask of image operands.
      case spv::OpImageWrite:
        mark_words(i, 1, 4);
        return mark_words(i, 5, i.length);
      case spv::OpImageRead:
      case spv::OpImageFetch:
      case spv::OpImageSampleImplicitLod:
      case spv::OpImageSampleExplicitLod:
        mark_words(i, 3, 5);
        return mark_words(i, 6, i.length);
      default:
        aot::for_each_id(shader_, i, [&](uint32_t id) { mark(id); });
    }
  }

  static bool is_declaration(const Instruction& i) {
    return (i.opcode >= spv::OpTypeVoid && i.opcode <= spv::OpTypePipe) ||
           (i.opcode >= spv::OpConstantTrue && i.opcode <= spv::OpSpecConstantOp) || i.opcode == spv::OpVariable ||
           i.opcode == spv::OpUndef;
  }

  void mark_declaration(const Instruction& i) {
    if (!is_declaration(i)) return;
    if (is_built_in(i)) mark(i.result);
    if (!used(i.result)) return;
    mark(i.type);
    switch (i.opcode) {
      case spv::OpTypeVector:
      case spv::OpTypeMatrix:
      case spv::OpTypeImage:
      case spv::OpTypeSampledImage:
      case spv::OpTypeRuntimeArray:
        return mark(shader_.word(i, 2));
      case spv::OpTypeArray:
      case spv::OpTypeStruct:
      case spv::OpTypeFunction:
        return mark_words(i, 2, i.length);
      case spv::OpTypePointer:
        return mark(shader_.word(i, 3));
      case spv::OpConstantComposite:
      case spv::OpSpecConstantComposite:
        return mark_words(i, 3, i.length);
      case spv::OpVariable:
      case spv::OpSpecConstantOp:
        return mark_words(i, 4, i.length);
      default:
        return;
    }
  }

  bool is_kept(const Instruction& i) const {
    if (is_declaration(i)) return used(i.result);
    switch (i.opcode) {
      case spv::OpCapability:
        return !is_scalar_capability(shader_.word(i, 1));
      case spv::OpName:
      case spv::OpMemberName:
      case spv::OpDecorate:
      case spv::OpMemberDecorate:
        return !is_declaration(shader_.definition(shader_.word(i, 1))) || used(shader_.word(i, 1));
      default:
        return true;
    }
  }

  // WorkgroupSize is a constant that nobody need use.
  bool is_built_in(const Instruction& i) const {
    return i.opcode != spv::OpVariable && shader_.decoration(i.result, spv::DecorationBuiltIn);
  }

  void add(const Instruction& i) {
    if (!is_kept(i)) return;
    if (i.opcode == spv::OpEntryPoint) return add_entry_point(i);
    const auto words = shader_.words().subspan(i.at, i.length);
    out_.insert(out_.end(), words.begin(), words.end());
  }

  void add_entry_point(const Instruction& entry) {
    const auto name_words = static_cast<uint32_t>(shader_.literal_string(entry, 3).size() / 4 + 1);
    const size_t at = out_.size();
    for (uint32_t k = 0; k < entry.length; ++k) {
      const uint32_t word = shader_.word(entry, k);
      if (k < 3 + name_words || used(word)) out_.push_back(word);
    }
    out_[at] = static_cast<uint32_t>(out_.size() - at) << 16 | spv::OpEntryPoint;
  }

  const aot::SpirvModule& shader_;
  std::vector<bool> used_;
  std::vector<uint32_t> out_;
};

}  // namespace

std::vector<uint32_t> prune_shader(const aot::SpirvModule& shader) { return Pruner(shader).prune(); }

}  // namespace ist::gl
