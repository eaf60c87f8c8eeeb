// Where a loop's bounds come from must not matter: each kernel runs exactly its iterations, also when there are none.
#include "support.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace conformance {
namespace {

class BoundsTest : public ArchTest {
 protected:
  void SetUp() override {
    ArchTest::SetUp();
    if (HasFatalFailure()) return;
    module_ = std::make_unique<Module>(runtime(), "bounds");
    hits_ = std::make_unique<Array<int32_t>>(runtime(), std::vector<uint32_t>{2});
  }
  void TearDown() override {
    hits_.reset();
    module_.reset();
    ArchTest::TearDown();
  }
  // Zeroes the counters; waits, since the launch before may still count.
  TiArgument hits_arg() {
    ti_wait(runtime());
    hits_->fill(0);
    return hits_->arg();
  }
  int32_t hits() { return hits_->read()[0]; }
  int32_t checksum() { return hits_->read()[1]; }
  // A kernel that writes i + 1 for every i in [begin, end) of `size` elements.
  void expect_ramp(Array<int32_t>& out, int32_t begin, int32_t end, const char* what) {
    const std::vector<int32_t> values = out.read();
    std::vector<int32_t> expected(values.size());
    for (int32_t i = begin; i < end; ++i) expected[static_cast<size_t>(i)] = i + 1;
    EXPECT_EQ(values, expected) << what;
    EXPECT_EQ(hits(), std::max(end - begin, 0)) << what;
  }
  Module& module() { return *module_; }

