// The table of formats, by TiFormat.
#include "contract/formats.h"

#include <iterator>

namespace ist {
namespace {

using enum FormatKind;

constexpr FormatInfo kFormats[] = {
    {},
    {"r8", 1, 1, unorm, false},
    {"rg8", 2, 2, unorm, false},
    {"rgba8", 4, 4, unorm, false},
    {"rgba8srgb", 4, 4, srgb, false},
    {"bgra8", 4, 4, unorm, false},
    {"bgra8srgb", 4, 4, srgb, false},
    {"r8u", 1, 1, uint, false},
    {"rg8u", 2, 2, uint, false},
    {"rgba8u", 4, 4, uint, false},
    {"r8i", 1, 1, sint, false},
    {"rg8i", 2, 2, sint, false},
    {"rgba8i", 4, 4, sint, false},
    {"r16", 2, 1, unorm, false},
    {"rg16", 4, 2, unorm, false},
    {"rgb16", 6, 3, unorm, false},
    {"rgba16", 8, 4, unorm, false},
    {"r16u", 2, 1, uint, false},
    {"rg16u", 4, 2, uint, false},
    {"rgb16u", 6, 3, uint, false},
    {"rgba16u", 8, 4, uint, false},
    {"r16i", 2, 1, sint, false},
    {"rg16i", 4, 2, sint, false},
    {"rgb16i", 6, 3, sint, false},
    {"rgba16i", 8, 4, sint, false},
    {"r16f", 2, 1, sfloat, false},
    {"rg16f", 4, 2, sfloat, false},
    {"rgb16f", 6, 3, sfloat, false},
    {"rgba16f", 8, 4, sfloat, false},
    {"r32u", 4, 1, uint, false},
    {"rg32u", 8, 2, uint, false},
    {"rgb32u", 12, 3, uint, false},
    {"rgba32u", 16, 4, uint, false},
    {"r32i", 4, 1, sint, false},
    {"rg32i", 8, 2, sint, false},
    {"rgb32i", 12, 3, sint, false},
    {"rgba32i", 16, 4, sint, false},
    {"r32f", 4, 1, sfloat, false},
    {"rg32f", 8, 2, sfloat, false},
    {"rgb32f", 12, 3, sfloat, false},
    {"rgba32f", 16, 4, sfloat, false},
    {"depth16", 2, 1, depth, false},
    {"depth24stencil8", 4, 1, depth, true},
    {"depth32f", 4, 1, depth, false},
};
static_assert(std::size(kFormats) == kFormatCount);

}  // namespace

const FormatInfo& format_info(Format format) { return kFormats[format < kFormatCount ? format : 0]; }

const char* dimension_name(ImageDimension dimension) {
  static constexpr const char* kNames[] = {"1D", "2D", "3D", "1D array", "2D array", "cube"};
  return kNames[static_cast<uint32_t>(dimension)];
}

const char* layout_name(Layout layout) {
  static constexpr const char* kNames[] = {
      "UNDEFINED",        "SHADER_READ",           "SHADER_WRITE",     "SHADER_READ_WRITE",
      "COLOR_ATTACHMENT", "COLOR_ATTACHMENT_READ", "DEPTH_ATTACHMENT", "DEPTH_ATTACHMENT_READ",
      "TRANSFER_DST",     "TRANSFER_SRC",          "PRESENT_SRC"};
  return kNames[static_cast<uint32_t>(layout)];
}

}  // namespace ist
