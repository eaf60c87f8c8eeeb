// What the scenes have in common: calls that throw the runtime's own words, and arrays.
#pragma once

#include <string>
#include <vector>

#include <taichi/cpp/taichi.hpp>

namespace demo {

// Forgets what went wrong before, so that expect_success speaks of what follows.
void forget_errors();
// Throws std::runtime_error, beginning with "Cannot <step>", if a call on this thread has failed since.
void expect_success(const std::string& step);

// A second name for somebody else's runtime; frees nothing.
ti::Runtime borrow_runtime(TiRuntime runtime);
// Throws std::runtime_error when the file cannot be loaded.
ti::AotModule load_module(const ti::Runtime& runtime, const std::string& path);
// What the graphs of a module launch, in the order of the graphs: the compiler gives them instances of their own,
// "advect_c84_0" of "advect".
std::vector<TiKernel> graph_kernels(const ti::AotModule& module);

struct ArrayShape {
  TiDataType type;
  std::vector<uint32_t> dims;
  std::vector<uint32_t> elem_dims;
};
// Storage memory of 4-byte components for the device alone.
ti::NdArray<float> allocate_array(const ti::Runtime& runtime, const ArrayShape& shape);
// Storage memory that a host may also use as vertices, under its own name.
ti::NdArray<float> allocate_shared_array(const ti::Runtime& runtime, const ArrayShape& shape, const char* name);

}  // namespace demo
