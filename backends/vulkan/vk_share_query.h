// What the driver says of handles that leave and enter the process's device, for each kind of object. The
// presence of an extension alone says nothing: only these answers count.
#pragma once

#include "contract/device.h"
#include "vulkan/vk_physical.h"

namespace ist::vk {

// 0 for handles that are not of this kind.
VkExternalMemoryHandleTypeFlagBits memory_handle(HandleType type);
VkExternalSemaphoreHandleTypeFlagBits semaphore_handle(HandleType type);

// No features when the device is not enabled for the type, or the objects cannot be.
VkExternalMemoryProperties external_buffers(const Instance& instance, const PhysicalDevice& device,
                                            VkBufferUsageFlags usage, HandleType type);
VkExternalMemoryProperties external_images(const Instance& instance, const PhysicalDevice& device,
                                           const VkImageCreateInfo& image, HandleType type);

// The handles that one object can be exported as.
struct ExportTypes {
  VkExternalMemoryHandleTypeFlags types = 0;  // 0: none
  bool dedicated_only = false;
};
ExportTypes export_types_of_buffers(const Instance& instance, const PhysicalDevice& device, VkBufferUsageFlags usage);
ExportTypes export_types_of_images(const Instance& instance, const PhysicalDevice& device,
                                   const VkImageCreateInfo& image);

// Everything, for storage buffers and 2D rgba8 images. The features and extensions of `device` are known.
ShareSupport query_share(const Instance& instance, const PhysicalDevice& device);
// image_export and image_import, for images like this one.
void query_image_share(const Instance& instance, const PhysicalDevice& device, const VkImageCreateInfo& image,
                       ShareSupport& share);

}  // namespace ist::vk
