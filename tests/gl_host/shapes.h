// Images as the tests make them, and texels that tell every place and seed apart. Knows GL's names of texel formats,
// and calls nothing of it.
#pragma once

#include <GL/glcorearb.h>
#include <taichi/taichi_core.h>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <vector>

namespace gl_host {

// An image as the tests make it.
struct Shape {
  const char* name;
  TiFormat format = TI_FORMAT_RGBA8;
  TiImageDimension dimension = TI_IMAGE_DIMENSION_2D;
  uint32_t width = 67;
  uint32_t height = 45;
  uint32_t depth = 1;
  uint32_t layers = 1;
  uint32_t mips = 1;

  TiImageExtent extent(uint32_t mip) const;  // of all layers
  size_t slice_count(uint32_t mip) const { return size_t{extent(mip).depth} * layers; }
};
std::ostream& operator<<(std::ostream& out, const Shape& shape);

struct TexelFormat {
  GLenum format;  // as texels lie in host memory
  GLenum type;
  uint32_t channels;
  uint32_t channel_bytes;
  enum Kind { unorm, uint, sint, sfloat } kind;
};
const TexelFormat& texel_format(TiFormat format);
uint32_t texel_bytes(TiFormat format);

// Tight texels of a mip level, all layers: a pattern in which every texel, mip, layer and seed differs.
std::vector<uint8_t> pattern(const Shape& shape, uint32_t mip, uint32_t seed);
// Fails the test when they differ; tells how many bytes do and which is the first.
void expect_same(const std::vector<uint8_t>& seen, const std::vector<uint8_t>& expected, const Shape& shape,
                 uint32_t mip);

}  // namespace gl_host
