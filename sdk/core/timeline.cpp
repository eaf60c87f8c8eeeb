// Barriers, batches and deferred destruction.
#include "core/timeline.h"

#include <time.h>

#include <algorithm>
#include <limits>

namespace ist {
namespace {

// A batch is submitted at this size or age even without a flush. Measured with bench `batched_1000`
// on lavapipe: smaller batches pay for submits, larger ones leave the device idle meanwhile.
constexpr uint32_t kBatchDispatches = 256;
constexpr int64_t kBatchAgeNs = 4'000'000;

// Fewer than any device's ring of batches, so that recording never sleeps with the runtime's lock held.
constexpr uint64_t kMostUnfinished = 24;

int64_t now_ns(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Mapped memory is read, and may be written before it is read again.
constexpr Scope kHostTurn{stage::kHost, access::kHostRead | access::kHostWrite};
constexpr Scope kDeviceWrites{stage::kCompute | stage::kTransfer, access::kShaderWrite | access::kTransferWrite};

}  // namespace

Status Timeline::begin() {
  if (in_host_) return may_record();
  if (device_.recording()) return {};
  read_times();  // a new batch may reuse the stamps of a finished one
  IST_CHECK(device_.begin());
  start_batch();
  return {};
}

void Timeline::start_batch() {
  before_.clear();
  batch_dispatches_ = 0;
  if (!immediate_) batch_opened_ns_ = now_ns(CLOCK_MONOTONIC);
  host_must_see_ = false;
}

void Timeline::use(TrackedBuffer& buffer, Scope scope) {
  const uint64_t serial = device_.recording_serial();
  if (!immediate_ && buffer.last_use != serial) save(buffer);
  if (buffer.zero_at_first_use) zero(buffer);
  if (self_ordered_) {
    buffer.state = {kAlreadyOrdered, {}};
  } else if (const auto barrier = require(buffer.state, scope)) {
    memory_src_ |= barrier->src;
    memory_dst_ |= barrier->dst;
  }
  buffer.last_use = serial;
  if (scope.writes()) {
    buffer.last_write = serial;
    buffer.last_writer = actor_;
    host_must_see_ |= !self_ordered_ && buffer.buffer->seen_by_cpu();
  }
}

void Timeline::use(TrackedImage& image, const SubresourceRange& range, const ImageUse& use) {
  const uint64_t serial = device_.recording_serial();
  if (image.last_use != serial) save(image);
  image.state.require(range, use, [&](const ImageBarrier& barrier) {
    image_barriers_.push_back({image.image.get(), barrier.range, barrier.from, barrier.to, barrier.src, barrier.dst});
  });
  image.last_use = serial;
  if (use.scope.writes()) {
    image.last_write = serial;
    image.last_writer = actor_;
  }
}

void Timeline::expect_peer(TrackedBuffer& buffer, bool writes) {
  buffer.last_use = device_.recording_serial();
  if (!writes) return;
  buffer.last_write = buffer.last_use;
  host_must_see_ = true;
}

void Timeline::transfer(TrackedBuffer& buffer, Transfer transfer, const Peer& peer) {
  settle();
  const Scope everything{stage::kAllCommands, access::kMemoryRead | access::kMemoryWrite};
  const uint64_t serial = device_.recording_serial();
  if (buffer.last_use != serial) save(buffer);
  const BufferTransferCommand command{buffer.buffer.get(), transfer, peer, everything};
  device_.barrier({{}, {}, {}, {&command, 1}});
  ++counters_.barriers;
  buffer.last_use = serial;
  if (transfer == Transfer::acquire) buffer.state = {kAlreadyOrdered, {}};
}

void Timeline::transfer(TrackedImage& image, const SubresourceRange& range, Layout layout, Transfer transfer,
                        const Peer& peer) {
  settle();
  const Scope everything{stage::kAllCommands, access::kMemoryRead | access::kMemoryWrite};
  const uint64_t serial = device_.recording_serial();
  if (image.last_use != serial) save(image);
  const ImageBarrierCommand command{image.image.get(), range, layout, layout, everything, everything, transfer, peer};
  device_.barrier({{}, {}, {&command, 1}});
  ++counters_.barriers;
  image.last_use = serial;
  if (transfer == Transfer::acquire) image.state.restate(range, {layout, kAlreadyOrdered, {}});
}

void Timeline::zero(TrackedBuffer& buffer) {
  buffer.zero_at_first_use = false;
  device_.fill_buffer(*buffer.buffer, 0, buffer.buffer->size_bytes(), 0);
  ++counters_.copies;
  buffer.state = {kCopyWrites, {}};
}

void Timeline::settle() {
  if (memory_src_.stages == 0 && image_barriers_.empty()) return;
  device_.barrier({memory_src_, memory_dst_, image_barriers_});
  ++counters_.barriers;
  memory_src_ = memory_dst_ = {};
  image_barriers_.clear();
}

Status Timeline::recorded(uint32_t dispatches) {
  counters_.dispatches += dispatches;
  batch_dispatches_ += std::max(dispatches, 1u);
  if (in_host_) return {};
  // The coarse clock takes a fifth of the time, and is behind the other by up to a tick of the kernel, never ahead.
  const bool young = immediate_ || now_ns(CLOCK_MONOTONIC_COARSE) - batch_opened_ns_ < kBatchAgeNs;
  return young && batch_dispatches_ < kBatchDispatches ? Status() : submit();
}

Status Timeline::submit() {
  IST_CHECK(outside_host());
  submit_asked_ = holds_back();
  if (submit_asked_) return {};
  if (device_.recording()) {
    show_host();
    ++counters_.submits;
  }
  const uint64_t serial = device_.recording_serial();
  Status status = device_.submit().take_status();
  if (!status.ok() && device_.recording_serial() == serial) {
    before_.restore();
    forget_times(serial);
  }
  before_.clear();
  collect();
  return status;
}

// Vulkan 7.9 "Host Write Ordering Guarantees" has no twin for reads: a fence or semaphore does not make device
// writes visible to the host, a barrier to the host stage does.
void Timeline::show_host() {
  if (!host_must_see_) return;
  device_.barrier({kDeviceWrites, kHostTurn, {}});
  ++counters_.barriers;
}

Status Timeline::reach(uint64_t serial) {
  if (finished(serial) || !host_ops_ || host_ops_->awaitable(serial)) return {};
  IST_CHECK(begin());
  return submit();
}

void Timeline::forget(const TrackedBuffer& buffer) {
  before_.forget(buffer);
  for (Held& held : held_) held.before.forget(buffer);
}

void Timeline::forget(const TrackedImage& image) {
  before_.forget(image);
  for (Held& held : held_) held.before.forget(image);
}

Status Timeline::wait(uint64_t serial) {
  if (serial == 0) return {};
  return device_.wait(serial, std::numeric_limits<uint64_t>::max()).take_status();
}

bool Timeline::crowded() {
  return last_serial() > completed_ + kMostUnfinished && last_serial() > completed() + kMostUnfinished;
}

uint64_t Timeline::completed() {
  completed_ = std::max(completed_, device_.completed_serial());
  return completed_;
}

bool Timeline::finished(uint64_t serial) { return immediate_ || serial <= completed_ || serial <= completed(); }

void Timeline::bury(std::unique_ptr<DeviceObject> object, uint64_t last_use) {
  if (object && !finished(last_use)) graveyard_.push_back({last_use, std::move(object)});
}

Status Timeline::set_timing(bool on) {
  if (on && !device_.timing_ops()) {
    return fail(Code::not_supported, "The device '%s' has no time stamps.", device_.info().name.c_str());
  }
  timing_ = on;
  return {};
}

uint32_t Timeline::stamp() { return device_.timing_ops()->stamp(); }

void Timeline::time_since(uint32_t first, std::shared_ptr<KernelTimes> times) {
  timed_.push_back({device_.recording_serial(), first, stamp(), std::move(times)});
}

void Timeline::forget_times(uint64_t serial) {
  std::erase_if(timed_, [&](const Timed& timed) { return timed.serial == serial; });
}

void Timeline::read_times() {
  if (timed_.empty()) return;
  completed();
  std::erase_if(timed_, [&](const Timed& timed) {
    if (timed.serial > completed_) return false;
    timed.times->last_ns = device_.timing_ops()->nanoseconds_between(timed.serial, timed.first, timed.last);
    timed.times->total_ns += timed.times->last_ns;
    return true;
  });
}

void Timeline::collect() {
  read_times();
  if (graveyard_.empty()) return;
  completed();
  std::erase_if(graveyard_, [&](const Buried& buried) { return buried.serial <= completed_; });
}

}  // namespace ist
