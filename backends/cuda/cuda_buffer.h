// Buffers of the contract, by where their memory comes from.
#pragma once

#include <memory>

#include "contract/share_ops.h"
#include "cuda/cuda_gpu.h"

namespace ist::cuda {

class Buffer : public ist::Buffer {
 public:
  // Device memory; for a host that reads or writes, pinned memory of the host's that kernels reach over the bus:
  // coherent on every GPU and system, and copied at full speed. (Managed memory migrates by page faults, is coherent
  // on some systems only, and makes each look at a result of a few bytes cost a fault on both sides.)
  // With export_sharing: device memory. not_supported for both together.
  static Result<std::unique_ptr<Buffer>> create(const Gpu& gpu, const BufferDesc& desc);
  // Errors as ShareOps and ProgramOps tell them.
  static Result<std::unique_ptr<Buffer>> import_handle(const Gpu& gpu, const BufferDesc& desc, OsHandle handle,
                                                       const SharedAllocation& allocation);
  static Result<std::unique_ptr<Buffer>> import_pages(const Gpu& gpu, const BufferDesc& desc, void* pages);
  static Result<std::unique_ptr<Buffer>> import_address(const Gpu& gpu, const BufferDesc& desc, DeviceAddress address);
  // For ArgsPool: host() is pinned memory, and device_address() device memory of the same size.
  static Result<std::unique_ptr<Buffer>> create_twin(const Gpu& gpu, uint64_t size_bytes);

  // A new handle, the caller's. invalid_state: made without export_sharing.
  virtual Result<OsHandle> export_fd() const;
  virtual SharedAllocation allocation() const { return {size_bytes(), 0, size_bytes(), false, 0, 0}; }

 protected:
  Buffer(DeviceAddress address, std::byte* host, uint64_t size_bytes) {
    device_address_ = address;
    host_ = host;
    size_bytes_ = size_bytes;
  }
};

}  // namespace ist::cuda
