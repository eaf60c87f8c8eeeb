// Who outlives whom: objects freed under work in flight, handles after their owner, runtimes with all that is left;
// and that rounds of all this leave neither memory nor file descriptors behind.
#include "conformance/devices.h"
#include "support.h"

#include <dirent.h>
#include <ist/core.h>

#include <fstream>
#include <memory>

namespace conformance {
namespace {

class LifetimeTest : public ArchTest {
 protected:
  // A module with launches of its own that take a while on any device.
  static void keep_busy(TiRuntime runtime, const Module& module, Array<int32_t>& array, int launches = 20) {
    for (int i = 0; i < launches; ++i) module.launch("scalar_i32", {array.arg()});
    ti_flush(runtime);
  }
};
IST_CONFORMANCE_SUITE(LifetimeTest);

TEST_P(LifetimeTest, MemoryFreedWhileItsWorkIsInFlight) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> kept(runtime(), {1 << 16});
  for (int round = 0; round < 10; ++round) {
    Array<int32_t> gone(runtime(), {1 << 16});
    keep_busy(runtime(), module, gone);  // submitted
    const TiMemorySlice from = gone.memory().slice(0, 4 << 16), to = kept.memory().slice(0, 4 << 16);
    ti_copy_memory_device_to_device(runtime(), &to, &from);  // recorded
    gone.memory().free_now();
    // What is allocated now must not land in what is still in use.
    Array<int32_t> next(runtime(), {1 << 16});
    next.fill(-1);
    const std::vector<int32_t> values = kept.read();
    for (int32_t i = 0; i < 1 << 16; i += 997) ASSERT_EQ(values[static_cast<size_t>(i)], 20 * (i + 1)) << round;
  }
}

TEST_P(LifetimeTest, ImagesAndSamplersFreedWhileTheirWorkIsInFlight) {
  Module module(runtime(), "textures");
  for (int round = 0; round < 10; ++round) {
    Array<float> out(runtime(), {16, 8}, {4});
    TiSamplerCreateInfo info{};
    TiSampler sampler = ti_create_sampler(runtime(), &info);
    ASSERT_NE(sampler, nullptr) << take_error().message;
    {
      Image image(runtime(), TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8);
      module.launch("texture_only", {image.arg()});
      if (round % 2) ti_flush(runtime());
      TiArgument texture = image.arg();
      texture.value.texture.sampler = sampler;
      module.launch("sample_2d", {texture, out.arg(), f32(0.5f)});
      if (round % 3) ti_flush(runtime());
    }
    ti_destroy_sampler(runtime(), sampler);
    expect_no_error("destroy a sampler in use");
    const std::vector<float> values = out.read();
    for (uint32_t x = 0; x < 16; ++x) {
      for (uint32_t y = 0; y < 8; ++y) {
        const float expected = static_cast<float>((37 * x + 59 * y + 21) % 256) / 255.0f;
        ASSERT_NEAR(values[(x * 8 + y) * 4], expected, 1e-5f) << x << ", " << y;
      }
    }
  }
}

TEST_P(LifetimeTest, AModuleDestroyedWhileItsWorkIsInFlight) {
  for (int round = 0; round < 10; ++round) {
    Array<int32_t> out(runtime(), {20});
    {
      Module fields(runtime(), "fields");  // has memory of its own: the root
      fields.launch("fill", {i32(round)});
      if (round % 2) ti_flush(runtime());
      fields.launch("read_line", {out.arg()});
    }
    Module next(runtime(), "fields");  // may get the same memory
    next.launch("fill", {i32(-100)});
    const std::vector<int32_t> values = out.read();
    for (int32_t i = 0; i < 20; ++i) ASSERT_EQ(values[static_cast<size_t>(i)], round + i);
  }
}

TEST_P(LifetimeTest, KernelsAndGraphsGoWithTheirModule) {
  auto module = std::make_unique<Module>(runtime(), "graphs");
  TiKernel kernel = module->kernel("add_to");
  TiComputeGraph graph = module->graph("empty");
  TiAotModule handle = module->handle();
  Array<int32_t> array(runtime(), {4});
  module.reset();
  const TiArgument args[] = {array.arg(), i32(1)};
  ti_launch_kernel(runtime(), kernel, 2, args);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"TiKernel", "destroyed"});
  ti_launch_compute_graph(runtime(), graph, 0, nullptr);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"TiComputeGraph", "destroyed"});
  IstKernelInfo info{};
  info.size = sizeof(info);
  EXPECT_EQ(ist_kernel_info(kernel, &info), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  uint32_t count = 0;
  EXPECT_EQ(ist_call_kernel(runtime(), kernel, 2, args, &count, nullptr), TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  EXPECT_EQ(ti_get_aot_module_kernel(handle, "add_to"), nullptr);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"TiAotModule", "destroyed"});
  EXPECT_EQ(array.read(), std::vector<int32_t>(4, 0)) << "nothing ran";
}

