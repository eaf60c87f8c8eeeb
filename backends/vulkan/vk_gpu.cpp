// Makes and destroys the native device.
#include "vulkan/vk_gpu.h"

#include <algorithm>

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
  IST_CHECK(gpu->load_functions());
  VkQueue handle = VK_NULL_HANDLE;
  gpu->vk.GetDeviceQueue(gpu->device, device.queue_family, 0, &handle);
  gpu->queue = Queue(handle);
  if (device.queue_flags & VK_QUEUE_GRAPHICS_BIT) gpu->graphics_queue = handle;
  gpu->graphics_queue_family = device.queue_family;
  set_name(*gpu, VK_OBJECT_TYPE_QUEUE, handle, "isthmus queue");
  return gpu;
}

Result<std::unique_ptr<Gpu>> Gpu::adopt(std::unique_ptr<Instance> instance, std::unique_ptr<PhysicalDevice> physical,
                                        const HostDevice& host) {
  auto gpu = std::make_unique<Gpu>();
  gpu->instance = std::move(instance);
  gpu->physical = std::move(physical);
  gpu->device = host.device;
  gpu->owns_device = false;
  IST_CHECK(gpu->load_functions());
  gpu->queue = Queue(host.queue, host.lock);
  gpu->graphics_queue = host.graphics_queue;
  gpu->graphics_queue_family = host.graphics_queue_family;
  gpu->families = {host.queue_family};
  for (const uint32_t family : host.other_families) {
    if (std::find(gpu->families.begin(), gpu->families.end(), family) == gpu->families.end())
      gpu->families.push_back(family);
  }
  if (gpu->families.size() == 1) gpu->families.clear();
  return gpu;
}

Status Gpu::load_functions() {
  if (const char* missing = load(vk, instance->vk.GetDeviceProcAddr, device, info().api_version))
    return fail(Code::invalid_state, "Device '%s' lacks %s.", info().name.c_str(), missing);
  if (!instance->debug_utils) {
    // Drivers answer these without the extension too; calling them would be invalid.
    vk.SetDebugUtilsObjectNameEXT = nullptr;
    vk.CmdBeginDebugUtilsLabelEXT = nullptr;
    vk.CmdEndDebugUtilsLabelEXT = nullptr;
  }
  return {};
}

Gpu::~Gpu() {
  if (owns_device && device && vk.DestroyDevice) vk.DestroyDevice(device, nullptr);
}

}  // namespace ist::vk
