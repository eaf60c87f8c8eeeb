// Compiles loop bounds to TripPrograms; reference of the shapes: producer's output, versions 1.0-1.6.
#include "aot/trip_count.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "aot/trip_loop.h"
#include "aot/trip_ops.h"

namespace ist::aot {

namespace {

using Op = TripProgram::Op;
using Node = TripProgram::Node;

constexpr uint64_t kRngStateByte = 4096;
constexpr unsigned kMaxDepth = 64;
constexpr size_t kMaxNodes = 512;
constexpr unsigned kMaxVisits = 4096;
constexpr uint32_t kTruthWidth = 32;  // what booleans are computed in

// Instructions of GLSL.std.450.
enum Glsl : uint32_t {
  kSAbs = 5,
  kSSign = 7,
  kUMin = 38,
  kSMin = 39,
  kUMax = 41,
  kSMax = 42,
  kUClamp = 44,
  kSClamp = 45
};

// A write to the global temporaries.
struct TmpsWrite {
  std::optional<uint64_t> byte;  // nothing: somewhere
  uint32_t size_bytes = 0;
  uint32_t block = 0;
  uint32_t value = 0;  // id of a plain store's value, 0 for atomics

  bool overlaps(uint64_t at, uint64_t size) const { return !byte || (*byte < at + size && at < *byte + size_bytes); }
};

struct TaskView {
  const SpirvModule* shader = nullptr;
  const TaskDesc* task = nullptr;
  std::vector<TmpsWrite> writes;
  std::vector<uint32_t> always_run;
};

BindKind bind_kind(const TaskDesc& task, uint32_t binding) {
  for (const Bind& bind : task.binds) {
    if (bind.binding == binding) return bind.kind;
  }
  return BindKind::argpack;
}

BindKind variable_kind(const SpirvModule& shader, const TaskDesc& task, uint32_t variable) {
  const auto binding = shader.decoration(variable, spv::DecorationBinding);
  return binding ? bind_kind(task, *binding) : BindKind::argpack;
}

bool is_global_tmps(const SpirvModule& shader, const TaskDesc& task, uint32_t variable) {
  return variable_kind(shader, task, variable) == BindKind::global_tmps;
}

void add_write(const TripTask& t, uint32_t pointer, uint32_t value, uint32_t block, std::vector<TmpsWrite>& out) {
  const SpirvModule& shader = *t.shader;
  const Place place = shader.locate(pointer);
  const uint32_t storage_class = shader.storage_class_of(pointer);
  const bool buffer = storage_class == spv::StorageClassStorageBuffer || storage_class == spv::StorageClassUniform;
  if (place.variable == 0 && !buffer) return;
  if (place.variable != 0 && !is_global_tmps(shader, *t.task, place.variable)) return;
  TmpsWrite write;
  write.byte = place.variable != 0 ? place.byte : std::nullopt;
  write.size_bytes =
      static_cast<uint32_t>(std::max<uint64_t>(1, shader.size_bytes(shader.pointee(shader.type_of(pointer)))));
  write.block = block;
  write.value = value;
  out.push_back(write);
}

std::vector<TmpsWrite> find_writes(const TripTask& t) {
  std::vector<TmpsWrite> writes;
  const bool binds_tmps = std::any_of(t.task->binds.begin(), t.task->binds.end(),
                                      [](const Bind& bind) { return bind.kind == BindKind::global_tmps; });
  if (!binds_tmps) return writes;
  for (const Instruction& i : t.shader->instructions()) {
    switch (i.opcode) {
      case spv::OpStore:
        add_write(t, t.shader->word(i, 1), t.shader->word(i, 2), i.block, writes);
        break;
      case spv::OpAtomicStore:
        add_write(t, t.shader->word(i, 1), 0, i.block, writes);
        break;
      case spv::OpCopyMemory:
      case spv::OpCopyMemorySized:
      case spv::OpFunctionCall:
        writes.push_back({});
        break;
      case spv::OpAtomicFAddEXT:
      case spv::OpAtomicFMinEXT:
      case spv::OpAtomicFMaxEXT:
        add_write(t, t.shader->word(i, 3), 0, i.block, writes);
        break;
      default:
        if (i.opcode > spv::OpAtomicStore && i.opcode <= spv::OpAtomicXor) {
          add_write(t, t.shader->word(i, 3), 0, i.block, writes);
        }
    }
  }
  return writes;
}

std::optional<Op> binary_op(uint32_t opcode) {
  switch (opcode) {
    case spv::OpIAdd:
      return Op::add;
    case spv::OpISub:
      return Op::sub;
    case spv::OpIMul:
      return Op::mul;
    case spv::OpSDiv:
      return Op::sdiv;
    case spv::OpUDiv:
      return Op::udiv;
    case spv::OpSRem:
      return Op::srem;
    case spv::OpSMod:
      return Op::smod;
    case spv::OpUMod:
      return Op::umod;
    case spv::OpBitwiseAnd:
    case spv::OpLogicalAnd:
      return Op::bit_and;
    case spv::OpBitwiseOr:
    case spv::OpLogicalOr:
      return Op::bit_or;
    case spv::OpBitwiseXor:
      return Op::bit_xor;
    case spv::OpShiftLeftLogical:
      return Op::shift_left;
    case spv::OpShiftRightLogical:
      return Op::shift_right;
    case spv::OpShiftRightArithmetic:
      return Op::shift_right_signed;
    case spv::OpIEqual:
    case spv::OpLogicalEqual:
      return Op::equal;
    case spv::OpINotEqual:
    case spv::OpLogicalNotEqual:
      return Op::not_equal;
    case spv::OpSLessThan:
    case spv::OpSGreaterThan:
      return Op::sless;
    case spv::OpSLessThanEqual:
    case spv::OpSGreaterThanEqual:
      return Op::sless_equal;
    case spv::OpULessThan:
    case spv::OpUGreaterThan:
      return Op::uless;
    case spv::OpULessThanEqual:
    case spv::OpUGreaterThanEqual:
      return Op::uless_equal;
    default:
      return {};
  }
}

bool is_swapped(uint32_t opcode) {
  return opcode == spv::OpSGreaterThan || opcode == spv::OpSGreaterThanEqual || opcode == spv::OpUGreaterThan ||
         opcode == spv::OpUGreaterThanEqual;
}

// A pair-valued operation, by the member that is taken.
std::optional<Op> extended_op(uint32_t opcode, uint32_t member) {
  switch (opcode) {
    case spv::OpSMulExtended:
      return member == 0 ? Op::mul : Op::mul_high_signed;
    case spv::OpUMulExtended:
      return member == 0 ? Op::mul : Op::mul_high_unsigned;
    case spv::OpIAddCarry:
      return member == 0 ? Op::add : Op::carry;
    case spv::OpISubBorrow:
      return member == 0 ? Op::sub : Op::borrow;
    default:
      return {};
  }
}

std::optional<Op> glsl_op(uint32_t instruction) {
  switch (instruction) {
    case kSAbs:
      return Op::sabs;
    case kSSign:
      return Op::ssign;
    case kUMin:
      return Op::umin;
    case kSMin:
      return Op::smin;
    case kUMax:
      return Op::umax;
    case kSMax:
      return Op::smax;
    default:
      return {};
  }
}

// Writes expressions in postfix order, folding constants. One use per program.
class Compiler {
 public:
  Compiler(std::span<const TaskView> tasks, uint32_t args_bytes) : tasks_(tasks), args_bytes_(args_bytes) {}

