// Native handles out of our objects, and objects around native handles.
#include "vulkan/vk_interop.h"

#include <unistd.h>

#include "vulkan_test.h"

namespace ist::vk {
namespace {

class VulkanInterop : public VulkanTest {};

TEST_F(VulkanInterop, ExposesTheDevice) {
  const NativeDevice native = expose(*device_);
  EXPECT_TRUE(native.get_instance_proc_addr && native.instance && native.physical_device && native.device);
  EXPECT_TRUE(native.queue);
  EXPECT_GE(native.api_version, VK_API_VERSION_1_1);
  EXPECT_TRUE(native.graphics_queue == native.queue || native.graphics_queue == VK_NULL_HANDLE);
}

TEST_F(VulkanInterop, AWrappedBufferIsTheSameMemoryAndOutlivesItsWrapper) {
  const auto original = buffer(4096);
  const NativeBuffer native = expose(*original);
  EXPECT_EQ(native.size_bytes, 4096u);
  EXPECT_EQ(native.usage & 0xff, 0x23u);
  {
    auto wrapped = import_buffer(*device_, native);
    ASSERT_TRUE(wrapped.ok());
    EXPECT_EQ((*wrapped)->host(), nullptr);
    begin();
    device_->fill_buffer(**wrapped, 0, 4096, 77);
    device_->barrier({kTransferWrite, kHostRead, {}});
    submit_and_wait();
  }
  EXPECT_EQ(view<uint32_t>(*original)[1023], 77u);
  begin();
  device_->fill_buffer(*original, 0, 4, 78);
  device_->barrier({kTransferWrite, kHostRead, {}});
  submit_and_wait();
  EXPECT_EQ(view<uint32_t>(*original)[0], 78u);
  EXPECT_EQ(import_buffer(*device_, {}).status().code(), Code::argument_null);
}

TEST_F(VulkanInterop, AWrappedImageKeepsItsFacts) {
  ImageDesc desc;
  desc.format = 3;
  desc.extent = {67, 33, 1};
  desc.usage = image_usage::kSampled | image_usage::kStorage;
  auto original = device_->image_ops()->create_image(desc);
  ASSERT_TRUE(original.ok()) << original.status().message();
  const NativeImage native = expose(**original);
  EXPECT_EQ(native.type, VK_IMAGE_TYPE_2D);
  EXPECT_EQ(native.format, VK_FORMAT_R8G8B8A8_UNORM);
  EXPECT_EQ(native.extent.width, 67u);
  EXPECT_EQ(native.usage, 0xfu);
  EXPECT_EQ(native.tiling, VK_IMAGE_TILING_OPTIMAL);
  const auto wrapped = import_image(*device_, native);
  ASSERT_TRUE(wrapped.ok());
  EXPECT_EQ(static_cast<Image&>(**wrapped).format(), 3u);
  EXPECT_EQ(import_image(*device_, {}).status().code(), Code::argument_null);
}

TEST_F(VulkanInterop, SharedObjectsHaveAFileDescriptor) {
  BufferDesc buffer_desc;
  buffer_desc.size_bytes = 1000;
  buffer_desc.usage = memory_usage::kStorage;
  buffer_desc.export_sharing = true;
  auto shared = device_->create_buffer(buffer_desc);
  ImageDesc image_desc;
  image_desc.format = 40;
  image_desc.extent = {67, 33, 1};
  image_desc.usage = image_usage::kSampled | image_usage::kStorage;
  image_desc.export_sharing = true;
  auto image = device_->image_ops()->create_image(image_desc);
  if (!device_->gpu().physical->external_memory_fd) {
    EXPECT_EQ(shared.status().code(), Code::not_supported);
    EXPECT_EQ(image.status().code(), Code::not_supported);
    return;
  }
  ASSERT_TRUE(shared.ok()) << shared.status().message();
  ASSERT_TRUE(image.ok()) << image.status().message();
  EXPECT_EQ(static_cast<Buffer&>(**shared).piece().offset_bytes, 0u);
  for (const VkDeviceMemory memory :
       {static_cast<Buffer&>(**shared).piece().memory, static_cast<Image&>(**image).piece().memory}) {
    VkMemoryGetFdInfoKHR info{};
    info.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR;
    info.memory = memory;
    info.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
    int fd = -1;
    ASSERT_EQ(device_->gpu().vk.GetMemoryFdKHR(device_->gpu().device, &info, &fd), VK_SUCCESS);
    EXPECT_GE(fd, 0);
    close(fd);
  }
}

TEST_F(VulkanInterop, ExtraExtensionsAreEnabledOnce) {
  DeviceOptions options = validated_options();
  options.instance_extensions = {"VK_KHR_surface", "VK_KHR_surface", "VK_EXT_debug_utils"};
  options.device_extensions = {"VK_KHR_swapchain", "VK_KHR_external_memory_fd"};
  const auto made = create_device(0, options);
  ASSERT_TRUE(made.ok()) << made.status().message();
}

}  // namespace
}  // namespace ist::vk
