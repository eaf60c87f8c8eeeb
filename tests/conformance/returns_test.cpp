// Values returned by kernels, read through ist_call_kernel; and the old rule that such a launch waits.
#include "support.h"

#include <ist/core.h>

#include <algorithm>

namespace conformance {
namespace {

class ReturnsTest : public ArchTest {
 protected:
  // Calls a kernel of module 'returns' with room for `room` results.
  std::vector<TiTensor> call(const Module& module, const char* kernel, const std::vector<TiArgument>& args,
                             uint32_t room = 8) {
    std::vector<TiTensor> results(room);
    uint32_t count = room;
    EXPECT_EQ(ist_call_kernel(runtime(), module.kernel(kernel), static_cast<uint32_t>(args.size()), args.data(), &count,
                              results.data()),
              TI_ERROR_SUCCESS)
        << kernel << ": " << take_error().message;
    EXPECT_LE(count, room);
    results.resize(std::min(count, room));
    return results;
  }
  template <class T>
  void expect_values(const TiTensor& result, const std::vector<T>& expected) {
    EXPECT_EQ(result.type, kDataType<T>);
    ASSERT_EQ(result.contents.length, expected.size());
    std::vector<T> values(expected.size());
    std::memcpy(values.data(), &result.contents.data, values.size() * sizeof(T));
    EXPECT_EQ(values, expected);
  }
};
IST_CONFORMANCE_SUITE(ReturnsTest);

TEST_P(ReturnsTest, Scalars32) {
  Module module(runtime(), "returns");
  expect_values<int32_t>(call(module, "give_i32", {i32(-6), i32(7)}).at(0), {-41});
  expect_values<float>(call(module, "give_f32", {f32(5.0f)}).at(0), {2.5f});
}

TEST_P(ReturnsTest, Doubles) {
  Module module(runtime(), "returns");
  expect_values<double>(call(module, "give_f64", {scalar(0.1)}).at(0), {0.1 * 3.0});
}

TEST_P(ReturnsTest, Bytes) {
  Module module(runtime(), "returns");
  expect_values<uint8_t>(call(module, "give_u8", {i32(300)}).at(0), {44});
}

TEST_P(ReturnsTest, Longs) {
  Module module(runtime(), "returns");
  expect_values<int64_t>(call(module, "give_i64", {scalar(int64_t{1} << 40)}).at(0), {(int64_t{1} << 40) - 1});
}

TEST_P(ReturnsTest, VectorsAndMatrices) {
  Module module(runtime(), "returns");
  expect_values<float>(call(module, "give_vec3", {f32(1.5f)}).at(0), {1.5f, 2.5f, 3.5f});
  expect_values<int32_t>(call(module, "give_mat2", {i32(10)}).at(0), {10, 11, 12, 13});
}

TEST_P(ReturnsTest, StructsAreTheirMembersInOrder) {
  Module module(runtime(), "returns");
  const std::vector<TiTensor> results = call(module, "give_struct", {i32(9)});
  ASSERT_EQ(results.size(), 3u);
  expect_values<int32_t>(results[0], {9});
  expect_values<float>(results[1], {1.0f, 2.0f, 9.0f});
  expect_values<double>(results[2], {2.25});
}

TEST_P(ReturnsTest, TuplesAreTheirMembersInOrder) {
  Module module(runtime(), "returns");
  const std::vector<TiTensor> results = call(module, "give_tuple", {i32(-3)});
  ASSERT_EQ(results.size(), 3u);
  expect_values<int32_t>(results[0], {-3});
  expect_values<float>(results[1], {-2.5f});
  expect_values<float>(results[2], {7.0f, 8.0f, 9.0f});
}

TEST_P(ReturnsTest, EveryCallHasItsOwnValue) {
  Module module(runtime(), "returns");
  for (int32_t k = 0; k < 20; ++k)
    expect_values<int32_t>(call(module, "give_i32", {i32(k), i32(k)}).at(0), {k * k + 1});
}

TEST_P(ReturnsTest, ArraysWrittenByTheCallAreThere) {
  Module module(runtime(), "returns");
  Array<int32_t> values(runtime(), {300});
  std::vector<int32_t> input(300), negated(300);
  int32_t sum = 0;
  for (int32_t i = 0; i < 300; ++i) {
    input[static_cast<size_t>(i)] = i * 3;
    negated[static_cast<size_t>(i)] = -i * 3;
    sum += i * 3;
  }
  values.write(input);
  expect_values<int32_t>(call(module, "sum_and_mark", {values.arg()}).at(0), {sum});
  EXPECT_EQ(values.read_now(), negated);
}

TEST_P(ReturnsTest, TooLittleRoomIsRefusedBeforeTheLaunch) {
  Module module(runtime(), "returns");
  Array<int32_t> values(runtime(), {4});
  values.fill(1);
  const TiArgument arg = values.arg();
  uint32_t count = 0;
  TiTensor result{};
  EXPECT_EQ(ist_call_kernel(runtime(), module.kernel("sum_and_mark"), 1, &arg, &count, &result),
            TI_ERROR_ARGUMENT_OUT_OF_RANGE);
  expect_error({TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"sum_and_mark"});
  EXPECT_EQ(values.read(), std::vector<int32_t>(4, 1));
}

TEST_P(ReturnsTest, AKernelWithoutValuesGivesNone) {
  Module module(runtime(), "scalars");
  Array<int32_t> out(runtime(), {2});
  EXPECT_TRUE(call(module, "write_i32", {i32(3), out.arg()}).empty());
  EXPECT_EQ(out.read_now(), std::vector<int32_t>(2, 3));
}

class ReturningLaunchTest : public ArchTest {};
IST_CONFORMANCE_SUITE(ReturningLaunchTest);

TEST_P(ReturningLaunchTest, WaitsForItselfAndAllBeforeIt) {
  Module returns(runtime(), "returns"), scalars(runtime(), "scalars");
  Array<int32_t> before(runtime(), {100}), values(runtime(), {100});
  values.fill(4);
  scalars.launch("write_i32", {i32(8), before.arg()});
  returns.launch("sum_and_mark", {values.arg()});
  EXPECT_EQ(values.read_now(), std::vector<int32_t>(100, -4));
  EXPECT_EQ(before.read_now(), std::vector<int32_t>(100, 8));
}

}  // namespace
}  // namespace conformance