TEST_P(LifetimeTest, ARuntimeTakesEverythingWithIt) {
  TiRuntime own = create_runtime(arch());
  ASSERT_NE(own, nullptr);
  TiAotModule module = ti_load_aot_module(own, module_path("graphs").c_str());
  TiKernel kernel = ti_get_aot_module_kernel(module, "add_to");
  TiMemoryAllocateInfo memory_info{};
  memory_info.size = 4096;
  memory_info.host_read = TI_TRUE;
  TiMemory memory = ti_allocate_memory(own, &memory_info), mapped = ti_allocate_memory(own, &memory_info);
  EXPECT_NE(ti_map_memory(own, mapped), nullptr);
  TiImageAllocateInfo image_info{};
  image_info.dimension = TI_IMAGE_DIMENSION_2D;
  image_info.extent = {8, 8, 1, 1};
  image_info.format = TI_FORMAT_RGBA8;
  image_info.usage = TI_IMAGE_USAGE_SAMPLED_BIT;
  TiImage image = ti_allocate_image(own, &image_info);
  TiSamplerCreateInfo sampler_info{};
  TiSampler sampler = ti_create_sampler(own, &sampler_info);
  TiArgument args[2] = {{}, i32(3)};
  args[0].type = TI_ARGUMENT_TYPE_NDARRAY;
  args[0].value.ndarray.memory = memory;
  args[0].value.ndarray.shape = {1, {1024}};
  args[0].value.ndarray.elem_type = TI_DATA_TYPE_I32;
  for (int i = 0; i < 50; ++i) ti_launch_kernel(own, kernel, 2, args);
  expect_no_error("before the end");
  ti_destroy_runtime(own);  // with work recorded and in flight
  expect_no_error("destroy");

  ti_launch_kernel(own, kernel, 2, args);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  ti_destroy_runtime(own);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  ti_destroy_aot_module(module);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  // The runtime that lives on has never heard of these.
  ti_free_memory(runtime(), memory);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  ti_free_image(runtime(), image);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  ti_destroy_sampler(runtime(), sampler);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  ti_launch_kernel(runtime(), kernel, 2, args);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
}

TEST_P(LifetimeTest, MapsAndUnmapsInAnyOrder) {
  Memory memory(runtime(), 64);
  for (int round = 0; round < 3; ++round) {
    ti_unmap_memory(runtime(), memory.handle());
    expect_no_error("unmapping what is not mapped is ignored");
    void* first = ti_map_memory(runtime(), memory.handle());
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(ti_map_memory(runtime(), memory.handle()), nullptr);
    expect_error({TI_ERROR_INVALID_STATE}, {"mapped already"});
    std::memset(first, round, 64);
    ti_unmap_memory(runtime(), memory.handle());
    ti_unmap_memory(runtime(), memory.handle());
    expect_no_error("unmapped twice");
  }
  ASSERT_NE(ti_map_memory(runtime(), memory.handle()), nullptr);
  TiMemory gone = memory.handle();
  memory.free_now();
  expect_no_error("freed while mapped");
  ti_unmap_memory(runtime(), gone);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
  EXPECT_EQ(ti_map_memory(runtime(), gone), nullptr);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"destroyed"});
}

