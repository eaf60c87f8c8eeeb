// The feature structs of Vulkan that we know: asked of a physical device, handed to vkCreateDevice, or
// read out of a host's chain; and what they mean to shaders.
#pragma once

#include "aot/features.h"
#include "vulkan/vk_table.h"

namespace ist::vk {

struct PhysicalDevice;

// An empty struct of Vulkan with its type filled in.
template <class Struct>
constexpr Struct typed(VkStructureType type) {
  Struct result{};
  result.sType = type;
  return result;
}

// Chained for the version and extensions of one device. Not movable: the chain points into itself.
struct FeatureChain {
  FeatureChain() = default;
  FeatureChain(const FeatureChain&) = delete;
  FeatureChain& operator=(const FeatureChain&) = delete;

  VkPhysicalDeviceFeatures2 base = typed<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
  VkPhysicalDevice16BitStorageFeatures storage16 =
      typed<VkPhysicalDevice16BitStorageFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
  VkPhysicalDeviceVariablePointersFeatures pointers =
      typed<VkPhysicalDeviceVariablePointersFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VARIABLE_POINTERS_FEATURES);
  VkPhysicalDevice8BitStorageFeatures storage8 =
      typed<VkPhysicalDevice8BitStorageFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES);
  VkPhysicalDeviceShaderFloat16Int8Features small =
      typed<VkPhysicalDeviceShaderFloat16Int8Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES);
  VkPhysicalDeviceShaderAtomicInt64Features atomic64 =
      typed<VkPhysicalDeviceShaderAtomicInt64Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_ATOMIC_INT64_FEATURES);
  VkPhysicalDeviceTimelineSemaphoreFeatures timeline =
      typed<VkPhysicalDeviceTimelineSemaphoreFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES);
  VkPhysicalDeviceBufferDeviceAddressFeatures address = typed<VkPhysicalDeviceBufferDeviceAddressFeatures>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES);
  VkPhysicalDeviceShaderAtomicFloatFeaturesEXT atomic_float = typed<VkPhysicalDeviceShaderAtomicFloatFeaturesEXT>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_ATOMIC_FLOAT_FEATURES_EXT);
  VkPhysicalDeviceShaderAtomicFloat2FeaturesEXT atomic_float2 = typed<VkPhysicalDeviceShaderAtomicFloat2FeaturesEXT>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_ATOMIC_FLOAT_2_FEATURES_EXT);
  // For hosts that draw on our device.
  VkPhysicalDeviceDynamicRenderingFeatures rendering =
      typed<VkPhysicalDeviceDynamicRenderingFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES);
  VkPhysicalDeviceSynchronization2Features sync2 =
      typed<VkPhysicalDeviceSynchronization2Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES);
};

// Asks for everything the device has within its version and extensions, extends device.extensions by
// what the answers need, and switches off what costs speed or is of no use here.
void query_features(PFN_vkGetPhysicalDeviceFeatures2 ask, PhysicalDevice& device, bool without_timeline);

// Leaves on only what the host's chain says is on, be it in structs of one extension or of a version.
void keep_declared(FeatureChain& features, const VkPhysicalDeviceFeatures2& declared);

// What shaders may use with these features on. Subgroup operations and image dimensions are not features.
aot::FeatureSet shader_features(const FeatureChain& features);

}  // namespace ist::vk
