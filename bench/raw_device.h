// An own Vulkan instance and device with one compute queue, its function tables and its memory.
// Plain and fast: no validation, no caching beyond what a careful program keeps.
#pragma once

#include <vulkan/vulkan_core.h>

#include <cstdint>

#include "vulkan_names.h"

namespace ist::bench {

#define RAW_INSTANCE_FUNCTIONS(X)             \
  X(vkDestroyInstance)                        \
  X(vkEnumeratePhysicalDevices)               \
  X(vkEnumerateDeviceExtensionProperties)     \
  X(vkGetPhysicalDeviceFeatures2)             \
  X(vkGetPhysicalDeviceProperties)            \
  X(vkGetPhysicalDeviceMemoryProperties)      \
  X(vkGetPhysicalDeviceQueueFamilyProperties) \
  X(vkCreateDevice)                           \
  X(vkGetDeviceProcAddr)

#define RAW_DEVICE_FUNCTIONS(X)    \
  X(vkDestroyDevice)               \
  X(vkGetDeviceQueue)              \
  X(vkCreateBuffer)                \
  X(vkDestroyBuffer)               \
  X(vkGetBufferMemoryRequirements) \
  X(vkAllocateMemory)              \
  X(vkFreeMemory)                  \
  X(vkBindBufferMemory)            \
  X(vkMapMemory)                   \
  X(vkUnmapMemory)                 \
  X(vkCreateCommandPool)           \
  X(vkDestroyCommandPool)          \
  X(vkAllocateCommandBuffers)      \
  X(vkFreeCommandBuffers)          \
  X(vkBeginCommandBuffer)          \
  X(vkEndCommandBuffer)            \
  X(vkCreateShaderModule)          \
  X(vkDestroyShaderModule)         \
  X(vkCreateDescriptorSetLayout)   \
  X(vkDestroyDescriptorSetLayout)  \
  X(vkCreatePipelineLayout)        \
  X(vkDestroyPipelineLayout)       \
  X(vkCreateComputePipelines)      \
  X(vkDestroyPipeline)             \
  X(vkCreateDescriptorPool)        \
  X(vkDestroyDescriptorPool)       \
  X(vkAllocateDescriptorSets)      \
  X(vkUpdateDescriptorSets)        \
  X(vkCreateSemaphore)             \
  X(vkDestroySemaphore)            \
  X(vkWaitSemaphores)              \
  X(vkQueueSubmit)                 \
  X(vkDeviceWaitIdle)              \
  X(vkCmdBindPipeline)             \
  X(vkCmdBindDescriptorSets)       \
  X(vkCmdDispatch)                 \
  X(vkCmdPipelineBarrier)

struct RawFunctions {
#define RAW_MEMBER(name) PFN_##name name = nullptr;
  RAW_INSTANCE_FUNCTIONS(RAW_MEMBER)
  RAW_DEVICE_FUNCTIONS(RAW_MEMBER)
#undef RAW_MEMBER
  PFN_vkCmdPushDescriptorSetKHR vkCmdPushDescriptorSetKHR = nullptr;  // null: no push descriptors
};

struct RawBuffer {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
};

struct RawDevice {
  RawFunctions vk;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  uint32_t queue_family = 0;
  VkPhysicalDeviceLimits limits{};
  VkPhysicalDeviceMemoryProperties memory{};

  // Everything the device has is enabled, but bounds checking, so that any module runs.
  void create(uint32_t device_index);
  void destroy();

  RawBuffer create_buffer(uint64_t size_bytes, VkBufferUsageFlags usage, bool host_access) const;
  void destroy_buffer(const RawBuffer& buffer) const;
};

// Fails the process, naming the call, unless the result is VK_SUCCESS.
void require(VkResult result, const char* call);

}  // namespace ist::bench
