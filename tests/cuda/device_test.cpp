// What devices there are, memory, batches and who waits for them.
#include <atomic>
#include <thread>

#include "cuda/cuda_test.h"

namespace ist::cuda {
namespace {

class Devices : public CudaTest {};

TEST_F(Devices, FactsAreTheDriversAndContextsAreAsBefore) {
  const DeviceInfo& info = device().info();
  EXPECT_EQ(info.arch, Arch::cuda);
  EXPECT_EQ(info.name, "Fake GPU 0");
  EXPECT_EQ(info.api, "CUDA 12.4");
  EXPECT_EQ(info.driver, "NVIDIA, compute capability 8.6");
  EXPECT_EQ(info.vendor_id, 0x10deu);
  EXPECT_FALSE(info.is_cpu);
  EXPECT_EQ(info.device_uuid[0], 0xa0);
  EXPECT_EQ(info.device_uuid[15], 0xaf);
  EXPECT_EQ(info.limits.max_allocation_bytes, uint64_t{24} << 30);
  EXPECT_EQ(info.share.memory_import, 1u << 1 | 1u << 5);
  EXPECT_EQ(info.share.memory_export, 1u << 1);
  EXPECT_EQ(info.share.timeline_import, 1u << 1);
  EXPECT_TRUE(info.share.timeline);
  EXPECT_EQ(fake_cuda::live().contexts, 1);
  EXPECT_EQ(fake_cuda::contexts_of_thread(), contexts_before);
}

TEST_F(Devices, EachIndexIsItsGpuAndThoseBehindThemAreRefused) {
  fake_cuda::Settings two;
  two.gpus = 2;
  start(two);
  EXPECT_EQ(make_device(1)->info().name, "Fake GPU 1");
  const auto third = create_device(2, {fake_compiler(), ""});
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.status().code(), Code::argument_out_of_range);
  EXPECT_EQ(third.status().message(), "Device index 2 is out of range: there are 2 CUDA devices.");
}

TEST_F(Devices, OldGpusKeepTheirPlaceAndSayWhy) {
  fake_cuda::Settings old;
  old.capability = 61;
  start(old);
  const auto gpus = describe_gpus();
  ASSERT_TRUE(gpus.ok());
  EXPECT_EQ((*gpus)[0].info.name, "unusable: Fake GPU 0 (compute capability 6.1, but modules need 7.0)");
  const auto made = create_device(0, {fake_compiler(), ""});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::not_supported);
}

TEST_F(Devices, WhatOldDriversCannotShareIsNotOffered) {
  fake_cuda::Settings old;
  old.timeline_interop = old.file_descriptors = false;
  start(old);
  EXPECT_EQ(device().info().share.memory_export, 0u);
  EXPECT_FALSE(device().info().share.timeline);
}

TEST_F(Devices, PtxIsForTheNewestTargetThatBothKnow) {
  EXPECT_EQ(ptx_target(70), 70u);
  EXPECT_EQ(ptx_target(72), 70u);
  EXPECT_EQ(ptx_target(75), 75u);
  EXPECT_EQ(ptx_target(80), 80u);
  EXPECT_EQ(ptx_target(86), 86u);
  EXPECT_EQ(ptx_target(89), 86u);
  EXPECT_EQ(ptx_target(120), 86u);
}

TEST_F(Devices, SpirvIsNotRun) {
  EXPECT_EQ(device().create_pipeline({{}, {}, "fill"}).take_status().code(), Code::not_supported);
  EXPECT_EQ(device().allocate_args(16).take_status().code(), Code::not_supported);
  EXPECT_EQ(programs().code(), aot::CodeKind::cuda);
}

TEST_F(Devices, MappedMemoryIsPinnedAndOtherIsTheGpus) {
  const auto device_only = make_buffer(kDeviceOnly(4096));
  EXPECT_EQ(device_only->host(), nullptr);
  EXPECT_FALSE(device_only->seen_by_cpu());
  EXPECT_EQ(fake_cuda::live().device_memory, 1);
  const auto both = make_buffer(mapped(4096));
  ASSERT_NE(both->host(), nullptr);
  EXPECT_EQ(fake_cuda::bytes_at(both->device_address()), both->host());
  EXPECT_EQ(fake_cuda::live().pinned_memory, 1);
  EXPECT_EQ(device().allocation_count(), 2u);
}

