// TiImage and TiSampler: images by subresource and region, with their layouts tracked.
#pragma once

#include <span>

#include "contract/formats.h"
#include "contract/image_ops.h"
#include "core/memory.h"
#include "core/runtime.h"

namespace ist {

class ImageResource : public Child {
 public:
  ImageResource(Runtime& runtime, const ImageDesc& desc, std::unique_ptr<Image> image, Layout layout);
  // Another name of the image behind `other`, with the same layouts.
  ImageResource(const ImageDesc& desc, const ImageResource& other);
  // The image itself lives until its last name is gone and the device is done with it.
  ~ImageResource() override;

  const ImageDesc& desc() const { return desc_; }
  TrackedImage& tracked() const { return *tracked_; }
  SubresourceRange full_range() const { return tracked_->state.full_range(); }
  std::string text() const;  // "Image 'dye'"
  // invalid_state, naming `user`, while a part of the range is lent or on its way back and cannot be waited for.
  Status require_ours(const SubresourceRange& range, const std::string& user) const;
  // Texels of a mip level: each extent halved and rounded down, at least 1.
  Extent mip_extent(uint32_t mip) const;

  // The feed whose slot this is; empty: none. It alone frees the image, and takes it back while it is out of hand.
  std::string feed;
  bool in_hand = true;

 private:
  ImageDesc desc_;
  std::shared_ptr<TrackedImage> tracked_;
};

class SamplerResource : public Child {
 public:
  SamplerResource(Runtime& runtime, std::unique_ptr<Sampler> sampler)
      : Child(runtime, Kind::sampler), sampler(std::move(sampler)) {}
  // Buried behind all that has been recorded: samplers keep no serial of their own.
  ~SamplerResource() override;

  std::unique_ptr<Sampler> sampler;
};

// The rules of extents, mips and layers of each dimension, whatever the device: invalid_argument.
Status check_image_shape(const ImageDesc& desc);

// Checks extents, mips, layers, format and usage against the rules of the dimension and the device.
Result<ImageResource*> allocate_image(Runtime& runtime, const ImageDesc& desc);
Result<SamplerResource*> create_sampler(Runtime& runtime, const SamplerDesc& desc);

// A region of an image, checked by check_region().
struct ImageSlice {
  ImageResource* image = nullptr;
  ImageRegion region;

  SubresourceRange range() const { return {region.mip, 1, region.base_layer, region.layer_count}; }
  uint64_t texel_count() const {
    return uint64_t{region.extent.width} * region.extent.height * region.extent.depth * region.layer_count;
  }
};

// argument_out_of_range, with both values, unless the region lies in the image.
Status check_region(const ImageSlice& slice, const char* which);

// Texels of a slice as rows in memory: bytes of a row (0: tight), and how many bytes all rows span.
struct TexelRows {
  uint32_t row_bytes = 0;
  uint64_t total_bytes = 0;
};
Result<TexelRows> texel_rows(const ImageSlice& slice, uint32_t row_bytes);

// Record, in order. Extents are equal and formats of one texel size; both images are in transfer_src
// afterwards, as the released library leaves them.
Status copy_image(Runtime& runtime, const ImageSlice& dst, const ImageSlice& src);
Status copy_memory_to_image(Runtime& runtime, const ImageSlice& dst, const MemorySlice& src, uint32_t row_bytes);
Status copy_image_to_memory(Runtime& runtime, const MemorySlice& dst, const ImageSlice& src, uint32_t row_bytes);
Status generate_mips(Runtime& runtime, ImageResource& image);

// ti_track_image_ext: the host's word on the layout. ti_transition_image: moves it there.
void track_image(ImageResource& image, Layout layout);
Status transition_image(Runtime& runtime, ImageResource& image, Layout layout);

// Host copies of a region, staged; texels hold rows.total_bytes. The read blocks with `lock` released.
Status write_image(Runtime& runtime, const ImageSlice& dst, const void* texels, const TexelRows& rows);
Status read_image(std::unique_lock<std::mutex>& lock, Runtime& runtime, const ImageSlice& src, void* texels,
                  const TexelRows& rows);

}  // namespace ist
