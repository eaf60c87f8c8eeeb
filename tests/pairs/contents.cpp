// Images filled and read.
#include "contents.h"

#include <ist/core.h>

#include <cmath>
#include <cstring>

namespace pairs {

using conformance::Half;
using conformance::i32;
using conformance::take_error;
using gl_host::texel_format;
using gl_host::TexelFormat;

namespace {

uint32_t rank_of(const Shape& shape) { return shape.dimension == TI_IMAGE_DIMENSION_3D ? 3 : 2; }

std::string kernel_name(const char* verb, const Shape& shape) { return verb + std::to_string(rank_of(shape)) + "d"; }

const char* format_name(TiFormat format) {
  return format == TI_FORMAT_RGBA8 ? "rgba8" : format == TI_FORMAT_RGBA16F ? "rgba16f" : "r32f";
}

// What a channel of such a format is when the kernels compute h for it.
void put_stored(TiFormat format, uint32_t h, uint8_t* to) {
  if (format == TI_FORMAT_RGBA8) {
    *to = static_cast<uint8_t>(h);
  } else if (format == TI_FORMAT_RGBA16F) {
    const Half half(static_cast<float>(h % 2048) * 0.25f - 256.0f);
    std::memcpy(to, &half, 2);
  } else {
    const float real = static_cast<float>(331 * h % 65536) * 0.125f - 4096.0f;
    std::memcpy(to, &real, 4);
  }
}

void put_value(TiFormat format, float value, uint8_t* to) {
  if (format == TI_FORMAT_RGBA8) {
    *to = static_cast<uint8_t>(std::lround(value * 255.0f));
  } else if (format == TI_FORMAT_RGBA16F) {
    const Half half(value);
    std::memcpy(to, &half, 2);
  } else {
    std::memcpy(to, &value, 4);
  }
}

}  // namespace

TiImage make_image(TiRuntime runtime, const Shape& shape) {
  TiImageAllocateInfo info{};
  info.dimension = shape.dimension;
  info.extent = {shape.width, shape.height, shape.depth, shape.layers};
  info.mip_level_count = shape.mips;
  info.format = shape.format;
  info.export_sharing = TI_TRUE;
  info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  const TiImage image = ti_allocate_image(runtime, &info);
  EXPECT_NE(image, nullptr) << take_error().message;
  return image;
}

TiImageSlice level_of(TiImage image, const Shape& shape, uint32_t mip) { return {image, {}, shape.extent(mip), mip}; }

TiArgument texture_argument(TiImage image, const Shape& shape) {
  TiArgument argument{};
  argument.type = TI_ARGUMENT_TYPE_TEXTURE;
  TiTexture& texture = argument.value.texture;
  texture.image = image;
  texture.dimension = shape.dimension;
  texture.extent = shape.extent(0);
  texture.format = shape.format;
  return argument;
}

void write_image(TiRuntime runtime, TiImage image, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip) {
    const auto texels = gl_host::pattern(shape, mip, seed);
    const TiImageSlice level = level_of(image, shape, mip);
    EXPECT_EQ(ist_write_image(runtime, &level, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS)
        << take_error().message;
  }
}

std::vector<uint8_t> read_level(TiRuntime runtime, TiImage image, const Shape& shape, uint32_t mip) {
  std::vector<uint8_t> texels(gl_host::pattern(shape, mip, 0).size());
  const TiImageSlice level = level_of(image, shape, mip);
  EXPECT_EQ(ist_read_image(runtime, &level, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS) << take_error().message;
  return texels;
}

void store_by_kernel(TiRuntime, const conformance::Module& formats, TiImage image, const Shape& shape, uint32_t seed) {
  std::vector<TiArgument> args = {texture_argument(image, shape), i32(static_cast<int32_t>(shape.width)),
                                  i32(static_cast<int32_t>(shape.height))};
  if (rank_of(shape) == 3) args.push_back(i32(static_cast<int32_t>(shape.depth)));
  args.push_back(i32(static_cast<int32_t>(seed)));
  formats.launch(kernel_name("store_", shape) + "_" + format_name(shape.format), args);
}

std::vector<uint8_t> stored_texels(const Shape& shape, uint32_t seed) {
  const TexelFormat& format = texel_format(shape.format);
  std::vector<uint8_t> texels(size_t{shape.width} * shape.height * shape.depth * gl_host::texel_bytes(shape.format));
  uint8_t* at = texels.data();
  for (uint32_t z = 0; z < shape.depth; ++z)
    for (uint32_t y = 0; y < shape.height; ++y)
      for (uint32_t x = 0; x < shape.width; ++x)
        for (uint32_t c = 0; c < format.channels; ++c, at += format.channel_bytes)
          put_stored(shape.format, 37 * x + 59 * y + 83 * z + 101 * c + 7 * seed, at);
  return texels;
}

std::vector<uint8_t> fetch_by_kernel(TiRuntime runtime, const conformance::Module& formats, TiImage image,
                                     const Shape& shape) {
  std::vector<uint32_t> sides = {shape.width, shape.height};
  if (rank_of(shape) == 3) sides.push_back(shape.depth);
  conformance::Array<float> out(runtime, sides, {4});
  formats.launch(kernel_name("fetch_", shape), {texture_argument(image, shape), out.arg(), i32(0)});
  const std::vector<float> values = out.read();
  const TexelFormat& format = texel_format(shape.format);
  const size_t texel_bytes = gl_host::texel_bytes(shape.format);
  std::vector<uint8_t> texels(values.size() / 4 * texel_bytes);
  // Kernels have the last index fastest, images the first.
  size_t from = 0;
  for (uint32_t x = 0; x < shape.width; ++x)
    for (uint32_t y = 0; y < shape.height; ++y)
      for (uint32_t z = 0; z < shape.depth; ++z, from += 4)
        for (uint32_t c = 0; c < format.channels; ++c)
          put_value(
              shape.format, values[from + c],
              &texels[((size_t{z} * shape.height + y) * shape.width + x) * texel_bytes + c * format.channel_bytes]);
  return texels;
}

}  // namespace pairs
