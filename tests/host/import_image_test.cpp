// The host's images as images: what is checked, and that no content is ever lost on the way.
#include "host_test.h"

#include <algorithm>
#include <cstring>

namespace host {
namespace {

constexpr VkExtent3D kSize = {67, 33, 1};

std::vector<uint8_t> pattern(size_t texels, uint32_t seed) {
  std::vector<uint8_t> bytes(4 * texels);
  for (size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<uint8_t>(k * 31 + k / 251 + seed);
  return bytes;
}

class HostImages : public HostTest {
 protected:
  void SetUp() override { start(); }
  static TiImage import_image(TiRuntime runtime, const HostImage& image, VkImageLayout layout,
                              VkImageViewType view = VK_IMAGE_VIEW_TYPE_2D) {
    const TiVulkanImageInteropInfo info = image.interop_info();
    TiImage made = ti_import_vulkan_image(runtime, &info, view, layout);
    EXPECT_NE(made, nullptr) << take_error().message;
    return made;
  }
  static TiArgument texture(TiImage image) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_TEXTURE;
    argument.value.texture = {
        image, nullptr, TI_IMAGE_DIMENSION_2D, {kSize.width, kSize.height, 1, 1}, TI_FORMAT_RGBA8};
    return argument;
  }
  HostImage colour_image() {
    HostImageInfo info;
    info.extent = kSize;
    info.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
    return host().make_image(info);
  }
  // The texels as fetch_2d gives them: one float per channel, x-major.
  static void expect_texels(const std::vector<float>& got, const std::vector<uint8_t>& texels) {
    for (uint32_t x = 0; x < kSize.width; ++x) {
      for (uint32_t y = 0; y < kSize.height; ++y) {
        for (uint32_t c = 0; c < 4; ++c) {
          const float expected = static_cast<float>(texels[4 * (y * kSize.width + x) + c]) / 255.0f;
          ASSERT_NEAR(got[4 * (x * kSize.height + y) + c], expected, 1e-6f) << x << ", " << y << ", " << c;
        }
      }
    }
  }
  void expect_never_discarded(const HostImage& image) {
    size_t barriers = 0;
    for (const SeenBarrier& barrier : spy().barriers()) {
      if (barrier.image != image.image) continue;
      ++barriers;
      EXPECT_NE(barrier.from, VK_IMAGE_LAYOUT_UNDEFINED);
      EXPECT_EQ(barrier.from_family, barrier.to_family);
    }
    EXPECT_GT(barriers, 0u);
  }
  static void expect_refused(TiRuntime runtime, const TiVulkanImageInteropInfo& info,
                             std::initializer_list<TiError> codes, std::initializer_list<const char*> members,
                             VkImageViewType view = VK_IMAGE_VIEW_TYPE_2D,
                             VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL) {
    EXPECT_EQ(ti_import_vulkan_image(runtime, &info, view, layout), nullptr);
    expect_error(codes, members);
  }
};

constexpr std::pair<VkImageLayout, TiImageLayout> kLayouts[] = {
    {VK_IMAGE_LAYOUT_GENERAL, TI_IMAGE_LAYOUT_SHADER_READ_WRITE},
    {VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, TI_IMAGE_LAYOUT_SHADER_READ},
    {VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, TI_IMAGE_LAYOUT_TRANSFER_SRC},
    {VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, TI_IMAGE_LAYOUT_TRANSFER_DST},
    {VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL, TI_IMAGE_LAYOUT_COLOR_ATTACHMENT}};

TEST_F(HostImages, KernelsReadThemWhateverLayoutTheyComeIn) {
  Runtime runtime = import();
  Module textures(runtime, "textures");
  uint32_t seed = 0;
  for (const auto& [layout, unused] : kLayouts) {
    for (const auto& [back, back_name] : kLayouts) {
      SCOPED_TRACE(testing::Message() << "from " << layout << " to " << back);
      HostImage image = colour_image();
      const std::vector<uint8_t> texels = pattern(kSize.width * kSize.height, ++seed);
      host().write_texels(image, texels, VK_IMAGE_LAYOUT_UNDEFINED, layout);
      TiImage imported = import_image(runtime, image, layout);
      Array<float> out(runtime, {kSize.width, kSize.height}, {4});
      textures.launch("fetch_2d", {texture(imported), out.arg()});
      expect_texels(out.read(), texels);
      ti_transition_image(runtime, imported, back_name);
      ti_wait(runtime);
      expect_no_error("transition");
      EXPECT_EQ(ist_vulkan_layout(back_name), back);
      EXPECT_EQ(host().read_texels(image, back), texels);
      expect_never_discarded(image);
      ti_free_image(runtime, imported);
      ti_wait(runtime);
      host().destroy(image);
    }
  }
}

TEST_F(HostImages, CopiesReadThemWhateverLayoutTheyComeIn) {
  Runtime runtime = import();
  uint32_t seed = 100;
  for (const auto& [layout, unused] : kLayouts) {
    SCOPED_TRACE(layout);
    HostImage image = colour_image();
    const std::vector<uint8_t> texels = pattern(kSize.width * kSize.height, ++seed);
    host().write_texels(image, texels, VK_IMAGE_LAYOUT_UNDEFINED, layout);
    TiImage imported = import_image(runtime, image, layout);
    conformance::Image ours(runtime, TI_IMAGE_DIMENSION_2D, {kSize.width, kSize.height}, TI_FORMAT_RGBA8);
    const TiImageSlice to = ours.whole(), from{imported, {}, {kSize.width, kSize.height, 1, 1}, 0};
    ti_copy_image_device_to_device(runtime, &to, &from);
    std::vector<uint8_t> back(texels.size());
    EXPECT_EQ(ist_read_image(runtime, &to, back.data(), back.size(), 0), TI_ERROR_SUCCESS);
    EXPECT_EQ(back, texels);
    EXPECT_EQ(host().read_texels(image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL), texels) << "where copies leave it";
    expect_never_discarded(image);
    ti_free_image(runtime, imported);
  }
}

// Only a part is written: the rest has to be what the host left.
TEST_F(HostImages, PartialWritesKeepTheRest) {
  Runtime runtime = import();
  uint32_t seed = 200;
  for (const auto& [layout, unused] : kLayouts) {
    SCOPED_TRACE(layout);
    HostImage image = colour_image();
    std::vector<uint8_t> texels = pattern(kSize.width * kSize.height, ++seed);
    host().write_texels(image, texels, VK_IMAGE_LAYOUT_UNDEFINED, layout);
    TiImage imported = import_image(runtime, image, layout);
    const uint32_t texel = 0x04030201u;
    const TiImageSlice one{imported, {5, 7, 0, 0}, {1, 1, 1, 1}, 0};
    EXPECT_EQ(ist_write_image(runtime, &one, &texel, 4, 0), TI_ERROR_SUCCESS) << take_error().message;
    ti_transition_image(runtime, imported, TI_IMAGE_LAYOUT_TRANSFER_SRC);
    ti_wait(runtime);
    for (uint8_t c = 0; c < 4; ++c) texels[4 * (7 * kSize.width + 5) + c] = static_cast<uint8_t>(1 + c);
    EXPECT_EQ(host().read_texels(image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL), texels);
    expect_never_discarded(image);
    ti_free_image(runtime, imported);
  }
}

TEST_F(HostImages, TheHostMayChangeThemAndSaySo) {
  Runtime runtime = import();
  Module textures(runtime, "textures");
  HostImage image = colour_image();
  Array<float> out(runtime, {kSize.width, kSize.height}, {4});
  std::vector<uint8_t> texels = pattern(kSize.width * kSize.height, 1);
  host().write_texels(image, texels, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  TiImage imported = import_image(runtime, image, VK_IMAGE_LAYOUT_GENERAL);
  for (uint32_t round = 0; round < 6; ++round) {
    textures.launch("fetch_2d", {texture(imported), out.arg()});
    ti_transition_image(runtime, imported, TI_IMAGE_LAYOUT_COLOR_ATTACHMENT);
    expect_texels(out.read(), texels);
    texels = pattern(kSize.width * kSize.height, 10 + round);
    const auto& [layout, name] = kLayouts[round % 5];
    host().write_texels(image, texels, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL, layout);
    ti_track_image_ext(runtime, imported, name);
    expect_no_error("track");
  }
  expect_never_discarded(image);
}

TEST_F(HostImages, KernelsWriteThemForTheHost) {
  Runtime runtime = import();
  Module textures(runtime, "textures");
  HostImage image = colour_image();
  TiImage imported = import_image(runtime, image, VK_IMAGE_LAYOUT_UNDEFINED);
  textures.launch("store_2d_rgba8",
                  {texture(imported), conformance::i32(67), conformance::i32(33), conformance::i32(2)});
  ti_transition_image(runtime, imported, TI_IMAGE_LAYOUT_SHADER_READ);
  ti_wait(runtime);
  const std::vector<uint8_t> texels = host().read_texels(image, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  for (uint32_t y = 0; y < kSize.height; ++y) {
    for (uint32_t x = 0; x < kSize.width; ++x) {
      ASSERT_EQ(texels[4 * (y * kSize.width + x)], (37 * x + 59 * y + 14) % 256) << x << ", " << y;
    }
  }
}

TEST_F(HostImages, TwoHandlesOfOneImageAreOrdered) {
  Runtime runtime = import();
  Module textures(runtime, "textures");
  HostImage image = colour_image();
  TiImage first = import_image(runtime, image, VK_IMAGE_LAYOUT_UNDEFINED);
  TiImage second = import_image(runtime, image, VK_IMAGE_LAYOUT_UNDEFINED);
  Array<float> out(runtime, {kSize.width, kSize.height}, {4});
  for (int32_t seed = 0; seed < 5; ++seed) {
    textures.launch("store_2d_rgba8",
                    {texture(first), conformance::i32(67), conformance::i32(33), conformance::i32(seed)});
    textures.launch("fetch_2d", {texture(second), out.arg()});
    const std::vector<float> texels = out.read();
    ASSERT_FLOAT_EQ(texels[0], static_cast<float>(7 * seed) / 255.0f);
    ASSERT_FLOAT_EQ(texels[4 * 33], static_cast<float>(37 + 7 * seed) / 255.0f);
  }
  ti_free_image(runtime, first);
  Array<float> again(runtime, {kSize.width, kSize.height}, {4});
  textures.launch("fetch_2d", {texture(second), again.arg()});
  EXPECT_EQ(again.read(), out.read());
}

TEST_F(HostImages, EveryMipAndLayerIsThere) {
  Runtime runtime = import();
  HostImageInfo info;
  info.extent = kSize;
  info.mip_count = 4;
  info.layer_count = 3;
  HostImage image = host().make_image(info);
  host().transition(image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  auto texels_of = [&image](uint32_t mip, uint32_t layer) {
    const VkExtent3D extent = image.mip_extent(mip);
    return pattern(extent.width * extent.height, 10 * mip + layer);
  };
  for (uint32_t mip = 0; mip < 4; ++mip) {
    for (uint32_t layer = 0; layer < 3; ++layer) {
      host().write_texels(image, texels_of(mip, layer), VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_GENERAL, mip, layer);
    }
  }
  TiImage imported = import_image(runtime, image, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_VIEW_TYPE_2D_ARRAY);
  for (uint32_t mip = 0; mip < 4; ++mip) {
    for (uint32_t layer = 0; layer < 3; ++layer) {
      const VkExtent3D extent = image.mip_extent(mip);
      const TiImageSlice slice{imported, {0, 0, 0, layer}, {extent.width, extent.height, 1, 1}, mip};
      std::vector<uint8_t> texels(size_t{4} * extent.width * extent.height);
      ASSERT_EQ(ist_read_image(runtime, &slice, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS)
          << take_error().message;
      EXPECT_EQ(texels, texels_of(mip, layer)) << mip << ", " << layer;
    }
  }
  expect_never_discarded(image);
  TiVulkanImageInteropInfo told{};
  ti_export_vulkan_image(runtime, imported, &told);
  EXPECT_EQ(told.image, image.image);
  EXPECT_EQ(told.mip_level_count, 4u);
  EXPECT_EQ(told.array_layer_count, 3u);
  EXPECT_EQ(told.usage, info.usage);
  EXPECT_EQ(told.format, info.format);
}

TEST_F(HostImages, DepthIsKeptInItsLayoutsToo) {
  Runtime runtime = import();
  constexpr std::pair<VkImageLayout, TiImageLayout> kDepthLayouts[] = {
      {VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL, TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT},
      {VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL, TI_IMAGE_LAYOUT_DEPTH_ATTACHMENT_READ},
      {VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, TI_IMAGE_LAYOUT_SHADER_READ},
      {VK_IMAGE_LAYOUT_GENERAL, TI_IMAGE_LAYOUT_SHADER_READ_WRITE}};
  for (const auto& [layout, name] : kDepthLayouts) {
    SCOPED_TRACE(layout);
    HostImageInfo wanted;
    wanted.extent = kSize;
    wanted.format = VK_FORMAT_D32_SFLOAT;
    wanted.usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT |
                   VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    HostImage image = host().make_image(wanted);
    std::vector<float> depths(kSize.width * kSize.height);
    for (size_t k = 0; k < depths.size(); ++k) depths[k] = static_cast<float>(k) / 4096.0f;
    std::vector<uint8_t> bytes(4 * depths.size());
    std::memcpy(bytes.data(), depths.data(), bytes.size());
    host().write_texels(image, bytes, VK_IMAGE_LAYOUT_UNDEFINED, layout);
    TiImage imported = import_image(runtime, image, layout);
    const TiImageSlice slice{imported, {}, {kSize.width, kSize.height, 1, 1}, 0};
    std::vector<uint8_t> back(bytes.size());
    EXPECT_EQ(ist_read_image(runtime, &slice, back.data(), back.size(), 0), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(back, bytes);
    ti_transition_image(runtime, imported, name);
    ti_wait(runtime);
    expect_no_error("transition");
    EXPECT_EQ(host().read_texels(image, layout), bytes);
    expect_never_discarded(image);
    ti_free_image(runtime, imported);
  }
}

TEST_F(HostImages, WhatIsWrongIsNamed) {
  Runtime runtime = import();
  HostImage image = colour_image();
  const TiVulkanImageInteropInfo right = image.interop_info();
  EXPECT_EQ(ti_import_vulkan_image(runtime, nullptr, VK_IMAGE_VIEW_TYPE_2D, VK_IMAGE_LAYOUT_GENERAL), nullptr);
  expect_error({TI_ERROR_ARGUMENT_NULL}, {"interop_info"});
  TiVulkanImageInteropInfo info = right;
  info.image = VK_NULL_HANDLE;
  expect_refused(runtime, info, {TI_ERROR_ARGUMENT_NULL}, {"image"});
  info = right;
  info.extent.width = 0;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"extent"});
  info = right;
  info.extent.depth = 3;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"depth", "3"});
  info = right;
  info.mip_level_count = 99;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT, TI_ERROR_NOT_SUPPORTED}, {"mip_level_count", "99"});
  info = right;
  info.array_layer_count = 5;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"layer", "5"});
  info = right;
  info.sample_count = VK_SAMPLE_COUNT_4_BIT;
  expect_refused(runtime, info, {TI_ERROR_NOT_SUPPORTED}, {"sample_count", "4"});
  info = right;
  info.usage = 0;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"usage"});
  for (const VkFormat format :
       {VK_FORMAT_UNDEFINED, VK_FORMAT_BC1_RGBA_UNORM_BLOCK, VK_FORMAT_A2B10G10R10_UINT_PACK32}) {
    info = right;
    info.format = format;
    expect_refused(runtime, info, {TI_ERROR_ARGUMENT_OUT_OF_RANGE, TI_ERROR_NOT_SUPPORTED}, {"format"});
  }
  info = right;
  info.image_type = VK_IMAGE_TYPE_3D;
  expect_refused(runtime, info, {TI_ERROR_INVALID_ARGUMENT}, {"image_type"});
  expect_refused(runtime, right, {TI_ERROR_INVALID_ARGUMENT}, {"layer"}, VK_IMAGE_VIEW_TYPE_CUBE);
  expect_refused(runtime, right, {TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"view_type"}, VK_IMAGE_VIEW_TYPE_CUBE_ARRAY);
  expect_refused(runtime, right, {TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"view_type"}, static_cast<VkImageViewType>(77));
}

