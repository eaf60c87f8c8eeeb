// Reads metadata.tcb: everything is found by position.
#include "aot/llvm_metadata.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <unordered_set>

#include "aot/archive.h"
#include "aot/llvm_types.h"
#include "aot/tcb_reader.h"

namespace ist::aot {

namespace {

constexpr const char* kFile = "metadata.tcb";
constexpr uint32_t kMajorVersion = 1;
constexpr uint32_t kMinorVersion = 7;
constexpr uint64_t kMaxRootBytes = uint64_t{1} << 40;
constexpr uint64_t kMaxNodeBytes = uint64_t{1} << 31;
constexpr uint64_t kChunkHeaderBytes = 8;  // of a dynamic node's chunk
constexpr uint32_t kMaxRank = 16;          // TiNdShape
constexpr uint64_t kMaxElementBytes = uint64_t{1} << 30;
constexpr int32_t kMaxBlockDim = 1024;
constexpr int32_t kMaxSharedBytes = 1 << 20;
constexpr size_t kMaxTasks = 65536;
// Of the blocks of all kernels together: a tensor takes few bytes of a file and many of memory.
constexpr uint64_t kMaxAllBlocksBytes = uint64_t{16} << 20;
constexpr size_t kCodeFactsBytes = 8 + 8 + 8;  // size of the IR, when it was made, when it was used

constexpr size_t kSmallestSnode = 4 + 4 + 8 + 8;
constexpr size_t kSmallestTree = 4 + 4 + 4 + 8 + 8;
constexpr size_t kSmallestArgument = 8 + 1 + 1 + 8 + 4 + 4 + 1 + 8 + 4;
constexpr size_t kSmallestTask = 8 + 4 + 4 + 4;
constexpr size_t kSmallestKernel = 8 + 8 + 8 + 8 + kCodeFactsBytes + 8 + 4 + 8 + 4 + 8;

enum Ptype : int32_t { kTexture = 2, kRwTexture = 3, kLastPtype = 5 };
constexpr int32_t kLastSnodeType = 9;  // undefined

std::string number(uint64_t value) { return "(" + std::to_string(value) + ")"; }

// What args[] says of one argument. Where it lies and of what type it is, args_type says.
struct ArgumentFacts {
  std::vector<int32_t> index;
  bool is_array = false;
  bool is_argpack = false;
  uint64_t total_dim = 0;
  std::vector<uint32_t> element_shape;
  int32_t ptype = 0;
};

Result<std::vector<int32_t>> read_index(TcbReader& in) {
  std::vector<int32_t> index;
  IST_TRY(const size_t count, in.count("index", sizeof(int32_t)));
  for (size_t i = 0; i < count; ++i) {
    IST_TRY(const int32_t step, in.i32("index", INT32_MIN, INT32_MAX));
    index.push_back(step);
  }
  return index;
}

Status read_element_shape(TcbReader& in, std::vector<uint32_t>& shape) {
  IST_TRY(const size_t rank, in.count("element_shape", sizeof(int32_t)));
  if (rank > kMaxRank) return in.complain("element_shape", "has " + number(rank) + " dimensions");
  for (size_t i = 0; i < rank; ++i) {
    IST_TRY(const int32_t extent, in.i32("element_shape", 1, INT32_MAX));
    shape.push_back(static_cast<uint32_t>(extent));
  }
  return {};
}

Result<ArgumentFacts> read_argument(TcbReader& in) {
  ArgumentFacts facts;
  IST_TRY(facts.index, read_index(in));
  IST_TRY(facts.is_array, in.boolean("is_array"));
  IST_TRY(facts.is_argpack, in.boolean("is_argpack"));
  IST_TRY(facts.total_dim, in.u64("total_dim", UINT64_MAX));
  IST_CHECK(in.skip("format", sizeof(uint32_t)));
  IST_CHECK(read_llvm_type(in, "dt", TypeOffsets::unused));
  IST_CHECK(in.boolean("needs_grad"));
  IST_CHECK(read_element_shape(in, facts.element_shape));
  IST_TRY(facts.ptype, in.i32("ptype", 0, kLastPtype));
  return facts;
}

Result<Snode> read_snode(TcbReader& in) {
  Snode node;
  IST_TRY(const int32_t id, in.i32("id", 0, kMaxSnodes - 1));
  IST_TRY(const int32_t type, in.i32("type", 0, kLastSnodeType));
  if (type == kLastSnodeType) return in.complain("type", "is (9), no kind of node");
  node.id = static_cast<uint32_t>(id);
  node.type = static_cast<Snode::Type>(type);
  IST_TRY(node.cell_bytes, in.u64("cell_size_bytes", kMaxRootBytes));
  IST_TRY(node.chunk_cells, in.u64("chunk_size", INT32_MAX));
  const bool is_dynamic = node.type == Snode::Type::dynamic;
  if (!is_dynamic && node.type != Snode::Type::pointer) return node;
  const uint64_t cells = is_dynamic ? node.chunk_cells : 1;
  if (node.cell_bytes == 0 || cells == 0) return in.complain("chunk_size", "makes a node of no size");
  if (node.cell_bytes > kMaxNodeBytes || cells > (kMaxNodeBytes - kChunkHeaderBytes) / node.cell_bytes) {
    return in.complain("chunk_size", "makes nodes of " + number(cells) + " cells of " + number(node.cell_bytes) +
                                         " bytes, more than " + number(kMaxNodeBytes) + " bytes");
  }
  return node;
}

// The members of an ndarray's element, as its pointer says or, where that is a plain primitive, as args[] does.
Status read_element(const TcbReader& in, const ArgumentFacts& facts, const TypeNode& pointer, Param& param) {
  const TypeNode* pointee = pointer.pointee.empty() ? nullptr : &pointer.pointee.front();
  const bool is_tensor = pointee && pointee->kind == TypeNode::Kind::tensor;
  if (!is_tensor && (!pointee || pointee->kind != TypeNode::Kind::primitive)) {
    return in.complain("args_type", "makes '" + param.name + "' an ndarray of neither numbers nor tensors");
  }
  param.type = pointee->type;
  param.element_shape = is_tensor ? tensor_shape(pointee->shape) : facts.element_shape;
  uint64_t size_bytes = element_size_bytes(param.type);
  for (const uint32_t extent : param.element_shape) {
    size_bytes *= extent;
    if (size_bytes > kMaxElementBytes) return in.complain("args", "gives '" + param.name + "' too large an element");
  }
  param.element_bytes = static_cast<uint32_t>(size_bytes);
  return {};
}

Status make_ndarray(const TcbReader& in, const ArgumentFacts& facts, const TypeMember& member, Param& param) {
  param.kind = ParamKind::ndarray;
  param.shape_offsets = extent_offsets(member.type, member.offset_bytes);
  if (param.shape_offsets.empty()) {
    return in.complain("args_type", "gives array '" + param.name + "' no extents and data pointer");
  }
  // The dimensions of an element count in total_dim, where element_shape has them.
  const size_t element_rank = facts.element_shape.size();
  const uint64_t rank = facts.total_dim - std::min<uint64_t>(facts.total_dim, element_rank);
  const bool fits = facts.total_dim >= element_rank && rank <= kMaxRank;
  if (!fits || param.shape_offsets.size() != std::max<uint64_t>(rank, 1)) {
    return in.complain("args_type", "gives array '" + param.name + "' " + number(param.shape_offsets.size()) +
                                        " extents but its total_dim is " + number(facts.total_dim) + ", of which " +
                                        number(element_rank) + " belong to an element");
  }
  param.rank = static_cast<uint32_t>(rank);
  const TypeMember& pointer = member.type.members[1];
  param.data_ptr_offset = member.offset_bytes + pointer.offset_bytes;
  return read_element(in, facts, pointer.type, param);
}

Status make_by_value(const TcbReader& in, const TypeMember& member, Param& param) {
  const bool is_scalar = member.type.kind == TypeNode::Kind::primitive;
  param.kind = is_scalar ? ParamKind::scalar : ParamKind::tensor;
  const bool has_values = append_primitives(member.type, member.offset_bytes, param.members);
  if (!has_values || param.members.empty()) {
    return in.complain("args_type", "gives '" + param.name + "', an argument by value, members that are no values");
  }
  param.type = param.members.front().type;
  return {};
}

Result<Param> make_param(const TcbReader& in, const ArgumentFacts& facts, const TypeMember& member) {
  Param param;
  param.name = member.name;
  param.offset_bytes = member.offset_bytes;
  const TypeNode::Kind kind = member.type.kind;
  if (facts.is_argpack || kind == TypeNode::Kind::argpack || kind == TypeNode::Kind::pointer) {
    param.kind = ParamKind::argpack;
    return param;
  }
  if (facts.ptype == kTexture || facts.ptype == kRwTexture) {
    return in.complain("args", "makes '" + param.name + "' a texture: LLVM modules have none",
                       Code::incompatible_module);
  }
  IST_CHECK(facts.is_array ? make_ndarray(in, facts, member, param) : make_by_value(in, member, param));
  return param;
}

class LlvmMetadataReader {
 public:
  LlvmMetadataReader(TcbReader& in, ModuleDesc& module) : in_(in), module_(module) {}

