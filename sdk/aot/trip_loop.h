// Recognises the one loop shape that the producer gives to range tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "aot/spirv_scan.h"

namespace ist::aot {

// for (i = GlobalInvocationId.x + begin; i < end; i += NumWorkgroups.x * LocalSize.x)
struct GridLoop {
  uint32_t begin = 0;  // id; 0: zero
  uint32_t end = 0;    // id
  uint32_t phi = 0;
  uint32_t start = 0;  // id of the phi's first value
  uint32_t next = 0;   // id of the phi's later values
  uint32_t step = 0;   // id of the product NumWorkgroups.x * LocalSize.x
};

std::optional<GridLoop> find_grid_loop(const SpirvModule& shader);

// Whether the shader uses GlobalInvocationId or NumWorkgroups for anything but `loop`.
bool sees_grid(const SpirvModule& shader, const std::optional<GridLoop>& loop);

// Control flow of the entry function, as far as it is needed.
struct BlockEnd {
  const Instruction* merge = nullptr;  // OpSelectionMerge or OpLoopMerge
  const Instruction* branch = nullptr;
};
BlockEnd block_end(const SpirvModule& shader, uint32_t label);

// The entry function's first label, 0 when it has none.
uint32_t first_label(const SpirvModule& shader);

// Whether `id` is component x of the built-in.
bool is_builtin_x(const SpirvModule& shader, uint32_t id, spv::BuiltIn builtin);

// The blocks that one invocation with GlobalInvocationId.x == 0 runs whatever the data.
std::vector<uint32_t> always_run_blocks(const SpirvModule& shader);

}  // namespace ist::aot
