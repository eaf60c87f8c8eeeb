// The memory orders, and why they suffice, are argued at the function that needs them.
#include "cpu/cpu_pool.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cfenv>
#include <cstdio>

namespace ist::cpu {

namespace {

// How long a worker waits awake for the next run, and a caller for the last split: about what it costs to have slept.
// By cpu_pool_costs on two virtual cores, a worker that waits awake begins its first split 0.15 to 0.6 us after the
// call of run(); one that sleeps 15 to 45 us after it, and the caller spends 2 to 11 us of that in the system call.
constexpr std::chrono::microseconds kSpin(50);

constexpr uint32_t kCallerSleeps = 0x80000000;

uint32_t epoch_of(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
uint32_t left_of(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
uint64_t make_ticket(uint32_t epoch, uint32_t left) { return uint64_t{epoch} << 32 | left; }

// May return early, for no reason or for a signal: callers look again.
void futex_wait(std::atomic<uint32_t>& word, uint32_t expected) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void futex_wake(std::atomic<uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // waits some ten cycles, where `yield` is nothing on cores with one thread
#endif
}

// A bounded wait on the core. Bounded in time, not in pauses: one takes 40 cycles on some cores and 140 on others.
class Spin {
 public:
  explicit Spin(std::chrono::nanoseconds limit) : limit_(limit) {}

  // Waits a moment. False when the time is up.
  bool again() {
    if (limit_.count() == 0) return false;
    pause();
    if (++polls_ % kPollsPerLook != 0) return true;
    const auto now = std::chrono::steady_clock::now();
    if (polls_ == kPollsPerLook) since_ = now;
    return now - since_ < limit_;
  }

 private:
  static constexpr uint32_t kPollsPerLook = 32;
  const std::chrono::nanoseconds limit_;
  std::chrono::steady_clock::time_point since_;
  uint32_t polls_ = 0;
};

// Threads started while this lives get no signals but those that a fault of their own raises: the program's handlers
// run on the program's threads, and a crash handler still sees a crash in a kernel.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t most;
    ::sigfillset(&most);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) ::sigdelset(&most, fault);
    ::pthread_sigmask(SIG_SETMASK, &most, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

constexpr size_t kStackBytes = size_t{8} << 20;

bool create_thread(pthread_t& thread, const cpu_set_t* cores, void* (*run)(void*), void* argument) {
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  if (cores && CPU_COUNT(cores) > 0) ::pthread_attr_setaffinity_np(&attributes, sizeof *cores, cores);
  const bool created = ::pthread_create(&thread, &attributes, run, argument) == 0;
  ::pthread_attr_destroy(&attributes);
  return created;
}

}  // namespace

CpuPool::CpuPool(unsigned threads, unsigned usable)
    : threads_(std::clamp(threads, 1u, kMostThreads)),
      // Where threads must share cores, one that waits awake takes the core from one that works.
      spin_(threads_ <= usable ? kSpin : std::chrono::nanoseconds(0)),
      workers_(std::make_unique<Worker[]>(threads_ - 1)) {
  if (::sched_getaffinity(0, sizeof cores_, &cores_) != 0) CPU_ZERO(&cores_);
}

CpuPool::~CpuPool() {
  if (started_ == 0 || owner_ != ::getpid()) return;
  closing_.store(true);
  wake(started_);
  for (unsigned i = 0; i < started_; ++i) ::pthread_join(workers_[i].thread, nullptr);
}

unsigned CpuPool::asleep() const {
  unsigned sum = 0;
  for (unsigned i = 0; i < started_; ++i) sum += workers_[i].asleep.load();
  return sum;
}

void CpuPool::run(int count, int most_threads, void* context, Split split) {
  int invited = std::min({count, most_threads, static_cast<int>(threads_)});
  if (invited > 1) invited = start_workers(invited);
  if (invited <= 1) {
    for (int index = 0; index < count; ++index) split(context, 0, index);
    return;
  }
  pending_.store(static_cast<uint32_t>(count), std::memory_order_relaxed);
  publish(count, invited, context, split);
  wake(static_cast<unsigned>(invited) - 1);
  const uint32_t done = work(ticket_.load(std::memory_order_relaxed), 0);
  if (done != static_cast<uint32_t>(count)) wait_for_workers(done);
}

// Nobody else writes the ticket here, since nothing is left to take of the last run, and everybody who took some has
// given it back through pending_. The store releases the fields and all that the caller wrote before; later swaps of
// the ticket continue its release sequence, so whoever loads a ticket of this epoch with acquire sees all that.
void CpuPool::publish(int count, int invited, void* context, Split split) {
  const uint64_t last = ticket_.load(std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  split_.store(split, std::memory_order_relaxed);
  count_.store(static_cast<uint32_t>(count), std::memory_order_relaxed);
  invited_.store(invited, std::memory_order_relaxed);
  ticket_.store(make_ticket(epoch_of(last) + 1, static_cast<uint32_t>(count)), std::memory_order_seq_cst);
}

// The ticket is stored before `asleep` is read here, and a worker sets `asleep` before it reads the ticket a last time,
// all sequentially consistent: either the worker sees the new run, or it is seen to sleep.
void CpuPool::wake(unsigned workers) {
  for (unsigned i = 0; i < workers; ++i) {
    if (workers_[i].asleep.load(std::memory_order_seq_cst) == 0) continue;
    if (workers_[i].asleep.exchange(0) == 0) continue;
    futex_wake(workers_[i].asleep);
    ++wakes_;
  }
}

// Takes indices of the run of `ticket` until none is left; returns how many it has called. The fields that are read
// here are of this run if a swap succeeds: they were loaded after the acquire of its ticket, and the caller writes the
// next run's only after it has seen this thread's splits returned. The swap itself needs no ordering.
uint32_t CpuPool::work(uint64_t ticket, int thread_id) {
  const uint32_t epoch = epoch_of(ticket);
  void* const context = context_.load(std::memory_order_relaxed);
  const Split split = split_.load(std::memory_order_relaxed);
  const uint32_t count = count_.load(std::memory_order_relaxed);
  const uint32_t share = 8 * static_cast<uint32_t>(invited_.load(std::memory_order_relaxed));
  uint32_t done = 0;
  while (left_of(ticket) != 0 && epoch_of(ticket) == epoch) {
    // An eighth of an even share of what is left: long lists of tiny splits do not fight for the ticket, and the last
    // splits, which decide when the run ends, still go one by one. 10,000 empty splits on two threads take 12 to 19 us
    // so, and 60 to 560 us one by one (cpu_pool_costs).
    const uint32_t taken = std::max(1u, left_of(ticket) / share);
    if (!ticket_.compare_exchange_weak(ticket, ticket - taken, std::memory_order_relaxed)) continue;
    const uint32_t first = count - left_of(ticket);
    for (uint32_t i = 0; i < taken; ++i) split(context, thread_id, static_cast<int>(first + i));
    done += taken;
    ticket -= taken;
  }
  return done;
}

// Every subtraction releases what its splits wrote and continues the release sequence of those before it, so an
// acquire of the last one sees them all.
void CpuPool::wait_for_workers(uint32_t done) {
  if (pending_.fetch_sub(done, std::memory_order_acq_rel) == done) return;
  for (Spin spin(spin_); spin.again();) {
    if (pending_.load(std::memory_order_acquire) == 0) return;
  }
  uint32_t rest = pending_.fetch_or(kCallerSleeps, std::memory_order_acquire) | kCallerSleeps;
  while (rest != kCallerSleeps) {
    futex_wait(pending_, rest);
    rest = pending_.load(std::memory_order_acquire);
  }
}

void* CpuPool::enter(void* worker) {
  auto& self = *static_cast<Worker*>(worker);
  char name[16];
  std::snprintf(name, sizeof name, "isthmus-cpu-%d", self.id);
  ::pthread_setname_np(::pthread_self(), name);
  std::fesetenv(FE_DFL_ENV);
  self.pool->serve(self);
  return nullptr;
}

void CpuPool::serve(Worker& worker) {
  for (uint64_t ticket; await_run(worker, ticket);) {
    const uint32_t done = work(ticket, worker.id);
    if (done == 0) continue;
    if (pending_.fetch_sub(done, std::memory_order_acq_rel) == (done | kCallerSleeps)) futex_wake(pending_);
  }
}

// Waits for a run that this worker is invited to; false when the pool closes. Runs without it do not keep it awake.
bool CpuPool::await_run(Worker& worker, uint64_t& ticket) {
  Spin spin(spin_);
  while (true) {
    ticket = ticket_.load(std::memory_order_acquire);
    if (epoch_of(ticket) != worker.seen) {
      worker.seen = epoch_of(ticket);
      if (worker.id < invited_.load(std::memory_order_relaxed)) return true;
    }
    if (spin.again()) continue;
    worker.asleep.store(1, std::memory_order_seq_cst);
    if (closing_.load(std::memory_order_seq_cst)) return false;
    if (epoch_of(ticket_.load(std::memory_order_seq_cst)) == worker.seen) futex_wait(worker.asleep, 1);
    worker.asleep.store(0, std::memory_order_relaxed);
  }
}

// Returns how many threads there are for a run that asks for `invited`.
int CpuPool::start_workers(int invited) {
  const unsigned wanted = static_cast<unsigned>(invited) - 1;
  while (started_ < wanted && may_start_) may_start_ = start_worker();
  return static_cast<int>(std::min(wanted, started_)) + 1;
}

bool CpuPool::start_worker() {
  if (started_ == 0) owner_ = ::getpid();
  if (owner_ != ::getpid()) return false;
  Worker& worker = workers_[started_];
  worker.pool = this;
  worker.id = static_cast<int>(started_) + 1;
  worker.seen = epoch_of(ticket_.load(std::memory_order_relaxed));
  const SignalsBlocked blocked;
  // Without the cores, when those have been taken from the process since.
  if (!create_thread(worker.thread, &cores_, enter, &worker) && !create_thread(worker.thread, nullptr, enter, &worker))
    return false;
  ++started_;
  return true;
}

}  // namespace ist::cpu
