// Which loops are worth waking somebody for.
#include "cpu/cpu_loops.h"

#include <atomic>

#include "cpu/cpu_clock.h"

namespace ist::cpu {
namespace {

constexpr unsigned kAtomicsWinFrom = 8;

// A call that finds nothing to do takes a few nanoseconds; waking a worker, 2 to 11 us (tests/cpu/pool_costs).
const uint64_t kBusyTicks = ticks_per_us() / 5;
const uint64_t kWorthTicks = 10 * ticks_per_us();

}  // namespace

Spread spread_of(const IstLlvmTaskFacts& facts, unsigned threads, bool deterministic) {
  if (deterministic || threads == 1 || facts.loop == IST_LLVM_LOOP_NONE) return Spread::serial;
  return facts.float_atomics && threads < kAtomicsWinFrom ? Spread::serial : Spread::parallel;
}

struct Loops::Loop {
  const int splits;
  const int most_threads;
  void* const context;
  const CpuPool::Split split;
  int first = 0;              // that the pool runs
  std::atomic<int> busy = 0;  // splits that had work, counted to a few
  const uint64_t begin = ticks();

  void call(int thread_id, int index) {
    const uint64_t before = ticks();
    split(context, thread_id, index);
    if (ticks() - before > kBusyTicks && !several_busy()) busy.fetch_add(1, std::memory_order_relaxed);
  }
  bool several_busy() const { return busy.load(std::memory_order_relaxed) > 1; }
  bool worth() const { return several_busy() && ticks() - begin > kWorthTicks; }
};

void Loops::parallel_for(void* loops, int splits, int most_threads, void* context, CpuPool::Split split) {
  auto& self = *static_cast<Loops*>(loops);
  if (self.spread_ == Spread::serial || splits < 2 || most_threads < 2) {
    for (int i = 0; i < splits; ++i) split(context, 0, i);
    return;
  }
  Loop loop{splits, most_threads, context, split};
  switch (*self.history_) {
    case LoopHistory::quick:
      return self.run_quick(loop);
    case LoopHistory::unknown:
      return self.run_timed(loop);
    case LoopHistory::worth:
      return self.run_spread(loop, 0);
  }
}

void Loops::run_quick(Loop& loop) {
  for (int i = 0; i < loop.splits; ++i) loop.split(loop.context, 0, i);
  // Longer than before, or this thread was interrupted.
  if (ticks() - loop.begin > kWorthTicks) *history_ = LoopHistory::unknown;
}

void Loops::run_timed(Loop& loop) {
  for (int i = 0; i < loop.splits; ++i) {
    loop.call(0, i);
    if (i + 2 >= loop.splits || !loop.worth()) continue;
    run_spread(loop, i + 1);
    return;
  }
  *history_ = loop.worth() ? LoopHistory::worth : LoopHistory::quick;
}

void Loops::run_spread(Loop& loop, int first) {
  loop.first = first;
  pool_.run(loop.splits - first, loop.most_threads, &loop, [](void* context, int thread_id, int index) {
    auto& spread = *static_cast<Loop*>(context);
    spread.call(thread_id, spread.first + index);
  });
  // Spread over the threads it has taken less.
  const bool worth = loop.several_busy() && ticks() - loop.begin > kWorthTicks / 4;
  *history_ = worth ? LoopHistory::worth : LoopHistory::quick;
}

}  // namespace ist::cpu