  // Begin, then end; a begin of id 0 is the constant zero.
  TripProgram compile(size_t task, const GridLoop& loop) {
    const bool begin = loop.begin == 0 ? push({Op::constant, 32, 0, 0}) : emit(task, loop.begin, 0);
    if (!begin || !emit(task, loop.end, 0)) return {};
    std::erase_if(nodes_, [&](const Node& node) { return node.op == Op::keep && !recalled_[node.operand]; });
    uint32_t depth = 0;
    uint32_t deepest = 0;
    uint32_t read = 0;
    for (const Node& node : nodes_) {
      depth = depth + 1 - trip_arity(node.op);
      deepest = std::max(deepest, depth);
      if (node.op == Op::load) read = std::max(read, static_cast<uint32_t>(node.operand) + node.width_bits / 8);
    }
    return TripProgram(std::move(nodes_), deepest, read);
  }

 private:
  // Appends an operation whose operands are the last nodes, or its value when they are constants.
  bool push(Node node) {
    const unsigned arity = trip_arity(node.op);
    const bool folds =
        arity > 0 && nodes_.size() >= arity &&
        std::all_of(nodes_.end() - arity, nodes_.end(), [](const Node& operand) { return operand.op == Op::constant; });
    if (folds) {
      const Node* operands = nodes_.data() + nodes_.size() - arity;
      const auto value = trip_apply(node, operands[0].operand, arity > 1 ? operands[1].operand : 0,
                                    arity > 2 ? operands[2].operand : 0);
      if (!value) return false;
      nodes_.resize(nodes_.size() - arity);
      node = {Op::constant, node.width_bits, 0, *value};
    }
    nodes_.push_back(node);
    return nodes_.size() <= kMaxNodes;
  }

