// Hand-written modules of this machine's arch through the C API: what needs no module of Taichi's own compiler.
#include <gtest/gtest.h>
#include <taichi/cpp/taichi.hpp>

#include <cfenv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <thread>

#include "unit/aot/tcb_writer.h"
#include "unit/aot/zip_writer.h"

namespace {

using ist::aot::DataType;
using namespace ist::test;

constexpr const char* kWrittenFor = "x86_64-pc-linux-gnu";
#if defined(__aarch64__)
constexpr const char* kHere = "aarch64-unknown-linux-gnu";
constexpr TiArch kArch = TI_ARCH_ARM64, kOtherArch = TI_ARCH_X64;
constexpr const char* kElsewhere = "x86_64-pc-linux-gnu";
#else
constexpr const char* kHere = kWrittenFor;
constexpr TiArch kArch = TI_ARCH_X64, kOtherArch = TI_ARCH_ARM64;
constexpr const char* kElsewhere = "aarch64-unknown-linux-gnu";
#endif

std::string ir(const std::string& triple) {
  std::ifstream file(IST_CPU_TEST_IR "/kernels.ll");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.replace(text.find(kWrittenFor), std::string(kWrittenFor).size(), triple);
}

TcbKernel kernel(const std::string& name, DataType scalar, std::vector<std::string> tasks, const std::string& triple) {
  TcbKernel made = tcb_kernel(name, ir(triple));
  made.tasks.clear();
  for (const std::string& task : tasks) made.tasks.push_back({name + "_kernel_" + task});
  add_scalar(made, scalar);
  add_ndarray(made, DataType::f32, 1);
  return made;
}

std::vector<std::byte> archive(const std::string& triple = kHere) {
  TcbModule module;
  module.kernels = {kernel("add_scaled", DataType::f32, {"0_serial", "1_range_for"}, triple)};
  module.kernels.push_back(kernel("count", DataType::i32, {"0_range_for"}, triple));
  for (const char* name : {"mathematics", "check", "keep", "give"}) {
    module.kernels.push_back(kernel(name, DataType::i32, {"0_serial"}, triple));
  }
  module.trees = {{0, 0, 0, 4, {{0, 0, 4, 0}, {1, 1, 4, 0}, {2, 6, 0, 0}}}};
  return write_zip(llvm_files(module));
}

class Launches : public testing::Test {
 protected:
  void SetUp() override {
    runtime_ = ti::Runtime(kArch);
    ASSERT_TRUE(runtime_.is_valid()) << ti::get_last_error().message;
    module_ = load();
    ASSERT_TRUE(module_.is_valid()) << ti::get_last_error().message;
  }
  void TearDown() override { EXPECT_EQ(ti::get_last_error().message, ""); }

  ti::AotModule load(const std::string& triple = kHere) const {
    const auto bytes = archive(triple);
    return runtime_.create_aot_module(bytes.data(), bytes.size());
  }
  ti::NdArray<float> array(const std::vector<float>& values) const {
    auto made = runtime_.allocate_ndarray<float>({static_cast<uint32_t>(values.size())}, {}, true);
    made.write(values);
    return made;
  }
  template <class T>
  void launch(const ti::AotModule& module, const char* name, T scalar, const ti::NdArray<float>& data) const {
    ti::Kernel kernel = module.get_kernel(name);
    kernel.push_arg(scalar);
    kernel.push_arg(data);
    kernel.launch();
  }
  std::vector<float> values_of(const ti::NdArray<float>& array) const {
    runtime_.wait();
    std::vector<float> values(array.scalar_count());
    array.read(values);
    return values;
  }

