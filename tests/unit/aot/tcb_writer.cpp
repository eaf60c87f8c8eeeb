// Little-endian fields, one after the other, behind the length of the file.
#include "tcb_writer.h"

#include <algorithm>
#include <cstring>

namespace ist::test {

using aot::DataType;

namespace {

constexpr int32_t kNull = -1, kPrimitive = 0, kPointer = 1, kTensor = 2;
constexpr int32_t kQuantInt = 5, kQuantFloat = 6, kQuantFixed = 7;

class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Bytes& text(const std::string& value) {
    put<uint64_t>(value.size());
    bytes_ += value;
    return *this;
  }
  Bytes& list(const std::vector<int32_t>& values) {
    put<uint64_t>(values.size());
    for (const int32_t value : values) put(value);
    return *this;
  }
  std::string file() const {
    const uint64_t size = bytes_.size() + sizeof(uint64_t);
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + bytes_;
  }

 private:
  std::string bytes_;
};

void put_type(Bytes& out, const TcbType& type) {
  out.put(type.kind);
  const TcbType plain = tcb_primitive(DataType::i32);
  switch (type.kind) {
    case kNull:
      return;
    case kPrimitive:
      out.put(type.primitive);
      return;
    case kPointer:
      put_type(out, type.inner.at(0));
      out.put<int32_t>(0).put<bool>(type.is_bit_pointer);
      return;
    case kTensor:
      out.list(type.shape);
      put_type(out, type.inner.at(0));
      return;
    case kQuantInt:
      out.put<int32_t>(5).put<bool>(true);
      put_type(out, plain);
      return;
    case kQuantFloat:
      for (int i = 0; i < 3; ++i) put_type(out, plain);
      return;
    case kQuantFixed:
      for (int i = 0; i < 2; ++i) put_type(out, plain);
      out.put<double>(0.5);
      return;
    default:
      break;
  }
  out.put<uint64_t>(type.members.size());
  for (const TcbMember& member : type.members) {
    put_type(out, member.type);
    out.text(member.name).put(member.offset);
  }
  out.text("e-m:e-i64:64-n8:16:32:64-S128");
}

uint64_t align_of(const TcbType& type) {
  if (type.kind == kPrimitive) return size_of(type);
  if (type.kind == kPointer) return 8;
  if (type.kind == kTensor) return align_of(type.inner.at(0));
  uint64_t align = 1;
  for (const TcbMember& member : type.members) align = std::max(align, align_of(member.type));
  return align;
}

uint64_t round_up(uint64_t value, uint64_t align) { return (value + align - 1) / align * align; }

// Appends to the args block, and the facts that stand in args[].
TcbArgument& add_argument(TcbKernel& kernel, const TcbType& type) {
  const auto position = static_cast<int32_t>(kernel.args_type.members.size());
  append_member(kernel.args_type, "arg_" + std::to_string(position), type);
  kernel.args_size = size_of(kernel.args_type);
  TcbArgument argument;
  argument.index = {position};
  argument.dt = type;
  kernel.args.insert(kernel.args.begin(), argument);  // the order of a hash
  return kernel.args.front();
}

void put_kernel(Bytes& out, const TcbKernel& kernel) {
  out.text(kernel.key).text(kernel.name);
  out.put<uint64_t>(kernel.args.size());
  for (const TcbArgument& arg : kernel.args) {
    out.list(arg.index).put(arg.is_array).put(arg.is_argpack).put(arg.total_dim).put(arg.format);
    put_type(out, arg.dt);
    out.put(arg.needs_grad).list(arg.element_shape).put(arg.ptype);
  }
  out.put<uint64_t>(kernel.tasks.size());
  for (const TcbTask& task : kernel.tasks) {
    out.text(task.name).put(task.block_dim).put(task.grid_dim).put(task.dynamic_shared_bytes);
  }
  out.put<uint64_t>(kernel.ir.size()).put<int64_t>(1700000000).put<int64_t>(1700000000);
  out.put<uint64_t>(kernel.rets.size());
  for (const TcbType& type : kernel.rets) put_type(out, type);
  put_type(out, kernel.ret_type);
  out.put(kernel.ret_size);
  put_type(out, kernel.args_type);
  out.put(kernel.args_size);
}

}  // namespace

TcbType tcb_null() {
  TcbType type;
  type.kind = kNull;
  return type;
}

