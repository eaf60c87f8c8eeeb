// Handles that are not what they are said to be.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "share_test.h"

namespace ist::vk {
namespace {

class VulkanSharingFailures : public SharingTest {
 protected:
  void SetUp() override {
    SharingTest::SetUp();
    if (HasFatalFailure()) return;
    const uint32_t fd = bit(HandleType::opaque_fd);
    const ShareSupport& share = device_->info().share;
    if (!(share.memory_export & share.memory_import & share.image_export & share.image_import & fd))
      GTEST_SKIP() << "the driver has no memory of opaque_fd";
    buffer_ = *device_->create_buffer(shared_buffer_desc(1000));
    image_ = *device_->image_ops()->create_image(shared_image_desc());
    files_ = open_files();
  }

  void TearDown() override {
    if (!IsSkipped() && peer_) {
      EXPECT_EQ(open_files(), files_);
      EXPECT_EQ(static_cast<Device&>(*peer_).memory().live_count(), 0u);
    }
    buffer_.reset();
    image_.reset();
    SharingTest::TearDown();
  }

  Code import_buffer(OsHandle handle, const SharedAllocation& allocation, HandleType type = HandleType::opaque_fd) {
    return code_of_result(peer_ops().import_buffer(imported(shared_buffer_desc(1000)), type, handle, allocation));
  }

  Code import_image(OsHandle handle, const SharedAllocation& allocation, HandleType type = HandleType::opaque_fd) {
    return code_of_result(peer_ops().import_image(imported(shared_image_desc()), type, handle, allocation));
  }