  static Node node(Op op, uint32_t width, uint64_t operand = 0) {
    return {op, static_cast<uint8_t>(width), 0, operand};
  }

  // The width in which values of a type are computed; 0 for what is not an integer or a boolean.
  static uint32_t width_of(const SpirvModule& shader, uint32_t type) {
    if (shader.definition(type).opcode == spv::OpTypeBool) return kTruthWidth;
    return shader.integer_width(type);
  }

  // A value that was computed before is recalled: bounds are graphs, and as trees they grow fast.
  bool emit(size_t task, uint32_t id, unsigned depth) {
    const uint64_t key = uint64_t{task} << 32 | id;
    if (const auto found = slots_.find(key); found != slots_.end()) {
      recalled_[found->second] = true;
      return push(node(Op::recall, 64, found->second));
    }
    const size_t before = nodes_.size();
    if (!emit_value(task, id, depth)) return false;
    const bool trivial = nodes_.size() - before < 2;
    if (trivial || slots_.size() >= kTripSlotLimit) return true;
    const auto slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace(key, slot);
    return push(node(Op::keep, 64, slot));
  }

  bool emit_value(size_t task, uint32_t id, unsigned depth) {
    const SpirvModule& shader = *tasks_[task].shader;
    const Instruction& i = shader.definition(id);
    const uint32_t width = width_of(shader, i.type);
    if (width == 0 || depth > kMaxDepth || ++visits_ > kMaxVisits) return false;
    if (const auto op = binary_op(i.opcode)) return emit_binary(task, i, *op, depth);
    const auto operand = [&](uint32_t index) { return emit(task, shader.word(i, index), depth + 1); };
    switch (i.opcode) {
      case spv::OpConstant: {
        const uint64_t high = width == 64 ? shader.word(i, 4) : 0;
        const uint64_t value = high << 32 | shader.word(i, 3);
        return push(node(Op::constant, width, width == 64 ? value : value & ((uint64_t{1} << width) - 1)));
      }
      case spv::OpConstantTrue:
        return push(node(Op::constant, width, 1));
      case spv::OpConstantFalse:
      case spv::OpConstantNull:
        return push(node(Op::constant, width, 0));
      case spv::OpCopyObject:
        return operand(3);
      case spv::OpBitcast:
        return width_of(shader, shader.type_of(shader.word(i, 3))) == width && operand(3);
      case spv::OpSConvert: {
        const uint32_t from = width_of(shader, shader.type_of(shader.word(i, 3)));
        return from != 0 && operand(3) && push(node(Op::sign_extend, from, width));
      }
      case spv::OpUConvert:
        return operand(3) && push(node(Op::truncate, width));
      case spv::OpSNegate:
        return operand(3) && push(node(Op::negate, width));
      case spv::OpNot:
        return operand(3) && push(node(Op::bit_not, width));
      case spv::OpLogicalNot:
        return operand(3) && push(node(Op::constant, width, 0)) && push(node(Op::equal, width));
      case spv::OpSelect:
        return operand(3) && operand(4) && operand(5) && push(node(Op::select, width));
      case spv::OpPhi:
        return emit_phi(task, i, width, depth);
      case spv::OpCompositeExtract:
        return emit_extract(task, i, width, depth);
      case spv::OpExtInst:
        return emit_glsl(task, i, width, depth);
      case spv::OpLoad:
        return emit_load(task, i, width, depth);
      default:
        return false;
    }
  }

