// The ring's book and the pages, without images: who may have which slot.
#include "feed/ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <thread>

namespace ist::feed {
namespace {

struct Pages {
  explicit Pages(uint32_t consumers) {
    auto made = Board::make("test board");
    EXPECT_TRUE(made.ok());
    board = std::move(*made);
    for (uint32_t i = 0; i < consumers; ++i) {
      auto lease = Lease::make("test lease");
      EXPECT_TRUE(lease.ok());
      leases.push_back(std::make_unique<Lease>(std::move(*lease)));
      pointers.push_back(leases.back().get());
    }
  }
  Board board;
  std::vector<std::unique_ptr<Lease>> leases;
  std::vector<const Lease*> pointers;
};

class FeedRing : public testing::Test {
 protected:
  static constexpr uint32_t kSlots = 4;
  uint32_t begin() {
    bool changed;
    return ring.begin(pages.board, pages.pointers, &changed);
  }
  uint64_t end() {
    const uint64_t sequence = ring.next_sequence();
    ring.publish_after(pages.board, ++serial, {sequence, 7 * sequence, {sequence, 0}});
    return serial;
  }
  void finish(uint64_t up_to) { ring.publish_up_to(pages.board, pages.pointers, up_to); }
  uint32_t publish() {
    const uint32_t slot = begin();
    finish(end());
    return slot;
  }
  std::optional<Taken> take(uint32_t consumer, uint64_t seen = 0) {
    return take_newest(pages.board, *pages.leases[consumer], kSlots, seen);
  }

