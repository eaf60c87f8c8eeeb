// Allocation rules, copies and layouts of images.
#include "core/image.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstring>

namespace ist {
namespace {

constexpr ImageUse kCopySource{Layout::transfer_src, kCopyReads};
constexpr ImageUse kCopyTarget{Layout::transfer_dst, kCopyWrites};

ImageOps& ops(Runtime& runtime) { return *runtime.device().image_ops(); }

void use_slice(Timeline& timeline, const ImageSlice& slice, const ImageUse& use) {
  timeline.use(slice.image->tracked(), slice.range(), use);
}

BufferTexels buffer_texels(TrackedBuffer& buffer, uint64_t offset_bytes, const ImageSlice& slice, uint32_t row_bytes) {
  const uint32_t texel_bytes = format_info(slice.image->desc().format).texel_bytes;
  return {buffer.buffer.get(), offset_bytes, row_bytes / texel_bytes};
}

Status record_upload(Runtime& runtime, const ImageSlice& dst, TrackedBuffer& src, uint64_t offset, uint32_t row_bytes) {
  const ImageDesc& desc = dst.image->desc();
  if (!ops(runtime).format_support(desc.format, desc.dimension).upload) {
    return fail(Code::not_supported, "%s of format %s cannot be written from memory on a queue that does not draw.",
                dst.image->text().c_str(), format_info(desc.format).name);
  }
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  timeline.act_as("copy");
  timeline.use(src, kCopyReads);
  use_slice(timeline, dst, kCopyTarget);
  timeline.settle();
  ops(runtime).copy_buffer_to_image(*dst.image->tracked().image, dst.region,
                                    buffer_texels(src, offset, dst, row_bytes));
  return timeline.copied(1);
}

Status record_download(Runtime& runtime, TrackedBuffer& dst, uint64_t offset, const ImageSlice& src,
                       uint32_t row_bytes) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  timeline.act_as("copy");
  timeline.use(dst, kCopyWrites);
  use_slice(timeline, src, kCopySource);
  timeline.settle();
  ops(runtime).copy_image_to_buffer(buffer_texels(dst, offset, src, row_bytes), *src.image->tracked().image,
                                    src.region);
  return timeline.copied(1);
}

bool same_subresources(const ImageSlice& a, const ImageSlice& b) {
  return &a.image->tracked() == &b.image->tracked() && a.region.mip == b.region.mip &&
         a.region.base_layer < b.region.base_layer + b.region.layer_count &&
         b.region.base_layer < a.region.base_layer + a.region.layer_count;
}

// A transition is asked for by who uses the image next, be it the host on its own queue: any command.
Scope scope_of(Layout layout) {
  const bool read_only = layout == Layout::shader_read || layout == Layout::color_attachment_read ||
                         layout == Layout::depth_attachment_read || layout == Layout::transfer_src ||
                         layout == Layout::present_src;
  return {stage::kAllCommands, read_only ? access::kMemoryRead : access::kMemoryRead | access::kMemoryWrite};
}

}  // namespace

ImageResource::ImageResource(Runtime& runtime, const ImageDesc& desc, std::unique_ptr<Image> image, Layout layout)
    : Child(runtime, Kind::image),
      desc_(desc),
      tracked_(std::make_shared<TrackedImage>(std::move(image), desc.mip_count, desc.layer_count, layout)) {}

ImageResource::ImageResource(const ImageDesc& desc, const ImageResource& other)
    : Child(other.runtime(), Kind::image), desc_(desc), tracked_(other.tracked_) {}

ImageResource::~ImageResource() {
  if (tracked_.use_count() > 1) return;
  runtime().timeline().forget(*tracked_);
  runtime().timeline().bury(std::move(tracked_->image), tracked_->last_use);
}

std::string ImageResource::text() const { return "Image '" + name + "'"; }

