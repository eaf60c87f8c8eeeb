// One VkQueue, several runtimes and threads, and the host beside them; and devices with more than one family.
#include "host_test.h"

#include <atomic>

namespace host {
namespace {

class HostQueue : public HostTest {
 protected:
  // Each thread has a runtime of its own and looks at its own numbers.
  static void work(TiRuntime runtime, int thread, int rounds) {
    Module module(runtime, "fields");
    Array<int32_t> out(runtime, {20});
    for (int round = 0; round < rounds; ++round) {
      const int32_t base = 1000 * thread + round;
      module.launch("fill", {conformance::i32(base)});
      if (round % 3 == 0) ti_flush(runtime);
      module.launch("scale", {conformance::i32(2)});
      module.launch("read_line", {out.arg()});
      const std::vector<int32_t> line = out.read();
      for (int32_t i = 0; i < 20; ++i) ASSERT_EQ(line[static_cast<size_t>(i)], 2 * (base + i));
    }
    expect_no_error("a thread's work");
  }
};

// What the host's lock is for: the host submits to the queue too.
struct QueueLock {
  std::mutex* mutex;
  std::atomic<uint64_t> taken{0}, given{0};
  static thread_local int held;

  static void TI_API_CALL lock(void* self, VkQueue) {
    static_cast<QueueLock*>(self)->mutex->lock();
    ++static_cast<QueueLock*>(self)->taken;
    ++held;
  }
  static void TI_API_CALL unlock(void* self, VkQueue) {
    --held;
    ++static_cast<QueueLock*>(self)->given;
    static_cast<QueueLock*>(self)->mutex->unlock();
  }
};
thread_local int QueueLock::held = 0;

TEST_F(HostQueue, ThreadsWithTheHostsLockTakeTurns) {
  for (const FeatureSet features : {FeatureSet::none, FeatureSet::versions}) {
    start(with(features, features == FeatureSet::none ? VK_API_VERSION_1_1 : VK_API_VERSION_1_3));
    QueueLock lock{&host().queue_mutex()};
    std::atomic<uint64_t> outside{0}, wrong_queue{0};
    spy().on_submit([&](VkQueue queue) {
      if (QueueLock::held != 1) ++outside;
      if (queue != host().queue()) ++wrong_queue;
    });
    IstVulkanDevice info = adopted();
    info.lock_queue = QueueLock::lock;
    info.unlock_queue = QueueLock::unlock;
    info.user = &lock;
    std::vector<std::thread> threads;
    for (int k = 0; k < 4; ++k) {
      threads.emplace_back([&info, k] {
        TiRuntime handle = nullptr;
        ASSERT_EQ(ist_vulkan_adopt_device(&info, &handle), TI_ERROR_SUCCESS) << take_error().message;
        Runtime runtime(handle);
        work(runtime, k, 15);
      });
    }
    for (int k = 0; k < 10; ++k) expect_host_works();
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(spy().submits(), 60u);
    EXPECT_EQ(outside, 0u);
    EXPECT_EQ(wrong_queue, 0u);
    EXPECT_EQ(lock.taken, spy().submits());
    EXPECT_EQ(lock.taken, lock.given);
    TearDown();
  }
}

TEST_F(HostQueue, ThreadsOfThisLibraryTakeTurnsWithoutALock) {
  start();
  std::vector<std::thread> threads;
  const TiVulkanRuntimeInteropInfo info = imported();
  for (int k = 0; k < 4; ++k) {
    threads.emplace_back([&info, k] {
      Runtime runtime(ti_import_vulkan_runtime(&info));
      ASSERT_NE(runtime, nullptr) << take_error().message;
      work(runtime, k, 15);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(spy().submits(), 60u);
  EXPECT_EQ(spy().overlapping_submits(), 0u);
}

// The validation layer of our own device tells when two threads are in one queue.
TEST_F(HostQueue, ThreadsOnADeviceOfOurOwnTakeTurns) {
  conformance::OwnRuntime owner(TI_ARCH_VULKAN);
  TiVulkanRuntimeInteropInfo info{};
  ti_export_vulkan_runtime(owner.handle(), &info);
  std::vector<std::thread> threads;
  threads.emplace_back([&owner] { work(owner.handle(), 0, 15); });
  for (int k = 1; k < 4; ++k) {
    threads.emplace_back([&info, k] {
      Runtime runtime(ti_import_vulkan_runtime(&info));
      ASSERT_NE(runtime, nullptr) << take_error().message;
      work(runtime, k, 15);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(HostQueue, OneRuntimesEndLeavesTheOthersAlone) {
  start();
  Runtime kept = import();
  Module module(kept, "fields");
  module.launch("fill", {conformance::i32(3)});
  {
    Runtime gone = import();
    run_fields(gone);
  }
  Array<int32_t> out(kept, {20});
  module.launch("read_line", {out.arg()});
  EXPECT_EQ(out.read()[19], 22);
}

class HostFamilies : public HostTest {
 protected:
  uint32_t extra_family() {
    return spy().pretend_another_family(host().vk(), host().physical_device(),
                                        VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT);
  }
  // What ti_allocate_memory and ti_allocate_image make.
  void allocate(TiRuntime runtime) {
    const TiMemoryAllocateInfo memory{1 << 20, TI_FALSE, TI_FALSE, TI_FALSE, TI_MEMORY_USAGE_STORAGE_BIT};
    TiMemory allocated = ti_allocate_memory(runtime, &memory);
    ASSERT_NE(allocated, nullptr) << take_error().message;
    conformance::Image image(runtime, TI_IMAGE_DIMENSION_2D, {67, 33}, TI_FORMAT_RGBA8);
    ti_free_memory(runtime, allocated);
  }
  void expect_sharing(const std::vector<uint32_t>& families) {
    size_t storage_buffers = 0;
    for (const SeenResource& buffer : spy().buffers()) {
      if (!(buffer.usage & VK_BUFFER_USAGE_STORAGE_BUFFER_BIT)) continue;
      ++storage_buffers;
      expect_sharing(buffer, families);
    }
    EXPECT_GT(storage_buffers, 0u);
    ASSERT_EQ(spy().images().size(), 1u);
    expect_sharing(spy().images()[0], families);
  }
  static void expect_sharing(const SeenResource& resource, const std::vector<uint32_t>& families) {
    EXPECT_EQ(resource.sharing, families.empty() ? VK_SHARING_MODE_EXCLUSIVE : VK_SHARING_MODE_CONCURRENT);
    EXPECT_EQ(resource.families, families);
  }
};

TEST_F(HostFamilies, ObjectsAreConcurrentOverBothQueuesFamilies) {
  start();
  TiVulkanRuntimeInteropInfo info = imported();
  info.graphics_queue_family_index = extra_family();
  Runtime runtime(ti_import_vulkan_runtime(&info));
  ASSERT_NE(runtime, nullptr) << take_error().message;
  allocate(runtime);
  expect_sharing({info.compute_queue_family_index, info.graphics_queue_family_index});
  run_fields(runtime);
}

TEST_F(HostFamilies, WithoutAGraphicsQueueItsFamilyDoesNotCount) {
  start();
  TiVulkanRuntimeInteropInfo info = imported();
  info.graphics_queue_family_index = extra_family();
  info.graphics_queue = VK_NULL_HANDLE;
  Runtime runtime(ti_import_vulkan_runtime(&info));
  ASSERT_NE(runtime, nullptr) << take_error().message;
  allocate(runtime);
  expect_sharing({});
}

TEST_F(HostFamilies, OneFamilyIsExclusive) {
  start();
  extra_family();
  Runtime runtime = import();
  allocate(runtime);
  expect_sharing({});
}

TEST_F(HostFamilies, DeclaredFamiliesCountOnce) {
  start();
  const uint32_t other = extra_family();
  const uint32_t families[] = {other, host().queue_family(), other};
  IstVulkanDevice info = adopted();
  info.host_family_count = 3;
  info.host_families = families;
  TiRuntime handle = nullptr;
  ASSERT_EQ(ist_vulkan_adopt_device(&info, &handle), TI_ERROR_SUCCESS) << take_error().message;
  Runtime runtime(handle);
  allocate(runtime);
  expect_sharing({host().queue_family(), other});
}

TEST_F(HostFamilies, AnUnknownFamilyIsRefused) {
  start();
  const uint32_t families[] = {99};
  IstVulkanDevice info = adopted();
  info.host_family_count = 1;
  info.host_families = families;
  TiRuntime handle = nullptr;
  EXPECT_NE(ist_vulkan_adopt_device(&info, &handle), TI_ERROR_SUCCESS);
  EXPECT_EQ(handle, nullptr);
  expect_error({TI_ERROR_INVALID_ARGUMENT, TI_ERROR_ARGUMENT_OUT_OF_RANGE}, {"host_families", "99"});
}

}  // namespace
}  // namespace host
