// Another VkDevice on the same GPU, in raw Vulkan: imports the file by what the record tells, and takes the image
// over from VK_QUEUE_FAMILY_EXTERNAL. Ordered by binary semaphores where the driver shares them, else by waits.
#include <gtest/gtest.h>
#include <ist/vulkan.h>

#include <array>
#include <cstring>

#include "conformance/support.h"
#include "host/host_device.h"
#include "peer.h"

namespace pairs {
namespace {

using conformance::take_error;

host::HostOptions options(bool semaphores) {
  host::HostOptions made;
  made.api_version = VK_API_VERSION_1_1;
  made.device_extensions = {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};
  if (semaphores) made.device_extensions.push_back(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME);
  return made;
}

IstDeviceInfo device_of(TiRuntime runtime) {
  IstDeviceInfo info{};
  info.size = sizeof info;
  EXPECT_EQ(ist_runtime_info(runtime, &info), TI_ERROR_SUCCESS) << take_error().message;
  return info;
}

// A semaphore on both devices.
struct Semaphore {
  IstSyncPoint ours{};
  VkSemaphore theirs = VK_NULL_HANDLE;
};

class DevicePeer final : public Peer {
 public:
  explicit DevicePeer(TiRuntime runtime)
      : runtime_(runtime), device_(device_of(runtime)), host_(options(has_semaphores())) {
    IstSide us{}, them{};
    us.runtime = runtime;
    them.device = &device_;
    pair_.size = sizeof pair_;
    EXPECT_EQ(ist_describe_pair(&us, &them, &pair_), TI_ERROR_SUCCESS) << take_error().message;
    EXPECT_EQ(pair_.image, IST_HANDLE_OPAQUE_FD) << pair_.reason;
    EXPECT_EQ(pair_.forth, has_semaphores() ? IST_RUNG_BINARY : IST_RUNG_HOST) << pair_.reason;
    EXPECT_EQ(pair_.back, pair_.forth);
    if (has_semaphores()) {
      share(forth_);
      share(back_);
    }
    VkFenceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    EXPECT_EQ(vk().CreateFence(host_.device(), &info, nullptr, &fence_), VK_SUCCESS);
  }
  ~DevicePeer() override {
    wait();
    vk().DestroyFence(host_.device(), fence_, nullptr);
    for (Semaphore* semaphore : {&forth_, &back_}) {
      if (!semaphore->theirs) continue;
      ti_wait(runtime_);
      vk().DestroySemaphore(host_.device(), semaphore->theirs, nullptr);
      EXPECT_EQ(ist_destroy_semaphore(runtime_, &semaphore->ours), TI_ERROR_SUCCESS) << take_error().message;
    }
  }

  void open(TiImage image, const Shape& shape) override {
    ours_ = image;
    shape_ = shape;
    Exported exported(runtime_, image);
    const IstShareRecord& record = exported.record;
    make_image(record);
    VkMemoryRequirements needed;
    vk().GetImageMemoryRequirements(host_.device(), image_.image, &needed);
    ASSERT_LE(needed.size, record.size_bytes);
    VkImportMemoryFdInfoKHR file{};
    file.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR;
    file.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
    file.fd = exported.release();
    VkMemoryDedicatedAllocateInfo dedicated{};
    dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;
    dedicated.image = image_.image;
    if (record.flags & 1) file.pNext = &dedicated;
    VkMemoryAllocateInfo allocate{};
    allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    allocate.pNext = &file;
    allocate.allocationSize = record.allocation_bytes;
    while (!(needed.memoryTypeBits >> allocate.memoryTypeIndex & 1)) ++allocate.memoryTypeIndex;
    ASSERT_EQ(vk().AllocateMemory(host_.device(), &allocate, nullptr, &image_.memory), VK_SUCCESS);
    ASSERT_EQ(vk().BindImageMemory(host_.device(), image_.image, image_.memory, record.offset_bytes), VK_SUCCESS);
  }

  void close() override {
    wait();
    vk().DestroyImage(host_.device(), image_.image, nullptr);
    vk().FreeMemory(host_.device(), image_.memory, nullptr);
    image_ = {};
  }

  // The host has it in TRANSFER_SRC or TRANSFER_DST until it gives it back.
  void lend(Use use) override {
    loan_ = handover(ours_, use, IST_PEER_EXTERNAL);
    IstSyncPoint* ready = forth_.theirs ? &forth_.ours : nullptr;
    ASSERT_EQ(ist_lend(runtime_, 1, &loan_, ready), TI_ERROR_SUCCESS) << take_error().message;
    wait();
    const VkCommandBuffer commands = host_.begin();
    cross(commands, VK_QUEUE_FAMILY_EXTERNAL, host_.queue_family());
    host_.barrier(commands, image_, shared_layout(), own_layout());
    submit(commands, forth_.theirs, VK_NULL_HANDLE);
  }
  void take_back() override {
    wait();
    const VkCommandBuffer commands = host_.begin();
    host_.barrier(commands, image_, own_layout(), shared_layout());
    cross(commands, host_.queue_family(), VK_QUEUE_FAMILY_EXTERNAL);
    submit(commands, VK_NULL_HANDLE, back_.theirs);
    if (!back_.theirs) wait();
    const IstSyncPoint* done = back_.theirs ? &back_.ours : nullptr;
    ASSERT_EQ(ist_take_back(runtime_, 1, &loan_, done), TI_ERROR_SUCCESS) << take_error().message;
  }

