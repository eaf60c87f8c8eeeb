// What is for devices that share says so on one of OpenGL, and nothing crashes; what needs no sharing works.
#include <gtest/gtest.h>
#include <ist/feed.h>
#include <ist/share.h>
#include <ist/vulkan.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

class GlShares : public testing::TestWithParam<TiArch> {
 protected:
  void SetUp() override {
    runtime_ = ti_create_runtime(GetParam(), 0);
    ASSERT_NE(runtime_, nullptr);
    TiMemoryAllocateInfo memory{};
    memory.size = 64;
    memory.host_read = memory.host_write = TI_TRUE;
    memory.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    memory_ = ti_allocate_memory(runtime_, &memory);
    TiImageAllocateInfo image{};
    image.dimension = TI_IMAGE_DIMENSION_2D;
    image.extent = {5, 3, 1, 1};
    image.mip_level_count = 1;
    image.format = TI_FORMAT_RGBA8;
    image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
    image_ = ti_allocate_image(runtime_, &image);
    ASSERT_NE(memory_, nullptr);
    ASSERT_NE(image_, nullptr);
  }
  void TearDown() override {
    expect(TI_ERROR_SUCCESS, "before the end");
    ti_wait(runtime_);
    expect(TI_ERROR_SUCCESS, "ti_wait");
    ti_destroy_runtime(runtime_);
  }

  static TiError take(std::string* message = nullptr) {
    uint64_t size = 0;
    const TiError error = ti_get_last_error(&size, nullptr);
    if (message && error != TI_ERROR_SUCCESS) {
      message->resize(size);
      ti_get_last_error(&size, message->data());
    }
    ti_set_last_error(TI_ERROR_SUCCESS, nullptr);
    return error;
  }
  static void expect(TiError wanted, const char* when) {
    std::string message;
    EXPECT_EQ(take(&message), wanted) << when << ": " << message;
  }
  static void expect_refused(TiError error, const char* what) {
    EXPECT_NE(error, TI_ERROR_SUCCESS) << what;
    std::string message;
    EXPECT_EQ(take(&message), error) << what;
    EXPECT_FALSE(message.empty()) << what;
  }

  IstHandover handover(bool image) const {
    IstHandover part{};
    if (image) {
      part.image = image_;
      part.layout = TI_IMAGE_LAYOUT_SHADER_READ;
    } else {
      part.memory = memory_;
    }
    return part;
  }

  TiRuntime runtime_ = nullptr;
  TiMemory memory_ = nullptr;
  TiImage image_ = nullptr;
};

constexpr IstRung kGpuRungs[] = {IST_RUNG_TIMELINE, IST_RUNG_BINARY, IST_RUNG_SYNC_FD, IST_RUNG_GL_FENCE};

TEST_P(GlShares, NoHandles) {
  IstOsHandle handle = -1;
  IstShareRecord record{};
  for (const IstHandleType type : {IST_HANDLE_OPAQUE_FD, IST_HANDLE_DMA_BUF}) {
    expect_refused(ist_export_memory(runtime_, memory_, type, &handle, &record), "ist_export_memory");
    expect_refused(ist_export_image(runtime_, image_, type, &handle, &record), "ist_export_image");
  }
  TiMemory memory = nullptr;
  TiImage image = nullptr;
  expect_refused(ist_import_memory(runtime_, 0, &record, &memory), "ist_import_memory");
  expect_refused(ist_import_image(runtime_, 0, &record, &image), "ist_import_image");
  alignas(4096) static char page[4096];
  expect_refused(ist_import_host_memory(runtime_, page, sizeof page, &memory), "ist_import_host_memory");
  TiMemoryAllocateInfo wanted{};
  wanted.size = 64;
  wanted.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  wanted.export_sharing = TI_TRUE;
  EXPECT_EQ(ti_allocate_memory(runtime_, &wanted), nullptr);
  expect(TI_ERROR_NOT_SUPPORTED, "export_sharing");
}

TEST_P(GlShares, NoSemaphores) {
  for (const IstRung rung : kGpuRungs) {
    IstSyncPoint point{};
    expect_refused(ist_create_semaphore(runtime_, rung, IST_HANDLE_NONE, &point), "ist_create_semaphore");
    expect_refused(ist_import_semaphore(runtime_, rung, IST_HANDLE_OPAQUE_FD, 0, &point), "ist_import_semaphore");
    point.rung = rung;
    point.semaphore = 1;
    point.value = 1;
    point.fd = 0;
    expect_refused(ist_signal_point(runtime_, &point), "ist_signal_point");
    point.rung = rung;
    expect_refused(ist_wait_point(runtime_, &point), "ist_wait_point");
    TiBool done = TI_FALSE;
    if (rung != IST_RUNG_SYNC_FD)  // a file can be waited for without the device
      expect_refused(ist_finish_point(runtime_, &point, 0, &done), "ist_finish_point");
    IstOsHandle handle = -1;
    expect_refused(ist_export_semaphore(runtime_, &point, IST_HANDLE_OPAQUE_FD, &handle), "ist_export_semaphore");
    expect_refused(ist_destroy_semaphore(runtime_, &point), "ist_destroy_semaphore");
  }
}

