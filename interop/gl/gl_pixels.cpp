// Wide pixels, narrowed channel by channel.
#include "gl_pixels.h"

#include <cstring>
#include <vector>

#include "core/half.h"

namespace ist::gl_host {
namespace {

struct Wide {
  Enum format;
  Enum type;
  uint32_t channel_bytes;
};

Wide wide_format(const FormatInfo& info) {
  const uint32_t channel_bytes = info.texel_bytes / info.channels;
  switch (info.kind) {
    case FormatKind::uint:
      return {k::kRgbaInteger, k::kUnsignedInt, 4};
    case FormatKind::sint:
      return {k::kRgbaInteger, k::kInt, 4};
    case FormatKind::sfloat:
      return {k::kRgba, k::kFloat, 4};
    default:
      return channel_bytes == 2 ? Wide{k::kRgba, k::kUnsignedShort, 2} : Wide{k::kRgba, k::kUnsignedByte, 1};
  }
}

void narrow(const FormatInfo& info, uint32_t wide_bytes, const std::byte* from, std::byte* to) {
  const uint32_t channel_bytes = info.texel_bytes / info.channels;
  for (uint32_t channel = 0; channel < info.channels; ++channel) {
    const std::byte* source = from + channel * wide_bytes;
    std::byte* target = to + channel * channel_bytes;
    if (info.kind == FormatKind::sfloat && channel_bytes == 2) {
      float value;
      std::memcpy(&value, source, sizeof value);
      const uint16_t half = half_from_float(value);
      std::memcpy(target, &half, sizeof half);
    } else {
      std::memcpy(target, source, channel_bytes);  // the low bytes of an integer come first here
    }
  }
}

}  // namespace

void read_pixels(const Functions& gl, Format format, const Extent& extent, std::byte* texels) {
  static_assert(std::endian::native == std::endian::little);
  const FormatInfo& info = format_info(format);
  const Wide wide = wide_format(info);
  const size_t count = size_t{extent.width} * extent.height;
  std::vector<std::byte> pixels(count * 4 * wide.channel_bytes);
  gl.ReadPixels(0, 0, static_cast<Size>(extent.width), static_cast<Size>(extent.height), wide.format, wide.type,
                pixels.data());
  for (size_t i = 0; i < count; ++i)
    narrow(info, wide.channel_bytes, pixels.data() + i * 4 * wide.channel_bytes, texels + i * info.texel_bytes);
}

}  // namespace ist::gl_host
