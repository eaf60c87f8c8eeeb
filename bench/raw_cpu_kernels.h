// The kernels of assets/kernels that bench launches, as the C++ functions that one would write instead. On one thread.
#pragma once

#include <cstdint>
#include <string>

namespace ist::bench {

struct CpuArgument {
  void* data = nullptr;  // of an array, null for a number
  uint32_t extents[2] = {1, 1};
  int32_t number = 0;
};

// The arguments are those of the kernel, in its order; of a graph: a, b, out, step, factor.
using CpuKernel = void (*)(const CpuArgument* arguments);

// Fails the process on kernels and graphs that bench does not know.
CpuKernel find_cpu_kernel(const std::string& name);

}  // namespace ist::bench
