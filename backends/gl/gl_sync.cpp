// Software drivers have often finished before the fence is made: a look right behind it saves every later one.
#include "gl/gl_sync.h"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <thread>

namespace ist::gl {
namespace {

bool is_over(Enum answer) { return answer == k::kAlreadySignaled || answer == k::kConditionSatisfied; }

// No wait is longer, so that a context that many threads look through goes round; a lone one is given back between
// looks, as the thread that works needs it, too.
constexpr uint64_t kSliceNs = 20'000'000, kLoneSliceNs = 1'000'000;
constexpr std::chrono::microseconds kGivenBack{50};
constexpr std::chrono::milliseconds kTurn{1};

}  // namespace

Status Fences::behind(uint64_t serial) {
  const Functions& gl = gpu_.gl();
  delete_spent();
  const Sync sync = gl.FenceSync(k::kSyncGpuCommandsComplete, 0);
  if (!sync)
    return fail(Code::invalid_state, "Device '%s' makes no fence; its context is lost.", gpu_.info().name.c_str());
  gl.Flush();  // a wait in another context does not do that for this one
  newest_.store(serial, std::memory_order_release);
  if (is_over(gl.ClientWaitSync(sync, 0, 0))) {
    gl.DeleteSync(sync);
    passed(serial);
    return {};
  }
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back({serial, sync});
  }
  look_at_older(serial);
  return {};
}

// Costs no bind here.
void Fences::look_at_older(uint64_t serial) {
  uint64_t found = 0;
  for (Sync sync = first_behind(0, found); sync && found < serial; sync = first_behind(0, found)) {
    if (!is_over(look(sync, 0))) return;
    passed(found);
  }
}

// Whoever looks at a fence has the turn; while somebody does, the spent ones are kept.
void Fences::delete_spent() {
  const std::unique_lock turn(looking_, std::try_to_lock);
  if (!turn) return;
  const std::lock_guard lock(mutex_);
  for (const Sync sync : spent_) gpu_.gl().DeleteSync(sync);
  spent_.clear();
}

void Fences::release() {
  {
    const std::lock_guard lock(mutex_);
    for (const Fence& fence : pending_) spent_.push_back(fence.sync);
    pending_.clear();
  }
  delete_spent();
}

// Batches finish in order.
void Fences::passed(uint64_t serial) {
  const std::lock_guard lock(mutex_);
  auto next = pending_.begin();
  for (; next != pending_.end() && next->serial <= serial; ++next) spent_.push_back(next->sync);
  pending_.erase(pending_.begin(), next);
  completed_.store(std::max(serial, completed_.load(std::memory_order_relaxed)), std::memory_order_release);
}

Sync Fences::first_behind(uint64_t serial, uint64_t& found) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(pending_.begin(), pending_.end(), [&](const Fence& f) { return f.serial >= serial; });
  if (at == pending_.end()) return nullptr;
  found = at->serial;
  return at->sync;
}

// Of another context that has come to lie where the host's lay, the fence is none.
Enum Fences::look(Sync sync, uint64_t timeout_ns) const {
  if (gpu_.borrowed() && !gpu_.gl().IsSync(sync)) return k::kWaitFailed;
  return gpu_.gl().ClientWaitSync(sync, 0, timeout_ns);
}

uint64_t Fences::completed() {
  const uint64_t known = completed_.load(std::memory_order_acquire);
  if (known >= newest_.load(std::memory_order_acquire)) return known;
  const std::unique_lock turn(looking_, std::try_to_lock);
  if (!turn) return known;
  auto current = Current::enter(looking_context());
  if (!current.ok()) return known;
  uint64_t serial = 0;
  for (uint64_t next = known + 1;; next = serial + 1) {
    const Sync sync = first_behind(next, serial);
    if (!sync || !is_over(look(sync, 0))) break;
    passed(serial);
  }
  return completed_.load(std::memory_order_acquire);
}

// One thread after another looks for a while; who waits for its turn sees what the others find out.
Result<bool> Fences::wait(uint64_t serial, uint64_t timeout_ns) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const auto left = [&] {
    const auto spent = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    return timeout_ns - std::min(timeout_ns, static_cast<uint64_t>(spent));
  };
  for (bool again = false; known() < serial; again = true) {
    if (again && (gpu_.lone || others_wait_.load(std::memory_order_relaxed) > 0))
      std::this_thread::sleep_for(kGivenBack);
    std::unique_lock turn(looking_, std::defer_lock);
    others_wait_.fetch_add(1, std::memory_order_relaxed);
    const bool mine = turn.try_lock_for(kTurn);
    others_wait_.fetch_sub(1, std::memory_order_relaxed);
    if (mine) IST_CHECK(look_for(serial, left()));
    if (known() < serial && left() == 0) return false;
  }
  return true;
}

Status Fences::look_for(uint64_t serial, uint64_t timeout_ns) {
  uint64_t found = 0;
  const Sync sync = first_behind(serial, found);
  if (!sync) {
    if (known() >= serial) return {};
    return fail(Code::invalid_state, "Batch %" PRIu64 " was never handed to device '%s'.", serial,
                gpu_.info().name.c_str());
  }
  IST_TRY(const Current current, Current::enter(looking_context()));
  look_at_older(found);
  const Enum answer = look(sync, std::min(timeout_ns, gpu_.lone ? kLoneSliceNs : kSliceNs));
  if (is_over(answer)) {
    passed(found);
  } else if (answer != k::kTimeoutExpired) {
    return fail(Code::invalid_state, "Device '%s' was lost while batch %" PRIu64 " ran.", gpu_.info().name.c_str(),
                serial);
  }
  return {};
}

}  // namespace ist::gl
