// One walk in the order of the words: by the time something is used, what it is made of is known.
#include "gl/gl_spirv_rules.h"

#include <set>
#include <string>

#include "gl/gl_shader_table.h"
#include "gl/gl_spirv_decorations.h"
#include "gl/gl_spirv_types.h"

namespace ist::gl {
namespace {

using aot::Instruction;
using Kind = TypeFacts::Kind;

// Variables that are not in buffers, of all together: drivers take them apart.
constexpr uint64_t kMaxLocalBytes = 1 << 20;
constexpr uint32_t kDevice = 1, kWorkgroup = 2, kSubgroup = 3, kInvocation = 4;
constexpr uint32_t kOrders = 0x1e, kMemories = 0x9c0;
constexpr uint32_t kVolatileAccess = 1, kAlignedAccess = 2, kNontemporalAccess = 4;

// In which order the parts of a module stand; 0: nowhere.
int section_of(uint32_t opcode) {
  switch (opcode) {
    case spv::OpCapability:
      return 1;
    case spv::OpExtension:
      return 2;
    case spv::OpExtInstImport:
      return 3;
    case spv::OpMemoryModel:
      return 4;
    case spv::OpEntryPoint:
      return 5;
    case spv::OpExecutionMode:
      return 6;
    case spv::OpString:
      return 7;
    case spv::OpName:
    case spv::OpMemberName:
      return 8;
    case spv::OpDecorate:
    case spv::OpMemberDecorate:
      return 9;
    default:
      return 10;
  }
}

class Rules {
 public:
  explicit Rules(const aot::SpirvModule& shader) : shader_(shader), types_(shader), decorations_(shader) {}

  const Instruction* first_wrong() {
    const auto& all = shader_.instructions();
    for (size_t k = 1; k < all.size(); ++k)
      if (!place_fits(k) || !fits(all[k])) return &all[k];
    return listed_wrongly();
  }

 private:
  uint32_t word(const Instruction& i, uint32_t k) const { return shader_.word(i, k); }
  const Instruction& definition(uint32_t id) const { return shader_.definition(id); }
  const Instruction& type_of(uint32_t id) const { return definition(shader_.type_of(id)); }
  bool has(uint32_t capability) const { return capabilities_.contains(capability); }
  bool extends(const char* name) const { return extensions_.contains(name); }
  uint32_t component_of(uint32_t type) const {
    return definition(type).opcode == spv::OpTypeVector ? word(definition(type), 2) : type;
  }
  uint32_t width(uint32_t type) const {
    return shader_.integer_width(component_of(type)) | shader_.float_width(component_of(type));
  }
  bool is_unsigned(uint32_t type) const {
    const Instruction& component = definition(component_of(type));
    return component.opcode == spv::OpTypeInt && word(component, 3) == 0;
  }

  // The one function ends the module, and its variables begin its first block.
  bool place_fits(size_t k) {
    const auto& all = shader_.instructions();
    const Instruction& i = all[k];
    const int section = section_of(i.opcode);
    if (section < section_) return false;
    section_ = section;
    if (i.opcode == spv::OpMemoryModel) ++models_;
    if (i.opcode == spv::OpExecutionMode) ++modes_;
    if (i.opcode == spv::OpFunction)
      return models_ == 1 && modes_ == 1 && has(spv::CapabilityShader) && k + 1 < all.size() &&
             all[k + 1].opcode == spv::OpLabel;
    if (i.opcode == spv::OpFunctionEnd) return k + 1 == all.size();
    if (i.opcode != spv::OpVariable || i.block == 0) return true;
    return all[k - 1].opcode == spv::OpVariable || all[k - 2].opcode == spv::OpFunction;
  }

