// Calls of the library in the host's own command buffers: order, who may do what meanwhile, frames in flight, the way
// back when one is dropped, and lifetimes.
#include <ist/share.h>

#include <array>
#include <cstring>
#include <thread>

#include "host_test.h"

namespace host {
namespace {

constexpr uint32_t kWidth = 37, kHeight = 21;

class HostRecords : public HostTest {
 protected:
  void SetUp() override {
    start(as_needed());
    VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
    type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
    VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type};
    ASSERT_EQ(host().vk().CreateSemaphore(host().device(), &info, nullptr, &frames_), VK_SUCCESS);
  }

  // lavapipe tells that a batch has finished before it lets go of the semaphores that the batch waited for; an idle
  // device has let go of all.
  void TearDown() override {
    EXPECT_EQ(host().vk().DeviceWaitIdle(host().device()), VK_SUCCESS);
    host().vk().DestroySemaphore(host().device(), frames_, nullptr);
    HostTest::TearDown();
  }

  // The host's one submit of a frame; signals its timeline.
  void submit(VkCommandBuffer commands, uint64_t value) {
    const HostTable& vk = host().vk();
    ASSERT_EQ(vk.EndCommandBuffer(commands), VK_SUCCESS);
    VkTimelineSemaphoreSubmitInfo values{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO};
    values.signalSemaphoreValueCount = 1;
    values.pSignalSemaphoreValues = &value;
    VkSubmitInfo info{VK_STRUCTURE_TYPE_SUBMIT_INFO, &values};
    info.commandBufferCount = 1;
    info.pCommandBuffers = &commands;
    info.signalSemaphoreCount = 1;
    info.pSignalSemaphores = &frames_;
    const std::lock_guard turn(host().queue_mutex());
    ASSERT_EQ(vk.QueueSubmit(host().queue(), 1, &info, VK_NULL_HANDLE), VK_SUCCESS);
  }

  IstSyncPoint point(uint64_t value) const { return ist_vulkan_point(IST_RUNG_TIMELINE, frames_, value); }

  IstRecording end(TiRuntime runtime) {
    IstRecording recording = nullptr;
    EXPECT_EQ(ist_vulkan_end_recording(runtime, &recording), TI_ERROR_SUCCESS) << take_error().message;
    return recording;
  }

  // A command buffer of the host with one launch of add_to(a, value) in it.
  VkCommandBuffer record_add(TiRuntime runtime, const Module& graphs, const Array<int32_t>& a, int32_t value,
                             IstRecording& recording) {
    VkCommandBuffer commands = host().begin();
    EXPECT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
    graphs.launch("add_to", {a.arg(), conformance::i32(value)});
    recording = end(runtime);
    return commands;
  }

  // out = a + a
  static void twice(const Module& graphs, const Array<int32_t>& a, const Array<int32_t>& out) {
    graphs.run_graph("twice", {conformance::named("a", a.arg()), conformance::named("out", out.arg())});
  }

  static IstCounters counters(TiRuntime runtime) {
    IstCounters counted{};
    counted.size = sizeof counted;
    EXPECT_EQ(ist_counters(runtime, &counted), TI_ERROR_SUCCESS);
    return counted;
  }

  static IstObjectState state_of(TiRuntime runtime, const IstHandover& which) {
    IstObjectState state{};
    state.size = sizeof state;
    EXPECT_EQ(ist_object_state(runtime, &which, &state), TI_ERROR_SUCCESS) << take_error().message;
    return state;
  }

  static TiImage make_image(TiRuntime runtime, TiBool export_sharing = TI_FALSE) {
    TiImageAllocateInfo info{};
    info.dimension = TI_IMAGE_DIMENSION_2D;
    info.extent = {kWidth, kHeight, 1, 1};
    info.mip_level_count = 1;
    info.format = TI_FORMAT_RGBA8;
    info.export_sharing = export_sharing;
    info.usage = TI_IMAGE_USAGE_SAMPLED_BIT | TI_IMAGE_USAGE_STORAGE_BIT;
    TiImage image = ti_allocate_image(runtime, &info);
    EXPECT_NE(image, nullptr) << take_error().message;
    EXPECT_EQ(ist_set_name(runtime, image, "dye"), TI_ERROR_SUCCESS);
    return image;
  }

