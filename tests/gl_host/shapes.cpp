// Sizes, texel formats and patterns.
#include "shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ostream>

#include "conformance/support.h"

namespace gl_host {

void expect_same(const std::vector<uint8_t>& seen, const std::vector<uint8_t>& expected, const Shape& shape,
                 uint32_t mip) {
  ASSERT_EQ(seen.size(), expected.size());
  size_t wrong = 0;
  size_t first = expected.size();
  for (size_t i = 0; i < expected.size(); ++i) {
    if (seen[i] == expected[i]) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return;
  ADD_FAILURE() << shape.name << ", mip " << mip << ": " << wrong << " of " << expected.size()
                << " bytes are wrong, the first at " << first << ": " << int{seen[first]} << " instead of "
                << int{expected[first]};
}

TiImageExtent Shape::extent(uint32_t mip) const {
  const auto shrink = [mip](uint32_t texels) { return std::max(texels >> mip, 1u); };
  return {shrink(width), shrink(height), shrink(depth), layers};
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.name; }

const TexelFormat& texel_format(TiFormat format) {
  static const auto table = [] {
    std::array<TexelFormat, 44> t{};
    t[TI_FORMAT_R8] = {GL_RED, GL_UNSIGNED_BYTE, 1, 1, TexelFormat::unorm};
    t[TI_FORMAT_RG8] = {GL_RG, GL_UNSIGNED_BYTE, 2, 1, TexelFormat::unorm};
    t[TI_FORMAT_RGBA8] = {GL_RGBA, GL_UNSIGNED_BYTE, 4, 1, TexelFormat::unorm};
    t[TI_FORMAT_RGBA8SRGB] = t[TI_FORMAT_RGBA8];
    t[TI_FORMAT_BGRA8] = t[TI_FORMAT_RGBA8];
    t[TI_FORMAT_R8U] = {GL_RED_INTEGER, GL_UNSIGNED_BYTE, 1, 1, TexelFormat::uint};
    t[TI_FORMAT_RGBA8I] = {GL_RGBA_INTEGER, GL_BYTE, 4, 1, TexelFormat::sint};
    t[TI_FORMAT_RGBA16] = {GL_RGBA, GL_UNSIGNED_SHORT, 4, 2, TexelFormat::unorm};
    t[TI_FORMAT_RG16U] = {GL_RG_INTEGER, GL_UNSIGNED_SHORT, 2, 2, TexelFormat::uint};
    t[TI_FORMAT_R16F] = {GL_RED, GL_HALF_FLOAT, 1, 2, TexelFormat::sfloat};
    t[TI_FORMAT_RGBA16F] = {GL_RGBA, GL_HALF_FLOAT, 4, 2, TexelFormat::sfloat};
    t[TI_FORMAT_R32U] = {GL_RED_INTEGER, GL_UNSIGNED_INT, 1, 4, TexelFormat::uint};
    t[TI_FORMAT_RGBA32I] = {GL_RGBA_INTEGER, GL_INT, 4, 4, TexelFormat::sint};
    t[TI_FORMAT_R32F] = {GL_RED, GL_FLOAT, 1, 4, TexelFormat::sfloat};
    t[TI_FORMAT_RGBA32F] = {GL_RGBA, GL_FLOAT, 4, 4, TexelFormat::sfloat};
    t[TI_FORMAT_RGB32F] = {GL_RGB, GL_FLOAT, 3, 4, TexelFormat::sfloat};
    t[TI_FORMAT_DEPTH32F] = {GL_DEPTH_COMPONENT, GL_FLOAT, 1, 4, TexelFormat::sfloat};
    return t;
  }();
  return table[format];
}

uint32_t texel_bytes(TiFormat format) { return texel_format(format).channels * texel_format(format).channel_bytes; }

std::vector<uint8_t> pattern(const Shape& shape, uint32_t mip, uint32_t seed) {
  const TiImageExtent e = shape.extent(mip);
  const TexelFormat& format = texel_format(shape.format);
  const size_t count = size_t{e.width} * e.height * shape.slice_count(mip) * format.channels;
  std::vector<uint8_t> bytes(count * format.channel_bytes);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t value = (static_cast<uint32_t>(i) * 2654435761u ^ (seed * 977u + mip * 131u)) >> 7;
    uint8_t* to = bytes.data() + i * format.channel_bytes;
    if (format.kind == TexelFormat::sfloat) {
      const float number = static_cast<float>(value % 2048) / (shape.format == TI_FORMAT_DEPTH32F ? 2048.0f : 1.0f);
      const conformance::Half half(number);
      if (format.channel_bytes == 2) {
        std::memcpy(to, &half, 2);
      } else {
        std::memcpy(to, &number, 4);
      }
    } else {
      std::memcpy(to, &value, format.channel_bytes);
    }
  }
  return bytes;
}

}  // namespace gl_host
