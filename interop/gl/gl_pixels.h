// Texels out of a framebuffer in any format that can be attached, where glGetTexImage does not exist.
#pragma once

#include "contract/formats.h"
#include "gl_api/gl_functions.h"

namespace ist::gl_host {

using namespace gl;

// From the framebuffer bound for reading, tight rows. Blocks. Every format that OpenGL ES can attach is read in
// the one wide format it promises, and narrowed without loss.
void read_pixels(const Functions& gl, Format format, const Extent& extent, std::byte* texels);

}  // namespace ist::gl_host
