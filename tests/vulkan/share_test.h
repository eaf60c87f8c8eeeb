// Two devices of one driver that hand objects to each other, and the number of open files.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <functional>

#include "vulkan_test.h"

namespace ist::vk {

inline size_t open_files() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (folder && readdir(folder)) ++count;
  if (folder) closedir(folder);
  return count;
}

// Closes what an export gave.
class Handle {
 public:
  explicit Handle(Result<OsHandle> made) {
    EXPECT_TRUE(made.ok()) << made.status().message();
    if (made.ok()) value_ = *made;
  }
  ~Handle() {
    if (value_ >= 0) close(static_cast<int>(value_));
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  OsHandle get() const { return value_; }

 private:
  OsHandle value_ = -1;
};

inline uint32_t bit(HandleType type) { return 1u << static_cast<uint32_t>(type); }

template <class T>
Code code_of_result(const Result<T>& result) {
  return result.ok() ? Code::success : result.status().code();
}

class SharingTest : public VulkanTest {
 protected:
  void SetUp() override {
    VulkanTest::SetUp();
    if (HasFatalFailure()) return;
    DeviceOptions options = validated_options();
    if (const Paths* paths = parameter()) {
      options.without_push_descriptors = paths->without_push_descriptors;
      options.without_timeline = paths->without_timeline;
    }
    auto created = create_device(0, options);
    ASSERT_TRUE(created.ok()) << created.status().message();
    peer_ = std::move(*created);
  }

  void TearDown() override {
    peer_.reset();
    VulkanTest::TearDown();
  }

  ShareOps& ops() { return *static_cast<ShareOps*>(device_->share_ops()); }
  ShareOps& peer_ops() { return *static_cast<ShareOps*>(peer_->share_ops()); }

  // Records, submits, waits.
  static void run(ist::Device& device, const std::function<void()>& record) {
    const Status begun = device.begin();
    ASSERT_TRUE(begun.ok()) << begun.message();
    record();
    const auto serial = device.submit();
    ASSERT_TRUE(serial.ok()) << serial.status().message();
    const auto done = device.wait(*serial, UINT64_MAX);
    ASSERT_TRUE(done.ok() && *done);
  }

  static std::unique_ptr<ist::Buffer> host_buffer(ist::Device& device, uint64_t size_bytes) {
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.host_read = desc.host_write = true;
    auto made = device.create_buffer(desc);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }

  static BufferDesc shared_buffer_desc(uint64_t size_bytes) {
    BufferDesc desc;
    desc.size_bytes = size_bytes;
    desc.usage = memory_usage::kStorage;
    desc.export_sharing = true;
    return desc;
  }

  static ImageDesc shared_image_desc(Extent extent = {67, 45, 1}) {
    ImageDesc desc;
    desc.format = 3;  // rgba8
    desc.extent = extent;
    desc.usage = image_usage::kSampled | image_usage::kStorage;
    desc.export_sharing = true;
    return desc;
  }

  static BufferDesc imported(BufferDesc desc) {
    desc.export_sharing = false;
    desc.imported = true;
    return desc;
  }
  static ImageDesc imported(ImageDesc desc) {
    desc.export_sharing = false;
    desc.imported = true;
    return desc;
  }

  static void transfer(ist::Device& device, ist::Buffer& buffer, Transfer way, Scope ours, Peer::Kind peer) {
    const BufferTransferCommand command{&buffer, way, {peer, 0}, ours};
    BarrierCommand barrier;
    barrier.buffers = {&command, 1};
    device.barrier(barrier);
  }

  static uint8_t pattern(uint64_t i, uint32_t seed) {
    return static_cast<uint8_t>((i * 2654435761u + seed * 40503u) >> 13);
  }

  std::unique_ptr<ist::Device> peer_;
};

}  // namespace ist::vk
