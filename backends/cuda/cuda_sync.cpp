// The driver's waits have no end but the event: waits with a timeout look and sleep.
#include "cuda/cuda_sync.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <thread>

namespace ist::cuda {
namespace {

// A thread that sleeps in the driver wakes up tens of microseconds late, so short batches are looked at for as long.
constexpr uint64_t kLookNs = 50'000;
constexpr uint64_t kLongestSleepNs = 1'000'000;

uint64_t clock_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t later(uint64_t from_ns, uint64_t ns) { return ns > UINT64_MAX - from_ns ? UINT64_MAX : from_ns + ns; }

}  // namespace

Fences::~Fences() {
  const auto current = Current::enter(gpu_);
  if (!current.ok()) return;
  for (const auto& fence : pending_) spare_.push_back(fence->event);
  for (const auto& fence : passed_) spare_.push_back(fence->event);
  if (newest_event_ && std::find(spare_.begin(), spare_.end(), newest_event_) == spare_.end())
    spare_.push_back(newest_event_);
  for (const NativeEvent event : spare_) gpu_.driver().EventDestroy(event);
}

Result<NativeEvent> Fences::spare_event() {
  if (!spare_.empty()) {
    const NativeEvent event = spare_.back();
    spare_.pop_back();
    return event;
  }
  NativeEvent event = nullptr;
  IST_CHECK(
      gpu_.check(gpu_.driver().EventCreate(&event, k::kEventBlockingSync | k::kEventDisableTiming), "cuEventCreate"));
  return event;
}

Result<NativeEvent> Fences::behind(uint64_t serial, NativeStream stream) {
  const std::lock_guard lock(mutex_);
  IST_CHECK(look());
  IST_TRY(const NativeEvent event, spare_event());
  Status recorded = gpu_.check(gpu_.driver().EventRecord(event, stream), "cuEventRecord");
  if (!recorded.ok()) {
    spare_.push_back(event);
    return recorded;
  }
  const bool last_has_passed = pending_.empty() && newest_event_;
  const bool looked_at =
      std::any_of(passed_.begin(), passed_.end(), [this](const auto& fence) { return fence->event == newest_event_; });
  if (last_has_passed && !looked_at) spare_.push_back(newest_event_);
  newest_event_ = event;
  pending_.push_back(std::make_unique<Fence>(Fence{serial, event, 0}));
  newest_.store(serial, std::memory_order_release);
  return event;
}

// The mutex is held and the context current. A failure is of the device, and remembered there.
Status Fences::look() {
  while (!pending_.empty()) {
    Fence& oldest = *pending_.front();
    const int answer = gpu_.driver().EventQuery(oldest.event);
    if (answer == k::kNotReady) return {};
    IST_CHECK(gpu_.check(answer, "cuEventQuery"));
    completed_.store(oldest.serial, std::memory_order_release);
    if (oldest.waiters > 0) {
      passed_.push_back(std::move(pending_.front()));
    } else if (oldest.event != newest_event_) {
      spare_.push_back(oldest.event);
    }
    pending_.pop_front();
  }
  return {};
}

uint64_t Fences::completed() {
  if (known() == newest_.load(std::memory_order_acquire)) return known();
  const auto current = Current::enter(gpu_);
  if (!current.ok()) return known();
  const std::lock_guard lock(mutex_);
  (void)look();
  return known();
}

// The mutex is held; all is known to have passed when it is null.
std::unique_ptr<Fences::Fence>* Fences::first_behind(uint64_t serial) {
  const auto found =
      std::find_if(pending_.begin(), pending_.end(), [serial](const auto& fence) { return fence->serial >= serial; });
  return found == pending_.end() ? nullptr : &*found;
}

Result<bool> Fences::wait_for(NativeEvent event, uint64_t timeout_ns) {
  const Driver& driver = gpu_.driver();
  const uint64_t begin = clock_ns();
  const uint64_t end = later(begin, timeout_ns);
  for (uint64_t sleep_ns = kLookNs;;) {
    const int answer = driver.EventQuery(event);
    const bool passed = answer == k::kSuccess;
    if (!passed && answer != k::kNotReady) return gpu_.check(answer, "cuEventQuery");
    const uint64_t now = clock_ns();
    const bool looked = now - begin >= kLookNs;
    if (passed || (looked && end == UINT64_MAX)) {
      // Also where nothing is left to wait for: what kernels have printed comes out there.
      IST_CHECK(gpu_.check(driver.EventSynchronize(event), "cuEventSynchronize"));
      return true;
    }
    if (now >= end) return false;
    if (!looked) {
      std::this_thread::yield();
      continue;
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(sleep_ns, end - now)));
    sleep_ns = std::min(sleep_ns * 2, kLongestSleepNs);
  }
}

// The mutex is held.
void Fences::leave(Fence& fence) {
  if (--fence.waiters > 0) return;
  const auto found = std::find_if(passed_.begin(), passed_.end(), [&](const auto& one) { return one.get() == &fence; });
  if (found == passed_.end()) return;  // still pending
  if (fence.event != newest_event_) spare_.push_back(fence.event);
  passed_.erase(found);
}

Result<bool> Fences::wait(uint64_t serial, uint64_t timeout_ns) {
  if (serial <= known()) return true;
  if (serial > newest_.load(std::memory_order_acquire))
    return fail(Code::invalid_state, "Batch %" PRIu64 " was never handed over.", serial);
  IST_CHECK(gpu_.health());
  IST_TRY(const Current current, Current::enter(gpu_));
  std::unique_lock lock(mutex_);
  std::unique_ptr<Fence>* found = first_behind(serial);
  if (!found) return true;
  Fence& fence = **found;
  ++fence.waiters;
  lock.unlock();
  auto waited = wait_for(fence.event, timeout_ns);
  lock.lock();
  Status looked = look();
  leave(fence);
  if (waited.ok() && !looked.ok()) return looked;
  return waited;
}

}  // namespace ist::cuda
