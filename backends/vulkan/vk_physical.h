// What one physical device has, asked once: facts, features to enable, extensions to enable. Of a
// host's device: what is enabled there.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "contract/device.h"
#include "vulkan/vk_features.h"
#include "vulkan/vk_host.h"
#include "vulkan/vk_instance.h"

namespace ist::vk {

// Bindings of one pipeline at most: sizes the fixed arrays of recording.
inline constexpr uint32_t kMaxBindings = 64;

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
  bool external_memory_dma_buf = false;
  bool external_semaphore_fd = false;
  bool queue_family_foreign = false;
  uint64_t host_pointer_alignment = 0;  // of host pages to import; 0: none can be
  bool creation_feedback = false;       // pipelines tell whether a cache had them
  uint8_t pipeline_cache_uuid[VK_UUID_SIZE] = {};
  std::vector<const char*> extensions;  // to enable
  std::vector<VkExtensionProperties> present;
  FeatureChain features;  // to enable, or enabled by the host

  bool has_extension(std::string_view name) const;
};

// Fails with not_supported for a device older than Vulkan 1.1 or without a compute queue.
Result<std::unique_ptr<PhysicalDevice>> describe(const Instance& instance, VkPhysicalDevice handle, uint32_t index,
                                                 const DeviceOptions& options);

// The physical device behind a host's VkDevice, with what the host says is enabled there; of an
// undeclared one, nothing that has to be enabled. invalid_argument names what cannot be so.
Result<std::unique_ptr<PhysicalDevice>> describe(const Instance& instance, const HostDevice& host,
                                                 const DeviceOptions& options);

}  // namespace ist::vk
