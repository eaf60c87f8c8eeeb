// ti_*: modules, kernels, graphs and launches.
#include "aot/module_reader.h"
#include "capi/entry.h"
#include "core/graph.h"
#include "core/kernel.h"
#include "core/module.h"

using namespace ist;
using namespace ist::capi;

namespace {

// Reads with the runtime unlocked (the call keeps it alive): parsing does not hold up other threads.
template <class Read>
TiAotModule load(const char* name, TiRuntime runtime, Read&& read) noexcept {
  TiAotModule module = nullptr;
  on_runtime(name, runtime, [&](Call& call) -> Status {
    call.lock.unlock();
    IST_TRY(aot::ModuleDesc desc, read());
    call.lock.lock();
    IST_TRY(const Module* loaded, load_module(call.runtime, std::move(desc)));
    module = handle_of<TiAotModule>(loaded);
    return {};
  });
  return module;
}

template <class Descs>
Result<size_t> index_of(const Descs& descs, const char* name, const char* what) {
  IST_CHECK(require_pointer(name, "name"));
  for (size_t i = 0; i < descs.size(); ++i) {
    if (descs[i].name == name) return i;
  }
  return fail(Code::name_not_found, "The module has no %s '%s' among its %zu.", what, name, descs.size());
}

}  // namespace

extern "C" {

TiAotModule ti_load_aot_module(TiRuntime runtime, const char* module_path) {
  return load("ti_load_aot_module", runtime, [&]() -> Result<aot::ModuleDesc> {
    IST_CHECK(require_pointer(module_path, "module_path"));
    return aot::read_module_from_path(module_path);
  });
}

TiAotModule ti_create_aot_module(TiRuntime runtime, const void* tcm, uint64_t size) {
  return load("ti_create_aot_module", runtime, [&]() -> Result<aot::ModuleDesc> {
    IST_CHECK(require_pointer(tcm, "tcm"));
    return aot::read_module_from_memory({static_cast<const std::byte*>(tcm), static_cast<size_t>(size)});
  });
}

void ti_destroy_aot_module(TiAotModule aot_module) {
  on_owner("ti_destroy_aot_module", Kind::aot_module, aot_module, "aot_module", [&](Call& call) -> Status {
    IST_TRY(const Module* module, call.find<Module>(Kind::aot_module, aot_module, "aot_module"));
    HandleTable::instance().retire(module->handle(), Kind::aot_module);
    return {};
  });
}

TiKernel ti_get_aot_module_kernel(TiAotModule aot_module, const char* name) {
  TiKernel kernel = nullptr;
  on_owner("ti_get_aot_module_kernel", Kind::aot_module, aot_module, "aot_module", [&](Call& call) -> Status {
    IST_TRY(const Module* module, call.find<Module>(Kind::aot_module, aot_module, "aot_module"));
    IST_TRY(const size_t index, index_of(module->desc().kernels, name, "kernel"));
    const HandleBits handle = module->kernels()[index];
    IST_CHECK(module->kernel_at(static_cast<uint32_t>(index)).make_ready());
    kernel = reinterpret_cast<TiKernel>(handle);
    return {};
  });
  return kernel;
}

TiComputeGraph ti_get_aot_module_compute_graph(TiAotModule aot_module, const char* name) {
  TiComputeGraph graph = nullptr;
  on_owner("ti_get_aot_module_compute_graph", Kind::aot_module, aot_module, "aot_module", [&](Call& call) -> Status {
    IST_TRY(const Module* module, call.find<Module>(Kind::aot_module, aot_module, "aot_module"));
    IST_TRY(const size_t index, index_of(module->desc().graphs, name, "compute graph"));
    const auto handle = reinterpret_cast<TiComputeGraph>(module->graphs()[index]);
    IST_TRY(Graph * found, call.find<Graph>(Kind::compute_graph, handle, "compute_graph"));
    IST_CHECK(found->make_ready());
    graph = handle;
    return {};
  });
  return graph;
}

void ti_launch_kernel(TiRuntime runtime, TiKernel kernel, uint32_t arg_count, const TiArgument* args) {
  on_runtime("ti_launch_kernel", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(Kernel * target, call.find<Kernel>(Kind::kernel, kernel, "kernel"));
    return launch_kernel(call.lock, call.runtime, *target, arg_count, args);
  });
}

void ti_launch_compute_graph(TiRuntime runtime, TiComputeGraph compute_graph, uint32_t arg_count,
                             const TiNamedArgument* args) {
  on_runtime("ti_launch_compute_graph", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(Graph * target, call.find<Graph>(Kind::compute_graph, compute_graph, "compute_graph"));
    return target->launch(arg_count, args);
  });
}

}  // extern "C"
