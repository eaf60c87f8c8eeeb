// Framebuffers and uploads for every target.
#include "texels.h"

#include <gtest/gtest.h>

#include <cstring>

#include "conformance/support.h"

namespace gl_host {

namespace {

struct Wide {
  GLenum format;
  GLenum type;
  uint32_t channel_bytes;
};

// What every context can read a framebuffer of this kind as.
Wide wide_of(const TexelFormat& format) {
  switch (format.kind) {
    case TexelFormat::uint:
      return {GL_RGBA_INTEGER, GL_UNSIGNED_INT, 4};
    case TexelFormat::sint:
      return {GL_RGBA_INTEGER, GL_INT, 4};
    case TexelFormat::sfloat:
      return {GL_RGBA, GL_FLOAT, 4};
    default:
      return format.channel_bytes == 2 ? Wide{GL_RGBA, GL_UNSIGNED_SHORT, 2} : Wide{GL_RGBA, GL_UNSIGNED_BYTE, 1};
  }
}

void narrow(const TexelFormat& format, uint32_t wide_bytes, const uint8_t* from, uint8_t* to) {
  for (uint32_t c = 0; c < format.channels; ++c) {
    if (format.kind == TexelFormat::sfloat && format.channel_bytes == 2) {
      float value;
      std::memcpy(&value, from + c * wide_bytes, 4);
      const conformance::Half half(value);
      std::memcpy(to + c * 2, &half, 2);
    } else {
      std::memcpy(to + c * format.channel_bytes, from + c * wide_bytes, format.channel_bytes);
    }
  }
}

void attach(GlHost& gl, const IstGlObject& texture, uint32_t mip, uint32_t slice) {
  const auto level = static_cast<GLint>(mip);
  if (texture.target == GL_TEXTURE_1D) {
    gl.FramebufferTexture1D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_1D, texture.name, level);
  } else if (texture.target == GL_TEXTURE_2D) {
    gl.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture.name, level);
  } else if (texture.target == GL_TEXTURE_CUBE_MAP) {
    gl.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_CUBE_MAP_POSITIVE_X + slice, texture.name,
                            level);
  } else {
    gl.FramebufferTextureLayer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture.name, level, static_cast<GLint>(slice));
  }
}

}  // namespace

std::vector<uint8_t> read_texture(GlHost& g, const IstGlObject& texture, const Shape& shape, uint32_t mip) {
  const TexelFormat& format = texel_format(shape.format);
  const Wide wide = wide_of(format);
  const TiImageExtent e = shape.extent(mip);
  const size_t slice_texels = size_t{e.width} * e.height;
  std::vector<uint8_t> texels;
  std::vector<uint8_t> pixels(slice_texels * 4 * wide.channel_bytes);
  GLuint framebuffer = 0;
  g.GenFramebuffers(1, &framebuffer);
  g.BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  for (uint32_t slice = 0; slice < shape.slice_count(mip); ++slice) {
    attach(g, texture, mip, slice);
    EXPECT_EQ(g.CheckFramebufferStatus(GL_FRAMEBUFFER), GLenum{GL_FRAMEBUFFER_COMPLETE}) << shape.name;
    g.PixelStorei(GL_PACK_ALIGNMENT, 1);
    g.ReadPixels(0, 0, static_cast<GLsizei>(e.width), static_cast<GLsizei>(e.height), wide.format, wide.type,
                 pixels.data());
    const size_t base = texels.size();
    texels.resize(base + slice_texels * texel_bytes(shape.format));
    for (size_t i = 0; i < slice_texels; ++i)
      narrow(format, wide.channel_bytes, pixels.data() + i * 4 * wide.channel_bytes,
             texels.data() + base + i * texel_bytes(shape.format));
  }
  g.BindFramebuffer(GL_FRAMEBUFFER, 0);
  g.DeleteFramebuffers(1, &framebuffer);
  return texels;
}

void write_level(GlHost& g, const IstGlObject& texture, const Shape& shape, uint32_t mip,
                 const std::vector<uint8_t>& texels) {
  const TexelFormat& format = texel_format(shape.format);
  const auto level = static_cast<GLint>(mip);
  const TiImageExtent e = shape.extent(mip);
  const auto width = static_cast<GLsizei>(e.width);
  const auto height = static_cast<GLsizei>(e.height);
  const auto slices = static_cast<GLsizei>(shape.slice_count(mip));
  g.BindTexture(texture.target, texture.name);
  g.PixelStorei(GL_UNPACK_ALIGNMENT, 1);
  switch (texture.target) {
    case GL_TEXTURE_1D:
      g.TexSubImage1D(texture.target, level, 0, width, format.format, format.type, texels.data());
      break;
    case GL_TEXTURE_1D_ARRAY:
      g.TexSubImage2D(texture.target, level, 0, 0, width, slices, format.format, format.type, texels.data());
      break;
    case GL_TEXTURE_2D:
      g.TexSubImage2D(texture.target, level, 0, 0, width, height, format.format, format.type, texels.data());
      break;
    case GL_TEXTURE_CUBE_MAP:
      for (uint32_t face = 0; face < 6; ++face)
        g.TexSubImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, level, 0, 0, width, height, format.format, format.type,
                        texels.data() + face * texels.size() / 6);
      break;
    default:
      g.TexSubImage3D(texture.target, level, 0, 0, 0, width, height, slices, format.format, format.type, texels.data());
  }
  g.BindTexture(texture.target, 0);
}

void write_texture(GlHost& g, const IstGlObject& texture, const Shape& shape, uint32_t seed) {
  for (uint32_t mip = 0; mip < shape.mips; ++mip) write_level(g, texture, shape, mip, pattern(shape, mip, seed));
}

}  // namespace gl_host
