// The sync ladder: on every rung that the device has, the runtime and the host alternate on one image for many
// frames, and each frame's texels are looked at on both sides.
#include <ist/share.h>

#include <cstring>

#include "host_test.h"

namespace host {
namespace {

constexpr VkExtent3D kSize = {37, 21, 1};
constexpr size_t kBytes = size_t{37} * 21 * 4;

class HostSync : public HostTest, public testing::WithParamInterface<IstRung> {
 protected:
  void SetUp() override { start(as_needed()); }

  // What the host puts around its own submit.
  struct Points {
    const IstSyncPoint* wait = nullptr;
    const IstSyncPoint* signal = nullptr;
  };

  static bool on_device(const IstSyncPoint* point) {
    return point && (point->rung == IST_RUNG_TIMELINE || point->rung == IST_RUNG_BINARY);
  }

  // Copies the image, which is in TRANSFER_SRC, to `out`, fills it with `byte` and leaves it in TRANSFER_DST.
  void host_frame(const HostImage& image, const HostBuffer& out, uint32_t byte, const Points& points,
                  VkCommandBuffer& commands, VkFence fence) {
    const HostTable& vk = host().vk();
    commands = host().begin();
    host().barrier(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    VkBufferImageCopy copy{};
    copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    copy.imageExtent = kSize;
    vk.CmdCopyImageToBuffer(commands, image.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, out.buffer, 1, &copy);
    host().barrier(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    vk.CmdFillBuffer(commands, fill_.buffer, 0, VK_WHOLE_SIZE, byte * 0x01010101u);
    VkMemoryBarrier filled{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_TRANSFER_WRITE_BIT,
                           VK_ACCESS_TRANSFER_READ_BIT};
    vk.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &filled, 0,
                          nullptr, 0, nullptr);
    vk.CmdCopyBufferToImage(commands, fill_.buffer, image.image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
    vk.EndCommandBuffer(commands);

    const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkTimelineSemaphoreSubmitInfo values{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
    VkSubmitInfo submit{VK_STRUCTURE_TYPE_SUBMIT_INFO};
    VkSemaphore waits{}, signals{};
    bool timeline = false;
    if (on_device(points.wait)) {
      std::memcpy(&waits, &points.wait->semaphore, sizeof waits);
      submit.waitSemaphoreCount = values.waitSemaphoreValueCount = 1;
      submit.pWaitSemaphores = &waits;
      submit.pWaitDstStageMask = &stages;
      values.pWaitSemaphoreValues = &points.wait->value;
      timeline |= points.wait->rung == IST_RUNG_TIMELINE;
    }
    if (on_device(points.signal)) {
      std::memcpy(&signals, &points.signal->semaphore, sizeof signals);
      submit.signalSemaphoreCount = values.signalSemaphoreValueCount = 1;
      submit.pSignalSemaphores = &signals;
      values.pSignalSemaphoreValues = &points.signal->value;
      timeline |= points.signal->rung == IST_RUNG_TIMELINE;
    }
    if (timeline) submit.pNext = &values;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    ASSERT_EQ(vk.QueueSubmit(host().queue(), 1, &submit, fence), VK_SUCCESS);
  }

  HostBuffer fill_;
};

TEST_P(HostSync, BothSidesSeeEveryFrame) {
  const IstRung rung = GetParam();
  Runtime runtime = adopt();
  fill_ = host().make_buffer(kBytes + 4, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  TiImageAllocateInfo info{};
  info.dimension = TI_IMAGE_DIMENSION_2D;
  info.extent = {kSize.width, kSize.height, 1, 1};
  info.format = TI_FORMAT_RGBA8;
  info.usage = TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_STORAGE_BIT;
  TiImage image = ti_allocate_image(runtime, &info);
  ASSERT_NE(image, nullptr) << take_error().message;
  TiVulkanImageInteropInfo native{};
  ti_export_vulkan_image(runtime, image, &native);
  HostImage seen;
  seen.image = native.image;
  seen.info.extent = native.extent;

  IstSyncPoint forth{}, back{};
  forth.rung = back.rung = rung;
  if (rung == IST_RUNG_TIMELINE || rung == IST_RUNG_BINARY) {
    ASSERT_EQ(ist_create_semaphore(runtime, rung, IST_HANDLE_NONE, &forth), TI_ERROR_SUCCESS) << take_error().message;
    ASSERT_EQ(ist_create_semaphore(runtime, rung, IST_HANDLE_NONE, &back), TI_ERROR_SUCCESS) << take_error().message;
  }
  const HostTable& vk = host().vk();
  TiImageSlice slice{};
  slice.image = image;
  slice.extent = info.extent;
  IstHandover loan{}, returned{};
  loan.image = returned.image = image;
  loan.layout = TI_IMAGE_LAYOUT_TRANSFER_SRC;
  returned.layout = TI_IMAGE_LAYOUT_TRANSFER_DST;
  constexpr uint32_t kFrames = 40;
  for (uint32_t frame = 1; frame <= kFrames; ++frame) {
    SCOPED_TRACE(frame);
    const HostBuffer out = host().make_buffer(kBytes + 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
    const std::vector<uint8_t> ours(kBytes, static_cast<uint8_t>(frame));
    ASSERT_EQ(ist_write_image(runtime, &slice, ours.data(), ours.size(), 0), TI_ERROR_SUCCESS);
    if (rung == IST_RUNG_TIMELINE) forth.value = back.value = frame;
    ASSERT_EQ(ist_lend(runtime, 1, &loan, &forth), TI_ERROR_SUCCESS) << take_error().message;
    if (rung == IST_RUNG_HOST) {
      TiBool done = TI_FALSE;
      ASSERT_EQ(ist_finish_point(runtime, &forth, UINT64_MAX, &done), TI_ERROR_SUCCESS) << take_error().message;
      ASSERT_EQ(done, TI_TRUE);
    }
    VkFence fence = VK_NULL_HANDLE;
    const VkFenceCreateInfo fence_info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    ASSERT_EQ(vk.CreateFence(host().device(), &fence_info, nullptr, &fence), VK_SUCCESS);
    VkCommandBuffer commands{};
    host_frame(seen, out, 255 - frame, {&forth, &back}, commands, fence);
    if (rung == IST_RUNG_HOST) {
      ASSERT_EQ(vk.WaitForFences(host().device(), 1, &fence, VK_TRUE, UINT64_MAX), VK_SUCCESS);
    }
    ASSERT_EQ(ist_take_back(runtime, 1, &returned, &back), TI_ERROR_SUCCESS) << take_error().message;
    std::vector<uint8_t> theirs(kBytes);
    ASSERT_EQ(ist_read_image(runtime, &slice, theirs.data(), theirs.size(), 0), TI_ERROR_SUCCESS);
    EXPECT_EQ(theirs, std::vector<uint8_t>(kBytes, static_cast<uint8_t>(255 - frame)));
    ASSERT_EQ(vk.WaitForFences(host().device(), 1, &fence, VK_TRUE, UINT64_MAX), VK_SUCCESS);
    EXPECT_EQ(std::memcmp(out.mapped, ours.data(), kBytes), 0);
    vk.DestroyFence(host().device(), fence, nullptr);
  }
  if (forth.semaphore) {
    EXPECT_EQ(ist_destroy_semaphore(runtime, &forth), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(ist_destroy_semaphore(runtime, &back), TI_ERROR_SUCCESS) << take_error().message;
  }
  IstCounters counted{};
  counted.size = sizeof counted;
  ASSERT_EQ(ist_counters(runtime, &counted), TI_ERROR_SUCCESS);
  const bool device = rung == IST_RUNG_TIMELINE || rung == IST_RUNG_BINARY;
  EXPECT_EQ(counted.gpu_waits, device ? kFrames : 0u);
  EXPECT_EQ(counted.lends, kFrames);
  EXPECT_EQ(counted.share_copies, 0u);
}

std::string rung_name(const testing::TestParamInfo<IstRung>& info) {
  static constexpr const char* kNames[] = {"Auto", "Queue", "Timeline", "Binary", "SyncFd", "Fence", "Host"};
  return kNames[info.param];
}

INSTANTIATE_TEST_SUITE_P(On, HostSync,
                         testing::Values(IST_RUNG_QUEUE, IST_RUNG_TIMELINE, IST_RUNG_BINARY, IST_RUNG_HOST), rung_name);

class HostPoints : public HostTest {
 protected:
  void SetUp() override { start(as_needed()); }
};

TEST_F(HostPoints, AutoIsTheRuntimesOwnTimeline) {
  Runtime runtime = adopt();
  run_fields(runtime);
  IstSyncPoint point{};
  ASSERT_EQ(ist_signal_point(runtime, &point), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(point.rung, IST_RUNG_TIMELINE);
  EXPECT_NE(point.semaphore, 0u);
  TiBool done = TI_FALSE;
  ASSERT_EQ(ist_finish_point(runtime, &point, UINT64_MAX, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(done, TI_TRUE);
  ASSERT_EQ(ist_set_option(runtime, IST_OPTION_FORCE_RUNG, IST_RUNG_HOST), TI_ERROR_SUCCESS);
  point = {};
  ASSERT_EQ(ist_signal_point(runtime, &point), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(point.rung, IST_RUNG_HOST);
  ASSERT_EQ(ist_finish_point(runtime, &point, UINT64_MAX, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(done, TI_TRUE);
}

TEST_F(HostPoints, WaitsOfOneRuntimeForAnother) {
  Runtime first = adopt(), second = adopt();
  IstSyncPoint point{};
  ASSERT_EQ(ist_create_semaphore(first, IST_RUNG_TIMELINE, IST_HANDLE_NONE, &point), TI_ERROR_SUCCESS);
  run_fields(first);
  point.value = 3;
  ASSERT_EQ(ist_signal_point(first, &point), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_wait_point(second, &point), TI_ERROR_SUCCESS) << take_error().message;
  run_fields(second);
  TiBool done = TI_FALSE;
  ASSERT_EQ(ist_finish_point(second, &point, UINT64_MAX, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(done, TI_TRUE);
  point.value = 4;
  ASSERT_EQ(ist_finish_point(first, &point, 0, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(done, TI_FALSE) << "nobody has signalled 4";
  ASSERT_EQ(ist_finish_point(first, &point, 2000000, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(done, TI_FALSE);
  second.destroy();
  EXPECT_EQ(ist_destroy_semaphore(first, &point), TI_ERROR_SUCCESS);
}

TEST_F(HostPoints, WhatIsWrongIsNamed) {
  Runtime runtime = adopt();
  IstSyncPoint point{};
  const auto refused = [&](TiError result, TiError code, std::initializer_list<const char*> words) {
    EXPECT_EQ(result, code);
    expect_error({code}, words);
  };
  refused(ist_wait_point(runtime, &point), TI_ERROR_INVALID_ARGUMENT, {"AUTO"});
  point.rung = IST_RUNG_GL_FENCE;
  refused(ist_signal_point(runtime, &point), TI_ERROR_INVALID_ARGUMENT, {"GL_FENCE"});
  point.rung = static_cast<IstRung>(17);
  refused(ist_signal_point(runtime, &point), TI_ERROR_ARGUMENT_OUT_OF_RANGE, {"17"});
  point.rung = IST_RUNG_BINARY;
  refused(ist_signal_point(runtime, &point), TI_ERROR_INVALID_ARGUMENT, {"BINARY", "ist_create_semaphore"});
  point.rung = IST_RUNG_TIMELINE;
  refused(ist_wait_point(runtime, &point), TI_ERROR_INVALID_ARGUMENT, {"semaphore is 0"});
  ASSERT_EQ(ist_create_semaphore(runtime, IST_RUNG_TIMELINE, IST_HANDLE_NONE, &point), TI_ERROR_SUCCESS);
  point.value = 5;
  ASSERT_EQ(ist_signal_point(runtime, &point), TI_ERROR_SUCCESS) << take_error().message;
  refused(ist_signal_point(runtime, &point), TI_ERROR_INVALID_ARGUMENT, {"5"});
  IstSyncPoint binary = point;
  binary.rung = IST_RUNG_BINARY;
  refused(ist_signal_point(runtime, &binary), TI_ERROR_INVALID_ARGUMENT, {"timeline", "BINARY"});
  refused(ist_signal_point(runtime, nullptr), TI_ERROR_ARGUMENT_NULL, {"point"});
  refused(ist_create_semaphore(runtime, IST_RUNG_HOST, IST_HANDLE_NONE, &binary), TI_ERROR_INVALID_ARGUMENT, {"rung"});
  IstSyncPoint host_point{};
  host_point.rung = IST_RUNG_HOST;
  host_point.value = 1u << 30;
  TiBool done = TI_FALSE;
  refused(ist_finish_point(runtime, &host_point, 0, &done), TI_ERROR_INVALID_ARGUMENT, {"ticket"});
  ASSERT_EQ(ist_destroy_semaphore(runtime, &point), TI_ERROR_SUCCESS);
  refused(ist_destroy_semaphore(runtime, &point), TI_ERROR_INVALID_ARGUMENT, {"not made by this runtime"});
}

}  // namespace
}  // namespace host
