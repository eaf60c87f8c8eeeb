// Runs the loops of tasks: on this thread, or spread over the pool. What the code of kernels calls is here.
#pragma once

#include <cstdint>

#include "cpu/cpu_pool.h"
#include "llvm/plugin_abi.h"

namespace ist::cpu {

// How the splits of a task's loops are run.
enum class Spread : uint8_t {
  serial,    // one after the other: its atomics have been made plain
  parallel,  // over the pool, if there is more than one with work
};

// The rule, by what is known of a task. Measured with bench `cpu_mpm88_large` (40960 particles): the scatter with float
// atomics takes 6.3 ms of CPU time, on however many threads, and 0.95 ms with plain ones. Even if it scaled perfectly
// it could not win with six threads, so with fewer than eight such a task is serial.
Spread spread_of(const IstLlvmTaskFacts& facts, unsigned threads, bool deterministic);

// How the next run of a task's loops goes, by what the last one has taught.
enum class LoopHistory : uint8_t {
  quick,    // it was over sooner than somebody is woken: only its whole time is looked at
  unknown,  // each of its splits is timed
  worth,    // several splits had work, and more than it costs to wake somebody
};

// How a loop's iterations are dealt out to its splits is known to its own code alone: of a short loop the first split
// takes all, and the others return at once. So the splits of a loop are timed. As long as they are not worth it they
// are called here, one after the other, and nobody is woken. Thread-safety: one launch at a time.
class Loops {
 public:
  // As many as are usable.
  explicit Loops(unsigned threads) : pool_(threads, threads) {}

  // The task whose loops run from now on.
  void enter(Spread spread, LoopHistory& history) {
    spread_ = spread;
    history_ = &history;
  }
  const CpuPool& pool() const { return pool_; }

  // LlvmRuntime::parallel_for; `loops` is LlvmRuntime::thread_pool.
  static void parallel_for(void* loops, int splits, int most_threads, void* context, CpuPool::Split split);

 private:
  struct Loop;

  void run_quick(Loop& loop);
  void run_timed(Loop& loop);
  void run_spread(Loop& loop, int first);

  CpuPool pool_;
  Spread spread_ = Spread::serial;
  LoopHistory* history_ = nullptr;
};

}  // namespace ist::cpu
