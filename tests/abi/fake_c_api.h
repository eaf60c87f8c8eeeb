// A C API without a driver: hands out numbered handles, keeps memory in host arrays and writes down every
// call, so that tests see what the C++ wrapper asks for.
#ifndef IST_TESTS_ABI_FAKE_C_API_H
#define IST_TESTS_ABI_FAKE_C_API_H

#include <taichi/taichi_core.h>

#include <map>
#include <string>
#include <vector>

struct FakeCApi {
  // "free_memory 3", in order; a handle is its number.
  std::vector<std::string> calls;
  std::map<TiMemory, std::vector<unsigned char>> memory;
  std::vector<TiArgument> kernel_args;
  std::vector<TiNamedArgument> graph_args;
  std::vector<std::string> graph_arg_names;
  TiMemoryAllocateInfo memory_info = {};
  TiImageAllocateInfo image_info = {};
  TiMemorySlice copy_dst = {}, copy_src = {};
  TiImageSlice image_dst = {}, image_src = {};
  std::vector<TiCapabilityLevelInfo> capabilities;
  bool fail_allocations = false;
  TiError error = TI_ERROR_SUCCESS;
  std::string message;
  std::size_t next_handle = 1;
};

// The one that the ti_* functions of this program work on.
FakeCApi& fake();

#endif  // IST_TESTS_ABI_FAKE_C_API_H
