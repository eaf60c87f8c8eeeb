// RGBA8 pixels of a frame: a pattern that no other frame and no other place has, and a comparison.
#pragma once

#include <cstdint>
#include <vector>

#include "words.h"

namespace doctor {

struct Size {
  uint32_t width = 1920;
  uint32_t height = 1080;
  uint64_t bytes() const { return uint64_t{4} * width * height; }
};

using Pixels = std::vector<uint32_t>;

inline uint32_t pixel_at(uint32_t frame, uint32_t x, uint32_t y) {
  return (x * 2654435761u) ^ (y * 2246822519u) ^ ((frame + 1) * 3266489917u);
}

inline void fill(Pixels& pixels, Size size, uint32_t frame) {
  pixels.resize(size_t{size.width} * size.height);
  uint32_t* at = pixels.data();
  for (uint32_t y = 0; y < size.height; ++y)
    for (uint32_t x = 0; x < size.width; ++x) *at++ = pixel_at(frame, x, y);
}

// Nothing when the pixels are those of the frame, else the first that is not.
Problem compare(const Pixels& pixels, Size size, uint32_t frame);

}  // namespace doctor
