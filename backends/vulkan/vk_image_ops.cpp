// Copies, blits, and the reading of time stamps.
#include "vulkan/vk_image_ops.h"

#include <algorithm>

#include "vulkan/vk_convert.h"
#include "vulkan/vk_debug.h"

namespace ist::vk {
namespace {

VkImageSubresourceLayers subresource(const Image& image, const ImageRegion& region) {
  return {texel_aspect(image.format()), region.mip, region.base_layer, region.layer_count};
}

VkOffset3D native(const Offset& offset) {
  return {static_cast<int32_t>(offset.x), static_cast<int32_t>(offset.y), static_cast<int32_t>(offset.z)};
}

VkExtent3D native(const Extent& extent) { return {extent.width, extent.height, extent.depth}; }

VkBufferImageCopy buffer_copy(const Image& image, const ImageRegion& region, const BufferTexels& texels) {
  VkBufferImageCopy copy{};
  copy.bufferOffset = texels.offset_bytes;
  copy.bufferRowLength = texels.row_length_texels;
  copy.imageSubresource = subresource(image, region);
  copy.imageOffset = native(region.offset);
  copy.imageExtent = native(region.extent);
  return copy;
}

VkBuffer native(const BufferTexels& texels) { return static_cast<const Buffer*>(texels.buffer)->handle(); }

VkOffset3D mip_corner(const ImageFacts& facts, uint32_t mip) {
  const auto shrunk = [&](uint32_t size) { return static_cast<int32_t>(std::max(size >> mip, 1u)); };
  return {shrunk(facts.extent.width), shrunk(facts.extent.height), shrunk(facts.extent.depth)};
}

}  // namespace

FormatSupport ImageOps::format_support(Format format, ImageDimension dimension) {
  auto& known = supports_[format][static_cast<uint32_t>(dimension)];
  if (!known) known = query_support(gpu_, format, dimension);
  return *known;
}

Result<std::unique_ptr<ist::Image>> ImageOps::create_image(const ImageDesc& desc) {
  IST_TRY(std::unique_ptr<ist::Image> image, Image::create(gpu_, memory_, desc));
  return image;
}

Result<std::unique_ptr<ist::Sampler>> ImageOps::create_sampler(const SamplerDesc& desc) {
  IST_TRY(std::unique_ptr<ist::Sampler> sampler, Sampler::create(gpu_, desc));
  return sampler;
}

void ImageOps::copy_image(ist::Image& dst, const ImageRegion& to, Layout dst_layout, ist::Image& src,
                          const ImageRegion& from, Layout src_layout) {
  const auto& target = static_cast<const Image&>(dst);
  const auto& source = static_cast<const Image&>(src);
  VkImageCopy copy{};
  copy.srcSubresource = subresource(source, from);
  copy.srcSubresource.aspectMask = barrier_aspects(source.format());  // stencil goes along with depth
  copy.srcOffset = native(from.offset);
  copy.dstSubresource = subresource(target, to);
  copy.dstSubresource.aspectMask = barrier_aspects(target.format());
  copy.dstOffset = native(to.offset);
  copy.extent = native(from.extent);
  gpu_.vk.CmdCopyImage(recording_.commands(), source.handle(), to_vk(src_layout), target.handle(), to_vk(dst_layout), 1,
                       &copy);
}

void ImageOps::copy_buffer_to_image(ist::Image& dst, const ImageRegion& to, const BufferTexels& from) {
  const auto& image = static_cast<const Image&>(dst);
  const VkBufferImageCopy copy = buffer_copy(image, to, from);
  gpu_.vk.CmdCopyBufferToImage(recording_.commands(), native(from), image.handle(),
                               VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
}

void ImageOps::copy_image_to_buffer(const BufferTexels& to, ist::Image& src, const ImageRegion& from) {
  const auto& image = static_cast<const Image&>(src);
  const VkBufferImageCopy copy = buffer_copy(image, from, to);
  gpu_.vk.CmdCopyImageToBuffer(recording_.commands(), image.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, native(to),
                               1, &copy);
}

void ImageOps::set_name(ist::Image& image, const std::string& name) {
  vk::set_name(gpu_, VK_OBJECT_TYPE_IMAGE, static_cast<Image&>(image).handle(), name);
}

void ImageOps::set_name(ist::Sampler& sampler, const std::string& name) {
  vk::set_name(gpu_, VK_OBJECT_TYPE_SAMPLER, static_cast<Sampler&>(sampler).handle(), name);
}

void ImageOps::blit_mip(ist::Image& image, uint32_t from_mip) {
  const auto& target = static_cast<const Image&>(image);
  const ImageFacts& facts = target.facts();
  const VkImageAspectFlags aspect = texel_aspect(target.format());
  VkImageBlit blit{};
  blit.srcSubresource = {aspect, from_mip, 0, facts.layer_count};
  blit.srcOffsets[1] = mip_corner(facts, from_mip);
  blit.dstSubresource = {aspect, from_mip + 1, 0, facts.layer_count};
  blit.dstOffsets[1] = mip_corner(facts, from_mip + 1);
  gpu_.vk.CmdBlitImage(recording_.commands(), facts.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, facts.image,
                       VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &blit, VK_FILTER_LINEAR);
}

uint64_t TimingOps::nanoseconds_between(uint64_t serial, uint32_t first, uint32_t second) {
  const std::vector<uint64_t>* ticks = recording_.stamps_of(serial);
  if (!ticks || first >= ticks->size() || second >= ticks->size()) return 0;
  const uint32_t bits = gpu_.physical->timestamp_bits;
  const uint64_t mask = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  const uint64_t passed = ((*ticks)[second] - (*ticks)[first]) & mask;
  return static_cast<uint64_t>(static_cast<double>(passed) * gpu_.physical->limits.timestampPeriod);
}

}  // namespace ist::vk
