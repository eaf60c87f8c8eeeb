// One class for every kind of owner.
#include "cuda/cuda_buffer.h"

#include <cinttypes>

#include "cuda/cuda_external.h"
#include "cuda/cuda_memory.h"

namespace ist::cuda {
namespace {

template <class Memory>
class BufferOf : public Buffer {
 public:
  BufferOf(Memory memory, uint64_t size_bytes)
      : Buffer(memory.address(), memory.host(), size_bytes), memory_(std::move(memory)) {}

 protected:
  const Memory memory_;
};

template <class Memory>
class SharedBuffer final : public BufferOf<Memory> {
 public:
  using BufferOf<Memory>::BufferOf;
  Result<OsHandle> export_fd() const override { return this->memory_.export_fd(); }
  SharedAllocation allocation() const override { return this->memory_.allocation(); }
};

class Twin final : public Buffer {
 public:
  Twin(DeviceMemory device, PinnedMemory pinned, uint64_t size_bytes)
      : Buffer(device.address(), pinned.host(), size_bytes), device_(std::move(device)), pinned_(std::move(pinned)) {}

 private:
  const DeviceMemory device_;
  const PinnedMemory pinned_;
};

class HostsBuffer final : public Buffer {
 public:
  HostsBuffer(DeviceAddress address, uint64_t size_bytes) : Buffer(address, nullptr, size_bytes) {}
};

template <template <class> class Kind, class Memory>
std::unique_ptr<Buffer> wrap(Memory memory, uint64_t size_bytes) {
  return std::make_unique<Kind<Memory>>(std::move(memory), size_bytes);
}

Status on_device_only(const BufferDesc& desc, const char* what) {
  if (!desc.host_read && !desc.host_write) return {};
  return fail(Code::not_supported, "%s lies on the GPU; the host cannot map it (host_read, host_write).", what);
}

// What the driver knows of an address: nothing, or whose and how long it is.
Status check_address(const Gpu& gpu, DeviceAddress address, uint64_t size_bytes) {
  const Driver& driver = gpu.driver();
  unsigned type = 0;
  if (driver.PointerGetAttribute(&type, k::kPointerMemoryType, address) != k::kSuccess) {
    return fail(Code::invalid_argument, "0x%" PRIx64 " is no address of CUDA memory.", address);
  }
  int ordinal = -1;
  const int answer = driver.PointerGetAttribute(&ordinal, k::kPointerDeviceOrdinal, address);
  if (type == k::kMemoryTypeDevice && answer == k::kSuccess && ordinal != static_cast<int>(gpu.info().index)) {
    return fail(Code::invalid_argument, "The memory at 0x%" PRIx64 " is of GPU %d, but the runtime's is %u ('%s').",
                address, ordinal, gpu.info().index, gpu.info().name.c_str());
  }
  NativeContext context = nullptr;
  const bool owned = driver.PointerGetAttribute(&context, k::kPointerContext, address) == k::kSuccess && context;
  if (type == k::kMemoryTypeDevice && owned && context != gpu.context()) {
    return fail(Code::invalid_argument,
                "The memory at 0x%" PRIx64
                " was allocated in another context than the GPU's primary one, which the "
                "runtime works in.",
                address);
  }
  DeviceAddress begin = 0;
  size_t bytes = 0;
  if (driver.MemGetAddressRange(&begin, &bytes, address) != k::kSuccess) return {};
  const uint64_t room = bytes - (address - begin);
  if (size_bytes <= room) return {};
  return fail(Code::invalid_argument,
              "%" PRIu64 " bytes at 0x%" PRIx64 " pass the end of their allocation (%" PRIu64 " bytes are left there).",
              size_bytes, address, room);
}

}  // namespace

Result<OsHandle> Buffer::export_fd() const {
  return fail(Code::invalid_state, "The memory was not made to be exported (export_sharing).");
}

Result<std::unique_ptr<Buffer>> Buffer::create(const Gpu& gpu, const BufferDesc& desc) {
  IST_CHECK(gpu.health());
  IST_TRY(const Current current, Current::enter(gpu));
  if (desc.export_sharing) {
    IST_CHECK(on_device_only(desc, "Memory that is exported"));
    IST_TRY(auto memory, ExportableMemory::allocate(gpu, desc.size_bytes));
    return wrap<SharedBuffer>(std::move(memory), desc.size_bytes);
  }
  if (desc.host_read || desc.host_write) {
    IST_TRY(auto memory, PinnedMemory::allocate(gpu, desc.size_bytes));
    return wrap<BufferOf>(std::move(memory), desc.size_bytes);
  }
  IST_TRY(auto memory, DeviceMemory::allocate(gpu, desc.size_bytes));
  return wrap<BufferOf>(std::move(memory), desc.size_bytes);
}

Result<std::unique_ptr<Buffer>> Buffer::import_handle(const Gpu& gpu, const BufferDesc& desc, OsHandle handle,
                                                      const SharedAllocation& allocation) {
  IST_CHECK(gpu.health());
  IST_CHECK(on_device_only(desc, "Imported memory"));
  IST_TRY(const Current current, Current::enter(gpu));
  IST_TRY(auto memory, ImportedMemory::import(gpu, handle, allocation, desc.size_bytes));
  return wrap<SharedBuffer>(std::move(memory), desc.size_bytes);
}

Result<std::unique_ptr<Buffer>> Buffer::import_pages(const Gpu& gpu, const BufferDesc& desc, void* pages) {
  IST_CHECK(gpu.health());
  IST_TRY(const Current current, Current::enter(gpu));
  IST_TRY(auto memory, HostPages::pin(gpu, pages, desc.size_bytes));
  return wrap<BufferOf>(std::move(memory), desc.size_bytes);
}

Result<std::unique_ptr<Buffer>> Buffer::import_address(const Gpu& gpu, const BufferDesc& desc, DeviceAddress address) {
  IST_CHECK(gpu.health());
  if (address == 0) return fail(Code::argument_null, "The address of the memory is null.");
  IST_TRY(const Current current, Current::enter(gpu));
  IST_CHECK(check_address(gpu, address, desc.size_bytes));
  return std::unique_ptr<Buffer>(std::make_unique<HostsBuffer>(address, desc.size_bytes));
}

Result<std::unique_ptr<Buffer>> Buffer::create_twin(const Gpu& gpu, uint64_t size_bytes) {
  IST_TRY(const Current current, Current::enter(gpu));
  IST_TRY(auto device, DeviceMemory::allocate(gpu, size_bytes));
  IST_TRY(auto pinned, PinnedMemory::allocate(gpu, size_bytes));
  return std::unique_ptr<Buffer>(std::make_unique<Twin>(std::move(device), std::move(pinned), size_bytes));
}

}  // namespace ist::cuda