TcbType tcb_primitive(DataType primitive) {
  TcbType type;
  type.kind = kPrimitive;
  type.primitive = static_cast<int32_t>(primitive);
  return type;
}

TcbType tcb_pointer(TcbType pointee) {
  TcbType type;
  type.kind = kPointer;
  type.inner.push_back(std::move(pointee));
  return type;
}

TcbType tcb_tensor(std::vector<int32_t> shape, DataType element) {
  TcbType type;
  type.kind = kTensor;
  type.shape = std::move(shape);
  type.inner.push_back(tcb_primitive(element));
  return type;
}

uint64_t size_of(const TcbType& type) {
  if (type.kind == kPrimitive) return aot::element_size_bytes(static_cast<DataType>(type.primitive));
  if (type.kind == kPointer) return 8;
  if (type.kind == kTensor) {
    uint64_t size = size_of(type.inner.at(0));
    for (const int32_t extent : type.shape) size *= static_cast<uint64_t>(extent);
    return size;
  }
  if (type.members.empty()) return 0;
  const TcbMember& last = type.members.back();
  return round_up(last.offset + size_of(last.type), align_of(type));
}

void append_member(TcbType& structure, const std::string& name, TcbType type) {
  uint64_t end = 0;
  if (!structure.members.empty()) end = structure.members.back().offset + size_of(structure.members.back().type);
  const uint64_t offset = round_up(end, align_of(type));
  structure.members.push_back({name, std::move(type), offset});
}

TcbKernel tcb_kernel(const std::string& name, std::string ir) {
  TcbKernel kernel;
  kernel.key = kernel.name = name;
  kernel.tasks = {{name + "_kernel_0_serial"}};
  kernel.ir = std::move(ir);
  return kernel;
}

void add_scalar(TcbKernel& kernel, DataType type) { add_argument(kernel, tcb_primitive(type)); }

void add_tensor(TcbKernel& kernel, DataType type, int rows, int columns) {
  TcbType structure;
  for (int i = 0; i < rows * columns; ++i) append_member(structure, "v_" + std::to_string(i), tcb_primitive(type));
  add_argument(kernel, structure);
}

void add_ndarray(TcbKernel& kernel, DataType type, int rank, std::vector<int32_t> element_shape, bool needs_grad) {
  TcbType shape;
  for (int i = 0; i < std::max(rank, 1); ++i) {
    append_member(shape, "dim_" + std::to_string(i), tcb_primitive(DataType::i32));
  }
  TcbType array;
  append_member(array, "shape", shape);
  append_member(array, "data_ptr", tcb_pointer(tcb_primitive(type)));
  if (needs_grad) append_member(array, "grad_ptr", tcb_pointer(tcb_primitive(type)));
  TcbArgument& argument = add_argument(kernel, array);
  argument.is_array = true;
  argument.total_dim = static_cast<uint64_t>(rank) + element_shape.size();
  argument.element_shape = std::move(element_shape);
  argument.needs_grad = needs_grad;
  argument.ptype = 1;
}

void add_argpack(TcbKernel& kernel) {
  TcbType pack;
  pack.kind = 4;
  append_member(pack, "a", tcb_primitive(DataType::i32));
  TcbArgument& argument = add_argument(kernel, tcb_pointer(pack));
  argument.is_argpack = true;
  TcbArgument inside;
  inside.index = {argument.index.at(0), 0};
  inside.dt = tcb_primitive(DataType::i32);
  kernel.args.push_back(inside);
}

void add_return(TcbKernel& kernel, const TcbType& type) {
  append_member(kernel.ret_type, "ret_" + std::to_string(kernel.ret_type.members.size()), type);
  kernel.ret_size = size_of(kernel.ret_type);
  kernel.rets.push_back(type);
}

std::string metadata_tcb(const TcbModule& module) {
  Bytes out;
  uint64_t ir_bytes = 0;
  for (const TcbKernel& kernel : module.kernels) ir_bytes += kernel.ir.size();
  for (const uint16_t part : module.version) out.put(part);
  out.put(ir_bytes).put<uint64_t>(module.trees.size());
  for (const TcbTree& tree : module.trees) {
    out.put(tree.key).put(tree.id).put(tree.root_id).put(tree.root_bytes).put<uint64_t>(tree.snodes.size());
    for (const TcbSnode& node : tree.snodes) {
      out.put(node.id).put(node.type).put(node.cell_bytes).put(node.chunk_cells);
    }
  }
  out.put<uint64_t>(module.kernels.size());
  for (const TcbKernel& kernel : module.kernels) put_kernel(out, kernel);
  return out.file();
}

