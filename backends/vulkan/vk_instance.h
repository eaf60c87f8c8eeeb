// The Vulkan loader, opened at run time, and one VkInstance, owned or adopted. Knows no device.
#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "vulkan/vk_host.h"
#include "vulkan/vk_options.h"
#include "vulkan/vk_table.h"

namespace ist::vk {

// The process's loader, opened once and kept. not_supported when libvulkan is not installed. Any thread.
Result<const GlobalTable*> loader();

class Instance {
 public:
  // A new VkInstance. not_supported names a missing loader, layer or extension; invalid_state says
  // that no driver is there.
  static Result<std::unique_ptr<Instance>> create(const DeviceOptions& options);
  // The host's VkInstance, which stays the host's. Every function comes from host.get_instance_proc_addr.
  static Result<std::unique_ptr<Instance>> adopt(const HostDevice& host, const DeviceOptions& options);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // In the driver's order; empty without a driver.
  Result<std::vector<VkPhysicalDevice>> physical_devices() const;

  VkInstance handle = VK_NULL_HANDLE;
  bool owned = true;
  bool debug_utils = false;
  uint32_t api_version = VK_API_VERSION_1_0;  // asked for at creation; devices offer at most this
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  InstanceTable vk;

 private:
  Instance() = default;

  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
};

}  // namespace ist::vk
