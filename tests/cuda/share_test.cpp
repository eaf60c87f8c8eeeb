// Memory and semaphores of other APIs, memory for them, and memory of the host's.
#include <sys/mman.h>
#include <unistd.h>

#include "contract/share_ops.h"
#include "cuda/cuda_test.h"

namespace ist::cuda {
namespace {

class Sharing : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    device();
    file = memfd_create("shared", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(file, 65536), 0);
  }
  void TearDown() override {
    if (file >= 0) close(file);
    CudaTest::TearDown();
  }
  ist::ShareOps& shares() { return *device().share_ops(); }
  static SharedAllocation allocation(uint64_t bytes, uint64_t offset, bool dedicated = false) {
    SharedAllocation made;
    made.allocation_bytes = bytes;
    made.offset_bytes = offset;
    made.dedicated = dedicated;
    return made;
  }

  int file = -1;
};

TEST_F(Sharing, ImportedMemoryIsTheSamePages) {
  auto buffer = shares().import_buffer(kDeviceOnly(4096), HandleType::opaque_fd, file, allocation(65536, 8192));
  ASSERT_TRUE(buffer.ok()) << buffer.take_status().message();
  EXPECT_EQ((*buffer)->host(), nullptr);
  ASSERT_TRUE(device().begin().ok());
  device().fill_buffer(**buffer, 0, 4096, 0x01020304);
  finish();
  uint32_t word = 0;
  ASSERT_EQ(pread(file, &word, 4, 8192), 4);
  EXPECT_EQ(word, 0x01020304u);
  const SharedAllocation is = shares().allocation_of(**buffer);
  EXPECT_EQ(is.allocation_bytes, 65536u);
  EXPECT_EQ(is.offset_bytes, 8192u);
  EXPECT_EQ(is.size_bytes, 4096u);
}

TEST_F(Sharing, TheHandleStaysTheCallersAndIsHandedOn) {
  auto buffer = shares().import_buffer(kDeviceOnly(4096), HandleType::opaque_fd, file, allocation(65536, 0, true));
  ASSERT_TRUE(buffer.ok());
  EXPECT_TRUE(shares().allocation_of(**buffer).dedicated);
  close(std::exchange(file, -1));
  const auto again = shares().export_handle(**buffer, HandleType::opaque_fd);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(lseek(static_cast<int>(*again), 0, SEEK_END), 65536);
  close(static_cast<int>(*again));
}

TEST_F(Sharing, WhatCannotBeImportedIsRefusedAndNothingStaysOpen) {
  const auto refused = [&](const BufferDesc& desc, HandleType type, OsHandle handle, SharedAllocation made) {
    return shares().import_buffer(desc, type, handle, made).take_status();
  };
  EXPECT_EQ(refused(kDeviceOnly(4096), HandleType::dma_buf, file, allocation(65536, 0)).code(), Code::not_supported);
  EXPECT_EQ(refused(mapped(4096), HandleType::opaque_fd, file, allocation(65536, 0)).code(), Code::not_supported);
  EXPECT_EQ(refused(kDeviceOnly(4096), HandleType::opaque_fd, -1, allocation(65536, 0)).code(), Code::invalid_interop);
  EXPECT_EQ(refused(kDeviceOnly(4096), HandleType::opaque_fd, 100000, allocation(65536, 0)).code(),
            Code::invalid_interop);
  for (const auto& [bytes, offset] : std::vector<std::pair<uint64_t, uint64_t>>{
           {4095, 0}, {8192, 4097}, {65536, UINT64_MAX}, {65536, UINT64_MAX - 4095}}) {
    const Status status = refused(kDeviceOnly(4096), HandleType::opaque_fd, file, allocation(bytes, offset));
    EXPECT_EQ(status.code(), Code::argument_out_of_range) << bytes << " " << offset;
  }
  fake_cuda::fail("cuImportExternalMemory", 1, 999);
  const Status status = refused(kDeviceOnly(4096), HandleType::opaque_fd, file, allocation(65536, 0));
  EXPECT_EQ(status.code(), Code::invalid_interop);
  EXPECT_EQ(status.message(), "Device 'Fake GPU 0' refuses the handle: cuImportExternalMemory fails with error 999.");
}

