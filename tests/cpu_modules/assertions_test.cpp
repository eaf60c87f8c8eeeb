// Assertions that fail in kernels: told at the next wait, with kernel and message. The released library tells nobody,
// so this is against what the kernels say (assets/kernels/assertions.py).
#include <filesystem>

#include "conformance/support.h"

namespace conformance {
namespace {

class AssertionsTest : public ArchTest {
 protected:
  // Launches, waits, and expects the words in the one error that follows.
  void expect_failure(const Module& module, const char* kernel, const std::vector<TiArgument>& args,
                      std::initializer_list<const char*> words) {
    SCOPED_TRACE(kernel);
    const TiKernel found = module.kernel(kernel);
    ti_launch_kernel(runtime(), found, static_cast<uint32_t>(args.size()), args.data());
    ti_wait(runtime());
    expect_error({TI_ERROR_INVALID_STATE}, words);
    ti_wait(runtime());
    expect_no_error("an assertion is told once");
  }
};
IST_CONFORMANCE_SUITE(AssertionsTest);

TEST_P(AssertionsTest, ThoseThatHoldSayNothing) {
  for (const char* name : {"assertions", "assertions_debug"}) {
    Module module(runtime(), name);
    Array<int32_t> out(runtime(), {3});
    module.launch("below_three", {i32(3), out.arg()});
    module.launch("without_words", {i32(7)});
    module.launch("with_values", {i32(3), f32(0.25f)});
    EXPECT_EQ(out.read(), (std::vector<int32_t>{1, 2, 3}));
  }
}

TEST_P(AssertionsTest, ThoseThatFailAreToldWithTheirMessage) {
  for (const char* name : {"assertions", "assertions_debug"}) {
    SCOPED_TRACE(name);
    Module module(runtime(), name);
    Array<int32_t> out(runtime(), {5});
    expect_failure(module, "below_three", {i32(5), out.arg()}, {"below_three", "i is three or more"});
    expect_failure(module, "without_words", {i32(8)}, {"without_words"});
    expect_failure(module, "with_values", {i32(42), f32(1.5f)}, {"with_values", "n is 42", "x is 1.5"});
    // Narrow values lie in 64 bits without their sign.
    expect_failure(module, "with_values", {i32(-5), f32(2.25f)}, {"n is -5", "x is 2.25"});
    expect_failure(module, "with_percent", {i32(10)}, {"with_percent", "at most 100 % of it"});
  }
}

TEST_P(AssertionsTest, TheFirstOfSeveralIsTold) {
  Module module(runtime(), "assertions");
  expect_failure(module, "of_two", {i32(0), i32(0)}, {"of_two", "a is not positive"});
  expect_failure(module, "of_two", {i32(1), i32(0)}, {"of_two", "b is not positive"});
}

TEST_P(AssertionsTest, LaterLaunchesGoOnAsIfNothingHadBeen) {
  Module module(runtime(), "assertions");
  expect_failure(module, "without_words", {i32(1)}, {"without_words"});
  Array<int32_t> out(runtime(), {2});
  module.launch("below_three", {i32(2), out.arg()});
  EXPECT_EQ(out.read(), (std::vector<int32_t>{1, 2}));
  expect_failure(module, "without_words", {i32(2)}, {"without_words"});
}

TEST_P(AssertionsTest, IndicesAreCheckedInDebugBuilds) {
  Module module(runtime(), "assertions_debug");
  expect_failure(module, "index", {i32(1), i32(8), i32(5)}, {"index"});
  Array<int32_t> cells(runtime(), {4, 8});
  module.launch("index", {i32(3), i32(7), i32(5)});
  module.launch("read", {cells.arg()});
  EXPECT_EQ(cells.read().back(), 5);
}

}  // namespace
}  // namespace conformance

// --modules=FOLDER has the modules for x64; without that folder the program ends with 77, which is a skip.
int main(int argc, char** argv) {
  (void)conformance::test_arch("x64");
  testing::InitGoogleTest(&argc, argv);
  const std::string option = "--modules=";
  const std::string folder = argc > 1 && std::string(argv[1]).starts_with(option) ? argv[1] + option.size() : "";
  if (!std::filesystem::is_directory(folder)) return 77;
  conformance::use_modules(folder);
  return RUN_ALL_TESTS();
}
