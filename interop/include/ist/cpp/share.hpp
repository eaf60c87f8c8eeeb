// C++ owners over ist/share.h: header-only, C++17 and up, in the style of taichi/cpp/taichi.hpp. Owners free what they
// own when destroyed, and move but do not copy. A moved-from or failed owner is not valid (is_valid). Nothing here
// throws: what can fail returns the TiError of the C function, or an owner that is not valid, and the sentence is the
// thread's last error (ti::get_last_error). Handles of the C-API and the owners of taichi.hpp are taken alike.
#ifndef IST_CPP_SHARE_HPP
#define IST_CPP_SHARE_HPP

#include <ist/share.h>

#include <taichi/cpp/taichi.hpp>
#include <utility>
#include <vector>

#ifdef _WIN32
// As in Windows' own headers, which are not pulled in for one function.
extern "C" __declspec(dllimport) int __stdcall CloseHandle(void*);
#else
#include <unistd.h>
#endif

namespace isthmus {

// An OS handle that is closed with its owner.
class FileHandle {
#ifdef _WIN32
  static constexpr IstOsHandle kNone = 0;
#else
  static constexpr IstOsHandle kNone = -1;
#endif
  IstOsHandle handle_ = kNone;

 public:
  FileHandle() = default;
  // Takes the handle over.
  explicit FileHandle(IstOsHandle handle) : handle_(handle) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  FileHandle(FileHandle&& b) noexcept : handle_(b.release()) {}
  FileHandle& operator=(FileHandle&& b) noexcept {
    if (this != &b) reset(b.release());
    return *this;
  }
  ~FileHandle() { reset(); }

  bool is_valid() const { return handle_ != kNone; }
  IstOsHandle get() const { return handle_; }
  // The caller closes it from now on: for APIs that take a handle over, such as vkAllocateMemory.
  IstOsHandle release() { return std::exchange(handle_, kNone); }
  void reset(IstOsHandle handle = kNone) {
    const IstOsHandle old = std::exchange(handle_, handle);
    if (old == kNone || old == handle) return;
#ifdef _WIN32
    CloseHandle(reinterpret_cast<void*>(old));
#else
    ::close(static_cast<int>(old));
#endif
  }
};

// An object on its way to another device or process: its handle, and what the other side has to know.
struct Exported {
  FileHandle handle;
  IstShareRecord record = {};

  bool is_valid() const { return handle.is_valid(); }
};

// As ist_export_image and ist_export_memory.
inline Exported export_image(TiRuntime runtime, TiImage image, IstHandleType type) {
  Exported exported;
  IstOsHandle handle = exported.handle.get();
  if (ist_export_image(runtime, image, type, &handle, &exported.record) == TI_ERROR_SUCCESS)
    exported.handle.reset(handle);
  return exported;
}
inline Exported export_memory(TiRuntime runtime, TiMemory memory, IstHandleType type) {
  Exported exported;
  IstOsHandle handle = exported.handle.get();
  if (ist_export_memory(runtime, memory, type, &handle, &exported.record) == TI_ERROR_SUCCESS)
    exported.handle.reset(handle);
  return exported;
}

// As ist_import_image and ist_import_memory: what they return starts with the exporter (LENT), and frees this side
// only. The handle stays its owner's.
inline ti::Image import_image(TiRuntime runtime, const FileHandle& handle, const IstShareRecord& record) {
  TiImage image = TI_NULL_HANDLE;
  if (ist_import_image(runtime, handle.get(), &record, &image) != TI_ERROR_SUCCESS) return ti::Image();
  const TiImageExtent extent = {record.width, record.height, record.depth, record.layers};
  return ti::Image(runtime, image, static_cast<TiImageDimension>(record.dimension), extent, record.mips,
                   static_cast<TiFormat>(record.format), true);
}
inline ti::Memory import_memory(TiRuntime runtime, const FileHandle& handle, const IstShareRecord& record) {
  TiMemory memory = TI_NULL_HANDLE;
  if (ist_import_memory(runtime, handle.get(), &record, &memory) != TI_ERROR_SUCCESS) return ti::Memory();
  return ti::Memory(runtime, memory, static_cast<size_t>(record.size_bytes), true);
}

// A semaphore of a runtime's device. Goes before the runtime.
class Semaphore {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  IstSyncPoint point_ = {};

  Semaphore(TiRuntime runtime, const IstSyncPoint& point) : runtime_(runtime), point_(point) {}

 public:
  Semaphore() = default;
  // As ist_create_semaphore.
  static Semaphore create(TiRuntime runtime, IstRung rung, IstHandleType exportable = IST_HANDLE_NONE) {
    IstSyncPoint point = {};
    const bool made = ist_create_semaphore(runtime, rung, exportable, &point) == TI_ERROR_SUCCESS;
    return made ? Semaphore(runtime, point) : Semaphore();
  }
  // As ist_import_semaphore; the handle stays its owner's.
  static Semaphore import(TiRuntime runtime, IstRung rung, IstHandleType type, const FileHandle& handle) {
    IstSyncPoint point = {};
    const bool made = ist_import_semaphore(runtime, rung, type, handle.get(), &point) == TI_ERROR_SUCCESS;
    return made ? Semaphore(runtime, point) : Semaphore();
  }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  Semaphore(Semaphore&& b) noexcept
      : runtime_(std::exchange(b.runtime_, nullptr)), point_(std::exchange(b.point_, IstSyncPoint())) {}
  Semaphore& operator=(Semaphore&& b) noexcept {
    if (this != &b) {
      destroy();
      runtime_ = std::exchange(b.runtime_, nullptr);
      point_ = std::exchange(b.point_, IstSyncPoint());
    }
    return *this;
  }
  ~Semaphore() { destroy(); }

