// metadata.json to kernels, parameters and tasks. Opens no file and looks into no shader.
#pragma once

#include <cstddef>
#include <span>

#include "aot/module_desc.h"
#include "base/status.h"

namespace ist::aot {

// Fills kernels, required_caps and root_bytes, and names one entry of `binaries` for every .spv
// that a task refers to (its words stay empty). Of kernels with one name the first is kept.
Status read_metadata(std::span<const std::byte> json, ModuleDesc& module);

}  // namespace ist::aot
