// The scenes' dealings with a runtime.
#include "scenes/arrays.h"

#include <cstdio>
#include <map>
#include <stdexcept>

#include <ist/core.h>

namespace demo {
namespace {

ti::NdArray<float> allocate(const ti::Runtime& runtime, const ArrayShape& shape, const TiMemoryAllocateInfo& like) {
  TiNdArray array{};
  array.elem_type = shape.type;
  ti::detail::set_shape(array.shape, shape.dims);
  ti::detail::set_shape(array.elem_shape, shape.elem_dims);
  TiMemoryAllocateInfo info = like;
  info.size = ti::detail::product(array.shape) * ti::detail::product(array.elem_shape) * sizeof(float);
  ti::Memory memory = runtime.allocate_memory(info);
  expect_success("allocate " + std::to_string(info.size) + " bytes");
  array.memory = memory;
  return ti::NdArray<float>(std::move(memory), array);
}

// 84 of "advect_c84_0", -1 of "advect".
int instance_number(const std::string& name) {
  const size_t mark = name.rfind("_c");
  int number = -1, rest = -1, used = 0;
  if (mark == std::string::npos || std::sscanf(name.c_str() + mark, "_c%d_%d%n", &number, &rest, &used) != 2) return -1;
  return mark + size_t(used) == name.size() ? number : -1;
}

}  // namespace

void forget_errors() { ti_set_last_error(TI_ERROR_SUCCESS, ""); }

void expect_success(const std::string& step) {
  const ti::Error error = ti::get_last_error();
  if (error.error >= TI_ERROR_SUCCESS) return;
  throw std::runtime_error("Cannot " + step + " (TiError " + std::to_string(int(error.error)) + "): " + error.message);
}

ti::Runtime borrow_runtime(TiRuntime runtime) {
  forget_errors();
  IstDeviceInfo info{};
  info.size = sizeof info;
  ist_runtime_info(runtime, &info);
  expect_success("use the runtime");
  return ti::Runtime(info.arch, runtime, false);
}

ti::AotModule load_module(const ti::Runtime& runtime, const std::string& path) {
  ti::AotModule module = runtime.load_aot_module(path);
  expect_success("load the module '" + path + "'");
  return module;
}

std::vector<TiKernel> graph_kernels(const ti::AotModule& module) {
  IstModuleInfo about{};
  about.size = sizeof about;
  ist_module_info(module, &about);
  std::map<int, TiKernel> by_instance;
  for (uint32_t i = 0; i < about.kernel_count; ++i) {
    TiKernel kernel = TI_NULL_HANDLE;
    IstKernelInfo info{};
    info.size = sizeof info;
    ist_module_kernel(module, i, &kernel);
    ist_kernel_info(kernel, &info);
    if (const int instance = instance_number(info.name); instance >= 0) by_instance[instance] = kernel;
  }
  expect_success("list the kernels of a module");
  std::vector<TiKernel> kernels;
  for (const auto& [instance, kernel] : by_instance) kernels.push_back(kernel);
  return kernels;
}

ti::NdArray<float> allocate_array(const ti::Runtime& runtime, const ArrayShape& shape) {
  TiMemoryAllocateInfo info{};
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  return allocate(runtime, shape, info);
}

ti::NdArray<float> allocate_shared_array(const ti::Runtime& runtime, const ArrayShape& shape, const char* name) {
  TiMemoryAllocateInfo info{};
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT | TI_MEMORY_USAGE_VERTEX_BIT;
  info.export_sharing = TI_TRUE;
  ti::NdArray<float> array = allocate(runtime, shape, info);
  ist_set_name(runtime, array.memory().memory(), name);
  return array;
}

}  // namespace demo
