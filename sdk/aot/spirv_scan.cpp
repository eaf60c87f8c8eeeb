// One pass for features and capabilities, one for accesses.
#include "aot/spirv_scan.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace ist::aot {

namespace {

constexpr uint8_t kRead = 1;
constexpr uint8_t kWrite = 2;
constexpr uint8_t kBoth = 3;
constexpr uint32_t kVersion13 = 0x10300;
constexpr uint32_t kVersion14 = 0x10400;
constexpr unsigned kMaxChain = 64;
constexpr unsigned kMaxTypeDepth = 32;

constexpr const char* kAtomicAddExtension = "SPV_EXT_shader_atomic_float_add";
constexpr const char* kAtomicAdd16Extension = "SPV_EXT_shader_atomic_float16_add";
constexpr const char* kAtomicMinMaxExtension = "SPV_EXT_shader_atomic_float_min_max";
constexpr const char* kNonSemanticExtension = "SPV_KHR_non_semantic_info";

// Values of TiFormat by SPIR-V image format; 0 where the C-API has no name for it.
constexpr uint8_t kTiFormats[] = {0, 40, 28, 37, 3,  0,  38, 26, 0,  25, 16, 0,  14, 2,  13, 1,  0,  0, 0,  0,
                                  0, 36, 24, 12, 33, 34, 22, 11, 21, 10, 32, 20, 9,  29, 0,  30, 18, 8, 17, 7};

bool needs_extended_formats(uint32_t format) {
  switch (format) {
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
      return false;
    default:
      return true;
  }
}

bool is_atomic(uint32_t opcode) {
  return (opcode >= spv::OpAtomicLoad && opcode <= spv::OpAtomicXor) || opcode == spv::OpAtomicFAddEXT ||
         opcode == spv::OpAtomicFMinEXT || opcode == spv::OpAtomicFMaxEXT;
}

uint32_t atomic_pointer_word(uint32_t opcode) { return opcode == spv::OpAtomicStore ? 1 : 3; }

struct CapabilityFeature {
  uint32_t capability;
  Feature feature;
};

constexpr CapabilityFeature kCapabilityFeatures[] = {
    {spv::CapabilityInt8, Feature::int8},
    {spv::CapabilityInt16, Feature::int16},
    {spv::CapabilityInt64, Feature::int64},
    {spv::CapabilityFloat16, Feature::float16},
    {spv::CapabilityFloat64, Feature::float64},
    {spv::CapabilityPhysicalStorageBufferAddresses, Feature::buffer_device_address},
    {spv::CapabilityVariablePointers, Feature::variable_pointers},
    {spv::CapabilityVariablePointersStorageBuffer, Feature::variable_pointers},
    {spv::CapabilityGroupNonUniform, Feature::subgroup_basic},
    {spv::CapabilityGroupNonUniformVote, Feature::subgroup_vote},
    {spv::CapabilityGroupNonUniformArithmetic, Feature::subgroup_arithmetic},
    {spv::CapabilityGroupNonUniformClustered, Feature::subgroup_arithmetic},
    {spv::CapabilityGroupNonUniformBallot, Feature::subgroup_ballot},
    {spv::CapabilityGroupNonUniformShuffle, Feature::subgroup_shuffle},
    {spv::CapabilityGroupNonUniformShuffleRelative, Feature::subgroup_shuffle},
    {spv::CapabilityStorageImageExtendedFormats, Feature::storage_image_extended_formats},
    {spv::CapabilityStorageImageReadWithoutFormat, Feature::storage_image_read_without_format},
    {spv::CapabilityStorageImageWriteWithoutFormat, Feature::storage_image_write_without_format},
    {spv::CapabilityImage1D, Feature::image_1d},
    {spv::CapabilitySampled1D, Feature::image_1d},
    {spv::CapabilityAtomicFloat32MinMaxEXT, Feature::float_atomic_min_max},
    {spv::CapabilityAtomicFloat64MinMaxEXT, Feature::float_atomic_min_max},
    {spv::CapabilityAtomicFloat16MinMaxEXT, Feature::float_atomic_min_max},
};

// Declared for every module that was compiled with the matching cap, used by few: without use they
// are taken out, since a device need not have them.
struct OptionalCapability {
  uint32_t capability;
  const char* extension;
};
constexpr OptionalCapability kOptionalCapabilities[] = {
    {spv::CapabilityAtomicFloat32AddEXT, kAtomicAddExtension},
    {spv::CapabilityAtomicFloat64AddEXT, kAtomicAddExtension},
    {spv::CapabilityAtomicFloat16AddEXT, kAtomicAdd16Extension},
    {spv::CapabilityAtomicFloat32MinMaxEXT, kAtomicMinMaxExtension},
    {spv::CapabilityAtomicFloat64MinMaxEXT, kAtomicMinMaxExtension},
    {spv::CapabilityAtomicFloat16MinMaxEXT, kAtomicMinMaxExtension},
};
// Likewise, and no extension stands with them: which of these are needed is known from the types and instructions.
constexpr uint32_t kOptionalCoreCapabilities[] = {
    spv::CapabilityInt8,
    spv::CapabilityInt16,
    spv::CapabilityInt64,
    spv::CapabilityInt64Atomics,
    spv::CapabilityFloat16,
    spv::CapabilityFloat64,
    spv::CapabilityImage1D,
    spv::CapabilitySampled1D,
    spv::CapabilityStorageImageExtendedFormats,
    spv::CapabilityStorageImageReadWithoutFormat,
    spv::CapabilityStorageImageWriteWithoutFormat,
};

uint32_t subgroup_capability(uint32_t opcode) {
  if (opcode == spv::OpGroupNonUniformElect) return spv::CapabilityGroupNonUniform;
  if (opcode <= spv::OpGroupNonUniformAllEqual) return spv::CapabilityGroupNonUniformVote;
  if (opcode <= spv::OpGroupNonUniformBallotFindMSB) return spv::CapabilityGroupNonUniformBallot;
  if (opcode <= spv::OpGroupNonUniformShuffleXor) return spv::CapabilityGroupNonUniformShuffle;
  if (opcode <= spv::OpGroupNonUniformShuffleDown) return spv::CapabilityGroupNonUniformShuffleRelative;
  if (opcode <= spv::OpGroupNonUniformLogicalXor) return spv::CapabilityGroupNonUniformArithmetic;
  return spv::CapabilityGroupNonUniformQuad;
}

class Scanner {
 public:
  Scanner(const SpirvModule& shader, const std::string& name) : shader_(shader), name_(name) {}

