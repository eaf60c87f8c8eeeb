// Tables of numbers.
#include "gl_api/gl_formats.h"

#include <iterator>

namespace ist::gl {
namespace {

using namespace k;

// By TiFormat.
constexpr GlFormat kFormats[] = {
    {},
    {0x8229, kRed, kUnsignedByte},
    {0x822B, kRg, kUnsignedByte},
    {0x8058, kRgba, kUnsignedByte},
    {0x8C43, kRgba, kUnsignedByte},
    {0x8058, kRgba, kUnsignedByte, true},
    {0x8C43, kRgba, kUnsignedByte, true},
    {0x8232, kRedInteger, kUnsignedByte},
    {0x8238, kRgInteger, kUnsignedByte},
    {0x8D7C, kRgbaInteger, kUnsignedByte},
    {0x8231, kRedInteger, kByte},
    {0x8237, kRgInteger, kByte},
    {0x8D8E, kRgbaInteger, kByte},
    {0x822A, kRed, kUnsignedShort},
    {0x822C, kRg, kUnsignedShort},
    {0x8054, kRgb, kUnsignedShort},
    {0x805B, kRgba, kUnsignedShort},
    {0x8234, kRedInteger, kUnsignedShort},
    {0x823A, kRgInteger, kUnsignedShort},
    {0x8D77, kRgbInteger, kUnsignedShort},
    {0x8D76, kRgbaInteger, kUnsignedShort},
    {0x8233, kRedInteger, kShort},
    {0x8239, kRgInteger, kShort},
    {0x8D89, kRgbInteger, kShort},
    {0x8D88, kRgbaInteger, kShort},
    {0x822D, kRed, kHalfFloat},
    {0x822F, kRg, kHalfFloat},
    {0x881B, kRgb, kHalfFloat},
    {0x881A, kRgba, kHalfFloat},
    {0x8236, kRedInteger, kUnsignedInt},
    {0x823C, kRgInteger, kUnsignedInt},
    {0x8D71, kRgbInteger, kUnsignedInt},
    {0x8D70, kRgbaInteger, kUnsignedInt},
    {0x8235, kRedInteger, kInt},
    {0x823B, kRgInteger, kInt},
    {0x8D83, kRgbInteger, kInt},
    {0x8D82, kRgbaInteger, kInt},
    {0x822E, kRed, kFloat},
    {0x8230, kRg, kFloat},
    {0x8815, kRgb, kFloat},
    {0x8814, kRgba, kFloat},
    {0x81A5, kDepthComponent, kUnsignedShort},
    {0x88F0, 0, 0},  // texels of depth with stencil are never copied
    {0x8CAC, kDepthComponent, kFloat},
};
static_assert(std::size(kFormats) == kFormatCount);

// By TiImageDimension.
constexpr GlTarget kTargets[] = {
    {kTexture1D, kTextureBinding1D},           {kTexture2D, kTextureBinding2D},
    {kTexture3D, kTextureBinding3D},           {kTexture1DArray, kTextureBinding1DArray},
    {kTexture2DArray, kTextureBinding2DArray}, {kTextureCube, kTextureBindingCube},
};

bool is_norm16(const FormatInfo& info) {
  return info.kind == FormatKind::unorm && info.texel_bytes == 2 * info.channels;
}

}  // namespace

Result<GlFormat> gl_format(Format format, const Caps& caps) {
  const FormatInfo& info = format_info(format);
  const GlFormat& known = kFormats[format < kFormatCount ? format : 0];
  if (!known.internal) return fail(Code::not_supported, "OpenGL has no textures of format %s.", info.name);
  if (is_norm16(info) && !caps.norm16)
    return fail(Code::not_supported, "The context has no textures of format %s: GL_EXT_texture_norm16 is absent.",
                info.name);
  return known;
}

Result<GlTarget> gl_target(ImageDimension dimension, const Caps& caps) {
  const bool flat = dimension == ImageDimension::d1 || dimension == ImageDimension::d1_array;
  if (!flat || caps.one_dimensional) return kTargets[static_cast<uint32_t>(dimension)];
  return fail(Code::not_supported, "OpenGL ES has no %s textures.", dimension_name(dimension));
}

Format raw_format(Format format) {
  const FormatInfo& info = format_info(format);
  if (info.kind == FormatKind::depth) return 0;
  for (Format other = 1; other < kFormatCount; ++other) {
    const FormatInfo& raw = format_info(other);
    if (raw.kind == FormatKind::uint && raw.channels == info.channels && raw.texel_bytes == info.texel_bytes)
      return other;
  }
  return 0;
}

Enum gl_layout(Layout layout) {
  switch (layout) {
    case Layout::undefined:
      return kLayoutNone;
    case Layout::shader_read:
    case Layout::color_attachment_read:
      return kLayoutShaderRead;
    case Layout::color_attachment:
      return kLayoutColorAttachment;
    case Layout::depth_attachment:
      return kLayoutDepthAttachment;
    case Layout::depth_attachment_read:
      return kLayoutDepthReadOnly;
    case Layout::transfer_src:
      return kLayoutTransferSrc;
    case Layout::transfer_dst:
      return kLayoutTransferDst;
    default:
      return kLayoutGeneral;
  }
}

bool wants_nearest(Format format) {
  const FormatInfo& info = format_info(format);
  const bool wide_float = info.kind == FormatKind::sfloat && info.texel_bytes == 4 * info.channels;
  return wide_float || info.kind == FormatKind::uint || info.kind == FormatKind::sint || info.kind == FormatKind::depth;
}

}  // namespace ist::gl
