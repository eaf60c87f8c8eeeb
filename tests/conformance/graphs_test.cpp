// Graphs: arguments by name and of every kind, several dispatches, one value in several places.
#include "support.h"

namespace conformance {
namespace {

class GraphsTest : public ArchTest {
 protected:
  template <class T>
  void check_scalar(const Module& module, const std::string& type, T value) {
    Array<T> out(runtime(), {3});
    module.run_graph("scalar_" + type, {named("value", scalar(value)), named("out", out.arg())});
    EXPECT_EQ(out.read(), std::vector<T>(3, value)) << type;
  }
};
IST_CONFORMANCE_SUITE(GraphsTest);

TEST_P(GraphsTest, PlainScalars) {
  Module module(runtime(), "graphs");
  Array<int32_t> ints(runtime(), {3});
  module.run_graph("scalar_i32", {named("value", i32(-9)), named("out", ints.arg())});
  EXPECT_EQ(ints.read(), std::vector<int32_t>(3, -9));
  Array<float> floats(runtime(), {3});
  module.run_graph("scalar_f32", {named("value", f32(0.75f)), named("out", floats.arg())});
  EXPECT_EQ(floats.read(), std::vector<float>(3, 0.75f));
}

TEST_P(GraphsTest, Scalars16) {
  Module module(runtime(), "graphs");
  check_scalar<int16_t>(module, "i16", -30000);
  check_scalar<uint16_t>(module, "u16", 60000);
}

TEST_P(GraphsTest, Scalars8) {
  Module module(runtime(), "graphs");
  check_scalar<int8_t>(module, "i8", -100);
  check_scalar<uint8_t>(module, "u8", 200);
}

TEST_P(GraphsTest, Scalars32) {
  Module module(runtime(), "graphs");
  check_scalar<int32_t>(module, "i32", -2000000000);
  check_scalar<uint32_t>(module, "u32", 4000000000u);
  check_scalar<float>(module, "f32", -1.25f);
}

TEST_P(GraphsTest, Scalars64) {
  Module module(runtime(), "graphs");
  check_scalar<int64_t>(module, "i64", -(int64_t{1} << 50));
  check_scalar<uint64_t>(module, "u64", uint64_t{1} << 63);
}

TEST_P(GraphsTest, Halves) {
  Module module(runtime(), "graphs");
  check_scalar<Half>(module, "f16", Half(2.5f));
}

TEST_P(GraphsTest, Doubles) {
  Module module(runtime(), "graphs");
  check_scalar<double>(module, "f64", 1.0 / 3.0);
}

TEST_P(GraphsTest, DispatchesRunInOrder) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {50}), b(runtime(), {50}), out(runtime(), {50});
  a.fill(1);
  b.fill(1000);
  for (int32_t launch = 0, value = 1; launch < 3; ++launch) {
    module.run_graph("chain", {named("a", a.arg()), named("b", b.arg()), named("out", out.arg()), named("step", i32(2)),
                               named("factor", i32(5))});
    value = (value + 2) * 5 + 3 * 2;
    EXPECT_EQ(a.read(), std::vector<int32_t>(50, value));
    EXPECT_EQ(out.read(), std::vector<int32_t>(50, value + 1000));
  }
}

TEST_P(GraphsTest, ArgumentsChangeBetweenLaunches) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {7}), b(runtime(), {7}), out(runtime(), {7}), other(runtime(), {3});
  a.fill(1);
  module.run_graph("twice", {named("a", a.arg()), named("out", out.arg())});
  module.run_graph("twice", {named("a", out.arg()), named("out", b.arg())});
  module.run_graph("twice", {named("out", other.arg()), named("a", b.arg())});
  EXPECT_EQ(b.read(), std::vector<int32_t>(7, 4));
  EXPECT_EQ(other.read(), std::vector<int32_t>(3, 8));
}

TEST_P(GraphsTest, ExtraNamesAreIgnored) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {4}), out(runtime(), {4});
  a.fill(21);
  module.run_graph("twice", {named("nobody", i32(1)), named("a", a.arg()), named("out", out.arg())});
  EXPECT_EQ(out.read(), std::vector<int32_t>(4, 42));
}

TEST_P(GraphsTest, Tensors) {
  Module module(runtime(), "graphs");
  Array<float> out(runtime(), {9});
  module.run_graph("tensors", {named("v", tensor<float>({0.5f, 1.5f, 2.5f})),
                               named("m", tensor<int32_t>({1, 2, 3, -4, -5, -6})), named("out", out.arg())});
  EXPECT_EQ(out.read(), (std::vector<float>{0.5f, 1.5f, 2.5f, 1, 2, 3, -4, -5, -6}));
}

TEST_P(GraphsTest, ArraysOfVectors) {
  Module module(runtime(), "graphs");
  Array<float> a(runtime(), {3, 5}, {3});
  std::vector<float> values(a.count());
  for (size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k);
  a.write(values);
  module.run_graph("vectors", {named("a", a.arg()), named("gain", f32(0.5f))});
  for (float& value : values) value *= 0.5f;
  EXPECT_EQ(a.read(), values);
}

TEST_P(GraphsTest, OneImageStoredThenFetched) {
  Module module(runtime(), "graphs");
  Image image(runtime(), TI_IMAGE_DIMENSION_2D, {33, 33}, TI_FORMAT_R32F);
  Array<float> out(runtime(), {33, 33});
  for (int repeat = 0; repeat < 2; ++repeat) {
    out.fill(-1.0f);
    module.run_graph("images", {named("image", image.arg()), named("picture", image.arg()), named("n", i32(33)),
                                named("out", out.arg())});
    const std::vector<float> values = out.read();
    for (size_t x = 0; x < 33; ++x) {
      for (size_t y = 0; y < 33; ++y) ASSERT_EQ(values[x * 33 + y], static_cast<float>(100 * x + y)) << x << ", " << y;
    }
  }
}

TEST_P(GraphsTest, AnEmptyGraphDoesNothing) {
  Module module(runtime(), "graphs");
  module.run_graph("empty", {});
  ti_wait(runtime());
}

TEST_P(GraphsTest, AGraphsKernelsCanBeLaunchedByName) {
  Module module(runtime(), "graphs");
  Array<int32_t> a(runtime(), {6});
  module.launch("add_to", {a.arg(), i32(4)});
  EXPECT_EQ(a.read(), std::vector<int32_t>(6, 4));
}

}  // namespace
}  // namespace conformance