  Result<ShaderScan> scan() {
    scan_.needs.local_size_x = shader_.local_size(0);
    scan_.version = shader_.version();
    if (shader_.local_size(1) != 1 || shader_.local_size(2) != 1) {
      return fail(Code::corrupted_data, "File '%s.spv' has workgroups of %u x %u x %u; only X x 1 x 1 occurs.",
                  name_.c_str(), shader_.local_size(0), shader_.local_size(1), shader_.local_size(2));
    }
    for (const Instruction& instruction : shader_.instructions()) IST_CHECK(scan_global(instruction));
    for (size_t i = shader_.first_function(); i != 0 && i < shader_.instructions().size(); ++i) {
      scan_code(shader_.instructions()[i]);
    }
    for (Resource& resource : scan_.resources) {
      resource.access |= every_storage_access_ && resource.kind == ResourceKind::storage_buffer ? kBoth : 0;
      if (resource.access == 0) resource.access = kRead;
    }
    settle();
    return std::move(scan_);
  }

 private:
  Status scan_global(const Instruction& i) {
    switch (i.opcode) {
      case spv::OpCapability:
        declared_.insert(shader_.word(i, 1));
        return {};
      case spv::OpExtension:
        extensions_.insert(shader_.literal_string(i, 1));
        return {};
      case spv::OpExtInstImport:
        imports_non_semantic_ |= shader_.literal_string(i, 2).starts_with("NonSemantic.");
        return {};
      case spv::OpTypeInt:
        need_width(shader_.word(i, 2), spv::CapabilityInt8, spv::CapabilityInt16, spv::CapabilityInt64);
        return {};
      case spv::OpTypeFloat:
        need_width(shader_.word(i, 2), 0, spv::CapabilityFloat16, spv::CapabilityFloat64);
        return {};
      case spv::OpTypeImage:
        scan_image_type(i);
        return {};
      case spv::OpTypePointer:
        if (shader_.word(i, 2) == spv::StorageClassPhysicalStorageBuffer) {
          need(spv::CapabilityPhysicalStorageBufferAddresses);
          scan_narrow_members(shader_.word(i, 3), false, 0);
        }
        return {};
      case spv::OpVariable:
        return scan_variable(i);
      default:
        return {};
    }
  }