  static void paint(const Module& textures, TiImage image, int32_t seed) {
    TiArgument texture{};
    texture.type = TI_ARGUMENT_TYPE_TEXTURE;
    texture.value.texture = {image, nullptr, TI_IMAGE_DIMENSION_2D, {kWidth, kHeight, 1, 1}, TI_FORMAT_RGBA8};
    textures.launch("store_2d_rgba8",
                    {texture, conformance::i32(kWidth), conformance::i32(kHeight), conformance::i32(seed)});
  }

  static uint8_t painted(uint32_t x, uint32_t y, uint32_t c, uint32_t seed) {
    return static_cast<uint8_t>((37 * x + 59 * y + 101 * c + 7 * seed) % 256);
  }

  VkSemaphore frames_ = VK_NULL_HANDLE;
};

TEST_F(HostRecords, OneSubmitPerFrameIsTheHosts) {
  Runtime runtime = adopt();
  Module textures(runtime, "textures");
  TiImage image = make_image(runtime);
  const HostBuffer out = host().make_buffer(size_t{kWidth} * kHeight * 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  IstHandover dye{};
  dye.image = image;
  dye.layout = TI_IMAGE_LAYOUT_TRANSFER_SRC;
  dye.flags = IST_HANDOVER_READ_ONLY_BIT;
  IstSyncPoint order{};
  order.rung = IST_RUNG_QUEUE;
  const IstCounters before = counters(runtime);
  uint64_t allocations = 0;

  constexpr uint64_t kFrames = 300;
  for (uint64_t frame = 1; frame <= kFrames; ++frame) {
    VkCommandBuffer commands = host().begin();
    ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
    if (frame > 1) {
      ASSERT_EQ(ist_take_back(runtime, 1, &dye, &order), TI_ERROR_SUCCESS) << take_error().message;
    }
    paint(textures, image, static_cast<int32_t>(frame));
    ASSERT_EQ(ist_lend(runtime, 1, &dye, &order), TI_ERROR_SUCCESS) << take_error().message;
    IstRecording recording = end(runtime);
    VkBufferImageCopy copy{};
    copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    copy.imageExtent = {kWidth, kHeight, 1};
    TiVulkanImageInteropInfo native{};
    ti_export_vulkan_image(runtime, image, &native);
    host().vk().CmdCopyImageToBuffer(commands, native.image, ist_vulkan_layout(dye.layout), out.buffer, 1, &copy);
    host().submit_and_wait(commands);
    ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS) << take_error().message;
    ASSERT_EQ(ist_vulkan_retire(runtime, recording), TI_ERROR_SUCCESS) << take_error().message;
    const auto* texels = out.as<uint8_t>();
    for (uint32_t y = 0; y < kHeight; ++y)
      for (uint32_t x = 0; x < kWidth; ++x)
        for (uint32_t c = 0; c < 4; ++c)
          ASSERT_EQ(texels[(y * kWidth + x) * 4 + c], painted(x, y, c, static_cast<uint32_t>(frame)))
              << "frame " << frame << " at " << x << ", " << y << " channel " << c;
    if (frame == 1) allocations = counters(runtime).allocations;
  }
  const IstCounters after = counters(runtime);
  EXPECT_EQ(after.submits, before.submits);
  EXPECT_EQ(after.blocking_waits, before.blocking_waits);
  EXPECT_EQ(after.launches - before.launches, kFrames);
  EXPECT_EQ(after.lends - before.lends, kFrames);
  EXPECT_EQ(after.allocations, allocations) << "300 frames need what one needs";
  ASSERT_EQ(ist_take_back(runtime, 1, &dye, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  ti_free_image(runtime, image);
}

TEST_F(HostRecords, FramesInFlightEndByTheHostsTimeline) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  constexpr uint64_t kFrames = 40;
  for (uint64_t frame = 1; frame <= kFrames; ++frame) {
    IstRecording recording = nullptr;
    VkCommandBuffer commands = record_add(runtime, graphs, a, static_cast<int32_t>(frame), recording);
    submit(commands, frame);
    const IstSyncPoint done = point(frame);
    ASSERT_EQ(ist_vulkan_submitted(runtime, recording, &done), TI_ERROR_SUCCESS) << take_error().message;
    if (frame % 10 == 0) graphs.launch("add_to", {a.arg(), conformance::i32(1000)});  // between frames, our own submit
    if (frame % 10 == 5) ti_flush(runtime);
  }
  EXPECT_EQ(a.read()[63], 820 + 4 * 1000);
  IstHandover memory{};
  memory.memory = a.memory().handle();
  EXPECT_EQ(state_of(runtime, memory).in_flight, 0u);
}

// The host tells of nothing: a wait finds out by itself.
TEST_F(HostRecords, AWaitNeedsNoPoint) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  IstRecording recording = nullptr;
  VkCommandBuffer commands = record_add(runtime, graphs, a, 7, recording);
  submit(commands, 1);
  ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  IstHandover memory{};
  memory.memory = a.memory().handle();
  EXPECT_EQ(state_of(runtime, memory).in_flight, 1u);
  EXPECT_EQ(a.read()[0], 7);
  EXPECT_EQ(state_of(runtime, memory).in_flight, 0u);
  // It is known to be finished; there is nothing left to retire.
  EXPECT_EQ(ist_vulkan_retire(runtime, recording), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(ist_vulkan_retire(runtime, recording), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"is finished or dropped"});
}

TEST_F(HostRecords, PendingWorkComesFirst) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  Array<int32_t> b(runtime, {64});
  const uint64_t submits = counters(runtime).submits;
  graphs.launch("add_to", {a.arg(), conformance::i32(3)});
  IstRecording recording = nullptr;
  VkCommandBuffer commands = host().begin();
  ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(counters(runtime).submits, submits + 1);
  twice(graphs, a, b);
  recording = end(runtime);
  submit(commands, 1);
  const IstSyncPoint done = point(1);
  ASSERT_EQ(ist_vulkan_submitted(runtime, recording, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(b.read()[5], 6);
}

TEST_F(HostRecords, NothingOvertakesWhatIsNotReported) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64}), b(runtime, {64});
  IstRecording recording = nullptr;
  VkCommandBuffer commands = record_add(runtime, graphs, a, 3, recording);
  const uint64_t submits = counters(runtime).submits;
  twice(graphs, a, b);
  ti_flush(runtime);
  expect_no_error("ti_flush");
  EXPECT_EQ(counters(runtime).submits, submits);
  ti_wait(runtime);
  expect_error({TI_ERROR_INVALID_STATE}, {"was ended but neither reported submitted", "nothing may overtake"});
  int32_t value = 0;
  const TiMemorySlice slice = a.memory().slice(0, sizeof value);
  EXPECT_EQ(ist_read_memory(runtime, &slice, &value), TI_ERROR_INVALID_STATE);
  take_error();
  EXPECT_EQ(ist_signal_point(runtime, std::array<IstSyncPoint, 1>{}.data()), TI_ERROR_INVALID_STATE);
  take_error();
  VkCommandBuffer second = host().begin();
  EXPECT_EQ(ist_vulkan_begin_recording(runtime, second), TI_ERROR_INVALID_STATE);  // work waits behind the first
  take_error();
  EXPECT_EQ(ist_vulkan_drop(runtime, recording), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"Work was recorded behind"});
  submit(commands, 1);
  ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(counters(runtime).submits, submits + 1) << "the flush that was asked for";
  EXPECT_EQ(b.read()[9], 6);
  host().submit_and_wait(second);
}