TEST_F(Sharing, ExportableMemoryLeavesByFile) {
  BufferDesc desc = kDeviceOnly(5000);
  desc.export_sharing = true;
  const auto buffer = make_buffer(desc);
  ASSERT_NE(buffer, nullptr);
  ASSERT_TRUE(device().begin().ok());
  device().fill_buffer(*buffer, 0, 4096, 0x0a0b0c0d);
  finish();
  const auto fd = shares().export_handle(*buffer, HandleType::opaque_fd);
  ASSERT_TRUE(fd.ok());
  const SharedAllocation is = shares().allocation_of(*buffer);
  EXPECT_EQ(is.allocation_bytes, 65536u);
  EXPECT_EQ(is.offset_bytes, 0u);
  EXPECT_EQ(is.size_bytes, 5000u);
  uint32_t word = 0;
  ASSERT_EQ(pread(static_cast<int>(*fd), &word, 4, 0), 4);
  EXPECT_EQ(word, 0x0a0b0c0du);
  close(static_cast<int>(*fd));
}

TEST_F(Sharing, WhatCannotBeExportedIsRefused) {
  const auto plain = make_buffer(kDeviceOnly(64));
  EXPECT_EQ(shares().export_handle(*plain, HandleType::opaque_fd).take_status().code(), Code::invalid_state);
  EXPECT_EQ(shares().export_handle(*plain, HandleType::dma_buf).take_status().code(), Code::not_supported);
  BufferDesc desc = mapped(64);
  desc.export_sharing = true;
  EXPECT_EQ(device().create_buffer(desc).take_status().code(), Code::not_supported);
}

TEST_F(Sharing, PagesOfTheHostAreReachedInPlace) {
  void* pages = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(shares().host_pointer_alignment(), 4096u);
  {
    auto buffer = shares().import_host_pages(kDeviceOnly(8192), pages);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ((*buffer)->host(), pages);
    ASSERT_TRUE(device().begin().ok());
    device().fill_buffer(**buffer, 0, 8192, 0x77777777);
    finish();
  }
  EXPECT_EQ(static_cast<unsigned char*>(pages)[8191], 0x77);
  EXPECT_EQ(shares().import_host_pages(kDeviceOnly(8192), nullptr).take_status().code(), Code::argument_null);
  EXPECT_EQ(shares().import_host_pages(kDeviceOnly(100), pages).take_status().code(), Code::invalid_argument);
  EXPECT_EQ(shares().import_host_pages(kDeviceOnly(4096), static_cast<char*>(pages) + 8).take_status().code(),
            Code::invalid_argument);
  fake_cuda::fail("cuMemHostRegister_v2", 1, 712);
  EXPECT_EQ(shares().import_host_pages(kDeviceOnly(8192), pages).take_status().code(), Code::invalid_interop);
  munmap(pages, 8192);
}

TEST_F(Sharing, WaitsComeBeforeWhatFollowsAndSignalsBehindTheBatch) {
  auto timeline = shares().import_semaphore(SemaphoreKind::timeline, HandleType::opaque_fd, file);
  auto binary = shares().import_semaphore(SemaphoreKind::binary, HandleType::opaque_fd, file);
  ASSERT_TRUE(timeline.ok() && binary.ok());
  const auto buffer = make_buffer(mapped(16));
  fake_cuda::hold(true);
  shares().wait_before({SemaphoreKind::timeline, (*timeline)->native(), 3});
  ASSERT_TRUE(device().begin().ok());
  shares().signal_after({SemaphoreKind::timeline, (*timeline)->native(), 4});
  shares().signal_after({SemaphoreKind::binary, (*binary)->native(), 0});
  shares().wait_before({SemaphoreKind::binary, (*binary)->native(), 0});
  device().fill_buffer(*buffer, 0, 16, 1);
  fake_cuda::forget_calls();
  EXPECT_TRUE(*device().wait(submit(), UINT64_MAX));
  EXPECT_EQ(fake_cuda::points(),
            (std::vector<std::string>{"wait 3 on s0", "wait binary on s0", "signal 4 on s0", "signal binary on s0"}));
  const auto calls = fake_cuda::calls();
  EXPECT_LT(std::find(calls.begin(), calls.end(), "cuSignalExternalSemaphoresAsync"),
            std::find(calls.begin(), calls.end(), "cuEventRecord"));
  ASSERT_TRUE(device().begin().ok());
  finish();
  EXPECT_EQ(fake_cuda::points().size(), 4u);
}

