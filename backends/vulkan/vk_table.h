// The Vulkan entry points in use, loaded per instance and per device; nothing is global or linked.
// Adding a function means adding its name to one list here.
#pragma once

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

namespace ist::vk {

#define IST_VK_GLOBAL(X) \
  X(CreateInstance)      \
  X(EnumerateInstanceExtensionProperties)

#define IST_VK_INSTANCE(X)                     \
  X(DestroyInstance)                           \
  X(EnumeratePhysicalDevices)                  \
  X(GetPhysicalDeviceProperties)               \
  X(GetPhysicalDeviceProperties2)              \
  X(GetPhysicalDeviceFeatures2)                \
  X(GetPhysicalDeviceQueueFamilyProperties)    \
  X(GetPhysicalDeviceMemoryProperties)         \
  X(GetPhysicalDeviceFormatProperties)         \
  X(GetPhysicalDeviceImageFormatProperties2)   \
  X(GetPhysicalDeviceExternalBufferProperties) \
  X(EnumerateDeviceExtensionProperties)        \
  X(CreateDevice)                              \
  X(GetDeviceProcAddr)

// Null unless VK_EXT_debug_utils is enabled.
#define IST_VK_INSTANCE_OPTIONAL(X) \
  X(CreateDebugUtilsMessengerEXT)   \
  X(DestroyDebugUtilsMessengerEXT)

// Vulkan 1.1 core: what an adopted device has too.
#define IST_VK_DEVICE(X)             \
  X(DestroyDevice)                   \
  X(GetDeviceQueue)                  \
  X(QueueSubmit)                     \
  X(AllocateMemory)                  \
  X(FreeMemory)                      \
  X(MapMemory)                       \
  X(CreateBuffer)                    \
  X(DestroyBuffer)                   \
  X(GetBufferMemoryRequirements2)    \
  X(BindBufferMemory)                \
  X(CreateImage)                     \
  X(DestroyImage)                    \
  X(GetImageMemoryRequirements2)     \
  X(BindImageMemory)                 \
  X(CreateImageView)                 \
  X(DestroyImageView)                \
  X(CreateSampler)                   \
  X(DestroySampler)                  \
  X(CreateShaderModule)              \
  X(DestroyShaderModule)             \
  X(CreatePipelineCache)             \
  X(DestroyPipelineCache)            \
  X(CreateComputePipelines)          \
  X(DestroyPipeline)                 \
  X(CreatePipelineLayout)            \
  X(DestroyPipelineLayout)           \
  X(CreateDescriptorSetLayout)       \
  X(DestroyDescriptorSetLayout)      \
  X(CreateDescriptorUpdateTemplate)  \
  X(DestroyDescriptorUpdateTemplate) \
  X(CreateDescriptorPool)            \
  X(DestroyDescriptorPool)           \
  X(ResetDescriptorPool)             \
  X(AllocateDescriptorSets)          \
  X(UpdateDescriptorSetWithTemplate) \
  X(CreateCommandPool)               \
  X(DestroyCommandPool)              \
  X(ResetCommandPool)                \
  X(AllocateCommandBuffers)          \
  X(BeginCommandBuffer)              \
  X(EndCommandBuffer)                \
  X(CreateFence)                     \
  X(DestroyFence)                    \
  X(ResetFences)                     \
  X(GetFenceStatus)                  \
  X(WaitForFences)                   \
  X(CreateSemaphore)                 \
  X(DestroySemaphore)                \
  X(CreateQueryPool)                 \
  X(DestroyQueryPool)                \
  X(GetQueryPoolResults)             \
  X(CmdBindPipeline)                 \
  X(CmdBindDescriptorSets)           \
  X(CmdDispatch)                     \
  X(CmdPipelineBarrier)              \
  X(CmdCopyBuffer)                   \
  X(CmdFillBuffer)                   \
  X(CmdCopyImage)                    \
  X(CmdCopyBufferToImage)            \
  X(CmdCopyImageToBuffer)            \
  X(CmdBlitImage)                    \
  X(CmdResetQueryPool)               \
  X(CmdWriteTimestamp)

// Core since 1.2 under the first name, before that an extension under the second.
#define IST_VK_DEVICE_PROMOTED(X)                          \
  X(WaitSemaphores, WaitSemaphoresKHR)                     \
  X(GetSemaphoreCounterValue, GetSemaphoreCounterValueKHR) \
  X(GetBufferDeviceAddress, GetBufferDeviceAddressKHR)

// Null where the extension is absent or not enabled.
#define IST_VK_DEVICE_OPTIONAL(X)        \
  X(CmdPushDescriptorSetWithTemplateKHR) \
  X(GetMemoryFdKHR)                      \
  X(SetDebugUtilsObjectNameEXT)          \
  X(CmdBeginDebugUtilsLabelEXT)          \
  X(CmdEndDebugUtilsLabelEXT)

#define IST_VK_MEMBER(name) PFN_vk##name name = nullptr;
#define IST_VK_MEMBER_PROMOTED(name, alias) PFN_vk##name name = nullptr;

struct GlobalTable {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
  PFN_vkEnumerateInstanceVersion EnumerateInstanceVersion = nullptr;  // null: a 1.0 loader
  IST_VK_GLOBAL(IST_VK_MEMBER)
};

struct InstanceTable {
  IST_VK_INSTANCE(IST_VK_MEMBER)
  IST_VK_INSTANCE_OPTIONAL(IST_VK_MEMBER)
};

struct DeviceTable {
  IST_VK_DEVICE(IST_VK_MEMBER)
  IST_VK_DEVICE_PROMOTED(IST_VK_MEMBER_PROMOTED)
  IST_VK_DEVICE_OPTIONAL(IST_VK_MEMBER)
};

#undef IST_VK_MEMBER
#undef IST_VK_MEMBER_PROMOTED

// Each returns the name of the first required function that is missing, or null.
const char* load(GlobalTable& table, PFN_vkGetInstanceProcAddr get);
const char* load(InstanceTable& table, PFN_vkGetInstanceProcAddr get, VkInstance instance);
const char* load(DeviceTable& table, PFN_vkGetDeviceProcAddr get, VkDevice device);

}  // namespace ist::vk