// A wait by itself would be handed over before the recording that it was asked for behind.
TEST_F(HostRecords, NorDoesAWait) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  IstRecording recording = nullptr;
  VkCommandBuffer commands = record_add(runtime, graphs, a, 3, recording);
  const IstSyncPoint other = point(5);
  ASSERT_EQ(ist_wait_point(runtime, &other), TI_ERROR_SUCCESS) << take_error().message;
  VkCommandBuffer second = host().begin();
  EXPECT_EQ(ist_vulkan_begin_recording(runtime, second), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"was ended but neither reported submitted"});
  EXPECT_EQ(ist_vulkan_drop(runtime, recording), TI_ERROR_INVALID_STATE);
  take_error();
  submit(commands, 5);
  ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(a.read()[0], 3);
  host().discard(second);
}

TEST_F(HostRecords, NorDoesALoan) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  IstRecording recording = nullptr;
  VkCommandBuffer commands = record_add(runtime, graphs, a, 3, recording);
  IstHandover memory{};
  memory.memory = a.memory().handle();
  EXPECT_EQ(ist_lend(runtime, 1, &memory, nullptr), TI_ERROR_INVALID_STATE);
  take_error();
  EXPECT_EQ(state_of(runtime, memory).holder, IST_HOLDER_OURS);
  ASSERT_EQ(ist_vulkan_drop(runtime, recording), TI_ERROR_SUCCESS) << take_error().message;
  host().discard(commands);
  EXPECT_EQ(a.read()[0], 0);
}