  std::unique_ptr<ist::Buffer> buffer_;
  std::unique_ptr<ist::Image> image_;
  size_t files_ = 0;
};

TEST_F(VulkanSharingFailures, FilesThatAreNoMemoryAreRefused) {
  const SharedAllocation of_buffer = ops().allocation_of(*buffer_), of_image = ops().allocation_of(*image_);
  int pipes[2], sockets[2];
  ASSERT_EQ(pipe(pipes), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  const int small = memfd_create("small", 0), nothing = open("/dev/null", O_RDWR), folder = open("/", O_RDONLY);
  const int event = eventfd(0, 0);
  const int closed = dup(small);
  close(closed);
  const auto refused = [&](int file) {
    const Code first = import_buffer(file, of_buffer), second = import_image(file, of_image);
    EXPECT_TRUE(first == Code::invalid_interop || first == Code::argument_out_of_range) << static_cast<int>(first);
    EXPECT_TRUE(second == Code::invalid_interop || second == Code::argument_out_of_range) << static_cast<int>(second);
  };
  for (const int file : {closed, -1, pipes[0], pipes[1], sockets[0], small, nothing, folder, event}) {
    SCOPED_TRACE(file);
    refused(file);
  }
  EXPECT_EQ(import_buffer(OsHandle{1} << 40, of_buffer), Code::invalid_interop);
  for (const int file : {pipes[0], pipes[1], sockets[0], sockets[1], small, nothing, folder, event}) close(file);
}

TEST_F(VulkanSharingFailures, AllocationsThatCannotHoldTheObjectAreRefused) {
  const Handle of_buffer(ops().export_handle(*buffer_, HandleType::opaque_fd));
  const Handle of_image(ops().export_handle(*image_, HandleType::opaque_fd));
  files_ += 2;
  const SharedAllocation good = ops().allocation_of(*buffer_);
  const auto with = [](SharedAllocation changed, auto&& change) {
    change(changed);
    return changed;
  };
  constexpr uint64_t kMost = ~uint64_t{0};
  for (const SharedAllocation& wrong :
       {with(good, [](auto& a) { a.allocation_bytes = 999; }), with(good, [](auto& a) { a.allocation_bytes = 0; }),
        with(good, [](auto& a) { a.offset_bytes = a.allocation_bytes; }),
        with(good, [](auto& a) { a.offset_bytes = kMost; }), with(good, [](auto& a) { a.offset_bytes = kMost - 999; }),
        with(good, [](auto& a) { a.offset_bytes = 3; }), with(good, [](auto& a) { a.allocation_bytes = kMost; }),
        with(good, [](auto& a) { a.allocation_bytes += 1 << 20; }), with(good, [](auto& a) { a.dedicated = true; })})
    EXPECT_EQ(import_buffer(of_buffer.get(), wrong), Code::argument_out_of_range)
        << wrong.allocation_bytes << " " << wrong.offset_bytes << " " << wrong.dedicated;
  const SharedAllocation image = ops().allocation_of(*image_);
  for (const SharedAllocation& wrong :
       {with(image, [](auto& a) { a.allocation_bytes -= 1; }), with(image, [](auto& a) { a.allocation_bytes += 4096; }),
        with(image, [](auto& a) { a.offset_bytes = 4096; }), with(image, [](auto& a) { a.allocation_bytes = 0; })})
    EXPECT_EQ(import_image(of_image.get(), wrong), Code::argument_out_of_range) << wrong.allocation_bytes;

  BufferDesc huge = imported(shared_buffer_desc(kMost));
  EXPECT_EQ(code_of_result(peer_ops().import_buffer(huge, HandleType::opaque_fd, of_buffer.get(), good)),
            Code::argument_out_of_range);
  EXPECT_EQ(code_of_result(peer_ops().import_buffer(huge, HandleType::opaque_fd, of_buffer.get(), {kMost, 0, kMost})),
            Code::argument_out_of_range);
  huge.size_bytes = 0;
  EXPECT_EQ(code_of_result(peer_ops().import_buffer(huge, HandleType::opaque_fd, of_buffer.get(), good)),
            Code::invalid_argument);
  const auto told =
      peer_ops().import_buffer(imported(shared_buffer_desc(1 << 20)), HandleType::opaque_fd, of_buffer.get(), good);
  ASSERT_FALSE(told.ok());
  EXPECT_NE(told.status().message().find(std::to_string(1 << 20)), std::string_view::npos) << told.status().message();
  EXPECT_NE(told.status().message().find(std::to_string(good.allocation_bytes)), std::string_view::npos);
  // What was refused has not spoiled the handles: each can be used, and more than once.
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(import_buffer(of_buffer.get(), good), Code::success);
    EXPECT_EQ(import_image(of_image.get(), image), Code::success);
  }
  files_ -= 2;
}

TEST_F(VulkanSharingFailures, ImagesOfAnotherMakeAreRefused) {
  const Handle handle(ops().export_handle(*image_, HandleType::opaque_fd));
  ++files_;
  const SharedAllocation good = ops().allocation_of(*image_);
  SharedAllocation wrong = good;
  wrong.native_format = VK_FORMAT_R32_SFLOAT;
  EXPECT_EQ(import_image(handle.get(), wrong), Code::invalid_argument);
  wrong = good;
  wrong.native_usage = ~0u;
  EXPECT_EQ(import_image(handle.get(), wrong), Code::invalid_argument);
  ImageDesc desc = imported(shared_image_desc({4096, 4096, 1}));
  EXPECT_EQ(code_of_result(peer_ops().import_image(desc, HandleType::opaque_fd, handle.get(), good)),
            Code::argument_out_of_range);
  desc.extent = {~0u, ~0u, 1};
  EXPECT_EQ(code_of_result(peer_ops().import_image(desc, HandleType::opaque_fd, handle.get(), good)),
            Code::not_supported);
  desc = imported(shared_image_desc());
  desc.format = 999;
  EXPECT_EQ(code_of_result(peer_ops().import_image(desc, HandleType::opaque_fd, handle.get(), good)),
            Code::invalid_argument);
  for (const HandleType type : {HandleType::none, HandleType::sync_fd, HandleType::opaque_win32,
                                HandleType::host_pointer, static_cast<HandleType>(77)}) {
    EXPECT_EQ(import_image(handle.get(), good, type), Code::not_supported);
    EXPECT_NE(import_buffer(handle.get(), ops().allocation_of(*buffer_), type), Code::success);
    EXPECT_EQ(code_of_result(ops().export_handle(*image_, type)), Code::not_supported);
  }
  --files_;
}

TEST_F(VulkanSharingFailures, OnlyObjectsMadeForItAreExported) {
  const auto plain = buffer(64);
  EXPECT_EQ(code_of_result(ops().export_handle(*plain, HandleType::opaque_fd)), Code::invalid_state);
  const Handle handle(ops().export_handle(*buffer_, HandleType::opaque_fd));
  auto again = peer_ops().import_buffer(imported(shared_buffer_desc(1000)), HandleType::opaque_fd, handle.get(),
                                        ops().allocation_of(*buffer_));
  ASSERT_TRUE(again.ok());
  {
    const Handle handed_on(peer_ops().export_handle(**again, HandleType::opaque_fd));
    EXPECT_GE(handed_on.get(), 0);
    EXPECT_EQ(code_of_result(peer_ops().export_handle(**again, HandleType::dma_buf)), Code::invalid_state);
  }
  ++files_;
  again->reset();
  --files_;
}

}  // namespace
}  // namespace ist::vk
