// Reads graphs.json. `num_channels`, and `field_dim` of textures, are uninitialised memory of the
// producer: never read.
#include "aot/graph_file.h"

#include <unordered_map>
#include <unordered_set>

#include "aot/json_node.h"

namespace ist::aot {

namespace {

enum Tag : int64_t { kScalar = 0, kMatrix = 1, kNdarray = 2, kTexture = 3, kRwTexture = 4, kUnknown = 5 };
constexpr int64_t kLastPrimitive = 11;
constexpr int64_t kMaxRank = 16;
constexpr uint64_t kMaxComponents = uint64_t{1} << 30;

bool is_texture(ParamKind kind) { return kind == ParamKind::sampled_texture || kind == ParamKind::storage_texture; }

uint64_t product(const std::vector<uint32_t>& shape) {
  uint64_t count = 1;
  for (const uint32_t extent : shape) count *= extent;
  return count;
}

Result<ParamKind> read_kind(JsonNode tag_node) {
  IST_TRY(const int64_t tag, tag_node.integer(kScalar, kUnknown));
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
      return tag_node.complain("is no kind of graph argument");
  }
}

Status read_element_shape(JsonNode node, GraphArg& arg) {
  const JsonNode shape = node.member("element_shape");
  IST_TRY(const size_t rank, shape.list_size());
  if (rank > kMaxRank) return shape.complain("has too many dimensions");
  for (size_t i = 0; i < rank; ++i) {
    IST_TRY(const int64_t extent, shape.item(i).integer(1, INT32_MAX));
    arg.element_shape.push_back(static_cast<uint32_t>(extent));
    if (product(arg.element_shape) > kMaxComponents) return shape.complain("is too large an element");
  }
  return {};
}

Result<GraphArg> read_arg(JsonNode node) {
  GraphArg arg;
  IST_CHECK(node.require_object());
  IST_TRY(arg.name, node.member("name").text());
  IST_TRY(arg.kind, read_kind(node.member("tag")));
  if (is_texture(arg.kind)) return arg;
  IST_TRY(const int64_t type, node.member("dtype_id").integer(0, kLastPrimitive));
  arg.type = static_cast<DataType>(type);
  IST_CHECK(read_element_shape(node, arg));
  if (arg.kind != ParamKind::ndarray) return arg;
  IST_TRY(const int64_t rank, node.member("field_dim").integer(0, kMaxRank));
  arg.rank = static_cast<uint32_t>(rank);
  return arg;
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

class GraphReader {
 public:
  explicit GraphReader(ModuleDesc& module) : module_(module) {
    for (size_t i = 0; i < module.kernels.size(); ++i) {
      kernels_.emplace(module.kernels[i].name, static_cast<uint32_t>(i));
    }
  }

  Status read(JsonNode root) {
    IST_CHECK(root.require_list());
    IST_TRY(const size_t count, root.list_size());
    std::unordered_set<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      GraphDesc graph;
      const JsonNode entry = root.item(i);
      IST_CHECK(entry.require_object());
      IST_TRY(graph.name, entry.member("key").text());
      const JsonNode value = entry.member("value");
      if (!value.present()) return entry.complain("has no value");
      IST_CHECK(value.require_object());
      IST_CHECK(read_dispatches(value.member("dispatches"), graph));
      if (names.insert(graph.name).second) module_.graphs.push_back(std::move(graph));
    }
    return {};
  }

 private:
  Status read_dispatches(JsonNode list, GraphDesc& graph) {
    arg_names_.clear();
    IST_TRY(const size_t count, list.list_size());
    for (size_t i = 0; i < count; ++i) {
      Dispatch dispatch;
      const JsonNode node = list.item(i);
      IST_CHECK(node.require_object());
      IST_TRY(const std::string name, node.member("kernel_name").text());
      const auto kernel = kernels_.find(name);
      if (kernel == kernels_.end()) {
        return node.complain("dispatches a kernel ('" + name + "') that metadata.json does not have");
      }
      dispatch.kernel = kernel->second;
      IST_CHECK(read_args(node, graph, dispatch));
      graph.dispatches.push_back(std::move(dispatch));
    }
    return {};
  }

  Status read_args(JsonNode node, GraphDesc& graph, Dispatch& dispatch) {
    const KernelDesc& kernel = module_.kernels[dispatch.kernel];
    const JsonNode list = node.member("symbolic_args");
    IST_TRY(const size_t count, list.list_size());
    if (count != kernel.params.size()) {
      return node.complain("passes (" + std::to_string(count) + ") arguments to kernel '" + kernel.name +
                           "', which has (" + std::to_string(kernel.params.size()) + ")");
    }
    for (size_t i = 0; i < count; ++i) {
      IST_TRY(GraphArg arg, read_arg(list.item(i)));
      const Param& param = kernel.params[i];
      if (!fits(arg, param)) {
        return list.item(i).complain("is a " + std::string(data_type_name(arg.type)) + " " + param_kind_name(arg.kind) +
                                     " for parameter '" + param.name + "' of kernel '" + kernel.name +
                                     "', which is a different " + data_type_name(param.type) + " " +
                                     param_kind_name(param.kind));
      }
      if (is_texture(arg.kind)) arg.rank = param.rank;
      IST_TRY(const uint32_t index, intern(std::move(arg), list.item(i), graph));
      dispatch.args.push_back(index);
    }
    return {};
  }

  Result<uint32_t> intern(GraphArg arg, JsonNode at, GraphDesc& graph) {
    const auto next = static_cast<uint32_t>(graph.args.size());
    const auto [found, added] = arg_names_.emplace(arg.name, next);
    if (added) {
      graph.args.push_back(std::move(arg));
    } else if (!agree(graph.args[found->second], arg)) {
      return at.complain("redefines argument '" + arg.name + "' of graph '" + graph.name + "'");
    }
    return found->second;
  }

  ModuleDesc& module_;
  std::unordered_map<std::string, uint32_t> kernels_;
  std::unordered_map<std::string, uint32_t> arg_names_;
};

}  // namespace

Status read_graphs(std::span<const std::byte> bytes, ModuleDesc& module) {
  IST_TRY(const JsonDocument document, JsonDocument::parse("graphs.json", bytes));
  return GraphReader(module).read(document.root());
}

}  // namespace ist::aot
