// The formats of images that people can write down, by name, and what a texel of each is made of.
#pragma once

#include <cstdint>
#include <string>

#include "aot/module_desc.h"

namespace tool {

struct Format {
  uint32_t format;  // TiFormat
  const char* name;
  uint32_t channels;
  ist::aot::DataType component;  // as bytes of a channel are kept: u8, i16, f32, ...
  bool normalized;               // integers that shaders see as 0 to 1 (or -1 to 1)
  bool blue_first;

  uint32_t texel_bytes() const { return channels * ist::aot::element_size_bytes(component); }
};

// Null for those without a simple texel (depth) and for numbers that are none.
const Format* find_format(uint32_t format);
const Format* find_format(const std::string& name);
// "rgba8"; "format 77"'s number as text where it has no name.
std::string format_name(uint32_t format);
// All names, for messages: "r8, rg8, ..."
std::string format_names();

}  // namespace tool
