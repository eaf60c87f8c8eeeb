// SPIR-V to the text of a compute shader. A pure function: opens no context and keeps nothing.
#pragma once

#include <string>

#include "gl/gl_glsl_target.h"
#include "gl/gl_prepared_shader.h"

namespace ist::gl {

// The whole text, with its line #version. incompatible_module names the kernel, and the feature or format that the
// target lacks or what cannot be said; corrupted_data: the words are no such shader. Any thread.
Result<std::string> translate(const PreparedShader& prepared, const GlslTarget& target);

}  // namespace ist::gl
