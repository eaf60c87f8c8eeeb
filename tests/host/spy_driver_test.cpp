// The spy tells the truth: used here by a program of its own in the library's place.
#include "spy_driver.h"

#include <gtest/gtest.h>

#include "host_device.h"

namespace host {
namespace {

template <class Pfn>
Pfn ask(const SpyDriver& spy, const HostDevice& host, const char* name) {
  return reinterpret_cast<Pfn>(spy.get()(host.instance(), name));
}

TEST(SpyDriver, CountsLivesAndRefusesWhatIsNewer) {
  HostDevice host;
  ASSERT_TRUE(host);
  SpyDriver spy;
  spy.allow_only(VK_API_VERSION_1_1, {VK_EXT_DEBUG_UTILS_EXTENSION_NAME});
  EXPECT_EQ(spy.get()(host.instance(), "vkWaitSemaphores"), nullptr);
  EXPECT_EQ(spy.get()(host.instance(), "vkQueueSubmit2"), nullptr);
  EXPECT_EQ(spy.get()(nullptr, "vkNoSuchFunction"), nullptr);
  EXPECT_NE(spy.get()(host.instance(), "vkGetPhysicalDeviceFeatures2"), nullptr);
  EXPECT_TRUE(spy.asked("vkWaitSemaphores"));

  const auto create = ask<PFN_vkCreateFence>(spy, host, "vkCreateFence");
  const auto destroy = ask<PFN_vkDestroyFence>(spy, host, "vkDestroyFence");
  const VkFenceCreateInfo info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
  VkFence fence = VK_NULL_HANDLE, theirs = VK_NULL_HANDLE;
  ASSERT_EQ(create(host.device(), &info, nullptr, &fence), VK_SUCCESS);
  EXPECT_EQ(spy.live(), (std::map<std::string, int64_t>{{"Fence", 1}}));
  destroy(host.device(), fence, nullptr);
  EXPECT_EQ(spy.calls("vkCreateFence"), 1u);
  EXPECT_TRUE(spy.live().empty());
  EXPECT_EQ(spy.foreign_destroys(), 0u);
  ASSERT_EQ(host.vk().CreateFence(host.device(), &info, nullptr, &theirs), VK_SUCCESS);
  destroy(host.device(), theirs, nullptr);
  EXPECT_EQ(spy.foreign_destroys(), 1u);
}

TEST(SpyDriver, PretendsAFamilyAndFailures) {
  HostDevice host;
  ASSERT_TRUE(host);
  SpyDriver spy;
  const uint32_t extra = spy.pretend_another_family(host.vk(), host.physical_device(), VK_QUEUE_GRAPHICS_BIT);
  const auto families =
      ask<PFN_vkGetPhysicalDeviceQueueFamilyProperties>(spy, host, "vkGetPhysicalDeviceQueueFamilyProperties");
  uint32_t count = 0;
  families(host.physical_device(), &count, nullptr);
  ASSERT_EQ(count, extra + 1);
  std::vector<VkQueueFamilyProperties> properties(count);
  families(host.physical_device(), &count, properties.data());
  EXPECT_EQ(properties[extra].queueFlags, VkQueueFlags{VK_QUEUE_GRAPHICS_BIT});

  const uint32_t both[] = {0, extra};
  VkBufferCreateInfo shared{};
  shared.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  shared.size = 64;
  shared.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  shared.sharingMode = VK_SHARING_MODE_CONCURRENT;
  shared.queueFamilyIndexCount = 2;
  shared.pQueueFamilyIndices = both;
  VkBuffer buffer = VK_NULL_HANDLE;
  ASSERT_EQ(ask<PFN_vkCreateBuffer>(spy, host, "vkCreateBuffer")(host.device(), &shared, nullptr, &buffer), VK_SUCCESS);
  ASSERT_EQ(spy.buffers().size(), 1u);
  EXPECT_EQ(spy.buffers()[0].families, (std::vector<uint32_t>{0, extra}));
  ask<PFN_vkDestroyBuffer>(spy, host, "vkDestroyBuffer")(host.device(), buffer, nullptr);

  const auto allocate = ask<PFN_vkAllocateMemory>(spy, host, "vkAllocateMemory");
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.allocationSize = 4096;
  VkDeviceMemory first = VK_NULL_HANDLE, second = VK_NULL_HANDLE;
  spy.fail_allocations(2);
  ASSERT_EQ(allocate(host.device(), &info, nullptr, &first), VK_SUCCESS);
  EXPECT_EQ(allocate(host.device(), &info, nullptr, &second), VK_ERROR_OUT_OF_DEVICE_MEMORY);
  ASSERT_EQ(allocate(host.device(), &info, nullptr, &second), VK_SUCCESS);
  EXPECT_EQ(spy.device_memory_bytes(), 8192u);
  for (const VkDeviceMemory memory : {first, second}) {
    ask<PFN_vkFreeMemory>(spy, host, "vkFreeMemory")(host.device(), memory, nullptr);
  }
  EXPECT_EQ(spy.device_memory_bytes(), 0u);

  spy.lose_device(2);
  const auto submit = ask<PFN_vkQueueSubmit>(spy, host, "vkQueueSubmit");
  EXPECT_EQ(submit(host.queue(), 0, nullptr, VK_NULL_HANDLE), VK_SUCCESS);
  EXPECT_EQ(submit(host.queue(), 0, nullptr, VK_NULL_HANDLE), VK_ERROR_DEVICE_LOST);
  EXPECT_EQ(spy.submits(), 2u);
  EXPECT_EQ(spy.overlapping_submits(), 0u);
}

}  // namespace
}  // namespace host
