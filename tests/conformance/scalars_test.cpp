// Scalars by value: every type reaches its kernel bit for bit, alone and packed among others.
#include "support.h"

#include <limits>

namespace conformance {
namespace {

class ScalarsTest : public ArchTest {
 protected:
  template <class T>
  void check(const char* kernel, const std::vector<T>& values) {
    Module module(runtime(), "scalars");
    for (T value : values) {
      Array<T> out(runtime(), {3});
      module.launch(kernel, {scalar(value), out.arg()});
      EXPECT_EQ(out.read(), std::vector<T>(3, value)) << kernel;
    }
  }
  template <class T>
  std::vector<T> extremes() {
    return {T(0), T(1), std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T(-1)};
  }
};
IST_CONFORMANCE_SUITE(ScalarsTest);

TEST_P(ScalarsTest, Integers8Arrive) {
  check<int8_t>("write_i8", extremes<int8_t>());
  check<uint8_t>("write_u8", extremes<uint8_t>());
}

TEST_P(ScalarsTest, Integers16Arrive) {
  check<int16_t>("write_i16", extremes<int16_t>());
  check<uint16_t>("write_u16", extremes<uint16_t>());
}

TEST_P(ScalarsTest, Integers32ArriveAsScalarArguments) {
  check<int32_t>("write_i32", extremes<int32_t>());
  check<uint32_t>("write_u32", extremes<uint32_t>());
}

TEST_P(ScalarsTest, Integers64Arrive) {
  check<int64_t>("write_i64", extremes<int64_t>());
  check<uint64_t>("write_u64", extremes<uint64_t>());
}

TEST_P(ScalarsTest, HalvesTravelAsFloatsAndRoundToNearestEven) {
  Module module(runtime(), "scalars");
  Array<Half> out(runtime(), {1});
  // 1 + 2^-11 is a tie and goes down to even, 1 + 3 * 2^-11 a tie that goes up.
  for (float value : {0.0f, 2.5f, -0.333f, 65504.0f, 1.0f + 0x1p-11f, 1.0f + 3 * 0x1p-11f, 0x1p-24f, 6.1e-5f}) {
    TiArgument argument = scalar(Half(value));
    std::memcpy(&argument.value.scalar.value.x32, &value, sizeof(value));
    module.launch("write_f16", {argument, out.arg()});
    EXPECT_EQ(out.read()[0], Half(value)) << value;
  }
}

TEST_P(ScalarsTest, FloatsArriveAsScalarArguments) {
  check<float>("write_f32", {0.0f, 2.5f, -1e30f, std::numeric_limits<float>::max(), 0x1p-126f});
}

TEST_P(ScalarsTest, DoublesArrive) {
  check<double>("write_f64", {0.0, 2.5, -1e300, 1.0 / 3.0, std::numeric_limits<double>::max()});
}

TEST_P(ScalarsTest, PlainArgumentsArrive) {
  Module module(runtime(), "scalars");
  Array<int32_t> ints(runtime(), {4});
  module.launch("write_i32", {i32(-123456789), ints.arg()});
  EXPECT_EQ(ints.read(), std::vector<int32_t>(4, -123456789));
  Array<float> floats(runtime(), {4});
  module.launch("write_f32", {f32(2.5f), floats.arg()});
  EXPECT_EQ(floats.read(), std::vector<float>(4, 2.5f));
  Array<uint32_t> unsigneds(runtime(), {4});
  module.launch("write_u32", {i32(-1), unsigneds.arg()});
  EXPECT_EQ(unsigneds.read(), std::vector<uint32_t>(4, 0xffffffffu));
}

TEST_P(ScalarsTest, PlainArgumentsConvertToBytes) {
  Module module(runtime(), "scalars");
  Array<int8_t> bytes(runtime(), {1});
  module.launch("write_i8", {i32(-3), bytes.arg()});
  EXPECT_EQ(bytes.read()[0], -3);
}

TEST_P(ScalarsTest, PlainArgumentsConvertToLongs) {
  Module module(runtime(), "scalars");
  Array<int64_t> longs(runtime(), {1});
  module.launch("write_i64", {i32(-3), longs.arg()});
  EXPECT_EQ(longs.read()[0], -3);
}

TEST_P(ScalarsTest, PlainArgumentsConvertToDoubles) {
  Module module(runtime(), "scalars");
  Array<double> doubles(runtime(), {1});
  module.launch("write_f64", {f32(0.1f), doubles.arg()});
  EXPECT_EQ(doubles.read()[0], static_cast<double>(0.1f));
}

TEST_P(ScalarsTest, PlainArgumentsConvertToHalves) {
  Module module(runtime(), "scalars");
  Array<Half> halves(runtime(), {1});
  module.launch("write_f16", {f32(2.5f), halves.arg()});
  EXPECT_EQ(halves.read()[0], Half(2.5f));
}

TEST_P(ScalarsTest, BooleansAreTestedForNonZero) {
  Module module(runtime(), "scalars");
  Array<int32_t> out(runtime(), {1});
  module.launch("write_u1", {boolean(true), out.arg()});
  EXPECT_EQ(out.read()[0], 1);
  module.launch("write_u1", {boolean(false), out.arg()});
  EXPECT_EQ(out.read()[0], 2);
  module.launch("write_u1", {i32(256), out.arg()});
  EXPECT_EQ(out.read()[0], 1) << "an I32 of 256 is true";
}

TEST_P(ScalarsTest, AllTypesTogetherKeepTheirPlaces) {
  Module module(runtime(), "scalars");
  Array<int64_t> ints(runtime(), {10});
  Array<double> floats(runtime(), {3});
  module.launch("mixed", {scalar<int8_t>(-1), scalar<uint8_t>(200), scalar<int16_t>(-300), scalar<uint16_t>(60000),
                          scalar(Half(1.5f)), scalar<int32_t>(-5), scalar<uint32_t>(4000000000u), scalar(0.5f),
                          scalar<int64_t>(-(int64_t{1} << 40)), scalar<uint64_t>(uint64_t{1} << 62), scalar(1.0 / 3.0),
                          boolean(true), scalar<int8_t>(9), ints.arg(), floats.arg()});
  EXPECT_EQ(ints.read(),
            (std::vector<int64_t>{-1, 200, -300, 60000, -5, 4000000000, -(int64_t{1} << 40), int64_t{1} << 62, 1, 9}));
  EXPECT_EQ(floats.read(), (std::vector<double>{1.5, 0.5, 1.0 / 3.0}));
}

TEST_P(ScalarsTest, ArgumentsAreCopiedAtLaunch) {
  Module module(runtime(), "scalars");
  Array<int32_t> first(runtime(), {2}), second(runtime(), {2});
  TiArgument args[2] = {i32(11), first.arg()};
  TiKernel kernel = module.kernel("write_i32");
  ti_launch_kernel(runtime(), kernel, 2, args);
  args[0] = i32(22);
  args[1] = second.arg();
  ti_launch_kernel(runtime(), kernel, 2, args);
  args[0] = i32(33);
  EXPECT_EQ(first.read(), std::vector<int32_t>(2, 11));
  EXPECT_EQ(second.read(), std::vector<int32_t>(2, 22));
}

TEST_P(ScalarsTest, AnUnusedScalarIsAccepted) {
  Module module(runtime(), "scalars");
  module.launch("no_array", {i32(4)});
}

}  // namespace
}  // namespace conformance
