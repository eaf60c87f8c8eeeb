// Events are reused; old batches are forgotten.
#include "cuda/cuda_timing.h"

#include <algorithm>

namespace ist::cuda {

TimingOps::~TimingOps() {
  const auto current = Current::enter(gpu_);
  if (!current.ok()) return;
  for (const Batch& batch : batches_) free_.insert(free_.end(), batch.events.begin(), batch.events.end());
  for (const NativeEvent event : free_) {
    if (event) gpu_.driver().EventDestroy(event);
  }
}

TimingOps::Batch& TimingOps::open_batch() {
  const uint64_t serial = recording_.serial();
  if (!batches_.empty() && batches_.back().serial == serial) return batches_.back();
  if (batches_.size() == kHistory) {
    const std::vector<NativeEvent>& events = batches_.front().events;
    std::copy_if(events.begin(), events.end(), std::back_inserter(free_), [](NativeEvent event) { return event; });
    batches_.pop_front();
  }
  batches_.push_back({serial, {}});
  return batches_.back();
}

NativeEvent TimingOps::record() {
  auto turn = recording_.turn();
  if (!turn.ok()) {
    recording_.keep(turn.take_status());
    return nullptr;
  }
  NativeEvent event = nullptr;
  if (free_.empty()) {
    recording_.keep(gpu_.check(gpu_.driver().EventCreate(&event, 0), "cuEventCreate"));
    if (!event) return nullptr;
  } else {
    event = free_.back();
    free_.pop_back();
  }
  Status recorded = gpu_.check(gpu_.driver().EventRecord(event, turn->stream), "cuEventRecord");
  if (recorded.ok()) return event;
  recording_.keep(std::move(recorded));
  free_.push_back(event);
  return nullptr;
}

uint32_t TimingOps::stamp() {
  Batch& batch = open_batch();
  batch.events.push_back(record());
  return static_cast<uint32_t>(batch.events.size() - 1);
}

uint64_t TimingOps::nanoseconds_between(uint64_t serial, uint32_t first, uint32_t last) {
  const auto batch = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& b) { return b.serial == serial; });
  if (batch == batches_.end() || first >= batch->events.size() || last >= batch->events.size()) return 0;
  const NativeEvent from = batch->events[first], to = batch->events[last];
  const auto current = Current::enter(gpu_);
  if (!from || !to || !current.ok()) return 0;
  float milliseconds = 0;
  if (gpu_.driver().EventElapsedTime(&milliseconds, from, to) != k::kSuccess || milliseconds < 0) return 0;
  return static_cast<uint64_t>(static_cast<double>(milliseconds) * 1e6);
}

}  // namespace ist::cuda
