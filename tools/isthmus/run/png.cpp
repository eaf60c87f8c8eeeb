// Read by stb_image; written by zlib, as stb writes no 16 bits.
#include "png.h"

#include <zlib.h>

#include <cstring>
#include <memory>
#include <new>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_MAX_DIMENSIONS 16384
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <stb/stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace tool {
namespace {

using ist::Code;

void put_word(Bytes& bytes, uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(word >> shift & 255));
}

void put_chunk(Bytes& file, const char* type, const Bytes& data) {
  put_word(file, static_cast<uint32_t>(data.size()));
  const size_t start = file.size();
  for (int i = 0; i < 4; ++i) file.push_back(static_cast<std::byte>(type[i]));
  file.insert(file.end(), data.begin(), data.end());
  const auto* bytes = reinterpret_cast<const Bytef*>(file.data() + start);
  put_word(file, static_cast<uint32_t>(crc32(0, bytes, static_cast<uInt>(file.size() - start))));
}

size_t row_bytes_of(const Picture& picture) { return size_t{picture.width} * picture.channels * picture.sample_bytes; }

// Each row with its filter (none) before it, and the more significant byte first.
Bytes scanlines(const Picture& picture) {
  const size_t row_bytes = row_bytes_of(picture);
  Bytes lines;
  lines.reserve((row_bytes + 1) * picture.height);
  for (uint32_t y = 0; y < picture.height; ++y) {
    lines.push_back(std::byte{0});
    const std::byte* row = picture.samples.data() + y * row_bytes;
    if (picture.sample_bytes == 1) {
      lines.insert(lines.end(), row, row + row_bytes);
      continue;
    }
    for (size_t i = 0; i < row_bytes; i += 2) {
      uint16_t sample;
      std::memcpy(&sample, row + i, 2);
      lines.push_back(static_cast<std::byte>(sample >> 8));
      lines.push_back(static_cast<std::byte>(sample & 255));
    }
  }
  return lines;
}

}  // namespace

ist::Result<Picture> read_png(const Bytes& file, const std::string& name, uint32_t channels) {
  const auto* bytes = reinterpret_cast<const stbi_uc*>(file.data());
  if (file.size() > size_t{1} << 30)
    return ist::fail(Code::invalid_argument, "The picture '%s' is larger than 1 GiB.", name.c_str());
  const int size = static_cast<int>(file.size());
  const bool wide = stbi_is_16_bit_from_memory(bytes, size) != 0;
  int width = 0, height = 0, own = 0;
  void* samples = nullptr;
  if (wide)
    samples = stbi_load_16_from_memory(bytes, size, &width, &height, &own, static_cast<int>(channels));
  else
    samples = stbi_load_from_memory(bytes, size, &width, &height, &own, static_cast<int>(channels));
  const std::unique_ptr<void, void (*)(void*)> owned(samples, stbi_image_free);
  if (!samples)
    return ist::fail(Code::corrupted_data, "'%s' is no PNG that can be read (%s).", name.c_str(),
                     stbi_failure_reason() ? stbi_failure_reason() : "unknown");
  Picture picture{static_cast<uint32_t>(width),
                  static_cast<uint32_t>(height),
                  channels ? channels : static_cast<uint32_t>(own),
                  wide ? 2u : 1u,
                  {}};
  const auto* begin = static_cast<const std::byte*>(samples);
  picture.samples.assign(begin,
                         begin + size_t{picture.width} * picture.height * picture.channels * picture.sample_bytes);
  return picture;
}

bool fits_png(const Picture& picture) {
  constexpr uint64_t kMost = INT32_MAX;
  if (picture.width < 1 || picture.width > kMost || picture.height < 1 || picture.height > kMost) return false;
  if (picture.channels < 1 || picture.channels > 4) return false;
  const uint64_t line_bytes = row_bytes_of(picture) + 1;
  return line_bytes <= kMost && compressBound(static_cast<uLong>(line_bytes * picture.height)) <= kMost;
}

Bytes to_png(const Picture& picture) {
  static constexpr uint8_t kColorTypes[] = {0, 0, 4, 2, 6};
  Bytes file;
  for (const int c : {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a}) file.push_back(static_cast<std::byte>(c));
  Bytes header;
  put_word(header, picture.width);
  put_word(header, picture.height);
  for (const uint32_t c : {picture.sample_bytes * 8, uint32_t{kColorTypes[picture.channels]}, 0u, 0u, 0u})
    header.push_back(static_cast<std::byte>(c));
  put_chunk(file, "IHDR", header);
  const Bytes lines = scanlines(picture);
  uLongf packed_bytes = compressBound(static_cast<uLong>(lines.size()));
  Bytes packed(packed_bytes);
  const int packing = compress2(reinterpret_cast<Bytef*>(packed.data()), &packed_bytes,
                                reinterpret_cast<const Bytef*>(lines.data()), static_cast<uLong>(lines.size()), 6);
  if (packing != Z_OK) throw std::bad_alloc();
  packed.resize(packed_bytes);
  put_chunk(file, "IDAT", packed);
  put_chunk(file, "IEND", {});
  return file;
}

}  // namespace tool
