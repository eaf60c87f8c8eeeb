// What cannot be says who can.
#include "cuda/cuda_share.h"

#include <cinttypes>

#include "cuda/cuda_external.h"

namespace ist::cuda {
namespace {

constexpr uint64_t kPageBytes = 4096;

NativeSemaphore semaphore_of(uint64_t native) { return reinterpret_cast<NativeSemaphore>(native); }

class ImportedSemaphore final : public Semaphore {
 public:
  ImportedSemaphore(const Gpu& gpu, NativeSemaphore handle, OwnedFd file)
      : gpu_(gpu), handle_(handle), file_(std::move(file)) {}
  ~ImportedSemaphore() override {
    const auto current = Current::enter(gpu_);
    if (current.ok()) gpu_.driver().DestroyExternalSemaphore(handle_);
  }
  uint64_t native() const override { return reinterpret_cast<uint64_t>(handle_); }
  const OwnedFd& file() const { return file_; }

 private:
  const Gpu& gpu_;
  const NativeSemaphore handle_;
  const OwnedFd file_;
};

}  // namespace

Status ShareOps::check_type(HandleType type, const char* what) const {
  if (type == HandleType::opaque_fd) return {};
  return fail(Code::not_supported, "Device '%s' shares %s by opaque file descriptor (%u) only, not by type %u.",
              gpu_.info().name.c_str(), what, static_cast<unsigned>(HandleType::opaque_fd),
              static_cast<unsigned>(type));
}

ShareSupport ShareOps::share_support(const ImageDesc&) { return gpu_.info().share; }

Result<OsHandle> ShareOps::export_handle(ist::Buffer& buffer, HandleType type) {
  IST_CHECK(check_type(type, "memory"));
  return static_cast<const Buffer&>(buffer).export_fd();
}

Result<OsHandle> ShareOps::export_handle(Image&, HandleType) {
  return fail(Code::not_supported, "Runtimes of arch CUDA have no images.");
}

SharedAllocation ShareOps::allocation_of(const ist::Buffer& buffer) {
  return static_cast<const Buffer&>(buffer).allocation();
}

Result<std::unique_ptr<ist::Buffer>> ShareOps::import_buffer(const BufferDesc& desc, HandleType type, OsHandle handle,
                                                             const SharedAllocation& allocation) {
  IST_CHECK(check_type(type, "memory"));
  IST_TRY(auto buffer, Buffer::import_handle(gpu_, desc, handle, allocation));
  return std::unique_ptr<ist::Buffer>(std::move(buffer));
}

Result<std::unique_ptr<Image>> ShareOps::import_image(const ImageDesc&, HandleType, OsHandle, const SharedAllocation&) {
  return fail(Code::not_supported, "Runtimes of arch CUDA have no images.");
}

uint64_t ShareOps::host_pointer_alignment() { return gpu_.facts().registers_pages ? kPageBytes : 0; }

Result<std::unique_ptr<ist::Buffer>> ShareOps::import_host_pages(const BufferDesc& desc, void* pointer) {
  if (host_pointer_alignment() == 0)
    return fail(Code::not_supported, "Device '%s' cannot import pages of the host.", gpu_.info().name.c_str());
  if (!pointer) return fail(Code::argument_null, "The pointer to the host's pages is null.");
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  if (desc.size_bytes == 0 || desc.size_bytes % kPageBytes != 0 || address % kPageBytes != 0)
    return fail(Code::invalid_argument,
                "Pages of the host at 0x%" PRIxPTR " (%" PRIu64 " bytes) do not begin and end at a multiple of %" PRIu64
                " bytes.",
                address, desc.size_bytes, kPageBytes);
  IST_TRY(auto buffer, Buffer::import_pages(gpu_, desc, pointer));
  return std::unique_ptr<ist::Buffer>(std::move(buffer));
}

Result<std::unique_ptr<Semaphore>> ShareOps::create_semaphore(SemaphoreKind, HandleType) {
  return fail(Code::not_supported,
              "CUDA makes no semaphores that other APIs know; make one with Vulkan and import it here.");
}

Result<std::unique_ptr<Semaphore>> ShareOps::import_semaphore(SemaphoreKind kind, HandleType type, OsHandle handle) {
  IST_CHECK(gpu_.health());
  IST_CHECK(check_type(type, "semaphores"));
  const bool timeline = kind == SemaphoreKind::timeline;
  if (timeline && !gpu_.facts().imports_timelines)
    return fail(Code::not_supported, "Device '%s' imports no timeline semaphores.", gpu_.info().name.c_str());
  IST_TRY(OwnedFd kept, OwnedFd::duplicate(handle));
  IST_TRY(OwnedFd given, OwnedFd::duplicate(kept.get()));
  IST_TRY(const Current current, Current::enter(gpu_));
  ExternalSemaphoreDesc desc;
  desc.handle.type = timeline ? k::kExternalTimelineFd : k::kExternalOpaqueFd;
  desc.handle.fd = given.get();
  NativeSemaphore semaphore = nullptr;
  IST_CHECK(refusal(gpu_, gpu_.driver().ImportExternalSemaphore(&semaphore, &desc), "cuImportExternalSemaphore",
                    "the handle"));
  given.release();
  return std::unique_ptr<Semaphore>(std::make_unique<ImportedSemaphore>(gpu_, semaphore, std::move(kept)));
}

Result<OsHandle> ShareOps::export_handle(Semaphore& semaphore, HandleType type) {
  IST_CHECK(check_type(type, "semaphores"));
  IST_TRY(OwnedFd again, OwnedFd::duplicate(static_cast<const ImportedSemaphore&>(semaphore).file().get()));
  return OsHandle{again.release()};
}

Status ShareOps::possible(const DevicePoint& point) const {
  if (!point.native) return fail(Code::argument_null, "A point of the device has no semaphore.");
  if (point.kind == SemaphoreKind::binary || gpu_.facts().imports_timelines) return {};
  return fail(Code::not_supported, "Device '%s' has no timeline semaphores.", gpu_.info().name.c_str());
}

void ShareOps::wait_before(const DevicePoint& point) {
  Status status = possible(point);
  if (status.ok()) return recording_.wait_before(semaphore_of(point.native), point.value);
  recording_.keep(std::move(status));
}

void ShareOps::signal_after(const DevicePoint& point) {
  Status status = possible(point);
  if (status.ok()) return recording_.signal_after(semaphore_of(point.native), point.value);
  recording_.keep(std::move(status));
}

Result<bool> ShareOps::wait_point(const DevicePoint&, uint64_t) {
  return fail(Code::not_supported,
              "CUDA lets no CPU wait for a semaphore of another API; wait where it was made, or for recorded work "
              "behind it.");
}

}  // namespace ist::cuda
