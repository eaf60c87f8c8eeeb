// Memory of our own is zero, as it is in Taichi on CPUs: fresh pages of the kernel's are, and cost nothing until they
// are touched.
#include "cpu/cpu_buffer.h"

#include <sys/mman.h>

#include <cinttypes>
#include <cstdlib>
#include <cstring>

namespace ist::cpu {
namespace {

constexpr uint64_t kPagesFrom = 128 << 10;  // smaller pieces are cleared by hand

std::byte* obtain(uint64_t size_bytes) {
  if (size_bytes >= kPagesFrom) {
    if (size_bytes > PTRDIFF_MAX) return nullptr;
    void* pages = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : static_cast<std::byte*>(pages);
  }
  void* bytes = nullptr;
  if (posix_memalign(&bytes, kBufferAlignment, size_bytes) != 0) return nullptr;
  return static_cast<std::byte*>(std::memset(bytes, 0, size_bytes));
}

void release(std::byte* bytes, uint64_t size_bytes) {
  if (size_bytes >= kPagesFrom) {
    munmap(bytes, size_bytes);
  } else {
    std::free(bytes);
  }
}

class CpuBuffer final : public Buffer {
 public:
  CpuBuffer(std::byte* bytes, uint64_t size_bytes, bool owned) : owned_(owned) {
    host_ = bytes;
    device_address_ = reinterpret_cast<uint64_t>(bytes);
    size_bytes_ = size_bytes;
  }
  ~CpuBuffer() override {
    if (owned_) release(host_, size_bytes_);
  }

 private:
  const bool owned_;
};

}  // namespace

Result<std::unique_ptr<Buffer>> allocate_buffer(const BufferDesc& desc) {
  std::byte* bytes = obtain(desc.size_bytes);
  if (!bytes) return fail(Code::out_of_memory, "The host has no %" PRIu64 " bytes of memory left.", desc.size_bytes);
  return std::unique_ptr<Buffer>(std::make_unique<CpuBuffer>(bytes, desc.size_bytes, true));
}

Result<std::unique_ptr<Buffer>> import_buffer(const BufferDesc& desc, uint64_t address) {
  if (address == 0) return fail(Code::argument_null, "The address of the memory is null.");
  if (desc.size_bytes > UINT64_MAX - address) {
    return fail(Code::argument_out_of_range, "Memory of %" PRIu64 " bytes at 0x%" PRIx64 " leaves the address space.",
                desc.size_bytes, address);
  }
  auto* bytes = reinterpret_cast<std::byte*>(static_cast<uintptr_t>(address));
  return std::unique_ptr<Buffer>(std::make_unique<CpuBuffer>(bytes, desc.size_bytes, false));
}

}  // namespace ist::cpu
