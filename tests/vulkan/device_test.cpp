// Buffers, dispatches and batches over the contract, on each path a device may need.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "contract/registry.h"
#include "shaders/many_bindings.h"
#include "vulkan_test.h"

namespace ist::vk {
namespace {

class VulkanDevice : public VulkanTest {};
INSTANTIATE_TEST_SUITE_P(Paths, VulkanDevice, testing::ValuesIn(kAllPaths), name_of);

TEST_P(VulkanDevice, RunsAShader) {
  const auto kernel = saxpy();
  const auto x = buffer(67 * 4), y = buffer(67 * 4);
  std::iota(view<float>(*x).begin(), view<float>(*x).end(), 0.f);
  std::fill(view<float>(*y).begin(), view<float>(*y).end(), 1.f);
  EXPECT_FALSE(device_->recording());
  begin();
  EXPECT_TRUE(device_->recording());
  EXPECT_EQ(device_->recording_serial(), 1u);
  record_saxpy(*kernel, *x, *y, 67, 2.f, 1);
  device_->barrier({kComputeWrite, kHostRead, {}});
  submit_and_wait();
  EXPECT_EQ(device_->completed_serial(), 1u);
  EXPECT_EQ(device_->recording_serial(), 2u);
  for (int i = 0; i < 67; ++i) EXPECT_EQ(view<float>(*y)[i], 1.f + 2.f * i);
}

TEST_P(VulkanDevice, CopiesAndFills) {
  const auto source = buffer(1024), device_only = buffer(1024, false), back = buffer(1024);
  EXPECT_EQ(device_only->host(), nullptr);
  std::iota(view<uint32_t>(*source).begin(), view<uint32_t>(*source).end(), 5u);
  begin();
  device_->copy_buffer(*device_only, 64, *source, 0, 512);
  device_->fill_buffer(*device_only, 0, 64, 0xabcd);
  device_->barrier({kTransferWrite, kTransferRead, {}});
  device_->copy_buffer(*back, 0, *device_only, 0, 576);
  device_->barrier({kTransferWrite, kHostRead, {}});
  submit_and_wait();
  EXPECT_EQ(view<uint32_t>(*back)[15], 0xabcdu);
  EXPECT_EQ(view<uint32_t>(*back)[16], 5u);
  EXPECT_EQ(view<uint32_t>(*back)[143], 132u);
}

TEST_P(VulkanDevice, TenThousandDispatchesAllocateNothingOnceWarm) {
  const auto kernel = saxpy();
  const auto x = buffer(64 * 4), y = buffer(64 * 4);
  std::fill(view<float>(*x).begin(), view<float>(*x).end(), 1.f);
  std::fill(view<float>(*y).begin(), view<float>(*y).end(), 0.f);
  uint64_t warm_allocations = 0;
  size_t warm_batches = 0, warm_chunks = 0;
  for (int batch = 0; batch < 20; ++batch) {
    begin();
    for (int i = 0; i < 500; ++i) {
      record_saxpy(*kernel, *x, *y, 64, 1.f, 1);
      device_->barrier({kComputeWrite, kComputeBoth, {}});
    }
    submit_and_wait();
    if (batch != 1) continue;
    warm_allocations = device_->allocation_count();
    warm_batches = device_->recorder().batch_count();
    warm_chunks = device_->recorder().args().chunk_count();
  }
  EXPECT_EQ(device_->allocation_count(), warm_allocations);
  EXPECT_EQ(device_->recorder().batch_count(), warm_batches);
  EXPECT_EQ(device_->recorder().args().chunk_count(), warm_chunks);
  begin();
  device_->barrier({kComputeWrite, kHostRead, {}});
  submit_and_wait();
  EXPECT_EQ(view<float>(*y)[63], 10000.f);
}

TEST_P(VulkanDevice, ArgsOutgrowAChunkAndComeBackZeroed) {
  for (int round = 0; round < 3; ++round) {
    begin();
    std::vector<std::pair<Buffer*, uint64_t>> seen;
    for (const uint32_t size : {16u, 100u, 16384u, 40000u, 3u, 256u}) {
      for (int i = 0; i < 40; ++i) {
        const auto block = device_->allocate_args(size);
        ASSERT_TRUE(block.ok());
        EXPECT_EQ(block->offset_bytes % device_->gpu().physical->limits.minUniformBufferOffsetAlignment, 0u);
        EXPECT_LE(block->offset_bytes + size, block->buffer->size_bytes());
        for (uint32_t b = 0; b < size; ++b) ASSERT_EQ(block->host[b], std::byte{0});
        std::memset(block->host, 0xff, size);
        seen.push_back({static_cast<Buffer*>(block->buffer), block->offset_bytes});
      }
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
    submit_and_wait();
  }
}

TEST_P(VulkanDevice, ManyBatchesInFlightFinishInOrder) {
  const auto kernel = saxpy();
  const auto x = buffer(64 * 4), y = buffer(64 * 4);
  std::fill(view<float>(*x).begin(), view<float>(*x).end(), 1.f);
  std::fill(view<float>(*y).begin(), view<float>(*y).end(), 0.f);
  uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    begin();
    EXPECT_EQ(device_->recording_serial(), last + 1);
    record_saxpy(*kernel, *x, *y, 64, 1.f, 1);
    device_->barrier({kComputeWrite,
                      {stage::kCompute | stage::kHost, access::kShaderRead | access::kShaderWrite | access::kHostRead},
                      {}});
    const auto serial = device_->submit();
    ASSERT_TRUE(serial.ok());
    EXPECT_EQ(*serial, last + 1);
    last = *serial;
    EXPECT_LE(device_->completed_serial(), last);
  }
  const auto done = device_->wait(last, UINT64_MAX);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(device_->completed_serial(), 100u);
  EXPECT_EQ(view<float>(*y)[0], 100.f);
  EXPECT_LE(device_->recorder().batch_count(), 32u);
}

TEST_P(VulkanDevice, SubmitWithoutABatchIsANoOp) {
  const auto none = device_->submit();
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, 0u);
  begin();
  begin();
  submit_and_wait();
  const auto again = device_->submit();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, 1u);
  EXPECT_TRUE(*device_->wait(0, 0));
  EXPECT_EQ(device_->wait(2, 0).status().code(), Code::invalid_state);
}

