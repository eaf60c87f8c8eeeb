// Bump allocation in borrowed chunks; no memory is asked for once the chunks suffice.
#include "contract/args_pool.h"

#include <algorithm>
#include <cstring>

namespace ist {

ArgsPool::ArgsPool(uint64_t alignment, MakeBuffer make)
    : alignment_(std::max<uint64_t>(alignment, 16)), make_(std::move(make)) {}

Result<ArgsBlock> ArgsPool::allocate(std::vector<ArgsChunk*>& chunks, uint32_t size_bytes) {
  const uint64_t room = (std::max(size_bytes, 1u) + alignment_ - 1) & ~(alignment_ - 1);
  if (chunks.empty() || chunks.back()->used_bytes + room > chunks.back()->buffer->size_bytes()) {
    const uint64_t wanted =
        chunks.empty() ? kFirstChunkBytes : std::min(chunks.back()->buffer->size_bytes() * 2, kLargestChunkBytes);
    IST_TRY(ArgsChunk * chunk, borrow(room, wanted));
    chunks.push_back(chunk);
  }
  ArgsChunk& chunk = *chunks.back();
  const ArgsBlock block{chunk.buffer.get(), chunk.used_bytes, chunk.buffer->host() + chunk.used_bytes};
  chunk.used_bytes += room;
  std::memset(block.host, 0, size_bytes);
  return block;
}

// The largest free chunk, so that a batch which has grown once finds its memory again.
Result<ArgsChunk*> ArgsPool::borrow(uint64_t least_bytes, uint64_t wanted_bytes) {
  const auto largest = std::max_element(free_.begin(), free_.end(), [](const ArgsChunk* a, const ArgsChunk* b) {
    return a->buffer->size_bytes() < b->buffer->size_bytes();
  });
  if (largest != free_.end() && (*largest)->buffer->size_bytes() >= least_bytes) {
    ArgsChunk* chunk = *largest;
    free_.erase(largest);
    return chunk;
  }
  BufferDesc desc;
  desc.size_bytes = std::max(least_bytes, wanted_bytes);
  desc.host_write = true;
  desc.usage = memory_usage::kUniform;
  IST_TRY(auto buffer, make_(desc));
  chunks_.push_back(std::make_unique<ArgsChunk>(ArgsChunk{std::move(buffer), 0}));
  free_.reserve(chunks_.size());
  return chunks_.back().get();
}

void ArgsPool::give_back(std::vector<ArgsChunk*>& chunks) {
  for (ArgsChunk* chunk : chunks) {
    chunk->used_bytes = 0;
    free_.push_back(chunk);
  }
  chunks.clear();
}

}  // namespace ist
