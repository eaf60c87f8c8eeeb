// Atomics of integers and floats; float adds with and without the device's own instruction.
#include "support.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace conformance {
namespace {

constexpr uint32_t kCount = 10000;

class AtomicsTest : public ArchTest {
 protected:
  void check_float_adds(const char* module_name) {
    Module module(runtime(), module_name);
    Array<float> values(runtime(), {kCount}), bins(runtime(), {13});
    std::vector<float> input(kCount), expected(13);
    for (uint32_t i = 0; i < kCount; ++i) {
      // Small integers and quarters: every partial sum is exact, so the order does not matter.
      input[i] = static_cast<float>(static_cast<int>(i % 37) - 18) * 0.25f;
      expected[i % 13] += input[i];
    }
    values.write(input);
    module.launch("add_floats", {values.arg(), bins.arg()});
    EXPECT_EQ(bins.read(), expected);
  }
  static std::vector<int32_t> noise() {
    std::vector<int32_t> values(kCount);
    uint32_t word = 12345;
    for (int32_t& value : values) {
      word = word * 1664525u + 1013904223u;
      value = static_cast<int32_t>(word);
    }
    return values;
  }
};
IST_CONFORMANCE_SUITE(AtomicsTest);

TEST_P(AtomicsTest, FloatAddsByCompareAndExchange) { check_float_adds("atomics"); }

TEST_P(AtomicsTest, FloatAddsByTheDevice) { check_float_adds("atomics_native"); }

TEST_P(AtomicsTest, IntegerAddsCount) {
  Module module(runtime(), "atomics");
  Array<int32_t> values(runtime(), {kCount}), bins(runtime(), {16});
  std::vector<int32_t> input = noise(), expected(16);
  for (int32_t& value : input) {
    value = (value >> 8) & 15;
    ++expected[static_cast<size_t>(value)];
  }
  values.write(input);
  module.launch("histogram", {values.arg(), bins.arg()});
  EXPECT_EQ(bins.read(), expected);
}

TEST_P(AtomicsTest, IntegerExtremesAndBits) {
  Module module(runtime(), "atomics");
  const std::vector<int32_t> input = noise();
  Array<int32_t> values(runtime(), {kCount}), out(runtime(), {6});
  values.write(input);
  out.write({INT32_MAX, INT32_MIN, -1, 0, 0, 0});
  module.launch("extremes", {values.arg(), out.arg()});
  int32_t all = -1, any = 0, parity = 0;
  uint32_t sum = 0;
  for (int32_t value : input) {
    all &= value;
    any |= value;
    parity ^= value;
    sum += static_cast<uint32_t>(value);
  }
  EXPECT_EQ(out.read(), (std::vector<int32_t>{*std::min_element(input.begin(), input.end()),
                                              *std::max_element(input.begin(), input.end()), all, any, parity,
                                              static_cast<int32_t>(0u - sum)}));
}

TEST_P(AtomicsTest, FloatExtremes) {
  Module module(runtime(), "atomics");
  std::vector<float> input;
  for (int32_t value : noise()) input.push_back(static_cast<float>(value) * 0x1p-20f);
  Array<float> values(runtime(), {kCount}), out(runtime(), {2});
  values.write(input);
  out.write({1e30f, -1e30f});
  module.launch("float_extremes", {values.arg(), out.arg()});
  EXPECT_EQ(out.read(), (std::vector<float>{*std::min_element(input.begin(), input.end()),
                                            *std::max_element(input.begin(), input.end())}));
}

TEST_P(AtomicsTest, OldValuesAreAllDifferent) {
  Module module(runtime(), "atomics");
  Array<int32_t> taken(runtime(), {1}), out(runtime(), {kCount});
  taken.fill(100);
  module.launch("tickets", {taken.arg(), out.arg()});
  std::vector<int32_t> tickets = out.read(), expected(kCount);
  std::sort(tickets.begin(), tickets.end());
  std::iota(expected.begin(), expected.end(), 100);
  EXPECT_EQ(tickets, expected);
  EXPECT_EQ(taken.read()[0], 100 + static_cast<int32_t>(kCount));
}

}  // namespace
}  // namespace conformance