  bool fits(const Instruction& i) {
    if (i.opcode >= spv::OpTypeVoid && i.opcode <= spv::OpTypeFunction)
      return types_.add(i) && capabilities_fit_type(i);
    if (i.type != 0 && !result_fits(i)) return false;
    if (i.opcode >= spv::OpAtomicLoad && i.opcode <= spv::OpAtomicXor) return atomic_fits(i);
    switch (i.opcode) {
      case spv::OpCapability:
        capabilities_.insert(word(i, 1));
        return i.length == 2;
      case spv::OpExtension:
        extensions_.insert(shader_.literal_string(i, 1));
        return end_of_string(i, 1) == i.length;
      case spv::OpExtInstImport:
        return end_of_string(i, 2) == i.length && (!shader_.glsl_import() || is_only_import(i));
      case spv::OpString:
        return end_of_string(i, 2) == i.length;
      case spv::OpMemoryModel:
        return i.length == 3 && extensions_fit();
      case spv::OpEntryPoint:
        return entry_point_fits(i);
      case spv::OpExecutionMode:
        return mode_fits(i);
      case spv::OpDecorate:
      case spv::OpMemberDecorate:
        return decorations_.add(i, may_tell_wraps());
      case spv::OpVariable:
        return variable_fits(i);
      case spv::OpConstant:
        return is_extended(i);
      case spv::OpFunction:
        return i.result == shader_.entry_function() && word(definition(word(i, 4)), 2) == i.type && word(i, 3) <= 15 &&
               (word(i, 3) & 3) != 3;
      case spv::OpControlBarrier:
        return (constant(i, 1) == kWorkgroup || constant(i, 1) == kSubgroup) && is_scope(i, 2) && semantics_fit(i, 3);
      case spv::OpMemoryBarrier:
        return is_scope(i, 1) && semantics_fit(i, 2);
      case spv::OpAtomicFAddEXT:
        return atomic_fits(i);
      case spv::OpStore:
        return access_fits(i, 3) && is_writable(word(i, 1)) && types_.is_value(shader_.type_of(word(i, 2)));
      default:
        return code_fits(i);
    }
  }

  bool code_fits(const Instruction& i) {
    switch (i.opcode) {
      case spv::OpLoad:
        return access_fits(i, 4) && note_use(i);
      case spv::OpAccessChain:
        return chain_fits(i) && note_use(i);
      case spv::OpCompositeExtract:
        return extract_fits(i);
      case spv::OpUDiv:
      case spv::OpUMod:
      case spv::OpConvertFToU:
        return is_unsigned(i.type);
      case spv::OpUConvert:
        return is_unsigned(i.type) && width(i.type) != width(shader_.type_of(word(i, 3)));
      case spv::OpSConvert:
      case spv::OpFConvert:
        return width(i.type) != width(shader_.type_of(word(i, 3)));
      case spv::OpShiftLeftLogical:
      case spv::OpShiftRightLogical:
      case spv::OpShiftRightArithmetic:
        return width(i.type) == width(shader_.type_of(word(i, 3)));
      case spv::OpImage:
        return type_of(word(i, 3)).opcode == spv::OpTypeSampledImage;
      case spv::OpImageSampleExplicitLod:
        return type_of(word(i, 3)).opcode == spv::OpTypeSampledImage && is_wide(i, 4) && is_wide(i, 6);
      case spv::OpImageFetch:
        return type_of(word(i, 3)).opcode == spv::OpTypeImage && is_wide(i, 4) && is_wide(i, 6);
      case spv::OpImageRead:
        return image_access_fits(word(i, 3), spv::CapabilityStorageImageReadWithoutFormat) && is_wide(i, 4);
      case spv::OpImageWrite:
        return image_access_fits(word(i, 1), spv::CapabilityStorageImageWriteWithoutFormat) && is_wide(i, 2);
      case spv::OpExtInst:
        return ext_inst_fits(i);
      default:
        return true;
    }
  }

  // What is narrower than its word fills it with zeros, or with its sign.
  bool is_extended(const Instruction& i) const {
    const uint32_t bits = width(i.type), value = word(i, 3);
    if (bits >= 32) return true;
    const bool negative = shader_.float_width(i.type) == 0 && !is_unsigned(i.type) && (value >> (bits - 1) & 1);
    return value >> bits == (negative ? ~0u >> bits : 0);
  }

  bool is_wide(const Instruction& i, uint32_t k) const { return width(shader_.type_of(word(i, k))) == 32; }

