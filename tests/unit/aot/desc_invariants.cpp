// Follows every index and offset that a consumer would.
#include "desc_invariants.h"

#include <algorithm>
#include <set>
#include <vector>

namespace ist::test {

using namespace aot;

namespace {

uint32_t size_in_block(DataType type, const KernelDesc& kernel) {
  return type == DataType::u1 ? kernel.bool_bytes : args_size_bytes(type);
}

std::string broken_param(const Param& param, const KernelDesc& kernel) {
  const uint32_t args_bytes = kernel.args_bytes;
  for (const Member& member : param.members) {
    const uint32_t size_bytes = size_in_block(member.type, kernel);
    if (member.offset_bytes + size_bytes > args_bytes) return "a member lies outside the args block";
    if (member.offset_bytes % size_bytes != 0) return "a member is not aligned";
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

std::string broken_llvm_task(const TaskDesc& task, const KernelDesc& kernel, const ModuleDesc& module) {
  if (task.binary != kernel.binary) return "a task has the IR of another kernel";
  const Binary& binary = module.binaries[task.binary];
  if (binary.name != kernel.name || binary.ir.empty()) return "a task has not the IR of its kernel";
  if (binary.ir.find('\0') != std::string::npos) return "an IR is no text";
  if (task.name.empty()) return "a task has no name";
  if (!task.binds.empty() || task.trip.known()) return "a task is described as if it were SPIR-V";
  const bool is_cuda = module.code == CodeKind::cuda;
  if (is_cuda != (task.block_dim > 0) || is_cuda != (task.grid_dim > 0)) return "a task has the launch of another arch";
  return task.block_dim <= 1024 ? "" : "a block has too many threads";
}

std::string broken_task(const TaskDesc& task, const KernelDesc& kernel, const ModuleDesc& module) {
  if (task.binary >= module.binaries.size()) return "a task has no binary";
  if (module.code != CodeKind::spirv) return broken_llvm_task(task, kernel, module);
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
  if (kernel.binary >= std::max<size_t>(module.binaries.size(), 1)) return "has no binary";
  for (const Param& param : kernel.params) {
    if (!(broken = broken_param(param, kernel)).empty()) return broken;
  }
  for (const ReturnValue& value : kernel.returns) {
    for (const Member& member : value.members) {
      if (member.offset_bytes + size_in_block(member.type, kernel) > kernel.rets_bytes)
        return "a return value lies outside its block";
      if (member.type != value.members.front().type) return "a return value has members of several types";
    }
    if (value.members.empty()) return "a return value has no members";
  }
  for (const TaskDesc& task : kernel.tasks) {
    if (!(broken = broken_task(task, kernel, module)).empty()) return broken;
  }
  return {};
}

std::string broken_tree(const FieldTree& tree, std::set<uint32_t>& snode_ids) {
  if (tree.id >= kMaxFieldTrees) return "has too high an id";
  if (tree.snodes.empty() || tree.snodes.front().type != Snode::Type::root) return "has no root";
  for (size_t i = 0; i < tree.snodes.size(); ++i) {
    const Snode& node = tree.snodes[i];
    if (node.id != tree.root_snode + i || node.id >= kMaxSnodes) return "has nodes out of order";
    if (!snode_ids.insert(node.id).second) return "shares a node with another tree";
    const bool is_collected = node.type == Snode::Type::pointer || node.type == Snode::Type::dynamic;
    const uint64_t cells = node.type == Snode::Type::dynamic ? node.chunk_cells : 1;
    if (!is_collected) continue;
    if (node.cell_bytes == 0 || cells == 0) return "has an empty node";
    if (cells > (uint64_t{1} << 31) / node.cell_bytes) return "has too large a node";
  }
  return tree.root_bytes <= uint64_t{1} << 40 ? "" : "is too large";
}

std::string broken_trees(const ModuleDesc& module) {
  std::set<uint32_t> tree_ids;
  std::set<uint32_t> snode_ids;
  if (module.code == CodeKind::spirv && !module.trees.empty()) return "a SPIR-V module has trees";
  for (const FieldTree& tree : module.trees) {
    if (!tree_ids.insert(tree.id).second) return "two trees have one id";
    if (const std::string broken = broken_tree(tree, snode_ids); !broken.empty()) return "a tree " + broken;
  }
  return {};
}

}  // namespace

std::string broken_invariant(const ModuleDesc& module) {
  std::string broken = broken_trees(module);
  if (!broken.empty()) return broken;
  if (module.code != CodeKind::spirv && !module.uses_addresses) return "an LLVM module binds its arrays";
  for (const KernelDesc& kernel : module.kernels) {
    if (!(broken = broken_kernel(kernel, module)).empty()) return kernel.name + ": " + broken;
  }
  for (const GraphDesc& graph : module.graphs) {
    if (!(broken = broken_graph(graph, module)).empty()) return graph.name + ": " + broken;
  }
  return {};
}

}  // namespace ist::test
