// Loading of the function table and the questions a guest asks the device once.
#include "gpu.h"

#include <stdexcept>
#include <vector>

namespace demo {

void expect_vulkan(VkResult result, const char* call) {
  if (result >= 0) return;
  throw std::runtime_error(std::string(call) + " fails (VkResult " + std::to_string(result) + ").");
}

Gpu::Gpu(const GpuLoan& loan) : loan_(loan) {
  load_table();
  VkPhysicalDeviceProperties properties{};
  vk.vkGetPhysicalDeviceProperties(loan_.physical_device, &properties);
  name_ = properties.deviceName;
  vk.vkGetPhysicalDeviceMemoryProperties(loan_.physical_device, &memory_);
  check_queue();
}

void Gpu::load_table() {
  if (!loan_.get_instance_proc_addr || !loan_.instance || !loan_.device || !loan_.queue) {
    throw std::runtime_error("The runtime exports no usable Vulkan instance, device or queue.");
  }
  const auto require = [](PFN_vkVoidFunction function, const char* name) {
    if (function) return function;
    throw std::runtime_error(std::string("The Vulkan device offers no function ") + name + ".");
  };
#define DEMO_LOAD(name) \
  vk.name = reinterpret_cast<PFN_##name>(require(loan_.get_instance_proc_addr(loan_.instance, #name), #name));
  DEMO_INSTANCE_FUNCTIONS(DEMO_LOAD)
#undef DEMO_LOAD
#define DEMO_LOAD(name) \
  vk.name = reinterpret_cast<PFN_##name>(require(vk.vkGetDeviceProcAddr(loan_.device, #name), #name));
  DEMO_DEVICE_FUNCTIONS(DEMO_LOAD)
#undef DEMO_LOAD
}

void Gpu::check_queue() const {
  uint32_t count = 0;
  vk.vkGetPhysicalDeviceQueueFamilyProperties(loan_.physical_device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vk.vkGetPhysicalDeviceQueueFamilyProperties(loan_.physical_device, &count, families.data());
  const uint32_t family = loan_.queue_family;
  if (family < count && (families[family].queueFlags & VK_QUEUE_GRAPHICS_BIT)) return;
  throw std::runtime_error("Queue family " + std::to_string(family) + " of '" + name_ +
                           "' computes but does not draw; the demo needs one queue for both.");
}

uint32_t Gpu::memory_type(uint32_t allowed_mask, VkMemoryPropertyFlags required,
                          VkMemoryPropertyFlags preferred) const {
  for (const VkMemoryPropertyFlags wanted : {required | preferred, required}) {
    for (uint32_t i = 0; i < memory_.memoryTypeCount; ++i) {
      const bool allowed = (allowed_mask >> i) & 1u;
      if (allowed && (memory_.memoryTypes[i].propertyFlags & wanted) == wanted) return i;
    }
  }
  throw std::runtime_error("'" + name_ + "' has no memory type with the property flags " + std::to_string(required) +
                           ".");
}

}  // namespace demo