  // Pointers come from variables, and what is opaque from loads.
  bool result_fits(const Instruction& i) const {
    switch (i.opcode) {
      case spv::OpVariable:
      case spv::OpAccessChain:
        return types_[i.type].kind == Kind::pointer;
      case spv::OpFunction:
        return types_[i.type].kind == Kind::nothing;
      case spv::OpExtInst:
        return types_[i.type].kind == (word(i, 3) == shader_.glsl_import() ? Kind::plain : Kind::nothing);
      case spv::OpLoad:
        return types_.is_value(i.type) || types_[i.type].kind == Kind::opaque;
      case spv::OpImage:
        return types_[i.type].kind == Kind::opaque;
      case spv::OpPhi:
        return types_[i.type].kind == Kind::plain;
      default:
        return types_.is_value(i.type);
    }
  }

  // The word behind a string that begins with word `k` and has its end in its last word; 0: it does not.
  uint32_t end_of_string(const Instruction& i, uint32_t k) const {
    for (; k < i.length; ++k) {
      const uint32_t w = word(i, k);
      for (uint32_t shift = 0; shift < 32; shift += 8)
        if ((w >> shift & 0xff) == 0) return (w >> shift) == 0 ? k + 1 : 0;
    }
    return 0;
  }

  bool is_only_import(const Instruction& i) const {
    return i.result == shader_.glsl_import() || shader_.literal_string(i, 2) != "GLSL.std.450";
  }

  bool extensions_fit() const {
    const bool small_add = has(spv::CapabilityAtomicFloat16AddEXT);
    const bool wide_add = has(spv::CapabilityAtomicFloat32AddEXT) || has(spv::CapabilityAtomicFloat64AddEXT);
    if (shader_.version() < 0x10300 && !extends("SPV_KHR_storage_buffer_storage_class")) return false;
    return (!wide_add || extends("SPV_EXT_shader_atomic_float_add")) &&
           (!small_add || extends("SPV_EXT_shader_atomic_float16_add"));
  }

  bool may_tell_wraps() const { return shader_.version() >= 0x10400 || extends("SPV_KHR_no_integer_wrap_decoration"); }

  bool capabilities_fit_type(const Instruction& i) const {
    const bool small =
        has(spv::CapabilityStorageBuffer16BitAccess) || has(spv::CapabilityUniformAndStorageBuffer16BitAccess);
    switch (i.opcode) {
      case spv::OpTypeInt:
        return word(i, 2) == 32 || (word(i, 2) == 8 && (has(spv::CapabilityInt8) || has_bytes())) ||
               (word(i, 2) == 16 && (has(spv::CapabilityInt16) || small)) ||
               (word(i, 2) == 64 && has(spv::CapabilityInt64));
      case spv::OpTypeFloat:
        return word(i, 2) == 32 || (word(i, 2) == 16 && (has(spv::CapabilityFloat16) || small)) ||
               (word(i, 2) == 64 && has(spv::CapabilityFloat64));
      case spv::OpTypeImage:
        return image_capabilities_fit(i);
      default:
        return true;
    }
  }

  bool has_bytes() const {
    return has(spv::CapabilityStorageBuffer8BitAccess) || has(spv::CapabilityUniformAndStorageBuffer8BitAccess);
  }

  bool image_capabilities_fit(const Instruction& i) const {
    const bool stored = word(i, 7) == 2;
    if (word(i, 3) == spv::Dim1D && !has(stored ? spv::CapabilityImage1D : spv::CapabilitySampled1D) &&
        !has(spv::CapabilityImage1D))
      return false;
    switch (word(i, 8)) {
      case spv::ImageFormatUnknown:
      case spv::ImageFormatRgba32f:
      case spv::ImageFormatRgba16f:
      case spv::ImageFormatR32f:
      case spv::ImageFormatRgba8:
      case spv::ImageFormatRgba8Snorm:
      case spv::ImageFormatRgba32i:
      case spv::ImageFormatRgba16i:
      case spv::ImageFormatRgba8i:
      case spv::ImageFormatR32i:
      case spv::ImageFormatRgba32ui:
      case spv::ImageFormatRgba16ui:
      case spv::ImageFormatRgba8ui:
      case spv::ImageFormatR32ui:
        return true;
      default:
        return has(spv::CapabilityStorageImageExtendedFormats);
    }
  }

  bool entry_point_fits(const Instruction& i) {
    const uint32_t first = end_of_string(i, 3);
    if (first == 0) return false;
    for (uint32_t k = first; k < i.length; ++k) {
      const Instruction& variable = definition(word(i, k));
      if (variable.opcode != spv::OpVariable || variable.block != 0 || !listed_.insert(word(i, k)).second) return false;
      if (shader_.version() < 0x10400 && word(variable, 3) != spv::StorageClassInput) return false;
    }
    return true;
  }

