// The host's own buffers, images and command buffers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "host_device.h"

namespace host {
namespace {

VkImageAspectFlags aspect(VkFormat format) {
  const bool depth = format == VK_FORMAT_D16_UNORM || format == VK_FORMAT_D32_SFLOAT;
  return depth ? VK_IMAGE_ASPECT_DEPTH_BIT : VK_IMAGE_ASPECT_COLOR_BIT;
}

VkImageSubresourceRange whole(const HostImage& image) {
  return {aspect(image.info.format), 0, image.info.mip_count, 0, image.info.layer_count};
}

VkBufferImageCopy one_subresource(const HostImage& image, uint32_t mip, uint32_t layer) {
  VkBufferImageCopy copy{};
  copy.imageSubresource = {aspect(image.info.format), mip, layer, 1};
  copy.imageExtent = image.mip_extent(mip);
  return copy;
}

VkDeviceSize texel_count(VkExtent3D extent) { return VkDeviceSize{extent.width} * extent.height * extent.depth; }

}  // namespace

uint32_t texel_bytes(VkFormat format) {
  switch (format) {
    case VK_FORMAT_R8_UNORM:
      return 1;
    case VK_FORMAT_R8G8B8A8_UNORM:
    case VK_FORMAT_R32_SFLOAT:
    case VK_FORMAT_D32_SFLOAT:
      return 4;
    case VK_FORMAT_R16G16B16A16_SFLOAT:
      return 8;
    case VK_FORMAT_R32G32B32A32_SFLOAT:
      return 16;
    default:
      ADD_FAILURE() << "Format " << format << " has no size here.";
      return 1;
  }
}

VkExtent3D HostImage::mip_extent(uint32_t mip) const {
  return {std::max(info.extent.width >> mip, 1u), std::max(info.extent.height >> mip, 1u),
          std::max(info.extent.depth >> mip, 1u)};
}

TiVulkanImageInteropInfo HostImage::interop_info() const {
  TiVulkanImageInteropInfo native{};
  native.image = image;
  native.image_type = info.type;
  native.format = info.format;
  native.extent = info.extent;
  native.mip_level_count = info.mip_count;
  native.array_layer_count = info.layer_count;
  native.sample_count = VK_SAMPLE_COUNT_1_BIT;
  native.tiling = info.tiling;
  native.usage = info.usage;
  return native;
}

VkDeviceMemory HostDevice::allocate(const VkMemoryRequirements& requirements, VkDeviceSize offset_bytes, bool mapped) {
  VkPhysicalDeviceMemoryProperties properties;
  vk_.GetPhysicalDeviceMemoryProperties(physical_device_, &properties);
  const VkMemoryPropertyFlags wanted =
      mapped ? VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT : 0;
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.allocationSize = offset_bytes + requirements.size;
  while (info.memoryTypeIndex < properties.memoryTypeCount &&
         (!(requirements.memoryTypeBits >> info.memoryTypeIndex & 1) ||
          (properties.memoryTypes[info.memoryTypeIndex].propertyFlags & wanted) != wanted)) {
    ++info.memoryTypeIndex;
  }
  VkDeviceMemory memory = VK_NULL_HANDLE;
  EXPECT_EQ(vk_.AllocateMemory(device_, &info, nullptr, &memory), VK_SUCCESS);
  return memory;
}

HostBuffer HostDevice::make_buffer(VkDeviceSize size_bytes, VkBufferUsageFlags usage, VkDeviceSize offset_bytes) {
  HostBuffer made;
  made.size_bytes = size_bytes;
  made.usage = usage;
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = size_bytes;
  info.usage = usage;
  EXPECT_EQ(vk_.CreateBuffer(device_, &info, nullptr, &made.buffer), VK_SUCCESS);
  VkMemoryRequirements requirements;
  vk_.GetBufferMemoryRequirements(device_, made.buffer, &requirements);
  made.offset_bytes = (offset_bytes + requirements.alignment - 1) / requirements.alignment * requirements.alignment;
  made.memory = allocate(requirements, made.offset_bytes, true);
  EXPECT_EQ(vk_.BindBufferMemory(device_, made.buffer, made.memory, made.offset_bytes), VK_SUCCESS);
  EXPECT_EQ(vk_.MapMemory(device_, made.memory, made.offset_bytes, size_bytes, 0, &made.mapped), VK_SUCCESS);
  if (made.mapped) std::memset(made.mapped, 0, size_bytes);
  buffers_.push_back(made);
  return made;
}

HostImage HostDevice::make_image(const HostImageInfo& wanted) {
  HostImage made;
  made.info = wanted;
  VkImageCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
  info.flags = wanted.flags;
  info.imageType = wanted.type;
  info.format = wanted.format;
  info.extent = wanted.extent;
  info.mipLevels = wanted.mip_count;
  info.arrayLayers = wanted.layer_count;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.tiling = wanted.tiling;
  info.usage = wanted.usage;
  EXPECT_EQ(vk_.CreateImage(device_, &info, nullptr, &made.image), VK_SUCCESS);
  VkMemoryRequirements requirements;
  vk_.GetImageMemoryRequirements(device_, made.image, &requirements);
  made.memory = allocate(requirements, 0, false);
  EXPECT_EQ(vk_.BindImageMemory(device_, made.image, made.memory, 0), VK_SUCCESS);
  images_.push_back(made);
  return made;
}

void HostDevice::destroy(HostBuffer& buffer) {
  const VkBuffer native = buffer.buffer;
  vk_.DestroyBuffer(device_, native, nullptr);
  vk_.FreeMemory(device_, buffer.memory, nullptr);
  buffer = {};
  std::erase_if(buffers_, [native](const HostBuffer& known) { return !known.buffer || known.buffer == native; });
}

void HostDevice::destroy(HostImage& image) {
  const VkImage native = image.image;
  vk_.DestroyImage(device_, native, nullptr);
  vk_.FreeMemory(device_, image.memory, nullptr);
  image = {};
  std::erase_if(images_, [native](const HostImage& known) { return !known.image || known.image == native; });
}

VkCommandBuffer HostDevice::begin() {
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = pool_;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  EXPECT_EQ(vk_.AllocateCommandBuffers(device_, &info, &commands), VK_SUCCESS);
  VkCommandBufferBeginInfo once{};
  once.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  once.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  EXPECT_EQ(vk_.BeginCommandBuffer(commands, &once), VK_SUCCESS);
  return commands;
}

void HostDevice::submit_and_wait(VkCommandBuffer commands) {
  // What the host reads through mapped buffers.
  VkMemoryBarrier to_host{};
  to_host.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  to_host.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT;
  to_host.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  vk_.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0,
                         nullptr, 0, nullptr);
  EXPECT_EQ(vk_.EndCommandBuffer(commands), VK_SUCCESS);
  VkFenceCreateInfo fence_info{};
  fence_info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  VkFence fence = VK_NULL_HANDLE;
  EXPECT_EQ(vk_.CreateFence(device_, &fence_info, nullptr, &fence), VK_SUCCESS);
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  {
    std::lock_guard lock(queue_mutex_);
    EXPECT_EQ(vk_.QueueSubmit(queue_, 1, &info, fence), VK_SUCCESS);
  }
  EXPECT_EQ(vk_.WaitForFences(device_, 1, &fence, VK_TRUE, UINT64_MAX), VK_SUCCESS);
  vk_.DestroyFence(device_, fence, nullptr);
  vk_.FreeCommandBuffers(device_, pool_, 1, &commands);
}