  void need(uint32_t capability) {
    if (capability != 0) needed_.insert(capability);
  }

  void need_width(uint32_t width, uint32_t for8, uint32_t for16, uint32_t for64) {
    need(width == 8 ? for8 : width == 16 ? for16 : width == 64 ? for64 : 0);
  }

  void scan_image_type(const Instruction& image) {
    const bool storage = shader_.word(image, 7) == 2;
    if (shader_.word(image, 3) == spv::Dim1D) need(storage ? spv::CapabilityImage1D : spv::CapabilitySampled1D);
    if (storage && needs_extended_formats(shader_.word(image, 8))) need(spv::CapabilityStorageImageExtendedFormats);
  }

  // 8- and 16-bit values inside buffers need features of their own.
  void scan_narrow_members(uint32_t type, bool uniform, unsigned depth) {
    const Instruction& t = shader_.definition(type);
    if (depth > kMaxTypeDepth || ++type_visits_ > 100000) return;
    const uint32_t width = shader_.integer_width(type) | shader_.float_width(type);
    if (width == 8) scan_.needs.features.add(uniform ? Feature::uniform_storage_8bit : Feature::storage_8bit);
    if (width == 16) scan_.needs.features.add(uniform ? Feature::uniform_storage_16bit : Feature::storage_16bit);
    if (t.opcode == spv::OpTypeStruct) {
      for (uint32_t i = 2; i < t.length; ++i) scan_narrow_members(shader_.word(t, i), uniform, depth + 1);
    } else if (t.opcode == spv::OpTypeArray || t.opcode == spv::OpTypeRuntimeArray || t.opcode == spv::OpTypeVector ||
               t.opcode == spv::OpTypeMatrix) {
      scan_narrow_members(shader_.word(t, 2), uniform, depth + 1);
    }
  }

  Status scan_variable(const Instruction& variable) {
    const uint32_t storage_class = shader_.word(variable, 3);
    const uint32_t pointee = shader_.pointee(variable.type);
    switch (storage_class) {
      case spv::StorageClassFunction:
      case spv::StorageClassPrivate:
        return {};
      case spv::StorageClassInput:
        scan_builtin(variable.result);
        return {};
      case spv::StorageClassWorkgroup:
        scan_.uses_shared_memory = true;
        scan_.needs.shared_memory_bytes = static_cast<uint32_t>(
            std::min<uint64_t>(UINT32_MAX, scan_.needs.shared_memory_bytes + shader_.size_bytes(pointee)));
        list_in_interface(variable.result, false);
        return {};
      case spv::StorageClassUniform:
      case spv::StorageClassStorageBuffer:
      case spv::StorageClassUniformConstant:
        list_in_interface(variable.result, false);
        return add_resource(variable, storage_class, pointee);
      default:
        return fail(Code::incompatible_module,
                    "File '%s.spv' has a variable of storage class (%u), which no Taichi module has.", name_.c_str(),
                    storage_class);
    }
  }

  void scan_builtin(uint32_t variable) {
    list_in_interface(variable, true);
    const auto builtin = shader_.decoration(variable, spv::DecorationBuiltIn);
    if (!builtin) return;
    switch (*builtin) {
      case spv::BuiltInGlobalInvocationId:
      case spv::BuiltInNumWorkgroups:
        return;
      case spv::BuiltInSubgroupSize:
      case spv::BuiltInNumSubgroups:
      case spv::BuiltInSubgroupId:
      case spv::BuiltInSubgroupLocalInvocationId:
        use_subgroups(spv::CapabilityGroupNonUniform);
        return;
      default:
        foreign_builtins_.insert(variable);
        return;
    }
  }

  void use_subgroups(uint32_t capability) {
    scan_.uses_subgroups = true;
    need(spv::CapabilityGroupNonUniform);
    need(capability);
    scan_.version = std::max(scan_.version, kVersion13);
  }

