// The submitter alone: serials, polling, time-outs, on both kinds of synchronisation.
#include "vulkan/vk_submit.h"

#include "vulkan_test.h"

namespace ist::vk {
namespace {

class VulkanSubmitter : public VulkanTest {};
INSTANTIATE_TEST_SUITE_P(Paths, VulkanSubmitter, testing::Values(Paths{false, false}, Paths{false, true}), name_of);

TEST_P(VulkanSubmitter, SerialsCountUpAndComplete) {
  auto made = Submitter::create(device_->gpu());
  ASSERT_TRUE(made.ok());
  Submitter& submitter = **made;
  EXPECT_EQ(submitter.completed(), 0u);
  for (uint64_t serial = 1; serial <= 50; ++serial) {
    const auto given = submitter.submit(VK_NULL_HANDLE);
    ASSERT_TRUE(given.ok()) << given.status().message();
    EXPECT_EQ(*given, serial);
  }
  EXPECT_TRUE(*submitter.wait(20, UINT64_MAX));
  EXPECT_GE(submitter.completed(), 20u);
  EXPECT_TRUE(*submitter.wait(50, UINT64_MAX));
  EXPECT_EQ(submitter.completed(), 50u);
  EXPECT_TRUE(*submitter.wait(1, 0));
  EXPECT_EQ(submitter.wait(51, 0).status().code(), Code::invalid_state);
  EXPECT_TRUE(submitter.health().ok());
}

TEST_P(VulkanSubmitter, AWaitMayTimeOut) {
  const auto kernel = saxpy();
  const auto x = buffer(1 << 22), y = buffer(1 << 22);
  std::memset(x->host(), 0, x->size_bytes());
  std::memset(y->host(), 0, y->size_bytes());
  begin();
  for (int i = 0; i < 40; ++i) {
    record_saxpy(*kernel, *x, *y, 1 << 20, 1.f, 64);
    device_->barrier({kComputeWrite, kComputeBoth, {}});
  }
  const auto serial = device_->submit();
  ASSERT_TRUE(serial.ok());
  const auto early = device_->wait(*serial, 0);
  ASSERT_TRUE(early.ok());
  EXPECT_TRUE(!*early || device_->completed_serial() == *serial);
  EXPECT_TRUE(*device_->wait(*serial, UINT64_MAX));
}

}  // namespace
}  // namespace ist::vk
