// Writing of pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace demo {

// Writes RGBA pixels, rows tight from the top. Throws std::runtime_error when the file cannot be written.
void write_png(const std::string& path, uint32_t width, uint32_t height, const std::vector<uint8_t>& rgba);

}  // namespace demo