  // Below 1.4 an entry point lists its inputs and outputs, from 1.4 on every global variable.
  void list_in_interface(uint32_t variable, bool is_input) {
    if (!is_input && shader_.version() < kVersion14) return;
    const Instruction& entry = shader_.instructions()[shader_.entry_point_index()];
    const auto name_words = static_cast<uint32_t>(shader_.literal_string(entry, 3).size() / 4 + 1);
    for (uint32_t i = 3 + name_words; i < entry.length; ++i) {
      if (shader_.word(entry, i) == variable) return;
    }
    scan_.missing_interface.push_back(variable);
  }

  Status add_resource(const Instruction& variable, uint32_t storage_class, uint32_t pointee) {
    Resource resource;
    resource.variable = variable.result;
    const auto binding = shader_.decoration(variable.result, spv::DecorationBinding);
    const auto set = shader_.decoration(variable.result, spv::DecorationDescriptorSet);
    if (!binding || set.value_or(0) != 0) {
      return fail(Code::corrupted_data, "File '%s.spv' has variable (%u) outside descriptor set 0 (%u).", name_.c_str(),
                  variable.result, set.value_or(0));
    }
    resource.binding = *binding;
    if (storage_class == spv::StorageClassUniformConstant) {
      IST_CHECK(describe_image(pointee, resource));
    } else {
      if (shader_.definition(pointee).opcode != spv::OpTypeStruct) {
        return fail(Code::corrupted_data, "File '%s.spv' has a buffer at binding (%u) that is no structure.",
                    name_.c_str(), resource.binding);
      }
      // Before 1.3 storage buffers are of class Uniform and told apart by a decoration.
      const bool uniform =
          storage_class == spv::StorageClassUniform && !shader_.decoration(pointee, spv::DecorationBufferBlock);
      resource.kind = uniform ? ResourceKind::uniform_buffer : ResourceKind::storage_buffer;
      resource.size_bytes = shader_.size_bytes(pointee);
      scan_narrow_members(pointee, uniform, 0);
    }
    resource_of_[variable.result] = scan_.resources.size();
    scan_.resources.push_back(resource);
    return {};
  }

  Status describe_image(uint32_t type, Resource& resource) {
    const Instruction& outer = shader_.definition(type);
    const bool sampled = outer.opcode == spv::OpTypeSampledImage;
    const Instruction& image = sampled ? shader_.definition(shader_.word(outer, 2)) : outer;
    const uint32_t dim = shader_.word(image, 3);
    const bool arrayed = shader_.word(image, 5) != 0;
    const bool multisampled = shader_.word(image, 6) != 0;
    const bool fits = image.opcode == spv::OpTypeImage && dim <= spv::Dim3D && !arrayed && !multisampled &&
                      shader_.word(image, 7) == (sampled ? 1u : 2u);
    if (!fits) {
      return fail(Code::incompatible_module,
                  "File '%s.spv' has an image at binding (%u) that is neither a sampled nor a storage "
                  "image of 1 to 3 dimensions.",
                  name_.c_str(), resource.binding);
    }
    resource.kind = sampled ? ResourceKind::sampled_image : ResourceKind::storage_image;
    resource.image_dim = static_cast<uint8_t>(dim + 1);
    const uint32_t format = shader_.word(image, 8);
    if (!sampled && format < std::size(kTiFormats)) resource.image_format = kTiFormats[format];
    return {};
  }

  void scan_code(const Instruction& i) {
    if (i.opcode >= spv::OpGroupNonUniformElect && i.opcode <= spv::OpGroupNonUniformQuadSwap) {
      use_subgroups(subgroup_capability(i.opcode));
    } else if (is_atomic(i.opcode)) {
      scan_atomic(i);
    } else {
      scan_access(i);
    }
    if (foreign_builtins_.empty() || scan_.sees_local_ids) return;
    for_each_id(shader_, i, [&](uint32_t id) {
      if (foreign_builtins_.count(id) != 0) scan_.sees_local_ids = true;
    });
  }