Status ImageResource::require_ours(const SubresourceRange& range, const std::string& user) const {
  Lending* lending = tracked_->lending.get();
  if (!lending) return {};
  Timeline& timeline = runtime().timeline();
  IST_CHECK(timeline.may_record());
  timeline.remember(*tracked_);
  std::vector<Lending::Returned> returned;
  Status refused = lending->require_ours(range, text(), user, returned);
  if (lending->all_ours()) tracked_->lending.reset();
  for (const auto& part : returned) {
    if (part.from.peer.kind == Peer::Kind::same_device) continue;
    IST_CHECK(timeline.begin());
    timeline.transfer(*tracked_, part.range, part.from.layout, Transfer::acquire, part.from.peer);
  }
  return refused;
}

Status check_image_shape(const ImageDesc& desc) {
  const ImageDimension dimension = desc.dimension;
  const Extent& extent = desc.extent;
  const char* name = dimension_name(dimension);
  if (extent.width == 0 || extent.height == 0 || extent.depth == 0) {
    return fail(Code::invalid_argument, "The extent (%u x %u x %u) of a %s image has a zero side.", extent.width,
                extent.height, extent.depth, name);
  }
  const bool flat_line = dimension == ImageDimension::d1 || dimension == ImageDimension::d1_array;
  if (flat_line && extent.height != 1) {
    return fail(Code::invalid_argument, "The extent (%u x %u x %u) of a %s image has a height other than 1.",
                extent.width, extent.height, extent.depth, name);
  }
  if (dimension != ImageDimension::d3 && extent.depth != 1) {
    return fail(Code::invalid_argument, "The extent (%u x %u x %u) of a %s image has a depth other than 1.",
                extent.width, extent.height, extent.depth, name);
  }
  if (dimension == ImageDimension::cube && (desc.layer_count != 6 || extent.width != extent.height)) {
    return fail(Code::invalid_argument, "A cube image has 6 square layers, not %u of %u x %u.", desc.layer_count,
                extent.width, extent.height);
  }
  const bool layered = dimension == ImageDimension::d1_array || dimension == ImageDimension::d2_array ||
                       dimension == ImageDimension::cube;
  if (!layered && desc.layer_count != 1) {
    return fail(Code::invalid_argument, "array_layer_count (%u) of a %s image is not 1.", desc.layer_count, name);
  }
  const uint32_t longest = std::max({extent.width, extent.height, extent.depth});
  if (desc.mip_count > static_cast<uint32_t>(std::bit_width(longest))) {
    return fail(Code::invalid_argument, "mip_level_count (%u) exceeds the %u levels of an image of %u x %u x %u.",
                desc.mip_count, static_cast<unsigned>(std::bit_width(longest)), extent.width, extent.height,
                extent.depth);
  }
  return {};
}

Extent ImageResource::mip_extent(uint32_t mip) const {
  const auto side = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
  return {side(desc_.extent.width), side(desc_.extent.height), side(desc_.extent.depth)};
}

SamplerResource::~SamplerResource() {
  Timeline& timeline = runtime().timeline();
  timeline.bury(std::move(sampler), timeline.device().recording_serial() - (timeline.device().recording() ? 0 : 1));
}

Result<ImageResource*> allocate_image(Runtime& runtime, const ImageDesc& desc) {
  ImageOps* images = runtime.device().image_ops();
  if (!images) return fail(Code::not_supported, "The device '%s' has no images.", runtime.info().name.c_str());
  IST_CHECK(check_image_shape(desc));
  IST_TRY(auto image, with_freed_memory(runtime, [&] { return images->create_image(desc); }));
  return runtime.adopt(std::make_unique<ImageResource>(runtime, desc, std::move(image), Layout::undefined));
}

Result<SamplerResource*> create_sampler(Runtime& runtime, const SamplerDesc& desc) {
  ImageOps* images = runtime.device().image_ops();
  if (!images) return fail(Code::not_supported, "The device '%s' has no samplers.", runtime.info().name.c_str());
  IST_TRY(auto sampler, images->create_sampler(desc));
  return runtime.adopt(std::make_unique<SamplerResource>(runtime, std::move(sampler)));
}