// On one device without semaphores a hand-over is a wait of the CPU.
TEST_P(GlShares, LendsByWaitingOnTheCpu) {
  for (const bool image : {false, true}) {
    const IstHandover part = handover(image);
    IstSyncPoint ready{};
    ready.rung = IST_RUNG_AUTO;
    ASSERT_EQ(ist_lend(runtime_, 1, &part, &ready), TI_ERROR_SUCCESS) << image;
    EXPECT_EQ(ready.rung, IST_RUNG_HOST);
    TiBool done = TI_FALSE;
    ASSERT_EQ(ist_finish_point(runtime_, &ready, UINT64_MAX, &done), TI_ERROR_SUCCESS);
    EXPECT_EQ(done, TI_TRUE);
    IstObjectState state{};
    state.size = sizeof state;
    ASSERT_EQ(ist_object_state(runtime_, &part, &state), TI_ERROR_SUCCESS);
    EXPECT_EQ(state.holder, IST_HOLDER_LENT);
    IstSyncPoint back{};
    back.rung = IST_RUNG_HOST;
    ASSERT_EQ(ist_take_back(runtime_, 1, &part, &back), TI_ERROR_SUCCESS) << image;
  }
  for (const IstRung rung : kGpuRungs) {
    const IstHandover part = handover(true);
    IstSyncPoint ready{};
    ready.rung = rung;
    expect_refused(ist_lend(runtime_, 1, &part, &ready), "ist_lend");
  }
}

TEST_P(GlShares, NothingOfVulkan) {
  IstRecording recording = nullptr;
  const auto none = reinterpret_cast<IstRecording>(uintptr_t{1});
  const auto commands = reinterpret_cast<VkCommandBuffer>(uintptr_t{16});
  expect_refused(ist_vulkan_begin_recording(runtime_, commands), "begin_recording");
  expect_refused(ist_vulkan_end_recording(runtime_, &recording), "end_recording");
  expect_refused(ist_vulkan_submitted(runtime_, none, nullptr), "submitted");
  expect_refused(ist_vulkan_retire(runtime_, none), "retire");
  expect_refused(ist_vulkan_drop(runtime_, none), "drop");
  VkImageView view = VK_NULL_HANDLE;
  expect_refused(ist_vulkan_image_view(runtime_, image_, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_VIEW_TYPE_2D, &view),
                 "image_view");
}

TEST_P(GlShares, NoFeeds) {
  IstFeedInfo info{};
  info.size = sizeof info;
  info.name = "isthmus-test-of-opengl";
  info.slot_count = 3;
  info.image.dimension = TI_IMAGE_DIMENSION_2D;
  info.image.extent = {4, 4, 1, 1};
  info.image.mip_level_count = 1;
  info.image.format = TI_FORMAT_RGBA8;
  info.image.usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT;
  IstFeed feed = nullptr;
  expect_refused(ist_feed_create(runtime_, &info, &feed), "ist_feed_create");
  expect_refused(ist_feed_open(runtime_, info.name, 0, &feed), "ist_feed_open");
}

TEST_P(GlShares, PairsAreDescribed) {
  TiRuntime vulkan = ti_create_runtime(TI_ARCH_VULKAN, 0);
  ASSERT_NE(vulkan, nullptr);
  IstSide ours{}, theirs{};
  ours.runtime = runtime_;
  theirs.runtime = vulkan;
  for (const auto& [from, to] : {std::pair(&ours, &theirs), std::pair(&theirs, &ours), std::pair(&ours, &ours)}) {
    IstPair pair{};
    pair.size = sizeof pair;
    const TiError error = ist_describe_pair(from, to, &pair);
    EXPECT_EQ(take(), error);
    if (error == TI_ERROR_SUCCESS && from != to) {
      EXPECT_EQ(pair.image, IST_HANDLE_NONE);
      EXPECT_EQ(pair.memory, IST_HANDLE_NONE);
    }
  }
  ti_destroy_runtime(vulkan);
}

TEST_P(GlShares, TheDeviceIsDescribed) {
  uint32_t count = 0;
  ASSERT_EQ(ist_device_count(GetParam(), &count), TI_ERROR_SUCCESS);
  EXPECT_GE(count, 1u);
  IstDeviceInfo info{};
  info.size = sizeof info;
  ASSERT_EQ(ist_device_info(GetParam(), 0, &info), TI_ERROR_SUCCESS);
  IstDeviceInfo of_runtime{};
  of_runtime.size = sizeof of_runtime;
  ASSERT_EQ(ist_runtime_info(runtime_, &of_runtime), TI_ERROR_SUCCESS);
  EXPECT_STREQ(info.name, of_runtime.name);
  EXPECT_EQ(info.arch, GetParam());
}

TEST_P(GlShares, TheArchIsListed) {
  uint32_t count = 0;
  ti_get_available_archs(&count, nullptr);
  std::vector<TiArch> archs(count);
  ti_get_available_archs(&count, archs.data());
  EXPECT_EQ(std::count(archs.begin(), archs.end(), GetParam()), 1);
  EXPECT_EQ(std::count(archs.begin(), archs.end(), TI_ARCH_VULKAN), 1);
}

INSTANTIATE_TEST_SUITE_P(On, GlShares, testing::Values(TI_ARCH_OPENGL, TI_ARCH_GLES),
                         [](const auto& info) { return info.param == TI_ARCH_GLES ? "gles" : "gl"; });

}  // namespace