// Times are those of kernels that ran.
TEST_F(HostRecords, TimesOfADroppedOneAreForgotten) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  ASSERT_EQ(ist_set_option(runtime, IST_OPTION_KERNEL_TIMING, 1), TI_ERROR_SUCCESS) << take_error().message;
  for (int i = 0; i < 3; ++i) {
    IstRecording recording = nullptr;
    VkCommandBuffer commands = record_add(runtime, graphs, a, 3, recording);
    ASSERT_EQ(ist_vulkan_drop(runtime, recording), TI_ERROR_SUCCESS) << take_error().message;
    host().discard(commands);
  }
  IstKernelInfo info{};
  info.size = sizeof info;
  ASSERT_EQ(ist_kernel_info(graphs.kernel("add_to"), &info), TI_ERROR_SUCCESS);
  EXPECT_EQ(info.gpu_ns_total, 0u);
  graphs.launch("add_to", {a.arg(), conformance::i32(5)});
  EXPECT_EQ(a.read()[3], 5);
  ASSERT_EQ(ist_kernel_info(graphs.kernel("add_to"), &info), TI_ERROR_SUCCESS);
  EXPECT_GT(info.gpu_ns_total, 0u);
}

// What the host writes in its own submit is there for the CPU, although only the queue orders it.
TEST_F(HostRecords, AReadSeesWhatTheHostHasWritten) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  IstHandover memory{};
  memory.memory = a.memory().handle();
  IstSyncPoint order = ist_vulkan_point(IST_RUNG_QUEUE, VK_NULL_HANDLE, 0);
  VkCommandBuffer commands = host().begin();
  ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
  graphs.launch("add_to", {a.arg(), conformance::i32(3)});
  ASSERT_EQ(ist_lend(runtime, 1, &memory, &order), TI_ERROR_SUCCESS) << take_error().message;
  IstRecording recording = end(runtime);
  TiVulkanMemoryInteropInfo native{};
  ti_export_vulkan_memory(runtime, a.memory().handle(), &native);
  host().vk().CmdFillBuffer(commands, native.buffer, 0, 64 * sizeof(int32_t), 77);
  submit(commands, 1);
  ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  ASSERT_EQ(ist_take_back(runtime, 1, &memory, &order), TI_ERROR_SUCCESS) << take_error().message;
  int32_t value = 0;
  const TiMemorySlice slice = a.memory().slice(63 * sizeof value, sizeof value);
  ASSERT_EQ(ist_read_memory(runtime, &slice, &value), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(value, 77);
}

