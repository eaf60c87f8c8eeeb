// half_from_float against the definition of binary16: every half, every midpoint between neighbours, and
// the floats beside each midpoint.
#include "core/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace ist {
namespace {

constexpr uint16_t kInfinity = 0x7c00;
constexpr uint16_t kLargest = 0x7bff;

// (-1)^sign * 2^(e - 15) * 1.m, or 2^-14 * 0.m for e = 0; exact in double. Infinity reads as the value
// after the largest finite one, which is where its rounding begins.
double value_of(uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int mantissa = half & 0x3ff;
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (half & 0x8000) ? -magnitude : magnitude;
}

bool is_nan(uint16_t half) { return (half & 0x7fff) > kInfinity; }

// All NaNs come out quiet and of their sign; the payload is not kept.
TEST(HalfTest, EveryHalfComesBack) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (is_nan(half)) continue;
    const float value =
        (half & 0x7fff) == kInfinity ? (half & 0x8000 ? -INFINITY : INFINITY) : static_cast<float>(value_of(half));
    ASSERT_EQ(half_from_float(value), half) << std::hex << bits;
  }
}

TEST(HalfTest, NanStaysNan) {
  const uint32_t patterns[] = {0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffc00000, 0xffffffff, 0x7f802000};
  for (const uint32_t pattern : patterns) {
    const uint16_t half = half_from_float(std::bit_cast<float>(pattern));
    EXPECT_TRUE(is_nan(half)) << std::hex << pattern;
    EXPECT_EQ(half >> 15, pattern >> 31) << std::hex << pattern;
  }
}

// Midpoints need one bit more than a half has, so they and their float neighbours are exact floats.
TEST(HalfTest, MidpointsRoundToEvenAndTheirNeighboursToTheNearest) {
  for (const uint16_t sign : {uint16_t{0}, uint16_t{0x8000}}) {
    for (uint16_t low = 0; low <= kLargest; ++low) {
      const auto high = static_cast<uint16_t>(low + 1);
      const auto middle = static_cast<float>((value_of(low) + value_of(high)) / 2);
      const auto below = std::nextafter(middle, 0.0f);
      const auto above = std::nextafter(middle, std::numeric_limits<float>::infinity());
      const auto even = static_cast<uint16_t>(low % 2 == 0 ? low : high);
      const auto from = [sign](float value) { return half_from_float(sign ? -value : value); };
      ASSERT_EQ(from(middle), sign | even) << std::hex << low;
      ASSERT_EQ(from(below), sign | low) << std::hex << low;
      ASSERT_EQ(from(above), sign | high) << std::hex << low;
    }
  }
}

TEST(HalfTest, SpecialValues) {
  EXPECT_EQ(half_from_float(0.0f), 0x0000);
  EXPECT_EQ(half_from_float(-0.0f), 0x8000);
  EXPECT_EQ(half_from_float(1.0f), 0x3c00);
  EXPECT_EQ(half_from_float(-2.5f), 0xc100);
  EXPECT_EQ(half_from_float(65504.0f), kLargest);
  EXPECT_EQ(half_from_float(65519.996f), kLargest);
  EXPECT_EQ(half_from_float(65520.0f), kInfinity);
  EXPECT_EQ(half_from_float(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(half_from_float(-INFINITY), 0x8000 | kInfinity);
  EXPECT_EQ(half_from_float(std::numeric_limits<float>::denorm_min()), 0x0000);
}

}  // namespace
}  // namespace ist
