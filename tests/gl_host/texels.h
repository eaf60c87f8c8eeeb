// Texels of textures, read and written by GL.
#pragma once

#include <ist/gl.h>

#include <vector>

#include "gl_host.h"
#include "shapes.h"

namespace gl_host {

// What GL has of a texture, through a framebuffer: texels of one mip, all layers, narrowed to the format.
std::vector<uint8_t> read_texture(GlHost& g, const IstGlObject& texture, const Shape& shape, uint32_t mip);
// Tight texels of one mip, all layers.
void write_level(GlHost& g, const IstGlObject& texture, const Shape& shape, uint32_t mip,
                 const std::vector<uint8_t>& texels);
// The pattern of this seed into all mips.
void write_texture(GlHost& g, const IstGlObject& texture, const Shape& shape, uint32_t seed);

}  // namespace gl_host
