// Shaders that GLSL cannot say, given to the driver as SPIR-V (GL_ARB_gl_spirv). Drivers trust such words, so only
// what is known to be right is handed over.
#pragma once

#include "gl/gl_prepared_shader.h"
#include "gl/gl_program.h"

namespace ist::gl {

// The words with the binding points of `shader`. incompatible_module for what drivers are not given; corrupted_data
// for an instruction that is wrong. Calls no GL function.
Result<std::vector<uint32_t>> renumbered_words(const PreparedShader& shader);

// Compiles; see Shader::check for what became of it.
void specialize(const Functions& gl, const Shader& shader, std::span<const uint32_t> words);

}  // namespace ist::gl
