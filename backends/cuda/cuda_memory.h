// Memory of the GPU and pinned memory of the host, each with one owner. Knows no buffer.
#pragma once

#include <cstddef>
#include <utility>

#include "cuda/cuda_gpu.h"

namespace ist::cuda {

class DeviceMemory {
 public:
  // The context is current. Contents are undefined. out_of_memory names the size.
  static Result<DeviceMemory> allocate(const Gpu& gpu, uint64_t size_bytes);
  // As above, at a multiple of 4096, which the driver does not promise.
  static Result<DeviceMemory> allocate_pages(const Gpu& gpu, uint64_t size_bytes);
  DeviceMemory() = default;
  DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;
  ~DeviceMemory();

  DeviceAddress address() const { return address_; }
  std::byte* host() const { return nullptr; }

 private:
  const Gpu* gpu_ = nullptr;
  DeviceAddress allocation_ = 0;
  DeviceAddress address_ = 0;  // in it
};

// Page-locked and mapped for the GPU, so both sides see what the other writes without any call between.
class PinnedMemory {
 public:
  // The context is current. Contents are undefined. out_of_memory names the size.
  static Result<PinnedMemory> allocate(const Gpu& gpu, uint64_t size_bytes);
  PinnedMemory() = default;
  PinnedMemory(PinnedMemory&& other) noexcept { *this = std::move(other); }
  PinnedMemory& operator=(PinnedMemory&& other) noexcept;
  ~PinnedMemory();

  DeviceAddress address() const { return address_; }
  std::byte* host() const { return host_; }

 private:
  const Gpu* gpu_ = nullptr;
  std::byte* host_ = nullptr;
  DeviceAddress address_ = 0;
};

}  // namespace ist::cuda
