// Images: storage and sampled use, copies, blits, all formats and dimensions, on odd sizes.
#include <numeric>

#include "contract/formats.h"
#include "shaders/sample_image.h"
#include "shaders/write_image.h"
#include "vulkan_test.h"

namespace ist::vk {
namespace {

constexpr Format kR32f = 37;

class VulkanImages : public VulkanTest {
 protected:
  std::unique_ptr<ist::Image> image(const ImageDesc& desc) {
    auto made = device_->image_ops()->create_image(desc);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  void move(ist::Image& image, Layout from, Layout to, Scope src, Scope dst, SubresourceRange range = {}) {
    const ImageBarrierCommand barrier{&image, range, from, to, src, dst};
    device_->barrier({{}, {}, {&barrier, 1}});
  }

  void to_host() { device_->barrier({kTransferWrite, kHostRead, {}}); }

  ImageRegion region(Extent extent, uint32_t mip = 0, uint32_t layer = 0, uint32_t layers = 1) {
    return {mip, layer, layers, {}, extent};
  }
};
INSTANTIATE_TEST_SUITE_P(Paths, VulkanImages, testing::ValuesIn(kAllPaths), name_of);

TEST_P(VulkanImages, AShaderWritesAndAnotherSamples) {
  ImageDesc desc;
  desc.format = kR32f;
  desc.extent = {67, 33, 1};
  desc.usage = image_usage::kStorage | image_usage::kSampled;
  const auto target = image(desc);
  const auto writer =
      pipeline(k_write_image, {{0, DescriptorKind::uniform_buffer}, {2, DescriptorKind::storage_image}});
  const auto sampler = pipeline(
      k_sample_image,
      {{0, DescriptorKind::uniform_buffer}, {2, DescriptorKind::sampled_image}, {3, DescriptorKind::storage_buffer}});
  const auto texels = buffer(67 * 33 * 4), row = buffer(67 * 4);
  begin();
  move(*target, Layout::undefined, Layout::shader_read_write, {}, kComputeWrite);
  const auto args = device_->allocate_args(8);
  ASSERT_TRUE(args.ok());
  const uint32_t extent[] = {67, 33};
  std::memcpy(args->host, extent, 8);
  Bound bound[3];
  bound[0] = {args->buffer, args->offset_bytes, 8};
  bound[1].image = target.get();
  bound[1].layout = Layout::shader_read_write;
  device_->dispatch(*writer, {bound, 2}, (67 * 33 + 63) / 64);
  move(*target, Layout::shader_read_write, Layout::shader_read, kComputeWrite, kComputeRead);
  const auto more = device_->allocate_args(8);
  ASSERT_TRUE(more.ok());
  const uint32_t count = 67;
  std::memcpy(more->host, &count, 4);
  bound[0] = {more->buffer, more->offset_bytes, 8};
  bound[1].layout = Layout::shader_read;
  bound[2].buffer = row.get();
  device_->dispatch(*sampler, bound, 2);
  move(*target, Layout::shader_read, Layout::transfer_src, kComputeRead, kTransferRead);
  device_->image_ops()->copy_image_to_buffer({texels.get()}, *target, region(desc.extent));
  device_->barrier(
      {{stage::kTransfer | stage::kCompute, access::kTransferWrite | access::kShaderWrite}, kHostRead, {}});
  submit_and_wait();
  for (uint32_t y = 0; y < 33; ++y)
    for (uint32_t x = 0; x < 67; ++x) ASSERT_EQ(view<float>(*texels)[y * 67 + x], x + 1000.f * y);
  for (uint32_t x = 0; x < 67; ++x) EXPECT_NEAR(view<float>(*row)[x], x + 16000.f, 0.05f * 67);
}

TEST_P(VulkanImages, CopiesRegionsBetweenImagesAndBuffers) {
  ImageDesc desc;
  desc.format = kR32f;
  desc.extent = {67, 33, 1};
  desc.dimension = ImageDimension::d2_array;
  desc.layer_count = 3;
  desc.usage = image_usage::kSampled;
  const auto source = image(desc), target = image(desc);
  const auto up = buffer(3 * 67 * 33 * 4), down = buffer(10 * 64 * 4);
  std::iota(view<float>(*up).begin(), view<float>(*up).end(), 0.f);
  std::fill(view<float>(*down).begin(), view<float>(*down).end(), -1.f);
  const SubresourceRange all{0, 1, 0, 3};
  begin();
  move(*source, Layout::undefined, Layout::transfer_dst, {}, kTransferWrite, all);
  move(*target, Layout::undefined, Layout::transfer_dst, {}, kTransferWrite, all);
  device_->image_ops()->copy_buffer_to_image(*source, region(desc.extent, 0, 0, 3), {up.get()});
  move(*source, Layout::transfer_dst, Layout::transfer_src, kTransferWrite, kTransferRead, all);
  const ImageRegion from{0, 2, 1, {7, 3, 0}, {31, 5, 1}};
  const ImageRegion to{0, 1, 1, {36, 28, 0}, {31, 5, 1}};
  device_->image_ops()->copy_image(*target, to, Layout::transfer_dst, *source, from, Layout::transfer_src);
  move(*target, Layout::transfer_dst, Layout::transfer_src, kTransferWrite, kTransferRead, all);
  device_->image_ops()->copy_image_to_buffer({down.get(), 16, 64}, *target, to);
  to_host();
  submit_and_wait();
  for (uint32_t y = 0; y < 5; ++y) {
    for (uint32_t x = 0; x < 31; ++x)
      ASSERT_EQ(view<float>(*down)[4 + y * 64 + x], static_cast<float>((2 * 33 + y + 3) * 67 + x + 7));
    EXPECT_EQ(view<float>(*down)[4 + y * 64 + 31], -1.f);
  }
}

TEST_P(VulkanImages, BlitsEveryMipOfAConstantImage) {
  ASSERT_TRUE(device_->image_ops()->format_support(kR32f, ImageDimension::d2).usage != 0);
  if (!device_->image_ops()->format_support(kR32f, ImageDimension::d2).blit) GTEST_SKIP() << "no blit of r32f";
  ImageDesc desc;
  desc.format = kR32f;
  desc.extent = {67, 33, 1};
  desc.mip_count = 7;
  desc.usage = image_usage::kSampled;
  const auto target = image(desc);
  const auto up = buffer(67 * 33 * 4), down = buffer(7 * 4);
  std::fill(view<float>(*up).begin(), view<float>(*up).end(), 2.5f);
  begin();
  move(*target, Layout::undefined, Layout::transfer_dst, {}, kTransferWrite, {0, 7, 0, 1});
  device_->image_ops()->copy_buffer_to_image(*target, region(desc.extent), {up.get()});
  for (uint32_t mip = 0; mip < 7; ++mip) {
    move(*target, Layout::transfer_dst, Layout::transfer_src, kTransferWrite, kTransferRead, {mip, 1, 0, 1});
    device_->image_ops()->copy_image_to_buffer({down.get(), mip * 4}, *target, region({1, 1, 1}, mip));
    if (mip < 6) device_->image_ops()->blit_mip(*target, mip);
  }
  to_host();
  submit_and_wait();
  for (uint32_t mip = 0; mip < 7; ++mip) EXPECT_FLOAT_EQ(view<float>(*down)[mip], 2.5f) << mip;
}

class VulkanFormatsOnDevice : public VulkanImages {};
INSTANTIATE_TEST_SUITE_P(Paths, VulkanFormatsOnDevice, testing::Values(Paths{}, Paths{true, true}), name_of);

// Whatever the device says it supports is made, filled, read back and bound.
TEST_P(VulkanFormatsOnDevice, EverySupportedFormatKeepsItsTexels) {
  uint32_t made = 0;
  for (Format format = 1; format < kFormatCount; ++format) {
    const FormatSupport support = device_->image_ops()->format_support(format, ImageDimension::d2);
    if (support.usage == 0) continue;
    SCOPED_TRACE(format_info(format).name);
    ImageDesc desc;
    desc.format = format;
    desc.extent = {13, 7, 1};
    desc.usage = support.usage & (image_usage::kSampled | image_usage::kStorage);
    const auto target = image(desc);
    ASSERT_TRUE(target);
    if (format_info(format).has_stencil) continue;  // copies see one aspect only
    const uint64_t size = 13 * 7 * format_info(format).texel_bytes;
    const auto up = buffer((size + 3) & ~3ull), down = buffer((size + 3) & ~3ull);
    for (uint64_t i = 0; i < size; ++i) up->host()[i] = static_cast<std::byte>(i % 61);
    begin();
    move(*target, Layout::undefined, Layout::transfer_dst, {}, kTransferWrite);
    device_->image_ops()->copy_buffer_to_image(*target, region(desc.extent), {up.get()});
    move(*target, Layout::transfer_dst, Layout::transfer_src, kTransferWrite, kTransferRead);
    device_->image_ops()->copy_image_to_buffer({down.get()}, *target, region(desc.extent));
    to_host();
    submit_and_wait();
    EXPECT_EQ(std::memcmp(up->host(), down->host(), size), 0);
    ++made;
  }
  EXPECT_GE(made, 20u);
}

TEST_P(VulkanFormatsOnDevice, EveryDimensionHasAView) {
  const struct {
    ImageDimension dimension;
    Extent extent;
    uint32_t layers;
  } rows[] = {{ImageDimension::d1, {67, 1, 1}, 1},        {ImageDimension::d2, {67, 33, 1}, 1},
              {ImageDimension::d3, {13, 7, 5}, 1},        {ImageDimension::d1_array, {67, 1, 1}, 4},
              {ImageDimension::d2_array, {67, 33, 1}, 4}, {ImageDimension::cube, {33, 33, 1}, 6}};
  for (const auto& row : rows) {
    ImageDesc desc;
    desc.dimension = row.dimension;
    desc.format = 3;
    desc.extent = row.extent;
    desc.layer_count = row.layers;
    desc.mip_count = 3;
    desc.usage = image_usage::kSampled | image_usage::kStorage;
    const auto target = image(desc);
    ASSERT_TRUE(target);
    auto& native = static_cast<Image&>(*target);
    VkImageView all = VK_NULL_HANDLE, first = VK_NULL_HANDLE, again = VK_NULL_HANDLE;
    EXPECT_EQ(native.view(row.dimension, MipMode::all, all), VK_SUCCESS);
    EXPECT_EQ(native.view(row.dimension, MipMode::first, first), VK_SUCCESS);
    EXPECT_EQ(native.view(row.dimension, MipMode::all, again), VK_SUCCESS);
    EXPECT_EQ(all, again);
    EXPECT_NE(all, first);
  }
}

TEST_P(VulkanFormatsOnDevice, DepthAndStencilMoveTogether) {
  for (const Format format : {41u, 42u, 43u}) {
    const FormatSupport support = device_->image_ops()->format_support(format, ImageDimension::d2);
    if (!(support.usage & image_usage::kAttachment)) continue;
    ImageDesc desc;
    desc.format = format;
    desc.extent = {67, 33, 1};
    desc.usage = image_usage::kAttachment | image_usage::kSampled;
    const auto target = image(desc);
    const Scope depth{stage::kDepthAttachment, access::kDepthRead | access::kDepthWrite};
    begin();
    move(*target, Layout::undefined, Layout::depth_attachment, {}, depth);
    move(*target, Layout::depth_attachment, Layout::depth_attachment_read, depth, depth);
    move(*target, Layout::depth_attachment_read, Layout::shader_read, depth, kComputeRead);
    submit_and_wait();
  }
}

TEST_P(VulkanFormatsOnDevice, IntegerFormatsFallBackToNearest) {
  ImageDesc desc;
  desc.format = 29;
  desc.extent = {13, 7, 1};
  desc.usage = image_usage::kSampled;
  const auto integers = image(desc);
  desc.format = 3;
  const auto colours = image(desc);
  SamplerDesc wanted;
  wanted.max_anisotropy = 1e6f;
  auto sampler = device_->image_ops()->create_sampler(wanted);
  ASSERT_TRUE(sampler.ok()) << sampler.status().message();
  const auto& native = static_cast<Sampler&>(**sampler);
  EXPECT_NE(native.handle_for(static_cast<Image&>(*integers)), native.handle_for(static_cast<Image&>(*colours)));
}

}  // namespace
}  // namespace ist::vk
