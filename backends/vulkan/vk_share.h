// The sharing verbs of the contract on Vulkan.
#pragma once

#include "contract/share_ops.h"
#include "vulkan/vk_recording.h"
#include "vulkan/vk_semaphore.h"

namespace ist::vk {

class ShareOps final : public ist::ShareOps {
 public:
  ShareOps(const Gpu& gpu, Memory& memory, Submitter& submitter, Recording& recording)
      : gpu_(gpu), memory_(memory), submitter_(submitter), recording_(recording) {}

  ShareSupport share_support(const ImageDesc& desc) override;

  Result<OsHandle> export_handle(ist::Buffer& buffer, HandleType type) override;
  Result<OsHandle> export_handle(ist::Image& image, HandleType type) override;
  SharedAllocation allocation_of(const ist::Buffer& buffer) override;
  SharedAllocation allocation_of(const ist::Image& image) override;

  Result<std::unique_ptr<ist::Buffer>> import_buffer(const BufferDesc& desc, HandleType type, OsHandle handle,
                                                     const SharedAllocation& allocation) override;
  Result<std::unique_ptr<ist::Image>> import_image(const ImageDesc& desc, HandleType type, OsHandle handle,
                                                   const SharedAllocation& allocation) override;
  uint64_t host_pointer_alignment() override;
  Result<std::unique_ptr<ist::Buffer>> import_host_pages(const BufferDesc& desc, void* pointer) override;

  Result<std::unique_ptr<ist::Semaphore>> create_semaphore(SemaphoreKind kind, HandleType exportable) override;
  Result<std::unique_ptr<ist::Semaphore>> import_semaphore(SemaphoreKind kind, HandleType type,
                                                           OsHandle handle) override;
  Result<OsHandle> export_handle(ist::Semaphore& semaphore, HandleType type) override;

  DevicePoint own_point(uint64_t serial) override { return submitter_.own_point(serial); }
  void wait_before(const DevicePoint& point) override;
  void signal_after(const DevicePoint& point) override;
  Result<bool> wait_point(const DevicePoint& point, uint64_t timeout_ns) override;

 private:
  Result<OsHandle> export_memory(const MemoryPiece& piece, VkExternalMemoryHandleTypeFlags types, HandleType type,
                                 const char* what);
  template <class T>
  Result<OsHandle> export_object(const T& object, HandleType type, const char* what);
  bool possible(const DevicePoint& point);

  const Gpu& gpu_;
  Memory& memory_;
  Submitter& submitter_;
  Recording& recording_;
};

}  // namespace ist::vk
