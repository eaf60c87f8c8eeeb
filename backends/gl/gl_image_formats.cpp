// From the tables of OpenGL 4.3 and OpenGL ES 3.1 and what the extensions in ComputeCaps add to them. What the tables
// leave to the driver is not offered.
#include "gl/gl_image_formats.h"

#include <bit>

#include "gl/gl_image_words.h"

namespace ist::gl {
namespace {

constexpr Enum kRgba8 = 0x8058, kSrgb8Alpha8 = 0x8C43;
constexpr uint32_t kCubeFaces = 6;

bool is_array(ImageDimension dimension) {
  return dimension == ImageDimension::d1_array || dimension == ImageDimension::d2_array;
}

bool is_line(ImageDimension dimension) {
  return dimension == ImageDimension::d1 || dimension == ImageDimension::d1_array;
}

bool is_integer(const FormatInfo& info) { return info.kind == FormatKind::uint || info.kind == FormatKind::sint; }

bool is_wide(const FormatInfo& info) { return info.texel_bytes == 4 * info.channels; }

// Texels that a framebuffer takes.
bool renderable(const ComputeCaps& caps, const FormatInfo& info) {
  if (info.channels == 3) return false;
  if (info.kind != FormatKind::sfloat) return true;
  return is_wide(info) ? caps.color_buffer_float : caps.color_buffer_half;
}

bool filters(const ContextFacts& facts, const FormatInfo& info) {
  if (is_integer(info)) return false;
  if (info.kind == FormatKind::depth) return !facts.caps.es;
  return info.kind != FormatKind::sfloat || !is_wide(info) || facts.compute.linear_float;
}

// Whether its texels get out into memory, bit by bit. Shaders, by which the last is read that nothing else reads, see
// all but depth with stencil in full, and of cubes they see no single texels without a view.
bool travels(const ContextFacts& facts, const FormatInfo& info, ImageDimension dimension) {
  if (facts.caps.es && dimension == ImageDimension::cube && !facts.compute.texture_view) return false;
  if (info.has_stencil) return !facts.caps.es && facts.compute.texture_sub_image;
  return true;
}

uint32_t usages(const ContextFacts& facts, Format format, const GlFormat& native, ImageDimension dimension) {
  const FormatInfo& info = format_info(format);
  const bool depth = info.kind == FormatKind::depth;
  const bool layers = is_array(dimension) || dimension == ImageDimension::cube;
  uint32_t usage = 0;
  // Shaders see the first of several layers, which takes a view.
  if (!layers || facts.compute.texture_view) usage |= image_usage::kSampled;
  // A framebuffer knows nothing of the swizzle.
  if (depth || (renderable(facts.compute, info) && !native.blue_first)) usage |= image_usage::kAttachment;
  if (storage_format(facts, format)) usage |= image_usage::kStorage;
  return usage;
}

void set_limits(const ComputeCaps& caps, ImageDimension dimension, FormatSupport& support) {
  const uint32_t side = dimension == ImageDimension::d3     ? caps.max_3d_size
                        : dimension == ImageDimension::cube ? caps.max_cube_size
                                                            : caps.max_texture_size;
  support.max_mips = static_cast<uint32_t>(std::bit_width(side));
  support.max_layers = is_array(dimension) ? caps.max_layers : dimension == ImageDimension::cube ? kCubeFaces : 1;
  support.max_extent = {side, is_line(dimension) ? 1 : side, dimension == ImageDimension::d3 ? side : 1};
}

}  // namespace

FormatSupport format_support(const ContextFacts& facts, Format format, ImageDimension dimension) {
  FormatSupport support;
  const FormatInfo& info = format_info(format);
  const Result<GlFormat> native = gl_format(format, facts.caps);
  const bool deep = info.kind == FormatKind::depth && dimension == ImageDimension::d3;  // GL has none
  if (!native.ok() || deep || !travels(facts, info, dimension)) return support;
  support.usage = usages(facts, format, *native, dimension);
  if (!support.usage) return support;
  support.linear_filter = filters(facts, info);
  support.blit = support.linear_filter && renderable(facts.compute, info) && info.kind != FormatKind::depth;
  set_limits(facts.compute, dimension, support);
  return support;
}

GlTarget image_target(const Caps& caps, ImageDimension dimension) {
  if (!caps.one_dimensional && dimension == ImageDimension::d1) dimension = ImageDimension::d2;
  if (!caps.one_dimensional && dimension == ImageDimension::d1_array) dimension = ImageDimension::d2_array;
  return *gl_target(dimension, caps);
}

Enum storage_format(const ContextFacts& facts, Format format) {
  const Result<GlFormat> native = gl_format(format, facts.caps);
  if (!native.ok() || native->blue_first) return 0;
  const bool srgb = native->internal == kSrgb8Alpha8;
  if (srgb && !facts.compute.format_views) return 0;
  const Enum wanted = srgb ? kRgba8 : native->internal;
  for (uint32_t word = 1; image_word(word); ++word)
    if (gl_image_format(word) == wanted) return can_store(facts.target, word) ? wanted : 0;
  return 0;
}

}  // namespace ist::gl
