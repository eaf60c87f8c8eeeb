// The tables of layouts, formats and scopes.
#include "vulkan/vk_convert.h"

#include <gtest/gtest.h>
#include <ist/vulkan.h>

#include <set>
#include <string>

#include "contract/formats.h"

namespace ist::vk {
namespace {

constexpr VkQueueFlags kGraphics = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;

TEST(VulkanLayouts, EveryLayoutGoesThereAndBack) {
  const struct {
    Layout ours;
    VkImageLayout native;
    Layout back;
  } rows[] = {
      {Layout::undefined, VK_IMAGE_LAYOUT_UNDEFINED, Layout::undefined},
      {Layout::shader_read, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, Layout::shader_read},
      {Layout::shader_write, VK_IMAGE_LAYOUT_GENERAL, Layout::shader_read_write},
      {Layout::shader_read_write, VK_IMAGE_LAYOUT_GENERAL, Layout::shader_read_write},
      {Layout::color_attachment, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL, Layout::color_attachment},
      {Layout::color_attachment_read, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, Layout::shader_read},
      {Layout::depth_attachment, VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL, Layout::depth_attachment},
      {Layout::depth_attachment_read, VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL, Layout::depth_attachment_read},
      {Layout::transfer_dst, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, Layout::transfer_dst},
      {Layout::transfer_src, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, Layout::transfer_src},
      {Layout::present_src, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, Layout::present_src},
  };
  EXPECT_EQ(std::size(rows), 11u);
  for (const auto& row : rows) {
    EXPECT_EQ(to_vk(row.ours), row.native) << static_cast<uint32_t>(row.ours);
    EXPECT_EQ(layout_from_vk(row.native), row.back) << row.native;
  }
  EXPECT_EQ(to_vk(static_cast<Layout>(11)), VK_IMAGE_LAYOUT_UNDEFINED);
  EXPECT_EQ(layout_from_vk(VK_IMAGE_LAYOUT_PREINITIALIZED), Layout::undefined);
}

TEST(VulkanFormats, EveryFormatGoesThereAndBack) {
  std::set<std::string> names;
  for (Format format = 1; format < kFormatCount; ++format) {
    EXPECT_NE(to_vk(format), VK_FORMAT_UNDEFINED) << format;
    EXPECT_EQ(format_from_vk(to_vk(format)), format);
    const FormatInfo& info = format_info(format);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_GT(info.texel_bytes, 0) << info.name;
    EXPECT_GT(info.channels, 0) << info.name;
  }
  EXPECT_EQ(to_vk(Format{0}), VK_FORMAT_UNDEFINED);
  EXPECT_EQ(to_vk(kFormatCount), VK_FORMAT_UNDEFINED);
  EXPECT_EQ(format_from_vk(VK_FORMAT_BC1_RGB_UNORM_BLOCK), 0u);
  EXPECT_EQ(format_info(0xffffffff).texel_bytes, 0);
  EXPECT_EQ(to_vk(Format{17}), VK_FORMAT_R16_UINT);
  EXPECT_EQ(to_vk(Format{40}), VK_FORMAT_R32G32B32A32_SFLOAT);
}

TEST(VulkanScopes, NeverNameAnAccessThatTheStagesCannotMake) {
  const Scope odd{stage::kCompute, access::kShaderRead | access::kVertexRead | access::kHostRead};
  const NativeScope scope = source_scope(odd, kGraphics);
  EXPECT_EQ(scope.stages, VkPipelineStageFlags{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT});
  EXPECT_EQ(scope.access, VkAccessFlags{VK_ACCESS_SHADER_READ_BIT});
}

TEST(VulkanScopes, NoStageBecomesAnEndOfThePipe) {
  EXPECT_EQ(source_scope({}, kGraphics).stages, VkPipelineStageFlags{VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT});
  EXPECT_EQ(destination_scope({}, kGraphics).stages, VkPipelineStageFlags{VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT});
  const Scope drawing{stage::kFragmentShader, access::kShaderRead};
  EXPECT_EQ(destination_scope(drawing, VK_QUEUE_COMPUTE_BIT).stages,
            VkPipelineStageFlags{VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT});
}

TEST(VulkanConvert, TheHeadersTableIsOurs) {
  for (uint32_t i = 0; i <= static_cast<uint32_t>(Layout::present_src); ++i)
    EXPECT_EQ(ist_vulkan_layout(static_cast<TiImageLayout>(i)), to_vk(static_cast<Layout>(i))) << i;
  EXPECT_EQ(ist_vulkan_layout(static_cast<TiImageLayout>(11)), VK_IMAGE_LAYOUT_UNDEFINED);
}

}  // namespace
}  // namespace ist::vk
