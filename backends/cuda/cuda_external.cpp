// The driver takes the file descriptors of what it imports; so it is always given a duplicate.
#include "cuda/cuda_external.h"

#include <cinttypes>

namespace ist::cuda {

Status refusal(const Gpu& gpu, int answer, const char* call, const char* what) {
  Status status = gpu.check(answer, call);
  if (status.ok() || status.code() == Code::out_of_memory || !gpu.health().ok()) return status;
  return fail(Code::invalid_interop, "Device '%s' refuses %s: %s", gpu.info().name.c_str(), what,
              std::string(status.message()).c_str());
}

Result<ImportedMemory> ImportedMemory::import(const Gpu& gpu, OsHandle handle, const SharedAllocation& allocation,
                                              uint64_t size_bytes) {
  if (size_bytes > allocation.allocation_bytes || allocation.offset_bytes > allocation.allocation_bytes - size_bytes) {
    return fail(Code::argument_out_of_range,
                "Memory of %" PRIu64 " bytes at offset %" PRIu64 " does not fit its allocation of %" PRIu64 " bytes.",
                size_bytes, allocation.offset_bytes, allocation.allocation_bytes);
  }
  ImportedMemory memory;
  IST_TRY(memory.file_, OwnedFd::duplicate(handle));
  IST_TRY(OwnedFd given, OwnedFd::duplicate(memory.file_.get()));
  ExternalMemoryDesc desc;
  desc.handle.type = k::kExternalOpaqueFd;
  desc.handle.fd = given.get();
  desc.size_bytes = allocation.allocation_bytes;
  desc.flags = allocation.dedicated ? k::kExternalDedicated : 0;
  const Driver& driver = gpu.driver();
  const int answer = driver.ImportExternalMemory(&memory.memory_, &desc);
  IST_CHECK(refusal(gpu, answer, "cuImportExternalMemory", "the handle"));
  given.release();
  memory.gpu_ = &gpu;
  memory.allocation_ = allocation;
  memory.allocation_.size_bytes = size_bytes;
  ExternalBufferDesc place;
  place.offset_bytes = allocation.offset_bytes;
  place.size_bytes = size_bytes;
  IST_CHECK(gpu.check(driver.ExternalMemoryGetMappedBuffer(&memory.address_, memory.memory_, &place),
                      "cuExternalMemoryGetMappedBuffer"));
  return memory;
}

ImportedMemory& ImportedMemory::operator=(ImportedMemory&& other) noexcept {
  std::swap(gpu_, other.gpu_);
  std::swap(memory_, other.memory_);
  std::swap(address_, other.address_);
  std::swap(file_, other.file_);
  std::swap(allocation_, other.allocation_);
  return *this;
}

ImportedMemory::~ImportedMemory() {
  if (!gpu_) return;
  const auto current = Current::enter(*gpu_);
  if (!current.ok()) return;
  if (address_) gpu_->driver().MemFree(address_);
  gpu_->driver().DestroyExternalMemory(memory_);
}

Result<OsHandle> ImportedMemory::export_fd() const {
  IST_TRY(OwnedFd again, OwnedFd::duplicate(file_.get()));
  return OsHandle{again.release()};
}

Result<ExportableMemory> ExportableMemory::allocate(const Gpu& gpu, uint64_t size_bytes) {
  if (!gpu.facts().exports_memory)
    return fail(Code::not_supported, "Device '%s' cannot export memory as a file descriptor.", gpu.info().name.c_str());
  const Driver& driver = gpu.driver();
  AllocationProperties properties;
  properties.location.id = gpu.facts().device;
  size_t step = 0;
  IST_CHECK(gpu.check(driver.MemGetAllocationGranularity(&step, &properties, k::kGranularityMinimum),
                      "cuMemGetAllocationGranularity"));
  if (step == 0 || size_bytes > UINT64_MAX - step)
    return fail(Code::out_of_memory, "Device '%s' has no %" PRIu64 " bytes of memory.", gpu.info().name.c_str(),
                size_bytes);
  ExportableMemory memory;
  memory.gpu_ = &gpu;
  memory.size_bytes_ = size_bytes;
  memory.allocation_bytes_ = (size_bytes + step - 1) / step * step;
  const uint64_t bytes = memory.allocation_bytes_;
  IST_CHECK(gpu.check(driver.MemCreate(&memory.handle_, bytes, &properties, 0), "cuMemCreate"));
  IST_CHECK(gpu.check(driver.MemAddressReserve(&memory.address_, bytes, 0, 0, 0), "cuMemAddressReserve"));
  IST_CHECK(gpu.check(driver.MemMap(memory.address_, bytes, 0, memory.handle_, 0), "cuMemMap"));
  memory.mapped_ = true;
  AllocationAccess access;
  access.location = properties.location;
  IST_CHECK(gpu.check(driver.MemSetAccess(memory.address_, bytes, &access, 1), "cuMemSetAccess"));
  ++gpu.allocations;
  return memory;
}

ExportableMemory& ExportableMemory::operator=(ExportableMemory&& other) noexcept {
  std::swap(gpu_, other.gpu_);
  std::swap(handle_, other.handle_);
  std::swap(address_, other.address_);
  std::swap(mapped_, other.mapped_);
  std::swap(allocation_bytes_, other.allocation_bytes_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

ExportableMemory::~ExportableMemory() {
  if (!gpu_) return;
  const auto current = Current::enter(*gpu_);
  if (!current.ok()) return;
  const Driver& driver = gpu_->driver();
  if (mapped_) driver.MemUnmap(address_, allocation_bytes_);
  if (address_) driver.MemAddressFree(address_, allocation_bytes_);
  if (handle_) driver.MemRelease(handle_);
}

Result<OsHandle> ExportableMemory::export_fd() const {
  IST_TRY(const Current current, Current::enter(*gpu_));
  int fd = -1;
  IST_CHECK(gpu_->check(gpu_->driver().MemExportToShareableHandle(&fd, handle_, k::kHandleFileDescriptor, 0),
                        "cuMemExportToShareableHandle"));
  return OsHandle{fd};
}

Result<HostPages> HostPages::pin(const Gpu& gpu, void* pages, uint64_t size_bytes) {
  const Driver& driver = gpu.driver();
  const int answer = driver.MemHostRegister(pages, size_bytes, k::kHostPortable | k::kHostDeviceMap);
  IST_CHECK(refusal(gpu, answer, "cuMemHostRegister", "the pages of the host"));
  HostPages pinned;
  pinned.gpu_ = &gpu;
  pinned.host_ = static_cast<std::byte*>(pages);
  IST_CHECK(gpu.check(driver.MemHostGetDevicePointer(&pinned.address_, pages, 0), "cuMemHostGetDevicePointer"));
  return pinned;
}

HostPages& HostPages::operator=(HostPages&& other) noexcept {
  std::swap(gpu_, other.gpu_);
  std::swap(host_, other.host_);
  std::swap(address_, other.address_);
  return *this;
}

HostPages::~HostPages() {
  if (!gpu_) return;
  const auto current = Current::enter(*gpu_);
  if (current.ok()) gpu_->driver().MemHostUnregister(host_);
}

}  // namespace ist::cuda
