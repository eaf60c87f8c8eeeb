// What a device that can share its objects does beside Device: OS handles out and in, semaphores, and
// points at which its batches wait and signal. Same rules of threads, recording and lifetime as Device.
#pragma once

#include <cstdint>
#include <memory>

#include "contract/device.h"
#include "contract/image_ops.h"

namespace ist {

using OsHandle = intptr_t;  // a file descriptor, -1 none

// The allocation behind an exportable object, and where the object is in it.
struct SharedAllocation {
  uint64_t allocation_bytes = 0;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;  // that the object takes
  bool dedicated = false;
  uint32_t native_format = 0;  // of images
  uint32_t native_usage = 0;
};

enum class SemaphoreKind : uint8_t { timeline, binary };

// A semaphore of the device as the host names it, and a value for timelines.
struct DevicePoint {
  SemaphoreKind kind = SemaphoreKind::timeline;
  uint64_t native = 0;
  uint64_t value = 0;
};

class Semaphore : public DeviceObject {
 public:
  virtual uint64_t native() const = 0;
};

class ShareOps {
 public:
  virtual ~ShareOps() = default;

  // Masks of what images like this one can leave and enter by (the other members as in DeviceInfo::share).
  virtual ShareSupport share_support(const ImageDesc& desc) = 0;

  // A new handle each, the caller's to close. not_supported: not this type; invalid_state: made without
  // export_sharing. What was imported by this type of handle is handed on.
  virtual Result<OsHandle> export_handle(Buffer& buffer, HandleType type) = 0;
  virtual Result<OsHandle> export_handle(Image& image, HandleType type) = 0;
  virtual SharedAllocation allocation_of(const Buffer& buffer) = 0;
  virtual SharedAllocation allocation_of(const Image& image) = 0;

  // Objects on an allocation of the same driver and device. The handle is duplicated, never consumed.
  // argument_out_of_range: the object does not fit its allocation; invalid_interop: the driver refuses.
  virtual Result<std::unique_ptr<Buffer>> import_buffer(const BufferDesc& desc, HandleType type, OsHandle handle,
                                                        const SharedAllocation& allocation) = 0;
  virtual Result<std::unique_ptr<Image>> import_image(const ImageDesc& desc, HandleType type, OsHandle handle,
                                                      const SharedAllocation& allocation) = 0;
  // Pages of the host; mapped at `pointer`. 0: the device cannot import them.
  virtual uint64_t host_pointer_alignment() = 0;
  virtual Result<std::unique_ptr<Buffer>> import_host_pages(const BufferDesc& desc, void* pointer) = 0;

  // Value 0. `exportable` none: for this device only.
  virtual Result<std::unique_ptr<Semaphore>> create_semaphore(SemaphoreKind kind, HandleType exportable) = 0;
  // The handle is duplicated, never consumed (sync_fd -1: already signalled).
  virtual Result<std::unique_ptr<Semaphore>> import_semaphore(SemaphoreKind kind, HandleType type, OsHandle handle) = 0;
  virtual Result<OsHandle> export_handle(Semaphore& semaphore, HandleType type) = 0;

  // The runtime's own timeline, on which batch n signals n; native 0 where there is none.
  virtual DevicePoint own_point(uint64_t serial) = 0;
  // The open batch, or the next to be opened, waits for the point before it begins, with everything.
  virtual void wait_before(const DevicePoint& point) = 0;
  // The open batch signals the point when all of it, and all before it, has finished. A batch is open.
  virtual void signal_after(const DevicePoint& point) = 0;
  // The CPU waits for a timeline point; false on timeout. Any thread.
  virtual Result<bool> wait_point(const DevicePoint& point, uint64_t timeout_ns) = 0;
};

}  // namespace ist
