// Handles: what each sort of handle resolves to, when objects die, and both under races.
#include "base/handle_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace ist {
namespace {

constexpr uint64_t kIntact = 0x600df00d600df00d;

class Probe : public Object {
 public:
  explicit Probe(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  ~Probe() override {
    intact_ = 0;
    --alive_;
  }
  bool intact() const { return intact_ == kIntact; }

 private:
  std::atomic<int>& alive_;
  uint64_t intact_ = kIntact;
};

class HandleTableTest : public testing::Test {
 protected:
  HandleBits add(Kind kind, HandleBits owner = 0) { return table_.add(kind, new Probe(alive_), owner); }
  Liveness liveness(HandleBits handle, Kind kind) { return table_.find(handle, kind).liveness; }

  std::atomic<int> alive_ = 0;
  HandleTable table_;
};

TEST_F(HandleTableTest, LiveHandleResolvesToItsObjectAndOwner) {
  auto* probe = new Probe(alive_);
  const HandleBits owner = add(Kind::runtime);
  const HandleBits handle = table_.add(Kind::memory, probe, owner);
  const HandleTable::Found found = table_.find(handle, Kind::memory);
  EXPECT_EQ(found.liveness, Liveness::alive);
  EXPECT_EQ(found.kind, Kind::memory);
  EXPECT_EQ(found.object, probe);
  EXPECT_EQ(found.owner, owner);
  EXPECT_EQ(HandleTable::kind_of(handle), Kind::memory);
  EXPECT_TRUE(table_.retire(handle, Kind::memory));
  EXPECT_TRUE(table_.retire(owner, Kind::runtime));
  EXPECT_EQ(alive_, 0);
}

TEST_F(HandleTableTest, EverySortOfDeadHandleIsToldApart) {
  const HandleBits handle = add(Kind::image);
  EXPECT_EQ(liveness(0, Kind::image), Liveness::null);
  EXPECT_EQ(liveness(handle, Kind::memory), Liveness::wrong_kind);
  EXPECT_EQ(table_.find(handle, Kind::memory).kind, Kind::image);
  EXPECT_EQ(table_.find(handle, Kind::memory).object, nullptr);
  EXPECT_TRUE(table_.retire(handle, Kind::image));
  EXPECT_EQ(liveness(handle, Kind::image), Liveness::destroyed);
  EXPECT_EQ(table_.find(handle, Kind::image).object, nullptr);
}

TEST_F(HandleTableTest, ForeignBitsNeverResolve) {
  const HandleBits handle = add(Kind::image);
  int local = 0;
  const HandleBits foreign[] = {1,
                                0xff,
                                ~HandleBits{0},
                                reinterpret_cast<HandleBits>(&local),
                                handle ^ 0x80,
                                handle + (HandleBits{1} << (sizeof(HandleBits) * 8 - 1))};
  for (const HandleBits bits : foreign) {
    EXPECT_NE(liveness(bits, Kind::image), Liveness::alive) << std::hex << bits;
    EXPECT_EQ(table_.pin(bits, Kind::image), nullptr) << std::hex << bits;
    EXPECT_FALSE(table_.retire(bits, Kind::image)) << std::hex << bits;
  }
  EXPECT_EQ(alive_, 1);
  EXPECT_TRUE(table_.retire(handle, Kind::image));
}

TEST_F(HandleTableTest, RandomBitsNeverResolve) {
  const HandleBits handle = add(Kind::kernel);
  std::mt19937_64 random(7);
  for (int i = 0; i < 100000; ++i) {
    const auto bits = static_cast<HandleBits>(random());
    if (bits == handle) continue;
    EXPECT_NE(liveness(bits, Kind::kernel), Liveness::alive);
  }
  EXPECT_TRUE(table_.retire(handle, Kind::kernel));
}

TEST_F(HandleTableTest, AReusedSlotDoesNotReviveItsOldHandle) {
  std::set<HandleBits> old;
  for (int i = 0; i < 1000; ++i) {
    const HandleBits handle = add(Kind::sampler);
    EXPECT_TRUE(old.insert(handle).second);
    EXPECT_TRUE(table_.retire(handle, Kind::sampler));
  }
  const HandleBits now = add(Kind::sampler);
  for (const HandleBits handle : old) EXPECT_EQ(liveness(handle, Kind::sampler), Liveness::destroyed);
  EXPECT_EQ(liveness(now, Kind::sampler), Liveness::alive);
  EXPECT_TRUE(table_.retire(now, Kind::sampler));
}

TEST_F(HandleTableTest, ASlotThatChangesKindDoesNotReviveItsOldHandle) {
  const HandleBits old = add(Kind::memory);
  EXPECT_TRUE(table_.retire(old, Kind::memory));
  const HandleBits now = add(Kind::image);
  EXPECT_EQ(liveness(old, Kind::memory), Liveness::destroyed);
  EXPECT_EQ(liveness(old, Kind::image), Liveness::destroyed);
  EXPECT_TRUE(table_.retire(now, Kind::image));
}

TEST_F(HandleTableTest, RetireWorksOnceAndOnlyForItsKind) {
  const HandleBits handle = add(Kind::memory);
  EXPECT_FALSE(table_.retire(handle, Kind::image));
  EXPECT_EQ(alive_, 1);
  EXPECT_TRUE(table_.retire(handle, Kind::memory));
  EXPECT_FALSE(table_.retire(handle, Kind::memory));
  EXPECT_FALSE(table_.retire(0, Kind::memory));
  EXPECT_EQ(alive_, 0);
}

TEST_F(HandleTableTest, PinnedObjectOutlivesItsHandle) {
  const HandleBits handle = add(Kind::memory);
  auto* pinned = static_cast<Probe*>(table_.pin(handle, Kind::memory));
  ASSERT_NE(pinned, nullptr);
  EXPECT_NE(table_.pin(handle, Kind::memory), nullptr);
  EXPECT_EQ(table_.pin(handle, Kind::image), nullptr);
  EXPECT_TRUE(table_.retire(handle, Kind::memory));
  EXPECT_EQ(liveness(handle, Kind::memory), Liveness::destroyed);
  EXPECT_EQ(table_.pin(handle, Kind::memory), nullptr);
  EXPECT_TRUE(pinned->intact());
  table_.unpin(handle);
  EXPECT_EQ(alive_, 1);
  table_.unpin(handle);
  EXPECT_EQ(alive_, 0);
}

TEST_F(HandleTableTest, AddressesHoldWhileTheTableGrows) {
  std::vector<HandleBits> handles;
  std::vector<Object*> objects;
  for (int i = 0; i < 5000; ++i) {
    handles.push_back(add(Kind::memory));
    objects.push_back(table_.find(handles.back(), Kind::memory).object);
  }
  for (size_t i = 0; i < handles.size(); ++i) EXPECT_EQ(table_.find(handles[i], Kind::memory).object, objects[i]);
  EXPECT_EQ(std::set<HandleBits>(handles.begin(), handles.end()).size(), handles.size());
  for (const HandleBits handle : handles) EXPECT_TRUE(table_.retire(handle, Kind::memory));
  EXPECT_EQ(alive_, 0);
}

TEST(PinTest, KeepsAliveUntilTheScopeEnds) {
  std::atomic<int> alive = 0;
  HandleTable& table = HandleTable::instance();
  const HandleBits handle = table.add(Kind::kernel, new Probe(alive), 0);
  {
    Pin first(handle, Kind::kernel);
    Pin moved(std::move(first));
    EXPECT_FALSE(first);
    EXPECT_TRUE(moved);
    Pin assigned;
    assigned = std::move(moved);
    EXPECT_TRUE(table.retire(handle, Kind::kernel));
    EXPECT_EQ(alive, 1);
    EXPECT_TRUE(static_cast<Probe*>(assigned.get())->intact());
  }
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(Pin(handle, Kind::kernel));
}

TEST(KindTest, EveryKindHasAName) {
  EXPECT_STREQ(kind_name(Kind::runtime), "TiRuntime");
  EXPECT_STREQ(kind_name(Kind::compute_graph), "TiComputeGraph");
  EXPECT_STREQ(kind_name(static_cast<Kind>(99)), "unknown object");
}

// One of many threads that retire one handle wins, and a pinned object is never seen dead.
TEST(HandleTableThreads, OneRetireWinsAndPinsHold) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  HandleTable table;
  std::atomic<int> alive = 0;
  std::atomic<int> won = 0;
  std::atomic<int> broken = 0;
  std::atomic<HandleBits> current = table.add(Kind::memory, new Probe(alive), 0);
  std::atomic<bool> stop = false;

  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const HandleBits handle = current;
        if (auto* probe = static_cast<Probe*>(table.pin(handle, Kind::memory))) {
          if (!probe->intact()) ++broken;
          table.unpin(handle);
        }
        if (table.retire(handle, Kind::memory)) {
          if (++won < kRounds) {
            current = table.add(Kind::memory, new Probe(alive), 0);
          } else {
            stop = true;
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, kRounds);
  EXPECT_EQ(broken, 0);
  EXPECT_EQ(alive, 0);
}

// find() beside a thread that retires and reuses slots answers with the object of that very handle or none.
TEST(HandleTableThreads, FindSeesTheRightObjectOrNone) {
  HandleTable table;
  std::atomic<int> alive = 0;
  std::atomic<HandleBits> current = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  // The owner stored with an object says which add() it came from.
  std::thread writer([&] {
    for (HandleBits round = 1; round <= 20000; ++round) {
      const HandleBits handle = table.add(Kind::image, new Probe(alive), round);
      const HandleTable::Found found = table.find(handle, Kind::image);
      if (found.owner != round) ++wrong;
      current = handle;
      if (!table.retire(handle, Kind::image)) ++wrong;
    }
    stop = true;
  });
  std::thread reader([&] {
    HandleBits newest = 0;
    while (!stop) {
      const HandleTable::Found found = table.find(current, Kind::image);
      if (found.liveness == Liveness::wrong_kind || found.liveness == Liveness::foreign) ++wrong;
      if (found.liveness != Liveness::alive) continue;
      if (found.object == nullptr || found.owner < newest) ++wrong;
      newest = found.owner;
    }
  });
  writer.join();
  reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(alive, 0);
}

TEST(HandleTableThreads, HandlesOfAllThreadsAreDistinct) {
  constexpr int kThreads = 4;
  constexpr int kEach = 3000;
  HandleTable table;
  std::atomic<int> alive = 0;
  std::vector<std::vector<HandleBits>> handles(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : handles) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) mine.push_back(table.add(Kind::memory, new Probe(alive), 0));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<HandleBits> distinct;
  for (const auto& mine : handles) distinct.insert(mine.begin(), mine.end());
  EXPECT_EQ(distinct.size(), size_t{kThreads * kEach});
  EXPECT_EQ(alive, kThreads * kEach);
  for (const HandleBits handle : distinct) EXPECT_TRUE(table.retire(handle, Kind::memory));
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace ist
