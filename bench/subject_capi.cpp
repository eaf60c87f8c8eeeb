// A library of the Taichi C ABI, opened at run time and driven through its C functions alone.
#include <dlfcn.h>
#include <taichi/taichi_vulkan.h>

#include "fail.h"
#include "subject.h"
#include "vulkan_names.h"

namespace ist::bench {
namespace {

#define CAPI_FUNCTIONS(X)            \
  X(ti_get_last_error)               \
  X(ti_create_runtime)               \
  X(ti_destroy_runtime)              \
  X(ti_allocate_memory)              \
  X(ti_free_memory)                  \
  X(ti_map_memory)                   \
  X(ti_unmap_memory)                 \
  X(ti_load_aot_module)              \
  X(ti_destroy_aot_module)           \
  X(ti_get_aot_module_kernel)        \
  X(ti_get_aot_module_compute_graph) \
  X(ti_launch_kernel)                \
  X(ti_launch_compute_graph)         \
  X(ti_wait)                         \
  X(ti_export_vulkan_runtime)

struct CapiTable {
#define CAPI_MEMBER(name) decltype(&::name) name = nullptr;
  CAPI_FUNCTIONS(CAPI_MEMBER)
#undef CAPI_MEMBER
};

CapiTable open_library(const std::string& path) {
  // Never closed: the libraries leave threads and exit handlers behind.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) fail("Library '%s' does not open: %s.", path.c_str(), dlerror());
  CapiTable table;
#define CAPI_RESOLVE(name)                                                 \
  table.name = reinterpret_cast<decltype(&::name)>(dlsym(library, #name)); \
  if (!table.name) fail("Library '%s' has no symbol '%s'.", path.c_str(), #name);
  CAPI_FUNCTIONS(CAPI_RESOLVE)
#undef CAPI_RESOLVE
  return table;
}

TiNdShape shape_of(const std::vector<uint32_t>& extents) {
  TiNdShape shape{};
  shape.dim_count = static_cast<uint32_t>(extents.size());
  for (size_t i = 0; i < extents.size(); ++i) shape.dims[i] = extents[i];
  return shape;
}

TiArch arch_of(Api api) {
  if (api == Api::cpu) return TI_ARCH_X64;
  return api == Api::opengl ? TI_ARCH_OPENGL : TI_ARCH_VULKAN;
}

class CapiSubject final : public Subject {
 public:
  explicit CapiSubject(const SubjectSpec& spec)
      : ti_(open_library(spec.library)), device_index_(spec.device_index), api_(spec.api) {}

  void create_runtime() override {
    runtime_ = ti_.ti_create_runtime(arch_of(api_), device_index_);
    if (!runtime_) fail("ti_create_runtime gives no runtime: %s", last_error().c_str());
  }

  void destroy_runtime() override {
    for (const TiMemory memory : memories_) ti_.ti_free_memory(runtime_, memory);
    memories_.clear();
    ti_.ti_destroy_runtime(runtime_);
    runtime_ = nullptr;
  }

  std::string device_name() override { return names().device; }
  std::string driver_name() override { return names().driver; }

  ModuleId load_module(const std::string& path) override {
    modules_.push_back(ti_.ti_load_aot_module(runtime_, path.c_str()));
    if (!modules_.back()) fail("ti_load_aot_module: %s", last_error().c_str());
    return static_cast<ModuleId>(modules_.size() - 1);
  }

  void destroy_module(ModuleId module) override { ti_.ti_destroy_aot_module(modules_[module]); }

  MemoryId allocate(uint64_t size_bytes, bool host_access) override {
    TiMemoryAllocateInfo info{};
    info.size = size_bytes;
    info.host_write = info.host_read = host_access ? TI_TRUE : TI_FALSE;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    memories_.push_back(ti_.ti_allocate_memory(runtime_, &info));
    if (!memories_.back()) fail("ti_allocate_memory: %s", last_error().c_str());
    return static_cast<MemoryId>(memories_.size() - 1);
  }

  void* map(MemoryId memory) override {
    void* data = ti_.ti_map_memory(runtime_, memories_[memory]);
    if (!data) fail("ti_map_memory: %s", last_error().c_str());
    return data;
  }

  void unmap(MemoryId memory) override { ti_.ti_unmap_memory(runtime_, memories_[memory]); }

  LaunchId prepare_kernel(ModuleId module, const std::string& name, std::vector<Argument> arguments) override {
    Launch launch;
    launch.kernel = ti_.ti_get_aot_module_kernel(modules_[module], name.c_str());
    if (!launch.kernel) fail("ti_get_aot_module_kernel: %s", last_error().c_str());
    for (const Argument& argument : arguments) launch.arguments.push_back(translate(argument));
    return add(std::move(launch), {});
  }

  LaunchId prepare_graph(ModuleId module, const std::string& name, std::vector<Argument> arguments) override {
    Launch launch;
    launch.graph = ti_.ti_get_aot_module_compute_graph(modules_[module], name.c_str());
    if (!launch.graph) fail("ti_get_aot_module_compute_graph: %s", last_error().c_str());
    return add(std::move(launch), std::move(arguments));
  }

  void set_i32(LaunchId launch, uint32_t index, int32_t value) override {
    launches_[launch]->arguments[index].value.i32 = value;
  }

  void launch(LaunchId id) override {
    const Launch& launch = *launches_[id];
    if (launch.kernel) {
      ti_.ti_launch_kernel(runtime_, launch.kernel, static_cast<uint32_t>(launch.arguments.size()),
                           launch.arguments.data());
    } else {
      ti_.ti_launch_compute_graph(runtime_, launch.graph, static_cast<uint32_t>(launch.named_arguments.size()),
                                  launch.named_arguments.data());
    }
  }

  void wait() override {
    ti_.ti_wait(runtime_);
    // One look per wait is enough: an error stays until it is read, and costs no launch anything.
    if (ti_.ti_get_last_error(nullptr, nullptr) < 0) fail("%s", last_error().c_str());
  }

 private:
  struct Launch {
    TiKernel kernel = nullptr;
    TiComputeGraph graph = nullptr;
    std::vector<TiArgument> arguments;
    std::vector<Argument> sources;  // owns the names that named_arguments point at
    std::vector<TiNamedArgument> named_arguments;
  };

  LaunchId add(Launch launch, std::vector<Argument> named) {
    launches_.push_back(std::make_unique<Launch>(std::move(launch)));
    Launch& stored = *launches_.back();
    stored.sources = std::move(named);
    for (const Argument& source : stored.sources)
      stored.named_arguments.push_back({source.name.c_str(), translate(source)});
    return static_cast<LaunchId>(launches_.size() - 1);
  }

  TiArgument translate(const Argument& argument) const {
    TiArgument out{};
    if (const auto* number = std::get_if<int32_t>(&argument.value)) {
      out.type = TI_ARGUMENT_TYPE_I32;
      out.value.i32 = *number;
      return out;
    }
    const Array& array = std::get<Array>(argument.value);
    out.type = TI_ARGUMENT_TYPE_NDARRAY;
    out.value.ndarray.memory = memories_[array.memory];
    out.value.ndarray.shape = shape_of(array.shape);
    out.value.ndarray.elem_shape = shape_of(array.element_shape);
    out.value.ndarray.elem_type = static_cast<TiDataType>(array.element);
    return out;
  }

  DeviceNames names() {
    if (api_ != Api::vulkan) return {};
    TiVulkanRuntimeInteropInfo info{};
    ti_.ti_export_vulkan_runtime(runtime_, &info);
    if (!info.physical_device) return {};
    return read_device_names(info.instance, info.physical_device);
  }

  std::string last_error() {
    char message[1024] = "";
    uint64_t size = sizeof message;
    const auto code = static_cast<long>(ti_.ti_get_last_error(&size, message));
    return std::string(message) + " (" + std::to_string(code) + ")";
  }

  CapiTable ti_;
  uint32_t device_index_;
  Api api_;
  TiRuntime runtime_ = nullptr;
  std::vector<TiMemory> memories_;
  std::vector<TiAotModule> modules_;
  std::vector<std::unique_ptr<Launch>> launches_;
};

}  // namespace

std::unique_ptr<Subject> make_capi_subject(const SubjectSpec& spec) { return std::make_unique<CapiSubject>(spec); }

}  // namespace ist::bench
