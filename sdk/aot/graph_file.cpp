// Reads graphs.json. `num_channels`, and `field_dim` of textures, are uninitialised memory of the
// producer: never read.
#include "aot/graph_file.h"

#include "aot/graph_builder.h"
#include "aot/json_node.h"

namespace ist::aot {

namespace {

constexpr int64_t kLastPrimitive = 11;

Result<ParamKind> read_kind(JsonNode tag_node) {
  IST_TRY(const int64_t tag, tag_node.integer(0, kLastGraphTag));
  const auto kind = graph_argument_kind(tag);
  if (!kind) return tag_node.complain("is no kind of graph argument");
  return *kind;
}

Status read_element_shape(JsonNode node, GraphArg& arg) {
  const JsonNode shape = node.member("element_shape");
  IST_TRY(const size_t rank, shape.list_size());
  if (rank > kMaxGraphRank) return shape.complain("has too many dimensions");
  for (size_t i = 0; i < rank; ++i) {
    IST_TRY(const int64_t extent, shape.item(i).integer(1, INT32_MAX));
    arg.element_shape.push_back(static_cast<uint32_t>(extent));
  }
  return is_element_shape(arg.element_shape) ? Status() : shape.complain("is too large an element");
}

Result<GraphArg> read_arg(JsonNode node) {
  GraphArg arg;
  IST_CHECK(node.require_object());
  IST_TRY(arg.name, node.member("name").text());
  IST_TRY(arg.kind, read_kind(node.member("tag")));
  if (!has_element(arg.kind)) return arg;
  IST_TRY(const int64_t type, node.member("dtype_id").integer(0, kLastPrimitive));
  arg.type = static_cast<DataType>(type);
  IST_CHECK(read_element_shape(node, arg));
  if (arg.kind != ParamKind::ndarray) return arg;
  IST_TRY(const int64_t rank, node.member("field_dim").integer(0, kMaxGraphRank));
  arg.rank = static_cast<uint32_t>(rank);
  return arg;
}

Status read_dispatch(JsonNode node, GraphBuilder& builder) {
  IST_CHECK(node.require_object());
  IST_TRY(const std::string kernel, node.member("kernel_name").text());
  const JsonNode list = node.member("symbolic_args");
  IST_TRY(const size_t count, list.list_size());
  std::string wrong = builder.begin_dispatch(kernel, count);
  if (!wrong.empty()) return node.complain(wrong);
  for (size_t i = 0; i < count; ++i) {
    IST_TRY(GraphArg arg, read_arg(list.item(i)));
    wrong = builder.add_argument(std::move(arg));
    if (!wrong.empty()) return list.item(i).complain(wrong);
  }
  return {};
}

Status read_graph(JsonNode entry, GraphBuilder& builder) {
  IST_CHECK(entry.require_object());
  IST_TRY(std::string name, entry.member("key").text());
  const JsonNode value = entry.member("value");
  if (!value.present()) return entry.complain("has no value");
  IST_CHECK(value.require_object());
  const JsonNode dispatches = value.member("dispatches");
  IST_TRY(const size_t count, dispatches.list_size());
  builder.begin_graph(std::move(name));
  for (size_t i = 0; i < count; ++i) IST_CHECK(read_dispatch(dispatches.item(i), builder));
  builder.end_graph();
  return {};
}

}  // namespace

Status read_graphs(std::span<const std::byte> bytes, ModuleDesc& module) {
  IST_TRY(const JsonDocument document, JsonDocument::parse("graphs.json", bytes));
  const JsonNode root = document.root();
  IST_CHECK(root.require_list());
  IST_TRY(const size_t count, root.list_size());
  GraphBuilder builder(module);
  for (size_t i = 0; i < count; ++i) IST_CHECK(read_graph(root.item(i), builder));
  return {};
}

}  // namespace ist::aot