  ti::Runtime runtime_;
  ti::AotModule module_;
};

TEST(CpuArchs, AreThisMachines) {
  const auto archs = ti::get_available_archs();
  EXPECT_NE(std::find(archs.begin(), archs.end(), kArch), archs.end());
  EXPECT_EQ(std::find(archs.begin(), archs.end(), kOtherArch), archs.end());
  EXPECT_FALSE(ti::Runtime(kOtherArch).is_valid());
  EXPECT_EQ(ti::get_last_error().error, TI_ERROR_NOT_SUPPORTED);
  ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
}

TEST_F(Launches, LoopsOverAllSplits) {
  for (const uint32_t length : {1u, 512u, 513u, 2048u}) {
    const auto data = array(std::vector<float>(length, 0.5f));
    for (int round = 0; round < 3; ++round) launch(module_, "add_scaled", 0.25f, data);
    const auto values = values_of(data);
    for (uint32_t i = 0; i < length; ++i) ASSERT_EQ(values[i], 0.5f + 0.75f * static_cast<float>(i)) << i;
  }
}

TEST_F(Launches, AtomicsLoseNothing) {
  const auto data = array({0.0f});
  for (const int32_t times : {1, 1000, 100000}) launch(module_, "count", times, data);
  EXPECT_EQ(values_of(data)[0], 4 * 101001.0f);
}

TEST_F(Launches, CallTheMathematicsLibraryAndKnowHalfPrecision) {
  const auto data = array({0.5f, 3.0f, 2.5f, 1.0f / 3, 1.0f});
  launch(module_, "mathematics", 0, data);
  const auto values = values_of(data);
  EXPECT_EQ(values[0], std::sin(0.5f));
  EXPECT_EQ(values[1], std::pow(3.0f, 2.5f));
  EXPECT_EQ(values[3], 0.333251953125f);
  EXPECT_EQ(values[4], 0.333251953125f);
}

TEST_F(Launches, KeepFieldsOfAModuleApart) {
  const auto other = load();
  const auto data = array({-1.0f}), other_data = array({-1.0f});
  launch(module_, "keep", 42, data);
  launch(other, "give", 0, other_data);
  launch(module_, "give", 0, data);
  EXPECT_EQ(values_of(data)[0], 42.0f);
  EXPECT_EQ(values_of(other_data)[0], 0.0f) << "another module's field";
}

TEST_F(Launches, TellFailedAssertionsAtWait) {
  const auto data = array({0.0f});
  launch(module_, "check", 7, data);
  runtime_.wait();
  EXPECT_EQ(ti::get_last_error().error, TI_ERROR_SUCCESS);
  launch(module_, "check", -8, data);
  runtime_.wait();
  const auto error = ti::get_last_error();
  EXPECT_EQ(error.error, TI_ERROR_INVALID_STATE);
  EXPECT_NE(error.message.find("The number is -8, not 7."), std::string::npos) << error.message;
  ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
}

// Audio hosts flush denormals, others round otherwise: a kernel computes alike, and leaves the mode as it was.
TEST_F(Launches, ComputeInTheDefaultFloatMode) {
  const auto plain = array(std::vector<float>(2048, 1.0f)), odd = array(std::vector<float>(2048, 1.0f));
  launch(module_, "add_scaled", 1e-8f, plain);
  const auto expected = values_of(plain);
  std::fesetround(FE_UPWARD);
  launch(module_, "add_scaled", 1e-8f, odd);
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(values_of(odd), expected);
}

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

// What has been recorded has run, so what is freed goes at once.
TEST_F(Launches, KeepNoMemoryThatWasFreed) {
  constexpr uint32_t kFloats = 1 << 20;
  const std::vector<float> ones(kFloats, 1.0f);
  const size_t before = resident_bytes();
  for (int round = 0; round < 100; ++round) {
    const auto from = array(ones), to = array(ones);
    from.slice().copy_to(to.slice());
  }
  EXPECT_LT(resident_bytes(), before + (size_t{100} << 20));
}

TEST_F(Launches, RefuseModulesOfOtherMachines) {
  for (const char* triple : {kElsewhere, "nvptx64-nvidia-cuda"}) {
    EXPECT_FALSE(load(triple).is_valid());
    EXPECT_NE(ti::get_last_error().error, TI_ERROR_SUCCESS);
    ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
  }
}

TEST_F(Launches, ThreadsLaunchAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      const auto data = array(std::vector<float>(2048, 0.0f));
      for (int round = 0; round < 20; ++round) launch(module_, "add_scaled", 1.0f, data);
      const auto values = values_of(data);
      for (uint32_t i = 0; i < 2048; ++i) ASSERT_EQ(values[i], 20.0f * static_cast<float>(i)) << i;
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
