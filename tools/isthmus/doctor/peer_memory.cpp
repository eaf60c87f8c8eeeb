// The other side is the host itself: pages of this process that the device reads and writes.
#include <sys/mman.h>

#include <cstring>

#include "peer.h"

namespace doctor {
namespace {

constexpr uint64_t kPage = 65536;

class MemoryPeer : public Peer {
 public:
  ~MemoryPeer() override {
    if (shared_) ti_free_memory(runtime_, shared_);
    if (shared_) (void)finish(runtime_);
    if (pages_) ::munmap(pages_, page_bytes_);
  }

  Problem open(TiRuntime runtime, const PairOptions& options, Row& row) override {
    runtime_ = runtime;
    bytes_ = options.size.bytes();
    page_bytes_ = (bytes_ + kPage - 1) / kPage * kPage;
    void* pages = ::mmap(nullptr, page_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return "The system has no pages for the frame.";
    pages_ = static_cast<uint8_t*>(pages);
    DOCTOR_TRY(allocate(&own_));
    row.image = false;
    row.rung = IST_RUNG_HOST;
    IstDeviceInfo info{};
    info.size = sizeof info;
    DOCTOR_TRY(of_call(ist_runtime_info(runtime, &info)));
    const bool imports = (info.memory_import & (1u << IST_HANDLE_HOST_POINTER)) != 0;
    row.predicted = true;
    row.prediction.memory = imports ? IST_HANDLE_HOST_POINTER : IST_HANDLE_NONE;
    row.prediction.forth = row.prediction.back = IST_RUNG_HOST;
    const TiError imported = ist_import_host_memory(runtime, pages_, page_bytes_, &shared_);
    if (imported == TI_ERROR_SUCCESS) {
      row.handle = IST_HANDLE_HOST_POINTER;
    } else if (imported == TI_ERROR_NOT_SUPPORTED) {
      row.reason = *of_call(imported) + " Mapped memory is used instead.";
      DOCTOR_TRY(allocate(&shared_, true));
      mapped_ = true;
    } else {
      return of_call(imported);
    }
    return {};
  }

  // The device copies into the shared memory from its own, and out of it: so its own work on it is real.
  Problem write_here(const Pixels& pixels) override {
    const TiMemorySlice own = slice(own_);
    DOCTOR_TRY(of_call(ist_write_memory(runtime_, &own, pixels.data())));
    return copy(shared_, own_);
  }
  Problem read_here(Pixels& pixels) override {
    DOCTOR_TRY(copy(own_, shared_));
    pixels.resize(bytes_ / 4);
    const TiMemorySlice own = slice(own_);
    return of_call(ist_read_memory(runtime_, &own, pixels.data()));
  }

  Problem give() override {
    if (!mapped_) return finish(runtime_);
    DOCTOR_TRY(finish(runtime_));
    pages_now_ = static_cast<uint8_t*>(ti_map_memory(runtime_, shared_));
    return of_last_error();
  }
  Problem take() override {
    if (!mapped_) return {};
    ti_unmap_memory(runtime_, shared_);
    return of_last_error();
  }
  Problem write_there(const Pixels& pixels) override {
    std::memcpy(there(), pixels.data(), bytes_);
    return {};
  }
  Problem read_there(Pixels& pixels) override {
    pixels.resize(bytes_ / 4);
    std::memcpy(pixels.data(), there(), bytes_);
    return {};
  }

  Problem upload() override {
    host_.resize(bytes_ / 4);
    const TiMemorySlice own = slice(own_);
    return of_call(ist_read_memory(runtime_, &own, host_.data()));
  }
  Problem download() override {
    const TiMemorySlice own = slice(own_);
    DOCTOR_TRY(of_call(ist_write_memory(runtime_, &own, host_.data())));
    return finish(runtime_);
  }
  Problem write_source(Direction direction, const Pixels& pixels) override {
    host_ = pixels;
    return direction == Direction::to_peer ? download() : Problem();
  }
  Problem read_result(Direction direction, Pixels& pixels) override {
    if (direction == Direction::to_runtime) DOCTOR_TRY(upload());
    pixels = host_;
    return {};
  }

 private:
  uint8_t* there() const { return mapped_ ? pages_now_ : pages_; }
  TiMemorySlice slice(TiMemory memory) const { return {memory, 0, bytes_}; }

  Problem allocate(TiMemory* memory, bool host = false) {
    TiMemoryAllocateInfo info{};
    info.size = bytes_;
    info.host_read = info.host_write = host ? TI_TRUE : TI_FALSE;
    info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
    *memory = ti_allocate_memory(runtime_, &info);
    return of_last_error();
  }

  Problem copy(TiMemory to, TiMemory from) {
    const TiMemorySlice dst = slice(to), src = slice(from);
    ti_copy_memory_device_to_device(runtime_, &dst, &src);
    DOCTOR_TRY(of_last_error());
    return finish(runtime_);
  }

  TiRuntime runtime_ = TI_NULL_HANDLE;
  uint64_t bytes_ = 0;
  uint64_t page_bytes_ = 0;
  uint8_t* pages_ = nullptr;
  uint8_t* pages_now_ = nullptr;
  bool mapped_ = false;
  TiMemory shared_ = TI_NULL_HANDLE;
  TiMemory own_ = TI_NULL_HANDLE;
  Pixels host_;
};

}  // namespace

std::unique_ptr<Peer> make_memory_peer() { return std::make_unique<MemoryPeer>(); }

}  // namespace doctor
