// What the groups of calls share: one call is one step of the transcript; objects and arguments made in a line.
#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "calls.h"

namespace differential {

// Makes what a group needs on first use, and leaves it to the end of the process.
class Calls {
 public:
  Calls(const Api& api, std::string modules_folder, TranscriptWriter& transcript)
      : api(api), folder_(std::move(modules_folder)), transcript_(transcript) {}

  // Runs one call. What it returns stands in front of the error: text as it is, handles as null or made.
  template <class F>
  void operator()(const std::string& label, F&& call) {
    transcript_.begin(label);
    api.set_last_error(TI_ERROR_SUCCESS, nullptr);
    std::string note;
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
      call();
    } else if constexpr (std::is_pointer_v<std::invoke_result_t<F>>) {
      note = call() ? "made " : "null ";
    } else {
      note = call() + " ";
    }
    transcript_.end(note + error_name(api.get_last_error(nullptr, nullptr)));
  }
  // The same for a call that reads the last error itself.
  void tell(const std::string& label, const std::string& text) {
    transcript_.begin(label);
    transcript_.end(text);
  }

  TiRuntime runtime() {
    if (!runtime_) runtime_ = api.create_runtime(TI_ARCH_VULKAN, 0);
    return runtime_;
  }
  TiMemory memory(uint64_t size_bytes, bool host_access = true, TiRuntime runtime = nullptr) {
    const TiBool access = host_access ? TI_TRUE : TI_FALSE;
    const TiMemoryAllocateInfo info{size_bytes, access, access, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
    return api.allocate_memory(runtime ? runtime : this->runtime(), &info);
  }
  static TiImageAllocateInfo image_info(TiFormat format = TI_FORMAT_R32F, uint32_t width = 8, uint32_t height = 8) {
    TiImageAllocateInfo info{};
    info.dimension = TI_IMAGE_DIMENSION_2D;
    info.extent = {width, height, 1, 1};
    info.mip_level_count = 1;
    info.format = format;
    info.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    return info;
  }
  TiImage image(const TiImageAllocateInfo& info = image_info()) { return api.allocate_image(runtime(), &info); }
  std::string path(const std::string& module) const { return folder_ + "/" + module; }
  TiAotModule module(const std::string& file) { return api.load_aot_module(runtime(), path(file).c_str()); }

  static TiArgument i32(int32_t value) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_I32;
    argument.value.i32 = value;
    return argument;
  }
  static TiArgument f32(float value) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_F32;
    argument.value.f32 = value;
    return argument;
  }
  static TiArgument scalar(TiDataType type, uint64_t bits) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_SCALAR;
    argument.value.scalar.type = type;
    argument.value.scalar.value.x64 = bits;
    return argument;
  }
  static TiArgument tensor(TiDataType type, uint32_t length) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_TENSOR;
    argument.value.tensor.type = type;
    argument.value.tensor.contents.length = length;
    return argument;
  }
  static TiArgument array(TiMemory memory, TiDataType type, std::initializer_list<uint32_t> shape) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_NDARRAY;
    argument.value.ndarray.memory = memory;
    argument.value.ndarray.elem_type = type;
    for (uint32_t dim : shape) argument.value.ndarray.shape.dims[argument.value.ndarray.shape.dim_count++] = dim;
    return argument;
  }
  static TiArgument texture(TiImage image) {
    TiArgument argument{};
    argument.type = TI_ARGUMENT_TYPE_TEXTURE;
    argument.value.texture = {image, nullptr, TI_IMAGE_DIMENSION_2D, {8, 8, 1, 1}, TI_FORMAT_R32F};
    return argument;
  }
  void launch(TiKernel kernel, const std::vector<TiArgument>& args) {
    api.launch_kernel(runtime(), kernel, static_cast<uint32_t>(args.size()), args.data());
  }
  void launch(TiComputeGraph graph, const std::vector<TiNamedArgument>& args) {
    api.launch_compute_graph(runtime(), graph, static_cast<uint32_t>(args.size()), args.data());
  }

  const Api& api;

 private:
  std::string folder_;
  TranscriptWriter& transcript_;
  TiRuntime runtime_ = nullptr;
};

// Any number as an enum that may not know it.
template <class E>
E odd(int64_t value) {
  return static_cast<E>(value);
}

// The groups, by file.
std::span<const CallGroup> error_calls();
std::span<const CallGroup> memory_calls();
std::span<const CallGroup> argument_calls();
std::span<const CallGroup> export_calls();
std::span<const CallGroup> fatal_calls();

}  // namespace differential
