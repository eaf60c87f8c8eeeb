// What submits and what does not, and what is left of a runtime after its end.
#include <chrono>

#include "host_test.h"

namespace host {
namespace {

class HostQuiet : public HostTest {
 protected:
  void expect_silence(const char* when) {
    EXPECT_EQ(spy().submits(), 0u) << when;
    EXPECT_EQ(spy().idle_waits(), 0u) << when;
    EXPECT_EQ(spy().calls("vkWaitForFences"), 0u) << when;
  }
};

TEST_F(HostQuiet, NothingIsSubmittedBeforeTheFirstFlush) {
  start();
  Runtime runtime = import();
  expect_silence("import");
  Module fields(runtime, "fields"), textures(runtime, "textures");
  expect_silence("load");
  fields.kernel("fill");
  textures.kernel("load_2d_rgba8");
  expect_silence("look-up");
  conformance::Memory memory(runtime, 4096), device_only(runtime, 1 << 20, TI_MEMORY_USAGE_STORAGE_BIT, false);
  conformance::Image image(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
  const TiSamplerCreateInfo sampler_info{};
  TiSampler sampler = ti_create_sampler(runtime, &sampler_info);
  expect_silence("allocation");
  const std::vector<uint32_t> words(1024, 7);
  memory.store(words.data(), 4096);
  // On a machine so busy that a batch has grown old within the launch, that has submitted it.
  const auto start = std::chrono::steady_clock::now();
  fields.launch("fill", {conformance::i32(1)});
  if (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(4)) expect_silence("launch");
  ti_flush(runtime);
  EXPECT_EQ(spy().submits(), 1u);
  EXPECT_EQ(spy().calls("vkWaitForFences"), 0u);
  ti_flush(runtime);
  EXPECT_EQ(spy().submits(), 1u) << "a flush of nothing";
  ti_wait(runtime);
  EXPECT_EQ(spy().submits(), 1u);
  ti_destroy_sampler(runtime, sampler);
}

TEST_F(HostQuiet, AWaitWithoutWorkSubmitsNothing) {
  start();
  Runtime runtime = import();
  ti_flush(runtime);
  ti_wait(runtime);
  expect_silence("wait");
  runtime.destroy();
  expect_silence("destroy");
}

TEST_F(HostQuiet, EverySubmitIsOnTheCallersThread) {
  start(with(FeatureSet::versions, VK_API_VERSION_1_3));
  Runtime runtime = adopt();
  for (int k = 0; k < 5; ++k) run_fields(runtime, k);
  for (const SeenSubmit& submit : spy().seen_submits()) {
    EXPECT_EQ(submit.thread, std::this_thread::get_id());
    EXPECT_EQ(submit.queue, host().queue());
  }
}

// Handles of a runtime that is gone: nobody frees them.
TEST_F(HostQuiet, ARuntimeTakesAllItMadeWithIt) {
  start();
  Runtime runtime = import();
  const TiMemoryAllocateInfo memory{4096, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
  TiImageAllocateInfo image{};
  image.dimension = TI_IMAGE_DIMENSION_2D;
  image.extent = {67, 33, 1, 1};
  image.format = TI_FORMAT_RGBA8;
  image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  const TiSamplerCreateInfo sampler{};
  for (int k = 0; k < 3; ++k) {
    EXPECT_NE(ti_allocate_memory(runtime, &memory), nullptr);
    EXPECT_NE(ti_allocate_image(runtime, &image), nullptr);
    EXPECT_NE(ti_create_sampler(runtime, &sampler), nullptr);
    TiAotModule module = ti_load_aot_module(runtime, conformance::module_path("fields").c_str());
    const TiArgument base = conformance::i32(k);
    ti_launch_kernel(runtime, ti_get_aot_module_kernel(module, "fill"), 1, &base);
  }
  EXPECT_FALSE(spy().live().empty());
  runtime.destroy();
  expect_nothing_left("destroy");
  expect_host_works();
}

TEST_F(HostQuiet, ARuntimeGoesWithWorkInFlight) {
  for (const FeatureSet features : {FeatureSet::none, FeatureSet::versions}) {
    start(with(features, features == FeatureSet::none ? VK_API_VERSION_1_1 : VK_API_VERSION_1_3));
    for (int round = 0; round < 5; ++round) {
      Runtime runtime = adopt();
      TiAotModule module = ti_load_aot_module(runtime, conformance::module_path("fields").c_str());
      TiKernel fill = ti_get_aot_module_kernel(module, "fill");
      const TiMemoryAllocateInfo info{4 << 20, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
      TiMemory a = ti_allocate_memory(runtime, &info), b = ti_allocate_memory(runtime, &info);
      const TiMemorySlice from{a, 0, 4 << 20}, to{b, 0, 4 << 20};
      const TiArgument base = conformance::i32(round);
      for (int k = 0; k < 20; ++k) {
        ti_copy_memory_device_to_device(runtime, &to, &from);
        ti_launch_kernel(runtime, fill, 1, &base);
      }
      if (round % 2 == 0) ti_flush(runtime);
      runtime.destroy();
      expect_no_error("destroy");
      expect_nothing_left("destroy with work in flight");
    }
    TearDown();
  }
}

TEST_F(HostQuiet, TheHostsObjectsOutliveTheRuntime) {
  start();
  HostBuffer buffer = host().make_buffer(80, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  HostImageInfo info;
  info.extent = {16, 8, 1};
  HostImage image = host().make_image(info);
  host().transition(image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  {
    Runtime runtime = import();
    const TiVulkanMemoryInteropInfo native = buffer.interop_info();
    TiMemory memory = ti_import_vulkan_memory(runtime, &native);
    ASSERT_NE(memory, nullptr) << take_error().message;
    const TiVulkanImageInteropInfo picture = image.interop_info();
    TiImage adopted = ti_import_vulkan_image(runtime, &picture, VK_IMAGE_VIEW_TYPE_2D, VK_IMAGE_LAYOUT_GENERAL);
    ASSERT_NE(adopted, nullptr) << take_error().message;
    Module fields(runtime, "fields"), textures(runtime, "textures");
    fields.launch("fill", {conformance::i32(9)});
    TiArgument out = Array<int32_t>(runtime, {20}).arg(), texture{};
    out.value.ndarray.memory = memory;
    fields.launch("read_line", {out});
    texture.type = TI_ARGUMENT_TYPE_TEXTURE;
    texture.value.texture = {adopted, nullptr, TI_IMAGE_DIMENSION_2D, {16, 8, 1, 1}, TI_FORMAT_RGBA8};
    textures.launch("texture_only", {texture});
    ti_flush(runtime);
  }
  for (int32_t i = 0; i < 20; ++i) EXPECT_EQ(buffer.as<int32_t>()[i], 9 + i);
  const std::vector<uint8_t> texels = host().read_texels(image, VK_IMAGE_LAYOUT_GENERAL);
  EXPECT_EQ(texels[0], 21) << "7 * seed 3";
  EXPECT_EQ(texels[4 * 15], (37 * 15 + 21) % 256) << "texel (15, 0)";
}

}  // namespace
}  // namespace host
