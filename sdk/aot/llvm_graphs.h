// graphs.tcb to graphs whose dispatches are resolved against the module's kernels.
#pragma once

#include <cstddef>
#include <span>

#include "aot/module_desc.h"
#include "base/status.h"

namespace ist::aot {

// Fills module.graphs; module.kernels must be complete. Of graphs with one name the first is kept.
Status read_llvm_graphs(std::span<const std::byte> tcb, ModuleDesc& module);

}  // namespace ist::aot
