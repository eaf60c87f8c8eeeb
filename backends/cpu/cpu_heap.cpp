// Small pieces are cut from blocks, large ones are blocks: all of it is fresh pages of the kernel's, which are zero.
#include "cpu/cpu_heap.h"

#include <sys/mman.h>

#include "llvm/runtime_image.h"

namespace ist::cpu {
namespace {

constexpr uint64_t kBlockBytes = uint64_t{1} << 20;
constexpr uint64_t kLargeBytes = kBlockBytes / 8;

}  // namespace

Heap::~Heap() {
  for (const Block& block : blocks_) munmap(block.begin, block.size_bytes);
}

std::byte* Heap::map(uint64_t size_bytes) {
  if (size_bytes > PTRDIFF_MAX - llvm_host::kPageBytes) return nullptr;
  const uint64_t whole = (size_bytes + llvm_host::kPageBytes - 1) & ~(llvm_host::kPageBytes - 1);
  void* pages = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  blocks_.push_back({static_cast<std::byte*>(pages), whole});
  return blocks_.back().begin;
}

void* Heap::allocate(uint64_t size_bytes, uint64_t alignment) {
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > llvm_host::kPageBytes) return nullptr;
  const std::lock_guard lock(mutex_);
  if (size_bytes >= kLargeBytes) return map(size_bytes);
  const auto aligned = [&](std::byte* at) {
    return reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(at) + alignment - 1) & ~(alignment - 1));
  };
  std::byte* piece = aligned(next_);
  if (!next_ || piece > end_ || size_bytes > static_cast<uint64_t>(end_ - piece)) {
    piece = map(kBlockBytes);
    if (!piece) return nullptr;
    end_ = piece + kBlockBytes;
  }
  next_ = piece + size_bytes;
  return piece;
}

}  // namespace ist::cpu
