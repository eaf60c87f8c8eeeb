// The Vulkan functions that a host calls itself, asked from the system's loader by name: nothing links to
// libvulkan.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

namespace host {

#define HOST_INSTANCE_FUNCTIONS(X)          \
  X(DestroyInstance)                        \
  X(EnumeratePhysicalDevices)               \
  X(GetPhysicalDeviceProperties)            \
  X(GetPhysicalDeviceFeatures)              \
  X(GetPhysicalDeviceFeatures2)             \
  X(GetPhysicalDeviceQueueFamilyProperties) \
  X(GetPhysicalDeviceMemoryProperties)      \
  X(GetPhysicalDeviceFormatProperties)      \
  X(EnumerateDeviceExtensionProperties)     \
  X(CreateDebugUtilsMessengerEXT)           \
  X(DestroyDebugUtilsMessengerEXT)          \
  X(CreateDevice)                           \
  X(GetDeviceProcAddr)

#define HOST_DEVICE_FUNCTIONS(X) \
  X(DestroyDevice)               \
  X(GetDeviceQueue)              \
  X(DeviceWaitIdle)              \
  X(AllocateMemory)              \
  X(FreeMemory)                  \
  X(MapMemory)                   \
  X(UnmapMemory)                 \
  X(CreateBuffer)                \
  X(DestroyBuffer)               \
  X(GetBufferMemoryRequirements) \
  X(BindBufferMemory)            \
  X(CreateImage)                 \
  X(DestroyImage)                \
  X(GetImageMemoryRequirements)  \
  X(BindImageMemory)             \
  X(CreateCommandPool)           \
  X(DestroyCommandPool)          \
  X(AllocateCommandBuffers)      \
  X(FreeCommandBuffers)          \
  X(BeginCommandBuffer)          \
  X(EndCommandBuffer)            \
  X(QueueSubmit)                 \
  X(CreateFence)                 \
  X(DestroyFence)                \
  X(WaitForFences)               \
  X(ResetFences)                 \
  X(CreateSemaphore)             \
  X(DestroySemaphore)            \
  X(ImportSemaphoreFdKHR)        \
  X(CmdPipelineBarrier)          \
  X(CmdFillBuffer)               \
  X(CmdCopyBuffer)               \
  X(CmdCopyImageToBuffer)        \
  X(CmdCopyBufferToImage)

// Functions that the instance's version or extensions do not offer are null.
struct HostTable {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
  PFN_vkEnumerateInstanceVersion EnumerateInstanceVersion = nullptr;
  PFN_vkEnumerateInstanceLayerProperties EnumerateInstanceLayerProperties = nullptr;
  PFN_vkCreateInstance CreateInstance = nullptr;
#define HOST_MEMBER(name) PFN_vk##name name = nullptr;
  HOST_INSTANCE_FUNCTIONS(HOST_MEMBER)
  HOST_DEVICE_FUNCTIONS(HOST_MEMBER)
#undef HOST_MEMBER

  // Opens the loader; false where there is none.
  bool load_global();
  void load_instance(VkInstance instance);
};

}  // namespace host