// Outside of recordings too: the CPU looks at mapped memory only after the point that it was taken back with.
TEST_F(HostRecords, AReadWaitsForThePoint) {
  Runtime runtime = adopt();
  conformance::Memory memory(runtime, 64);
  const HostBuffer large = host().make_buffer(64 << 20, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  IstHandover object{};
  object.memory = memory.handle();
  IstSyncPoint ready{};
  ASSERT_EQ(ist_lend(runtime, 1, &object, &ready), TI_ERROR_SUCCESS) << take_error().message;
  TiVulkanMemoryInteropInfo native{};
  ti_export_vulkan_memory(runtime, memory.handle(), &native);
  VkCommandBuffer commands = host().begin();
  host().vk().CmdFillBuffer(commands, large.buffer, 0, VK_WHOLE_SIZE, 1);  // takes a while
  host().vk().CmdFillBuffer(commands, native.buffer, 0, 64, 77);
  submit(commands, 1);
  const IstSyncPoint done = point(1);
  ASSERT_EQ(ist_take_back(runtime, 1, &object, &done), TI_ERROR_SUCCESS) << take_error().message;
  int32_t value = 0;
  const TiMemorySlice slice = memory.slice(60, sizeof value);
  ASSERT_EQ(ist_read_memory(runtime, &slice, &value), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(value, 77);
  ti_wait(runtime);
}

TEST_F(HostRecords, WhileOneIsOpen) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Module returns(runtime, "returns");
  Array<int32_t> a(runtime, {64});
  TiImage image = make_image(runtime);
  VkCommandBuffer commands = host().begin();
  EXPECT_EQ(ist_vulkan_begin_recording(runtime, nullptr), TI_ERROR_ARGUMENT_NULL);
  take_error();
  ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"is open"});
  ti_flush(runtime);
  expect_error({TI_ERROR_INVALID_STATE}, {"is open", "ist_vulkan_end_recording"});
  ti_wait(runtime);
  expect_error({TI_ERROR_INVALID_STATE}, {"is open"});
  int32_t value = 9;
  const TiMemorySlice slice = a.memory().slice(0, sizeof value);
  EXPECT_EQ(ist_read_memory(runtime, &slice, &value), TI_ERROR_INVALID_STATE);
  take_error();
  EXPECT_EQ(ist_write_memory(runtime, &slice, &value), TI_ERROR_INVALID_STATE);
  take_error();
  IstHandover dye{};
  dye.image = image;
  dye.layout = TI_IMAGE_LAYOUT_SHADER_READ;
  dye.flags = IST_HANDOVER_DISCARD_BIT;
  EXPECT_EQ(ist_lend(runtime, 1, &dye, nullptr), TI_ERROR_INVALID_STATE);
  take_error();
  IstSyncPoint timeline = ist_vulkan_point(IST_RUNG_TIMELINE, VK_NULL_HANDLE, 0);
  EXPECT_EQ(ist_lend(runtime, 1, &dye, &timeline), TI_ERROR_INVALID_STATE);
  take_error();
  EXPECT_EQ(state_of(runtime, dye).holder, IST_HOLDER_OURS);
  EXPECT_EQ(ist_wait_point(runtime, std::array{point(1)}.data()), TI_ERROR_INVALID_STATE);
  take_error();
  TiArgument seven = conformance::i32(7);
  const TiArgument args[] = {a.arg(), seven};
  uint32_t room = 0;
  EXPECT_EQ(ist_call_kernel(runtime, graphs.kernel("add_to"), 2, args, &room, nullptr), TI_ERROR_INVALID_STATE);
  take_error();

  // Another thread is refused at once and may ask; allocation and its end do not matter to the recording.
  std::thread([&] {
    ti_launch_kernel(runtime, graphs.kernel("add_to"), 2, args);
    expect_error({TI_ERROR_INVALID_STATE}, {"is open on another thread"});
    IstRecording none = nullptr;
    EXPECT_EQ(ist_vulkan_end_recording(runtime, &none), TI_ERROR_INVALID_STATE);
    take_error();
    conformance::Memory memory(runtime, 4096);
    EXPECT_EQ(state_of(runtime, dye).holder, IST_HOLDER_OURS);
  }).join();
  graphs.launch("add_to", {a.arg(), seven});
  IstRecording recording = end(runtime);
  EXPECT_EQ(ist_vulkan_end_recording(runtime, &recording), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"No recording is open"});
  EXPECT_EQ(recording, nullptr);
  host().submit_and_wait(commands);
  ti_free_image(runtime, image);
  expect_no_error("ti_free_image");
}