Status check_region(const ImageSlice& slice, const char* which) {
  const ImageDesc& desc = slice.image->desc();
  const ImageRegion& region = slice.region;
  if (region.mip >= desc.mip_count) {
    return fail(Code::argument_out_of_range, "%s.mip_level (%u) is past the %u mip levels of image '%s'.", which,
                region.mip, desc.mip_count, slice.image->name.c_str());
  }
  if (region.layer_count == 0 || region.base_layer >= desc.layer_count ||
      region.layer_count > desc.layer_count - region.base_layer) {
    return fail(Code::argument_out_of_range, "%s takes %u layers from layer %u, but image '%s' has %u.", which,
                region.layer_count, region.base_layer, slice.image->name.c_str(), desc.layer_count);
  }
  const Extent whole = slice.image->mip_extent(region.mip);
  const auto inside = [](uint32_t offset, uint32_t size, uint32_t limit) {
    return size > 0 && offset < limit && size <= limit - offset;
  };
  if (!inside(region.offset.x, region.extent.width, whole.width) ||
      !inside(region.offset.y, region.extent.height, whole.height) ||
      !inside(region.offset.z, region.extent.depth, whole.depth)) {
    return fail(Code::argument_out_of_range,
                "%s takes %u x %u x %u texels from (%u, %u, %u), but mip %u of image '%s' is %u x %u x %u.", which,
                region.extent.width, region.extent.height, region.extent.depth, region.offset.x, region.offset.y,
                region.offset.z, region.mip, slice.image->name.c_str(), whole.width, whole.height, whole.depth);
  }
  return {};
}

Result<TexelRows> texel_rows(const ImageSlice& slice, uint32_t row_bytes) {
  const uint32_t texel_bytes = format_info(slice.image->desc().format).texel_bytes;
  const Extent& extent = slice.region.extent;
  const uint64_t tight = uint64_t{extent.width} * texel_bytes;  // images are far narrower than 2^32 bytes
  if (row_bytes == 0) row_bytes = static_cast<uint32_t>(tight);
  if (row_bytes < tight || row_bytes % texel_bytes != 0) {
    return fail(Code::invalid_argument,
                "row_bytes (%u) is not a multiple of the texel (%u bytes) of at least %" PRIu64 ".", row_bytes,
                texel_bytes, tight);
  }
  // Vulkan counts the bytes of a row in 31 bits (VUID-VkBufferImageCopy-bufferRowLength-09108).
  if (row_bytes > INT32_MAX) {
    return fail(Code::argument_out_of_range, "A row of %u bytes exceeds %d.", row_bytes, INT32_MAX);
  }
  const uint64_t rows = uint64_t{extent.height} * extent.depth * slice.region.layer_count;
  return TexelRows{row_bytes, (rows - 1) * row_bytes + tight};
}

Status copy_image(Runtime& runtime, const ImageSlice& dst, const ImageSlice& src) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  timeline.act_as("copy");
  Image& to = *dst.image->tracked().image;
  Image& from = *src.image->tracked().image;
  if (same_subresources(dst, src)) {
    // One subresource has one layout: general serves as source and target at once.
    const ImageUse both{Layout::shader_read_write, {stage::kTransfer, access::kTransferRead | access::kTransferWrite}};
    SubresourceRange range = dst.range();
    const uint32_t end = std::max(range.base_layer + range.layer_count, src.region.base_layer + src.region.layer_count);
    range.base_layer = std::min(range.base_layer, src.region.base_layer);
    range.layer_count = end - range.base_layer;
    timeline.use(dst.image->tracked(), range, both);
    timeline.settle();
    ops(runtime).copy_image(to, dst.region, both.layout, from, src.region, both.layout);
    timeline.use(dst.image->tracked(), range, kCopySource);
    timeline.settle();
    return timeline.copied(1);
  }
  use_slice(timeline, dst, kCopyTarget);
  use_slice(timeline, src, kCopySource);
  timeline.settle();
  ops(runtime).copy_image(to, dst.region, Layout::transfer_dst, from, src.region, Layout::transfer_src);
  if (dst.image->desc().copy_source) {  // a host's image may be unable to be in transfer_src
    use_slice(timeline, dst, kCopySource);
    timeline.settle();
  }
  return timeline.copied(1);
}