  void scan_atomic(const Instruction& i) {
    const uint32_t pointer = shader_.word(i, atomic_pointer_word(i.opcode));
    const uint8_t access = i.opcode == spv::OpAtomicLoad ? kRead : i.opcode == spv::OpAtomicStore ? kWrite : kBoth;
    touch(pointer, access);
    const uint32_t type = shader_.pointee(shader_.type_of(pointer));
    const bool shared = shader_.storage_class_of(pointer) == spv::StorageClassWorkgroup;
    if (shader_.integer_width(type) == 64) {
      need(spv::CapabilityInt64Atomics);
      scan_.needs.features.add(shared ? Feature::shared_int64_atomics : Feature::buffer_int64_atomics);
    }
    const uint32_t width = shader_.float_width(type);
    if (i.opcode == spv::OpAtomicFAddEXT) {
      need(width == 16   ? spv::CapabilityAtomicFloat16AddEXT
           : width == 64 ? spv::CapabilityAtomicFloat64AddEXT
                         : spv::CapabilityAtomicFloat32AddEXT);
      scan_.needs.features.add(width == 16   ? Feature::buffer_float16_atomic_add
                               : width == 64 ? Feature::buffer_float64_atomic_add
                               : shared      ? Feature::shared_float32_atomic_add
                                             : Feature::buffer_float32_atomic_add);
    } else if (i.opcode == spv::OpAtomicFMinEXT || i.opcode == spv::OpAtomicFMaxEXT) {
      need(width == 16   ? spv::CapabilityAtomicFloat16MinMaxEXT
           : width == 64 ? spv::CapabilityAtomicFloat64MinMaxEXT
                         : spv::CapabilityAtomicFloat32MinMaxEXT);
    }
  }

  void scan_access(const Instruction& i) {
    switch (i.opcode) {
      case spv::OpLoad:
        touch(shader_.word(i, 3), kRead);
        return;
      case spv::OpStore:
        touch(shader_.word(i, 1), kWrite);
        return;
      case spv::OpCopyMemory:
      case spv::OpCopyMemorySized:
        touch(shader_.word(i, 1), kWrite);
        touch(shader_.word(i, 2), kRead);
        return;
      case spv::OpControlBarrier:
        scan_.uses_shared_memory = true;
        return;
      case spv::OpImageWrite:
        touch_image(shader_.word(i, 1), kWrite);
        return;
      case spv::OpImageRead:
        touch_image(shader_.word(i, 3), kRead);
        return;
      case spv::OpFunctionCall:
        // What a function does to its pointer is not followed.
        for (uint32_t k = 4; k < i.length; ++k) {
          const Place place = shader_.locate(shader_.word(i, k));
          if (place.variable != 0) mark(place.variable, kBoth);
        }
        return;
      default:
        return;
    }
  }

  void touch(uint32_t pointer, uint8_t access) {
    const Place place = shader_.locate(pointer);
    if (place.variable != 0) {
      // Loading an image says nothing of what becomes of it; the image instruction does.
      const auto found = resource_of_.find(place.variable);
      const bool image =
          found != resource_of_.end() && scan_.resources[found->second].kind >= ResourceKind::sampled_image;
      if (!image || shader_.storage_class_of(pointer) == spv::StorageClassImage) mark(place.variable, access);
      return;
    }
    const uint32_t storage_class = shader_.storage_class_of(pointer);
    if (storage_class == spv::StorageClassStorageBuffer || storage_class == spv::StorageClassUniform) {
      every_storage_access_ = true;
    }
  }

  void mark(uint32_t variable, uint8_t access) {
    const auto found = resource_of_.find(variable);
    if (found != resource_of_.end()) scan_.resources[found->second].access |= access;
  }

  void touch_image(uint32_t image, uint8_t access) {
    need_format(shader_.word(shader_.definition(shader_.type_of(image)), 8), access);
    for (unsigned step = 0; step < kMaxChain; ++step) {
      const Instruction& i = shader_.definition(image);
      if (i.opcode == spv::OpLoad) {
        const Place place = shader_.locate(shader_.word(i, 3));
        if (place.variable == 0) break;
        mark(place.variable, access);
        return;
      }
      if (i.opcode != spv::OpCopyObject && i.opcode != spv::OpImage) break;
      image = shader_.word(i, 3);
    }
    for (Resource& resource : scan_.resources) {
      if (resource.kind == ResourceKind::storage_image) resource.access |= kBoth;
    }
  }

