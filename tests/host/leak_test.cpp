// Rounds of everything that comes and goes: the driver's objects, its memory and what the library keeps on the heap
// stay where they were after the first rounds. The heap of the whole process would tell less: lavapipe frees compiled
// shaders of 2 MB on threads of its own when it likes.
#include <algorithm>

#include "heap_watch.h"
#include "host_test.h"

namespace host {
namespace {

class HostLeaks : public HostTest {
 protected:
  struct Reading {
    std::map<std::string, int64_t> live;
    uint64_t device_bytes;
    HeapWatch::Live heap;
  };

  void SetUp() override {
    // The layer's own bookkeeping would be on the heap too.
    HostOptions options;
    options.validation = false;
    start(options);
    spy().keep_records(false);
  }

  // With nothing in flight.
  Reading read(TiRuntime runtime, const HeapWatch& heap) {
    if (runtime) ti_wait(runtime);
    return {spy().live(), spy().device_memory_bytes(), heap.live()};
  }

  // How many batches are in flight at most depends on the hour; each has a fence and a few objects beside it.
  static void expect_same_objects(const Reading& late, const Reading& early) {
    auto count = [](const Reading& reading, const std::string& type) {
      const auto found = reading.live.find(type);
      return found == reading.live.end() ? 0 : found->second;
    };
    const int64_t batches = std::max<int64_t>(count(late, "Fence") - count(early, "Fence"), 0);
    EXPECT_LE(batches, 8);
    for (const auto& [type, late_count] : late.live) EXPECT_LE(late_count, count(early, type) + 4 * batches) << type;
    if (batches == 0) {
      EXPECT_LE(late.device_bytes, early.device_bytes);
    }
  }

  template <class Round>
  void repeat(TiRuntime runtime, int rounds, Round&& round) {
    const HeapWatch heap("ti_get_version");
    Reading early{};
    for (int k = 1; k <= rounds; ++k) {
      round(k);
      if (k == rounds / 50) early = read(runtime, heap);
    }
    Reading late = read(runtime, heap);
    // A batch makes its pools when it first needs them, which may be late; what leaks grows again in as many rounds.
    for (int again = 0; again < 3 && late.live != early.live; ++again) {
      early = late;
      for (int k = 1; k <= rounds; ++k) round(k);
      late = read(runtime, heap);
    }
    expect_same_objects(late, early);
    if (!HeapWatch::works()) return;
    // A batch more is some twenty allocations; one kept per round would be a thousand.
    EXPECT_LE(late.heap.allocations, early.heap.allocations + 100);
    EXPECT_LE(late.heap.bytes, early.heap.bytes + (16 << 10));
    RecordProperty("heap_bytes_kept", std::to_string(late.heap.bytes));
  }
};

TEST_F(HostLeaks, ModulesComeAndGo) {
  Runtime runtime = import();
  Array<int32_t> out(runtime, {20});
  repeat(runtime, 1000, [&](int k) {
    Module module(runtime, "fields");
    module.launch("fill", {conformance::i32(k)});
    module.launch("read_line", {out.arg()});
    if (k % 4 != 0) return;
    ASSERT_EQ(out.read()[19], k + 19);
  });
}

TEST_F(HostLeaks, RuntimesComeAndGo) {
  repeat(nullptr, 1000, [&](int) {
    Runtime runtime = import();
    const TiMemoryAllocateInfo info{4096, TI_TRUE, TI_TRUE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
    TiMemory memory = ti_allocate_memory(runtime, &info);
    const TiMemorySlice from{memory, 0, 64}, to{memory, 128, 64};
    ti_copy_memory_device_to_device(runtime, &to, &from);
    ti_flush(runtime);
  });
}

TEST_F(HostLeaks, ImagesAndSamplersComeAndGo) {
  Runtime runtime = import();
  Module textures(runtime, "textures");
  Array<float> out(runtime, {16, 8}, {4});
  repeat(runtime, 1000, [&](int k) {
    const TiSamplerCreateInfo info{k % 2 ? TI_FILTER_LINEAR : TI_FILTER_NEAREST, TI_FILTER_NEAREST,
                                   TI_ADDRESS_MODE_CLAMP_TO_EDGE, 1.0f};
    TiSampler sampler = ti_create_sampler(runtime, &info);
    conformance::Image image(runtime, TI_IMAGE_DIMENSION_2D, {16, 8}, TI_FORMAT_RGBA8);
    textures.launch("texture_only", {image.arg()});
    TiArgument texture = image.arg();
    texture.value.texture.sampler = sampler;
    textures.launch("sample_2d", {texture, out.arg(), conformance::f32(0.5f)});
    ti_destroy_sampler(runtime, sampler);
    if (k % 4 == 0) out.read();
  });
}

TEST_F(HostLeaks, ImportedObjectsComeAndGo) {
  Runtime runtime = import();
  HostBuffer buffer = host().make_buffer(
      80, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  HostImageInfo wanted;
  wanted.extent = {16, 8, 1};
  HostImage image = host().make_image(wanted);
  Module textures(runtime, "textures");
  repeat(runtime, 1000, [&](int k) {
    const TiVulkanMemoryInteropInfo memory_info = buffer.interop_info();
    TiMemory memory = ti_import_vulkan_memory(runtime, &memory_info);
    const TiVulkanImageInteropInfo image_info = image.interop_info();
    TiImage picture = ti_import_vulkan_image(runtime, &image_info, VK_IMAGE_VIEW_TYPE_2D, VK_IMAGE_LAYOUT_UNDEFINED);
    TiArgument texture{};
    texture.type = TI_ARGUMENT_TYPE_TEXTURE;
    texture.value.texture = {picture, nullptr, TI_IMAGE_DIMENSION_2D, {16, 8, 1, 1}, TI_FORMAT_RGBA8};
    textures.launch("texture_only", {texture});
    const TiMemorySlice from{memory, 0, 16}, to{memory, 64, 16};
    ti_copy_memory_device_to_device(runtime, &to, &from);
    ti_free_image(runtime, picture);
    ti_free_memory(runtime, memory);
    if (k % 4 == 0) ti_wait(runtime);
  });
}

}  // namespace
}  // namespace host
