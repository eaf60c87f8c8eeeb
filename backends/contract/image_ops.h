// What a device with images can do beside Device. Same rules of threads, recording and lifetime.
// Images are addressed by subresource and region; the layouts named here are the caller's word.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "contract/device.h"

namespace ist {

struct ImageDesc {
  ImageDimension dimension = ImageDimension::d2;
  Extent extent;
  uint32_t mip_count = 1;
  uint32_t layer_count = 1;  // 6 for a cube
  Format format = 0;
  uint32_t usage = 0;  // image_usage bits
  bool export_sharing = false;
  // Always so for what a device creates; a host's object may have been made without.
  bool copy_source = true;
  bool copy_target = true;
  bool owned = true;      // freeing it destroys the native object
  bool imported = false;  // on an allocation of somebody else's (ShareOps)
};

// The values of TiFilter and TiAddressMode.
enum class Filter : uint32_t { nearest = 0, linear = 1 };
enum class AddressMode : uint32_t { repeat = 0, mirrored_repeat = 1, clamp_to_edge = 2 };

struct SamplerDesc {
  Filter mag_filter = Filter::linear;
  Filter min_filter = Filter::linear;
  AddressMode address_mode = AddressMode::repeat;
  float max_anisotropy = 0;  // 0 or 1: off
};

// What the device can do with a format and dimension; usage 0: nothing.
struct FormatSupport {
  uint32_t usage = 0;
  bool linear_filter = false;
  bool upload = true;  // buffers can be copied to it: depth needs a queue that draws
  bool blit = false;   // source and destination of a linear blit: mips can be generated
  uint32_t max_mips = 0;
  uint32_t max_layers = 0;
  Extent max_extent;
};

// One mip level, a range of layers, and a box of texels in it.
struct ImageRegion {
  uint32_t mip = 0;
  uint32_t base_layer = 0;
  uint32_t layer_count = 1;
  Offset offset;
  Extent extent;
};

// Texels of a region in a buffer: rows of the region one after another, then slices, then layers.
struct BufferTexels {
  Buffer* buffer = nullptr;
  uint64_t offset_bytes = 0;       // multiple of 4 and of the texel size
  uint32_t row_length_texels = 0;  // 0: tight
};

class ImageOps {
 public:
  virtual ~ImageOps() = default;

  virtual FormatSupport format_support(Format format, ImageDimension dimension) = 0;
  // The shape obeys the rules of its dimension. not_supported and out_of_memory name what is too much.
  virtual Result<std::unique_ptr<Image>> create_image(const ImageDesc& desc) = 0;
  virtual Result<std::unique_ptr<Sampler>> create_sampler(const SamplerDesc& desc) = 0;

  // Names it in debuggers; a no-op where none listens.
  virtual void set_name(Image& image, const std::string& name) = 0;
  virtual void set_name(Sampler& sampler, const std::string& name) = 0;

  // dst in transfer_dst, src in transfer_src (both in shader_read_write when they are one image).
  virtual void copy_image(Image& dst, const ImageRegion& to, Layout dst_layout, Image& src, const ImageRegion& from,
                          Layout src_layout) = 0;
  virtual void copy_buffer_to_image(Image& dst, const ImageRegion& to, const BufferTexels& from) = 0;
  virtual void copy_image_to_buffer(const BufferTexels& to, Image& src, const ImageRegion& from) = 0;
  // Linear blit of all of one mip level onto the next smaller one, all layers.
  virtual void blit_mip(Image& image, uint32_t from_mip) = 0;
};

// Time stamps of recorded work, when the device has them.
class TimingOps {
 public:
  virtual ~TimingOps() = default;

  // Records a time stamp behind all commands so far and returns its slot in the open batch.
  virtual uint32_t stamp() = 0;
  // Nanoseconds between two stamps of a finished batch; 0 when that batch is no longer kept.
  virtual uint64_t nanoseconds_between(uint64_t serial, uint32_t first, uint32_t second) = 0;
};

}  // namespace ist
