// The sharing verbs of the contract on CUDA: memory goes in and out by opaque file descriptor, semaphores only in, as
// CUDA makes none.
#pragma once

#include "contract/share_ops.h"
#include "cuda/cuda_recording.h"

namespace ist::cuda {

class ShareOps final : public ist::ShareOps {
 public:
  ShareOps(const Gpu& gpu, Recording& recording) : gpu_(gpu), recording_(recording) {}

  ShareSupport share_support(const ImageDesc& desc) override;
  Result<OsHandle> export_handle(ist::Buffer& buffer, HandleType type) override;
  Result<OsHandle> export_handle(Image& image, HandleType type) override;
  SharedAllocation allocation_of(const ist::Buffer& buffer) override;
  SharedAllocation allocation_of(const Image&) override { return {}; }
  Result<std::unique_ptr<ist::Buffer>> import_buffer(const BufferDesc& desc, HandleType type, OsHandle handle,
                                                     const SharedAllocation& allocation) override;
  Result<std::unique_ptr<Image>> import_image(const ImageDesc& desc, HandleType type, OsHandle handle,
                                              const SharedAllocation& allocation) override;
  uint64_t host_pointer_alignment() override;
  Result<std::unique_ptr<ist::Buffer>> import_host_pages(const BufferDesc& desc, void* pointer) override;
  Result<std::unique_ptr<Semaphore>> create_semaphore(SemaphoreKind kind, HandleType exportable) override;
  Result<std::unique_ptr<Semaphore>> import_semaphore(SemaphoreKind kind, HandleType type, OsHandle handle) override;
  Result<OsHandle> export_handle(Semaphore& semaphore, HandleType type) override;
  DevicePoint own_point(uint64_t) override { return {}; }
  void wait_before(const DevicePoint& point) override;
  void signal_after(const DevicePoint& point) override;
  Result<bool> wait_point(const DevicePoint& point, uint64_t timeout_ns) override;

 private:
  Status check_type(HandleType type, const char* what) const;
  Status possible(const DevicePoint& point) const;

  const Gpu& gpu_;
  Recording& recording_;
};

}  // namespace ist::cuda
