// What a run of the pool costs, in nanoseconds, beside a plain loop of the same calls: the numbers that the constants
// of cpu_pool.cpp come from. Prints a table; asserts nothing.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "cpu/cpu_pool.h"

namespace ist::cpu {
namespace {

using Clock = std::chrono::steady_clock;

struct alignas(128) Counter {
  volatile uint64_t calls = 0;
};
using Counters = std::vector<Counter>;

void count_call(void* context, int thread_id, int) {
  Counter& counter = static_cast<Counter*>(context)[thread_id];
  counter.calls = counter.calls + 1;
}

double nanoseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

struct Range {
  double median, low, high;  // low and high: a tenth of the samples lies beyond each
};

template <class Body>
Range sample(int samples, Body body) {
  std::vector<double> times;
  for (int i = 0; i < samples; ++i) times.push_back(body());
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[times.size() / 10], times[times.size() * 9 / 10]};
}

void print(const char* what, int splits, Range run, double loop) {
  std::printf("%-44s %6d %10.0f %10.0f %10.0f %9.1f\n", what, splits, run.median, run.low, run.high, run.median / loop);
}

// One run on average, over enough of them that the clock does not count.
double back_to_back(CpuPool& pool, int splits, Counters& counters) {
  const int runs = std::max(20, 20000 / splits);
  const auto start = Clock::now();
  for (int i = 0; i < runs; ++i) pool.run(splits, splits, counters.data(), count_call);
  return nanoseconds_since(start) / runs;
}

double after_sleep(CpuPool& pool, int splits, Counters& counters) {
  pool.run(splits, splits, counters.data(), count_call);
  while (pool.asleep() != pool.started()) std::this_thread::sleep_for(std::chrono::microseconds(200));
  const auto start = Clock::now();
  pool.run(splits, splits, counters.data(), count_call);
  return nanoseconds_since(start);
}

struct Meeting {
  std::atomic<int> came = 0;
  Clock::time_point other;
};

// Each split waits until the other has begun, so that the run takes as long as a worker needs to arrive.
void meet(void* context, int thread_id, int) {
  auto& meeting = *static_cast<Meeting*>(context);
  if (thread_id != 0) meeting.other = Clock::now();
  ++meeting.came;
  while (meeting.came < 2) {
  }
}

double time_to_arrive(CpuPool& pool, bool asleep) {
  Meeting meeting;
  if (asleep) {
    while (pool.asleep() != pool.started()) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  const auto start = Clock::now();
  pool.run(2, 2, &meeting, meet);
  return std::chrono::duration<double, std::nano>(meeting.other - start).count();
}

double plain_loop(int splits, Counters& counters) {
  CpuPool alone(1);
  return sample(101, [&] { return back_to_back(alone, splits, counters); }).median;
}

void report() {
  const unsigned threads = std::max(2u, usable_threads());
  CpuPool pool(threads);
  Counters counters(threads);
  std::printf("threads %u; nanoseconds, and the median in plain loops of the same calls\n", threads);
  std::printf("%-44s %6s %10s %10s %10s %9s\n", "run", "splits", "median", "10 %", "90 %", "loops");
  for (const int splits : {2, 16, 256, 10000}) {
    const double loop = plain_loop(splits, counters);
    print("one thread", splits, {loop, loop, loop}, loop);
    print("back to back", splits, sample(101, [&] { return back_to_back(pool, splits, counters); }), loop);
    print("workers asleep", splits, sample(201, [&] { return after_sleep(pool, splits, counters); }), loop);
  }
  const double loop = plain_loop(2, counters);
  print("first split of a worker that waits awake", 2, sample(2001, [&] { return time_to_arrive(pool, false); }), loop);
  print("first split of a worker that sleeps", 2, sample(201, [&] { return time_to_arrive(pool, true); }), loop);
  std::printf("system calls to wake: %llu\n", static_cast<unsigned long long>(pool.wakes()));
}

}  // namespace
}  // namespace ist::cpu

int main() { ist::cpu::report(); }