  bool is_valid() const { return runtime_ != TI_NULL_HANDLE; }
  // Does now what the destructor would: uses of it that have been recorded still work.
  void destroy() {
    if (is_valid()) ist_destroy_semaphore(runtime_, &point_);
    runtime_ = TI_NULL_HANDLE;
    point_ = IstSyncPoint();
  }
  // As ist_export_semaphore.
  FileHandle export_handle(IstHandleType type) const {
    FileHandle exported;
    IstOsHandle handle = exported.get();
    if (ist_export_semaphore(runtime_, &point_, type, &handle) == TI_ERROR_SUCCESS) exported.reset(handle);
    return exported;
  }
  // The moment when it has this value; of binary semaphores, when it is signalled.
  IstSyncPoint at(uint64_t value = 0) const {
    IstSyncPoint point = point_;
    point.value = value;
    return point;
  }
};

// What a host that owns nothing but a handle is told about an object; both are frozen structs that can be changed.
inline IstHandover whole(TiImage image, TiImageLayout layout, IstPeer peer = IST_PEER_SAME_DEVICE) {
  IstHandover handover = {};
  handover.image = image;
  handover.layout = layout;
  handover.peer = peer;
  return handover;
}
inline IstHandover whole(TiMemory memory, IstPeer peer = IST_PEER_SAME_DEVICE) {
  IstHandover handover = {};
  handover.memory = memory;
  handover.peer = peer;
  return handover;
}

// Objects that a host has. They come back by take_back, or when the loan is destroyed if the host has said by
// returns_at what it signals when it is done. A loan that goes without either leaves them lent, so that nothing races
// with the host, and says so: the thread's last error is INVALID_STATE. Objects and runtime outlive the loan.
class Loan {
  TiRuntime runtime_ = TI_NULL_HANDLE;
  std::vector<IstHandover> objects_;
  IstSyncPoint ready_ = {};
  IstSyncPoint done_ = {};
  bool knows_done_ = false;

  void take(Loan& b) {
    runtime_ = std::exchange(b.runtime_, nullptr);
    objects_ = std::move(b.objects_);
    b.objects_.clear();
    ready_ = b.ready_;
    done_ = b.done_;
    knows_done_ = std::exchange(b.knows_done_, false);
  }
  void end() {
    if (!is_valid()) return;
    if (knows_done_) {
      take_back(done_);
    } else {
      ti_set_last_error(TI_ERROR_INVALID_STATE,
                        "A loan is destroyed that was not taken back; its objects stay lent to the host.");
    }
    runtime_ = TI_NULL_HANDLE;
  }
  TiError came_back(TiError error) {
    if (error == TI_ERROR_SUCCESS) runtime_ = TI_NULL_HANDLE;
    return error;
  }

 public:
  Loan() = default;
  // As ist_lend: `ready` is what the runtime signals. Submits once.
  static Loan lend(TiRuntime runtime, std::vector<IstHandover> objects, const IstSyncPoint& ready) {
    Loan loan;
    loan.ready_ = ready;
    if (ist_lend(runtime, static_cast<uint32_t>(objects.size()), objects.data(), &loan.ready_) == TI_ERROR_SUCCESS) {
      loan.runtime_ = runtime;
      loan.objects_ = std::move(objects);
    }
    return loan;
  }
  // Returns when the contents have finished.
  static Loan lend_finished(TiRuntime runtime, std::vector<IstHandover> objects) {
    Loan loan;
    if (ist_lend(runtime, static_cast<uint32_t>(objects.size()), objects.data(), nullptr) == TI_ERROR_SUCCESS) {
      loan.runtime_ = runtime;
      loan.objects_ = std::move(objects);
    }
    return loan;
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  Loan(Loan&& b) noexcept { take(b); }
  Loan& operator=(Loan&& b) noexcept {
    if (this != &b) {
      end();
      take(b);
    }
    return *this;
  }
  ~Loan() { end(); }

  // Something is lent by it.
  bool is_valid() const { return runtime_ != TI_NULL_HANDLE; }
  // What the host waits for before it uses the objects. A sync file in it is the host's to close.
  const IstSyncPoint& ready() const { return ready_; }
  const std::vector<IstHandover>& objects() const { return objects_; }
  // What the host signals when it is done; the destructor takes the objects back behind it.
  void returns_at(const IstSyncPoint& done) {
    done_ = done;
    knows_done_ = true;
  }
  // As ist_take_back. Where it fails the loan stays.
  TiError take_back(const IstSyncPoint& done) {
    return came_back(ist_take_back(runtime_, static_cast<uint32_t>(objects_.size()), objects_.data(), &done));
  }
  // The host has waited for its own work.
  TiError take_back() {
    return came_back(ist_take_back(runtime_, static_cast<uint32_t>(objects_.size()), objects_.data(), nullptr));
  }
};

}  // namespace isthmus

#endif  // IST_CPP_SHARE_HPP
