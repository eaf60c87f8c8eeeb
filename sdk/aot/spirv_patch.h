// Makes a producer's binary valid: declares what it uses, and only that.
#pragma once

#include <cstdint>
#include <vector>

#include "aot/spirv_scan.h"

namespace ist::aot {

// The words of `shader` with the changes that `scan` lists.
std::vector<uint32_t> patch_shader(const SpirvModule& shader, const ShaderScan& scan);

}  // namespace ist::aot
