// One line per format, in the order of TiFormat.
#include "formats.h"

#include <taichi/taichi_core.h>

namespace tool {
namespace {

using enum ist::aot::DataType;

constexpr Format kFormats[] = {
    {TI_FORMAT_R8, "r8", 1, u8, true, false},           {TI_FORMAT_RG8, "rg8", 2, u8, true, false},
    {TI_FORMAT_RGBA8, "rgba8", 4, u8, true, false},     {TI_FORMAT_RGBA8SRGB, "rgba8srgb", 4, u8, true, false},
    {TI_FORMAT_BGRA8, "bgra8", 4, u8, true, true},      {TI_FORMAT_BGRA8SRGB, "bgra8srgb", 4, u8, true, true},
    {TI_FORMAT_R8U, "r8u", 1, u8, false, false},        {TI_FORMAT_RG8U, "rg8u", 2, u8, false, false},
    {TI_FORMAT_RGBA8U, "rgba8u", 4, u8, false, false},  {TI_FORMAT_R8I, "r8i", 1, i8, false, false},
    {TI_FORMAT_RG8I, "rg8i", 2, i8, false, false},      {TI_FORMAT_RGBA8I, "rgba8i", 4, i8, false, false},
    {TI_FORMAT_R16, "r16", 1, u16, true, false},        {TI_FORMAT_RG16, "rg16", 2, u16, true, false},
    {TI_FORMAT_RGB16, "rgb16", 3, u16, true, false},    {TI_FORMAT_RGBA16, "rgba16", 4, u16, true, false},
    {TI_FORMAT_R16U, "r16u", 1, u16, false, false},     {TI_FORMAT_RG16U, "rg16u", 2, u16, false, false},
    {TI_FORMAT_RGB16U, "rgb16u", 3, u16, false, false}, {TI_FORMAT_RGBA16U, "rgba16u", 4, u16, false, false},
    {TI_FORMAT_R16I, "r16i", 1, i16, false, false},     {TI_FORMAT_RG16I, "rg16i", 2, i16, false, false},
    {TI_FORMAT_RGB16I, "rgb16i", 3, i16, false, false}, {TI_FORMAT_RGBA16I, "rgba16i", 4, i16, false, false},
    {TI_FORMAT_R16F, "r16f", 1, f16, false, false},     {TI_FORMAT_RG16F, "rg16f", 2, f16, false, false},
    {TI_FORMAT_RGB16F, "rgb16f", 3, f16, false, false}, {TI_FORMAT_RGBA16F, "rgba16f", 4, f16, false, false},
    {TI_FORMAT_R32U, "r32u", 1, u32, false, false},     {TI_FORMAT_RG32U, "rg32u", 2, u32, false, false},
    {TI_FORMAT_RGB32U, "rgb32u", 3, u32, false, false}, {TI_FORMAT_RGBA32U, "rgba32u", 4, u32, false, false},
    {TI_FORMAT_R32I, "r32i", 1, i32, false, false},     {TI_FORMAT_RG32I, "rg32i", 2, i32, false, false},
    {TI_FORMAT_RGB32I, "rgb32i", 3, i32, false, false}, {TI_FORMAT_RGBA32I, "rgba32i", 4, i32, false, false},
    {TI_FORMAT_R32F, "r32f", 1, f32, false, false},     {TI_FORMAT_RG32F, "rg32f", 2, f32, false, false},
    {TI_FORMAT_RGB32F, "rgb32f", 3, f32, false, false}, {TI_FORMAT_RGBA32F, "rgba32f", 4, f32, false, false},
};

}  // namespace

const Format* find_format(uint32_t format) {
  for (const Format& known : kFormats)
    if (known.format == format) return &known;
  return nullptr;
}

const Format* find_format(const std::string& name) {
  for (const Format& known : kFormats)
    if (name == known.name) return &known;
  return nullptr;
}

std::string format_name(uint32_t format) {
  const Format* known = find_format(format);
  return known ? known->name : "format " + std::to_string(format);
}

std::string format_names() {
  std::string names;
  for (const Format& known : kFormats) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return names;
}

}  // namespace tool
