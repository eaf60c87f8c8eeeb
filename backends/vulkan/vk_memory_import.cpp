// Memory that others have allocated: checks what it is said to be before the driver is asked, since drivers
// trust it.
#include <cinttypes>

#include "vulkan/vk_memory.h"
#include "vulkan/vk_share_query.h"
#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

Status check_fit(const VkMemoryRequirements& needs, const MemoryImport& source) {
  const SharedAllocation& there = source.allocation;
  if (there.offset_bytes > there.allocation_bytes || needs.size > there.allocation_bytes - there.offset_bytes)
    return fail(Code::argument_out_of_range,
                "An object that takes %" PRIu64 " bytes at offset %" PRIu64 " does not fit its allocation of %" PRIu64
                " bytes.",
                needs.size, there.offset_bytes, there.allocation_bytes);
  if (there.offset_bytes % needs.alignment != 0)
    return fail(Code::argument_out_of_range,
                "The offset of an object in its allocation (%" PRIu64 ") is no multiple of %" PRIu64 ".",
                there.offset_bytes, needs.alignment);
  if (there.dedicated && (there.offset_bytes != 0 || there.allocation_bytes != needs.size))
    return fail(Code::argument_out_of_range,
                "An allocation dedicated to the object has its size (%" PRIu64 " bytes) and offset 0, not %" PRIu64
                " bytes and offset %" PRIu64 ".",
                needs.size, there.allocation_bytes, there.offset_bytes);
  return {};
}

Status refusal(VkResult result, const char* call, HandleType type) {
  if (result != VK_ERROR_INVALID_EXTERNAL_HANDLE && code_of(result) != Code::invalid_state)
    return vk_status(result, call);
  return fail(Code::invalid_interop, "The driver refuses a handle of type %u (%s: %s).", static_cast<unsigned>(type),
              call, result_name(result));
}

}  // namespace

// Mask of the memory types that the driver can take the source as.
Result<uint32_t> Memory::import_types(const MemoryRequest& request, const MemoryImport& source, int file) const {
  uint32_t types = request.requirements.memoryTypeBits;
  const VkExternalMemoryHandleTypeFlagBits native = memory_handle(source.type);
  if (source.pointer) {
    VkMemoryHostPointerPropertiesEXT properties{VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
    const VkResult result = gpu_.vk.GetMemoryHostPointerPropertiesEXT(gpu_.device, native, source.pointer, &properties);
    if (result != VK_SUCCESS) return refusal(result, "vkGetMemoryHostPointerPropertiesEXT", source.type);
    types &= properties.memoryTypeBits;
  } else if (source.type != HandleType::opaque_fd) {  // an opaque one does not tell
    VkMemoryFdPropertiesKHR properties{VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR};
    const VkResult result = gpu_.vk.GetMemoryFdPropertiesKHR(gpu_.device, native, file, &properties);
    if (result != VK_SUCCESS) return refusal(result, "vkGetMemoryFdPropertiesKHR", source.type);
    types &= properties.memoryTypeBits;
  }
  return types;
}

Result<MemoryOrigin> MemoryOrigin::keep(const MemoryImport& source) {
  MemoryOrigin origin;
  if (source.pointer) return origin;
  origin.type = source.type;
  IST_TRY(origin.file, OwnedFd::duplicate(source.handle));
  return origin;
}

Result<MemoryPiece> Memory::import(const MemoryRequest& request, const MemoryImport& source) {
  const SharedAllocation& there = source.allocation;
  IST_CHECK(check_fit(request.requirements, source));
  OwnedFd file;
  if (!source.pointer) {
    IST_TRY(file, OwnedFd::duplicate(source.handle));
    IST_CHECK(file.check_shared(gpu_.info().is_cpu, there.allocation_bytes));
  }
  IST_TRY(const uint32_t type_bits, import_types(request, source, file.get()));
  const Candidates candidates = rank_types(type_bits, request.host);
  if (candidates.count == 0)
    return fail(Code::not_supported, "No memory type of the device (mask 0x%x) suits the imported object.", type_bits);

  VkMemoryDedicatedAllocateInfo dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
  dedicated.buffer = request.dedicated_buffer;
  dedicated.image = request.dedicated_image;
  const void* next = dedicated.buffer || dedicated.image ? &dedicated : nullptr;
  VkImportMemoryFdInfoKHR from_file{VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, next, memory_handle(source.type),
                                    file.get()};
  VkImportMemoryHostPointerInfoEXT from_host{VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT, next,
                                             memory_handle(source.type), source.pointer};
  MemoryPiece piece;
  // Which type an opaque handle was allocated with is not told; the driver refuses the others.
  VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
  for (uint32_t i = 0; i < candidates.count && result != VK_SUCCESS; ++i)
    result =
        allocate_native(there.allocation_bytes, candidates.types[i], false,
                        source.pointer ? static_cast<const void*>(&from_host) : &from_file, piece.memory, piece.host);
  if (result != VK_SUCCESS) return refusal(result, "vkAllocateMemory", source.type);
  (void)file.release();  // the driver's now
  if (source.pointer) {
    piece.host = static_cast<std::byte*>(source.pointer);
  } else if (request.host != HostAccess::none) {
    IST_CHECK(vk_status(map_native(piece.memory, there.allocation_bytes, piece.host), "vkMapMemory"));
    piece.host += there.offset_bytes;
  }
  piece.offset_bytes = there.offset_bytes;
  piece.size_bytes = request.requirements.size;
  piece.allocation_bytes = there.allocation_bytes;
  piece.dedicated = there.dedicated;
  return piece;
}

}  // namespace ist::vk
