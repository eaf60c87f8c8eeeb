// Takes out of a shader what it declares and never uses: producers declare every type that a compile option allows,
// and each would ask an extension of the target. Knows SPIR-V only.
#pragma once

#include <cstdint>
#include <vector>

#include "aot/spirv_module.h"

namespace ist::gl {

// The words without unused types, constants and variables, their names and decorations, and the capabilities of
// small and large scalar types, which the types that are left tell.
std::vector<uint32_t> prune_shader(const aot::SpirvModule& shader);

}  // namespace ist::gl
