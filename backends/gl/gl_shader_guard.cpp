// One walk: what operands are by a table of instructions, paths into composites by their types, and branches by the
// structure that merges declare.
#include "gl/gl_shader_guard.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "aot/spirv_words.h"
#include "gl/gl_shader_table.h"

namespace ist::gl {
namespace {

using aot::Instruction;

constexpr uint32_t kMaxComponents = 4;
constexpr uint32_t kMaxParts = 10000;  // of all blocks together

bool is_type(const Instruction& i) { return i.opcode >= spv::OpTypeVoid && i.opcode <= spv::OpTypeFunction; }
bool is_constant(const Instruction& i) { return i.opcode >= spv::OpConstantTrue && i.opcode <= spv::OpConstantNull; }
class Guard {
 public:
  Guard(const aot::SpirvModule& shader, const std::string& name) : shader_(shader), name_(name) {}

  Status check() {
    for (const Instruction& i : shader_.instructions()) {
      if (i.opcode == 0) continue;
      const char* pattern = operands_of(i.opcode);
      if (!pattern || (i.opcode == spv::OpFunction && ++functions_ > 1)) {
        return fail(Code::incompatible_module, "Kernel '%s' has an instruction (%u) that is not translated.",
                    name_.c_str(), static_cast<unsigned>(i.opcode));
      }
      if (!operands_fit(i, pattern) || !result_fits(i) || !details_fit(i) || !place_fits(i)) return wrong(i);
    }
    return check_flow();
  }

 private:
  Status wrong(const Instruction& i) const {
    return fail(Code::corrupted_data, "Kernel '%s' has a wrong instruction (%u) at word (%u).", name_.c_str(),
                static_cast<unsigned>(i.opcode), i.at);
  }

  bool before(uint32_t id, const Instruction& i) const { return shader_.definition(id).at < i.at; }
  const Instruction& type_of(uint32_t id) const { return shader_.definition(shader_.type_of(id)); }

  bool fits(char kind, uint32_t id, const Instruction& i) const {
    const Instruction& definition = shader_.definition(id);
    switch (kind) {
      case 'L':
        return true;
      case 'T':
        return is_type(definition) && before(id, i);
      case 'C':
        return is_constant(definition) && before(id, i);
      case 'V':
        return is_type(type_of(id)) && definition.opcode != spv::OpFunction && before(id, i);
      case 'P':
        return type_of(id).opcode == spv::OpTypePointer && before(id, i);
      case 'B':
        return definition.opcode == spv::OpLabel;
      default:
        return definition.at != 0;
    }
  }

  bool operands_fit(const Instruction& i, const char* pattern) const {
    uint32_t k = 1 + (i.type != 0) + (i.result != 0);
    bool optional = false;
    for (; *pattern; ++pattern) {
      if (*pattern == '?') {
        optional = true;
        continue;
      }
      if (pattern[1] == '*') {
        for (; k < i.length; ++k)
          if (!fits(*pattern, shader_.word(i, k), i)) return false;
        return true;
      }
      if (k >= i.length) return optional;
      if (!fits(*pattern, shader_.word(i, k++), i)) return false;
    }
    return k == i.length;
  }

  bool is_plain(const Instruction& type) const {
    return type.opcode >= spv::OpTypeBool && type.opcode <= spv::OpTypeVector;
  }

  uint32_t component_of(const Instruction& type) const {
    return type.opcode == spv::OpTypeVector ? shader_.word(type, 2) : type.result;
  }
  uint32_t components(const Instruction& type) const {
    return type.opcode == spv::OpTypeVector ? shader_.word(type, 3) : 1;
  }
  uint32_t width(const Instruction& type) const {
    return shader_.integer_width(component_of(type)) | shader_.float_width(component_of(type));
  }
  bool is_of(char wanted, const Instruction& type) const {
    const uint32_t opcode = shader_.definition(component_of(type)).opcode;
    switch (wanted) {
      case 'B':
        return opcode == spv::OpTypeBool;
      case 'I':
        return opcode == spv::OpTypeInt;
      case 'F':
        return opcode == spv::OpTypeFloat;
      default:
        return opcode == spv::OpTypeInt || opcode == spv::OpTypeFloat;
    }
  }
  bool value_is(char wanted, uint32_t id) const { return is_of(wanted, type_of(id)); }

