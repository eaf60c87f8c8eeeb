// Makes and destroys the native device.
#include "vulkan/vk_gpu.h"

#include "vulkan/vk_debug.h"
#include "vulkan/vk_text.h"

namespace ist::vk {

Result<std::unique_ptr<Gpu>> Gpu::create(std::unique_ptr<Instance> instance, std::unique_ptr<PhysicalDevice> physical) {
  auto gpu = std::make_unique<Gpu>();
  gpu->instance = std::move(instance);
  gpu->physical = std::move(physical);
  const PhysicalDevice& device = *gpu->physical;
  const InstanceTable& ivk = gpu->instance->vk;

  const float priority = 1;
  VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queue.queueFamilyIndex = device.queue_family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, &device.features.base};
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = static_cast<uint32_t>(device.extensions.size());
  info.ppEnabledExtensionNames = device.extensions.data();
  IST_CHECK(vk_status(ivk.CreateDevice(device.handle, &info, nullptr, &gpu->device), "vkCreateDevice"));
  if (const char* missing = load(gpu->vk, ivk.GetDeviceProcAddr, gpu->device))
    return fail(Code::invalid_state, "Device '%s' lacks %s.", device.info.name.c_str(), missing);
  if (!gpu->instance->debug_utils) {
    // Drivers answer these without the extension too; calling them would be invalid.
    gpu->vk.SetDebugUtilsObjectNameEXT = nullptr;
    gpu->vk.CmdBeginDebugUtilsLabelEXT = nullptr;
    gpu->vk.CmdEndDebugUtilsLabelEXT = nullptr;
  }
  gpu->vk.GetDeviceQueue(gpu->device, device.queue_family, 0, &gpu->queue);
  set_name(*gpu, VK_OBJECT_TYPE_QUEUE, gpu->queue, "isthmus queue");
  return gpu;
}

Gpu::~Gpu() {
  if (owns_device && device && vk.DestroyDevice) vk.DestroyDevice(device, nullptr);
}

}  // namespace ist::vk
