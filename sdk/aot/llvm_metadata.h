// metadata.tcb to kernels, parameters, tasks and field trees. Opens no file and looks into no IR.
#pragma once

#include <cstddef>
#include <span>

#include "aot/module_desc.h"
#include "base/status.h"

namespace ist::aot {

// Fills kernels, trees, taichi_version and uses_addresses, and names one entry of `binaries` for every
// kernel (its `ir` stays empty). How a kernel is launched on CUDA is copied as it stands.
Status read_llvm_metadata(std::span<const std::byte> tcb, ModuleDesc& module);

}  // namespace ist::aot
