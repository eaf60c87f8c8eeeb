// Modules that need one special type each: halves, doubles, 64-bit integers, bytes, subgroups.
#include "support.h"

#include <cmath>

namespace conformance {
namespace {

class TypesTest : public ArchTest {};
IST_CONFORMANCE_SUITE(TypesTest);

TEST_P(TypesTest, HalvesConvert) {
  Module module(runtime(), "types_f16");
  const std::vector<float> input = {0.0f, 1.0f, -2.5f, 0.125f, 1000.0f, -65504.0f};
  std::vector<Half> halves;
  for (float value : input) halves.push_back(Half(value));
  Array<Half> narrow(runtime(), {6});
  Array<float> wide(runtime(), {6});
  wide.write(input);
  module.launch("narrow", {wide.arg(), narrow.arg()});
  EXPECT_EQ(narrow.read(), halves);
  wide.fill(0);
  module.launch("widen", {narrow.arg(), wide.arg()});
  EXPECT_EQ(wide.read(), input);
}

TEST_P(TypesTest, HalvesBlend) {
  Module module(runtime(), "types_f16");
  Array<Half> a(runtime(), {3}), b(runtime(), {3}), out(runtime(), {3});
  a.write({Half(1.0f), Half(-8.0f), Half(100.0f)});
  b.write({Half(3.0f), Half(8.0f), Half(200.0f)});
  module.launch("blend", {scalar(Half(0.25f)), a.arg(), b.arg(), out.arg()});
  EXPECT_EQ(out.read(), (std::vector<Half>{Half(1.5f), Half(-4.0f), Half(125.0f)}));
}

TEST_P(TypesTest, DoublesKeepTheirPrecision) {
  Module module(runtime(), "types_f64");
  Array<double> x(runtime(), {3}), out(runtime(), {3});
  const std::vector<double> input = {1.0, 1.0 / 3.0, 1e5};
  x.write(input);
  module.launch("root", {x.arg(), out.arg()});
  std::vector<double> roots = out.read();
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(roots[i], std::sqrt(input[i]), 1e-13 * std::sqrt(input[i]));
}

TEST_P(TypesTest, DoubleVectorsArrive) {
  Module module(runtime(), "types_f64");
  Array<double> x(runtime(), {3}), out(runtime(), {3});
  const std::vector<double> input = {1.0, 1.0 / 3.0, -7.25};
  x.write(input);
  module.launch("polynomial", {x.arg(), tensor<double>({1e-10, 2.0, 0.5}), out.arg()});
  const std::vector<double> values = out.read();
  for (size_t i = 0; i < 3; ++i) {
    // A device may fuse the multiplications and additions, which changes the last bits only.
    const double expected = 1e-10 + input[i] * (2.0 + input[i] * 0.5);
    EXPECT_NEAR(values[i], expected, 4e-16 * 40);
  }
}

TEST_P(TypesTest, LongsMultiply) {
  Module module(runtime(), "types_i64");
  Array<int64_t> a(runtime(), {3}), out(runtime(), {3});
  const std::vector<int64_t> input = {3, -(int64_t{1} << 33), int64_t{1234567890123}};
  a.write(input);
  module.launch("products", {a.arg(), scalar<int64_t>(-1000003), out.arg()});
  std::vector<int64_t> expected;
  for (int64_t value : input) expected.push_back(value * -1000003 + (value >> 3));
  EXPECT_EQ(out.read(), expected);
}

TEST_P(TypesTest, UnsignedLongsWrapAround) {
  Module module(runtime(), "types_i64");
  Array<uint64_t> out(runtime(), {5});
  constexpr uint64_t kSeed = 0xfedcba9876543210u;
  module.launch("scramble", {out.arg(), scalar(kSeed)});
  std::vector<uint64_t> expected;
  for (uint64_t i = 0; i < 5; ++i) {
    expected.push_back(((kSeed + i) * 6364136223846793005u + 1442695040888963407u) ^ ((kSeed + i) >> 7));
  }
  EXPECT_EQ(out.read(), expected);
}

TEST_P(TypesTest, BytesWrapAround) {
  Module module(runtime(), "types_u8");
  Array<uint8_t> out(runtime(), {1001});
  module.launch("ramp", {out.arg(), i32(200)});
  std::vector<uint8_t> expected(1001);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<uint8_t>(200 + i);
  EXPECT_EQ(out.read(), expected);
}

TEST_P(TypesTest, BytePicturesInvert) {
  Module module(runtime(), "types_u8");
  Array<uint8_t> picture(runtime(), {33, 67}, {4});
  std::vector<uint8_t> values(picture.count());
  for (size_t k = 0; k < values.size(); ++k) values[k] = static_cast<uint8_t>(k * 31);
  picture.write(values);
  module.launch("invert", {picture.arg()});
  for (size_t k = 0; k < values.size(); ++k) {
    if (k % 4 != 3) values[k] = static_cast<uint8_t>(255 - values[k]);
  }
  EXPECT_EQ(picture.read(), values);
}

TEST_P(TypesTest, SubgroupsReduceWithTheCapabilitiesTheCompilerLeftOut) {
  Module module(runtime(), "subgroup");
  Array<int32_t> values(runtime(), {256}), total(runtime(), {1});
  std::vector<int32_t> input(256);
  int32_t sum = 0;
  for (int32_t i = 0; i < 256; ++i) sum += input[static_cast<size_t>(i)] = i * i - 700;
  values.write(input);
  module.launch("sums", {values.arg(), total.arg()});
  EXPECT_EQ(total.read()[0], sum);
}

}  // namespace
}  // namespace conformance
