// Marks from the functions up, then copies what is marked. Where an operand's meaning is not known it counts as an id:
// to keep too much is harmless.
#include "aot/spirv_prune.h"

#include <algorithm>

#include "aot/spirv_scan.h"

namespace ist::aot {
namespace {

// Memory operands from which on ids may follow: MakePointerAvailable and MakePointerVisible.
constexpr uint32_t kScopedAccess =
    uint32_t{spv::MemoryAccessMakePointerAvailableMask} | uint32_t{spv::MemoryAccessMakePointerVisibleMask};

class Pruner {
 public:
  explicit Pruner(const SpirvModule& shader)
      : shader_(shader), functions_(shader.first_function()), used_(shader.words()[3], false) {}

  std::vector<uint32_t> prune() {
    const auto& all = shader_.instructions();
    for (size_t i = 1; i < functions_; ++i) mark_global(all[i]);
    for (size_t i = functions_; i < all.size(); ++i) mark_code(all[i]);
    while (!fresh_.empty()) {
      const uint32_t id = fresh_.back();
      fresh_.pop_back();
      if (is_declared(id)) mark_operands(shader_.definition(id));
    }
    const auto words = shader_.words();
    out_.reserve(words.size());
    out_.assign(words.begin(), words.begin() + 5);
    for (size_t i = 1; i < functions_; ++i) add(all[i]);
    out_.insert(out_.end(), words.begin() + all[functions_].at, words.end());
    return std::move(out_);
  }

 private:
  static bool is_declaration(const Instruction& i) {
    return (i.opcode >= spv::OpTypeVoid && i.opcode <= spv::OpTypePipe) ||
           (i.opcode >= spv::OpConstantTrue && i.opcode <= spv::OpSpecConstantOp) || i.opcode == spv::OpVariable ||
           i.opcode == spv::OpUndef || i.opcode == spv::OpExtInstImport;
  }
  // By an instruction that may go, that is outside functions.
  bool is_declared(uint32_t id) const {
    return shader_.definition_index(id) < functions_ && is_declaration(shader_.definition(id));
  }
  bool is_gone(uint32_t id) const { return is_declared(id) && !used_[id]; }

  void mark(uint32_t id) {
    if (id >= used_.size() || used_[id]) return;
    used_[id] = true;
    fresh_.push_back(id);
  }
  void mark_words(const Instruction& i, uint32_t first, uint32_t end) {
    for (uint32_t k = first; k < std::min<uint32_t>(end, i.length); ++k) mark(shader_.word(i, k));
  }

  void mark_global(const Instruction& i) {
    if (is_declaration(i)) {
      // WorkgroupSize is a constant that nobody need use.
      const bool built_in = i.opcode != spv::OpVariable && shader_.decoration(i.result, spv::DecorationBuiltIn);
      if (built_in) mark(i.result);
      return;
    }
    switch (i.opcode) {
      case spv::OpCapability:
      case spv::OpExtension:
      case spv::OpMemoryModel:
      case spv::OpEntryPoint:
      case spv::OpExecutionMode:
      case spv::OpString:
      case spv::OpSource:
      case spv::OpSourceExtension:
      case spv::OpSourceContinued:
      case spv::OpModuleProcessed:
      case spv::OpName:
      case spv::OpMemberName:
      case spv::OpLine:
      case spv::OpNoLine:
      case spv::OpDecorate:
      case spv::OpMemberDecorate:
      case spv::OpTypeForwardPointer:
        return;
      default:
        return mark_words(i, 1, i.length);
    }
  }

  void mark_code(const Instruction& i) {
    mark(i.type);
    switch (i.opcode) {
      case spv::OpFunction:
      case spv::OpVariable:
        return mark(shader_.word(i, 4));
      case spv::OpExtInst:
        mark(shader_.word(i, 3));
        return mark_words(i, 5, i.length);
      case spv::OpLoad:
        mark(shader_.word(i, 3));
        return mark_scopes(i, 4);
      case spv::OpStore:
        mark_words(i, 1, 3);
        return mark_scopes(i, 3);
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
        for_each_id(shader_, i, [&](uint32_t id) { mark(id); });
    }
  }

  void mark_scopes(const Instruction& i, uint32_t mask) {
    if (shader_.word(i, mask) & kScopedAccess) mark_words(i, mask + 1, i.length);
  }

  void mark_operands(const Instruction& i) {
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
    if (is_declaration(i)) return used_[i.result];
    switch (i.opcode) {
      case spv::OpName:
      case spv::OpMemberName:
      case spv::OpDecorate:
      case spv::OpMemberDecorate:
      case spv::OpTypeForwardPointer:
        return !is_gone(shader_.word(i, 1));
      default:
        return true;
    }
  }

  void add(const Instruction& i) {
    if (!is_kept(i)) return;
    if (i.opcode == spv::OpEntryPoint) return add_entry_point(i);
    const auto words = shader_.words().subspan(i.at, i.length);
    out_.insert(out_.end(), words.begin(), words.end());
  }

  // Its interface lists variables.
  void add_entry_point(const Instruction& entry) {
    const auto name_words = static_cast<uint32_t>(shader_.literal_string(entry, 3).size() / 4 + 1);
    const size_t at = out_.size();
    for (uint32_t k = 0; k < entry.length; ++k) {
      const uint32_t word = shader_.word(entry, k);
      if (k < 3 + name_words || !is_gone(word)) out_.push_back(word);
    }
    out_[at] = static_cast<uint32_t>(out_.size() - at) << 16 | spv::OpEntryPoint;
  }

  const SpirvModule& shader_;
  const size_t functions_;       // index of the first instruction of functions; there is one
  std::vector<bool> used_;       // by id
  std::vector<uint32_t> fresh_;  // marked, but what they need is not
  std::vector<uint32_t> out_;
};

}  // namespace

std::vector<uint32_t> prune_shader(const SpirvModule& shader) { return Pruner(shader).prune(); }

}  // namespace ist::aot