  bool arithmetic_fits(const Instruction& i, const Instruction& type) const {
    const char* classes = classes_of(i.opcode);
    if (!is_of(classes[1], type)) return false;
    const uint32_t common = classes[1] == 'B' ? width(type_of(shader_.word(i, 3))) : width(type);
    for (uint32_t k = 3; k < i.length; ++k) {
      const Instruction& operand = type_of(shader_.word(i, k));
      if (!is_of(classes[0], operand) || components(operand) != components(type)) return false;
      if (!may_change_width(i.opcode) && width(operand) != common) return false;
    }
    return i.opcode != spv::OpBitcast || width(type) == width(type_of(shader_.word(i, 3)));
  }

  bool result_fits(const Instruction& i) const {
    bool has_result = false, has_type = false;
    spv::HasResultAndType(static_cast<spv::Op>(i.opcode), &has_result, &has_type);
    if (!has_type) return true;
    const Instruction& type = shader_.definition(i.type);
    if (!is_type(type) || !before(i.type, i)) return false;
    if (i.opcode == spv::OpSelect) {
      return value_is('B', shader_.word(i, 3)) && is_plain(type) && shader_.type_of(shader_.word(i, 4)) == i.type &&
             shader_.type_of(shader_.word(i, 5)) == i.type &&
             components(type_of(shader_.word(i, 3))) == components(type);
    }
    return !is_arithmetic(i.opcode) || arithmetic_fits(i, type);
  }

  // What a step into a composite leads to; 0: nowhere.
  uint32_t step(uint32_t type, std::optional<int64_t> index) const {
    const Instruction& t = shader_.definition(type);
    switch (t.opcode) {
      case spv::OpTypeStruct:
        return index && *index >= 0 && *index < t.length - 2 ? shader_.word(t, static_cast<uint32_t>(2 + *index)) : 0;
      case spv::OpTypeVector:
        return !index || (*index >= 0 && *index < shader_.word(t, 3)) ? shader_.word(t, 2) : 0;
      case spv::OpTypeArray:
      case spv::OpTypeRuntimeArray:
        return shader_.word(t, 2);
      default:
        return 0;
    }
  }

  bool chain_fits(const Instruction& i) const {
    uint32_t type = shader_.pointee(shader_.type_of(shader_.word(i, 3)));
    for (uint32_t k = 4; k < i.length; ++k) {
      const uint32_t index = shader_.word(i, k);
      if (shader_.integer_width(shader_.type_of(index)) == 0) return false;
      type = step(type, is_constant(shader_.definition(index)) ? shader_.constant(index) : std::nullopt);
    }
    return type != 0 && i.length > 4 && type == shader_.pointee(i.type) &&
           shader_.definition(i.type).opcode == spv::OpTypePointer;
  }

  // Low and high half of a result.
  bool extended_fits(const Instruction& i) const {
    const Instruction& halves = shader_.definition(i.type);
    const uint32_t operand = shader_.type_of(shader_.word(i, 3));
    return halves.opcode == spv::OpTypeStruct && halves.length == 4 && shader_.word(halves, 2) == operand &&
           shader_.word(halves, 3) == operand && shader_.type_of(shader_.word(i, 4)) == operand &&
           is_of('I', shader_.definition(operand)) && width(shader_.definition(operand)) == 32;
  }

  bool extract_fits(const Instruction& i) const {
    uint32_t type = shader_.type_of(shader_.word(i, 3));
    for (uint32_t k = 4; k < i.length; ++k) type = step(type, shader_.word(i, k));
    return i.length > 4 && type != 0 && type == i.type;
  }

