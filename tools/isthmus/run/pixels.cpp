// Samples are scaled as drivers scale normalised formats.
#include "pixels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "scalars.h"

namespace tool {
namespace {

using ist::aot::DataType;

uint32_t sample_at(const Picture& picture, size_t index) {
  if (picture.sample_bytes == 1) return std::to_integer<uint32_t>(picture.samples[index]);
  uint16_t sample;
  std::memcpy(&sample, picture.samples.data() + index * 2, 2);
  return sample;
}

size_t sample_count(const Picture& picture) { return size_t{picture.width} * picture.height * picture.channels; }

}  // namespace

bool is_of_pictures(DataType type) { return is_float(type) || type == DataType::u8 || type == DataType::u16; }

bool to_numbers(const Picture& picture, DataType type, Bytes& numbers) {
  const bool wide = picture.sample_bytes == 2;
  if (!is_of_pictures(type)) return false;
  const size_t count = sample_count(picture);
  numbers.reserve(count * ist::aot::element_size_bytes(type));
  for (size_t i = 0; i < count; ++i) {
    const uint32_t sample = sample_at(picture, i);
    if (type == DataType::u8)
      append_value(wide ? sample >> 8 : sample, type, numbers);
    else if (type == DataType::u16)
      append_value(wide ? sample : sample * 257, type, numbers);
    else
      append_value(sample / (wide ? 65535.0 : 255.0), type, numbers);
  }
  return true;
}

bool to_picture(const Bytes& numbers, DataType type, Picture& picture) {
  const size_t count = sample_count(picture), bytes = ist::aot::element_size_bytes(type);
  if (!is_of_pictures(type) || numbers.size() != count * bytes) return false;
  picture.sample_bytes = type == DataType::u16 ? 2 : 1;
  if (type == DataType::u8 || type == DataType::u16) {
    picture.samples = numbers;
    return true;
  }
  picture.samples.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const double value = number_value(numbers.data() + i * bytes, type);
    // Not a number is black.
    const double clamped = value >= 0 ? std::min(value, 1.0) : 0.0;
    picture.samples.push_back(static_cast<std::byte>(std::lround(clamped * 255)));
  }
  return true;
}

void swap_red_blue(Bytes& texels, const Format& format) {
  const size_t step = format.texel_bytes();
  for (size_t at = 0; at + step <= texels.size(); at += step) std::swap(texels[at], texels[at + 2]);
}

}  // namespace tool
