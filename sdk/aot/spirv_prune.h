// Takes out of a shader what it declares and never uses: producers declare every type that a compile option allows,
// and each would ask a feature of the device. Knows the language, not what Taichi means by it.
#pragma once

#include <cstdint>
#include <vector>

#include "aot/spirv_module.h"

namespace ist::aot {

// The words without the types, constants, variables and instruction sets that no instruction needs, and without their
// names and decorations. Total: any module that parses gives words. Capabilities stay as they are declared; which of
// them nothing uses any more is what a scan of these words tells.
std::vector<uint32_t> prune_shader(const SpirvModule& shader);

}  // namespace ist::aot
