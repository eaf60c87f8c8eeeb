// Queries are reused; old batches are forgotten.
#include "gl/gl_timing.h"

#include <algorithm>
#include <optional>

#include "gl_api/gl_state.h"

namespace ist::gl {
namespace {

constexpr Enum kQueryResult = 0x8866, kQueryBuffer = 0x9192, kQueryBufferBinding = 0x9193;

bool has_query_buffers(const Caps& caps) { return !caps.es && caps.major * 10 + caps.minor >= 44; }

}  // namespace

std::span<const Name> TimingOps::queries_for(uint64_t serial, uint32_t count) {
  if (count == 0) return {};
  if (batches_.size() == kHistory) {
    for (const Name query : batches_.front().queries) free_.push_back(query);
    batches_.pop_front();
  }
  const size_t missing = count > free_.size() ? count - free_.size() : 0;
  free_.resize(free_.size() + missing);
  if (missing > 0) gpu_.gl().GenQueries(static_cast<Size>(missing), free_.data() + free_.size() - missing);
  Batch& batch = batches_.emplace_back();
  batch.serial = serial;
  batch.queries.assign(free_.end() - count, free_.end());
  free_.resize(free_.size() - count);
  return batch.queries;
}

void TimingOps::read(Batch& batch) {
  if (batch.queries.empty()) return;
  const auto current = Current::enter(*gpu_.work);
  if (!current.ok()) return;
  std::optional<BoundBuffer> none;  // into one that the host has bound, results would go
  if (gpu_.borrowed() && has_query_buffers(gpu_.facts.caps))
    none.emplace(gpu_.gl(), kQueryBuffer, kQueryBufferBinding, 0);
  for (const Name query : batch.queries) {
    uint64_t ticks = 0;
    gpu_.gl().GetQueryObjectui64v(query, kQueryResult, &ticks);
    batch.ticks.push_back(ticks);
    free_.push_back(query);
  }
  batch.queries.clear();
}

uint64_t TimingOps::nanoseconds_between(uint64_t serial, uint32_t first, uint32_t last) {
  const auto batch = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& b) { return b.serial == serial; });
  if (batch == batches_.end()) return 0;
  read(*batch);
  const std::vector<uint64_t>& ticks = batch->ticks;
  if (first >= ticks.size() || last >= ticks.size() || ticks[last] < ticks[first]) return 0;
  return ticks[last] - ticks[first];
}

void TimingOps::release() {
  for (const Batch& batch : batches_) free_.insert(free_.end(), batch.queries.begin(), batch.queries.end());
  batches_.clear();
  if (!free_.empty()) gpu_.gl().DeleteQueries(static_cast<Size>(free_.size()), free_.data());
  free_.clear();
}

}  // namespace ist::gl
