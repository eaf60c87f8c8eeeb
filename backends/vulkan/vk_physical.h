// What one physical device has, asked once: facts, features to enable, extensions to enable.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "contract/device.h"
#include "vulkan/vk_instance.h"

namespace ist::vk {

// An empty struct of Vulkan with its type filled in.
template <class Struct>
constexpr Struct typed(VkStructureType type) {
  Struct result{};
  result.sType = type;
  return result;
}

// The feature structs we know, chained for the version and extensions of one device. Serves the
// question and, unchanged, vkCreateDevice. Not movable: the chain points into itself.
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

struct PhysicalDevice {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  DeviceInfo info;
  VkPhysicalDeviceLimits limits{};
  VkPhysicalDeviceMemoryProperties memory{};
  uint32_t queue_family = 0;
  VkQueueFlags queue_flags = 0;
  uint32_t timestamp_bits = 0;
  uint32_t max_push_descriptors = 0;  // 0: no push descriptors
  bool timeline = false;
  bool external_memory_fd = false;
  std::vector<const char*> extensions;  // to enable
  std::vector<VkExtensionProperties> present;
  FeatureChain features;  // to enable

  bool has_extension(std::string_view name) const;
};

// Fails with not_supported for a device older than Vulkan 1.1 or without a compute queue.
Result<std::unique_ptr<PhysicalDevice>> describe(const Instance& instance, VkPhysicalDevice handle, uint32_t index,
                                                 const DeviceOptions& options);

}  // namespace ist::vk