TEST_F(Devices, MemoryThatIsNotThereIsToldWithItsSize) {
  auto status = device().create_buffer(kDeviceOnly(uint64_t{1} << 40)).take_status();
  EXPECT_EQ(status.code(), Code::out_of_memory);
  EXPECT_EQ(status.message(), "Device 'Fake GPU 0' has no 1099511627776 bytes of memory left (cuMemAlloc).");
  status = device().create_buffer(mapped(uint64_t{1} << 40)).take_status();
  EXPECT_EQ(status.code(), Code::out_of_memory);
}

TEST_F(Devices, CopiesAndFillsGoThroughTheStreamInOrder) {
  const auto upload = make_buffer(mapped(64)), readback = make_buffer(mapped(64));
  const auto on_gpu = make_buffer(kDeviceOnly(64));
  std::memset(upload->host(), 0x11, 64);
  ASSERT_TRUE(device().begin().ok());
  device().copy_buffer(*on_gpu, 0, *upload, 0, 64);
  device().fill_buffer(*on_gpu, 16, 32, 0x22222222);
  device().copy_buffer(*readback, 4, *on_gpu, 12, 40);
  finish();
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(readback->host()[4 + i], static_cast<std::byte>(i >= 4 && i < 36 ? 0x22 : 0x11)) << i;
}

TEST_F(Devices, BatchesHaveSerialsAndFinishInOrder) {
  fake_cuda::hold(true);
  const auto buffer = make_buffer(mapped(16));
  EXPECT_EQ(device().recording_serial(), 1u);
  EXPECT_EQ(submit(), 0u);  // none is open
  for (uint64_t serial = 1; serial <= 3; ++serial) {
    ASSERT_TRUE(device().begin().ok());
    EXPECT_TRUE(device().recording());
    EXPECT_EQ(device().recording_serial(), serial);
    device().fill_buffer(*buffer, 0, 16, static_cast<uint32_t>(serial));
    EXPECT_EQ(submit(), serial);
    EXPECT_FALSE(device().recording());
  }
  EXPECT_EQ(device().completed_serial(), 0u);
  EXPECT_FALSE(*device().wait(1, 0));
  EXPECT_FALSE(*device().wait(1, 200'000));
  EXPECT_TRUE(*device().wait(2, UINT64_MAX));
  EXPECT_EQ(device().completed_serial(), 2u);
  EXPECT_EQ(gpu_value<uint32_t>(buffer->device_address()), 2u);
  EXPECT_TRUE(*device().wait(3, UINT64_MAX));
  EXPECT_EQ(device().wait(4, 0).take_status().code(), Code::invalid_state);
}

TEST_F(Devices, EventsAreUsedAgain) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(device().begin().ok());
    finish();
  }
  EXPECT_LE(fake_cuda::live().events, 2);
}

TEST_F(Devices, FinishedWorkIsNotAskedFor) {
  ASSERT_TRUE(device().begin().ok());
  finish();
  fake_cuda::forget_calls();
  EXPECT_EQ(device().completed_serial(), 1u);
  EXPECT_TRUE(*device().wait(1, UINT64_MAX));
  EXPECT_TRUE(fake_cuda::calls().empty());
}

TEST_F(Devices, ThreadsWaitWhileAnotherRecords) {
  fake_cuda::hold(true);
  const auto buffer = make_buffer(mapped(16));
  std::atomic<int> finished{0};
  std::atomic<uint64_t> newest{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back([&, i] {
      for (uint64_t serial = 1; serial <= 100; ++serial) {
        while (newest < serial) std::this_thread::yield();
        if (i % 2 == 0) {
          EXPECT_TRUE(*device().wait(serial, UINT64_MAX));
        } else {
          while (!*device().wait(serial, 1000)) {
          }
        }
        EXPECT_GE(device().completed_serial(), serial);
      }
      ++finished;
    });
  }
  for (uint64_t serial = 1; serial <= 100; ++serial) {
    ASSERT_TRUE(device().begin().ok());
    device().fill_buffer(*buffer, 0, 16, 1);
    newest = submit();
  }
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(finished, 4);
}