  bool construct_fits(const Instruction& i) const {
    const Instruction& type = shader_.definition(i.type);
    const uint32_t parts = i.length - 3u;
    const bool whole = type.opcode == spv::OpTypeVector ? parts == shader_.word(type, 3)
                       : type.opcode == spv::OpTypeStruct
                           ? parts == type.length - 2u
                           : type.opcode == spv::OpTypeArray && shader_.constant(shader_.word(type, 3)) == parts;
    for (uint32_t part = 0; whole && part < parts; ++part)
      if (shader_.type_of(shader_.word(i, 3 + part)) != step(i.type, part)) return false;
    return whole;
  }

  uint32_t image_of(uint32_t value) const {
    const Instruction& type = type_of(value);
    if (type.opcode == spv::OpTypeImage) return type.result;
    return type.opcode == spv::OpTypeSampledImage ? shader_.word(type, 2) : 0;
  }

  bool image_fits(bool by_texel, uint32_t kind, uint32_t value, uint32_t place, const Instruction& texel) const {
    const Instruction& image = shader_.definition(image_of(value));
    return image.opcode == spv::OpTypeImage && shader_.word(image, 7) == kind &&
           value_is(by_texel ? 'I' : 'F', place) && components(type_of(place)) == shader_.word(image, 3) + 1 &&
           texel.opcode == spv::OpTypeVector && components(texel) == 4 && component_of(texel) == shader_.word(image, 2);
  }

  // Blocks say where each of their members is; what is within them is not without end.
  bool is_laid_out(uint32_t storage_class, uint32_t type) {
    if (storage_class != spv::StorageClassUniform && storage_class != spv::StorageClassStorageBuffer) return true;
    if (++parts_ > kMaxParts) return false;
    const Instruction& t = shader_.definition(type);
    if (t.opcode == spv::OpTypeArray || t.opcode == spv::OpTypeRuntimeArray)
      return shader_.decoration(type, spv::DecorationArrayStride) && is_laid_out(storage_class, shader_.word(t, 2));
    if (t.opcode != spv::OpTypeStruct) return is_plain(t) && !is_of('B', t);
    for (uint32_t member = 0; member + 2u < t.length; ++member)
      if (!shader_.member_offset(type, member) || !is_laid_out(storage_class, shader_.word(t, member + 2)))
        return false;
    return t.length > 2;
  }

  bool member_fits(const Instruction& i) const {
    const Instruction& structure = shader_.definition(shader_.word(i, 1));
    return structure.opcode == spv::OpTypeStruct && i.length > 2 && shader_.word(i, 2) < structure.length - 2u;
  }

  bool is_scalar(uint32_t type, bool with_bool) const {
    const uint32_t opcode = shader_.definition(type).opcode;
    return opcode == spv::OpTypeInt || opcode == spv::OpTypeFloat || (with_bool && opcode == spv::OpTypeBool);
  }

  bool ext_inst_fits(const Instruction& i) const {
    if (shader_.definition(shader_.word(i, 3)).opcode != spv::OpExtInstImport) return false;
    if (shader_.word(i, 3) != shader_.glsl_import()) return true;
    static constexpr uint32_t kArguments[] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                              1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0,
                                              0, 0, 0, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 0, 2, 3, 3};
    const uint32_t function = shader_.word(i, 4);
    if (function >= std::size(kArguments) || kArguments[function] == 0) return false;
    // The only ones of integers, each with its unsigned or signed twin.
    const bool integers = function == 5 || function == 7 || function == 38 || function == 39 || function == 41 ||
                          function == 42 || function == 44 || function == 45;
    const Instruction& type = shader_.definition(i.type);
    for (uint32_t k = 5; k < i.length; ++k)
      if (shader_.type_of(shader_.word(i, k)) != i.type || !before(shader_.word(i, k), i)) return false;
    return is_of(integers ? 'I' : 'F', type) && is_plain(type) && i.length == 5 + kArguments[function];
  }

  // Scopes and semantics are integers; values are of the type that is exchanged.
  bool atomic_fits(const Instruction& i) const {
    const uint32_t constants = i.opcode == spv::OpAtomicCompareExchange ? 3 : 2;
    for (uint32_t k = 4; k < i.length; ++k) {
      const uint32_t type = shader_.type_of(shader_.word(i, k));
      if (k < 4 + constants ? shader_.integer_width(type) != 32 : type != i.type) return false;
    }
    return i.opcode <= spv::OpAtomicExchange || shader_.integer_width(i.type) != 0;
  }

