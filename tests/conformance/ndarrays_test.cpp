// Arrays of every type, element shape and rank, bound as buffers and reached by device address.
#include "support.h"

namespace conformance {
namespace {

class NdarraysTest : public ArchTest {
 protected:
  template <class T>
  static T number(size_t k) {
    if constexpr (std::is_same_v<T, Half>) {
      return Half(static_cast<float>(k));
    } else {
      return static_cast<T>(k);
    }
  }
  // Each kernel adds to component k of the whole array its number: i + 1 for scalars, k for vectors and matrices.
  template <class T>
  void check_elements(const Module& module, const std::string& name, std::vector<uint32_t> elements, size_t first) {
    constexpr uint32_t kCount = 7;
    Array<T> array(runtime(), {kCount}, elements);
    std::vector<T> before(array.count()), after(array.count());
    for (size_t k = 0; k < before.size(); ++k) {
      before[k] = number<T>(2 * k + 1);
      after[k] = number<T>(2 * k + 1 + k + first);
    }
    array.write(before);
    module.launch(name, {array.arg()});
    EXPECT_EQ(array.read(), after) << name;
  }
  template <class T>
  void check_type(const Module& module, const std::string& type) {
    check_elements<T>(module, "scalar_" + type, {}, 1);
    check_elements<T>(module, "vector_" + type, {3}, 0);
    check_elements<T>(module, "matrix_" + type, {2, 3}, 0);
  }
  // Element (i, j, ...) becomes `base` plus its indices read as decimal digits.
  void check_rank(const Module& module, std::vector<uint32_t> shape, int32_t base, std::vector<TiArgument> more = {}) {
    Array<int32_t> array(runtime(), shape);
    std::vector<int32_t> expected(array.count());
    for (size_t k = 0; k < expected.size(); ++k) {
      size_t rest = k, place = 1;
      expected[k] = base;
      for (size_t d = shape.size(); d-- > 0; rest /= shape[d], place *= 10) {
        expected[k] += static_cast<int32_t>(rest % shape[d] * place);
      }
    }
    more.insert(more.begin(), array.arg());
    module.launch("rank" + std::to_string(shape.size()), more);
    EXPECT_EQ(array.read(), expected) << "rank " << shape.size();
  }
  void check_ranks(const char* module_name) {
    Module module(runtime(), module_name);
    check_rank(module, {}, 5);
    check_rank(module, {10}, 1000000);
    check_rank(module, {3, 9}, 0);
    check_rank(module, {2, 3, 5}, 0);
    check_rank(module, {2, 3, 1, 4}, 0);
    check_rank(module, {2, 1, 3, 2, 5}, 7000000, {i32(7000000)});
  }
};
IST_CONFORMANCE_SUITE(NdarraysTest);

TEST_P(NdarraysTest, EveryElementShapeOf8Bits) {
  Module module(runtime(), "ndarrays");
  check_type<int8_t>(module, "i8");
  check_type<uint8_t>(module, "u8");
}

TEST_P(NdarraysTest, EveryElementShapeOf16Bits) {
  Module module(runtime(), "ndarrays");
  check_type<int16_t>(module, "i16");
  check_type<uint16_t>(module, "u16");
}

TEST_P(NdarraysTest, EveryElementShapeOf32Bits) {
  Module module(runtime(), "ndarrays");
  check_type<int32_t>(module, "i32");
  check_type<uint32_t>(module, "u32");
  check_type<float>(module, "f32");
}

TEST_P(NdarraysTest, EveryElementShapeOf64Bits) {
  Module module(runtime(), "ndarrays");
  check_type<int64_t>(module, "i64");
  check_type<uint64_t>(module, "u64");
}

TEST_P(NdarraysTest, EveryElementShapeOfHalves) {
  Module module(runtime(), "ndarrays");
  check_type<Half>(module, "f16");
}

TEST_P(NdarraysTest, EveryElementShapeOfDoubles) {
  Module module(runtime(), "ndarrays");
  check_type<double>(module, "f64");
}

TEST_P(NdarraysTest, EveryTypeAndElementShapeByAddress) {
  Module module(runtime(), "ndarrays_address");
  check_type<int8_t>(module, "i8");
  check_type<uint8_t>(module, "u8");
  check_type<int16_t>(module, "i16");
  check_type<uint16_t>(module, "u16");
  check_type<int32_t>(module, "i32");
  check_type<uint32_t>(module, "u32");
  check_type<int64_t>(module, "i64");
  check_type<uint64_t>(module, "u64");
  check_type<Half>(module, "f16");
  check_type<float>(module, "f32");
  check_type<double>(module, "f64");
}

TEST_P(NdarraysTest, EveryRank) { check_ranks("ndarrays"); }

TEST_P(NdarraysTest, EveryRankByAddress) { check_ranks("ndarrays_address"); }

TEST_P(NdarraysTest, ElementShapeMayBeLeftOut) {
  Module module(runtime(), "ndarrays");
  Array<float> array(runtime(), {4}, {3});
  TiArgument bare = array.arg();
  bare.value.ndarray.elem_shape = {};
  module.launch("vector_f32", {bare});
  std::vector<float> expected(12);
  for (size_t k = 0; k < 12; ++k) expected[k] = static_cast<float>(k);
  EXPECT_EQ(array.read(), expected);
}

TEST_P(NdarraysTest, ShapesAreSeenByTheKernel) {
  Module module(runtime(), "ndarrays");
  Array<float> array(runtime(), {6, 1, 9}, {2});
  Array<int32_t> out(runtime(), {3});
  module.launch("shapes", {array.arg(), out.arg()});
  EXPECT_EQ(out.read(), (std::vector<int32_t>{6, 1, 9}));
}

TEST_P(NdarraysTest, OneArrayMayBeSeveralArguments) {
  Module module(runtime(), "ndarrays");
  Array<float> x(runtime(), {5});
  x.write({1, 2, 3, 4, 5});
  module.launch("saxpy", {f32(2.0f), x.arg(), x.arg(), x.arg()});
  EXPECT_EQ(x.read(), (std::vector<float>{3, 6, 9, 12, 15}));
}

TEST_P(NdarraysTest, DependentLaunchesSeeEachOther) {
  Module module(runtime(), "ndarrays");
  Array<float> x(runtime(), {1000}), y(runtime(), {1000});
  x.fill(1.0f);
  // Ping-pong: after n rounds of y = x + x and x = y + 0 * y the value is 2^n.
  Array<float> zero(runtime(), {1000});
  for (int round = 0; round < 20; ++round) {
    module.launch("saxpy", {f32(1.0f), x.arg(), x.arg(), y.arg()});
    module.launch("saxpy", {f32(1.0f), y.arg(), zero.arg(), x.arg()});
  }
  EXPECT_EQ(x.read(), std::vector<float>(1000, 1048576.0f));
}

TEST_P(NdarraysTest, AnEmptyArrayRunsNoIteration) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> array(runtime(), {4});
  array.fill(9);
  TiArgument none = array.arg();
  none.value.ndarray.shape.dims[0] = 0;
  module.launch("rank1", {none});
  EXPECT_EQ(array.read(), std::vector<int32_t>(4, 9));
}

TEST_P(NdarraysTest, AShorterShapeLeavesTheRestAlone) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> array(runtime(), {4});
  array.fill(9);
  TiArgument half = array.arg();
  half.value.ndarray.shape.dims[0] = 2;
  module.launch("rank1", {half});
  EXPECT_EQ(array.read(), (std::vector<int32_t>{1000000, 1000001, 9, 9}));
}

TEST_P(NdarraysTest, AnUnusedArrayIsAccepted) {
  Module module(runtime(), "ndarrays");
  Array<float> a(runtime(), {3}), b(runtime(), {3});
  module.launch("unused", {a.arg(), b.arg()});
  EXPECT_EQ(b.read(), std::vector<float>(3, 4.0f));
  EXPECT_EQ(a.read(), std::vector<float>(3, 0.0f));
}

}  // namespace
}  // namespace conformance
