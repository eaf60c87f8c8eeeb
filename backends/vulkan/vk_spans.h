// Free room inside one block of memory, as disjoint intervals. Numbers only, no Vulkan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ist::vk {

// Best fit with coalescing. Thread-safety: none. Cost: linear in the number of free intervals.
class FreeSpans {
 public:
  explicit FreeSpans(uint64_t size_bytes) : size_(size_bytes), free_bytes_(size_bytes), spans_{{0, size_bytes}} {}

  // Offset of `size_bytes` (positive) at a multiple of `alignment` (a power of two), or nothing.
  std::optional<uint64_t> allocate(uint64_t size_bytes, uint64_t alignment);
  // Gives back exactly what one allocate() returned.
  void release(uint64_t offset_bytes, uint64_t size_bytes);

  bool unused() const { return free_bytes_ == size_; }
  uint64_t size_bytes() const { return size_; }
  uint64_t free_bytes() const { return free_bytes_; }
  size_t span_count() const { return spans_.size(); }

 private:
  struct Span {
    uint64_t offset;
    uint64_t size;
  };

  uint64_t size_;
  uint64_t free_bytes_;
  std::vector<Span> spans_;  // by offset; neighbours never touch
};

}  // namespace ist::vk