  bool details_fit(const Instruction& i) {
    const auto word = [&](uint32_t k) { return shader_.word(i, k); };
    switch (i.opcode) {
      case spv::OpTypeInt:
        return i.length == 4 && shader_.integer_width(i.result) >= 8 && word(2) <= 64 && word(2) % 8 == 0;
      case spv::OpTypeFloat:
        return i.length == 3 && (word(2) == 16 || word(2) == 32 || word(2) == 64);
      case spv::OpTypeVector:
        return is_scalar(word(2), true) && word(3) >= 2 && word(3) <= kMaxComponents;
      case spv::OpTypeImage:
        return is_scalar(word(2), false) && word(3) <= spv::Dim3D && word(4) <= 2 && word(5) == 0 && word(6) == 0 &&
               (word(7) == 1 || word(7) == 2) && word(8) <= spv::ImageFormatR8ui;
      case spv::OpTypeSampledImage:
        return shader_.definition(word(2)).opcode == spv::OpTypeImage;
      case spv::OpTypeArray:
        return shader_.constant(word(3)).value_or(0) > 0;
      case spv::OpMemberName:
      case spv::OpMemberDecorate:
        return member_fits(i) && (i.opcode == spv::OpMemberName || is_known_decoration(word(3)));
      case spv::OpDecorate:
        return is_known_decoration(word(2));
      case spv::OpConstant:
        return is_scalar(i.type, false) &&
               i.length == ((shader_.integer_width(i.type) | shader_.float_width(i.type)) == 64 ? 5 : 4);
      case spv::OpConstantTrue:
      case spv::OpConstantFalse:
        return shader_.definition(i.type).opcode == spv::OpTypeBool;
      case spv::OpConstantNull:
        return is_plain(shader_.definition(i.type));
      case spv::OpConstantComposite:
      case spv::OpCompositeConstruct:
        return construct_fits(i);
      case spv::OpVariable:
        return shader_.definition(i.type).opcode == spv::OpTypePointer &&
               shader_.word(shader_.definition(i.type), 2) == word(3) && is_laid_out(word(3), shader_.pointee(i.type));
      case spv::OpFunction:
        return shader_.definition(word(4)).opcode == spv::OpTypeFunction && shader_.definition(word(4)).length == 3;
      case spv::OpLoad:
        return i.type == shader_.pointee(shader_.type_of(word(3)));
      case spv::OpStore:
        return shader_.type_of(word(2)) == shader_.pointee(shader_.type_of(word(1)));
      case spv::OpIAddCarry:
      case spv::OpISubBorrow:
      case spv::OpUMulExtended:
      case spv::OpSMulExtended:
        return extended_fits(i);
      case spv::OpAccessChain:
        return chain_fits(i);
      case spv::OpCompositeExtract:
        return extract_fits(i);
      case spv::OpImageSampleExplicitLod:
      case spv::OpImageFetch:
        return image_fits(i.opcode == spv::OpImageFetch, 1, word(3), word(4), shader_.definition(i.type)) &&
               word(5) == spv::ImageOperandsLodMask && i.length == 7 &&
               value_is(i.opcode == spv::OpImageFetch ? 'I' : 'F', word(6)) && components(type_of(word(6))) == 1;
      case spv::OpImageRead:
        return image_fits(true, 2, word(3), word(4), shader_.definition(i.type));
      case spv::OpImageWrite:
        return image_fits(true, 2, word(1), word(2), type_of(word(3)));
      case spv::OpImage:
        return image_of(word(3)) == i.type;
      case spv::OpExtInst:
        return ext_inst_fits(i);
      case spv::OpControlBarrier:
      case spv::OpMemoryBarrier:
        for (uint32_t k = 1; k < i.length; ++k)
          if (shader_.integer_width(shader_.type_of(word(k))) != 32) return false;
        return true;
      case spv::OpBranchConditional:
        return value_is('B', word(1)) && components(type_of(word(1))) == 1;
      case spv::OpPhi:
        return i.length > 3 && i.length % 2 == 1;
      default:
        if (i.opcode >= spv::OpAtomicLoad && i.opcode <= spv::OpAtomicXor)
          return i.type == shader_.pointee(shader_.type_of(word(3))) && is_scalar(i.type, false) && atomic_fits(i);
        if (i.opcode == spv::OpAtomicFAddEXT)
          return i.type == shader_.pointee(shader_.type_of(word(3))) && value_is('F', word(6)) &&
                 shader_.type_of(word(6)) == i.type && is_scalar(i.type, false);
        return true;
    }
  }

