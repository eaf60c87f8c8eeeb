// libvulkan at run time: its entry point, and what a physical device calls itself.
#pragma once

#include <vulkan/vulkan_core.h>

#include <string>

namespace ist::bench {

struct DeviceNames {
  std::string device = "unknown";
  std::string driver = "unknown";
};

// Opens libvulkan on first use; fails the process where there is none.
PFN_vkGetInstanceProcAddr vulkan_entry();

DeviceNames read_device_names(VkInstance instance, VkPhysicalDevice device);

}  // namespace ist::bench
