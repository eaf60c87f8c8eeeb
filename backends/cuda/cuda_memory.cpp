// Owners free on any thread, in the GPU's context.
#include "cuda/cuda_memory.h"

#include <cinttypes>

#include "llvm/runtime_image.h"

namespace ist::cuda {

Result<DeviceMemory> DeviceMemory::allocate(const Gpu& gpu, uint64_t size_bytes) {
  DeviceMemory memory;
  const int answer = gpu.driver().MemAlloc(&memory.allocation_, size_bytes);
  if (answer == k::kOutOfMemory) {
    return fail(Code::out_of_memory, "Device '%s' has no %" PRIu64 " bytes of memory left (cuMemAlloc).",
                gpu.info().name.c_str(), size_bytes);
  }
  IST_CHECK(gpu.check(answer, "cuMemAlloc"));
  memory.gpu_ = &gpu;
  memory.address_ = memory.allocation_;
  ++gpu.allocations;
  return memory;
}

Result<DeviceMemory> DeviceMemory::allocate_pages(const Gpu& gpu, uint64_t size_bytes) {
  constexpr uint64_t kPage = llvm_host::kPageBytes;
  IST_TRY(DeviceMemory memory, allocate(gpu, size_bytes + kPage));
  memory.address_ = (memory.allocation_ + kPage - 1) & ~(kPage - 1);
  return memory;
}

DeviceMemory& DeviceMemory::operator=(DeviceMemory&& other) noexcept {
  std::swap(gpu_, other.gpu_);
  std::swap(allocation_, other.allocation_);
  std::swap(address_, other.address_);
  return *this;
}

DeviceMemory::~DeviceMemory() {
  if (!gpu_) return;
  const auto current = Current::enter(*gpu_);
  if (current.ok()) gpu_->driver().MemFree(allocation_);
}

Result<PinnedMemory> PinnedMemory::allocate(const Gpu& gpu, uint64_t size_bytes) {
  PinnedMemory memory;
  void* host = nullptr;
  const int answer = gpu.driver().MemHostAlloc(&host, size_bytes, k::kHostPortable | k::kHostDeviceMap);
  if (answer == k::kOutOfMemory) {
    return fail(Code::out_of_memory, "The host has no %" PRIu64 " bytes of memory to pin for '%s' (cuMemHostAlloc).",
                size_bytes, gpu.info().name.c_str());
  }
  IST_CHECK(gpu.check(answer, "cuMemHostAlloc"));
  memory.gpu_ = &gpu;
  memory.host_ = static_cast<std::byte*>(host);
  IST_CHECK(gpu.check(gpu.driver().MemHostGetDevicePointer(&memory.address_, host, 0), "cuMemHostGetDevicePointer"));
  ++gpu.allocations;
  return memory;
}

PinnedMemory& PinnedMemory::operator=(PinnedMemory&& other) noexcept {
  std::swap(gpu_, other.gpu_);
  std::swap(host_, other.host_);
  std::swap(address_, other.address_);
  return *this;
}

PinnedMemory::~PinnedMemory() {
  if (!gpu_) return;
  const auto current = Current::enter(*gpu_);
  if (current.ok()) gpu_->driver().MemFreeHost(host_);
}

}  // namespace ist::cuda