TEST_F(Sharing, SemaphoresAreHandedOnAndTheirFilesClosed) {
  auto semaphore = shares().import_semaphore(SemaphoreKind::timeline, HandleType::opaque_fd, file);
  ASSERT_TRUE(semaphore.ok());
  const auto fd = shares().export_handle(**semaphore, HandleType::opaque_fd);
  ASSERT_TRUE(fd.ok());
  close(static_cast<int>(*fd));
  fake_cuda::fail("cuImportExternalSemaphore", 1, 999);
  EXPECT_EQ(shares().import_semaphore(SemaphoreKind::binary, HandleType::opaque_fd, file).take_status().code(),
            Code::invalid_interop);
  EXPECT_EQ(shares().import_semaphore(SemaphoreKind::binary, HandleType::sync_fd, file).take_status().code(),
            Code::not_supported);
  EXPECT_EQ(shares().import_semaphore(SemaphoreKind::binary, HandleType::opaque_fd, -1).take_status().code(),
            Code::invalid_interop);
}

TEST_F(Sharing, WhatCudaLacksIsSaid) {
  EXPECT_EQ(shares().own_point(1).native, 0u);
  EXPECT_EQ(shares().create_semaphore(SemaphoreKind::timeline, HandleType::opaque_fd).take_status().code(),
            Code::not_supported);
  EXPECT_EQ(shares().wait_point({SemaphoreKind::timeline, 1, 1}, 0).take_status().code(), Code::not_supported);
  ASSERT_TRUE(device().begin().ok());
  shares().wait_before({SemaphoreKind::timeline, 0, 1});
  EXPECT_EQ(device().submit().take_status().code(), Code::argument_null);
}

TEST_F(Sharing, WithoutTimelineInteropTimelinesAreRefused) {
  fake_cuda::Settings old;
  old.timeline_interop = false;
  close(std::exchange(file, -1));
  start(old);
  file = memfd_create("shared", MFD_CLOEXEC);
  EXPECT_EQ(shares().import_semaphore(SemaphoreKind::timeline, HandleType::opaque_fd, file).take_status().code(),
            Code::not_supported);
  shares().wait_before({SemaphoreKind::timeline, 1, 1});
  ASSERT_TRUE(device().begin().ok());
  EXPECT_EQ(device().submit().take_status().code(), Code::not_supported);
  close(std::exchange(file, -1));
}

// ---- memory of the host's

class Addresses : public CudaTest {
 protected:
  Status refused(uint64_t address, uint64_t size_bytes) {
    return programs().import_address(kDeviceOnly(size_bytes), address).take_status();
  }
};

TEST_F(Addresses, OfThePrimaryContextAreTaken) {
  device();
  const uint64_t address = fake_cuda::make_memory(fake_cuda::primary_context(0), 4096);
  {
    auto buffer = programs().import_address(kDeviceOnly(1024), address + 1024);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ((*buffer)->device_address(), address + 1024);
    ASSERT_TRUE(device().begin().ok());
    device().fill_buffer(**buffer, 0, 1024, 5);
    finish();
  }
  EXPECT_EQ(gpu_value<uint32_t>(address + 2044), 5u);
  fake_cuda::free_memory(address);
}

TEST_F(Addresses, ThatAreNotOursAreRefusedWithTheReason) {
  fake_cuda::Settings two;
  two.gpus = 2;
  start(two);
  device();
  const uint64_t ours = fake_cuda::make_memory(fake_cuda::primary_context(0), 4096);
  const uint64_t others = fake_cuda::make_memory(fake_cuda::primary_context(1), 4096);
  const uint64_t foreign = fake_cuda::make_memory(fake_cuda::other_context(), 4096);
  int local = 0;
  EXPECT_EQ(refused(0, 16).code(), Code::argument_null);
  EXPECT_EQ(refused(reinterpret_cast<uint64_t>(&local), 4).code(), Code::invalid_argument);
  EXPECT_NE(refused(others, 4096).message().find("is of GPU 1, but the runtime's is 0"), std::string_view::npos);
  EXPECT_NE(refused(foreign, 4096).message().find("another context"), std::string_view::npos);
  EXPECT_NE(refused(ours + 4000, 97).message().find("(96 bytes are left there)"), std::string_view::npos);
  EXPECT_TRUE(refused(ours + 4000, 96).ok());
  for (const uint64_t address : {ours, others, foreign}) fake_cuda::free_memory(address);
}

}  // namespace
}  // namespace ist::cuda