  std::vector<uint8_t> read(uint32_t mip) override {
    std::vector<uint8_t> all;
    for (uint32_t layer = 0; layer < shape_.layers; ++layer) {
      const auto texels = host_.read_texels(image_, own_layout(), mip, layer);
      all.insert(all.end(), texels.begin(), texels.end());
    }
    return all;
  }
  void write(uint32_t mip, const std::vector<uint8_t>& texels) override {
    const auto part = static_cast<ptrdiff_t>(texels.size() / shape_.layers);
    for (uint32_t layer = 0; layer < shape_.layers; ++layer) {
      const auto from = texels.begin() + part * static_cast<ptrdiff_t>(layer);
      host_.write_texels(image_, {from, from + part}, own_layout(), own_layout(), mip, layer);
    }
  }
  IstRung to_peer() const override { return pair_.forth; }

 private:
  const host::HostTable& vk() const { return host_.vk(); }
  bool has_semaphores() const { return device_.binary_export >> IST_HANDLE_OPAQUE_FD & 1; }
  VkImageLayout shared_layout() const { return ist_vulkan_layout(loan_.layout); }
  VkImageLayout own_layout() const {
    return loan_.layout == TI_IMAGE_LAYOUT_SHADER_READ ? VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL
                                                       : VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  }

  void make_image(const IstShareRecord& record) {
    VkExternalMemoryImageCreateInfo external{};
    external.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO;
    external.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
    VkImageCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    info.pNext = &external;
    if (record.dimension == TI_IMAGE_DIMENSION_CUBE) info.flags = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
    info.imageType = record.dimension == TI_IMAGE_DIMENSION_3D ? VK_IMAGE_TYPE_3D : VK_IMAGE_TYPE_2D;
    info.format = static_cast<VkFormat>(record.native_format);
    info.extent = {record.width, record.height, record.depth};
    info.mipLevels = record.mips;
    info.arrayLayers = record.layers;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    ASSERT_EQ(record.tiling, 0u);
    info.tiling = VK_IMAGE_TILING_OPTIMAL;
    info.usage = record.native_usage;
    ASSERT_EQ(vk().CreateImage(host_.device(), &info, nullptr, &image_.image), VK_SUCCESS);
    image_.info.format = info.format;
    image_.info.extent = info.extent;
    image_.info.usage = info.usage;
    image_.info.type = info.imageType;
    image_.info.mip_count = info.mipLevels;
    image_.info.layer_count = info.arrayLayers;
  }

  void share(Semaphore& semaphore) {
    ASSERT_EQ(ist_create_semaphore(runtime_, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, &semaphore.ours), TI_ERROR_SUCCESS)
        << take_error().message;
    IstOsHandle handle = -1;
    ASSERT_EQ(ist_export_semaphore(runtime_, &semaphore.ours, IST_HANDLE_OPAQUE_FD, &handle), TI_ERROR_SUCCESS)
        << take_error().message;
    VkSemaphoreCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
    ASSERT_EQ(vk().CreateSemaphore(host_.device(), &info, nullptr, &semaphore.theirs), VK_SUCCESS);
    VkImportSemaphoreFdInfoKHR file{};
    file.sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR;
    file.semaphore = semaphore.theirs;
    file.handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT;
    file.fd = static_cast<int>(handle);
    ASSERT_EQ(vk().ImportSemaphoreFdKHR(host_.device(), &file), VK_SUCCESS);
  }

  // One half of the change of ownership; the runtime does the other. The layout stays.
  void cross(VkCommandBuffer commands, uint32_t from, uint32_t to) {
    VkImageMemoryBarrier half{};
    half.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
    half.srcAccessMask = from == host_.queue_family() ? VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_MEMORY_READ_BIT : 0;
    half.dstAccessMask = to == host_.queue_family() ? VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_MEMORY_READ_BIT : 0;
    half.oldLayout = half.newLayout = shared_layout();
    half.srcQueueFamilyIndex = from;
    half.dstQueueFamilyIndex = to;
    half.image = image_.image;
    half.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, image_.info.mip_count, 0, image_.info.layer_count};
    vk().CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
                            nullptr, 0, nullptr, 1, &half);
  }

  void submit(VkCommandBuffer commands, VkSemaphore wait_for, VkSemaphore signal) {
    ASSERT_EQ(vk().EndCommandBuffer(commands), VK_SUCCESS);
    const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.waitSemaphoreCount = wait_for ? 1 : 0;
    info.pWaitSemaphores = &wait_for;
    info.pWaitDstStageMask = &stages;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &commands;
    info.signalSemaphoreCount = signal ? 1 : 0;
    info.pSignalSemaphores = &signal;
    ASSERT_EQ(vk().QueueSubmit(host_.queue(), 1, &info, fence_), VK_SUCCESS);
    submitted_ = true;
  }
  void wait() {
    if (!submitted_) return;
    EXPECT_EQ(vk().WaitForFences(host_.device(), 1, &fence_, VK_TRUE, UINT64_MAX), VK_SUCCESS);
    EXPECT_EQ(vk().ResetFences(host_.device(), 1, &fence_), VK_SUCCESS);
    submitted_ = false;
  }

  TiRuntime runtime_;
  IstDeviceInfo device_;
  host::HostDevice host_;
  IstPair pair_{};
  Semaphore forth_, back_;
  VkFence fence_ = VK_NULL_HANDLE;
  bool submitted_ = false;
  TiImage ours_ = nullptr;
  Shape shape_{};
  host::HostImage image_;
  IstHandover loan_{};
};

}  // namespace

std::unique_ptr<Peer> make_device_peer(TiRuntime runtime) { return std::make_unique<DevicePeer>(runtime); }

}  // namespace pairs
