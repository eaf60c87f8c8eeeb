// Asks vkGetPhysicalDeviceExternal*Properties.
#include "vulkan/vk_share_query.h"

namespace ist::vk {
namespace {

constexpr HandleType kFileTypes[] = {HandleType::opaque_fd, HandleType::dma_buf};
constexpr HandleType kMemoryTypes[] = {HandleType::opaque_fd, HandleType::dma_buf, HandleType::host_pointer};
constexpr HandleType kSemaphoreTypes[] = {HandleType::opaque_fd, HandleType::sync_fd};

uint32_t bit(HandleType type) { return 1u << static_cast<uint32_t>(type); }

bool enabled(const PhysicalDevice& device, HandleType type) {
  switch (type) {
    case HandleType::opaque_fd:
      return device.external_memory_fd;
    case HandleType::dma_buf:
      return device.external_memory_dma_buf;
    case HandleType::host_pointer:
      return device.host_pointer_alignment != 0;
    default:
      return false;
  }
}

// Types are exported together only where the driver says that they go together.
template <class Ask>
ExportTypes exported_together(Ask&& ask) {
  ExportTypes result;
  for (const HandleType type : kFileTypes) {
    const VkExternalMemoryProperties properties = ask(type);
    if (!(properties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT)) continue;
    if ((result.types & ~properties.compatibleHandleTypes) != 0) continue;
    result.types |= memory_handle(type);
    if (properties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) result.dedicated_only = true;
  }
  return result;
}

void add(HandleType type, const VkExternalMemoryProperties& properties, uint32_t& exports, uint32_t& imports) {
  if (properties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT) exports |= bit(type);
  if (properties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) imports |= bit(type);
}

void query_semaphores(const Instance& instance, const PhysicalDevice& device, VkSemaphoreType kind, uint32_t& exports,
                      uint32_t& imports) {
  VkSemaphoreTypeCreateInfo timeline{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  timeline.semaphoreType = kind;
  VkPhysicalDeviceExternalSemaphoreInfo info{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO};
  if (kind == VK_SEMAPHORE_TYPE_TIMELINE) info.pNext = &timeline;
  for (const HandleType type : kSemaphoreTypes) {
    // A sync file is one moment; a timeline has many.
    if (kind == VK_SEMAPHORE_TYPE_TIMELINE && type == HandleType::sync_fd) continue;
    info.handleType = semaphore_handle(type);
    VkExternalSemaphoreProperties properties{VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES};
    instance.vk.GetPhysicalDeviceExternalSemaphoreProperties(device.handle, &info, &properties);
    const VkExternalSemaphoreFeatureFlags features = properties.externalSemaphoreFeatures;
    if (features & VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT) exports |= bit(type);
    if (features & VK_EXTERNAL_SEMAPHORE_FEATURE_IMPORTABLE_BIT) imports |= bit(type);
  }
}

// What most images that are shared look like.
VkImageCreateInfo ordinary_image() {
  VkImageCreateInfo image{VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
  image.imageType = VK_IMAGE_TYPE_2D;
  image.format = VK_FORMAT_R8G8B8A8_UNORM;
  image.tiling = VK_IMAGE_TILING_OPTIMAL;
  image.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT |
                VK_IMAGE_USAGE_STORAGE_BIT;
  return image;
}

}  // namespace

VkExternalMemoryHandleTypeFlagBits memory_handle(HandleType type) {
  switch (type) {
    case HandleType::opaque_fd:
      return VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
    case HandleType::dma_buf:
      return VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
    case HandleType::host_pointer:
      return VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
    default:
      return VkExternalMemoryHandleTypeFlagBits{};
  }
}

VkExternalSemaphoreHandleTypeFlagBits semaphore_handle(HandleType type) {
  switch (type) {
    case HandleType::opaque_fd:
      return VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT;
    case HandleType::sync_fd:
      return VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT;
    default:
      return VkExternalSemaphoreHandleTypeFlagBits{};
  }
}

VkExternalMemoryProperties external_buffers(const Instance& instance, const PhysicalDevice& device,
                                            VkBufferUsageFlags usage, HandleType type) {
  if (!enabled(device, type)) return {};
  VkPhysicalDeviceExternalBufferInfo info{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO};
  info.usage = usage;
  info.handleType = memory_handle(type);
  VkExternalBufferProperties properties{VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
  instance.vk.GetPhysicalDeviceExternalBufferProperties(device.handle, &info, &properties);
  return properties.externalMemoryProperties;
}

VkExternalMemoryProperties external_images(const Instance& instance, const PhysicalDevice& device,
                                           const VkImageCreateInfo& image, HandleType type) {
  if (!enabled(device, type) || type == HandleType::host_pointer) return {};
  VkPhysicalDeviceExternalImageFormatInfo external{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO};
  external.handleType = memory_handle(type);
  VkPhysicalDeviceImageFormatInfo2 info{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2, &external};
  info.format = image.format;
  info.type = image.imageType;
  info.tiling = image.tiling;
  info.usage = image.usage;
  info.flags = image.flags;
  VkExternalImageFormatProperties shared{VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
  VkImageFormatProperties2 properties{VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, &shared};
  if (instance.vk.GetPhysicalDeviceImageFormatProperties2(device.handle, &info, &properties) != VK_SUCCESS) return {};
  return shared.externalMemoryProperties;
}

ExportTypes export_types_of_buffers(const Instance& instance, const PhysicalDevice& device, VkBufferUsageFlags usage) {
  return exported_together([&](HandleType type) { return external_buffers(instance, device, usage, type); });
}

ExportTypes export_types_of_images(const Instance& instance, const PhysicalDevice& device,
                                   const VkImageCreateInfo& image) {
  return exported_together([&](HandleType type) { return external_images(instance, device, image, type); });
}

void query_image_share(const Instance& instance, const PhysicalDevice& device, const VkImageCreateInfo& image,
                       ShareSupport& share) {
  share.image_export = share.image_import = 0;
  for (const HandleType type : kFileTypes)
    add(type, external_images(instance, device, image, type), share.image_export, share.image_import);
}

ShareSupport query_share(const Instance& instance, const PhysicalDevice& device) {
  ShareSupport share;
  share.timeline = device.timeline;
  VkBufferUsageFlags usage =
      VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (device.info.features.has(aot::Feature::buffer_device_address)) usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  for (const HandleType type : kMemoryTypes)
    add(type, external_buffers(instance, device, usage, type), share.memory_export, share.memory_import);
  query_image_share(instance, device, ordinary_image(), share);
  if (!device.external_semaphore_fd) return share;
  query_semaphores(instance, device, VK_SEMAPHORE_TYPE_BINARY, share.binary_export, share.binary_import);
  if (device.timeline)
    query_semaphores(instance, device, VK_SEMAPHORE_TYPE_TIMELINE, share.timeline_export, share.timeline_import);
  return share;
}

}  // namespace ist::vk
