// Mapped uniform memory for the arguments of launches, in chunks that batches borrow.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "contract/device.h"

namespace ist {

struct ArgsChunk {
  std::unique_ptr<Buffer> buffer;
  uint64_t used_bytes = 0;
};

// Thread-safety: serialised by the runtime.
class ArgsPool {
 public:
  using MakeBuffer = std::function<Result<std::unique_ptr<Buffer>>(const BufferDesc&)>;

  // `alignment` of each block, a power of two; `make` gives mapped buffers.
  ArgsPool(uint64_t alignment, MakeBuffer make);

  // Zeroed bytes behind what `chunks` holds; borrows another chunk when the last one is full.
  Result<ArgsBlock> allocate(std::vector<ArgsChunk*>& chunks, uint32_t size_bytes);
  // Takes all chunks of a finished batch back.
  void give_back(std::vector<ArgsChunk*>& chunks);

  size_t chunk_count() const { return chunks_.size(); }

  static constexpr uint64_t kFirstChunkBytes = uint64_t{16} << 10;
  static constexpr uint64_t kLargestChunkBytes = uint64_t{256} << 10;

 private:
  Result<ArgsChunk*> borrow(uint64_t least_bytes, uint64_t wanted_bytes);

  const uint64_t alignment_;
  const MakeBuffer make_;
  std::vector<std::unique_ptr<ArgsChunk>> chunks_;
  std::vector<ArgsChunk*> free_;
};

}  // namespace ist
