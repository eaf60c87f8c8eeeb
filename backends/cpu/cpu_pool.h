// The threads that share the splits of one loop of a CPU kernel. Knows nothing of kernels, modules or devices.
//
// One atomic ticket holds (epoch of the run : 32, indices nobody has taken yet : 32). Whoever wants indices swaps the
// ticket for one with fewer left, so a worker that wakes up late finds another epoch or nothing left: it can never take
// an index of a run it has not read. (It would have to be stopped between two instructions for exactly 2^32 runs.)
// run() allocates nothing and takes no lock, apart from starting threads the first time they are asked for.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cpu/cpu_count.h"

namespace ist::cpu {

// Thread-safety: one thread at a time may call members of one pool. Pools are independent of each other.
class CpuPool {
 public:
  using Split = void (*)(void* context, int thread_id, int index);

  // A pool of `threads` (clamped to 1 .. kMostThreads) with its caller among them. Starts none yet. Whoever starts
  // them, workers run where the maker of the pool may, and compute as programs begin to: rounding to nearest, with
  // denormals.
  explicit CpuPool(unsigned threads) : CpuPool(threads, usable_threads()) {}
  // For who has asked already how many are usable.
  CpuPool(unsigned threads, unsigned usable);
  // Joins the workers. In a forked child there are none, and none is waited for.
  ~CpuPool();
  CpuPool(const CpuPool&) = delete;
  CpuPool& operator=(const CpuPool&) = delete;

  // Calls `split` once for each index of [0, count), in any order, on at most `most_threads` threads; returns when all
  // calls have returned, and what they wrote is then seen. The caller takes part as thread 0; thread ids are below
  // threads() and `most_threads`, and those of concurrent calls differ. With one index or one thread it is a plain loop
  // in order.
  // Never called from within a split. A thread that cannot be started is done without, from then on.
  void run(int count, int most_threads, void* context, Split split);

  unsigned threads() const { return threads_; }
  // For tests: workers started so far, those that sleep now, and how often run() has woken one by a system call.
  unsigned started() const { return started_; }
  unsigned asleep() const;
  uint64_t wakes() const { return wakes_; }

 private:
  static constexpr size_t kApart = 128;  // two lines of 64: some cores fetch lines in pairs

  struct alignas(kApart) Worker {
    std::atomic<uint32_t> asleep = 0;  // a futex: 1 from before it sleeps until somebody has woken it
    CpuPool* pool = nullptr;
    int id = 0;
    uint32_t seen = 0;  // epoch of the last run it has looked at; its own once it runs
    pthread_t thread = {};
  };

  static void* enter(void* worker);
  void serve(Worker& worker);
  bool await_run(Worker& worker, uint64_t& ticket);
  uint32_t work(uint64_t ticket, int thread_id);
  int start_workers(int invited);
  bool start_worker();
  void publish(int count, int invited, void* context, Split split);
  void wake(unsigned workers);
  void wait_for_workers(uint32_t done);

  // What a worker reads to take part. The fields of the run are atomic because a late worker may read them while the
  // caller writes the next run's; what it read is then of no use to it, as its swap of the ticket fails.
  alignas(kApart) std::atomic<uint64_t> ticket_ = 0;
  std::atomic<void*> context_ = nullptr;
  std::atomic<Split> split_ = nullptr;
  std::atomic<uint32_t> count_ = 0;
  std::atomic<int> invited_ = 0;  // threads with a lower id take part
  std::atomic<bool> closing_ = false;

  // Splits that have not returned, and kCallerSleeps: a futex that the caller waits on.
  alignas(kApart) std::atomic<uint32_t> pending_ = 0;

  // The caller's own.
  alignas(kApart) const unsigned threads_;
  unsigned started_ = 0;
  bool may_start_ = true;
  pid_t owner_ = 0;  // the process that has the workers
  uint64_t wakes_ = 0;
  std::chrono::nanoseconds spin_{0};
  cpu_set_t cores_;                    // none: the system decides
  std::unique_ptr<Worker[]> workers_;  // threads_ - 1
};

}  // namespace ist::cpu
