// Device memory: arrays as Python sees them, and views of the host on them, which may outlive everything else.
// Everything here needs the GIL.
#pragma once

#include "runtime.h"

#include <taichi/taichi_core.h>

#include <memory>
#include <mutex>

namespace ist::python {

// Owns one TiMemory; frees it without the GIL.
class Memory {
 public:
  Memory(std::shared_ptr<RuntimeState> runtime, TiMemory handle, uint64_t size_bytes)
      : runtime_(std::move(runtime)), handle_(handle), size_bytes_(size_bytes) {}
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  const std::shared_ptr<RuntimeState>& runtime() const { return runtime_; }
  TiMemory handle() const { return handle_; }
  uint64_t size_bytes() const { return size_bytes_; }

  // Mappings are counted: ti_map_memory with the first, ti_unmap_memory with the last. map() throws.
  void* map();
  void unmap();

 private:
  std::shared_ptr<RuntimeState> runtime_;
  TiMemory handle_;
  uint64_t size_bytes_;
  // Of the two below. Taken without the GIL only, because who has it waits for the library.
  std::mutex mapping_;
  size_t maps_ = 0;
  void* host_ = nullptr;
};

// Memory of at least one byte. Throws isthmus.Error.
std::shared_ptr<Memory> allocate(const std::shared_ptr<RuntimeState>& runtime, const TiMemoryAllocateInfo& info);

// The mapped memory as an object with Python's buffer protocol. release() ends the mapping; the pages themselves
// stay readable until the last view of them has gone, whatever happens to array and runtime.
class HostView {
 public:
  explicit HostView(std::shared_ptr<Memory> memory);
  ~HostView() { release(); }
  HostView(const HostView&) = delete;
  HostView& operator=(const HostView&) = delete;

  void release();
  void* data() const { return data_; }
  Memory& memory() const { return *memory_; }
  bool released() const { return released_; }

 private:
  std::shared_ptr<Memory> memory_;
  RuntimeHold hold_;
  void* data_;
  bool released_ = false;
};

// A dense array on the device; what kernels take.
struct Array {
  std::shared_ptr<RuntimeState> runtime;
  // Null after free().
  std::shared_ptr<Memory> memory;
  // Complete but for `memory` after free().
  TiNdArray ndarray{};
  // Without the padding of arrays that have no elements.
  uint64_t size_bytes = 0;
  bool host_access = false;

  // Throws isthmus.Error when freed or when the runtime is closed.
  void require_usable() const;
};

// Bytes of one component; 0: no type of data.
uint32_t size_of(TiDataType type);

void bind_memory(nb::module_& module);

}  // namespace ist::python
