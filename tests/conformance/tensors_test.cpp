// Vectors and matrices by value: row-major, of every type, and beside other arguments.
#include "support.h"

namespace conformance {
namespace {

class TensorsTest : public ArchTest {
 protected:
  // Distinct components, negative ones where the type has them.
  template <class T>
  std::vector<T> components(size_t count) {
    std::vector<T> values;
    for (size_t k = 0; k < count; ++k) values.push_back(T(static_cast<float>(k * 5) - (T(-1.0f) < T(0.0f) ? 12 : 0)));
    return values;
  }
  template <class T>
  void check(const std::string& type) {
    Module module(runtime(), "tensors");
    const std::pair<const char*, size_t> shapes[] = {{"vec2_", 2}, {"vec3_", 3}, {"mat2x3_", 6}};
    for (auto [shape, count] : shapes) {
      const std::vector<T> values = components<T>(count);
      Array<T> out(runtime(), {static_cast<uint32_t>(count)});
      module.launch(shape + type, {tensor(values), out.arg()});
      EXPECT_EQ(out.read(), values) << shape << type;
    }
  }
};
template <>
std::vector<Half> TensorsTest::components<Half>(size_t count) {
  std::vector<Half> values;
  for (size_t k = 0; k < count; ++k) values.push_back(Half(static_cast<float>(k) * 0.75f - 2.0f));
  return values;
}
IST_CONFORMANCE_SUITE(TensorsTest);

TEST_P(TensorsTest, Types8Arrive) {
  check<int8_t>("i8");
  check<uint8_t>("u8");
}

TEST_P(TensorsTest, Types16Arrive) {
  check<int16_t>("i16");
  check<uint16_t>("u16");
}

TEST_P(TensorsTest, HalvesTravelAsHalves) { check<Half>("f16"); }

TEST_P(TensorsTest, Types32Arrive) {
  check<int32_t>("i32");
  check<uint32_t>("u32");
  check<float>("f32");
}

TEST_P(TensorsTest, Types64Arrive) {
  check<int64_t>("i64");
  check<uint64_t>("u64");
}

TEST_P(TensorsTest, DoublesArrive) { check<double>("f64"); }

TEST_P(TensorsTest, AFourByFourMatrixIsRowMajor) {
  Module module(runtime(), "tensors");
  std::vector<float> values;
  for (int k = 0; k < 16; ++k) values.push_back(static_cast<float>(k) + 0.25f);
  Array<float> out(runtime(), {16});
  module.launch("mat4x4_f32", {tensor(values), out.arg()});
  EXPECT_EQ(out.read(), values);
}

TEST_P(TensorsTest, VectorsStandBesideScalarsAndArrays) {
  Module module(runtime(), "tensors");
  Array<float> out(runtime(), {5});
  module.launch("two_vectors", {tensor<int32_t>({1, 2, 3}), f32(0.5f), tensor<float>({4.0f, 1.5f}), out.arg()});
  EXPECT_EQ(out.read(), std::vector<float>(5, 0.5f * (321.0f + 4.0f - 1.5f)));
}

}  // namespace
}  // namespace conformance