  // Declarations stand before the function, code within its blocks.
  bool place_fits(const Instruction& i) {
    if (i.opcode == spv::OpFunction) inside_ = true;
    if (i.opcode == spv::OpLabel) {
      if (!inside_ || open_block_) return false;
      open_block_ = true;
      return true;
    }
    const bool code = (i.opcode >= spv::OpLoad && i.opcode <= spv::OpAccessChain && i.opcode != spv::OpVariable) ||
                      i.opcode == spv::OpExtInst || (i.opcode >= 79 && i.opcode <= spv::OpUnreachable) ||
                      i.opcode == spv::OpAtomicFAddEXT;
    if (i.opcode == spv::OpFunctionEnd) return inside_ && !open_block_;
    if (i.opcode == spv::OpVariable) {
      const bool local = shader_.word(i, 3) == spv::StorageClassFunction;
      return local == inside_ && open_block_ == inside_;
    }
    if (!code) return i.opcode == spv::OpFunction || i.opcode == spv::OpUndef || !inside_;
    if (!open_block_) return false;
    if (i.opcode == spv::OpBranch || i.opcode == spv::OpBranchConditional || i.opcode == spv::OpReturn ||
        i.opcode == spv::OpUnreachable)
      open_block_ = false;
    return true;
  }

  // Branches back go to heads of loops, and blocks that are reached on several ways are merges or continues:
  // so the text is as long as the shader, and comes to an end.
  Status check_flow() {
    std::unordered_map<uint32_t, uint32_t> ways;
    std::unordered_set<uint32_t> targets, heads;
    std::vector<const Instruction*> branches;
    const auto& all = shader_.instructions();
    for (size_t k = 1; k < all.size(); ++k) {
      const Instruction& i = all[k];
      if (i.opcode == spv::OpLoopMerge || i.opcode == spv::OpSelectionMerge) {
        const uint32_t next = k + 1 < all.size() ? all[k + 1].opcode : 0;
        if (next != spv::OpBranch && next != spv::OpBranchConditional) return wrong(i);
        if (!targets.insert(shader_.word(i, 1)).second || shader_.definition(shader_.word(i, 1)).at < i.at)
          return wrong(i);
        if (i.opcode == spv::OpLoopMerge) {
          heads.insert(i.block);
          if (!targets.insert(shader_.word(i, 2)).second) return wrong(i);
        }
      }
      if (i.opcode == spv::OpBranch || i.opcode == spv::OpBranchConditional) branches.push_back(&i);
      if (i.opcode == spv::OpBranchConditional) {
        if (shader_.word(i, 2) == shader_.word(i, 3)) return wrong(i);
      }
    }
    for (const Instruction* i : branches) {
      for (uint32_t k = i->opcode == spv::OpBranch ? 1 : 2; k < i->length; ++k) {
        const uint32_t target = shader_.word(*i, k);
        const bool back = shader_.definition(target).at < i->at;
        if (back && !heads.contains(target)) return wrong(*i);
        if (!back && ++ways[target] > 1 && !targets.contains(target)) return wrong(*i);
      }
    }
    return {};
  }

  const aot::SpirvModule& shader_;
  const std::string& name_;
  unsigned functions_ = 0;
  uint32_t parts_ = 0;
  bool inside_ = false;
  bool open_block_ = false;
};

}  // namespace

Status check_shader(const aot::SpirvModule& shader, const std::string& name) { return Guard(shader, name).check(); }

}  // namespace ist::gl