void HostDevice::discard(VkCommandBuffer commands) {
  vk_.EndCommandBuffer(commands);
  vk_.FreeCommandBuffers(device_, pool_, 1, &commands);
}

void HostDevice::barrier(VkCommandBuffer commands, const HostImage& image, VkImageLayout from, VkImageLayout to) {
  VkImageMemoryBarrier all{};
  all.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
  all.srcAccessMask = all.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
  all.oldLayout = from;
  all.newLayout = to;
  all.srcQueueFamilyIndex = all.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  all.image = image.image;
  all.subresourceRange = whole(image);
  vk_.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
                         nullptr, 0, nullptr, 1, &all);
}

void HostDevice::transition(const HostImage& image, VkImageLayout from, VkImageLayout to) {
  const VkCommandBuffer commands = begin();
  barrier(commands, image, from, to);
  submit_and_wait(commands);
}

void HostDevice::write_texels(const HostImage& image, const std::vector<uint8_t>& texels, VkImageLayout from,
                              VkImageLayout to, uint32_t mip, uint32_t layer) {
  ASSERT_EQ(texels.size(), texel_count(image.mip_extent(mip)) * texel_bytes(image.info.format));
  HostBuffer staging = make_buffer(texels.size(), VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
  std::memcpy(staging.mapped, texels.data(), texels.size());
  const VkBufferImageCopy copy = one_subresource(image, mip, layer);
  const VkCommandBuffer commands = begin();
  barrier(commands, image, from, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
  vk_.CmdCopyBufferToImage(commands, staging.buffer, image.image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &copy);
  barrier(commands, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, to);
  submit_and_wait(commands);
  destroy(staging);
}

std::vector<uint8_t> HostDevice::read_texels(const HostImage& image, VkImageLayout layout, uint32_t mip,
                                             uint32_t layer) {
  const VkDeviceSize size_bytes = texel_count(image.mip_extent(mip)) * texel_bytes(image.info.format);
  HostBuffer staging = make_buffer(size_bytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  const VkBufferImageCopy copy = one_subresource(image, mip, layer);
  const VkCommandBuffer commands = begin();
  barrier(commands, image, layout, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  vk_.CmdCopyImageToBuffer(commands, image.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, staging.buffer, 1, &copy);
  barrier(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, layout);
  submit_and_wait(commands);
  std::vector<uint8_t> texels(size_bytes);
  std::memcpy(texels.data(), staging.mapped, size_bytes);
  destroy(staging);
  return texels;
}

}  // namespace host
