// Creates buffers and binds them to memory.
#include "vulkan/vk_buffer.h"

#include <algorithm>

#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

// Some GL drivers refuse to import a buffer whose memory has no room to spare behind it.
constexpr uint64_t kSharedSpareBytes = 4096;

// The usages of Vulkan 1.0, which any device takes.
constexpr VkBufferUsageFlags kKnownUsage = 0x1ff;

VkBufferUsageFlags native_usage(uint32_t usage) {
  VkBufferUsageFlags flags = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (usage & memory_usage::kStorage) flags |= VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  if (usage & memory_usage::kUniform) flags |= VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT;
  if (usage & memory_usage::kVertex) flags |= VK_BUFFER_USAGE_VERTEX_BUFFER_BIT;
  if (usage & memory_usage::kIndex) flags |= VK_BUFFER_USAGE_INDEX_BUFFER_BIT;
  return flags;
}

VkBufferUsageFlags address_usage(const Gpu& gpu) {
  return gpu.has_addresses() ? VkBufferUsageFlags{VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT} : 0;
}

HostAccess host_access(const BufferDesc& desc) {
  if (desc.host_read) return HostAccess::read;
  return desc.host_write ? HostAccess::write : HostAccess::none;
}

}  // namespace

Result<std::unique_ptr<Buffer>> Buffer::create(const Gpu& gpu, Memory& memory, const BufferDesc& desc) {
  const uint64_t limit = gpu.info().limits.max_allocation_bytes;
  if (desc.size_bytes == 0) return fail(Code::invalid_argument, "A buffer of 0 bytes cannot be made.");
  if (desc.size_bytes > limit)
    return fail(Code::out_of_memory, "A buffer of %llu bytes exceeds the device's limit (%llu bytes).",
                static_cast<unsigned long long>(desc.size_bytes), static_cast<unsigned long long>(limit));
  std::unique_ptr<Buffer> buffer(new Buffer(gpu, &memory));
  buffer->usage_ = native_usage(desc.usage) | address_usage(gpu);
  ExportTypes exported;
  if (desc.export_sharing) exported = export_types_of_buffers(*gpu.instance, *gpu.physical, buffer->usage_);
  if (desc.export_sharing && !exported.types)
    return fail(Code::not_supported, "Device '%s' cannot export buffers as file descriptors.", gpu.info().name.c_str());
  IST_CHECK(buffer->make(desc, exported.types));
  buffer->export_types_ = exported.types;
  IST_TRY(const MemoryPiece piece, buffer->own_memory(desc, exported));
  IST_CHECK(buffer->bind(piece));
  return buffer;
}