  bool emit_binary(size_t task, const Instruction& i, Op op, unsigned depth) {
    const SpirvModule& shader = *tasks_[task].shader;
    const uint32_t left = shader.word(i, is_swapped(i.opcode) ? 4 : 3);
    const uint32_t right = shader.word(i, is_swapped(i.opcode) ? 3 : 4);
    const uint32_t width = width_of(shader, shader.type_of(left));
    return width != 0 && emit(task, left, depth + 1) && emit(task, right, depth + 1) && push(node(op, width));
  }

  bool emit_extract(size_t task, const Instruction& i, uint32_t width, unsigned depth) {
    const SpirvModule& shader = *tasks_[task].shader;
    const Instruction& pair = shader.definition(shader.word(i, 3));
    const uint32_t member = shader.word(i, 4);
    if (i.length != 5 || member > 1) return false;
    const auto op = extended_op(pair.opcode, member);
    return op && emit(task, shader.word(pair, 3), depth + 1) && emit(task, shader.word(pair, 4), depth + 1) &&
           push(node(*op, width));
  }

  bool emit_glsl(size_t task, const Instruction& i, uint32_t width, unsigned depth) {
    const SpirvModule& shader = *tasks_[task].shader;
    if (shader.word(i, 3) != shader.glsl_import() || shader.glsl_import() == 0) return false;
    const uint32_t function = shader.word(i, 4);
    const auto operand = [&](uint32_t index) { return emit(task, shader.word(i, index), depth + 1); };
    if (function == kSClamp || function == kUClamp) {
      const bool is_signed = function == kSClamp;
      return operand(5) && operand(6) && push(node(is_signed ? Op::smax : Op::umax, width)) && operand(7) &&
             push(node(is_signed ? Op::smin : Op::umin, width));
    }
    const auto op = glsl_op(function);
    if (!op) return false;
    return operand(5) && (trip_arity(*op) == 1 || operand(6)) && push(node(*op, width));
  }

  // A value that depends on which side of one selection ran is a select.
  bool emit_phi(size_t task, const Instruction& phi, uint32_t width, unsigned depth) {
    const SpirvModule& shader = *tasks_[task].shader;
    if (phi.length != 7) return false;
    for (const Instruction& merge : shader.instructions()) {
      if (merge.opcode != spv::OpSelectionMerge || shader.word(merge, 1) != phi.block) continue;
      const BlockEnd end = block_end(shader, merge.block);
      if (!end.branch || end.branch->opcode != spv::OpBranchConditional) return false;
      const uint32_t on_true = phi_value(shader, phi, merge.block, shader.word(*end.branch, 2));
      const uint32_t on_false = phi_value(shader, phi, merge.block, shader.word(*end.branch, 3));
      return on_true != 0 && on_false != 0 && emit(task, shader.word(*end.branch, 1), depth + 1) &&
             emit(task, on_true, depth + 1) && emit(task, on_false, depth + 1) && push(node(Op::select, width));
    }
    return false;
  }

  // The phi's value when control left `header` for `target`, 0 when the way cannot be followed.
  static uint32_t phi_value(const SpirvModule& shader, const Instruction& phi, uint32_t header, uint32_t target) {
    uint32_t parent = header;
    for (unsigned step = 0; target != phi.block; ++step) {
      const BlockEnd end = block_end(shader, target);
      const bool straight = end.merge || (end.branch && end.branch->opcode == spv::OpBranch);
      if (!straight || step > kMaxDepth) return 0;
      parent = target;
      target = shader.word(end.merge ? *end.merge : *end.branch, 1);
    }
    if (shader.word(phi, 4) == parent) return shader.word(phi, 3);
    return shader.word(phi, 6) == parent ? shader.word(phi, 5) : 0;
  }

