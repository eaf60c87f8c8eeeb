// Dense fields: shared by a module's kernels, zero at load, and never mixed up between modules.
#include "support.h"

namespace conformance {
namespace {

class FieldsTest : public ArchTest {
 protected:
  std::vector<int32_t> line(const Module& module) {
    Array<int32_t> out(runtime(), {20});
    module.launch("read_line", {out.arg()});
    return out.read();
  }
  static std::vector<int32_t> ramp(int32_t base, int32_t factor = 1) {
    std::vector<int32_t> values(20);
    for (int32_t i = 0; i < 20; ++i) values[static_cast<size_t>(i)] = (base + i) * factor;
    return values;
  }
};
IST_CONFORMANCE_SUITE(FieldsTest);

TEST_P(FieldsTest, StartAtZero) {
  Module module(runtime(), "fields");
  EXPECT_EQ(line(module), std::vector<int32_t>(20, 0));
}

TEST_P(FieldsTest, KernelsShareThem) {
  Module module(runtime(), "fields");
  module.launch("fill", {i32(5)});
  module.launch("scale", {i32(3)});
  EXPECT_EQ(line(module), ramp(5, 3));

  Array<float> plane(runtime(), {7, 5});
  module.launch("read_plane", {plane.arg()});
  Array<float> block(runtime(), {3, 4, 2}, {3});
  module.launch("read_block", {block.arg()});
  std::vector<float> plane_expected, block_expected;
  for (int i = 0; i < 7; ++i) {
    for (int j = 0; j < 5; ++j) plane_expected.push_back(static_cast<float>(3 * (5 + 10 * i + j)));
  }
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 4; ++j) {
      for (int k = 0; k < 2; ++k) {
        for (int index : {i, j, k}) block_expected.push_back(static_cast<float>(5 + index));
      }
    }
  }
  EXPECT_EQ(plane.read(), plane_expected);
  EXPECT_EQ(block.read(), block_expected);
}

TEST_P(FieldsTest, AReductionIntoAFieldIsComplete) {
  Module module(runtime(), "fields");
  module.launch("fill", {i32(100)});
  Array<int32_t> total(runtime(), {});
  for (int repeat = 0; repeat < 2; ++repeat) {
    module.launch("sum_line", {});
    module.launch("read_total", {total.arg()});
    EXPECT_EQ(total.read(), (std::vector<int32_t>{20 * 100 + 190}));
  }
}

TEST_P(FieldsTest, EachModuleHasItsOwnRoot) {
  Module first(runtime(), "fields");
  Module other(runtime(), "fields_other");
  Module again(runtime(), "fields");
  first.launch("fill", {i32(1)});
  other.launch("fill", {i32(-7)});
  again.launch("fill", {i32(1000)});
  EXPECT_EQ(line(first), ramp(1));
  EXPECT_EQ(line(again), ramp(1000));
  Array<int32_t> cells(runtime(), {4, 33});
  other.launch("read", {cells.arg()});
  std::vector<int32_t> expected;
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 33; ++j) expected.push_back(-7 - 100 * i - j);
  }
  EXPECT_EQ(cells.read(), expected);
}

TEST_P(FieldsTest, ANewLoadStartsAtZeroAgain) {
  {
    Module module(runtime(), "fields");
    module.launch("fill", {i32(77)});
    EXPECT_EQ(line(module), ramp(77));
  }
  Module module(runtime(), "fields");
  EXPECT_EQ(line(module), std::vector<int32_t>(20, 0));
}

TEST_P(FieldsTest, RuntimesDoNotShareThem) {
  OwnRuntime other(arch());
  Module here(runtime(), "fields"), there(other.handle(), "fields");
  here.launch("fill", {i32(3)});
  there.launch("fill", {i32(30)});
  EXPECT_EQ(line(here), ramp(3));
  Array<int32_t> out(other.handle(), {20});
  there.launch("read_line", {out.arg()});
  EXPECT_EQ(out.read(), ramp(30));
}

}  // namespace
}  // namespace conformance
