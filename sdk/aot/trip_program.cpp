// Checks a program once, at construction, and runs it at every launch without another check.
#include "aot/trip_program.h"

#include <algorithm>
#include <cstring>

#include "aot/trip_ops.h"

namespace ist::aot {

namespace {

using Op = TripProgram::Op;
using Node = TripProgram::Node;

inline uint64_t cut(uint64_t value, unsigned width) {
  return width >= 64 ? value : value & ((uint64_t{1} << width) - 1);
}

inline int64_t extend(uint64_t value, unsigned width) {
  const unsigned shift = 64 - width;
  return static_cast<int64_t>(value << shift) >> shift;
}

inline uint64_t load(const std::byte* at, unsigned width) {
  uint64_t value = 0;
  std::memcpy(&value, at, width / 8);
  return value;
}

// Division overflows only for the smallest number by -1.
inline bool divides(int64_t a, int64_t b, unsigned width) {
  return b != 0 && !(b == -1 && a == extend(uint64_t{1} << (width - 1), width));
}

inline int64_t floored_rest(int64_t a, int64_t b) {
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

inline uint64_t high_half(Op op, uint64_t a, uint64_t b, unsigned width) {
  if (op == Op::mul_high_unsigned) return static_cast<uint64_t>(UInt128{a} * b >> width);
  return static_cast<uint64_t>(Int128{extend(a, width)} * extend(b, width) >> width);
}

inline bool is_defined(const Node& node, uint64_t a, uint64_t b) {
  switch (node.op) {
    case Op::udiv:
    case Op::umod:
      return b != 0;
    case Op::sdiv:
    case Op::srem:
    case Op::smod:
      return divides(extend(a, node.width_bits), extend(b, node.width_bits), node.width_bits);
    case Op::shift_left:
    case Op::shift_right:
    case Op::shift_right_signed:
      return b < node.width_bits;
    default:
      return true;
  }
}

// Requires is_defined.
inline uint64_t compute(const Node& node, uint64_t a, uint64_t b, uint64_t c) {
  const unsigned width = node.width_bits;
  const int64_t sa = extend(a, width);
  const int64_t sb = extend(b, width);
  switch (node.op) {
    case Op::constant:
      return node.operand;
    case Op::add:
      return cut(a + b, width);
    case Op::sub:
      return cut(a - b, width);
    case Op::mul:
      return cut(a * b, width);
    case Op::sdiv:
      return cut(static_cast<uint64_t>(sa / sb), width);
    case Op::udiv:
      return a / b;
    case Op::srem:
      return cut(static_cast<uint64_t>(sa % sb), width);
    case Op::smod:
      return cut(static_cast<uint64_t>(floored_rest(sa, sb)), width);
    case Op::umod:
      return a % b;
    case Op::mul_high_signed:
    case Op::mul_high_unsigned:
      return cut(high_half(node.op, a, b, width), width);
    case Op::carry:
      return cut(a + b, width) < a;
    case Op::borrow:
      return a < b;
    case Op::bit_and:
      return a & b;
    case Op::bit_or:
      return a | b;
    case Op::bit_xor:
      return a ^ b;
    case Op::shift_left:
      return cut(a << b, width);
    case Op::shift_right:
      return a >> b;
    case Op::shift_right_signed:
      return cut(static_cast<uint64_t>(sa >> b), width);
    case Op::smin:
      return sa < sb ? a : b;
    case Op::smax:
      return sa < sb ? b : a;
    case Op::umin:
      return std::min(a, b);
    case Op::umax:
      return std::max(a, b);
    case Op::equal:
      return a == b;
    case Op::not_equal:
      return a != b;
    case Op::sless:
      return sa < sb;
    case Op::sless_equal:
      return sa <= sb;
    case Op::uless:
      return a < b;
    case Op::uless_equal:
      return a <= b;
    case Op::negate:
      return cut(0 - a, width);
    case Op::bit_not:
      return cut(~a, width);
    case Op::sabs:
      return cut(sa < 0 ? 0 - a : a, width);
    case Op::ssign:
      return cut(sa < 0 ? ~uint64_t{0} : uint64_t{sa > 0}, width);
    case Op::sign_extend:
      return cut(static_cast<uint64_t>(sa), static_cast<unsigned>(node.operand));
    case Op::truncate:
      return cut(a, width);
    case Op::select:
      return a != 0 ? b : c;
    default:
      return a;
  }
}

bool is_width(uint64_t width) { return width == 8 || width == 16 || width == 32 || width == 64; }

// Whether the nodes leave exactly two values, never need more than the limits, and load only what
// the caller promises to pass.
bool well_formed(const std::vector<Node>& nodes, uint32_t deepest_stack, uint32_t args_bytes_read) {
  if (deepest_stack > kTripStackLimit) return false;
  uint32_t depth = 0;
  uint64_t kept = 0;  // bit per slot
  for (const Node& node : nodes) {
    if (node.op >= Op::count || !is_width(node.width_bits)) return false;
    if (node.op == Op::sign_extend && !is_width(node.operand)) return false;
    const uint64_t load_end = node.operand + node.width_bits / 8;
    if (node.op == Op::load && (load_end < node.operand || load_end > args_bytes_read)) return false;
    if ((node.op == Op::keep || node.op == Op::recall) && node.operand >= kTripSlotLimit) return false;
    if (node.op == Op::recall && (kept >> node.operand & 1) == 0) return false;
    if (node.op == Op::keep) kept |= uint64_t{1} << node.operand;
    const unsigned arity = trip_arity(node.op);
    if (depth < arity) return false;
    depth = depth - arity + 1;
    if (depth > deepest_stack) return false;
  }
  return depth == 2;
}

}  // namespace

unsigned trip_arity(Op op) {
  if (op == Op::constant || op == Op::load || op == Op::recall) return 0;
  if (op == Op::select) return 3;
  return op >= Op::negate && op <= Op::keep ? 1 : 2;
}

std::optional<uint64_t> trip_apply(const Node& node, uint64_t a, uint64_t b, uint64_t c) {
  if (!is_defined(node, a, b)) return {};
  return compute(node, a, b, c);
}

TripProgram::TripProgram(std::vector<Node> nodes, uint32_t deepest_stack, uint32_t args_bytes_read)
    : nodes_(std::move(nodes)), deepest_stack_(deepest_stack), args_bytes_read_(args_bytes_read) {
  if (!well_formed(nodes_, deepest_stack_, args_bytes_read_)) *this = TripProgram();
}

std::optional<int64_t> TripProgram::evaluate(std::span<const std::byte> args) const {
  if (nodes_.empty() || args.size() < args_bytes_read_) return {};
  uint64_t stack[kTripStackLimit + 1];
  uint64_t slots[kTripSlotLimit];
  uint64_t* top = stack;  // the last value; stack[0] is never one
  for (const Node& node : nodes_) {
    switch (node.op) {
      case Op::constant:
        *++top = node.operand;
        break;
      case Op::load:
        *++top = load(args.data() + node.operand, node.width_bits);
        break;
      case Op::recall:
        *++top = slots[node.operand];
        break;
      case Op::keep:
        slots[node.operand] = *top;
        break;
      case Op::select:
        top -= 2;
        *top = compute(node, top[0], top[1], top[2]);
        break;
      default:
        if (node.op >= Op::negate) {
          *top = compute(node, *top, 0, 0);
          break;
        }
        --top;
        if (!is_defined(node, top[0], top[1])) return {};
        *top = compute(node, top[0], top[1], 0);
    }
  }
  return extend(top[0], 32) - extend(top[-1], 32);
}

}  // namespace ist::aot
