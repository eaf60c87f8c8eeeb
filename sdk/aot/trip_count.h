// Finds in the shaders of a kernel how often each task's grid-stride loop runs, and how freely its
// number of workgroups may be chosen (design: "Dispatch size"). What is not understood is left out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aot/module_desc.h"
#include "aot/spirv_scan.h"

namespace ist::aot {

// One task of a kernel with its shader; nothing is owned.
struct TripTask {
  const SpirvModule* shader = nullptr;
  const ShaderScan* scan = nullptr;
  const TaskDesc* task = nullptr;
};

struct TripFacts {
  TripProgram trip;
  TripRule rule = TripRule::plain;
  bool uses_rng = false;
  bool inner_loops = false;
};

// `tasks` are all tasks of one kernel in order: bounds that an earlier serial task leaves in the
// global temporaries are followed back into it.
std::vector<TripFacts> find_trips(std::span<const TripTask> tasks, uint32_t args_bytes);

}  // namespace ist::aot
