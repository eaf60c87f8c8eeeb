// Creation and destruction; nothing here runs while a launch is measured.
#include "raw_device.h"

#include <cstring>
#include <vector>

#include "fail.h"

namespace ist::bench {
namespace {

bool has_extension(const RawDevice& device, const char* name) {
  uint32_t count = 0;
  device.vk.vkEnumerateDeviceExtensionProperties(device.physical, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> all(count);
  device.vk.vkEnumerateDeviceExtensionProperties(device.physical, nullptr, &count, all.data());
  for (const VkExtensionProperties& extension : all)
    if (std::strcmp(extension.extensionName, name) == 0) return true;
  return false;
}

uint32_t find_compute_family(const RawDevice& device) {
  uint32_t count = 0;
  device.vk.vkGetPhysicalDeviceQueueFamilyProperties(device.physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  device.vk.vkGetPhysicalDeviceQueueFamilyProperties(device.physical, &count, families.data());
  for (uint32_t i = 0; i < count; ++i)
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) return i;
  fail("The device has no queue family for compute.");
}

void create_instance(RawDevice& device) {
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(vulkan_entry()(nullptr, "vkCreateInstance"));
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_API_VERSION_1_2;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  require(create(&info, nullptr, &device.instance), "vkCreateInstance");
#define RAW_LOAD(name) device.vk.name = reinterpret_cast<PFN_##name>(vulkan_entry()(device.instance, #name));
  RAW_INSTANCE_FUNCTIONS(RAW_LOAD)
#undef RAW_LOAD
}

void choose_physical_device(RawDevice& device, uint32_t index) {
  uint32_t count = 0;
  device.vk.vkEnumeratePhysicalDevices(device.instance, &count, nullptr);
  if (index >= count) fail("Device index %u is not below the device count (%u).", index, count);
  std::vector<VkPhysicalDevice> all(count);
  device.vk.vkEnumeratePhysicalDevices(device.instance, &count, all.data());
  device.physical = all[index];
  VkPhysicalDeviceProperties properties;
  device.vk.vkGetPhysicalDeviceProperties(device.physical, &properties);
  device.limits = properties.limits;
  device.vk.vkGetPhysicalDeviceMemoryProperties(device.physical, &device.memory);
}

void create_logical_device(RawDevice& device) {
  VkPhysicalDeviceVulkan12Features features12{};
  features12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  VkPhysicalDeviceVulkan11Features features11{};
  features11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  features11.pNext = &features12;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.pNext = &features11;
  device.vk.vkGetPhysicalDeviceFeatures2(device.physical, &features);
  features.features.robustBufferAccess = VK_FALSE;
  if (!features12.timelineSemaphore) fail("The device has no timeline semaphores.");

  const bool push = has_extension(device, VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
  const char* const push_name = VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME;
  const float priority = 1.0f;
  device.queue_family = find_compute_family(device);
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = device.queue_family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.pNext = &features;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = push ? 1 : 0;
  info.ppEnabledExtensionNames = &push_name;
  require(device.vk.vkCreateDevice(device.physical, &info, nullptr, &device.device), "vkCreateDevice");
#define RAW_LOAD(name) \
  device.vk.name = reinterpret_cast<PFN_##name>(device.vk.vkGetDeviceProcAddr(device.device, #name));
  RAW_DEVICE_FUNCTIONS(RAW_LOAD)
  if (push) RAW_LOAD(vkCmdPushDescriptorSetKHR)
#undef RAW_LOAD
  device.vk.vkGetDeviceQueue(device.device, device.queue_family, 0, &device.queue);
}

uint32_t find_memory_type(const RawDevice& device, uint32_t allowed, bool host_access) {
  const VkMemoryPropertyFlags needed =
      host_access ? VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT : 0;
  const VkMemoryPropertyFlags wished =
      host_access ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT : VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  for (const VkMemoryPropertyFlags flags : {needed | wished, needed})
    for (uint32_t i = 0; i < device.memory.memoryTypeCount; ++i)
      if (allowed >> i & 1 && (device.memory.memoryTypes[i].propertyFlags & flags) == flags) return i;
  fail("The device has no memory type with flags 0x%x.", needed);
}

}  // namespace

void RawDevice::create(uint32_t device_index) {
  create_instance(*this);
  choose_physical_device(*this, device_index);
  create_logical_device(*this);
}

void RawDevice::destroy() {
  vk.vkDestroyDevice(device, nullptr);
  vk.vkDestroyInstance(instance, nullptr);
}

RawBuffer RawDevice::create_buffer(uint64_t size_bytes, VkBufferUsageFlags usage, bool host_access) const {
  RawBuffer out;
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = size_bytes;
  info.usage = usage;
  require(vk.vkCreateBuffer(device, &info, nullptr, &out.buffer), "vkCreateBuffer");
  VkMemoryRequirements needs;
  vk.vkGetBufferMemoryRequirements(device, out.buffer, &needs);
  VkMemoryAllocateInfo allocation{};
  allocation.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  allocation.allocationSize = needs.size;
  allocation.memoryTypeIndex = find_memory_type(*this, needs.memoryTypeBits, host_access);
  require(vk.vkAllocateMemory(device, &allocation, nullptr, &out.memory), "vkAllocateMemory");
  require(vk.vkBindBufferMemory(device, out.buffer, out.memory, 0), "vkBindBufferMemory");
  return out;
}

void RawDevice::destroy_buffer(const RawBuffer& buffer) const {
  vk.vkDestroyBuffer(device, buffer.buffer, nullptr);
  vk.vkFreeMemory(device, buffer.memory, nullptr);
}

void require(VkResult result, const char* call) {
  if (result != VK_SUCCESS) fail("%s gives VkResult %d.", call, static_cast<int>(result));
}

}  // namespace ist::bench
