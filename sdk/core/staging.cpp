// Reuse of staging buffers.
#include "core/staging.h"

#include <algorithm>
#include <bit>

namespace ist {
namespace {

// A block of device memory holds a few of the smallest; what is kept stays small beside a runtime.
constexpr uint64_t kSmallestBytes = 4 << 10;
constexpr uint64_t kKeepBytes = 16 << 20;

}  // namespace

Result<Staging::Loan> Staging::lend(uint64_t size_bytes, Direction direction) {
  const auto fits = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.direction == direction && kept.buffer->buffer->size_bytes() >= size_bytes &&
           timeline_.finished(kept.buffer->last_use);
  });
  if (fits != kept_.end()) {
    auto buffer = std::move(fits->buffer);
    kept_bytes_ -= buffer->buffer->size_bytes();
    kept_.erase(fits);
    buffer->state = {};
    return Loan(*this, std::move(buffer), direction);
  }
  BufferDesc desc;
  desc.size_bytes = size_bytes < kKeepBytes ? std::bit_ceil(std::max(size_bytes, kSmallestBytes)) : size_bytes;
  desc.host_write = direction == Direction::to_device;
  desc.host_read = direction == Direction::to_host;
  desc.usage = memory_usage::kStorage;
  auto buffer = std::make_unique<TrackedBuffer>();
  IST_TRY(buffer->buffer, timeline_.device().create_buffer(desc));
  return Loan(*this, std::move(buffer), direction);
}

void Staging::give_back(std::unique_ptr<TrackedBuffer> buffer, Direction direction) {
  const uint64_t bytes = buffer->buffer->size_bytes();
  if (kept_bytes_ + bytes > kKeepBytes) {
    timeline_.forget(*buffer);
    timeline_.bury(std::move(buffer->buffer), buffer->last_use);
    return;
  }
  kept_bytes_ += bytes;
  kept_.push_back({std::move(buffer), direction});
}

}  // namespace ist
