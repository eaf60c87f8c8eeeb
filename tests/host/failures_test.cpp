// Memory that runs out and a device that is lost, as the spy pretends them: the right code, nothing leaked, and
// the next call works where it can.
#include <functional>

#include "host_test.h"

namespace host {
namespace {

class HostFailures : public HostTest {
 protected:
  void SetUp() override { start(); }
};

constexpr uint64_t kLarge = uint64_t{64} << 20;

TEST_F(HostFailures, AllocationsFailAndTheNextOneWorks) {
  Runtime runtime = import();
  const TiMemoryAllocateInfo memory{kLarge, TI_FALSE, TI_FALSE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
  TiImageAllocateInfo image{};
  image.dimension = TI_IMAGE_DIMENSION_2D;
  image.extent = {4096, 4096, 1, 1};
  image.format = TI_FORMAT_RGBA8;
  image.usage = TI_IMAGE_USAGE_STORAGE_BIT;
  const auto before = spy().live();
  // Whatever other kind of memory is tried next fails too.
  spy().fail_allocations(1, 100);
  EXPECT_EQ(ti_allocate_memory(runtime, &memory), nullptr);
  expect_error({TI_ERROR_OUT_OF_MEMORY});
  EXPECT_EQ(spy().live(), before);
  EXPECT_EQ(ti_allocate_image(runtime, &image), nullptr);
  expect_error({TI_ERROR_OUT_OF_MEMORY});
  EXPECT_EQ(spy().live(), before);
  spy().fail_allocations(0);
  TiMemory allocated = ti_allocate_memory(runtime, &memory);
  EXPECT_NE(allocated, nullptr) << take_error().message;
  TiImage made = ti_allocate_image(runtime, &image);
  EXPECT_NE(made, nullptr) << take_error().message;
  ti_free_memory(runtime, allocated);
  ti_free_image(runtime, made);
  run_fields(runtime);
}

// A program of every kind of object. At a failure it stops, or makes the same call once more and goes on.
class Program {
 public:
  enum class AtFailure { stop, again };

  Program(const std::function<TiRuntime()>& make_runtime, AtFailure at_failure) : at_failure_(at_failure) {
    if (step([&] { runtime_ = make_runtime(); })) run();
    if (runtime_) ti_destroy_runtime(runtime_);
  }
  // Of the last failure.
  TiError failure() const { return failure_; }
  bool right() const {
    if (line_.size() != 20) return false;
    for (int32_t k = 0; k < 20; ++k) {
      if (line_[static_cast<size_t>(k)] != 5 + k) return false;
    }
    return opaque_texels_ == 16 * 16;
  }

 private:
  bool made(const std::function<void()>& call) {
    call();
    const TiError code = take_error().code;
    if (code != TI_ERROR_SUCCESS) failure_ = code;
    return code == TI_ERROR_SUCCESS;
  }
  bool step(const std::function<void()>& call) {
    if (made(call)) return true;
    if (at_failure_ == AtFailure::stop) return false;
    const bool again = made(call);
    EXPECT_TRUE(again) << "the same call again";
    return again;
  }
  bool run() { return allocate() && load() && launch() && finish(); }

  bool allocate() {
    const TiMemoryAllocateInfo bytes{80, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
    TiImageAllocateInfo texels{};
    texels.dimension = TI_IMAGE_DIMENSION_2D;
    texels.extent = {16, 16, 1, 1};
    texels.format = TI_FORMAT_RGBA8;
    texels.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    const TiSamplerCreateInfo nearest{};
    return step([&] { memory_ = ti_allocate_memory(runtime_, &bytes); }) &&
           step([&] { image_ = ti_allocate_image(runtime_, &texels); }) &&
           step([&] { ti_create_sampler(runtime_, &nearest); });
  }
  bool load() {
    const auto find = [this](TiKernel& kernel, TiAotModule& module, const char* name) {
      return step([&] { kernel = ti_get_aot_module_kernel(module, name); });
    };
    const std::string fields = conformance::module_path("fields"), fractal = conformance::module_path("fractal");
    return step([&] { fields_ = ti_load_aot_module(runtime_, fields.c_str()); }) &&
           step([&] { fractal_ = ti_load_aot_module(runtime_, fractal.c_str()); }) && find(fill_, fields_, "fill") &&
           find(read_, fields_, "read_line") && find(paint_, fractal_, "paint");
  }
  bool launch() {
    const TiArgument base = conformance::i32(5);
    TiArgument out{};
    out.type = TI_ARGUMENT_TYPE_NDARRAY;
    out.value.ndarray = {memory_, {1, {20}}, {}, TI_DATA_TYPE_I32};
    TiArgument texture{};
    texture.type = TI_ARGUMENT_TYPE_TEXTURE;
    texture.value.texture = {image_, nullptr, TI_IMAGE_DIMENSION_2D, {16, 16, 1, 1}, TI_FORMAT_RGBA8};
    const TiArgument painting[] = {texture,
                                   conformance::i32(16),
                                   conformance::i32(16),
                                   conformance::f32(-0.8f),
                                   conformance::f32(0.156f),
                                   conformance::f32(1.5f),
                                   conformance::i32(60)};
    // A batch that cannot be submitted is lost as a whole, so all of it is done again.
    const auto batch = [&] {
      return made([&] { ti_launch_kernel(runtime_, fill_, 1, &base); }) &&
             made([&] { ti_launch_kernel(runtime_, read_, 1, &out); }) &&
             made([&] { ti_launch_kernel(runtime_, paint_, 7, painting); }) && made([&] { ti_wait(runtime_); });
    };
    if (batch()) return true;
    if (at_failure_ == AtFailure::stop) return false;
    const bool again = batch();
    EXPECT_TRUE(again) << "the same batch again";
    return again;
  }
  bool finish() {
    std::vector<uint8_t> texels(4 * 16 * 16);
    const TiImageSlice whole{image_, {}, {16, 16, 1, 1}, 0};
    if (!step([&] { ist_read_image(runtime_, &whole, texels.data(), texels.size(), 0); })) return false;
    for (size_t k = 3; k < texels.size(); k += 4) opaque_texels_ += texels[k] == 255;
    const int32_t* mapped = nullptr;
    if (!step([&] { mapped = static_cast<const int32_t*>(ti_map_memory(runtime_, memory_)); })) return false;
    line_.assign(mapped, mapped + 20);
    return true;
  }

  AtFailure at_failure_;
  TiError failure_ = TI_ERROR_SUCCESS;
  TiRuntime runtime_ = nullptr;
  TiMemory memory_ = nullptr;
  TiImage image_ = nullptr;
  TiAotModule fields_ = nullptr, fractal_ = nullptr;
  TiKernel fill_ = nullptr, read_ = nullptr, paint_ = nullptr;
  std::vector<int32_t> line_;
  size_t opaque_texels_ = 0;
};

// The oldest and the newest device: they are driven by different functions.
class HostExhausted : public HostTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    newest_ = GetParam();
    start(newest_ ? as_needed() : HostOptions{});
  }
  TiRuntime make() {
    const IstVulkanDevice info = adopted();
    TiRuntime runtime = nullptr;
    ist_vulkan_adopt_device(&info, &runtime);
    return runtime;
  }
  Program run(Program::AtFailure at_failure) {
    return {[this] { return make(); }, at_failure};
  }

 private:
  bool newest_ = false;
};
INSTANTIATE_TEST_SUITE_P(On, HostExhausted, testing::Bool(),
                         [](const auto& info) { return info.param ? "Newest" : "Oldest"; });

TEST_P(HostExhausted, EveryAllocationOfAProgramMayFail) {
  ASSERT_TRUE(run(Program::AtFailure::stop).right());
  const uint64_t allocations = spy().calls("vkAllocateMemory");
  ASSERT_GT(allocations, 0u);
  for (uint64_t nth = 1; nth <= allocations; ++nth) {
    SCOPED_TRACE(testing::Message() << "allocation " << nth << " of " << allocations);
    // One failure alone may be made good by another kind of memory.
    spy().fail_allocations(nth, 1);
    const Program once = run(Program::AtFailure::stop);
    EXPECT_TRUE(once.right() || once.failure() == TI_ERROR_OUT_OF_MEMORY) << once.failure();
    expect_nothing_left("out of memory once");
    spy().fail_allocations(nth, 1000);
    const uint64_t before = spy().calls("vkAllocateMemory");
    const TiError failure = run(Program::AtFailure::stop).failure();
    const bool reached = spy().calls("vkAllocateMemory") >= before + nth;
    EXPECT_EQ(failure, reached ? TI_ERROR_OUT_OF_MEMORY : TI_ERROR_SUCCESS);
    expect_nothing_left("out of memory for good");
    spy().fail_allocations(nth, 1);
    EXPECT_TRUE(run(Program::AtFailure::again).right());
    expect_nothing_left("tried again");
    spy().fail_allocations(0);
  }
}

TEST_P(HostExhausted, EveryCreationOfAProgramMayFail) {
  ASSERT_TRUE(run(Program::AtFailure::stop).right());
  const uint64_t creations = spy().creations();
  ASSERT_GT(creations, 20u);
  for (uint64_t nth = 1; nth <= creations; ++nth) {
    spy().fail_creation(nth);
    const TiError failure = run(Program::AtFailure::stop).failure();
    SCOPED_TRACE(testing::Message() << "creation " << nth << " of " << creations << ", " << spy().failed_creation());
    // An old batch goes by itself, so the number of calls is not quite the same each time.
    EXPECT_EQ(failure, spy().failed_creation().empty() ? TI_ERROR_SUCCESS : TI_ERROR_OUT_OF_MEMORY);
    expect_nothing_left("a failed creation");
    spy().fail_creation(nth);
    EXPECT_TRUE(run(Program::AtFailure::again).right());
    expect_nothing_left("tried again");
  }
  spy().fail_creation(0);
}

TEST_F(HostFailures, ALostDeviceRepeatsItsFirstCause) {
  for (const FeatureSet features : {FeatureSet::none, FeatureSet::versions}) {
    TearDown();
    start(with(features, features == FeatureSet::none ? VK_API_VERSION_1_1 : VK_API_VERSION_1_3));
    Runtime runtime = adopt();
    run_fields(runtime);
    TiAotModule module = ti_load_aot_module(runtime, conformance::module_path("fields").c_str());
    TiKernel fill = ti_get_aot_module_kernel(module, "fill");
    const TiArgument base = conformance::i32(5);
    ti_wait(runtime);
    spy().lose_device(1);
    // An old batch goes by itself, in the launch.
    ti_launch_kernel(runtime, fill, 1, &base);
    auto first = take_error();
    ti_flush(runtime);
    if (first.code == TI_ERROR_SUCCESS) first = take_error();
    EXPECT_EQ(first.code, TI_ERROR_INVALID_STATE) << first.message;
    EXPECT_NE(lower(first.message).find("lost"), std::string::npos) << first.message;
    const uint64_t submits = spy().submits();
    take_error();
    ti_wait(runtime);
    const auto second = take_error();
    EXPECT_EQ(second.code, TI_ERROR_INVALID_STATE);
    const auto cause = [](const std::string& message) { return message.substr(message.find(": ") + 1); };
    EXPECT_EQ(cause(second.message), cause(first.message));
    ti_launch_kernel(runtime, fill, 1, &base);
    take_error();
    ti_flush(runtime);
    expect_error({TI_ERROR_INVALID_STATE}, {"lost"});
    EXPECT_EQ(spy().submits(), submits) << "nothing is given to a lost device";
    ti_destroy_aot_module(module);
    take_error();
    runtime.destroy();
    take_error();
    expect_nothing_left("a lost device");
  }
}

}  // namespace
}  // namespace host
