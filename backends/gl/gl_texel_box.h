// Where the texels of a command lie, as GL counts: layers and faces are slices like those of a 3D texture.
#pragma once

#include "contract/image_ops.h"
#include "gl/gl_image.h"

namespace ist::gl {

struct TexelBox {
  Size mip = 0;
  Size x = 0, y = 0, z = 0;
  Size width = 1, height = 1, depth = 1;
};

inline TexelBox texel_box(const ImageRegion& region) {
  const auto size = [](uint32_t value) { return static_cast<Size>(value); };
  return {size(region.mip),
          size(region.offset.x),
          size(region.offset.y),
          size(region.base_layer + region.offset.z),
          size(region.extent.width),
          size(region.extent.height),
          size(region.layer_count * region.extent.depth)};
}

// What GL calls texels that lie in a buffer.
struct TexelsInMemory {
  Enum format = 0;
  Enum type = 0;
};

// A buffer and the rows in it. The first row of a slice follows the last one of the slice before.
struct TexelRows {
  Name buffer = 0;
  uint64_t offset_bytes = 0;
  uint32_t row_length_texels = 0;  // never 0

  // From the start of one slice to the next.
  uint64_t slice_bytes(const TexelBox& box, uint32_t texel_bytes) const {
    return uint64_t{row_length_texels} * static_cast<uint32_t>(box.height) * texel_bytes;
  }
};

}  // namespace ist::gl
