// A VkSemaphore of our own, made here or of somebody else's handle. Knows nothing of who waits for it.
#pragma once

#include "contract/share_ops.h"
#include "vulkan/vk_gpu.h"

namespace ist::vk {

class Semaphore final : public ist::Semaphore {
 public:
  // not_supported: a kind that the device lacks or that its driver cannot export so.
  static Result<std::unique_ptr<Semaphore>> create(const Gpu& gpu, SemaphoreKind kind, HandleType exportable);
  // not_supported as above; invalid_interop: the driver refuses the handle, which stays the caller's.
  static Result<std::unique_ptr<Semaphore>> import(const Gpu& gpu, SemaphoreKind kind, HandleType type,
                                                   OsHandle handle);
  ~Semaphore() override;

  uint64_t native() const override;
  VkSemaphore handle() const { return handle_; }

  // A new handle, the caller's. invalid_state: made without this type.
  Result<OsHandle> export_handle(HandleType type) const;

 private:
  void outlive_queue_thread() const;

  Semaphore(const Gpu& gpu, HandleType exportable) : gpu_(gpu), exportable_(exportable) {}
  Status make(SemaphoreKind kind);

  const Gpu& gpu_;
  const HandleType exportable_;
  VkSemaphore handle_ = VK_NULL_HANDLE;
};

// A semaphore of the device by the number that hosts know it by, and back.
uint64_t number_of(VkSemaphore semaphore);
VkSemaphore semaphore_of(uint64_t native);

}  // namespace ist::vk
