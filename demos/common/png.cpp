// The one translation unit that holds stb_image_write.
#include "png.h"

#include <stdexcept>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include <stb/stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace demo {

void write_png(const std::string& path, uint32_t width, uint32_t height, const std::vector<uint8_t>& rgba) {
  const int stride = int(width) * 4;
  if (stbi_write_png(path.c_str(), int(width), int(height), 4, rgba.data(), stride)) return;
  throw std::runtime_error("The picture '" + path + "' cannot be written.");
}

}  // namespace demo