  Status read() {
    IST_CHECK(read_version());
    IST_CHECK(in_.skip("size", sizeof(uint64_t)));
    IST_TRY(const size_t tree_count, in_.count("fields", kSmallestTree));
    for (size_t i = 0; i < tree_count; ++i) {
      const TcbStep step(in_, "fields", i);
      IST_CHECK(read_tree());
    }
    IST_TRY(const size_t kernel_count, in_.count("kernels", kSmallestKernel));
    for (size_t i = 0; i < kernel_count; ++i) {
      const TcbStep step(in_, "kernels", i);
      IST_CHECK(read_kernel());
    }
    return in_.finish();
  }

 private:
  Status read_version() {
    std::array<uint32_t, 3> version = {};
    std::string text;
    for (uint32_t& part : version) {
      IST_TRY(part, in_.u16("version"));
      text += (text.empty() ? "" : ".") + std::to_string(part);
    }
    if (version[0] != kMajorVersion || version[1] != kMinorVersion) {
      return in_.complain("version", "is (" + text + "): of LLVM modules those of Taichi 1.7 are read",
                          Code::incompatible_module);
    }
    module_.taichi_version = text;
    return {};
  }

  Status read_tree() {
    FieldTree tree;
    IST_TRY(const int32_t key, in_.i32("key", 0, kMaxFieldTrees - 1));
    IST_TRY(const int32_t id, in_.i32("tree_id", key, key));
    tree.id = static_cast<uint32_t>(id);
    if (tree_ids_.test(tree.id)) return in_.complain("tree_id", "is " + number(tree.id) + " for the second time");
    tree_ids_.set(tree.id);
    IST_TRY(const int32_t root, in_.i32("root_id", 0, kMaxSnodes - 1));
    tree.root_snode = static_cast<uint32_t>(root);
    IST_TRY(tree.root_bytes, in_.u64("root_size", kMaxRootBytes));
    IST_TRY(const size_t count, in_.count("snodes", kSmallestSnode));
    if (count == 0) return in_.complain("snodes", "is empty");
    for (size_t i = 0; i < count; ++i) {
      const TcbStep step(in_, "snodes", i);
      IST_TRY(const Snode node, read_snode(in_));
      IST_CHECK(add_snode(node, tree));
    }
    module_.trees.push_back(std::move(tree));
    return {};
  }