  Pages pages{2};
  Ring ring{kSlots};
  uint64_t serial = 0;
};

TEST_F(FeedRing, NobodyCanTakeWhatHasNotFinished) {
  const uint32_t slot = begin();
  const uint64_t batch = end();
  EXPECT_FALSE(take(0));
  EXPECT_TRUE(wants_news(*pages.leases[0]));
  EXPECT_FALSE(wants_news(*pages.leases[0]));
  finish(batch);
  const auto taken = take(0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->slot, slot);
  EXPECT_EQ(taken->note.sequence, 1u);
  EXPECT_EQ(taken->note.time_ns, 7u);
  EXPECT_FALSE(take(1, 1)) << "it has seen that one";
}

TEST_F(FeedRing, TheNewestWins) {
  publish();
  publish();
  const uint32_t newest = publish();
  const auto taken = take(0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->slot, newest);
  EXPECT_EQ(taken->note.sequence, 3u);
  EXPECT_EQ(ring.counts().published, 3u);
  EXPECT_EQ(ring.counts().skipped, 2u);
}

TEST_F(FeedRing, HeldSlotsStayAndThereIsAlwaysAnother) {
  publish();
  const auto first = take(0);
  publish();
  const auto second = take(1);
  ASSERT_TRUE(first && second);
  for (int i = 0; i < 100; ++i) {
    const uint32_t slot = begin();
    ASSERT_NE(slot, kNoSlot);
    EXPECT_NE(slot, first->slot);
    EXPECT_NE(slot, second->slot);
    const uint64_t batch = end();
    if (i % 3 == 0) finish(batch);
  }
  EXPECT_EQ(ring.leased(pages.pointers), 2u);
  give_back(*pages.leases[0]);
  give_back(*pages.leases[1]);
  finish(serial);
  EXPECT_EQ(ring.leased(pages.pointers), 0u);
  EXPECT_EQ(ring.available(pages.pointers), kSlots - 1);
}

TEST_F(FeedRing, TheOldestOnItsWayIsNeverOvertaken) {
  begin();
  const uint64_t first = end();
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(begin(), kNoSlot);
    end();
  }
  EXPECT_EQ(ring.oldest_serial(), first);
  finish(first);
  const auto taken = take(0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->note.sequence, 1u);
  EXPECT_EQ(ring.counts().dropped, 20u - 3u);
}

TEST_F(FeedRing, ADroppedFrameLeavesNoTrace) {
  ASSERT_NE(begin(), kNoSlot);
  ring.drop();
  EXPECT_EQ(ring.next_sequence(), 1u);
  EXPECT_EQ(ring.available(pages.pointers), kSlots);
  EXPECT_FALSE(take(0));
}

TEST_F(FeedRing, LeasesThatLieCostNothing) {
  for (const uint64_t lie : {uint64_t{5}, uint64_t{17}, uint64_t{1} << 40, ~uint64_t{0}}) {
    (*pages.leases[0])->slot = lie;
    EXPECT_EQ(slot_of(*pages.leases[0], kSlots), kNoSlot);
    ASSERT_NE(publish(), kNoSlot);
  }
}

TEST_F(FeedRing, BoardsThatLieAreNotBelieved) {
  for (const uint64_t lie : {uint64_t{0x105}, uint64_t{0x1ff}, uint64_t{0xff}, ~uint64_t{0}, uint64_t{0x100}}) {
    pages.board->newest = lie;
    EXPECT_FALSE(take(0)) << lie;
    EXPECT_EQ((*pages.leases[0])->slot.load(), 0u);
  }
}

// Consumers on threads of their own look at each slot from when they have it until they give it back.
TEST(FeedRingThreads, NoSlotChangesWhileItIsHeld) {
  constexpr uint32_t kSlots = 4;
  constexpr uint64_t kFrames = 40000;  // and until consumers have had their share
  Pages pages(2);
  Ring ring(kSlots);
  std::atomic<uint64_t> contents[kSlots] = {};
  std::atomic<bool> done{false};
  std::atomic<uint64_t> wrong{0}, taken_count{0};

  std::vector<std::thread> consumers;
  for (uint32_t i = 0; i < 2; ++i) {
    consumers.emplace_back([&, i] {
      uint64_t seen = 0;
      while (!done) {
        const auto taken = take_newest(pages.board, *pages.leases[i], kSlots, seen);
        if (!taken) {
          std::this_thread::yield();
          continue;
        }
        ++taken_count;
        wrong += taken->note.sequence <= seen || taken->note.user[0] != 3 * taken->note.sequence;
        seen = taken->note.sequence;
        for (int look = 0; look < 20; ++look) wrong += contents[taken->slot] != seen;
        if (seen % 5 == 0) std::this_thread::yield();
        wrong += contents[taken->slot] != seen;
        give_back(*pages.leases[i]);
      }
    });
  }
  uint64_t none = 0;
  for (uint64_t frame = 1; frame <= kFrames || taken_count < 1000; ++frame) {
    bool changed;
    const uint32_t slot = ring.begin(pages.board, pages.pointers, &changed);
    if (slot == kNoSlot) {
      ++none;
      continue;
    }
    contents[slot] = 0;
    const uint64_t sequence = ring.next_sequence();
    contents[slot] = sequence;
    ring.publish_after(pages.board, frame, {sequence, 0, {3 * sequence, 0}});
    if (frame % 4 != 1) ring.publish_up_to(pages.board, pages.pointers, frame - frame % 2);
    if (frame % 64 == 0) std::this_thread::yield();
  }
  done = true;
  for (std::thread& consumer : consumers) consumer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(none, 0u);
  EXPECT_EQ(ring.leased(pages.pointers), 0u);
}

TEST(FeedPages, OnlyFilesThatCannotShrinkAreMapped) {
  EXPECT_FALSE(Board::map(File(), false).ok());
  EXPECT_FALSE(Board::map(File(::open("/dev/null", O_RDWR | O_CLOEXEC)), false).ok());
  File loose(::memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(loose.get(), 4096), 0);
  EXPECT_FALSE(Board::map(File(::dup(loose.get())), false).ok());
  ASSERT_EQ(::fcntl(loose.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_TRUE(Board::map(File(::dup(loose.get())), false).ok());
  File tiny(::memfd_create("tiny", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(tiny.get(), 4095), 0);
  ASSERT_EQ(::fcntl(tiny.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_FALSE(Board::map(std::move(tiny), false).ok());
}

TEST(FeedPages, OthersCannotWriteTheBoard) {
  auto board = Board::make("test board");
  ASSERT_TRUE(board.ok());
  board->seal_for_others();
  (*board)->newest = 5;
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, board->file(), 0);
  EXPECT_EQ(page, MAP_FAILED);
  const auto theirs = Board::map(File(::dup(board->file())), false);
  ASSERT_TRUE(theirs.ok());
  EXPECT_EQ((*theirs)->newest.load(), 5u);
}

}  // namespace
}  // namespace ist::feed