  // Groups have one dimension.
  bool mode_fits(const Instruction& i) const {
    return word(i, 1) == shader_.entry_function() && word(i, 2) == spv::ExecutionModeLocalSize && i.length == 6 &&
           word(i, 3) > 0 && word(i, 4) == 1 && word(i, 5) == 1;
  }

  bool variable_fits(const Instruction& i) {
    const uint32_t storage_class = word(i, 3), pointee = shader_.pointee(i.type);
    if (i.length == 5 && shader_.type_of(word(i, 4)) != pointee) return false;
    switch (storage_class) {
      case spv::StorageClassUniformConstant:
        return i.length == 4 && is_bound(i);
      case spv::StorageClassInput:
        return i.length == 4 && shader_.decoration(i.result, spv::DecorationBuiltIn);
      case spv::StorageClassUniform:
      case spv::StorageClassStorageBuffer:
        return i.length == 4 && is_bound(i) && block_fits(pointee, storage_class);
      case spv::StorageClassWorkgroup:
        return i.length == 4 && counts_as_local(pointee);
      default:
        return counts_as_local(pointee);
    }
  }

  bool is_bound(const Instruction& variable) const {
    return shader_.decoration(variable.result, spv::DecorationBinding) &&
           shader_.decoration(variable.result, spv::DecorationDescriptorSet);
  }

  bool counts_as_local(uint32_t type) {
    local_bytes_ += types_[type].size_bytes;
    return local_bytes_ <= kMaxLocalBytes;
  }

  bool block_fits(uint32_t type, uint32_t storage_class) const {
    const bool uniform = storage_class == spv::StorageClassUniform;
    const bool old = uniform && shader_.decoration(type, spv::DecorationBufferBlock);
    if (definition(type).opcode != spv::OpTypeStruct || !(old || shader_.decoration(type, spv::DecorationBlock)))
      return false;
    return old || !uniform || types_[type].kind != Kind::open;
  }

  std::optional<int64_t> constant(const Instruction& i, uint32_t k) const {
    const uint32_t id = word(i, k);
    if (definition(id).opcode != spv::OpConstant) return {};
    return shader_.integer_width(shader_.type_of(id)) == 32 ? shader_.constant(id) : std::nullopt;
  }

  bool is_scope(const Instruction& i, uint32_t k) const {
    const auto scope = constant(i, k);
    return scope && *scope >= kDevice && *scope <= kInvocation;
  }

  // Of the orders at most one.
  bool semantics_fit(const Instruction& i, uint32_t k, uint32_t orders = kOrders) const {
    const auto value = constant(i, k);
    if (!value || (*value & ~int64_t{orders | kMemories}) != 0) return false;
    const int64_t order = *value & kOrders;
    return (order & (order - 1)) == 0;
  }

  bool atomic_fits(const Instruction& i) {
    const uint32_t storage_class = shader_.storage_class_of(word(i, 3));
    const bool exchange = i.opcode == spv::OpAtomicCompareExchange;
    constexpr uint32_t kNoRelease = 0x12;
    if (!is_scope(i, 4) || !semantics_fit(i, 5, i.opcode == spv::OpAtomicLoad ? kNoRelease : kOrders)) return false;
    if (exchange && !semantics_fit(i, 6, kNoRelease)) return false;
    if (storage_class != spv::StorageClassUniform && storage_class != spv::StorageClassStorageBuffer &&
        storage_class != spv::StorageClassWorkgroup)
      return false;
    return is_writable(word(i, 3)) && note_use(i) && atomic_width_fits(i);
  }

  bool atomic_width_fits(const Instruction& i) const {
    const uint32_t bits = width(i.type);
    if (i.opcode == spv::OpAtomicFAddEXT) {
      return has(bits == 16   ? spv::CapabilityAtomicFloat16AddEXT
                 : bits == 32 ? spv::CapabilityAtomicFloat32AddEXT
                              : spv::CapabilityAtomicFloat64AddEXT);
    }
    if (shader_.float_width(i.type) != 0) return bits == 32;
    return bits == 32 || (bits == 64 && has(spv::CapabilityInt64Atomics));
  }

