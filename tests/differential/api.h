// The C ABI of a library that is opened at run time, so that one program can speak to either implementation.
#pragma once

#include <taichi/taichi_core.h>

#include <string>

// Every function of taichi_core.h, without its prefix.
#define IST_EACH_FUNCTION(F)      \
  F(get_version)                  \
  F(get_available_archs)          \
  F(get_last_error)               \
  F(set_last_error)               \
  F(create_runtime)               \
  F(destroy_runtime)              \
  F(set_runtime_capabilities_ext) \
  F(get_runtime_capabilities)     \
  F(allocate_memory)              \
  F(free_memory)                  \
  F(map_memory)                   \
  F(unmap_memory)                 \
  F(allocate_image)               \
  F(free_image)                   \
  F(create_sampler)               \
  F(destroy_sampler)              \
  F(copy_memory_device_to_device) \
  F(copy_image_device_to_device)  \
  F(track_image_ext)              \
  F(transition_image)             \
  F(launch_kernel)                \
  F(launch_compute_graph)         \
  F(flush)                        \
  F(wait)                         \
  F(load_aot_module)              \
  F(create_aot_module)            \
  F(destroy_aot_module)           \
  F(get_aot_module_kernel)        \
  F(get_aot_module_compute_graph)

namespace differential {

struct Api {
#define IST_MEMBER(name) decltype(&::ti_##name) name = nullptr;
  IST_EACH_FUNCTION(IST_MEMBER)
#undef IST_MEMBER
  void* library = nullptr;  // for dlsym of what is not in the list
};

// Opens a library by path, local to this Api; it stays open until the process ends. Null members and a text in
// *problem when that fails.
Api open_api(const std::string& path, std::string* problem);

}  // namespace differential
