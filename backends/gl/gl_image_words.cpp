// One row a format, in SPIR-V's order.
#include "gl/gl_image_words.h"

#include <spirv_cross/spirv.hpp>

namespace ist::gl {
namespace {

enum Level : uint8_t { none, basic, atomic, extended, unorm16 };

struct Row {
  const char* word = nullptr;
  Level level = none;
};

constexpr Row kRows[] = {
    {},
    {"rgba32f", basic},
    {"rgba16f", basic},
    {"r32f", atomic},
    {"rgba8", basic},
    {"rgba8_snorm", basic},
    {"rg32f", extended},
    {"rg16f", extended},
    {"r11f_g11f_b10f", extended},
    {"r16f", extended},
    {"rgba16", unorm16},
    {"rgb10_a2", extended},
    {"rg16", unorm16},
    {"rg8", extended},
    {"r16", unorm16},
    {"r8", extended},
    {"rgba16_snorm", unorm16},
    {"rg16_snorm", unorm16},
    {"rg8_snorm", extended},
    {"r16_snorm", unorm16},
    {"r8_snorm", extended},
    {"rgba32i", basic},
    {"rgba16i", basic},
    {"rgba8i", basic},
    {"r32i", atomic},
    {"rg32i", extended},
    {"rg16i", extended},
    {"rg8i", extended},
    {"r16i", extended},
    {"r8i", extended},
    {"rgba32ui", basic},
    {"rgba16ui", basic},
    {"rgba8ui", basic},
    {"r32ui", atomic},
    {"rgb10_a2ui", extended},
    {"rg32ui", extended},
    {"rg16ui", extended},
    {"rg8ui", extended},
    {"r16ui", extended},
    {"r8ui", extended},
};
static_assert(spv::ImageFormatRgba16 == 10 && spv::ImageFormatR32i == 24 && spv::ImageFormatR8ui == 39);

Row row_of(uint32_t format) { return format < std::size(kRows) ? kRows[format] : Row(); }

}  // namespace

const char* image_word(uint32_t format) { return row_of(format).word; }

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
