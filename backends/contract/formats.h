// One row of facts for each TiFormat.
#pragma once

#include <cstdint>

#include "contract/types.h"

namespace ist {

enum class FormatKind : uint8_t { unorm, srgb, uint, sint, sfloat, depth };

struct FormatInfo {
  const char* name = "unknown";  // "rgba8srgb"
  uint8_t texel_bytes = 0;       // of the colour or depth(+stencil) texel as laid out in a buffer copy
  uint8_t channels = 0;
  FormatKind kind = FormatKind::unorm;
  bool has_stencil = false;
};

inline constexpr Format kFormatCount = 44;  // 0 is unknown, 43 the last

// Facts of a format; the row of "unknown" for anything out of range.
const FormatInfo& format_info(Format format);

// For messages: "2D array", "SHADER_READ_WRITE".
const char* dimension_name(ImageDimension dimension);
const char* layout_name(Layout layout);

}  // namespace ist