  void need_format(uint32_t format, uint8_t access) {
    if (format != spv::ImageFormatUnknown) return;
    need(access == kRead ? spv::CapabilityStorageImageReadWithoutFormat
                         : spv::CapabilityStorageImageWriteWithoutFormat);
  }

  // Compares what is needed with what is declared, and turns both into features.
  void settle() {
    std::set<std::string> extensions_needed;
    for (const OptionalCapability& optional : kOptionalCapabilities) {
      if (needed_.count(optional.capability) != 0) extensions_needed.insert(optional.extension);
    }
    for (const OptionalCapability& optional : kOptionalCapabilities) {
      drop_unless_needed(optional.capability);
      if (extensions_needed.count(optional.extension) == 0) drop_extension(optional.extension);
    }
    for (const uint32_t capability : kOptionalCoreCapabilities) drop_unless_needed(capability);
    if (!imports_non_semantic_) drop_extension(kNonSemanticExtension);
    if (scan_.version < kVersion13 && needed_.count(spv::CapabilityPhysicalStorageBufferAddresses) != 0) {
      extensions_needed.insert("SPV_KHR_physical_storage_buffer");
    }
    for (const uint32_t capability : needed_) {
      if (declared_.insert(capability).second) scan_.missing_capabilities.push_back(capability);
    }
    for (const std::string& extension : extensions_needed) {
      if (extensions_.count(extension) == 0) scan_.missing_extensions.push_back(extension);
    }
    for (const CapabilityFeature& entry : kCapabilityFeatures) {
      if (declared_.count(entry.capability) != 0) scan_.needs.features.add(entry.feature);
    }
    if (extensions_.count(kNonSemanticExtension) != 0) scan_.needs.features.add(Feature::non_semantic_info);
    scan_.uses_addresses = declared_.count(spv::CapabilityPhysicalStorageBufferAddresses) != 0;
    scan_.needs.spirv_version = scan_.version;
  }

  void drop_unless_needed(uint32_t capability) {
    if (needed_.count(capability) == 0 && declared_.erase(capability) != 0)
      scan_.unused_capabilities.push_back(capability);
  }

  void drop_extension(const std::string& extension) {
    if (extensions_.erase(extension) != 0) scan_.unused_extensions.push_back(extension);
  }

  const SpirvModule& shader_;
  const std::string& name_;
  ShaderScan scan_;
  std::set<uint32_t> declared_;
  std::set<uint32_t> needed_;
  std::set<std::string> extensions_;
  std::set<uint32_t> foreign_builtins_;
  std::unordered_map<uint32_t, size_t> resource_of_;  // by variable id
  bool every_storage_access_ = false;
  bool imports_non_semantic_ = false;
  unsigned type_visits_ = 0;
};

}  // namespace

void for_each_id(const SpirvModule& shader, const Instruction& i, const std::function<void(uint32_t)>& visit) {
  uint32_t first = i.type != 0 ? 3 : i.result != 0 ? 2 : 1;
  uint32_t end = i.length;
  switch (i.opcode) {
    case spv::OpLoad:
      end = std::min(end, 4u);
      break;
    case spv::OpStore:
      end = std::min(end, 3u);
      break;
    case spv::OpCompositeExtract:
      end = std::min(end, 4u);
      break;
    case spv::OpCompositeInsert:
    case spv::OpVectorShuffle:
      end = std::min(end, 5u);
      break;
    case spv::OpExtInst:
      first = 5;
      break;
    case spv::OpSelectionMerge:
    case spv::OpLoopMerge:
    case spv::OpBranch:
    case spv::OpLabel:
    case spv::OpFunction:
    case spv::OpVariable:
    case spv::OpConstant:
      return;
    case spv::OpBranchConditional:
    case spv::OpSwitch:
      end = std::min(end, 2u);
      break;
    default:
      break;
  }
  for (uint32_t k = first; k < end; ++k) visit(shader.word(i, k));
}

Result<ShaderScan> scan_shader(const SpirvModule& shader, const std::string& name) {
  return Scanner(shader, name).scan();
}

}  // namespace ist::aot