TEST_P(LifetimeTest, MappedMemoryMayBeUsedByLaunches) {
  Module module(runtime(), "ndarrays");
  Array<int32_t> array(runtime(), {8});
  auto* mapped = static_cast<int32_t*>(ti_map_memory(runtime(), array.memory().handle()));
  ASSERT_NE(mapped, nullptr);
  for (int round = 1; round <= 3; ++round) {
    module.launch("scalar_i32", {array.arg()});
    ti_wait(runtime());
    for (int32_t i = 0; i < 8; ++i) EXPECT_EQ(mapped[i], round * (i + 1));
  }
  ti_unmap_memory(runtime(), array.memory().handle());
}

uint64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  ADD_FAILURE() << "no VmRSS";
  return 0;
}

size_t open_files() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (readdir(folder)) ++count;
  closedir(folder);
  return count;
}

// Sanitizers keep what is freed from reuse, so that resident memory says nothing; they find leaks by themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kCountMemory = false;
#else
constexpr bool kCountMemory = true;
#endif
#else
constexpr bool kCountMemory = true;
#endif

// Runs the round `warm` times, then `rounds` times, and expects no more growth than `bound_kib` in between. What a
// driver keeps for later use grows once or twice; a leak grows each of eight times.
template <class Round>
void expect_no_growth(int warm, int rounds, uint64_t bound_kib, Round&& round) {
  for (int i = 0; i < warm; ++i) round();
  const size_t files = open_files();
  uint64_t before = 0, after = 0;
  for (int time = 0; time < 8; ++time) {
    before = resident_kib();
    for (int i = 0; i < rounds; ++i) round();
    after = resident_kib();
    testing::Test::RecordProperty("grown_kib", std::to_string(static_cast<int64_t>(after - before)));
    std::printf("grown by %lld KiB\n", static_cast<long long>(after) - static_cast<long long>(before));
    if (after <= before + bound_kib) break;
  }
  // Threads of a driver may have some open just now.
  EXPECT_LT(open_files(), files + static_cast<size_t>(rounds) / 10);
  if (kCountMemory) {
    EXPECT_LE(after, before + bound_kib);
  }
}

TEST_P(LifetimeTest, RoundsOfModulesLeaveNothingBehind) {
  OwnRuntime own(arch());
  Array<int32_t> out(own.handle(), {20});
  expect_no_growth(60, 300, 4 << 10, [&] {
    Module module(own.handle(), "fields");
    module.launch("fill", {i32(1)});
    module.launch("read_line", {out.arg()});
    ti_wait(own.handle());
  });
  EXPECT_EQ(out.read()[19], 20);
}

TEST_P(LifetimeTest, RoundsOfObjectsLeaveNothingBehind) {
  OwnRuntime own(arch());
  Module module(own.handle(), "ndarrays");
  int round = 0;
  expect_no_growth(100, 1000, 2 << 10, [&] {
    Array<int32_t> array(own.handle(), {4096});
    Image image(own.handle(), TI_IMAGE_DIMENSION_2D, {64, 64}, TI_FORMAT_RGBA8);
    TiSamplerCreateInfo info{};
    TiSampler sampler = ti_create_sampler(own.handle(), &info);
    module.launch("scalar_i32", {array.arg()});
    const TiImageSlice whole = image.whole();
    std::vector<uint8_t> texels(64 * 64 * 4);
    EXPECT_EQ(ist_write_image(own.handle(), &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
    ti_destroy_sampler(own.handle(), sampler);
    // Now and then waited for: what a slow device has yet to do is not left behind.
    if (++round % 20 == 0) {
      ti_wait(own.handle());
    } else {
      ti_flush(own.handle());
    }
  });
}

TEST_P(LifetimeTest, RoundsOfRuntimesLeaveNothingBehind) {
  expect_no_growth(20, 100, 8 << 10, [&] {
    OwnRuntime own(arch());
    Array<int32_t> array(own.handle(), {16});
    Module module(own.handle(), "ndarrays");
    module.launch("rank1", {array.arg()});
    ti_flush(own.handle());
  });
}

}  // namespace
}  // namespace conformance
