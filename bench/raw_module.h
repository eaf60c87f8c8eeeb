// The part of an AOT module's metadata that a hand-written Vulkan program would have as constants.
// Reads genuine modules only as far as bench needs: i32 scalars, ndarrays, constant or shape-bound loops.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "module_files.h"

namespace ist::bench {

struct RawBinding {
  uint32_t binding = 0;
  std::optional<uint32_t> argument;  // nothing: the args block
};

struct RawTask {
  std::string name;  // file stem of its SPIR-V
  uint32_t group_size = 1;
  std::optional<int64_t> constant_trip;  // nothing: bounded by the shape of an array
  std::vector<RawBinding> bindings;
};

struct RawParameter {
  std::string name;  // as in Python
  uint32_t offset_bytes = 0;
  bool is_array = false;
};

struct RawKernel {
  std::string name;
  uint32_t args_size_bytes = 0;
  std::vector<RawParameter> parameters;
  std::vector<RawTask> tasks;
};

struct RawDispatch {
  std::string kernel;
  std::vector<std::string> arguments;
};

struct RawGraph {
  std::string name;
  std::vector<RawDispatch> dispatches;
};

struct RawModule {
  std::vector<RawKernel> kernels;
  std::vector<RawGraph> graphs;
};

RawModule read_raw_module(const ModuleFiles& files);

}  // namespace ist::bench