  Status add_snode(const Snode& node, FieldTree& tree) {
    const uint64_t expected = tree.root_snode + tree.snodes.size();
    if (node.id != expected) return in_.complain("id", "is " + number(node.id) + " instead of " + number(expected));
    if (snode_ids_.test(node.id)) return in_.complain("id", "is " + number(node.id) + ", a node of another tree");
    const bool is_first = tree.snodes.empty();
    if ((node.type == Snode::Type::root) != is_first) {
      return in_.complain("type", is_first ? "is not that of a root" : "is that of a root, below another");
    }
    if (is_first && node.cell_bytes > tree.root_bytes) {
      return in_.complain("cell_size_bytes",
                          "is " + number(node.cell_bytes) + " but root_size is " + number(tree.root_bytes));
    }
    snode_ids_.set(node.id);
    tree.snodes.push_back(node);
    return {};
  }

  Status read_kernel() {
    KernelDesc kernel;
    kernel.bool_bytes = 1;
    kernel.binary = static_cast<uint32_t>(module_.binaries.size());
    IST_TRY(kernel.name, in_.text("key"));
    IST_CHECK(check_name(kernel.name));
    IST_TRY(const std::string own_name, in_.text("name"));
    if (own_name != kernel.name) return in_.complain("name", "is '" + own_name + "' under key '" + kernel.name + "'");
    std::vector<ArgumentFacts> arguments;
    IST_TRY(const size_t argument_count, in_.count("args", kSmallestArgument));
    for (size_t i = 0; i < argument_count; ++i) {
      const TcbStep step(in_, "args", i);
      IST_TRY(ArgumentFacts facts, read_argument(in_));
      arguments.push_back(std::move(facts));
    }
    IST_CHECK(read_tasks(kernel));
    IST_CHECK(in_.skip("ll_size", kCodeFactsBytes));
    IST_CHECK(read_returns(kernel));
    IST_CHECK(read_params(arguments, kernel));
    module_.binaries.push_back({kernel.name, {}, {}});
    module_.kernels.push_back(std::move(kernel));
    return {};
  }

  Status check_name(const std::string& name) {
    if (!is_plain_file_name(name)) return in_.complain("key", "is a name that is no file name");
    if (!kernel_names_.insert(name).second) return in_.complain("key", "is '" + name + "' for the second time");
    return {};
  }