std::string graphs_tcb(const TcbModule& module) {
  Bytes out;
  out.put<uint64_t>(module.graphs.size());
  for (const TcbGraph& graph : module.graphs) {
    out.text(graph.name).put<uint64_t>(graph.dispatches.size());
    for (const TcbDispatch& dispatch : graph.dispatches) {
      out.text(dispatch.kernel).put<uint64_t>(dispatch.args.size());
      for (const TcbGraphArg& arg : dispatch.args) {
        out.text(arg.name).put(arg.dtype).put(arg.field_dim).put(arg.tag).list(arg.element_shape);
        out.put(arg.num_channels);
      }
    }
  }
  return out.file();
}

Files llvm_files(const TcbModule& module) {
  Files files;
  files["metadata.tcb"] = metadata_tcb(module);
  files["metadata.json"] = "{\"version\": {1, 7, 4}}";  // a dump for people, not JSON
  files["graphs.tcb"] = graphs_tcb(module);
  files["__version__"] = "1.7.4";
  for (const TcbKernel& kernel : module.kernels) files[kernel.key + ".ll"] = kernel.ir;
  return files;
}

std::string empty_ir(const std::string& triple, const std::vector<std::string>& tasks) {
  std::string ir = "; ModuleID = 'kernel'\nsource_filename = \"kernel\"\ntarget triple = \"" + triple + "\"\n";
  for (const std::string& task : tasks) ir += "\ndefine void @" + task + "(i8* %context) {\n  ret void\n}\n";
  return ir;
}

TcbModule rich_module(const std::string& triple) {
  const bool is_cuda = triple.starts_with("nvptx64");
  TcbModule module;
  TcbKernel every = tcb_kernel("every", "");
  for (int type = 0; type < 12; ++type) add_scalar(every, static_cast<DataType>(type));
  add_tensor(every, DataType::f32, 3);
  add_tensor(every, DataType::u8, 2, 3);
  add_ndarray(every, DataType::f16, 2, {3, 2});
  add_ndarray(every, DataType::i32, 0);
  add_ndarray(every, DataType::f64, 3, {}, true);
  add_return(every, tcb_primitive(DataType::u1));
  add_return(every, tcb_tensor({3, 1}, DataType::f32));
  TcbType inner;
  append_member(inner, "m", tcb_tensor({2, 3}, DataType::f16));
  append_member(inner, "z", tcb_primitive(DataType::u8));
  TcbType outer;
  append_member(outer, "a", tcb_primitive(DataType::i8));
  append_member(outer, "inner", inner);
  append_member(outer, "d", tcb_primitive(DataType::f64));
  add_return(every, outer);
  every.tasks.push_back({"every_kernel_1_range_for"});
  TcbKernel step = tcb_kernel("step_c80_0", "");
  add_scalar(step, DataType::i32);
  add_tensor(step, DataType::i32, 2, 2);
  add_ndarray(step, DataType::f32, 1, {2});
  module.kernels = {every, step, tcb_kernel("nothing", "")};
  for (TcbKernel& kernel : module.kernels) {
    std::vector<std::string> names;
    for (TcbTask& task : kernel.tasks) {
      names.push_back(task.name);
      if (is_cuda) task.block_dim = 128, task.grid_dim = 4224;
    }
    kernel.ir = empty_ir(triple, names);
  }
  module.trees = {{3, 3, 5, 64, {{5, 0, 64, 0}, {6, 3, 24, 0}, {7, 4, 8, 0}, {8, 6, 0, 0}}},
                  {0, 0, 0, 32, {{0, 0, 32, 0}, {1, 2, 4, 16}, {2, 6, 0, 0}, {3, 1, 4, 0}, {4, 6, 0, 0}}}};
  const TcbDispatch dispatch = {"step_c80_0", {{"n", 5, 0, 0, {}}, {"m", 5, 0, 1, {2, 2}}, {"x", 1, 1, 2, {2}}}};
  module.graphs = {{"run", {dispatch, dispatch}}, {"empty", {}}};
  return module;
}

}  // namespace ist::test
