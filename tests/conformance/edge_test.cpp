// Legal oddities: kernels without a body, odd names, template instances.
#include "support.h"

namespace conformance {
namespace {

class EdgeTest : public ArchTest {};
IST_CONFORMANCE_SUITE(EdgeTest);

TEST_P(EdgeTest, AKernelWithoutABodyDoesNothing) {
  Module module(runtime(), "edge");
  module.launch("nothing", {});
  Array<float> a(runtime(), {2});
  a.fill(3.0f);
  module.launch("nothing_of", {a.arg()});
  EXPECT_EQ(a.read(), std::vector<float>(2, 3.0f));
}

TEST_P(EdgeTest, KernelNamesMayHoldAnything) {
  Module module(runtime(), "edge");
  Array<int32_t> a(runtime(), {3});
  // For LLVM the compiler makes a file of that name, and no folder.
  module.launch(is_llvm(arch()) ? "a name with, odd|characters.spv" : "a name/with, odd|characters.spv", {a.arg()});
  EXPECT_EQ(a.read(), std::vector<int32_t>(3, 7));
}

TEST_P(EdgeTest, TemplateInstancesAreKernelsOfTheirOwn) {
  Module module(runtime(), "edge");
  Array<int32_t> a(runtime(), {5});
  module.launch("scaled|factor=2,", {i32(100)});
  module.launch("read", {a.arg()});
  EXPECT_EQ(a.read(), (std::vector<int32_t>{100, 102, 104, 106, 108}));
  module.launch("scaled|factor=3,", {i32(0)});
  module.launch("read", {a.arg()});
  EXPECT_EQ(a.read(), (std::vector<int32_t>{0, 3, 6, 9, 12}));
}

TEST_P(EdgeTest, ALookUpGivesTheSameHandle) {
  Module module(runtime(), "edge");
  EXPECT_EQ(module.kernel("read"), module.kernel("read"));
}

TEST_P(EdgeTest, FlushAndWaitWithoutWorkAreFine) {
  ti_flush(runtime());
  ti_wait(runtime());
  ti_wait(runtime());
  expect_no_error("flush and wait");
}

}  // namespace
}  // namespace conformance
