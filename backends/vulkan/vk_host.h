// What a host says of its own VkDevice. Plain facts; who checks them is vk_physical.
#pragma once

#include <span>
#include <vector>

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

namespace ist::vk {

// Called around each submission to the host's queue. Both or none.
struct HostLock {
  void (*lock)(void* user, VkQueue queue) = nullptr;
  void (*unlock)(void* user, VkQueue queue) = nullptr;
  void* user = nullptr;
};

struct HostDevice {
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;  // null: the system's loader
  uint32_t api_version = 0;                                    // 0 counts as 1.0
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  uint32_t queue_family = 0;
  // Not used by us, but told to who asks for the native objects.
  VkQueue graphics_queue = VK_NULL_HANDLE;
  uint32_t graphics_queue_family = 0;
  std::vector<uint32_t> other_families;  // whose queues use our objects too
  // Null: the host has not said what is enabled, and the two lists are empty.
  const VkPhysicalDeviceFeatures2* features = nullptr;
  std::span<const char* const> device_extensions;
  std::span<const char* const> instance_extensions;
  HostLock lock;
  // What the host calls these members, for messages.
  const char* queue_name = "queue";
  const char* queue_family_name = "queue_family";
  const char* other_families_name = "host_families";
};

}  // namespace ist::vk
