// Memory that somebody else has made, or can be handed to somebody else: file descriptors, pages of the host.
#pragma once

#include <cstddef>
#include <utility>

#include "contract/owned_fd.h"
#include "contract/share_ops.h"
#include "cuda/cuda_gpu.h"

namespace ist::cuda {

// What the driver answers to what came from outside: invalid_interop, but where memory is short or the device lost.
Status refusal(const Gpu& gpu, int answer, const char* call, const char* what);

// An object on an allocation of another API, by opaque file descriptor.
class ImportedMemory {
 public:
  // The context is current. The handle is duplicated. Errors as ShareOps::import_buffer.
  static Result<ImportedMemory> import(const Gpu& gpu, OsHandle handle, const SharedAllocation& allocation,
                                       uint64_t size_bytes);
  ImportedMemory(ImportedMemory&& other) noexcept { *this = std::move(other); }
  ImportedMemory& operator=(ImportedMemory&& other) noexcept;
  ~ImportedMemory();

  DeviceAddress address() const { return address_; }
  std::byte* host() const { return nullptr; }
  Result<OsHandle> export_fd() const;  // a duplicate of what it was imported by
  SharedAllocation allocation() const { return allocation_; }

 private:
  ImportedMemory() = default;

  const Gpu* gpu_ = nullptr;
  NativeMemory memory_ = nullptr;
  DeviceAddress address_ = 0;
  OwnedFd file_;
  SharedAllocation allocation_;
};

// Device memory that leaves by file descriptor.
class ExportableMemory {
 public:
  // The context is current. not_supported, out_of_memory.
  static Result<ExportableMemory> allocate(const Gpu& gpu, uint64_t size_bytes);
  ExportableMemory(ExportableMemory&& other) noexcept { *this = std::move(other); }
  ExportableMemory& operator=(ExportableMemory&& other) noexcept;
  ~ExportableMemory();

  DeviceAddress address() const { return address_; }
  std::byte* host() const { return nullptr; }
  Result<OsHandle> export_fd() const;
  SharedAllocation allocation() const { return {allocation_bytes_, 0, size_bytes_, false, 0, 0}; }

 private:
  ExportableMemory() = default;

  const Gpu* gpu_ = nullptr;
  AllocationHandle handle_ = 0;  // 0: none
  DeviceAddress address_ = 0;    // 0: no addresses are reserved
  bool mapped_ = false;
  uint64_t allocation_bytes_ = 0;
  uint64_t size_bytes_ = 0;
};

// Pages of the host, which keeps them, pinned for as long as this lives.
class HostPages {
 public:
  // The context is current. invalid_interop: the driver refuses them.
  static Result<HostPages> pin(const Gpu& gpu, void* pages, uint64_t size_bytes);
  HostPages(HostPages&& other) noexcept { *this = std::move(other); }
  HostPages& operator=(HostPages&& other) noexcept;
  ~HostPages();

  DeviceAddress address() const { return address_; }
  std::byte* host() const { return host_; }

 private:
  HostPages() = default;

  const Gpu* gpu_ = nullptr;
  std::byte* host_ = nullptr;
  DeviceAddress address_ = 0;
};

}  // namespace ist::cuda