TEST_F(HostRecords, ADroppedOneHasNeverBeen) {
  Runtime runtime = adopt();
  Module textures(runtime, "textures");
  Module graphs(runtime, "graphs");
  TiImage image = make_image(runtime);
  Array<int32_t> a(runtime, {64});
  Array<float> fresh(runtime, {kWidth, kHeight}, {4});
  paint(textures, image, 11);
  graphs.launch("add_to", {a.arg(), conformance::i32(3)});
  ti_wait(runtime);
  IstHandover dye{};
  dye.image = image;
  const IstObjectState before = state_of(runtime, dye);

  dye.layout = TI_IMAGE_LAYOUT_TRANSFER_SRC;
  IstSyncPoint order = ist_vulkan_point(IST_RUNG_QUEUE, VK_NULL_HANDLE, 0);
  VkCommandBuffer commands[2] = {host().begin(), host().begin()};
  IstRecording recordings[2] = {};
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands[i]), TI_ERROR_SUCCESS) << take_error().message;
    if (i == 1) {
      ASSERT_EQ(ist_take_back(runtime, 1, &dye, &order), TI_ERROR_SUCCESS) << take_error().message;
    }
    paint(textures, image, 12 + i);
    graphs.launch("add_to", {a.arg(), conformance::i32(100)});
    ASSERT_EQ(ist_lend(runtime, 1, &dye, &order), TI_ERROR_SUCCESS) << take_error().message;
    recordings[i] = end(runtime);
  }
  EXPECT_EQ(state_of(runtime, dye).holder, IST_HOLDER_LENT);
  EXPECT_EQ(ist_vulkan_drop(runtime, recordings[0]), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"was ended after", "dropped first"});
  ASSERT_EQ(ist_vulkan_drop(runtime, recordings[1]), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(state_of(runtime, dye).holder, IST_HOLDER_LENT) << "as the first has left it";
  ASSERT_EQ(ist_vulkan_drop(runtime, recordings[0]), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(ist_vulkan_drop(runtime, recordings[0]), TI_ERROR_INVALID_STATE);
  take_error();

  const IstObjectState after = state_of(runtime, dye);
  EXPECT_EQ(after.holder, IST_HOLDER_OURS);
  EXPECT_EQ(after.layout, before.layout);
  EXPECT_EQ(after.last_write, before.last_write);
  EXPECT_STREQ(after.last_writer, before.last_writer);
  EXPECT_EQ(after.in_flight, 0u);
  // The next uses are right about layout and order: the validation layer watches.
  EXPECT_EQ(a.read()[0], 3);
  std::vector<uint8_t> texels(size_t{kWidth} * kHeight * 4);
  TiImageSlice whole{};
  whole.image = image;
  whole.extent = {kWidth, kHeight, 1, 1};
  ASSERT_EQ(ist_read_image(runtime, &whole, texels.data(), texels.size(), 0), TI_ERROR_SUCCESS);
  EXPECT_EQ(texels[4 * 5 + 1], painted(5, 0, 1, 11));
  for (VkCommandBuffer one : commands) host().discard(one);
  ti_free_image(runtime, image);
}

TEST_F(HostRecords, ReportsComeInOrder) {
  Runtime runtime = adopt();
  Module graphs(runtime, "graphs");
  Array<int32_t> a(runtime, {64});
  IstRecording first = nullptr, second = nullptr;
  VkCommandBuffer one = record_add(runtime, graphs, a, 1, first);
  VkCommandBuffer two = record_add(runtime, graphs, a, 2, second);
  const IstSyncPoint done = point(2);
  EXPECT_EQ(ist_vulkan_submitted(runtime, second, &done), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"was ended before", "it is first"});
  EXPECT_EQ(ist_vulkan_retire(runtime, first), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"is not reported submitted"});
  IstSyncPoint wrong = point(1);
  wrong.rung = IST_RUNG_BINARY;
  EXPECT_EQ(ist_vulkan_submitted(runtime, first, &wrong), TI_ERROR_INVALID_ARGUMENT);
  take_error();
  EXPECT_EQ(ist_vulkan_submitted(runtime, nullptr, nullptr), TI_ERROR_ARGUMENT_NULL);
  take_error();
  EXPECT_EQ(ist_vulkan_submitted(runtime, reinterpret_cast<IstRecording>(uintptr_t{1} << 40), nullptr),
            TI_ERROR_INVALID_ARGUMENT);
  expect_error({TI_ERROR_INVALID_ARGUMENT}, {"was never given out"});
  submit(one, 1);
  submit(two, 2);
  ASSERT_EQ(ist_vulkan_submitted(runtime, first, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(ist_vulkan_submitted(runtime, first, nullptr), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"reported submitted already"});
  EXPECT_EQ(ist_vulkan_drop(runtime, first), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"cannot be dropped"});
  {
    Runtime other = adopt();
    EXPECT_EQ(ist_vulkan_submitted(other, second, nullptr), TI_ERROR_INVALID_STATE);
    expect_error({TI_ERROR_INVALID_STATE}, {"not of this runtime"});
  }
  ASSERT_EQ(ist_vulkan_submitted(runtime, second, &done), TI_ERROR_SUCCESS) << take_error().message;
  EXPECT_EQ(a.read()[1], 3);
}

