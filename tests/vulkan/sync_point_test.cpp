// Points at which batches wait and signal; semaphores of our own, of the host, of another device.
#include <cstdlib>
#include <optional>

#include "share_test.h"

namespace ist::vk {
namespace {

class VulkanPoints : public SharingTest {
 protected:
  bool has_timeline() const { return device_->info().share.timeline; }

  std::unique_ptr<ist::Semaphore> semaphore(SemaphoreKind kind) {
    auto made = ops().create_semaphore(kind, HandleType::none);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  // lavapipe 22.3 tells that a batch has finished before it lets go of a semaphore that the batch waited for.
  void let_go() {
    begin();
    submit_and_wait();
  }

  // A second runtime on the same VkDevice and VkQueue.
  std::unique_ptr<ist::Device> roommate() {
    const Gpu& gpu = device_->gpu();
    HostDevice host;
    host.get_instance_proc_addr = gpu.instance->get_instance_proc_addr;
    host.api_version = gpu.info().api_version;
    host.instance = gpu.instance->handle;
    host.physical_device = gpu.physical->handle;
    host.device = gpu.device;
    host.queue = gpu.queue.handle();
    host.queue_family = gpu.physical->queue_family;
    host.features = &gpu.physical->features.base;
    host.device_extensions = gpu.physical->extensions;
    auto adopted = adopt_device(host, {});
    EXPECT_TRUE(adopted.ok()) << adopted.status().message();
    return adopted.ok() ? std::move(*adopted) : nullptr;
  }

  static uint64_t submit(ist::Device& device) {
    const auto serial = device.submit();
    EXPECT_TRUE(serial.ok()) << serial.status().message();
    return serial.ok() ? *serial : 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Paths, VulkanPoints, testing::ValuesIn(kAllPaths), name_of);

TEST_P(VulkanPoints, ABinarySemaphoreOrdersTwoBatches) {
  const auto signalled = semaphore(SemaphoreKind::binary);
  const DevicePoint point{SemaphoreKind::binary, signalled->native(), 0};
  const auto first = buffer(4096), second = buffer(4096);
  for (uint32_t round = 1; round <= 20; ++round) {
    begin();
    device_->fill_buffer(*first, 0, 4096, round);
    device_->barrier({kTransferWrite, kTransferRead, {}});
    ops().signal_after(point);
    submit(*device_);
    ops().wait_before(point);  // before the batch is open
    begin();
    device_->copy_buffer(*second, 0, *first, 0, 4096);
    device_->barrier(
        {kTransferWrite, {stage::kHost | stage::kTransfer, access::kHostRead | access::kTransferWrite}, {}});
    submit_and_wait();
    ASSERT_EQ(view<uint32_t>(*second)[1023], round);
  }
  const auto waited = ops().wait_point(point, 0);
  EXPECT_EQ(code_of_result(waited), Code::not_supported);
}

TEST_P(VulkanPoints, TimelinesBelongToDevicesThatHaveThem) {
  if (has_timeline()) {
    EXPECT_NE(ops().own_point(7).native, 0u);
    EXPECT_EQ(ops().own_point(7).value, 7u);
    return;
  }
  EXPECT_EQ(ops().own_point(7).native, 0u);
  EXPECT_EQ(code_of_result(ops().create_semaphore(SemaphoreKind::timeline, HandleType::none)), Code::not_supported);
  EXPECT_EQ(code_of_result(ops().wait_point({SemaphoreKind::timeline, 1, 1}, 0)), Code::not_supported);
  begin();
  ops().wait_before({SemaphoreKind::timeline, 1, 1});
  EXPECT_EQ(code_of_result(device_->submit()), Code::not_supported);
}

TEST_P(VulkanPoints, ABatchWithoutCommandsSignals) {
  if (!has_timeline()) {
    EXPECT_TRUE(GetParam().without_timeline) << "only for want of one";
    return;
  }
  const auto timeline = semaphore(SemaphoreKind::timeline);
  const DevicePoint one{SemaphoreKind::timeline, timeline->native(), 1};
  const auto early = ops().wait_point(one, 0);
  ASSERT_TRUE(early.ok());
  EXPECT_FALSE(*early);
  begin();
  ops().signal_after(one);
  submit(*device_);
  const auto late = ops().wait_point(one, UINT64_MAX);
  ASSERT_TRUE(late.ok() && *late);
  begin();
  ops().wait_before(one);
  submit_and_wait();
  let_go();
}

TEST_P(VulkanPoints, TwoRuntimesOnOneDeviceOrderTheirBatches) {
  if (!has_timeline()) {
    EXPECT_TRUE(GetParam().without_timeline) << "only for want of one";
    return;
  }
  const auto other = roommate();
  ASSERT_TRUE(other);
  auto& other_ops = *other->share_ops();
  const auto timeline = semaphore(SemaphoreKind::timeline);
  const auto written = buffer(1 << 20);
  const auto read = host_buffer(*other, 1 << 20);
  for (uint32_t round = 1; round <= 10; ++round) {
    begin();
    device_->fill_buffer(*written, 0, 1 << 20, round);
    device_->barrier({kTransferWrite, kTransferRead, {}});
    ops().signal_after({SemaphoreKind::timeline, timeline->native(), round});
    const uint64_t serial = submit(*device_);
    run(*other, [&] {
      // The host's timeline one time, the runtime's own the next.
      other_ops.wait_before(round % 2 ? DevicePoint{SemaphoreKind::timeline, timeline->native(), round}
                                      : ops().own_point(serial));
      other->copy_buffer(*read, 0, *written, 0, 1 << 20);
      other->barrier(
          {kTransferWrite, {stage::kHost | stage::kTransfer, access::kHostRead | access::kTransferWrite}, {}});
    });
    ASSERT_EQ(view<uint32_t>(*read)[(1 << 18) - 1], round);
  }
  let_go();
}

TEST_P(VulkanPoints, KindsMixInOneSubmission) {
  const auto binary = semaphore(SemaphoreKind::binary), more = semaphore(SemaphoreKind::binary);
  const DevicePoint first{SemaphoreKind::binary, binary->native(), 0}, second{SemaphoreKind::binary, more->native(), 0};
  std::unique_ptr<ist::Semaphore> timeline;
  if (has_timeline()) timeline = semaphore(SemaphoreKind::timeline);
  for (uint64_t round = 1; round <= 5; ++round) {
    begin();
    ops().signal_after(first);
    if (timeline) ops().signal_after({SemaphoreKind::timeline, timeline->native(), 2 * round - 1});
    ops().signal_after(second);
    submit(*device_);
    begin();
    ops().wait_before(second);
    if (timeline) ops().wait_before({SemaphoreKind::timeline, timeline->native(), 2 * round - 1});
    ops().wait_before(first);
    if (timeline) ops().signal_after({SemaphoreKind::timeline, timeline->native(), 2 * round});
    submit_and_wait();
    if (!timeline) continue;
    EXPECT_TRUE(*ops().wait_point({SemaphoreKind::timeline, timeline->native(), 2 * round}, 0));
    EXPECT_FALSE(*ops().wait_point({SemaphoreKind::timeline, timeline->native(), 2 * round + 1}, 0));
  }
  let_go();
}

TEST_P(VulkanPoints, APointWithoutASemaphoreIsToldBySubmit) {
  begin();
  ops().signal_after({});
  EXPECT_EQ(code_of_result(device_->submit()), Code::argument_null);
  begin();
  submit_and_wait();
}

TEST_F(SharingTest, SemaphoresThatCannotBeSharedAreRefusedUnasked) {
  const ShareSupport& share = device_->info().share;
  for (const HandleType type : {HandleType::opaque_fd, HandleType::sync_fd, HandleType::dma_buf}) {
    if (!(share.timeline_export & bit(type))) {
      EXPECT_EQ(code_of_result(ops().create_semaphore(SemaphoreKind::timeline, type)), Code::not_supported);
    }
    if (!(share.timeline_import & bit(type))) {
      EXPECT_EQ(code_of_result(ops().import_semaphore(SemaphoreKind::timeline, type, -1)), Code::not_supported);
    }
    if (!(share.binary_export & bit(type))) {
      EXPECT_EQ(code_of_result(ops().create_semaphore(SemaphoreKind::binary, type)), Code::not_supported);
    }
    if (!(share.binary_import & bit(type))) {
      EXPECT_EQ(code_of_result(ops().import_semaphore(SemaphoreKind::binary, type, -1)), Code::not_supported);
    }
  }
  auto plain = ops().create_semaphore(SemaphoreKind::binary, HandleType::none);
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(code_of_result(ops().export_handle(**plain, HandleType::opaque_fd)), Code::invalid_state);
  EXPECT_EQ(code_of_result(ops().export_handle(**plain, HandleType::none)), Code::invalid_state);
}

// The driver here with binary semaphores that cross devices: named by the environment, since it is not the
// one that the other tests run on.
class VulkanSwiftShader : public SharingTest {
 protected:
  void SetUp() override {
    const char* icd = std::getenv("IST_TEST_SWIFTSHADER_ICD");
    if (!icd || ::access(icd, R_OK) != 0)
      GTEST_SKIP() << "IST_TEST_SWIFTSHADER_ICD does not name the JSON of SwiftShader's driver (chromium-common).";
    for (Variable& one : loader_) {
      if (const char* value = std::getenv(one.name)) one.before = value;
      setenv(one.name, icd, 1);
    }
    SharingTest::SetUp();
  }

  void TearDown() override {
    if (IsSkipped()) return;
    SharingTest::TearDown();
    for (const Variable& one : loader_) one.before ? setenv(one.name, one.before->c_str(), 1) : unsetenv(one.name);
  }

 private:
  struct Variable {
    const char* name;
    std::optional<std::string> before;
  };
  Variable loader_[2] = {{"VK_ICD_FILENAMES", {}}, {"VK_DRIVER_FILES", {}}};
};

TEST_F(VulkanSwiftShader, ABinarySemaphoreCrossesDevices) {
  ASSERT_TRUE(device_->info().share.binary_export & device_->info().share.binary_import & bit(HandleType::opaque_fd));
  auto buffer = device_->create_buffer(shared_buffer_desc(1 << 20));
  ASSERT_TRUE(buffer.ok()) << buffer.status().message();
  const size_t files = open_files();
  {
    const Handle memory(ops().export_handle(**buffer, HandleType::opaque_fd));
    auto shared = peer_ops().import_buffer(imported(shared_buffer_desc(1 << 20)), HandleType::opaque_fd, memory.get(),
                                           ops().allocation_of(**buffer));
    ASSERT_TRUE(shared.ok()) << shared.status().message();
    auto signalled = ops().create_semaphore(SemaphoreKind::binary, HandleType::opaque_fd);
    ASSERT_TRUE(signalled.ok()) << signalled.status().message();
    const Handle handle(ops().export_handle(**signalled, HandleType::opaque_fd));
    EXPECT_EQ(code_of_result(ops().export_handle(**signalled, HandleType::sync_fd)), Code::invalid_state);
    auto waited = peer_ops().import_semaphore(SemaphoreKind::binary, HandleType::opaque_fd, handle.get());
    ASSERT_TRUE(waited.ok()) << waited.status().message();
    const auto down = host_buffer(*peer_, 1 << 20);
    for (uint32_t round = 1; round <= 20; ++round) {
      begin();
      device_->fill_buffer(**buffer, 0, 1 << 20, round);
      transfer(*device_, **buffer, Transfer::release, kTransferWrite, Peer::Kind::external);
      ops().signal_after({SemaphoreKind::binary, (*signalled)->native(), 0});
      ASSERT_TRUE(device_->submit().ok());  // nobody waits on the CPU
      run(*peer_, [&] {
        peer_ops().wait_before({SemaphoreKind::binary, (*waited)->native(), 0});
        transfer(*peer_, **shared, Transfer::acquire, kTransferRead, Peer::Kind::external);
        peer_->copy_buffer(*down, 0, **shared, 0, 1 << 20);
        peer_->barrier(
            {kTransferWrite, {stage::kHost | stage::kTransfer, access::kHostRead | access::kTransferWrite}, {}});
      });
      ASSERT_EQ(view<uint32_t>(*down)[(1 << 18) - 1], round);
      ASSERT_TRUE(*device_->wait(device_->completed_serial(), UINT64_MAX));
      run(*device_, [] {});
    }
  }
  EXPECT_EQ(open_files(), files);
}

TEST_F(VulkanSwiftShader, BadSemaphoreHandlesAreRefused) {
  const size_t files = open_files();
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  for (const int file : {-1, 100000, pipes[0]})
    EXPECT_EQ(code_of_result(peer_ops().import_semaphore(SemaphoreKind::binary, HandleType::opaque_fd, file)),
              Code::invalid_interop);
  close(pipes[0]);
  close(pipes[1]);
  for (int round = 0; round < 200; ++round) {
    auto made = ops().create_semaphore(SemaphoreKind::binary, HandleType::opaque_fd);
    ASSERT_TRUE(made.ok());
    const Handle handle(ops().export_handle(**made, HandleType::opaque_fd));
    ASSERT_TRUE(peer_ops().import_semaphore(SemaphoreKind::binary, HandleType::opaque_fd, handle.get()).ok());
  }
  EXPECT_EQ(open_files(), files);
}

}  // namespace
}  // namespace ist::vk