TEST_P(VulkanDevice, ThreadsWaitWhileOthersRecord) {
  const auto kernel = saxpy();
  const auto x = buffer(64 * 4), y = buffer(64 * 4);
  std::atomic<uint64_t> newest{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> waiters;
  for (int t = 0; t < 3; ++t) {
    waiters.emplace_back([&] {
      uint64_t seen = 0;
      while (!stop) {
        const uint64_t serial = newest.load();
        if (serial == 0) continue;
        const auto done = device_->wait(serial, UINT64_MAX);
        ASSERT_TRUE(done.ok()) << done.status().message();
        EXPECT_TRUE(*done);
        const uint64_t completed = device_->completed_serial();
        EXPECT_GE(completed, serial);
        EXPECT_GE(completed, seen);
        seen = completed;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    begin();
    record_saxpy(*kernel, *x, *y, 64, 1.f, 1);
    device_->barrier({kComputeWrite, kComputeBoth, {}});
    newest = *device_->submit();
  }
  stop = true;
  for (auto& waiter : waiters) waiter.join();
  EXPECT_TRUE(*device_->wait(200, UINT64_MAX));
}

TEST_P(VulkanDevice, ReusesSetsAndLayouts) {
  const auto first = saxpy(), second = saxpy();
  EXPECT_EQ(device_->pipelines().layout_count(), 1u);
  const auto x = buffer(64 * 4), y = buffer(64 * 4), z = buffer(64 * 4);
  for (auto* b : {x.get(), y.get(), z.get()}) std::fill(view<float>(*b).begin(), view<float>(*b).end(), 1.f);
  begin();
  for (int i = 0; i < 300; ++i) {
    record_saxpy(i % 2 ? *first : *second, *x, i % 3 ? *y : *z, 64, 1.f, 1);
    device_->barrier({kComputeWrite, kComputeBoth, {}});
  }
  device_->barrier({kComputeWrite, kHostRead, {}});
  submit_and_wait();
  EXPECT_EQ(view<float>(*y)[0], 201.f);
  EXPECT_EQ(view<float>(*z)[0], 101.f);
}

TEST_P(VulkanDevice, BindsMoreThanPushDescriptorsTake) {
  if (device_->info().limits.max_storage_buffers < 31) GTEST_SKIP() << "the device has fewer storage buffers";
  std::vector<PipelineBinding> bindings;
  for (uint32_t i = 0; i < 34; ++i)
    bindings.push_back({i, i < 3 ? DescriptorKind::uniform_buffer : DescriptorKind::storage_buffer});
  const auto kernel = pipeline(k_many_bindings, bindings);
  ASSERT_TRUE(kernel);
  const auto out = buffer(31 * 256);
  begin();
  Bound bound[34];
  for (uint32_t i = 0; i < 3; ++i) {
    const auto args = device_->allocate_args(4);
    const uint32_t value = 100u * (i + 1);
    std::memcpy(args->host, &value, 4);
    bound[i].buffer = args->buffer;
    bound[i].offset_bytes = args->offset_bytes;
    bound[i].size_bytes = 16;
  }
  for (uint32_t i = 0; i < 31; ++i) {
    bound[i + 3].buffer = out.get();
    bound[i + 3].offset_bytes = i * 256;
    bound[i + 3].size_bytes = 4;
  }
  device_->dispatch(*kernel, bound, 1);
  device_->barrier({kComputeWrite, kHostRead, {}});
  submit_and_wait();
  for (uint32_t i = 0; i < 31; ++i) EXPECT_EQ(view<uint32_t>(*out)[i * 64], 600u + i);
}

TEST_P(VulkanDevice, StampsGrowAndAreRememberedAfterReuse) {
  auto* timing = device_->timing_ops();
  if (!timing) GTEST_SKIP() << "the device has no time stamps";
  const auto kernel = saxpy();
  const auto x = buffer(64 * 4), y = buffer(64 * 4);
  begin();
  const uint32_t first = timing->stamp();
  for (int i = 0; i < 600; ++i) {
    record_saxpy(*kernel, *x, *y, 64, 1.f, 1);
    device_->barrier({kComputeWrite, kComputeBoth, {}});
    EXPECT_EQ(timing->stamp(), static_cast<uint32_t>(i + 1));
  }
  EXPECT_EQ(timing->nanoseconds_between(1, first, 600), 0u);
  submit_and_wait();
  const uint64_t all = timing->nanoseconds_between(1, first, 600);
  EXPECT_GT(all, 0u);
  for (int i = 0; i < 10; ++i) {
    begin();
    submit_and_wait();
  }
  EXPECT_EQ(timing->nanoseconds_between(1, first, 600), all);
  EXPECT_EQ(timing->nanoseconds_between(1, first, 601), 0u);
  EXPECT_EQ(timing->nanoseconds_between(99, 0, 1), 0u);
}

class VulkanFacts : public VulkanTest {};

TEST_F(VulkanFacts, UsageFlagsAreTheReleasedOnes) {
  const VkBufferUsageFlags address =
      device_->gpu().has_addresses() ? VkBufferUsageFlags{VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT} : 0;
  const auto usage = [&](uint32_t wanted) { return static_cast<Buffer&>(*buffer(16, true, wanted)).usage(); };
  EXPECT_EQ(usage(memory_usage::kStorage), 0x23u | address);
  EXPECT_EQ(usage(memory_usage::kUniform), 0x13u | address);
  EXPECT_EQ(usage(15), 0xf3u | address);
  const auto one = buffer(16), two = buffer(16);
  EXPECT_EQ(one->device_address() != 0, address != 0);
  EXPECT_TRUE(!address || one->device_address() != two->device_address());
}

TEST_F(VulkanFacts, CapabilitiesAscendAndMatchTheFeatures) {
  const DeviceInfo& info = device_->info();
  ASSERT_FALSE(info.capabilities.empty());
  EXPECT_EQ(info.capabilities[0].first, 1u);
  EXPECT_LE(info.capabilities[0].second, 0x10500u);
  for (size_t i = 1; i < info.capabilities.size(); ++i) {
    EXPECT_GT(info.capabilities[i].first, info.capabilities[i - 1].first);
    EXPECT_EQ(info.capabilities[i].second, 1u);
  }
  if (info.driver.find("Mesa 22.3") == std::string::npos) return;
  std::vector<uint32_t> names;
  for (const auto& [name, level] : info.capabilities) names.push_back(name);
  EXPECT_EQ(names, (std::vector<uint32_t>{1, 2, 3, 4, 5, 6, 11, 12, 13, 17, 18, 19, 20, 21, 22, 23}));
}

TEST_F(VulkanFacts, ListedDevicesAreThoseThatCanBeMade) {
  const auto infos = list_devices(Arch::vulkan);
  ASSERT_TRUE(infos.ok()) << infos.status().message();
  ASSERT_FALSE(infos->empty());
  EXPECT_EQ((*infos)[0].name, device_->info().name);
  EXPECT_EQ((*infos)[0].features.bits, device_->info().features.bits);
  EXPECT_TRUE(arch_available(Arch::vulkan));
  EXPECT_FALSE(arch_available(Arch::metal));
  const auto past = ist::create_device(Arch::vulkan, static_cast<uint32_t>(infos->size()));
  ASSERT_FALSE(past.ok());
  EXPECT_EQ(past.status().code(), Code::argument_out_of_range);
  EXPECT_NE(past.status().message().find(std::to_string(infos->size())), std::string_view::npos);
  EXPECT_EQ(ist::create_device(Arch::metal, 0).status().code(), Code::not_supported);
}

TEST_F(VulkanFacts, LabelsAndNamesAreTakenUnderValidation) {
  begin();
  device_->push_label("outer");
  device_->push_label("");
  device_->pop_label();
  device_->pop_label();
  submit_and_wait();
}

}  // namespace
}  // namespace ist::vk
