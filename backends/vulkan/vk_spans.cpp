// Best fit over a sorted vector: blocks are small, so there are few intervals.
#include "vulkan/vk_spans.h"

#include <algorithm>
#include <cassert>

namespace ist::vk {

std::optional<uint64_t> FreeSpans::allocate(uint64_t size_bytes, uint64_t alignment) {
  assert(size_bytes > 0 && alignment > 0 && (alignment & (alignment - 1)) == 0);
  const auto aligned = [&](const Span& span) { return (span.offset + alignment - 1) & ~(alignment - 1); };
  size_t best = spans_.size();
  for (size_t i = 0; i < spans_.size(); ++i) {
    const Span& span = spans_[i];
    const uint64_t padding = aligned(span) - span.offset;
    if (span.size < padding || span.size - padding < size_bytes) continue;
    if (best == spans_.size() || span.size < spans_[best].size) best = i;
  }
  if (best == spans_.size()) return std::nullopt;

  const Span span = spans_[best];
  const uint64_t offset = aligned(span);
  const Span before{span.offset, offset - span.offset};
  const Span after{offset + size_bytes, span.offset + span.size - offset - size_bytes};
  const auto place = spans_.begin() + static_cast<ptrdiff_t>(best);
  if (before.size && after.size) {
    *place = before;
    spans_.insert(place + 1, after);
  } else if (before.size || after.size) {
    *place = before.size ? before : after;
  } else {
    spans_.erase(place);
  }
  free_bytes_ -= size_bytes;
  return offset;
}

void FreeSpans::release(uint64_t offset_bytes, uint64_t size_bytes) {
  free_bytes_ += size_bytes;
  auto next = std::lower_bound(spans_.begin(), spans_.end(), offset_bytes,
                               [](const Span& span, uint64_t offset) { return span.offset < offset; });
  const bool joins_next = next != spans_.end() && offset_bytes + size_bytes == next->offset;
  const bool joins_before = next != spans_.begin() && (next - 1)->offset + (next - 1)->size == offset_bytes;
  if (joins_before && joins_next) {
    (next - 1)->size += size_bytes + next->size;
    spans_.erase(next);
  } else if (joins_before) {
    (next - 1)->size += size_bytes;
  } else if (joins_next) {
    next->offset = offset_bytes;
    next->size += size_bytes;
  } else {
    spans_.insert(next, {offset_bytes, size_bytes});
  }
}

}  // namespace ist::vk
