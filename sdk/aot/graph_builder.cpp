// The rules shared by graphs.json and graphs.tcb.
#include "aot/graph_builder.h"

#include <utility>

namespace ist::aot {

namespace {

enum Tag : int64_t { kScalar = 0, kMatrix = 1, kNdarray = 2, kTexture = 3, kRwTexture = 4 };
constexpr uint64_t kMaxComponents = uint64_t{1} << 30;

bool is_texture(ParamKind kind) { return kind == ParamKind::sampled_texture || kind == ParamKind::storage_texture; }

uint64_t product(const std::vector<uint32_t>& shape) {
  uint64_t count = 1;
  for (const uint32_t extent : shape) count *= extent;
  return count;
}

bool fits(const GraphArg& arg, const Param& param) {
  if (is_texture(arg.kind) || arg.kind != param.kind) return arg.kind == param.kind;
  if (arg.type != param.type) return false;
  if (arg.kind == ParamKind::tensor) return product(arg.element_shape) == param.members.size();
  if (arg.kind != ParamKind::ndarray) return true;
  return arg.rank == param.rank && product(arg.element_shape) == product(param.element_shape);
}

// One value may serve as a texture in one dispatch and as an rw texture in another.
bool agree(const GraphArg& a, const GraphArg& b) {
  if (is_texture(a.kind) && is_texture(b.kind)) return a.rank == b.rank;
  return a.kind == b.kind && a.type == b.type && a.rank == b.rank && a.element_shape == b.element_shape;
}

}  // namespace

std::optional<ParamKind> graph_argument_kind(int64_t tag) {
  switch (tag) {
    case kScalar:
      return ParamKind::scalar;
    case kMatrix:
      return ParamKind::tensor;
    case kNdarray:
      return ParamKind::ndarray;
    case kTexture:
      return ParamKind::sampled_texture;
    case kRwTexture:
      return ParamKind::storage_texture;
    default:
      return std::nullopt;
  }
}

bool has_element(ParamKind kind) { return !is_texture(kind); }

bool is_element_shape(const std::vector<uint32_t>& shape) {
  uint64_t count = 1;
  for (const uint32_t extent : shape) {
    count *= extent;
    if (count == 0 || count > kMaxComponents) return false;
  }
  return true;
}

GraphBuilder::GraphBuilder(ModuleDesc& module) : module_(module) {
  for (size_t i = 0; i < module.kernels.size(); ++i) {
    kernels_.emplace(module.kernels[i].name, static_cast<uint32_t>(i));
  }
}

void GraphBuilder::begin_graph(std::string name) {
  graph_ = {};
  graph_.name = std::move(name);
  argument_names_.clear();
}

std::string GraphBuilder::begin_dispatch(const std::string& name, size_t argument_count) {
  const auto found = kernels_.find(name);
  if (found == kernels_.end()) return "dispatches a kernel ('" + name + "') that the module does not have";
  const KernelDesc& kernel = module_.kernels[found->second];
  if (argument_count != kernel.params.size()) {
    return "passes (" + std::to_string(argument_count) + ") arguments to kernel '" + kernel.name + "', which has (" +
           std::to_string(kernel.params.size()) + ")";
  }
  graph_.dispatches.push_back({found->second, {}});
  return {};
}

std::string GraphBuilder::add_argument(GraphArg arg) {
  Dispatch& dispatch = graph_.dispatches.back();
  const KernelDesc& kernel = module_.kernels[dispatch.kernel];
  const Param& param = kernel.params[dispatch.args.size()];
  if (!fits(arg, param)) {
    return "is a " + std::string(data_type_name(arg.type)) + " " + param_kind_name(arg.kind) + " for parameter '" +
           param.name + "' of kernel '" + kernel.name + "', which is a different " + data_type_name(param.type) + " " +
           param_kind_name(param.kind);
  }
  if (is_texture(arg.kind)) arg.rank = param.rank;
  const auto next = static_cast<uint32_t>(graph_.args.size());
  const auto [found, added] = argument_names_.emplace(arg.name, next);
  if (!added && !agree(graph_.args[found->second], arg)) {
    return "redefines argument '" + arg.name + "' of graph '" + graph_.name + "'";
  }
  if (added) graph_.args.push_back(std::move(arg));
  dispatch.args.push_back(found->second);
  return {};
}

void GraphBuilder::end_graph() {
  if (graph_names_.insert(graph_.name).second) module_.graphs.push_back(std::move(graph_));
}

}  // namespace ist::aot
