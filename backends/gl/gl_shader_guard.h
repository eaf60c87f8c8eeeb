// SPIRV-Cross trusts its input: what would lead it astray is refused here. Knows the language as far as Taichi's
// shaders use it.
#pragma once

#include <string>

#include "aot/spirv_module.h"

namespace ist::gl {

// incompatible_module for an instruction that such shaders do not have, corrupted_data for one that is wrong.
Status check_shader(const aot::SpirvModule& shader, const std::string& name);

}  // namespace ist::gl
