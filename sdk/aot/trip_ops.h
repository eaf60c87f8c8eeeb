// The instruction set of TripProgram: shared by its compiler (trip_count.cpp) and its evaluator.
#pragma once

#include <cstdint>
#include <optional>

#include "aot/trip_program.h"

namespace ist::aot {

// Values are kept zero-extended from the width of the operation that made them; truth is 0 or 1.
// Comparisons have the width of their operands.
enum class TripProgram::Op : uint8_t {
  constant,  // operand
  load,      // width_bits at byte `operand` of the args block
  add,
  sub,
  mul,
  sdiv,
  udiv,
  srem,
  smod,
  umod,
  mul_high_signed,
  mul_high_unsigned,
  carry,
  borrow,
  bit_and,
  bit_or,
  bit_xor,
  shift_left,
  shift_right,
  shift_right_signed,
  smin,
  smax,
  umin,
  umax,
  equal,
  not_equal,
  sless,
  sless_equal,
  uless,
  uless_equal,
  negate,
  bit_not,
  sabs,
  ssign,
  sign_extend,  // from width_bits to `operand` bits
  truncate,     // to width_bits
  keep,         // remembers the last value in slot `operand`
  select,       // condition, then, else
  recall,       // pushes what slot `operand` keeps
  count,
};

// How many values an operation takes from the stack; each leaves one.
unsigned trip_arity(TripProgram::Op op);

// Computes one operation other than load, keep and recall. Nothing where SPIR-V leaves the result undefined.
// `a` is the value pushed first; for select it is the condition.
std::optional<uint64_t> trip_apply(const TripProgram::Node& node, uint64_t a, uint64_t b, uint64_t c);

// The deepest stack and the most slots a program may need; larger ones are not built.
constexpr uint32_t kTripStackLimit = 64;
constexpr uint32_t kTripSlotLimit = 32;

}  // namespace ist::aot
