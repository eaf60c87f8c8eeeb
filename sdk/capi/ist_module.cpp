// ist_*: values returned by kernels, and introspection of modules.
#include "capi/entry.h"
#include "capi/versioned.h"
#include "core/graph.h"
#include "core/kernel.h"
#include "core/module.h"

using namespace ist;
using namespace ist::capi;

namespace {

template <class Handle>
Status write_handle(const std::vector<HandleBits>& handles, uint32_t index, const char* what, Handle* out) {
  IST_CHECK(require_pointer(out, what));
  *out = nullptr;
  if (index >= handles.size()) {
    return fail(Code::argument_out_of_range, "index (%u) is past the %zu of the module's %ss.", index, handles.size(),
                what);
  }
  *out = reinterpret_cast<Handle>(handles[index]);
  return {};
}

}  // namespace

extern "C" {

TiError ist_call_kernel(TiRuntime runtime, TiKernel kernel, uint32_t arg_count, const TiArgument* args,
                        uint32_t* result_count, TiTensor* results) {
  return on_runtime("ist_call_kernel", runtime, [&](Call& call) -> Status {
    IST_CHECK(make_room(call.lock, call.runtime));
    IST_TRY(Kernel * target, call.find<Kernel>(Kind::kernel, kernel, "kernel"));
    IST_CHECK(require_pointer(result_count, "result_count"));
    const auto needed = static_cast<uint32_t>(target->results().size());
    if (*result_count < needed) {
      return fail(Code::argument_out_of_range, "Kernel '%s' returns %u values, but there is room for %u.",
                  target->desc().name.c_str(), needed, *result_count);
    }
    if (needed > 0) IST_CHECK(require_pointer(results, "results"));
    IST_CHECK(call_kernel(call.lock, call.runtime, *target, arg_count, args, results));
    *result_count = needed;
    return {};
  });
}

TiError ist_module_info(TiAotModule module, IstModuleInfo* info) {
  return on_owner("ist_module_info", Kind::aot_module, module, "module", [&](Call& call) -> Status {
    IST_TRY(const Module* target, call.find<Module>(Kind::aot_module, module, "module"));
    IstModuleInfo result{};
    result.kernel_count = static_cast<uint32_t>(target->kernels().size());
    result.graph_count = static_cast<uint32_t>(target->graphs().size());
    result.capability_count = static_cast<uint32_t>(target->capabilities().size());
    result.capabilities = target->capabilities().data();
    result.taichi_version = target->desc().taichi_version.c_str();
    return write_out(info, result, "info");
  });
}

TiError ist_module_kernel(TiAotModule module, uint32_t index, TiKernel* kernel) {
  return on_owner("ist_module_kernel", Kind::aot_module, module, "module", [&](Call& call) -> Status {
    IST_TRY(const Module* target, call.find<Module>(Kind::aot_module, module, "module"));
    return write_handle(target->kernels(), index, "kernel", kernel);
  });
}

TiError ist_module_graph(TiAotModule module, uint32_t index, TiComputeGraph* graph) {
  return on_owner("ist_module_graph", Kind::aot_module, module, "module", [&](Call& call) -> Status {
    IST_TRY(const Module* target, call.find<Module>(Kind::aot_module, module, "module"));
    return write_handle(target->graphs(), index, "graph", graph);
  });
}

TiError ist_kernel_info(TiKernel kernel, IstKernelInfo* info) {
  return on_owner("ist_kernel_info", Kind::kernel, kernel, "kernel", [&](Call& call) -> Status {
    IST_TRY(Kernel * target, call.find<Kernel>(Kind::kernel, kernel, "kernel"));
    call.runtime.timeline().collect();
    IstKernelInfo result{};
    result.argument_count = static_cast<uint32_t>(target->desc().params.size());
    result.result_count = static_cast<uint32_t>(target->results().size());
    result.task_count = static_cast<uint32_t>(target->desc().tasks.size());
    result.name = target->desc().name.c_str();
    result.arguments = target->argument_infos().data();
    result.results = target->result_infos().data();
    result.launches = target->launches();
    if (call.runtime.timeline().timing()) {
      result.gpu_ns_last = target->times().last_ns;
      result.gpu_ns_total = target->times().total_ns;
    }
    return write_out(info, result, "info");
  });
}

TiError ist_graph_info(TiComputeGraph graph, IstGraphInfo* info) {
  return on_owner("ist_graph_info", Kind::compute_graph, graph, "graph", [&](Call& call) -> Status {
    IST_TRY(Graph * target, call.find<Graph>(Kind::compute_graph, graph, "graph"));
    IstGraphInfo result{};
    result.argument_count = static_cast<uint32_t>(target->desc().args.size());
    result.node_count = static_cast<uint32_t>(target->desc().dispatches.size());
    result.name = target->desc().name.c_str();
    result.arguments = target->argument_infos().data();
    return write_out(info, result, "info");
  });
}

}  // extern "C"