Status copy_memory_to_image(Runtime& runtime, const ImageSlice& dst, const MemorySlice& src, uint32_t row_bytes) {
  return record_upload(runtime, dst, src.memory->tracked(), src.offset_bytes, row_bytes);
}

Status copy_image_to_memory(Runtime& runtime, const MemorySlice& dst, const ImageSlice& src, uint32_t row_bytes) {
  return record_download(runtime, dst.memory->tracked(), dst.offset_bytes, src, row_bytes);
}

Status generate_mips(Runtime& runtime, ImageResource& image) {
  const ImageDesc& desc = image.desc();
  if (!ops(runtime).format_support(desc.format, desc.dimension).blit) {
    return fail(Code::not_supported,
                "This device cannot blit and filter %s images of format %s, so image '%s' gets no mips.",
                dimension_name(desc.dimension), format_info(desc.format).name, image.name.c_str());
  }
  if (!desc.copy_source || !desc.copy_target) {
    return fail(Code::invalid_argument, "Image '%s' gets no mips: the host made it without usage %s.",
                image.name.c_str(), desc.copy_source ? "TRANSFER_DST" : "TRANSFER_SRC");
  }
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  timeline.act_as("copy");
  TrackedImage& tracked = image.tracked();
  for (uint32_t mip = 0; mip + 1 < desc.mip_count; ++mip) {
    timeline.use(tracked, {mip, 1, 0, desc.layer_count}, kCopySource);
    timeline.use(tracked, {mip + 1, 1, 0, desc.layer_count}, kCopyTarget);
    timeline.settle();
    ops(runtime).blit_mip(*tracked.image, mip);
  }
  if (desc.mip_count > 1) {
    timeline.use(tracked, {desc.mip_count - 1, 1, 0, desc.layer_count}, kCopySource);
    timeline.settle();
  }
  return timeline.copied(desc.mip_count - 1);
}

void track_image(ImageResource& image, Layout layout) {
  image.runtime().timeline().remember(image.tracked());
  image.tracked().state.track(image.full_range(), layout);
}

Status transition_image(Runtime& runtime, ImageResource& image, Layout layout) {
  Timeline& timeline = runtime.timeline();
  IST_CHECK(timeline.begin());
  timeline.act_as("transition");
  timeline.use(image.tracked(), image.full_range(), {layout, scope_of(layout)});
  timeline.settle();
  return timeline.recorded(0);
}

Status write_image(Runtime& runtime, const ImageSlice& dst, const void* texels, const TexelRows& rows) {
  IST_CHECK(runtime.timeline().outside_host());
  IST_TRY(const Staging::Loan staged, runtime.staging().lend(rows.total_bytes, Staging::Direction::to_device));
  std::memcpy(staged.host(), texels, rows.total_bytes);
  runtime.timeline().count_host_bytes(rows.total_bytes);
  return record_upload(runtime, dst, *staged, 0, rows.row_bytes);
}

Status read_image(std::unique_lock<std::mutex>& lock, Runtime& runtime, const ImageSlice& src, void* texels,
                  const TexelRows& rows) {
  IST_CHECK(runtime.timeline().may_submit());
  IST_TRY(const Staging::Loan staged, runtime.staging().lend(rows.total_bytes, Staging::Direction::to_host));
  IST_CHECK(record_download(runtime, *staged, 0, src, rows.row_bytes));
  // The image may be freed by another thread while we sleep: what is needed of it is taken before.
  const uint64_t tight = uint64_t{src.region.extent.width} * format_info(src.image->desc().format).texel_bytes;
  IST_CHECK(wait_unlocked(lock, runtime, staged->last_write));
  runtime.timeline().count_host_bytes(rows.total_bytes);
  auto* out = static_cast<std::byte*>(texels);
  for (uint64_t row = 0; row < rows.total_bytes; row += rows.row_bytes) {
    std::memcpy(out + row, staged.host() + row, tight);  // the gaps between rows stay the caller's
  }
  return {};
}

}  // namespace ist
