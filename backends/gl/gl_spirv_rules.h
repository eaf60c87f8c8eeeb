// What SPIR-V's rules of validation ask, beyond what check_shader looks at: drivers rely on all of it.
#pragma once

#include "aot/spirv_module.h"

namespace ist::gl {

// The first instruction that breaks a rule, else null. Of shaders that check_shader takes.
const aot::Instruction* wrong_rule(const aot::SpirvModule& shader);

}  // namespace ist::gl
