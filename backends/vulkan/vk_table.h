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

#define IST_VK_INSTANCE(X)                  \
  X(DestroyInstance)                        \
  X(EnumeratePhysicalDevices)               \
  X(GetPhysicalDeviceProperties)            \
  X(GetPhysicalDeviceFeatures)              \
  X(GetPhysicalDeviceQueueFamilyProperties) \
  X(GetPhysicalDeviceMemoryProperties)      \
  X(GetPhysicalDeviceFormatProperties)      \
  X(GetPhysicalDeviceImageFormatProperties) \
  X(EnumerateDeviceExtensionProperties)     \
  X(CreateDevice)                           \
  X(GetDeviceProcAddr)

// Null in an instance of Vulkan 1.0.
#define IST_VK_INSTANCE_1_1(X)                 \
  X(GetPhysicalDeviceProperties2)              \
  X(GetPhysicalDeviceFeatures2)                \
  X(GetPhysicalDeviceImageFormatProperties2)   \
  X(GetPhysicalDeviceExternalBufferProperties) \
  X(GetPhysicalDeviceExternalSemaphoreProperties)

// Null unless VK_EXT_debug_utils is enabled.
#define IST_VK_INSTANCE_OPTIONAL(X) \
  X(CreateDebugUtilsMessengerEXT)   \
  X(DestroyDebugUtilsMessengerEXT)

// Vulkan 1.0 core: what every adopted device has too.
#define IST_VK_DEVICE(X)         \
  X(DestroyDevice)               \
  X(GetDeviceQueue)              \
  X(QueueSubmit)                 \
  X(AllocateMemory)              \
  X(FreeMemory)                  \
  X(MapMemory)                   \
  X(CreateBuffer)                \
  X(DestroyBuffer)               \
  X(GetBufferMemoryRequirements) \
  X(BindBufferMemory)            \
  X(CreateImage)                 \
  X(DestroyImage)                \
  X(GetImageMemoryRequirements)  \
  X(BindImageMemory)             \
  X(CreateImageView)             \
  X(DestroyImageView)            \
  X(CreateSampler)               \
  X(DestroySampler)              \
  X(CreateShaderModule)          \
  X(DestroyShaderModule)         \
  X(CreatePipelineCache)         \
  X(DestroyPipelineCache)        \
  X(GetPipelineCacheData)        \
  X(MergePipelineCaches)         \
  X(CreateComputePipelines)      \
  X(DestroyPipeline)             \
  X(CreatePipelineLayout)        \
  X(DestroyPipelineLayout)       \
  X(CreateDescriptorSetLayout)   \
  X(DestroyDescriptorSetLayout)  \
  X(CreateDescriptorPool)        \
  X(DestroyDescriptorPool)       \
  X(ResetDescriptorPool)         \
  X(AllocateDescriptorSets)      \
  X(UpdateDescriptorSets)        \
  X(CreateCommandPool)           \
  X(DestroyCommandPool)          \
  X(ResetCommandPool)            \
  X(AllocateCommandBuffers)      \
  X(BeginCommandBuffer)          \
  X(EndCommandBuffer)            \
  X(CreateFence)                 \
  X(DestroyFence)                \
  X(ResetFences)                 \
  X(GetFenceStatus)              \
  X(WaitForFences)               \
  X(CreateSemaphore)             \
  X(DestroySemaphore)            \
  X(CreateQueryPool)             \
  X(DestroyQueryPool)            \
  X(GetQueryPoolResults)         \
  X(CmdBindPipeline)             \
  X(CmdBindDescriptorSets)       \
  X(CmdDispatch)                 \
  X(CmdPipelineBarrier)          \
  X(CmdCopyBuffer)               \
  X(CmdFillBuffer)               \
  X(CmdCopyImage)                \
  X(CmdCopyBufferToImage)        \
  X(CmdCopyImageToBuffer)        \
  X(CmdBlitImage)                \
  X(CmdResetQueryPool)           \
  X(CmdWriteTimestamp)

// Null on a device of Vulkan 1.0.
#define IST_VK_DEVICE_1_1(X)         \
  X(GetBufferMemoryRequirements2)    \
  X(GetImageMemoryRequirements2)     \
  X(CreateDescriptorUpdateTemplate)  \
  X(DestroyDescriptorUpdateTemplate) \
  X(UpdateDescriptorSetWithTemplate)

// Core since 1.2 under the first name, before that an extension under the second.
#define IST_VK_DEVICE_PROMOTED(X)                          \
  X(WaitSemaphores, WaitSemaphoresKHR)                     \
  X(GetSemaphoreCounterValue, GetSemaphoreCounterValueKHR) \
  X(GetBufferDeviceAddress, GetBufferDeviceAddressKHR)

// Null where the extension is absent or not enabled.
#define IST_VK_DEVICE_OPTIONAL(X)        \
  X(CmdPushDescriptorSetWithTemplateKHR) \
  X(GetMemoryFdKHR)                      \
  X(GetMemoryFdPropertiesKHR)            \
  X(GetMemoryHostPointerPropertiesEXT)   \
  X(GetSemaphoreFdKHR)                   \
  X(ImportSemaphoreFdKHR)                \
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
  IST_VK_INSTANCE_1_1(IST_VK_MEMBER)
  IST_VK_INSTANCE_OPTIONAL(IST_VK_MEMBER)
};

struct DeviceTable {
  IST_VK_DEVICE(IST_VK_MEMBER)
  IST_VK_DEVICE_1_1(IST_VK_MEMBER)
  IST_VK_DEVICE_PROMOTED(IST_VK_MEMBER_PROMOTED)
  IST_VK_DEVICE_OPTIONAL(IST_VK_MEMBER)
};

#undef IST_VK_MEMBER
#undef IST_VK_MEMBER_PROMOTED

// Each returns the name of the first required function that is missing, or null. Loaders and drivers
// hand out functions of newer versions too: those of 1.1 stay null below it, and of the others whoever uses
// one knows that it is enabled.
const char* load(GlobalTable& table, PFN_vkGetInstanceProcAddr get);
const char* load(InstanceTable& table, PFN_vkGetInstanceProcAddr get, VkInstance instance, uint32_t api_version);
const char* load(DeviceTable& table, PFN_vkGetDeviceProcAddr get, VkDevice device, uint32_t api_version);

}  // namespace ist::vk
