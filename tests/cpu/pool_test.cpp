// The pool of the CPU backend: every index exactly once, on threads that are told apart, with memory seen both ways;
// when workers start, sleep and end.
#include "cpu/cpu_pool.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cpu/cpu_count.h"

namespace ist::cpu {
namespace {

using Body = std::function<void(int thread_id, int index)>;

void run(CpuPool& pool, int count, int most_threads, const Body& body) {
  const auto call = [](void* context, int thread_id, int index) {
    (*static_cast<const Body*>(context))(thread_id, index);
  };
  pool.run(count, most_threads, const_cast<Body*>(&body), call);
}

void nap() { std::this_thread::sleep_for(std::chrono::microseconds(100)); }

// A run in which every one of `threads` threads takes a split, as none returns before all have come.
void meet(CpuPool& pool, int threads) {
  std::atomic<int> came = 0;
  run(pool, threads, threads, [&](int, int) {
    ++came;
    while (came < threads) nap();
  });
}

void await_sleep(const CpuPool& pool) {
  while (pool.asleep() != pool.started()) nap();
}

void expect_each_index_once(CpuPool& pool, int count, int most_threads) {
  std::vector<std::atomic<int>> calls(static_cast<size_t>(std::max(count, 0)));
  std::vector<std::atomic<int>> inside(pool.threads());
  std::atomic<int> together = 0, most_together = 0, wrong = 0;
  const int threads = std::min(std::max(most_threads, 1), static_cast<int>(pool.threads()));
  run(pool, count, most_threads, [&](int thread_id, int index) {
    if (thread_id < 0 || thread_id >= threads || index < 0 || index >= count) {
      ++wrong;
      return;
    }
    if (++inside[static_cast<size_t>(thread_id)] != 1) ++wrong;
    const int now = ++together;
    for (int most = most_together; now > most && !most_together.compare_exchange_weak(most, now);) {
    }
    ++calls[static_cast<size_t>(index)];
    --together;
    --inside[static_cast<size_t>(thread_id)];
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(most_together, threads);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), 1), static_cast<std::ptrdiff_t>(calls.size()))
      << count << " splits on " << most_threads;
}

std::vector<std::string> names_of_threads() {
  std::vector<std::string> names;
  for (int id = 1; id < 4; ++id) names.push_back("isthmus-cpu-" + std::to_string(id));
  return names;
}

TEST(CpuPoolThreads, EachIndexIsCalledOnce) {
  CpuPool pool(4);
  for (const int count : {1, 2, 3, 4, 5, 63, 64, 65, 1000, 10000}) {
    for (const int most : {1, 2, 3, 4, 100}) expect_each_index_once(pool, count, most);
  }
}

TEST(CpuPoolThreads, RandomRunsCallEachIndexOnce) {
  std::mt19937 random(7);
  for (const unsigned threads : {2u, 3u, 9u}) {
    CpuPool pool(threads);
    for (int i = 0; i < 300; ++i) {
      const int count = static_cast<int>(random() % (i % 10 == 0 ? 10000 : 40));
      expect_each_index_once(pool, count, static_cast<int>(random() % (threads + 2)));
    }
    EXPECT_LE(pool.started(), threads - 1);
  }
}

TEST(CpuPoolThreads, NoIndexIsNoCall) {
  CpuPool pool(4);
  for (const int count : {0, -1, -2147483647 - 1}) {
    run(pool, count, 4, [](int, int) { ADD_FAILURE(); });
  }
  EXPECT_EQ(pool.started(), 0u);
}

TEST(CpuPoolThreads, LastSplitsGoOneByOne) {
  CpuPool pool(2);
  for (int i = 0; i < 100; ++i) meet(pool, 2);
}

TEST(CpuPoolThreads, EveryThreadIsTellable) {
  CpuPool pool(6);
  std::atomic<int> came = 0;
  std::vector<int> ids(6, -1);
  run(pool, 6, 6, [&](int thread_id, int index) {
    ids[static_cast<size_t>(index)] = thread_id;
    ++came;
    while (came < 6) nap();
  });
  EXPECT_EQ(std::set<int>(ids.begin(), ids.end()), (std::set<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(pool.started(), 5u);
}

TEST(CpuPoolThreads, CallerIsThreadZero) {
  CpuPool pool(3);
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 50; ++i) {
    run(pool, 30, 3, [&](int thread_id, int) {
      if ((std::this_thread::get_id() == caller) != (thread_id == 0)) ++wrong;
    });
  }
  EXPECT_EQ(wrong, 0);
}

// Two threads wait awake for each other on two cores; of more than there are cores, none does.
class CpuPoolSizeThreads : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Of, CpuPoolSizeThreads, testing::Values(2u, 4u));

// Plain memory, so that TSan sees a missing order and a release build a stale value.
TEST_P(CpuPoolSizeThreads, MemoryIsSeenBothWays) {
  CpuPool pool(GetParam());
  constexpr int kCount = 200;
  std::vector<uint64_t> in(kCount), out(kCount);
  for (uint64_t round = 0; round < 2000; ++round) {
    std::iota(in.begin(), in.end(), round);
    run(pool, kCount, 4, [&](int, int index) {
      const auto i = static_cast<size_t>(index);
      out[i] = in[i] * 3;
    });
    uint64_t sum = 0;
    for (const uint64_t value : out) sum += value;
    ASSERT_EQ(sum, 3 * (kCount * round + kCount * (kCount - 1) / 2)) << round;
  }
}

TEST_P(CpuPoolSizeThreads, TinyRunsBackToBack) {
  CpuPool pool(GetParam());
  std::vector<uint64_t> sums(4 * 16);  // by thread, apart from each other
  uint64_t expected = 0;
  for (int i = 0; i < 100000; ++i) {
    const int count = 2 + i % 3;
    expected += static_cast<uint64_t>(count * (count + 1) / 2);
    pool.run(count, 4, sums.data(), [](void* context, int thread_id, int index) {
      static_cast<uint64_t*>(context)[16 * thread_id] += static_cast<uint64_t>(index) + 1;
    });
  }
  EXPECT_EQ(sums[0] + sums[16] + sums[32] + sums[48], expected);
  EXPECT_LE(pool.wakes(), 100000u * (GetParam() - 1));
}

// The context of a run is gone when it has returned: a worker that is late must not touch it.
TEST_P(CpuPoolSizeThreads, LateWorkersLeaveOldRunsAlone) {
  CpuPool pool(GetParam());
  struct Context {
    uint64_t magic;
    std::atomic<int> calls;
  };
  for (int i = 0; i < 20000; ++i) {
    Context context{0x600df00d, 0};
    pool.run(4 + i % 2, 2 + i % 3, &context, [](void* raw, int, int) {
      auto& seen = *static_cast<Context*>(raw);
      if (seen.magic == 0x600df00d) ++seen.calls;
    });
    context.magic = 0;
    ASSERT_EQ(context.calls, 4 + i % 2);
  }
}

// Workers that go to sleep just as the next run begins must not miss it: here no run ends without all of them.
TEST_P(CpuPoolSizeThreads, NoRunIsMissed) {
  CpuPool pool(GetParam());
  const int threads = static_cast<int>(GetParam());
  for (int i = 0; i < 3000; ++i) {
    std::atomic<int> came = 0;
    run(pool, threads, threads, [&](int, int) {
      ++came;
      while (came < threads) std::this_thread::yield();
    });
  }
  EXPECT_LE(pool.wakes(), 3000u * (GetParam() - 1));
}

// Also those that are awake.
TEST_P(CpuPoolSizeThreads, OthersStayOut) {
  CpuPool pool(GetParam());
  for (int i = 0; i < 2000; ++i) {
    run(pool, 8, 4, [](int, int) {});
    expect_each_index_once(pool, 64, 1 + i % 4);
  }
}

TEST(CpuPoolThreads, SleepersAreWokenOnce) {
  CpuPool pool(3);
  meet(pool, 3);
  for (int i = 0; i < 20; ++i) {
    await_sleep(pool);
    const uint64_t before = pool.wakes();
    meet(pool, 3);
    EXPECT_EQ(pool.wakes() - before, 2u);
  }
}

TEST(CpuPoolThreads, OnlyInvitedWorkersAreWoken) {
  CpuPool pool(5);
  meet(pool, 5);
  await_sleep(pool);
  uint64_t before = pool.wakes();
  meet(pool, 2);  // two indices
  EXPECT_EQ(pool.wakes() - before, 1u);
  await_sleep(pool);
  before = pool.wakes();
  expect_each_index_once(pool, 1000, 3);  // three threads
  EXPECT_EQ(pool.wakes() - before, 2u);
  await_sleep(pool);
  before = pool.wakes();
  expect_each_index_once(pool, 1000, 1);
  EXPECT_EQ(pool.wakes(), before);
  EXPECT_EQ(pool.asleep(), 4u);
}

TEST(CpuPoolThreads, CallerSleepsUntilALongSplitReturns) {
  CpuPool pool(2);
  for (int i = 0; i < 5; ++i) {
    std::atomic<int> came = 0;
    int late = 0;
    run(pool, 2, 2, [&](int thread_id, int) {
      ++came;
      while (came < 2) nap();
      if (thread_id == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      late = 1;
    });
    EXPECT_EQ(late, 1);
  }
}

TEST(CpuPoolThreads, NoneIsStartedThatIsNotNeeded) {
  CpuPool pool(4);
  EXPECT_EQ(pool.threads(), 4u);
  std::vector<int> order;
  for (const auto& [count, most] : {std::pair(1, 4), std::pair(5, 1), std::pair(3, 0), std::pair(2, -1)}) {
    order.clear();
    run(pool, count, most, [&](int thread_id, int index) {
      EXPECT_EQ(thread_id, 0);
      order.push_back(index);
    });
    std::vector<int> expected(static_cast<size_t>(count));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected);
    EXPECT_EQ(pool.started(), 0u);
  }
  run(pool, 2, 4, [](int, int) {});
  EXPECT_EQ(pool.started(), 1u);
  run(pool, 100, 3, [](int, int) {});
  EXPECT_EQ(pool.started(), 2u);
  run(pool, 100, 100, [](int, int) {});
  EXPECT_EQ(pool.started(), 3u);
}

TEST(CpuPoolThreads, PoolOfOneIsAPlainLoop) {
  CpuPool pool(1);
  expect_each_index_once(pool, 100, 8);
  EXPECT_EQ(pool.started(), 0u);
  EXPECT_EQ(CpuPool(0).threads(), 1u);
  EXPECT_EQ(CpuPool(100000).threads(), kMostThreads);
}

TEST(CpuPoolThreads, ManyMoreThreadsThanCores) {
  CpuPool pool(64);
  for (int i = 0; i < 20; ++i) expect_each_index_once(pool, 500, 64);
  meet(pool, 64);
  EXPECT_EQ(pool.started(), 63u);
}

TEST_P(CpuPoolSizeThreads, DestroyedRightAfterARun) {
  for (int i = 0; i < 200; ++i) {
    CpuPool pool(GetParam());
    run(pool, 10, 4, [](int, int) {});
    if (i % 2 == 0) meet(pool, 2);
  }
}

TEST(CpuPoolThreads, DestroyedWhileWorkersSleep) {
  for (int i = 0; i < 5; ++i) {
    CpuPool pool(3);
    meet(pool, 3);
    await_sleep(pool);
  }
}

TEST(CpuPoolThreads, DestroyedUnused) { CpuPool pool(16); }

TEST(CpuPoolThreads, TwoPoolsAtOnce) {
  const auto work = [](unsigned seed) {
    std::mt19937 random(seed);
    CpuPool pool(3);
    for (int i = 0; i < 200; ++i) expect_each_index_once(pool, static_cast<int>(random() % 200), 3);
  };
  std::thread other(work, 1);
  work(2);
  other.join();
}

TEST(CpuPoolThreads, CallersMayTakeTurns) {
  CpuPool pool(3);
  for (int i = 0; i < 20; ++i) std::thread([&] { expect_each_index_once(pool, 100, 3); }).join();
  EXPECT_EQ(pool.started(), 2u);
}

TEST(CpuPoolThreads, WorkersAreNamedAndTakeNoSignals) {
  CpuPool pool(4);
  std::vector<std::string> names(4);
  std::vector<int> blocked(4), faults_blocked(4);
  std::atomic<int> came = 0;
  sigset_t before, after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  run(pool, 4, 4, [&](int thread_id, int) {
    const auto id = static_cast<size_t>(thread_id);
    char name[16] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    names[id] = name;
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR1, SIGPROF}) {
      blocked[id] += ::sigismember(&mask, signal);
    }
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) faults_blocked[id] += ::sigismember(&mask, signal);
    ++came;
    while (came < 4) nap();
  });
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  const std::vector<std::string> expected = names_of_threads();
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), names.begin() + 1));
  for (size_t id = 1; id < 4; ++id) EXPECT_EQ(blocked[id], 6);
  EXPECT_EQ(faults_blocked, std::vector<int>(4, 0));
  EXPECT_EQ(::sigismember(&after, SIGUSR1), ::sigismember(&before, SIGUSR1));
}