Result<std::unique_ptr<Buffer>> Buffer::import(const Gpu& gpu, Memory& memory, const BufferDesc& desc,
                                               const MemoryImport& source) {
  if (desc.size_bytes == 0) return fail(Code::invalid_argument, "A buffer of 0 bytes cannot be imported.");
  std::unique_ptr<Buffer> buffer(new Buffer(gpu, &memory));
  // A dedicated allocation is for a buffer that was made in the same way.
  const VkBufferUsageFlags theirs = source.allocation.native_usage & kKnownUsage;
  buffer->usage_ = source.allocation.dedicated && theirs ? theirs : native_usage(desc.usage) | theirs;
  buffer->usage_ |= address_usage(gpu);
  const VkExternalMemoryProperties shared = external_buffers(*gpu.instance, *gpu.physical, buffer->usage_, source.type);
  if (!(shared.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
    return fail(Code::not_supported, "Device '%s' cannot import buffers from a handle of type %u.",
                gpu.info().name.c_str(), static_cast<unsigned>(source.type));
  // Before vkCreateBuffer, which need not take more.
  const uint64_t most = std::min(source.allocation.allocation_bytes, gpu.info().limits.max_allocation_bytes);
  if (desc.size_bytes > most)
    return fail(Code::argument_out_of_range,
                "A buffer of %llu bytes does not fit its allocation of %llu bytes on a device that takes %llu.",
                static_cast<unsigned long long>(desc.size_bytes),
                static_cast<unsigned long long>(source.allocation.allocation_bytes),
                static_cast<unsigned long long>(gpu.info().limits.max_allocation_bytes));
  IST_CHECK(buffer->make(desc, memory_handle(source.type)));
  const MemoryNeeds needs = needs_of(gpu, buffer->handle_);
  const bool dedicated_only =
      needs.requires_dedicated || (shared.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
  if (dedicated_only && !source.allocation.dedicated && !source.pointer)
    return fail(Code::invalid_interop,
                "The device needs a dedicated allocation for this buffer, and the handle's is not.");
  MemoryRequest request;
  request.requirements = needs.requirements;
  request.host = host_access(desc);
  if (source.allocation.dedicated) request.dedicated_buffer = buffer->handle_;
  IST_TRY(buffer->origin_, MemoryOrigin::keep(source));
  IST_TRY(const MemoryPiece piece, memory.import(request, source));
  IST_CHECK(buffer->bind(piece));
  return buffer;
}

Status Buffer::make(const BufferDesc& desc, VkExternalMemoryHandleTypeFlags handle_types) {
  VkExternalMemoryBufferCreateInfo external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO};
  external.handleTypes = handle_types;
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.pNext = handle_types ? &external : nullptr;
  info.size = size_bytes_ = desc.size_bytes;
  info.usage = usage_;
  info.sharingMode = gpu_.sharing_mode();
  info.queueFamilyIndexCount = static_cast<uint32_t>(gpu_.families.size());
  info.pQueueFamilyIndices = gpu_.families.data();
  return vk_status(gpu_.vk.CreateBuffer(gpu_.device, &info, nullptr, &handle_), "vkCreateBuffer");
}

Result<MemoryPiece> Buffer::own_memory(const BufferDesc& desc, const ExportTypes& exported) {
  const MemoryNeeds needs = needs_of(gpu_, handle_);
  MemoryRequest request;
  request.requirements = needs.requirements;
  request.host = host_access(desc);
  request.export_types = exported.types;
  if (exported.dedicated_only || needs.requires_dedicated || (needs.prefers_dedicated && !exported.types)) {
    request.own_allocation = true;
    request.dedicated_buffer = handle_;
  } else if (exported.types) {
    request.requirements.size += kSharedSpareBytes;
  }
  return memory_->allocate(request);
}

Status Buffer::bind(const MemoryPiece& piece) {
  piece_ = piece;
  IST_CHECK(vk_status(gpu_.vk.BindBufferMemory(gpu_.device, handle_, piece_.memory, piece_.offset_bytes),
                      "vkBindBufferMemory"));
  host_ = piece_.host;
  if (gpu_.has_addresses()) {
    VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
    address.buffer = handle_;
    device_address_ = gpu_.vk.GetBufferDeviceAddress(gpu_.device, &address);
  }
  return {};
}

std::unique_ptr<Buffer> Buffer::wrap(const Gpu& gpu, const Foreign& foreign) {
  std::unique_ptr<Buffer> buffer(new Buffer(gpu, nullptr));
  buffer->handle_ = foreign.buffer;
  buffer->foreign_ = true;
  buffer->size_bytes_ = foreign.size_bytes;
  buffer->usage_ = foreign.usage;
  buffer->piece_.memory = foreign.memory;
  buffer->piece_.offset_bytes = foreign.offset_bytes;
  buffer->piece_.size_bytes = foreign.size_bytes;
  if (gpu.has_addresses() && (foreign.usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT)) {
    VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
    address.buffer = foreign.buffer;
    buffer->device_address_ = gpu.vk.GetBufferDeviceAddress(gpu.device, &address);
  }
  return buffer;
}

Buffer::~Buffer() {
  if (!memory_) return;
  if (handle_) gpu_.vk.DestroyBuffer(gpu_.device, handle_, nullptr);
  memory_->release(piece_);
}

}  // namespace ist::vk
