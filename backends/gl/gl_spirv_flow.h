// Whether the blocks of a shader nest as SPIR-V's structured control flow does, and whether values are there where they
// are used.
#pragma once

#include "aot/spirv_module.h"

namespace ist::gl {

// The first instruction that is wrong, else null. Of shaders that check_shader takes.
const aot::Instruction* wrong_flow(const aot::SpirvModule& shader);

}  // namespace ist::gl