// An engine's thread may be pinned, and round as it likes: that is its own affair.
TEST(CpuPoolThreads, WorkersAreAsThePoolWasMade) {
  cpu_set_t all, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  CpuPool pool(2);
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  std::atomic<int> came = 0, cores = 0, rounding = -1;
  std::thread([&] {
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    std::fesetround(FE_UPWARD);
    run(pool, 2, 2, [&](int thread_id, int) {
      if (thread_id == 1) {
        cpu_set_t mine;
        ::sched_getaffinity(0, sizeof mine, &mine);
        cores = CPU_COUNT(&mine);
        rounding = std::fegetround();
      }
      ++came;
      while (came < 2) nap();
    });
  }).join();
  EXPECT_EQ(cores, CPU_COUNT(&all));
  EXPECT_EQ(rounding, FE_TONEAREST);
}

// Runs `body` in a forked child; true if it returned true there, in time.
bool in_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(body() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

uint64_t sum_of_run(CpuPool& pool, int count, int most_threads) {
  std::atomic<uint64_t> sum = 0;
  run(pool, count, most_threads, [&](int, int index) { sum += static_cast<uint64_t>(index) + 1; });
  return sum;
}

TEST(CpuPoolThreads, ForkedChildRunsAloneAndEnds) {
  for (const bool sleep_first : {false, true}) {
    auto pool = std::make_unique<CpuPool>(4);
    meet(*pool, 3);
    if (sleep_first) await_sleep(*pool);
    EXPECT_TRUE(in_child([&] {
      const bool right = sum_of_run(*pool, 100, 4) == 5050 && pool->started() == 2;
      pool.reset();
      return right;
    }));
    EXPECT_EQ(sum_of_run(*pool, 100, 4), 5050u);
  }
}

TEST(CpuPoolThreads, ThreadsThatCannotBeStartedAreDoneWithout) {
  for (const int first : {1, 2}) {
    EXPECT_TRUE(in_child([&] {
      CpuPool pool(4);
      run(pool, first, first, [](int, int) {});
      const rlimit none{1, 1};
      if (::setrlimit(RLIMIT_NPROC, &none) != 0) return false;
      if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return false;  // the limit is not for root
      for (int i = 0; i < 3; ++i) {
        if (sum_of_run(pool, 100, 4) != 5050) return false;
      }
      meet(pool, first);
      return pool.started() == static_cast<unsigned>(first) - 1;
    })) << first;
  }
}

// Control groups, as files in a folder.
class CpuCountTest : public testing::Test {
 protected:
  CpuCountTest() : root_(testing::TempDir() + "isthmus_groups_" + std::to_string(::getpid())) {}
  ~CpuCountTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  const std::string root_;
};

TEST_F(CpuCountTest, NoGroupIsNoQuota) {
  EXPECT_EQ(quota_threads("", root_), 0u);
  EXPECT_EQ(quota_threads("0::/\n", root_), 0u);
  EXPECT_EQ(quota_threads("garbage\n:\n::\n0::\n1:cpu:\n2:cpu:x\n", root_), 0u);
}

TEST_F(CpuCountTest, Version2TakesTheLeastOfAllAbove) {
  write("a/cpu.max", "350000 100000\n");
  write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(quota_threads("0::/a/b\n", root_), 4u);
  write("a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota_threads("0::/a/b\n", root_), 1u);
  write("cpu.max", "200000 100000\n");
  EXPECT_EQ(quota_threads("0::/\n", root_), 2u);
  EXPECT_EQ(quota_threads("0::/not/mounted/here\n", root_), 2u);
}

TEST_F(CpuCountTest, Version1HasTwoFiles) {
  write("cpu/x/cpu.cfs_quota_us", "300000\n");
  write("cpu/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota_threads("4:memory:/x\n3:cpu,cpuacct:/x\n", root_), 3u);
  EXPECT_EQ(quota_threads("4:memory:/x\n3:cpuset,cpuacct:/x\n", root_), 0u);
  write("cpu/x/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(quota_threads("3:cpu,cpuacct:/x\n", root_), 0u);
}

TEST_F(CpuCountTest, BrokenFilesAreNoQuota) {
  for (const char* text :
       {"", "max", "100000", "0 100000", "-5 100000", "100000 0", "100000 x", "99999999999999999999 1"}) {
    write("cpu.max", text);
    EXPECT_EQ(quota_threads("0::/\n", root_), 0u) << text;
  }
  write("cpu.max", "9000000000000000000 1");
  EXPECT_EQ(quota_threads("0::/\n", root_), kMostThreads);
}

TEST(CpuCount, AtLeastOneAndAtMostTheAffinity) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(usable_threads(), 1u);
  EXPECT_LE(usable_threads(), static_cast<unsigned>(CPU_COUNT(&before)));
  CPU_ZERO(&one);
  for (int core = 0; CPU_COUNT(&one) == 0; ++core) {
    if (CPU_ISSET(core, &before)) CPU_SET(core, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_threads(), 1u);
  CpuPool pool(4);  // four threads on one core: nobody waits awake
  for (int i = 0; i < 50; ++i) expect_each_index_once(pool, 20, 4);
  meet(pool, 4);
  ::sched_setaffinity(0, sizeof before, &before);
}

}  // namespace
}  // namespace ist::cpu
