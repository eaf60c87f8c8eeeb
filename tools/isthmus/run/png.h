// PNG files of 8 and 16 bits with 1 to 4 channels. What is read is untrusted.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "files.h"

namespace tool {

// Rows from the top, without gaps; samples of 16 bits in the machine's order.
struct Picture {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t channels = 0;      // grey, grey and alpha, RGB, RGBA
  uint32_t sample_bytes = 1;  // 1 or 2
  Bytes samples;
};

// Whether to_png() can hold its width, height, channels and sample_bytes: at most 2 GiB, as one chunk of a file has
// them.
bool fits_png(const Picture& picture);

// `channels` 0: as many as the file has; else they are converted. At most 16384 x 16384.
ist::Result<Picture> read_png(const Bytes& file, const std::string& name, uint32_t channels);
// Of a picture for which fits_png().
Bytes to_png(const Picture& picture);

}  // namespace tool
