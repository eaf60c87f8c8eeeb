// The tables.
#include "vulkan/vk_convert.h"

#include <cstddef>
#include <iterator>

#include "contract/formats.h"

namespace ist::vk {
namespace {

constexpr VkFormat kFormats[kFormatCount] = {
    VK_FORMAT_UNDEFINED,           VK_FORMAT_R8_UNORM,       VK_FORMAT_R8G8_UNORM,        VK_FORMAT_R8G8B8A8_UNORM,
    VK_FORMAT_R8G8B8A8_SRGB,       VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_B8G8R8A8_SRGB,     VK_FORMAT_R8_UINT,
    VK_FORMAT_R8G8_UINT,           VK_FORMAT_R8G8B8A8_UINT,  VK_FORMAT_R8_SINT,           VK_FORMAT_R8G8_SINT,
    VK_FORMAT_R8G8B8A8_SINT,       VK_FORMAT_R16_UNORM,      VK_FORMAT_R16G16_UNORM,      VK_FORMAT_R16G16B16_UNORM,
    VK_FORMAT_R16G16B16A16_UNORM,  VK_FORMAT_R16_UINT,       VK_FORMAT_R16G16_UINT,       VK_FORMAT_R16G16B16_UINT,
    VK_FORMAT_R16G16B16A16_UINT,   VK_FORMAT_R16_SINT,       VK_FORMAT_R16G16_SINT,       VK_FORMAT_R16G16B16_SINT,
    VK_FORMAT_R16G16B16A16_SINT,   VK_FORMAT_R16_SFLOAT,     VK_FORMAT_R16G16_SFLOAT,     VK_FORMAT_R16G16B16_SFLOAT,
    VK_FORMAT_R16G16B16A16_SFLOAT, VK_FORMAT_R32_UINT,       VK_FORMAT_R32G32_UINT,       VK_FORMAT_R32G32B32_UINT,
    VK_FORMAT_R32G32B32A32_UINT,   VK_FORMAT_R32_SINT,       VK_FORMAT_R32G32_SINT,       VK_FORMAT_R32G32B32_SINT,
    VK_FORMAT_R32G32B32A32_SINT,   VK_FORMAT_R32_SFLOAT,     VK_FORMAT_R32G32_SFLOAT,     VK_FORMAT_R32G32B32_SFLOAT,
    VK_FORMAT_R32G32B32A32_SFLOAT, VK_FORMAT_D16_UNORM,      VK_FORMAT_D24_UNORM_S8_UINT, VK_FORMAT_D32_SFLOAT,
};

struct LayoutPair {
  Layout ours;
  VkImageLayout native;
};

// Read forwards from ours and forwards from native: the first match wins, so GENERAL comes back as
// shader_read_write and SHADER_READ_ONLY as shader_read.
constexpr LayoutPair kLayouts[] = {
    {Layout::undefined, VK_IMAGE_LAYOUT_UNDEFINED},
    {Layout::shader_read, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL},
    {Layout::shader_read_write, VK_IMAGE_LAYOUT_GENERAL},
    {Layout::shader_write, VK_IMAGE_LAYOUT_GENERAL},
    {Layout::color_attachment, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL},
    {Layout::color_attachment_read, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL},
    {Layout::depth_attachment, VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL},
    {Layout::depth_attachment, VK_IMAGE_LAYOUT_DEPTH_ATTACHMENT_OPTIMAL},
    {Layout::depth_attachment_read, VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL},
    {Layout::depth_attachment_read, VK_IMAGE_LAYOUT_DEPTH_READ_ONLY_OPTIMAL},
    {Layout::transfer_dst, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL},
    {Layout::transfer_src, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL},
    {Layout::present_src, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR},
};

constexpr VkPipelineStageFlags kDepthStages =
    VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT | VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT;
constexpr VkAccessFlags kShaderAccess =
    VK_ACCESS_UNIFORM_READ_BIT | VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
constexpr VkAccessFlags kDeviceMemory = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;

struct StageRow {
  VkPipelineStageFlags stages;
  VkAccessFlags access;  // what the stage can make; anything else would be an invalid pair
  bool graphics;
};

// By bit number of contract stage::k*.
constexpr StageRow kStages[] = {
    {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, kShaderAccess, false},
    {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT, false},
    {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT, false},
    {VK_PIPELINE_STAGE_VERTEX_INPUT_BIT, VK_ACCESS_VERTEX_ATTRIBUTE_READ_BIT | VK_ACCESS_INDEX_READ_BIT, true},
    {VK_PIPELINE_STAGE_VERTEX_SHADER_BIT, kShaderAccess, true},
    {VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, kShaderAccess, true},
    {VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
     VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT, true},
    {kDepthStages, VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT | VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT, true},
    {VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, ~VkAccessFlags{VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT}, false},
};

// By bit number of contract access::k*.
constexpr VkAccessFlags kAccesses[] = {
    VK_ACCESS_UNIFORM_READ_BIT,
    VK_ACCESS_SHADER_READ_BIT,
    VK_ACCESS_SHADER_WRITE_BIT,
    VK_ACCESS_TRANSFER_READ_BIT,
    VK_ACCESS_TRANSFER_WRITE_BIT,
    VK_ACCESS_HOST_READ_BIT,
    VK_ACCESS_HOST_WRITE_BIT,
    VK_ACCESS_VERTEX_ATTRIBUTE_READ_BIT,
    VK_ACCESS_INDEX_READ_BIT,
    VK_ACCESS_COLOR_ATTACHMENT_READ_BIT,
    VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
    VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT,
    VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT,
    VK_ACCESS_MEMORY_READ_BIT,
    VK_ACCESS_MEMORY_WRITE_BIT,
};

NativeScope native_scope(Scope scope, VkQueueFlags queue) {
  NativeScope result;
  VkAccessFlags possible = kDeviceMemory;
  for (uint32_t left = scope.stages; left != 0; left &= left - 1) {
    const auto bit = static_cast<size_t>(__builtin_ctz(left));
    if (bit >= std::size(kStages)) break;
    if (kStages[bit].graphics && !(queue & VK_QUEUE_GRAPHICS_BIT)) continue;
    result.stages |= kStages[bit].stages;
    possible |= kStages[bit].access;
  }
  for (uint32_t left = scope.access; left != 0; left &= left - 1) {
    const auto bit = static_cast<size_t>(__builtin_ctz(left));
    if (bit >= std::size(kAccesses)) break;
    result.access |= kAccesses[bit] & possible;
  }
  if (!(queue & VK_QUEUE_GRAPHICS_BIT)) {
    // ALL_COMMANDS of a compute queue cannot make these.
    for (const StageRow& row : kStages)
      if (row.graphics && !(row.access & kShaderAccess)) result.access &= ~row.access;
  }
  return result;
}

}  // namespace

VkFormat to_vk(Format format) { return format < kFormatCount ? kFormats[format] : VK_FORMAT_UNDEFINED; }

Format format_from_vk(VkFormat format) {
  for (Format i = 1; i < kFormatCount; ++i)
    if (kFormats[i] == format) return i;
  return 0;
}

VkImageLayout to_vk(Layout layout) {
  for (const LayoutPair& pair : kLayouts)
    if (pair.ours == layout) return pair.native;
  return VK_IMAGE_LAYOUT_UNDEFINED;
}

Layout layout_from_vk(VkImageLayout layout) {
  for (const LayoutPair& pair : kLayouts)
    if (pair.native == layout) return pair.ours;
  return Layout::undefined;
}

NativeScope source_scope(Scope scope, VkQueueFlags queue) {
  NativeScope result = native_scope(scope, queue);
  if (result.stages == 0) result = {VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, 0};
  return result;
}

NativeScope destination_scope(Scope scope, VkQueueFlags queue) {
  NativeScope result = native_scope(scope, queue);
  if (result.stages == 0) result = {VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0};
  return result;
}

VkImageType image_type(ImageDimension dimension) {
  switch (dimension) {
    case ImageDimension::d1:
    case ImageDimension::d1_array:
      return VK_IMAGE_TYPE_1D;
    case ImageDimension::d3:
      return VK_IMAGE_TYPE_3D;
    default:
      return VK_IMAGE_TYPE_2D;
  }
}

VkImageViewType view_type(ImageDimension dimension) {
  switch (dimension) {
    case ImageDimension::d1:
      return VK_IMAGE_VIEW_TYPE_1D;
    case ImageDimension::d2:
      return VK_IMAGE_VIEW_TYPE_2D;
    case ImageDimension::d3:
      return VK_IMAGE_VIEW_TYPE_3D;
    case ImageDimension::d1_array:
      return VK_IMAGE_VIEW_TYPE_1D_ARRAY;
    case ImageDimension::d2_array:
      return VK_IMAGE_VIEW_TYPE_2D_ARRAY;
    case ImageDimension::cube:
      return VK_IMAGE_VIEW_TYPE_CUBE;
  }
  return VK_IMAGE_VIEW_TYPE_2D;
}

bool dimension_from_vk(VkImageViewType type, ImageDimension& dimension) {
  for (uint32_t i = 0; i <= static_cast<uint32_t>(ImageDimension::cube); ++i) {
    if (view_type(static_cast<ImageDimension>(i)) != type) continue;
    dimension = static_cast<ImageDimension>(i);
    return true;
  }
  return false;
}

VkImageAspectFlags barrier_aspects(Format format) {
  const FormatInfo& info = format_info(format);
  if (info.kind != FormatKind::depth) return VK_IMAGE_ASPECT_COLOR_BIT;
  return VK_IMAGE_ASPECT_DEPTH_BIT | (info.has_stencil ? VkImageAspectFlags{VK_IMAGE_ASPECT_STENCIL_BIT} : 0);
}

VkImageAspectFlags texel_aspect(Format format) {
  return format_info(format).kind == FormatKind::depth ? VK_IMAGE_ASPECT_DEPTH_BIT : VK_IMAGE_ASPECT_COLOR_BIT;
}

}  // namespace ist::vk
