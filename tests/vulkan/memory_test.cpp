// The allocator on a real device: blocks, types, mapping, counters.
#include <random>

#include "vulkan_test.h"

namespace ist::vk {
namespace {

class VulkanMemory : public VulkanTest {
 protected:
  static MemoryRequest request(uint64_t size, HostAccess host, uint64_t alignment = 64) {
    MemoryRequest result;
    result.requirements = {size, alignment, ~0u};
    result.host = host;
    return result;
  }
};

TEST_F(VulkanMemory, PiecesNeverOverlapAndBlocksGoAway) {
  struct Piece {
    MemoryPiece piece;
    uint8_t mark;
  };
  Memory memory(device_->gpu());
  std::mt19937 random(3);
  std::vector<Piece> live;
  uint8_t mark = 0;
  const auto check = [&](const Piece& one) {
    for (uint64_t i = 0; i < one.piece.size_bytes; i += 97)
      ASSERT_EQ(one.piece.host[i], static_cast<std::byte>(one.mark));
  };
  for (int step = 0; step < 600; ++step) {
    if (live.empty() || random() % 5 < 3) {
      const uint64_t size = 1 + random() % (random() % 16 ? 20000 : 900000);
      const uint64_t alignment = uint64_t{1} << (random() % 13);
      auto piece = memory.allocate(request(size, HostAccess::write, alignment));
      ASSERT_TRUE(piece.ok()) << piece.status().message();
      ASSERT_NE(piece->host, nullptr);
      ASSERT_EQ(piece->offset_bytes % alignment, 0u);
      ASSERT_NE(piece->block, nullptr);
      std::memset(piece->host, ++mark, size);
      live.push_back({*piece, mark});
    } else {
      const size_t index = random() % live.size();
      check(live[index]);
      memory.release(live[index].piece);
      live.erase(live.begin() + static_cast<ptrdiff_t>(index));
    }
  }
  for (const Piece& one : live) {
    check(one);
    memory.release(one.piece);
  }
  EXPECT_LE(memory.live_count(), 1u);
  EXPECT_LE(memory.live_bytes(), Memory::kLargestBlockBytes);
  EXPECT_GE(memory.allocation_count(), memory.live_count());
}

TEST_F(VulkanMemory, SmallPiecesShareABlockAndLargeOnesDoNot) {
  Memory memory(device_->gpu());
  const auto first = memory.allocate(request(1000, HostAccess::none));
  const auto second = memory.allocate(request(1000, HostAccess::none));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(memory.allocation_count(), 1u);
  EXPECT_EQ(memory.live_bytes(), Memory::kFirstBlockBytes);
  EXPECT_EQ(first->memory, second->memory);
  const auto large = memory.allocate(request(Memory::kOwnAllocationBytes, HostAccess::none));
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(memory.allocation_count(), 2u);
  EXPECT_EQ(large->block, nullptr);
  EXPECT_EQ(large->offset_bytes, 0u);
  memory.release(*large);
  EXPECT_EQ(memory.live_count(), 1u);
  memory.release(*first);
  memory.release(*second);
  EXPECT_EQ(memory.live_count(), 1u);  // one empty block is kept
  const auto again = memory.allocate(request(1000, HostAccess::none));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(memory.allocation_count(), 2u);
  memory.release(*again);
}

TEST_F(VulkanMemory, DeviceOnlyMemoryIsNeverMapped) {
  Memory memory(device_->gpu());
  const auto hidden = memory.allocate(request(256, HostAccess::none));
  const auto seen = memory.allocate(request(256, HostAccess::read));
  ASSERT_TRUE(hidden.ok() && seen.ok());
  EXPECT_EQ(hidden->host, nullptr);
  EXPECT_NE(seen->host, nullptr);
  EXPECT_NE(hidden->memory, seen->memory);
  memory.release(*hidden);
  memory.release(*seen);
}

TEST_F(VulkanMemory, ANewDeviceHoldsNoDeviceMemory) {
  EXPECT_EQ(device_->allocation_count(), 0u);
  begin();
  ASSERT_TRUE(device_->allocate_args(16).ok());
  submit_and_wait();
  EXPECT_EQ(device_->allocation_count(), 1u);
  EXPECT_EQ(device_->memory().live_bytes(), Memory::kFirstBlockBytes);
}

}  // namespace
}  // namespace ist::vk