TEST_F(Devices, ALostContextIsToldWithItsFirstCauseForEver) {
  const auto buffer = make_buffer(mapped(16));
  fake_cuda::fail("cuEventQuery", 0, k::kIllegalAddress);
  ASSERT_TRUE(device().begin().ok());
  device().fill_buffer(*buffer, 0, 16, 1);
  submit();
  auto first = device().wait(1, UINT64_MAX).take_status();
  EXPECT_EQ(first.code(), Code::invalid_state);
  EXPECT_EQ(first.message(),
            "Device 'Fake GPU 0' is lost: cuEventQuery fails with CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access "
            "was encountered).");
  fake_cuda::fail("cuEventQuery", 0, k::kLaunchFailed);
  const auto repeats = [&](Status status) { EXPECT_EQ(status.message(), first.message()); };
  repeats(device().begin());
  repeats(device().usable());
  repeats(device().submit().take_status());
  repeats(device().wait(1, 0).take_status());
  repeats(device().create_buffer(mapped(16)).take_status());
  repeats(programs().create_state({}).take_status());
}

TEST_F(Devices, ACommandThatFailsIsToldBySubmitAndTheBatchCounts) {
  const auto buffer = make_buffer(mapped(16));
  fake_cuda::fail("cuMemsetD32Async", 1, k::kInvalidValue);
  ASSERT_TRUE(device().begin().ok());
  device().fill_buffer(*buffer, 0, 16, 1);
  device().copy_buffer(*buffer, 0, *buffer, 8, 4);
  EXPECT_EQ(fake_cuda::count("cuMemcpyAsync"), 0u);  // what follows may rely on it
  const auto submitted = device().submit();
  ASSERT_FALSE(submitted.ok());
  EXPECT_EQ(submitted.status().message(), "cuMemsetD32Async fails with CUDA_ERROR_INVALID_VALUE (invalid argument).");
  EXPECT_EQ(device().recording_serial(), 2u);
  ASSERT_TRUE(device().begin().ok());
  EXPECT_EQ(submit(), 2u);
}

TEST_F(Devices, ABatchThatNoEventLiesBehindIsGoneAndFinished) {
  const auto buffer = make_buffer(mapped(16));
  fake_cuda::hold(true);
  fake_cuda::fail("cuEventRecord", 1, k::kOutOfMemory);
  ASSERT_TRUE(device().begin().ok());
  device().fill_buffer(*buffer, 0, 16, 7);
  EXPECT_EQ(device().submit().take_status().code(), Code::out_of_memory);
  EXPECT_EQ(device().recording_serial(), 1u);
  EXPECT_FALSE(device().recording());
  EXPECT_EQ(gpu_value<uint32_t>(buffer->device_address()), 7u);
  ASSERT_TRUE(device().begin().ok());
  EXPECT_EQ(submit(), 1u);
}

TEST_F(Devices, StampsAreNanosecondsBetweenEventsOfABatch) {
  ist::TimingOps* timing = device().timing_ops();
  ASSERT_NE(timing, nullptr);
  const auto buffer = make_buffer(mapped(16));
  ASSERT_TRUE(device().begin().ok());
  const uint32_t first = timing->stamp();
  device().fill_buffer(*buffer, 0, 16, 1);
  const uint32_t second = timing->stamp();
  const uint64_t serial = submit();
  ASSERT_TRUE(*device().wait(serial, UINT64_MAX));
  EXPECT_NEAR(static_cast<double>(timing->nanoseconds_between(serial, first, second)), 2000, 1);
  EXPECT_EQ(timing->nanoseconds_between(serial, second, 7), 0u);
  EXPECT_EQ(timing->nanoseconds_between(serial + 1, first, second), 0u);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(device().begin().ok());
    timing->stamp();
    finish();
  }
  EXPECT_EQ(timing->nanoseconds_between(serial, first, second), 0u);
  EXPECT_LE(fake_cuda::live().events, 70);
}

TEST_F(Devices, WorkThatRunsIsWaitedForBeforeTheDeviceGoes) {
  auto another = make_device();
  const uint64_t address = fake_cuda::make_memory(fake_cuda::primary_context(0), 16);
  fake_cuda::hold(true);
  {
    const auto buffer = *another->program_ops()->import_address(kDeviceOnly(16), address);
    ASSERT_TRUE(another->begin().ok());
    another->fill_buffer(*buffer, 0, 16, 9);
  }
  another.reset();
  EXPECT_EQ(gpu_value<uint32_t>(address), 9u);
  fake_cuda::free_memory(address);
}

}  // namespace
}  // namespace ist::cuda
