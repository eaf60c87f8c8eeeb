// The names by which people know the features: those of Vulkan.
#include "aot/features.h"

namespace ist::aot {

const char* feature_name(Feature feature) {
  switch (feature) {
    case Feature::int8:
      return "shaderInt8";
    case Feature::int16:
      return "shaderInt16";
    case Feature::int64:
      return "shaderInt64";
    case Feature::float16:
      return "shaderFloat16";
    case Feature::float64:
      return "shaderFloat64";
    case Feature::storage_8bit:
      return "storageBuffer8BitAccess";
    case Feature::storage_16bit:
      return "storageBuffer16BitAccess";
    case Feature::uniform_storage_8bit:
      return "uniformAndStorageBuffer8BitAccess";
    case Feature::uniform_storage_16bit:
      return "uniformAndStorageBuffer16BitAccess";
    case Feature::buffer_int64_atomics:
      return "shaderBufferInt64Atomics";
    case Feature::shared_int64_atomics:
      return "shaderSharedInt64Atomics";
    case Feature::buffer_float32_atomic_add:
      return "shaderBufferFloat32AtomicAdd";
    case Feature::shared_float32_atomic_add:
      return "shaderSharedFloat32AtomicAdd";
    case Feature::buffer_float64_atomic_add:
      return "shaderBufferFloat64AtomicAdd";
    case Feature::buffer_float16_atomic_add:
      return "shaderBufferFloat16AtomicAdd";
    case Feature::float_atomic_min_max:
      return "shaderBufferFloat32AtomicMinMax";
    case Feature::buffer_device_address:
      return "bufferDeviceAddress";
    case Feature::subgroup_basic:
      return "VK_SUBGROUP_FEATURE_BASIC_BIT";
    case Feature::subgroup_vote:
      return "VK_SUBGROUP_FEATURE_VOTE_BIT";
    case Feature::subgroup_arithmetic:
      return "VK_SUBGROUP_FEATURE_ARITHMETIC_BIT";
    case Feature::subgroup_ballot:
      return "VK_SUBGROUP_FEATURE_BALLOT_BIT";
    case Feature::subgroup_shuffle:
      return "VK_SUBGROUP_FEATURE_SHUFFLE_BIT";
    case Feature::variable_pointers:
      return "variablePointers";
    case Feature::storage_image_extended_formats:
      return "shaderStorageImageExtendedFormats";
    case Feature::storage_image_read_without_format:
      return "shaderStorageImageReadWithoutFormat";
    case Feature::storage_image_write_without_format:
      return "shaderStorageImageWriteWithoutFormat";
    case Feature::image_1d:
      return "1D images";
    case Feature::non_semantic_info:
      return "VK_KHR_shader_non_semantic_info";
    case Feature::count:
      break;
  }
  return "unknown feature";
}

}  // namespace ist::aot
