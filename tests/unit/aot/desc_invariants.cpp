// Follows every index and offset that a consumer would.
#include "desc_invariants.h"

#include <algorithm>
#include <vector>

namespace ist::test {

using namespace aot;

namespace {

std::string broken_param(const Param& param, uint32_t args_bytes) {
  for (const Member& member : param.members) {
    if (member.offset_bytes + args_size_bytes(member.type) > args_bytes) return "a member lies outside the args block";
  }
  for (const uint32_t offset : param.shape_offsets) {
    if (offset + 4 > args_bytes) return "an extent lies outside the args block";
  }
  if (param.kind == ParamKind::scalar && param.members.size() != 1) return "a scalar has not one member";
  if (param.kind == ParamKind::tensor && param.members.empty()) return "a tensor has no member";
  if (param.kind != ParamKind::ndarray) return {};
  if (param.data_ptr_offset + 8 > args_bytes) return "a data pointer lies outside the args block";
  if (param.element_bytes == 0) return "an ndarray has elements of no size";
  return param.shape_offsets.size() == std::max(param.rank, 1u) ? "" : "an ndarray's rank is not its extents";
}

bool refers_to_param(BindKind kind) {
  return kind == BindKind::ndarray || kind == BindKind::sampled_image || kind == BindKind::storage_image;
}

std::string broken_task(const TaskDesc& task, const KernelDesc& kernel, const ModuleDesc& module) {
  if (task.binary >= module.binaries.size()) return "a task has no binary";
  if (module.binaries[task.binary].words.size() < 5) return "a binary is empty";
  if (task.local_size_x == 0) return "a workgroup is empty";
  if (task.trip.args_bytes_read() > kernel.args_bytes) return "a trip program reads beyond the args block";
  for (const int fill : {0, 1, 0x5a, 0xff}) {
    const std::vector<std::byte> args(kernel.args_bytes, static_cast<std::byte>(fill));
    (void)task.trip.evaluate(args);
  }
  for (size_t i = 0; i < task.binds.size(); ++i) {
    const Bind& bind = task.binds[i];
    if (i > 0 && task.binds[i - 1].binding >= bind.binding) return "binds are not sorted or not unique";
    if (refers_to_param(bind.kind) && bind.param >= kernel.params.size()) return "a bind refers to no parameter";
    if (bind.access > 3) return "a bind has an unknown access";
  }
  return {};
}

std::string broken_graph(const GraphDesc& graph, const ModuleDesc& module) {
  for (const Dispatch& dispatch : graph.dispatches) {
    if (dispatch.kernel >= module.kernels.size()) return "a dispatch has no kernel";
    if (dispatch.args.size() != module.kernels[dispatch.kernel].params.size()) return "a dispatch lacks arguments";
    for (const uint32_t arg : dispatch.args) {
      if (arg >= graph.args.size()) return "a dispatch refers to no argument";
    }
  }
  return {};
}

std::string broken_kernel(const KernelDesc& kernel, const ModuleDesc& module) {
  std::string broken;
  for (const Param& param : kernel.params) {
    if (!(broken = broken_param(param, kernel.args_bytes)).empty()) return broken;
  }
  for (const ReturnValue& value : kernel.returns) {
    for (const Member& member : value.members) {
      if (member.offset_bytes + args_size_bytes(member.type) > kernel.rets_bytes)
        return "a return value lies outside its block";
    }
  }
  for (const TaskDesc& task : kernel.tasks) {
    if (!(broken = broken_task(task, kernel, module)).empty()) return broken;
  }
  return {};
}

}  // namespace

std::string broken_invariant(const ModuleDesc& module) {
  std::string broken;
  for (const KernelDesc& kernel : module.kernels) {
    if (!(broken = broken_kernel(kernel, module)).empty()) return kernel.name + ": " + broken;
  }
  for (const GraphDesc& graph : module.graphs) {
    if (!(broken = broken_graph(graph, module)).empty()) return graph.name + ": " + broken;
  }
  return {};
}

}  // namespace ist::test
