// The contract's words in Vulkan's: formats, layouts, scopes, dimensions. Tables only.
#pragma once

#include "contract/device.h"
#include "contract/image_ops.h"
#include "vulkan/vk_table.h"

namespace ist::vk {

// VK_FORMAT_UNDEFINED and 0 for what has no counterpart.
VkFormat to_vk(Format format);
Format format_from_vk(VkFormat format);

VkImageLayout to_vk(Layout layout);
// Layouts without a counterpart (GENERAL aside, which is shader_read_write) are `undefined`; the
// optimal layouts of depth or stencil alone become those of both.
Layout layout_from_vk(VkImageLayout layout);

// Masks that suit a queue of these flags; never 0, as vkCmdPipelineBarrier asks.
struct NativeScope {
  VkPipelineStageFlags stages = 0;
  VkAccessFlags access = 0;
};
NativeScope source_scope(Scope scope, VkQueueFlags queue);
NativeScope destination_scope(Scope scope, VkQueueFlags queue);

VkImageType image_type(ImageDimension dimension);
VkImageViewType view_type(ImageDimension dimension);
// The dimension that a view type shows; cube arrays and the like have none.
bool dimension_from_vk(VkImageViewType type, ImageDimension& dimension);

// All aspects of a format, for barriers; and the one that copies and shaders see.
VkImageAspectFlags barrier_aspects(Format format);
VkImageAspectFlags texel_aspect(Format format);

}  // namespace ist::vk