TEST_F(HostRecords, TooManyAreNamed) {
  Runtime runtime = adopt();
  std::vector<IstRecording> recordings;
  VkCommandBuffer commands = host().begin();
  for (int i = 0; i < 64; ++i) {
    ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
    recordings.push_back(end(runtime));
  }
  EXPECT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"64 recordings are ended", "never reported submitted"});
  for (IstRecording one : recordings) ASSERT_EQ(ist_vulkan_submitted(runtime, one, nullptr), TI_ERROR_SUCCESS);
  for (int i = 64; i < 1024; ++i) {
    ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
    recordings.push_back(end(runtime));
    ASSERT_EQ(ist_vulkan_submitted(runtime, recordings.back(), nullptr), TI_ERROR_SUCCESS);
  }
  EXPECT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_INVALID_STATE);
  expect_error({TI_ERROR_INVALID_STATE}, {"1024 recordings", "never retired"});
  host().submit_and_wait(commands);
  ASSERT_EQ(ist_vulkan_retire(runtime, recordings[500]), TI_ERROR_SUCCESS) << take_error().message;
  commands = host().begin();
  ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
  recordings.push_back(end(runtime));
  ASSERT_EQ(ist_vulkan_submitted(runtime, recordings.back(), nullptr), TI_ERROR_SUCCESS);
  host().submit_and_wait(commands);
  ti_wait(runtime);
  expect_no_error("ti_wait");
}

// What a recording uses lives until it has finished, whatever the host frees meanwhile.
TEST_F(HostRecords, WhatIsFreedMeanwhileLives) {
  Runtime runtime = adopt();
  Array<int32_t> a(runtime, {64});
  auto graphs = std::make_optional<Module>(runtime, "graphs");
  auto b = std::make_optional<Array<int32_t>>(runtime, std::vector<uint32_t>{64});
  auto out = std::make_optional<Array<int32_t>>(runtime, std::vector<uint32_t>{64});
  VkCommandBuffer commands = host().begin();
  ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS) << take_error().message;
  graphs->launch("add_to", {b->arg(), conformance::i32(4)});
  twice(*graphs, *b, a);
  b.reset();
  IstRecording recording = end(runtime);
  graphs.reset();
  submit(commands, 1);
  ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS) << take_error().message;
  out.reset();
  EXPECT_EQ(a.read()[17], 8);
}