 private:
  std::unique_ptr<Module> module_;
  std::unique_ptr<Array<int32_t>> hits_;
};
IST_CONFORMANCE_SUITE(BoundsTest);

TEST_P(BoundsTest, Scalars) {
  const std::pair<int32_t, int32_t> ranges[] = {{0, 1}, {0, 127}, {3, 131},     {0, 128}, {0, 129},
                                                {7, 7}, {9, 2},   {1999, 2000}, {0, 2000}};
  for (auto [begin, end] : ranges) {
    Array<int32_t> out(runtime(), {2000});
    module().launch("by_scalars", {i32(begin), i32(end), out.arg(), hits_arg()});
    expect_ramp(out, begin, end, "by_scalars");
  }
}

TEST_P(BoundsTest, ScalarsOfAnySign) {
  const std::pair<int32_t, int32_t> ranges[] = {{-5, 5}, {-300, -200}, {5, -5}, {-1, -1}, {-70000, 70000}};
  for (auto [begin, end] : ranges) {
    module().launch("by_scalars_unmarked", {i32(begin), i32(end), hits_arg()});
    uint32_t sum = 0;  // wraps around, as the kernel's does
    for (int32_t i = begin; i < end; ++i) sum += static_cast<uint32_t>(i);
    EXPECT_EQ(hits(), std::max(end - begin, 0)) << begin << " to " << end;
    EXPECT_EQ(checksum(), static_cast<int32_t>(sum)) << begin << " to " << end;
  }
}

TEST_P(BoundsTest, RangesAtTheEdgesOfInt32) {
  constexpr int32_t kLow = std::numeric_limits<int32_t>::min();
  // The stride must not carry i past INT32_MAX: the end stays two full dispatches below it.
  constexpr int32_t kHigh = std::numeric_limits<int32_t>::max() - 400000;
  module().launch("by_scalars_unmarked", {i32(kLow), i32(kLow + 1000), hits_arg()});
  EXPECT_EQ(hits(), 1000);
  module().launch("by_scalars_unmarked", {i32(kHigh - 1000), i32(kHigh), hits_arg()});
  EXPECT_EQ(hits(), 1000);
  module().launch("by_scalars_unmarked", {i32(kHigh), i32(kLow), hits_arg()});
  EXPECT_EQ(hits(), 0);
}

TEST_P(BoundsTest, ArrayShapes) {
  for (uint32_t count : {1u, 2u, 127u, 1000u, 200001u}) {
    Array<int32_t> out(runtime(), {count});
    module().launch("by_shape", {out.arg(), hits_arg()});
    expect_ramp(out, 0, static_cast<int32_t>(count), "by_shape");
    out.fill(0);
    module().launch("by_shape_expression", {out.arg(), hits_arg()});
    expect_ramp(out, 1, static_cast<int32_t>(count) - 1, "by_shape_expression");
  }
}

TEST_P(BoundsTest, ShapesOfOneKernelMayChangeBetweenLaunches) {
  Array<int32_t> large(runtime(), {5000}), small(runtime(), {3});
  module().launch("by_shape", {small.arg(), hits_arg()});
  module().launch("by_shape", {large.arg(), hits_arg()});
  expect_ramp(large, 0, 5000, "large after small");
  module().launch("by_shape", {small.arg(), hits_arg()});
  expect_ramp(small, 0, 3, "small after large");
}

TEST_P(BoundsTest, NdrangesOfShapes) {
  for (auto [rows, columns] : {std::pair{3u, 5u}, {67u, 33u}, {1u, 2u}, {4u, 1u}}) {
    Array<int32_t> out(runtime(), {rows, columns});
    out.fill(-1);
    module().launch("by_ndrange", {out.arg(), hits_arg()});
    std::vector<int32_t> expected(rows * columns, -1);
    int32_t count = 0;
    for (uint32_t i = 0; i < rows; ++i) {
      for (uint32_t j = 1; j + 1 < columns; ++j, ++count) expected[i * columns + j] = static_cast<int32_t>(10 * i + j);
    }
    EXPECT_EQ(out.read(), expected);
    EXPECT_EQ(hits(), count);
  }
}

TEST_P(BoundsTest, NdrangesOfScalarsAndVectors) {
  for (auto [nx, ny] : {std::pair{7, 11}, {1, 1}, {0, 5}, {5, -3}, {-2, -3}}) {
    int32_t sum = 0, count = 0;
    for (int32_t i = 0; i < nx; ++i) {
      for (int32_t j = 0; j < ny; ++j, ++count) sum += 1000 * i + j;
    }
    module().launch("by_ndrange_scalars", {i32(nx), i32(ny), hits_arg()});
    EXPECT_EQ(hits(), count) << nx << " x " << ny;
    EXPECT_EQ(checksum(), sum) << nx << " x " << ny;
    module().launch("by_vector", {tensor<int32_t>({nx, ny}), hits_arg()});
    EXPECT_EQ(hits(), count) << nx << " x " << ny;
    EXPECT_EQ(checksum(), sum) << nx << " x " << ny;
  }
}

TEST_P(BoundsTest, HalfAShape) {
  Array<int32_t> out(runtime(), {601});
  module().launch("by_half_shape", {out.arg(), hits_arg()});
  expect_ramp(out, 0, 600, "by_half_shape");
}

TEST_P(BoundsTest, FieldValues) {
  for (int32_t limit : {0, 1, 500, -4}) {
    Array<int32_t> out(runtime(), {500});
    module().launch("set_limit", {i32(limit)});
    module().launch("by_field", {out.arg(), hits_arg()});
    expect_ramp(out, 0, limit, "by_field");
  }
}

TEST_P(BoundsTest, ArrayValues) {
  Array<int32_t> bound(runtime(), {2}), out(runtime(), {500});
  for (auto [begin, end] : {std::pair{10, 400}, {0, 500}, {300, 100}}) {
    bound.write({begin, end});
    out.fill(0);
    module().launch("by_array_value", {bound.arg(), out.arg(), hits_arg()});
    expect_ramp(out, begin, end, "by_array_value");
  }
}

TEST_P(BoundsTest, Constants) {
  Array<int32_t> out(runtime(), {400});
  module().launch("constant", {out.arg(), hits_arg()});
  expect_ramp(out, 5, 300, "constant");
  module().launch("constant_negative", {hits_arg()});
  EXPECT_EQ(hits(), 13);
  EXPECT_EQ(checksum(), -13);
}

TEST_P(BoundsTest, EmptyConstantRangesAreSkippedAndLaterTasksRun) {
  module().launch("constant_empty", {hits_arg()});
  EXPECT_EQ(hits(), 0);
  EXPECT_EQ(checksum(), 17);
}

TEST_P(BoundsTest, AConstantRangePastTheDispatchLimitIsComplete) {
  constexpr uint32_t kCount = 8400000;
  Array<uint8_t> out(runtime(), {kCount});
  module().launch("constant_huge", {out.arg()});
  const std::vector<uint8_t> values = out.read();
  size_t wrong = 0;
  for (uint32_t i = 0; i < kCount; ++i) wrong += values[i] != i % 251 + 1;
  EXPECT_EQ(wrong, 0u);
}

TEST_P(BoundsTest, SeveralLoopsShareTheirBounds) {
  for (auto [n, m] : {std::pair{30, 50}, {0, 7}, {200, 900}}) {
    const size_t count = static_cast<size_t>(n + m);
    Array<int32_t> out(runtime(), {static_cast<uint32_t>(count)});
    module().launch("three_loops", {i32(n), i32(m), out.arg()});
    std::vector<int32_t> expected(count, 1);
    for (int i = n; i < n + m; ++i) expected[static_cast<size_t>(i)] += 10;
    for (int i = m - n; i < m; ++i) expected[static_cast<size_t>(i)] += 100;
    EXPECT_EQ(out.read(), expected) << n << ", " << m;
  }
}

TEST_P(BoundsTest, ABlockSizeOfItsOwn) {
  Array<int32_t> out(runtime(), {100});
  module().launch("small_block", {i32(97), out.arg()});
  std::vector<int32_t> expected(100);
  for (int i = 0; i < 97; ++i) expected[static_cast<size_t>(i)] = i + 1;
  EXPECT_EQ(out.read(), expected);
}

TEST_P(BoundsTest, ABoundFromAWhileLoop) {
  for (auto [n, halvings] : {std::pair{1, 0}, {2, 1}, {1000, 9}, {1 << 30, 30}}) {
    module().launch("while_bound", {i32(n), hits_arg()});
    EXPECT_EQ(hits(), halvings) << n;
  }
}

}  // namespace
}  // namespace conformance