  bool access_fits(const Instruction& i, uint32_t k) const {
    if (k >= i.length) return true;
    const uint32_t mask = word(i, k);
    if (mask & ~(kVolatileAccess | kAlignedAccess | kNontemporalAccess)) return false;
    if (!(mask & kAlignedAccess)) return i.length == k + 1;
    const uint32_t align = word(i, k + 1);
    return i.length == k + 2 && align != 0 && (align & (align - 1)) == 0;
  }

  // Also notes that the variable is used.
  bool note_use(const Instruction& i) { return notes(word(i, 3)); }
  bool notes(uint32_t pointer) {
    if (definition(pointer).opcode == spv::OpVariable && definition(pointer).block == 0) used_.insert(pointer);
    return true;
  }

  bool is_writable(uint32_t pointer) {
    const uint32_t variable = shader_.locate(pointer).variable;
    notes(pointer);
    switch (shader_.storage_class_of(pointer)) {
      case spv::StorageClassUniform:
        return shader_.decoration(shader_.pointee(shader_.type_of(variable)), spv::DecorationBufferBlock).has_value();
      case spv::StorageClassUniformConstant:
      case spv::StorageClassInput:
        return false;
      default:
        return true;
    }
  }

  // Members are chosen by plain constants.
  bool chain_fits(const Instruction& i) const {
    if (shader_.storage_class_of(word(i, 3)) != word(definition(i.type), 2)) return false;
    uint32_t type = shader_.pointee(shader_.type_of(word(i, 3)));
    for (uint32_t k = 4; k < i.length; ++k) {
      const Instruction& t = definition(type);
      const bool member = t.opcode == spv::OpTypeStruct;
      if (member && definition(word(i, k)).opcode != spv::OpConstant) return false;
      type = word(t, member ? static_cast<uint32_t>(2 + shader_.constant(word(i, k)).value_or(0)) : 2);
    }
    return true;
  }

  bool extract_fits(const Instruction& i) const {
    uint32_t type = shader_.type_of(word(i, 3));
    for (uint32_t k = 4; k < i.length; ++k) {
      const Instruction& t = definition(type);
      if (t.opcode == spv::OpTypeArray && word(i, k) >= shader_.constant(word(t, 3)).value_or(0)) return false;
      type = word(t, t.opcode == spv::OpTypeStruct ? 2 + word(i, k) : 2);
    }
    return true;
  }

  bool image_access_fits(uint32_t image, uint32_t without_format) const {
    const Instruction& type = type_of(image);
    return type.opcode == spv::OpTypeImage && (word(type, 8) != spv::ImageFormatUnknown || has(without_format));
  }

  // Angles and powers are not of doubles; prints take values and strings.
  bool ext_inst_fits(const Instruction& i) const {
    const uint32_t function = word(i, 4);
    constexpr uint32_t kRadians = 11, kLog2 = 30;
    if (word(i, 3) == shader_.glsl_import()) return function < kRadians || function > kLog2 || width(i.type) != 64;
    for (uint32_t k = 5; k < i.length; ++k) {
      const Instruction& operand = definition(word(i, k));
      if (operand.at >= i.at || !(operand.opcode == spv::OpString || types_.is_value(operand.type))) return false;
    }
    return true;
  }

  // From 1.4 on the entry point lists all that is used, before only what comes in.
  const Instruction* listed_wrongly() const {
    for (const uint32_t variable : used_) {
      const bool input = word(definition(variable), 3) == spv::StorageClassInput;
      if ((input || shader_.version() >= 0x10400) && !listed_.contains(variable)) return &definition(variable);
    }
    return nullptr;
  }

  const aot::SpirvModule& shader_;
  Types types_;
  Decorations decorations_;
  std::set<uint32_t> capabilities_, listed_;
  std::set<uint32_t> used_;  // variables of the module
  std::set<std::string> extensions_;
  int section_ = 0, models_ = 0, modes_ = 0;
  uint64_t local_bytes_ = 0;
};

}  // namespace

const Instruction* wrong_rule(const aot::SpirvModule& shader) { return Rules(shader).first_wrong(); }

}  // namespace ist::gl
