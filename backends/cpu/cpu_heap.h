// Zeroed memory that kernels ask for while they run, and that the structures of a module's fields lie in. Kept until
// the module goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace ist::cpu {

// Thread-safety: any thread.
class Heap {
 public:
  Heap() = default;
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // Null when there is none left, or the alignment is no power of two up to a page's. Untouched pages cost nothing.
  void* allocate(uint64_t size_bytes, uint64_t alignment);

 private:
  struct Block {
    std::byte* begin;
    uint64_t size_bytes;
  };

  std::byte* map(uint64_t size_bytes);

  std::mutex mutex_;
  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;  // of the newest block for small pieces
  std::byte* end_ = nullptr;
};

}  // namespace ist::cpu
