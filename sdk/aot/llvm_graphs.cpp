// Reads graphs.tcb. `num_channels`, and the type and shape of textures, are uninitialised memory of the
// producer: never looked at.
#include "aot/llvm_graphs.h"

#include "aot/graph_builder.h"
#include "aot/tcb_reader.h"

namespace ist::aot {

namespace {

constexpr int32_t kLastPrimitive = 11;
constexpr size_t kSmallestGraph = 8 + 8;
constexpr size_t kSmallestDispatch = 8 + 8;
constexpr size_t kSmallestArgument = 8 + 4 + 8 + 4 + 8 + 8;

Result<std::vector<uint32_t>> read_element_shape(TcbReader& in, bool is_used) {
  std::vector<uint32_t> shape;
  IST_TRY(const size_t rank, in.count("element_shape", sizeof(int32_t)));
  if (rank > kMaxGraphRank) return in.complain("element_shape", "has too many dimensions");
  for (size_t i = 0; i < rank; ++i) {
    IST_TRY(const int32_t extent, in.i32("element_shape", is_used ? 1 : INT32_MIN, INT32_MAX));
    if (is_used) shape.push_back(static_cast<uint32_t>(extent));
  }
  if (!is_element_shape(shape)) return in.complain("element_shape", "is too large an element");
  return shape;
}

Result<GraphArg> read_arg(TcbReader& in) {
  GraphArg arg;
  IST_TRY(arg.name, in.text("name"));
  IST_TRY(const int32_t type, in.i32("dtype", INT32_MIN, INT32_MAX));
  IST_TRY(const uint64_t rank, in.u64("field_dim", UINT64_MAX));
  IST_TRY(const int32_t tag, in.i32("tag", 0, kLastGraphTag));
  const auto kind = graph_argument_kind(tag);
  if (!kind) return in.complain("tag", "is (" + std::to_string(tag) + "), no kind of graph argument");
  arg.kind = *kind;
  const bool is_used = has_element(arg.kind);
  IST_TRY(arg.element_shape, read_element_shape(in, is_used));
  IST_CHECK(in.skip("num_channels", sizeof(uint64_t)));
  if (!is_used) return arg;
  if (type < 0 || type > kLastPrimitive) {
    return in.complain("dtype", "is (" + std::to_string(type) + "), no type of a graph argument");
  }
  arg.type = static_cast<DataType>(type);
  if (arg.kind != ParamKind::ndarray) return arg;
  if (rank > kMaxGraphRank) return in.complain("field_dim", "is (" + std::to_string(rank) + ")");
  arg.rank = static_cast<uint32_t>(rank);
  return arg;
}

Status read_dispatch(TcbReader& in, GraphBuilder& builder) {
  IST_TRY(const std::string kernel, in.text("kernel_key"));
  IST_TRY(const size_t count, in.count("args", kSmallestArgument));
  std::string wrong = builder.begin_dispatch(kernel, count);
  if (!wrong.empty()) return in.complain("kernel_key", wrong);
  for (size_t i = 0; i < count; ++i) {
    const TcbStep step(in, "args", i);
    IST_TRY(GraphArg arg, read_arg(in));
    wrong = builder.add_argument(std::move(arg));
    if (!wrong.empty()) return in.complain("tag", wrong);
  }
  return {};
}

Status read_graph(TcbReader& in, GraphBuilder& builder) {
  IST_TRY(std::string name, in.text("key"));
  builder.begin_graph(std::move(name));
  IST_TRY(const size_t count, in.count("dispatches", kSmallestDispatch));
  for (size_t i = 0; i < count; ++i) {
    const TcbStep step(in, "dispatches", i);
    IST_CHECK(read_dispatch(in, builder));
  }
  builder.end_graph();
  return {};
}

}  // namespace

Status read_llvm_graphs(std::span<const std::byte> bytes, ModuleDesc& module) {
  IST_TRY(TcbReader in, TcbReader::open("graphs.tcb", bytes));
  IST_TRY(const size_t count, in.count("graphs", kSmallestGraph));
  GraphBuilder builder(module);
  for (size_t i = 0; i < count; ++i) {
    const TcbStep step(in, "graphs", i);
    IST_CHECK(read_graph(in, builder));
  }
  return in.finish();
}

}  // namespace ist::aot