TEST_F(HostImages, LayoutsWithoutANameAreRefused) {
  Runtime runtime = import();
  HostImage image = colour_image();
  for (const VkImageLayout layout :
       {VK_IMAGE_LAYOUT_PREINITIALIZED, VK_IMAGE_LAYOUT_SHARED_PRESENT_KHR, VK_IMAGE_LAYOUT_STENCIL_ATTACHMENT_OPTIMAL,
        VK_IMAGE_LAYOUT_READ_ONLY_OPTIMAL, VK_IMAGE_LAYOUT_ATTACHMENT_OPTIMAL, static_cast<VkImageLayout>(99)}) {
    expect_refused(runtime, image.interop_info(), {TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"layout"}, VK_IMAGE_VIEW_TYPE_2D,
                   layout);
  }
}

// A usage that the host left out cannot be made up for.
TEST_F(HostImages, UsesWithoutTheirUsageAreRefused) {
  Runtime runtime = import();
  Module textures(runtime, "textures");
  HostImageInfo wanted;
  wanted.extent = kSize;
  wanted.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
  HostImage sampled = host().make_image(wanted);
  host().transition(sampled, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  TiImage imported = import_image(runtime, sampled, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  const TiArgument store[] = {texture(imported), conformance::i32(67), conformance::i32(33), conformance::i32(1)};
  ti_launch_kernel(runtime, textures.kernel("store_2d_rgba8"), 4, store);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"image", "STORAGE"});
  ti_transition_image(runtime, imported, TI_IMAGE_LAYOUT_TRANSFER_SRC);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"usage"});
  ti_transition_image(runtime, imported, TI_IMAGE_LAYOUT_TRANSFER_DST);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"usage"});
  ti_transition_image(runtime, imported, TI_IMAGE_LAYOUT_COLOR_ATTACHMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"layout", "usage"});
  conformance::Image ours(runtime, TI_IMAGE_DIMENSION_2D, {kSize.width, kSize.height}, TI_FORMAT_RGBA8);
  const TiImageSlice to = ours.whole(), from{imported, {}, {kSize.width, kSize.height, 1, 1}, 0};
  ti_copy_image_device_to_device(runtime, &to, &from);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"TRANSFER_SRC"});
  Array<float> out(runtime, {kSize.width, kSize.height}, {4});
  textures.launch("fetch_2d", {texture(imported), out.arg()});
  ti_wait(runtime);
}

// Believed and not shown: a layout that the usage does not allow cannot be what the image is in.
TEST_F(HostImages, ALayoutAgainstTheUsageIsRefused) {
  Runtime runtime = import();
  HostImageInfo wanted;
  wanted.extent = kSize;
  wanted.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
  HostImage sampled = host().make_image(wanted);
  expect_refused(runtime, sampled.interop_info(), {TI_ERROR_INVALID_ARGUMENT}, {"layout", "usage"},
                 VK_IMAGE_VIEW_TYPE_2D, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL);
}

}  // namespace
}  // namespace host
