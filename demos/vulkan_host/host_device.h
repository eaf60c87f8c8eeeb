// A host's own VkInstance and VkDevice, made with what the runtime asks for, and a runtime on them. Knows neither
// windows nor what is drawn.
#pragma once

#include <ist/vulkan.h>
#include <taichi/taichi_core.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/gpu.h"

namespace demo {

// What showing pictures in a window asks of the instance and the device; empty without a window.
struct WindowNeeds {
  std::vector<const char*> instance_extensions;
  std::function<bool(VkInstance, VkPhysicalDevice, uint32_t queue_family)> can_present;
};

// Throws std::runtime_error with the runtime's last error unless the call was a success.
void expect_taichi(TiError error, const char* call);

// What the validation layer has said so far in this process.
uint32_t validation_messages();

// One device with one queue that computes, draws and, with a window, presents. With IST_VALIDATION in the environment,
// under the validation layer with synchronization validation.
class HostDevice {
 public:
  // device_index: in the loader's order. Throws std::runtime_error.
  HostDevice(uint32_t device_index, const WindowNeeds& window);
  // The runtime, and whatever was made on the device, are gone by then.
  ~HostDevice();
  HostDevice(const HostDevice&) = delete;
  HostDevice& operator=(const HostDevice&) = delete;

  // A runtime on this device; the caller destroys it. Runtime and host use the queue in turns on one thread; a host
  // that submits on another one gives IstVulkanDevice::lock_queue and unlock_queue.
  TiRuntime lend() const;

  const Gpu& gpu() const { return *gpu_; }
  VkInstance instance() const { return instance_; }
  VkPhysicalDevice physical_device() const { return physical_device_; }
  PFN_vkVoidFunction instance_function(const char* name) const;
  PFN_vkVoidFunction device_function(const char* name) const;
  bool validates() const { return messenger_ != VK_NULL_HANDLE; }

 private:
  HostDevice() = default;
  void load_vulkan();
  void make_instance(const WindowNeeds& window);
  void choose_queue(uint32_t device_index, const WindowNeeds& window);
  void make_device(bool presents);

  PFN_vkGetInstanceProcAddr get_ = nullptr;
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  uint32_t queue_family_ = 0;
  std::vector<const char*> instance_extensions_, device_extensions_;
  const VkPhysicalDeviceFeatures2* features_ = nullptr;
  std::optional<Gpu> gpu_;
};

// Owns a runtime on a host's device, which must outlive it.
class LentRuntime {
 public:
  explicit LentRuntime(const HostDevice& device) : runtime_(device.lend()) {}
  ~LentRuntime() { ti_destroy_runtime(runtime_); }
  LentRuntime(const LentRuntime&) = delete;
  LentRuntime& operator=(const LentRuntime&) = delete;
  TiRuntime get() const { return runtime_; }

 private:
  TiRuntime runtime_;
};

}  // namespace demo