TEST_F(HostRecords, ARuntimeMayGoWithOneInFlight) {
  {
    Runtime runtime = adopt();
    Module graphs(runtime, "graphs");
    Array<int32_t> a(runtime, {1 << 16});
    IstRecording recording = nullptr;
    VkCommandBuffer commands = record_add(runtime, graphs, a, 1, recording);
    submit(commands, 1);
    ASSERT_EQ(ist_vulkan_submitted(runtime, recording, nullptr), TI_ERROR_SUCCESS);
  }
  LogLines log;
  VkCommandBuffer commands = host().begin();
  {
    Runtime runtime = adopt();
    ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS);
    end(runtime);
    runtime.destroy();
    EXPECT_EQ(log.with("is not reported submitted"), 1u) << log.all();
  }
  host().submit_and_wait(commands);
  commands = host().begin();
  {
    Runtime runtime = adopt();
    ASSERT_EQ(ist_vulkan_begin_recording(runtime, commands), TI_ERROR_SUCCESS);
    runtime.destroy();
    EXPECT_EQ(log.with("is not reported submitted"), 2u) << log.all();
  }
  host().submit_and_wait(commands);
}

TEST_F(HostRecords, AViewToSampleFrom) {
  Runtime runtime = adopt();
  TiImage image = make_image(runtime);
  VkImageView views[4] = {};
  const auto ask = [&](TiImage of, VkFormat format, VkImageViewType type, VkImageView* view) {
    return ist_vulkan_image_view(runtime, of, format, type, view);
  };
  ASSERT_EQ(ask(image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_2D, &views[0]), TI_ERROR_SUCCESS);
  ASSERT_EQ(ask(image, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_VIEW_TYPE_2D, &views[1]), TI_ERROR_SUCCESS);
  EXPECT_EQ(views[0], views[1]);
  ASSERT_EQ(ask(image, VK_FORMAT_R8G8B8A8_SRGB, VK_IMAGE_VIEW_TYPE_2D, &views[2]), TI_ERROR_SUCCESS)
      << take_error().message;
  EXPECT_NE(views[2], views[0]);
  ASSERT_EQ(ask(image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_2D_ARRAY, &views[3]), TI_ERROR_SUCCESS);
  EXPECT_EQ(ask(image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_3D, &views[3]), TI_ERROR_NOT_SUPPORTED);
  expect_error({TI_ERROR_NOT_SUPPORTED}, {"'dye'", "VkImageViewType 2"});
  EXPECT_EQ(views[3], VkImageView{});
  EXPECT_EQ(ask(image, VK_FORMAT_R32_SFLOAT, VK_IMAGE_VIEW_TYPE_2D, &views[3]), TI_ERROR_NOT_SUPPORTED);
  take_error();
  EXPECT_EQ(ask(image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_2D, nullptr), TI_ERROR_ARGUMENT_NULL);
  take_error();
  TiImageAllocateInfo stored{};
  stored.dimension = TI_IMAGE_DIMENSION_2D;
  stored.extent = {kWidth, kHeight, 1, 1};
  stored.mip_level_count = 1;
  stored.format = TI_FORMAT_RGBA8;
  stored.usage = TI_IMAGE_USAGE_STORAGE_BIT;
  TiImage only_stored = ti_allocate_image(runtime, &stored);
  EXPECT_EQ(ask(only_stored, VK_FORMAT_R8G8B8A8_SRGB, VK_IMAGE_VIEW_TYPE_2D, &views[3]), TI_ERROR_NOT_SUPPORTED);
  take_error();
  ti_free_image(runtime, only_stored);
  TiImage shared = make_image(runtime, TI_TRUE);
  EXPECT_EQ(ask(shared, VK_FORMAT_R8G8B8A8_SRGB, VK_IMAGE_VIEW_TYPE_2D, &views[3]), TI_ERROR_NOT_SUPPORTED);
  expect_error({TI_ERROR_NOT_SUPPORTED}, {"export_sharing"});
  ti_free_image(runtime, shared);
  ti_free_image(runtime, image);
}

}  // namespace
}  // namespace host
