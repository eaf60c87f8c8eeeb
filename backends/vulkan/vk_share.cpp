// Handles out and in, semaphores, points.
#include "vulkan/vk_share.h"

#include <cinttypes>

#include "vulkan/vk_share_query.h"
#include "vulkan/vk_text.h"

namespace ist::vk {

ShareSupport ShareOps::share_support(const ImageDesc& desc) {
  ShareSupport share = gpu_.info().share;
  const VkImageCreateInfo info = image_create_info(gpu_, desc);
  share.image_export = share.image_import = 0;
  if (info.format != VK_FORMAT_UNDEFINED) query_image_share(*gpu_.instance, *gpu_.physical, info, share);
  return share;
}

Result<OsHandle> ShareOps::export_memory(const MemoryPiece& piece, VkExternalMemoryHandleTypeFlags types,
                                         HandleType type, const char* what) {
  if (!types) return fail(Code::invalid_state, "The %s was not made to be exported.", what);
  VkMemoryGetFdInfoKHR info{VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR};
  info.memory = piece.memory;
  info.handleType = memory_handle(type);
  if (!(types & info.handleType))
    return fail(Code::not_supported, "Device '%s' cannot export the %s as a handle of type %u.",
                gpu_.info().name.c_str(), what, static_cast<unsigned>(type));
  int fd = -1;
  IST_CHECK(vk_status(gpu_.vk.GetMemoryFdKHR(gpu_.device, &info, &fd), "vkGetMemoryFdKHR"));
  return OsHandle{fd};
}

template <class T>
Result<OsHandle> ShareOps::export_object(const T& object, HandleType type, const char* what) {
  const MemoryOrigin& origin = object.origin();
  if (type == HandleType::none || origin.type != type)
    return export_memory(object.piece(), object.export_types(), type, what);
  IST_TRY(OwnedFd again, OwnedFd::duplicate(origin.file.get()));
  return OsHandle{again.release()};
}

Result<OsHandle> ShareOps::export_handle(ist::Buffer& buffer, HandleType type) {
  return export_object(static_cast<const Buffer&>(buffer), type, "buffer");
}

Result<OsHandle> ShareOps::export_handle(ist::Image& image, HandleType type) {
  return export_object(static_cast<const Image&>(image), type, "image");
}

SharedAllocation ShareOps::allocation_of(const ist::Buffer& buffer) {
  const auto& ours = static_cast<const Buffer&>(buffer);
  const MemoryPiece& piece = ours.piece();
  return {piece.allocation_bytes, piece.offset_bytes, ours.size_bytes(), piece.dedicated, 0, ours.usage()};
}

SharedAllocation ShareOps::allocation_of(const ist::Image& image) {
  const auto& ours = static_cast<const Image&>(image);
  const MemoryPiece& piece = ours.piece();
  return {piece.allocation_bytes,
          piece.offset_bytes,
          piece.size_bytes,
          piece.dedicated,
          static_cast<uint32_t>(ours.facts().format),
          ours.facts().usage};
}

Result<std::unique_ptr<ist::Buffer>> ShareOps::import_buffer(const BufferDesc& desc, HandleType type, OsHandle handle,
                                                             const SharedAllocation& allocation) {
  if (type == HandleType::host_pointer)
    return fail(Code::invalid_argument, "Pages of the host have no handle to import a buffer from.");
  IST_TRY(std::unique_ptr<ist::Buffer> buffer,
          Buffer::import(gpu_, memory_, desc, {type, handle, nullptr, allocation}));
  return buffer;
}

Result<std::unique_ptr<ist::Image>> ShareOps::import_image(const ImageDesc& desc, HandleType type, OsHandle handle,
                                                           const SharedAllocation& allocation) {
  IST_TRY(std::unique_ptr<ist::Image> image, Image::import(gpu_, memory_, desc, {type, handle, nullptr, allocation}));
  return image;
}

uint64_t ShareOps::host_pointer_alignment() {
  const bool can = gpu_.info().share.memory_import >> static_cast<uint32_t>(HandleType::host_pointer) & 1;
  return can ? gpu_.physical->host_pointer_alignment : 0;
}

Result<std::unique_ptr<ist::Buffer>> ShareOps::import_host_pages(const BufferDesc& desc, void* pointer) {
  const uint64_t alignment = host_pointer_alignment();
  if (alignment == 0)
    return fail(Code::not_supported, "Device '%s' cannot import pages of the host.", gpu_.info().name.c_str());
  if (!pointer) return fail(Code::argument_null, "The pointer to the host's pages is null.");
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  if (desc.size_bytes == 0 || desc.size_bytes % alignment != 0 || address % alignment != 0)
    return fail(Code::invalid_argument,
                "Pages of the host at 0x%" PRIxPTR " (%" PRIu64 " bytes) do not begin and end at a multiple of %" PRIu64
                " bytes.",
                address, desc.size_bytes, alignment);
  BufferDesc mapped = desc;
  mapped.host_read = mapped.host_write = true;
  SharedAllocation pages;
  pages.allocation_bytes = pages.size_bytes = desc.size_bytes;
  IST_TRY(std::unique_ptr<ist::Buffer> buffer,
          Buffer::import(gpu_, memory_, mapped, {HandleType::host_pointer, -1, pointer, pages}));
  return buffer;
}

Result<std::unique_ptr<ist::Semaphore>> ShareOps::create_semaphore(SemaphoreKind kind, HandleType exportable) {
  IST_TRY(std::unique_ptr<ist::Semaphore> semaphore, Semaphore::create(gpu_, kind, exportable));
  return semaphore;
}

Result<std::unique_ptr<ist::Semaphore>> ShareOps::import_semaphore(SemaphoreKind kind, HandleType type,
                                                                   OsHandle handle) {
  IST_TRY(std::unique_ptr<ist::Semaphore> semaphore, Semaphore::import(gpu_, kind, type, handle));
  return semaphore;
}

Result<OsHandle> ShareOps::export_handle(ist::Semaphore& semaphore, HandleType type) {
  return static_cast<const Semaphore&>(semaphore).export_handle(type);
}

bool ShareOps::possible(const DevicePoint& point) {
  if (!point.native) {
    recording_.keep(fail(Code::argument_null, "A point of the device has no semaphore."));
  } else if (point.kind == SemaphoreKind::timeline && !gpu_.physical->timeline) {
    recording_.keep(fail(Code::not_supported, "Device '%s' has no timeline semaphores.", gpu_.info().name.c_str()));
  } else {
    return true;
  }
  return false;
}

void ShareOps::wait_before(const DevicePoint& point) {
  if (possible(point)) submitter_.wait_before(point);
}

void ShareOps::signal_after(const DevicePoint& point) {
  if (possible(point)) submitter_.signal_after(point);
}

Result<bool> ShareOps::wait_point(const DevicePoint& point, uint64_t timeout_ns) {
  if (point.kind != SemaphoreKind::timeline || !gpu_.physical->timeline)
    return fail(Code::not_supported, "The CPU of device '%s' cannot wait for a %s semaphore.", gpu_.info().name.c_str(),
                point.kind == SemaphoreKind::timeline ? "timeline" : "binary");
  if (!point.native) return fail(Code::argument_null, "A point of the device has no semaphore.");
  return submitter_.wait_point(point, timeout_ns);
}

}  // namespace ist::vk