  Status read_tasks(KernelDesc& kernel) {
    IST_TRY(const size_t count, in_.count("tasks", kSmallestTask));
    for (size_t i = 0; i < count; ++i) {
      const TcbStep step(in_, "tasks", i);
      if (++task_count_ > kMaxTasks) return in_.complain("name", "is one of too many tasks");
      TaskDesc task;
      IST_TRY(task.name, in_.text("name"));
      if (task.name.empty() || task.name.find('\0') != std::string::npos) {
        return in_.complain("name", "is no name of a function");
      }
      IST_TRY(const int32_t block_dim, in_.i32("block_dim", 0, kMaxBlockDim));
      IST_TRY(const int32_t grid_dim, in_.i32("grid_dim", 0, INT32_MAX));
      IST_TRY(const int32_t shared_bytes, in_.i32("dynamic_shared_bytes", 0, kMaxSharedBytes));
      task.block_dim = static_cast<uint32_t>(block_dim);
      task.grid_dim = static_cast<uint32_t>(grid_dim);
      task.dynamic_shared_bytes = static_cast<uint32_t>(shared_bytes);
      task.binary = kernel.binary;
      kernel.tasks.push_back(std::move(task));
    }
    return {};
  }

  // The type of a whole block, and the bytes that the block has.
  Result<TypeNode> read_block(const char* type_field, const char* size_field, uint32_t& block_bytes) {
    IST_TRY(TypeNode type, read_llvm_type(in_, type_field, TypeOffsets::real));
    if (type.kind != TypeNode::Kind::structure && type.kind != TypeNode::Kind::nothing) {
      return in_.complain(type_field, "is not a structure");
    }
    IST_TRY(const uint64_t size_bytes, in_.u64(size_field, kMaxBlockBytes));
    if (type.size_bytes > size_bytes) {
      return in_.complain(
          size_field, "is " + number(size_bytes) + " but " + type_field + " has " + number(type.size_bytes) + " bytes");
    }
    block_bytes = static_cast<uint32_t>(size_bytes);
    blocks_bytes_ += size_bytes;
    if (blocks_bytes_ > kMaxAllBlocksBytes)
      return in_.complain(size_field, "makes the blocks of all kernels too large");
    return type;
  }

  Status read_returns(KernelDesc& kernel) {
    IST_TRY(const size_t count, in_.count("rets", sizeof(int32_t)));
    for (size_t i = 0; i < count; ++i) {
      const TcbStep step(in_, "rets", i);
      IST_CHECK(read_llvm_type(in_, "type", TypeOffsets::unused));
    }
    IST_TRY(const TypeNode type, read_block("ret_type", "ret_size", kernel.rets_bytes));
    for (const TypeMember& member : type.members) {
      const bool has_values = append_returns(member.name, member.type, member.offset_bytes, kernel.returns);
      if (!has_values) return in_.complain("ret_type", "returns in '" + member.name + "' what is no value");
    }
    for (const ReturnValue& value : kernel.returns) {
      if (value.shape.size() > 2) {
        return in_.complain("ret_type", "returns in '" + value.name + "' a tensor of more than two dimensions");
      }
    }
    return {};
  }

  Status read_params(const std::vector<ArgumentFacts>& arguments, KernelDesc& kernel) {
    IST_TRY(const TypeNode type, read_block("args_type", "args_size", kernel.args_bytes));
    std::vector<const ArgumentFacts*> by_position(type.members.size());
    for (const ArgumentFacts& facts : arguments) {
      if (facts.index.size() != 1) continue;  // the inside of an argpack
      const int32_t position = facts.index.front();
      if (position < 0 || static_cast<size_t>(position) >= by_position.size()) {
        return in_.complain("args", "has an argument (" + std::to_string(position) + ") of a kernel with " +
                                        number(by_position.size()));
      }
      if (!by_position[position]) by_position[position] = &facts;
    }
    for (size_t i = 0; i < by_position.size(); ++i) {
      if (!by_position[i]) return in_.complain("args", "says nothing of argument " + number(i));
      IST_TRY(Param param, make_param(in_, *by_position[i], type.members[i]));
      kernel.params.push_back(std::move(param));
    }
    return {};
  }

  TcbReader& in_;
  ModuleDesc& module_;
  std::bitset<kMaxFieldTrees> tree_ids_;
  std::bitset<kMaxSnodes> snode_ids_;
  std::unordered_set<std::string> kernel_names_;
  size_t task_count_ = 0;
  uint64_t blocks_bytes_ = 0;
};

}  // namespace

Status read_llvm_metadata(std::span<const std::byte> bytes, ModuleDesc& module) {
  module.uses_addresses = true;
  IST_TRY(TcbReader in, TcbReader::open(kFile, bytes));
  return LlvmMetadataReader(in, module).read();
}

}  // namespace ist::aot
