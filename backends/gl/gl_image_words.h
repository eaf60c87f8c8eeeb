// Formats of storage images in SPIR-V's numbers, in GL's, and in the words of GLSL.
#pragma once

#include <cstdint>

#include "gl/gl_glsl_target.h"

namespace ist::gl {

// "rgba16f"; null for a format without a word (0: the shader names none).
const char* image_word(uint32_t spirv_format);
// GL_RGBA16F; 0 for a format without a word.
uint32_t gl_image_format(uint32_t spirv_format);
// In every version of ES that has storage images.
bool is_basic_format(uint32_t spirv_format);
// Read and write through one variable is allowed in ES too.
bool is_atomic_format(uint32_t spirv_format);
bool can_store(const GlslTarget& target, uint32_t spirv_format);
// A basic format with texels of the same type.
uint32_t basic_format_like(uint32_t spirv_format);

}  // namespace ist::gl
