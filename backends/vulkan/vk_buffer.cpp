// Creates buffers and binds them to memory.
#include "vulkan/vk_buffer.h"

#include "vulkan/vk_text.h"

namespace ist::vk {
namespace {

// Some GL drivers refuse to import a buffer whose memory has no room to spare behind it.
constexpr uint64_t kSharedSpareBytes = 4096;

VkBufferUsageFlags native_usage(uint32_t usage) {
  VkBufferUsageFlags flags = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (usage & memory_usage::kStorage) flags |= VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  if (usage & memory_usage::kUniform) flags |= VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT;
  if (usage & memory_usage::kVertex) flags |= VK_BUFFER_USAGE_VERTEX_BUFFER_BIT;
  if (usage & memory_usage::kIndex) flags |= VK_BUFFER_USAGE_INDEX_BUFFER_BIT;
  return flags;
}

HostAccess host_access(const BufferDesc& desc) {
  if (desc.host_read) return HostAccess::read;
  return desc.host_write ? HostAccess::write : HostAccess::none;
}

// The driver's word on opaque fds for buffers of this usage: 0, or VkExternalMemoryFeatureFlagBits.
VkExternalMemoryFeatureFlags export_features(const Gpu& gpu, VkBufferUsageFlags usage) {
  if (!gpu.physical->external_memory_fd) return 0;
  VkPhysicalDeviceExternalBufferInfo info{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO};
  info.usage = usage;
  info.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
  VkExternalBufferProperties properties{VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
  gpu.instance->vk.GetPhysicalDeviceExternalBufferProperties(gpu.physical->handle, &info, &properties);
  return properties.externalMemoryProperties.externalMemoryFeatures;
}

}  // namespace

Result<std::unique_ptr<Buffer>> Buffer::create(const Gpu& gpu, Memory& memory, const BufferDesc& desc) {
  const uint64_t limit = gpu.info().limits.max_allocation_bytes;
  if (desc.size_bytes == 0) return fail(Code::invalid_argument, "A buffer of 0 bytes cannot be made.");
  if (desc.size_bytes > limit)
    return fail(Code::out_of_memory, "A buffer of %llu bytes exceeds the device's limit (%llu bytes).",
                static_cast<unsigned long long>(desc.size_bytes), static_cast<unsigned long long>(limit));
  std::unique_ptr<Buffer> buffer(new Buffer(gpu, &memory));
  buffer->size_bytes_ = desc.size_bytes;
  buffer->usage_ = native_usage(desc.usage);
  if (gpu.has_addresses()) buffer->usage_ |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  buffer->exportable_ = desc.export_sharing;

  VkExternalMemoryBufferCreateInfo external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO};
  external.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.pNext = desc.export_sharing ? &external : nullptr;
  info.size = desc.size_bytes;
  info.usage = buffer->usage_;
  info.sharingMode = gpu.sharing_mode();
  info.queueFamilyIndexCount = static_cast<uint32_t>(gpu.families.size());
  info.pQueueFamilyIndices = gpu.families.data();
  if (desc.export_sharing && !(export_features(gpu, info.usage) & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT))
    return fail(Code::not_supported, "Device '%s' cannot export buffers as file descriptors.", gpu.info().name.c_str());
  IST_CHECK(vk_status(gpu.vk.CreateBuffer(gpu.device, &info, nullptr, &buffer->handle_), "vkCreateBuffer"));
  IST_CHECK(buffer->bind(desc));
  return buffer;
}

Status Buffer::bind(const BufferDesc& desc) {
  const MemoryNeeds needs = needs_of(gpu_, handle_);
  MemoryRequest request;
  request.requirements = needs.requirements;
  request.host = host_access(desc);
  request.exportable = desc.export_sharing;
  const bool shared_only_dedicated =
      desc.export_sharing && (export_features(gpu_, usage_) & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
  if (shared_only_dedicated || needs.requires_dedicated || (needs.prefers_dedicated && !desc.export_sharing)) {
    request.own_allocation = true;
    request.dedicated_buffer = handle_;
  } else if (desc.export_sharing) {
    request.requirements.size += kSharedSpareBytes;
  }
  IST_TRY(piece_, memory_->allocate(request));
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