  bool emit_load(size_t task, const Instruction& load, uint32_t width, unsigned depth) {
    const SpirvModule& shader = *tasks_[task].shader;
    const Place place = shader.locate(shader.word(load, 3));
    if (place.variable == 0 || !place.byte || shader.integer_width(load.type) == 0) return false;
    const uint64_t byte = *place.byte;
    switch (variable_kind(shader, *tasks_[task].task, place.variable)) {
      case BindKind::args:
        if (byte > args_bytes_ || width / 8 > args_bytes_ - byte) return false;
        return push(node(Op::load, width, byte));
      case BindKind::global_tmps:
        return emit_stored(task, byte, width / 8, depth);
      default:
        return false;
    }
  }

  // What the nearest earlier task left at a byte of the global temporaries.
  bool emit_stored(size_t task, uint64_t byte, uint64_t size, unsigned depth) {
    const auto touches = [&](const TmpsWrite& write) { return write.overlaps(byte, size); };
    const auto& own = tasks_[task].writes;
    if (std::any_of(own.begin(), own.end(), touches)) return false;
    while (task-- > 0) {
      const TaskView& writer = tasks_[task];
      const auto first = std::find_if(writer.writes.begin(), writer.writes.end(), touches);
      if (first == writer.writes.end()) continue;
      const bool once = std::none_of(first + 1, writer.writes.end(), touches);
      const bool exact = first->byte == byte && first->size_bytes == size && first->value != 0;
      const bool always =
          std::find(writer.always_run.begin(), writer.always_run.end(), first->block) != writer.always_run.end();
      return writer.task->serial && once && exact && always && emit(task, first->value, depth + 1);
    }
    return false;
  }

  std::span<const TaskView> tasks_;
  uint32_t args_bytes_;
  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, uint32_t> slots_;  // by task and id
  bool recalled_[kTripSlotLimit] = {};
  unsigned visits_ = 0;
};

bool writes_rng_state(const std::vector<TmpsWrite>& writes) {
  return std::any_of(writes.begin(), writes.end(), [](const TmpsWrite& write) { return write.byte == kRngStateByte; });
}

// Loops beside the one over the grid; where that one is not recognised, one of the loops is taken for it.
bool has_inner_loops(const SpirvModule& shader) {
  const auto& all = shader.instructions();
  const auto is_loop = [](const Instruction& i) { return i.opcode == spv::OpLoopMerge; };
  return std::count_if(all.begin(), all.end(), is_loop) > 1;
}

TripRule rule_of(const TripTask& task, const TripFacts& facts, const std::optional<GridLoop>& loop) {
  const bool observes = task.scan->uses_subgroups || task.scan->sees_local_ids || sees_grid(*task.shader, loop);
  if (facts.uses_rng || observes) return TripRule::advisory;
  return task.scan->uses_shared_memory ? TripRule::exact : TripRule::plain;
}

}  // namespace

std::vector<TripFacts> find_trips(std::span<const TripTask> tasks, uint32_t args_bytes) {
  std::vector<TaskView> views;
  for (const TripTask& task : tasks) {
    TaskView view = {task.shader, task.task, find_writes(task), {}};
    if (task.task->serial && !view.writes.empty()) view.always_run = always_run_blocks(*task.shader);
    views.push_back(std::move(view));
  }
  std::vector<TripFacts> all(tasks.size());
  for (size_t t = 0; t < tasks.size(); ++t) {
    all[t].uses_rng = writes_rng_state(views[t].writes);
    all[t].inner_loops = has_inner_loops(*tasks[t].shader);
    if (tasks[t].task->serial) continue;
    const auto loop = find_grid_loop(*tasks[t].shader);
    all[t].rule = rule_of(tasks[t], all[t], loop);
    if (loop) all[t].trip = Compiler(views, args_bytes).compile(t, *loop);
  }
  return all;
}

}  // namespace ist::aot
