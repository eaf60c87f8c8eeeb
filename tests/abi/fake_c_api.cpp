// The ti_* functions over FakeCApi. C++14, like the wrapper they serve.

#include "fake_c_api.h"

#include <algorithm>
#include <cstring>

FakeCApi& fake() {
  static FakeCApi api;
  return api;
}

namespace {

template <typename Handle>
std::string number(Handle handle) {
  return std::to_string(reinterpret_cast<std::size_t>(handle));
}

void note(const std::string& call) { fake().calls.push_back(call); }

template <typename Handle>
Handle make(const char* what) {
  Handle handle = reinterpret_cast<Handle>(fake().next_handle++);
  note(std::string(what) + " " + number(handle));
  return handle;
}

template <typename T>
void list(const std::vector<T>& items, uint32_t* count, T* out) {
  const std::size_t room = out == nullptr ? 0 : *count;
  std::copy_n(items.begin(), std::min(room, items.size()), out);
  *count = static_cast<uint32_t>(items.size());
}

}  // namespace

extern "C" {

uint32_t ti_get_version(void) { return TI_C_API_VERSION; }

void ti_get_available_archs(uint32_t* count, TiArch* archs) { list({TI_ARCH_VULKAN, TI_ARCH_X64}, count, archs); }

TiError ti_get_last_error(uint64_t* size, char* message) {
  if (size != nullptr) {
    if (message != nullptr && *size != 0) {
      std::strncpy(message, fake().message.c_str(), static_cast<std::size_t>(*size) - 1);
      message[*size - 1] = '\0';
    }
    *size = fake().message.size() + 1;
  }
  return fake().error;
}

void ti_set_last_error(TiError error, const char* message) {
  fake().error = error < 0 ? error : TI_ERROR_SUCCESS;
  fake().message = error < 0 ? message : "";
}

TiRuntime ti_create_runtime(TiArch, uint32_t device_index) {
  return make<TiRuntime>(("create_runtime@" + std::to_string(device_index)).c_str());
}
void ti_destroy_runtime(TiRuntime runtime) { note("destroy_runtime " + number(runtime)); }

void ti_set_runtime_capabilities_ext(TiRuntime, uint32_t count, const TiCapabilityLevelInfo* infos) {
  fake().capabilities.assign(infos, infos + count);
}
void ti_get_runtime_capabilities(TiRuntime, uint32_t* count, TiCapabilityLevelInfo* infos) {
  list(fake().capabilities, count, infos);
}

TiMemory ti_allocate_memory(TiRuntime, const TiMemoryAllocateInfo* info) {
  fake().memory_info = *info;
  if (fake().fail_allocations) {
    ti_set_last_error(TI_ERROR_OUT_OF_MEMORY, "The fake is full.");
    return TI_NULL_HANDLE;
  }
  TiMemory memory = make<TiMemory>("allocate_memory");
  fake().memory[memory].resize(static_cast<std::size_t>(info->size));
  return memory;
}
void ti_free_memory(TiRuntime, TiMemory memory) {
  note("free_memory " + number(memory));
  fake().memory.erase(memory);
}
void* ti_map_memory(TiRuntime, TiMemory memory) {
  note("map_memory " + number(memory));
  return memory == TI_NULL_HANDLE ? nullptr : fake().memory.at(memory).data();
}
void ti_unmap_memory(TiRuntime, TiMemory memory) { note("unmap_memory " + number(memory)); }

TiImage ti_allocate_image(TiRuntime, const TiImageAllocateInfo* info) {
  fake().image_info = *info;
  return make<TiImage>("allocate_image");
}
void ti_free_image(TiRuntime, TiImage image) { note("free_image " + number(image)); }

void ti_copy_memory_device_to_device(TiRuntime, const TiMemorySlice* dst, const TiMemorySlice* src) {
  fake().copy_dst = *dst;
  fake().copy_src = *src;
}
void ti_copy_image_device_to_device(TiRuntime, const TiImageSlice* dst, const TiImageSlice* src) {
  fake().image_dst = *dst;
  fake().image_src = *src;
}
void ti_transition_image(TiRuntime, TiImage image, TiImageLayout layout) {
  note("transition_image " + number(image) + " " + std::to_string(layout));
}

void ti_launch_kernel(TiRuntime, TiKernel, uint32_t count, const TiArgument* args) {
  note("launch_kernel");
  fake().kernel_args.assign(args, args + count);
}
void ti_launch_compute_graph(TiRuntime, TiComputeGraph, uint32_t count, const TiNamedArgument* args) {
  note("launch_compute_graph");
  fake().graph_args.assign(args, args + count);
  fake().graph_arg_names.clear();
  for (uint32_t i = 0; i < count; ++i) {
    fake().graph_arg_names.push_back(args[i].name);
  }
}

void ti_flush(TiRuntime) { note("flush"); }
void ti_wait(TiRuntime) { note("wait"); }

TiAotModule ti_load_aot_module(TiRuntime, const char* path) {
  return make<TiAotModule>((std::string("load_aot_module@") + path).c_str());
}
TiAotModule ti_create_aot_module(TiRuntime, const void*, uint64_t size) {
  return make<TiAotModule>(("create_aot_module@" + std::to_string(size)).c_str());
}
void ti_destroy_aot_module(TiAotModule module) { note("destroy_aot_module " + number(module)); }
TiKernel ti_get_aot_module_kernel(TiAotModule, const char* name) {
  return *name == '\0' ? nullptr : make<TiKernel>("kernel");
}
TiComputeGraph ti_get_aot_module_compute_graph(TiAotModule, const char* name) {
  return *name == '\0' ? nullptr : make<TiComputeGraph>("graph");
}

}  // extern "C"
