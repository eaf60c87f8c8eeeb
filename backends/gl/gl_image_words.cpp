// One row a format, in SPIR-V's order.
#include "gl/gl_image_words.h"

#include <spirv_cross/spirv.hpp>

namespace ist::gl {
namespace {

enum Level : uint8_t { none, basic, atomic, extended, unorm16 };

struct Row {
  const char* word = nullptr;
  Level level = none;
  uint16_t gl = 0;
};

constexpr Row kRows[] = {
    {},
    {"rgba32f", basic, 0x8814},
    {"rgba16f", basic, 0x881A},
    {"r32f", atomic, 0x822E},
    {"rgba8", basic, 0x8058},
    {"rgba8_snorm", basic, 0x8F97},
    {"rg32f", extended, 0x8230},
    {"rg16f", extended, 0x822F},
    {"r11f_g11f_b10f", extended, 0x8C3A},
    {"r16f", extended, 0x822D},
    {"rgba16", unorm16, 0x805B},
    {"rgb10_a2", extended, 0x8059},
    {"rg16", unorm16, 0x822C},
    {"rg8", extended, 0x822B},
    {"r16", unorm16, 0x822A},
    {"r8", extended, 0x8229},
    {"rgba16_snorm", unorm16, 0x8F9B},
    {"rg16_snorm", unorm16, 0x8F99},
    {"rg8_snorm", extended, 0x8F95},
    {"r16_snorm", unorm16, 0x8F98},
    {"r8_snorm", extended, 0x8F94},
    {"rgba32i", basic, 0x8D82},
    {"rgba16i", basic, 0x8D88},
    {"rgba8i", basic, 0x8D8E},
    {"r32i", atomic, 0x8235},
    {"rg32i", extended, 0x823B},
    {"rg16i", extended, 0x8239},
    {"rg8i", extended, 0x8237},
    {"r16i", extended, 0x8233},
    {"r8i", extended, 0x8231},
    {"rgba32ui", basic, 0x8D70},
    {"rgba16ui", basic, 0x8D76},
    {"rgba8ui", basic, 0x8D7C},
    {"r32ui", atomic, 0x8236},
    {"rgb10_a2ui", extended, 0x906F},
    {"rg32ui", extended, 0x823C},
    {"rg16ui", extended, 0x823A},
    {"rg8ui", extended, 0x8238},
    {"r16ui", extended, 0x8234},
    {"r8ui", extended, 0x8232},
};
static_assert(spv::ImageFormatRgba16 == 10 && spv::ImageFormatR32i == 24 && spv::ImageFormatR8ui == 39);

Row row_of(uint32_t format) { return format < std::size(kRows) ? kRows[format] : Row(); }

}  // namespace

const char* image_word(uint32_t format) { return row_of(format).word; }

uint32_t gl_image_format(uint32_t format) { return row_of(format).gl; }

bool is_basic_format(uint32_t format) {
  const Level level = row_of(format).level;
  return level == basic || level == atomic;
}

bool is_atomic_format(uint32_t format) { return row_of(format).level == atomic; }

bool can_store(const GlslTarget& target, uint32_t format) {
  switch (row_of(format).level) {
    case none:
      return false;
    case extended:
      return target.extended_formats;
    case unorm16:
      return target.extended_formats && target.extended_unorm16;
    default:
      return true;
  }
}

uint32_t basic_format_like(uint32_t format) {
  if (format >= spv::ImageFormatRgba32ui && format <= spv::ImageFormatR8ui) return spv::ImageFormatRgba32ui;
  if (format >= spv::ImageFormatRgba32i && format <= spv::ImageFormatR8i) return spv::ImageFormatRgba32i;
  return spv::ImageFormatRgba32f;
}

}  // namespace ist::gl
