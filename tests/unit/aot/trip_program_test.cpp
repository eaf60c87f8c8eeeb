// The evaluator: arithmetic of each operation, and programs that must not run.
#include "aot/trip_program.h"

#include <gtest/gtest.h>

#include <cstring>

#include "aot/trip_ops.h"

namespace ist::test {

using aot::TripProgram;
using Node = TripProgram::Node;
using Op = TripProgram::Op;

namespace {

Node constant(int64_t value, uint8_t width = 32) {
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  return {Op::constant, width, 0, static_cast<uint64_t>(value) & mask};
}

std::optional<uint64_t> apply(Op op, int64_t a, int64_t b = 0, int64_t c = 0, uint8_t width = 32,
                              uint64_t operand = 0) {
  return aot::trip_apply({op, width, 0, operand}, constant(a, width).operand, constant(b, width).operand,
                         constant(c, width).operand);
}

std::optional<int32_t> apply32(Op op, int64_t a, int64_t b = 0, int64_t c = 0) {
  const auto value = apply(op, a, b, c);
  return value ? std::optional(static_cast<int32_t>(static_cast<uint32_t>(*value))) : std::nullopt;
}

}  // namespace

TEST(TripProgram, ArithmeticWrapsInItsWidth) {
  EXPECT_EQ(apply32(Op::add, INT32_MAX, 1), INT32_MIN);
  EXPECT_EQ(apply32(Op::sub, INT32_MIN, 1), INT32_MAX);
  EXPECT_EQ(apply32(Op::mul, 65536, 65536), 0);
  EXPECT_EQ(apply32(Op::mul, -3, 7), -21);
  EXPECT_EQ(apply(Op::add, 200, 100, 0, 8), 44u);
  EXPECT_EQ(apply(Op::mul, INT64_MAX, 2, 0, 64), static_cast<uint64_t>(-2));
  EXPECT_EQ(apply32(Op::negate, INT32_MIN), INT32_MIN);
  EXPECT_EQ(apply32(Op::sabs, -5), 5);
  EXPECT_EQ(apply32(Op::sabs, INT32_MIN), INT32_MIN);
  EXPECT_EQ(apply32(Op::ssign, -5), -1);
  EXPECT_EQ(apply32(Op::ssign, 0), 0);
  EXPECT_EQ(apply32(Op::ssign, 9), 1);
  EXPECT_EQ(apply32(Op::bit_not, 0), -1);
}

TEST(TripProgram, Division) {
  EXPECT_EQ(apply32(Op::sdiv, -7, 2), -3);
  EXPECT_EQ(apply32(Op::srem, -7, 2), -1);
  EXPECT_EQ(apply32(Op::smod, -7, 2), 1);
  EXPECT_EQ(apply32(Op::smod, 7, -2), -1);
  EXPECT_EQ(apply32(Op::smod, 6, -2), 0);
  EXPECT_EQ(apply32(Op::udiv, -1, 2), INT32_MAX);
  EXPECT_EQ(apply32(Op::umod, -1, 10), 5);
  for (const Op op : {Op::sdiv, Op::udiv, Op::srem, Op::smod, Op::umod}) EXPECT_EQ(apply32(op, 5, 0), std::nullopt);
  EXPECT_EQ(apply32(Op::sdiv, INT32_MIN, -1), std::nullopt);
  EXPECT_EQ(apply(Op::sdiv, INT64_MIN, -1, 0, 64), std::nullopt);
  EXPECT_EQ(apply(Op::srem, -128, -1, 0, 8), std::nullopt);
}

TEST(TripProgram, ShiftsAndBits) {
  EXPECT_EQ(apply32(Op::shift_left, 3, 30), static_cast<int32_t>(0xc0000000));
  EXPECT_EQ(apply32(Op::shift_right, -1, 28), 15);
  EXPECT_EQ(apply32(Op::shift_right_signed, -16, 2), -4);
  for (const Op op : {Op::shift_left, Op::shift_right, Op::shift_right_signed}) {
    EXPECT_EQ(apply32(op, 1, 32), std::nullopt);
    EXPECT_EQ(apply32(op, 1, -1), std::nullopt);
  }
  EXPECT_EQ(apply32(Op::bit_and, 12, 10), 8);
  EXPECT_EQ(apply32(Op::bit_or, 12, 10), 14);
  EXPECT_EQ(apply32(Op::bit_xor, 12, 10), 6);
}

TEST(TripProgram, ComparisonsAndSelection) {
  EXPECT_EQ(apply32(Op::smin, -1, 1), -1);
  EXPECT_EQ(apply32(Op::umin, -1, 1), 1);
  EXPECT_EQ(apply32(Op::smax, -1, 1), 1);
  EXPECT_EQ(apply32(Op::umax, -1, 1), -1);
  EXPECT_EQ(apply32(Op::sless, -1, 1), 1);
  EXPECT_EQ(apply32(Op::uless, -1, 1), 0);
  EXPECT_EQ(apply32(Op::sless_equal, 1, 1), 1);
  EXPECT_EQ(apply32(Op::uless_equal, 2, 1), 0);
  EXPECT_EQ(apply32(Op::equal, 2, 2), 1);
  EXPECT_EQ(apply32(Op::not_equal, 2, 2), 0);
  EXPECT_EQ(apply32(Op::select, 1, 7, 8), 7);
  EXPECT_EQ(apply32(Op::select, 0, 7, 8), 8);
}

TEST(TripProgram, WideHalvesAndConversions) {
  EXPECT_EQ(apply32(Op::mul_high_signed, -2, 3), -1);
  EXPECT_EQ(apply32(Op::mul_high_unsigned, -1, -1), -2);
  EXPECT_EQ(apply(Op::mul_high_signed, INT64_MIN, 2, 0, 64), ~uint64_t{0});
  EXPECT_EQ(apply(Op::mul_high_unsigned, -1, 2, 0, 64), 1u);
  EXPECT_EQ(apply32(Op::carry, -1, 1), 1);
  EXPECT_EQ(apply32(Op::carry, 1, 1), 0);
  EXPECT_EQ(apply32(Op::borrow, 1, 2), 1);
  EXPECT_EQ(apply(Op::sign_extend, -5, 0, 0, 8, 32), 0xfffffffbu);
  EXPECT_EQ(apply(Op::sign_extend, -5, 0, 0, 64, 32), 0xfffffffbu);
  EXPECT_EQ(aot::trip_apply({Op::truncate, 8, 0, 0}, 0x1ff, 0, 0), 0xffu);
}

TEST(TripProgram, EvaluatesOverTheArgs) {
  const TripProgram program(
      {constant(2), {Op::load, 32, 0, 4}, {Op::load, 16, 0, 8}, {Op::sign_extend, 16, 0, 32}, {Op::mul, 32, 0, 0}}, 3,
      10);
  ASSERT_TRUE(program.known());
  std::byte args[10] = {};
  const int32_t a = 100;
  const int16_t b = -3;
  std::memcpy(args + 4, &a, 4);
  std::memcpy(args + 8, &b, 2);
  EXPECT_EQ(program.evaluate(args), -302);
  EXPECT_EQ(program.evaluate(std::span(args).first(9)), std::nullopt);
  EXPECT_EQ(TripProgram().evaluate(args), std::nullopt);
}

TEST(TripProgram, TheDifferenceIsSixtyFourBitsWide) {
  const TripProgram program({constant(INT32_MIN), constant(INT32_MAX)}, 2, 0);
  EXPECT_EQ(program.evaluate({}), int64_t{UINT32_MAX});
  const TripProgram empty({constant(5), constant(-3)}, 2, 0);
  EXPECT_EQ(empty.evaluate({}), -8);
}

TEST(TripProgram, UndefinedArithmeticIsNoCount) {
  const TripProgram program({constant(0), {Op::load, 32, 0, 0}, {Op::load, 32, 0, 4}, {Op::sdiv, 32, 0, 0}}, 3, 8);
  const int32_t good[2] = {84, 2};
  const int32_t bad[2] = {84, 0};
  EXPECT_EQ(program.evaluate(std::as_bytes(std::span(good))), 42);
  EXPECT_EQ(program.evaluate(std::as_bytes(std::span(bad))), std::nullopt);
}

TEST(TripProgram, KeptValuesAreRecalled) {
  const Node keep = {Op::keep, 64, 0, 3};
  const Node recall = {Op::recall, 64, 0, 3};
  const TripProgram program({constant(5), {Op::load, 32, 0, 0}, keep, recall, {Op::mul, 32, 0, 0}}, 3, 4);
  ASSERT_TRUE(program.known());
  const int32_t value = 12;
  EXPECT_EQ(program.evaluate(std::as_bytes(std::span(&value, 1))), 144 - 5);
  EXPECT_FALSE(TripProgram({constant(5), recall}, 2, 0).known());  // nothing kept yet
  EXPECT_FALSE(TripProgram({constant(5), constant(5), {Op::keep, 64, 0, 32}}, 2, 0).known());
}

TEST(TripProgram, MalformedProgramsAreAbsent) {
  const Node load = {Op::load, 32, 0, 4};
  const auto known = [](std::vector<Node> nodes, uint32_t deepest, uint32_t read) {
    return TripProgram(std::move(nodes), deepest, read).known();
  };
  EXPECT_TRUE(known({constant(0), load}, 2, 8));
  EXPECT_FALSE(known({}, 0, 0));
  EXPECT_FALSE(known({constant(0)}, 1, 0));                                    // one value
  EXPECT_FALSE(known({constant(0), constant(0), constant(0)}, 3, 0));          // three values
  EXPECT_FALSE(known({constant(0), {Op::add, 32, 0, 0}, constant(0)}, 2, 0));  // underflow
  EXPECT_FALSE(known({constant(0), load}, 1, 8));                              // deeper than promised
  EXPECT_FALSE(known({constant(0), load}, 65, 8));                             // deeper than the stack
  EXPECT_FALSE(known({constant(0), load}, 2, 7));                              // reads too far
  EXPECT_FALSE(known({constant(0), {Op::load, 32, 0, ~uint64_t{0}}}, 2, 8));   // offset wraps
  EXPECT_FALSE(known({constant(0), {Op::load, 24, 0, 0}}, 2, 8));              // no such width
  EXPECT_FALSE(known({constant(0), {Op::count, 32, 0, 0}}, 2, 8));             // no such operation
  EXPECT_FALSE(known({constant(0), constant(0), {Op::sign_extend, 32, 0, 7}}, 2, 8));
  std::vector<Node> deep(70, constant(1));
  for (int i = 0; i < 68; ++i) deep.push_back({Op::add, 32, 0, 0});
  EXPECT_FALSE(known(deep, 70, 0));
}

}  // namespace ist::test
