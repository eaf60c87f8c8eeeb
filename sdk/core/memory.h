// TiMemory: a buffer of the runtime, mapped and copied by rule.
#pragma once

#include "core/runtime.h"

namespace ist {

class Memory : public Child {
 public:
  // size, flags and usage as asked for; the buffer may be larger.
  Memory(Runtime& runtime, const BufferDesc& desc, std::unique_ptr<Buffer> buffer);
  // Another name of the buffer behind `other`, with the same place on the timeline.
  Memory(const BufferDesc& desc, const Memory& other);
  // The buffer itself lives until its last name is gone and the device is done with it.
  ~Memory() override;

  const BufferDesc& desc() const { return desc_; }
  uint64_t size_bytes() const { return desc_.size_bytes; }
  TrackedBuffer& tracked() const { return *tracked_; }
  bool mapped() const { return mapped_; }
  std::string text() const;  // "Memory 'grid'"
  // invalid_state, naming `user`, while the memory is lent or on its way back and cannot be waited for.
  Status require_ours(const std::string& user) const;

  // Address of byte 0; neither submits nor waits. invalid_state when mapped already, or allocated
  // without host access.
  Result<void*> map();
  // False when it was not mapped.
  bool unmap();

 private:
  BufferDesc desc_;
  std::shared_ptr<TrackedBuffer> tracked_;
  bool mapped_ = false;
};

Result<Memory*> allocate_memory(Runtime& runtime, const BufferDesc& desc);

// A checked piece of a memory.
struct MemorySlice {
  Memory* memory = nullptr;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// Records a copy, in order. Sizes are equal; the ranges do not overlap.
Status copy_memory(Runtime& runtime, const MemorySlice& dst, const MemorySlice& src);

// ist_write_memory: the bytes are taken before the call returns and land in recorded order.
Status write_memory(Runtime& runtime, const MemorySlice& dst, const void* bytes);

// ist_read_memory: submits, waits for the last writer of this memory only. Releases `lock` meanwhile.
Status read_memory(std::unique_lock<std::mutex>& lock, Runtime& runtime, const MemorySlice& src, void* bytes);

}  // namespace ist
