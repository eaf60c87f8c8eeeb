// The native side of our objects, for the C API's Vulkan functions: expose what we own, wrap what the
// host owns. Handles stay with whoever made them.
#pragma once

#include "vulkan/vk_device.h"

namespace ist::vk {

struct NativeDevice {
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  uint32_t api_version = 0;
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  uint32_t queue_family = 0;
  VkQueue graphics_queue = VK_NULL_HANDLE;
  uint32_t graphics_queue_family = 0;
};

using NativeBuffer = Buffer::Foreign;
using NativeImage = ImageFacts;

// The casts are unchecked: the caller has seen Arch::vulkan in info().arch of the owning device.
NativeDevice expose(const ist::Device& device);
NativeBuffer expose(const ist::Buffer& buffer);
NativeImage expose(const ist::Image& image);

// As Image::host_view.
Result<VkImageView> host_view(ist::Image& image, VkFormat format, VkImageViewType type);

// Wraps an object of the host made on this very VkDevice; the host keeps it alive until our work on
// it is done, and destroys it. argument_null and invalid_argument name what is wrong, as far as the
// driver can tell: it knows how much memory an object needs.
Result<std::unique_ptr<ist::Buffer>> import_buffer(ist::Device& device, const NativeBuffer& native);
Result<std::unique_ptr<ist::Image>> import_image(ist::Device& device, const NativeImage& native);

}  // namespace ist::vk
