// What a driver is told, and drivers that answer as none here does.
#include <sys/mman.h>

#include "share_test.h"

namespace ist::vk {
namespace {

// What the driver was told.
struct Seen {
  std::vector<uint32_t> waits, signals;
  std::vector<const void*> arrays;
  VkResult submitted = VK_SUCCESS;
  VkImportSemaphoreFdInfoKHR imported{};
  VkResult answer = VK_SUCCESS;
  VkExternalSemaphoreHandleTypeFlags exported_semaphore = 0;
  VkExternalMemoryHandleTypeFlags asked_memory = 0;
  std::vector<uint32_t> types;
  std::vector<VkImageMemoryBarrier> images;
  std::vector<VkBufferMemoryBarrier> buffers;
  VkPipelineStageFlags src = 0, dst = 0;
};

// A device whose tables and facts are the test's to spoil, without the layer, which would notice.
class VulkanSpoiled : public testing::Test {
 protected:
  void SetUp() override {
    DeviceOptions options;
    auto instance = Instance::create(options);
    ASSERT_TRUE(instance.ok());
    const auto handles = (*instance)->physical_devices();
    auto physical = describe(**instance, (*handles)[0], 0, options);
    ASSERT_TRUE(physical.ok());
    auto made = Gpu::create(std::move(*instance), std::move(*physical));
    ASSERT_TRUE(made.ok());
    gpu_ = std::move(*made);
    real_ = gpu_->vk;
    seen_ = {};
    files_ = open_files();
  }

  void TearDown() override {
    device_.reset();
    gpu_.reset();
  }

  Device& device() {
    if (!device_) device_ = *Device::create(std::move(gpu_));
    return *device_;
  }
  ist::ShareOps& ops() { return *device().share_ops(); }

  std::unique_ptr<Gpu> gpu_;
  std::unique_ptr<Device> device_;
  size_t files_ = 0;
  static inline DeviceTable real_;
  static inline Seen seen_;
};

TEST_F(VulkanSpoiled, PointsOfAFailedSubmissionAreForgottenAndArraysAreKept) {
  gpu_->vk.QueueSubmit = [](VkQueue queue, uint32_t count, const VkSubmitInfo* infos, VkFence fence) {
    if (count == 0) return real_.QueueSubmit(queue, count, infos, fence);  // behind which a semaphore goes
    seen_.waits.push_back(infos->waitSemaphoreCount);
    seen_.signals.push_back(infos->signalSemaphoreCount);
    seen_.arrays.push_back(infos->pWaitSemaphores);
    for (uint32_t i = 0; i < infos->waitSemaphoreCount; ++i)
      EXPECT_EQ(infos->pWaitDstStageMask[i], VkPipelineStageFlags{VK_PIPELINE_STAGE_ALL_COMMANDS_BIT});
    const auto* values = static_cast<const VkTimelineSemaphoreSubmitInfo*>(infos->pNext);
    EXPECT_EQ(values->waitSemaphoreValueCount, infos->waitSemaphoreCount);
    EXPECT_EQ(values->signalSemaphoreValueCount, infos->signalSemaphoreCount);
    return seen_.submitted != VK_SUCCESS ? seen_.submitted : real_.QueueSubmit(queue, count, infos, fence);
  };
  auto timeline = ops().create_semaphore(SemaphoreKind::timeline, HandleType::none);
  if (!timeline.ok()) GTEST_SKIP() << timeline.status().message();
  uint64_t value = 0;
  const auto submit = [&](bool points) {
    ASSERT_TRUE(device().begin().ok());
    for (uint32_t i = 0; points && i < 3; ++i)
      ops().wait_before({SemaphoreKind::timeline, (*timeline)->native(), value});
    if (points) ops().signal_after({SemaphoreKind::timeline, (*timeline)->native(), ++value});
    EXPECT_EQ(device().submit().ok(), seen_.submitted == VK_SUCCESS);
  };
  seen_.submitted = VK_ERROR_OUT_OF_HOST_MEMORY;
  submit(true);
  seen_.submitted = VK_SUCCESS;
  value = 0;
  submit(false);
  for (int i = 0; i < 10; ++i) submit(true);
  EXPECT_EQ(seen_.waits[0], 3u);
  EXPECT_EQ(seen_.waits[1], 0u);
  EXPECT_EQ(seen_.signals[1], 1u);  // our own
  EXPECT_EQ(seen_.signals[2], 2u);
  for (size_t i = 3; i < seen_.arrays.size(); ++i) EXPECT_EQ(seen_.arrays[i], seen_.arrays[2]);
  EXPECT_TRUE(*ops().wait_point({SemaphoreKind::timeline, (*timeline)->native(), 10}, UINT64_MAX));
}

TEST_F(VulkanSpoiled, SyncFilesAreImportedForOneWait) {
  ShareSupport& share = gpu_->physical->info.share;
  share.binary_import = share.binary_export = bit(HandleType::sync_fd);
  gpu_->vk.ImportSemaphoreFdKHR = [](VkDevice, const VkImportSemaphoreFdInfoKHR* info) {
    seen_.imported = *info;
    if (seen_.answer == VK_SUCCESS && info->fd >= 0) close(info->fd);  // a driver takes it over
    return seen_.answer;
  };
  gpu_->vk.CreateSemaphore = [](VkDevice device, const VkSemaphoreCreateInfo* info, const VkAllocationCallbacks* calls,
                                VkSemaphore* semaphore) {
    VkSemaphoreCreateInfo plain = *info;
    const auto* exported = static_cast<const VkExportSemaphoreCreateInfo*>(info->pNext);
    if (exported && exported->sType == VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO) {
      seen_.exported_semaphore = exported->handleTypes;
      plain.pNext = exported->pNext;
    }
    return real_.CreateSemaphore(device, &plain, calls, semaphore);
  };
  gpu_->vk.GetSemaphoreFdKHR = [](VkDevice, const VkSemaphoreGetFdInfoKHR* info, int* fd) {
    EXPECT_EQ(info->handleType, VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT);
    *fd = -1;  // as lavapipe 26 does
    return VK_SUCCESS;
  };
  const int file = memfd_create("sync", 0);
  const auto import = [&](OsHandle handle) {
    return code_of_result(ops().import_semaphore(SemaphoreKind::binary, HandleType::sync_fd, handle));
  };
  EXPECT_EQ(import(file), Code::success);
  EXPECT_NE(seen_.imported.fd, file);
  EXPECT_EQ(seen_.imported.flags, VkSemaphoreImportFlags{VK_SEMAPHORE_IMPORT_TEMPORARY_BIT});
  EXPECT_EQ(seen_.imported.handleType, VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT);
  EXPECT_EQ(import(-1), Code::success);
  EXPECT_EQ(seen_.imported.fd, -1);
  EXPECT_EQ(import(-2), Code::invalid_interop);
  seen_.answer = VK_ERROR_INVALID_EXTERNAL_HANDLE;
  EXPECT_EQ(import(file), Code::invalid_interop);
  seen_.answer = VK_ERROR_OUT_OF_HOST_MEMORY;
  EXPECT_EQ(import(file), Code::out_of_memory);
  auto exported = ops().create_semaphore(SemaphoreKind::binary, HandleType::sync_fd);
  ASSERT_TRUE(exported.ok()) << exported.status().message();
  EXPECT_EQ(seen_.exported_semaphore,
            VkExternalSemaphoreHandleTypeFlags{VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT});
  const auto handle = ops().export_handle(**exported, HandleType::sync_fd);
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(*handle, -1);
  EXPECT_EQ(code_of_result(ops().import_semaphore(SemaphoreKind::timeline, HandleType::sync_fd, -1)),
            Code::not_supported);
  close(file);
  (*exported).reset();
}

TEST_F(VulkanSpoiled, AnImportTriesTheMemoryTypesInOrder) {
  gpu_->physical->memory.memoryTypes[1] = gpu_->physical->memory.memoryTypes[0];
  gpu_->physical->memory.memoryTypeCount = 2;
  gpu_->vk.GetBufferMemoryRequirements2 = [](VkDevice device, const VkBufferMemoryRequirementsInfo2* info,
                                             VkMemoryRequirements2* needs) {
    real_.GetBufferMemoryRequirements2(device, info, needs);
    needs->memoryRequirements.memoryTypeBits = 3;
  };
  gpu_->vk.AllocateMemory = [](VkDevice device, const VkMemoryAllocateInfo* info, const VkAllocationCallbacks* calls,
                               VkDeviceMemory* memory) {
    for (const auto* link = static_cast<const VkBaseInStructure*>(info->pNext); link; link = link->pNext) {
      if (link->sType != VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR) continue;
      seen_.types.push_back(info->memoryTypeIndex);
      if (info->memoryTypeIndex == 0 || seen_.answer != VK_SUCCESS) return VK_ERROR_INVALID_EXTERNAL_HANDLE;
    }
    VkMemoryAllocateInfo changed = *info;
    changed.memoryTypeIndex = 0;
    return real_.AllocateMemory(device, &changed, calls, memory);
  };
  BufferDesc desc;
  desc.size_bytes = 1000;
  desc.export_sharing = true;
  auto ours = device().create_buffer(desc);
  if (!ours.ok()) GTEST_SKIP() << ours.status().message();
  {
    const Handle handle(ops().export_handle(**ours, HandleType::opaque_fd));
    const SharedAllocation allocation = ops().allocation_of(**ours);
    const auto import = [&] {
      return code_of_result(ops().import_buffer(desc, HandleType::opaque_fd, handle.get(), allocation));
    };
    EXPECT_EQ(import(), Code::success);
    EXPECT_EQ(seen_.types, (std::vector<uint32_t>{0, 1}));
    const size_t files = open_files();
    const uint32_t live = device().memory().live_count();
    seen_.answer = VK_ERROR_UNKNOWN;
    EXPECT_EQ(import(), Code::invalid_interop);
    EXPECT_EQ(open_files(), files);
    EXPECT_EQ(device().memory().live_count(), live);
  }
}

TEST_F(VulkanSpoiled, DmaBufsAreSharedAsTheDriverSays) {
  gpu_->physical->external_memory_dma_buf = true;
  gpu_->instance->vk.GetPhysicalDeviceExternalBufferProperties =
      [](VkPhysicalDevice, const VkPhysicalDeviceExternalBufferInfo* info, VkExternalBufferProperties* properties) {
        properties->externalMemoryProperties = {
            VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT |
                (info->handleType == VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
                     ? VkExternalMemoryFeatureFlags{VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT}
                     : 0),
            0, VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
      };
  gpu_->vk.AllocateMemory = [](VkDevice device, const VkMemoryAllocateInfo* info, const VkAllocationCallbacks* calls,
                               VkDeviceMemory* memory) {
    VkMemoryAllocateInfo plain = *info;
    plain.pNext = nullptr;  // which the driver here would refuse
    return real_.AllocateMemory(device, &plain, calls, memory);
  };
  gpu_->vk.GetMemoryFdKHR = [](VkDevice, const VkMemoryGetFdInfoKHR* info, int* fd) {
    seen_.asked_memory = info->handleType;
    *fd = memfd_create("dma", 0);
    return VK_SUCCESS;
  };
  gpu_->vk.GetMemoryFdPropertiesKHR = [](VkDevice, VkExternalMemoryHandleTypeFlagBits type, int,
                                         VkMemoryFdPropertiesKHR* properties) {
    EXPECT_EQ(type, VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT);
    properties->memoryTypeBits = 0;
    return seen_.answer;
  };
  BufferDesc desc;
  desc.size_bytes = 1000;
  desc.export_sharing = true;
  auto ours = device().create_buffer(desc);
  ASSERT_TRUE(ours.ok()) << ours.status().message();
  EXPECT_EQ(static_cast<Buffer&>(**ours).export_types(),
            VkExternalMemoryHandleTypeFlags{VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT |
                                            VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT});
  SharedAllocation allocation = ops().allocation_of(**ours);
  EXPECT_TRUE(allocation.dedicated);
  EXPECT_LT(allocation.allocation_bytes, 4096u);  // a dedicated one has no room to spare
  const Handle handle(ops().export_handle(**ours, HandleType::dma_buf));
  EXPECT_EQ(seen_.asked_memory, VkExternalMemoryHandleTypeFlags{VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT});
  ASSERT_EQ(ftruncate(static_cast<int>(handle.get()), 8192), 0);
  const size_t files = open_files();
  const auto import = [&] {
    return code_of_result(ops().import_buffer(desc, HandleType::dma_buf, handle.get(), allocation));
  };
  EXPECT_EQ(import(), Code::not_supported);  // no memory type takes it
  seen_.answer = VK_ERROR_INVALID_EXTERNAL_HANDLE;
  EXPECT_EQ(import(), Code::invalid_interop);
  allocation.dedicated = false;
  EXPECT_EQ(import(), Code::invalid_interop);
  EXPECT_EQ(open_files(), files);
}

class VulkanTransfers : public VulkanSpoiled {
 protected:
  void SetUp() override {
    VulkanSpoiled::SetUp();
    gpu_->vk.CmdPipelineBarrier = [](VkCommandBuffer, VkPipelineStageFlags src, VkPipelineStageFlags dst,
                                     VkDependencyFlags, uint32_t, const VkMemoryBarrier*, uint32_t buffer_count,
                                     const VkBufferMemoryBarrier* buffers, uint32_t image_count,
                                     const VkImageMemoryBarrier* images) {
      seen_.images.assign(images, images + image_count);
      seen_.buffers.assign(buffers, buffers + buffer_count);
      seen_.src = src;
      seen_.dst = dst;
    };
  }

  void record(Transfer way, Peer peer) {
    if (!image_) {
      ImageDesc desc;
      desc.format = 3;
      desc.usage = image_usage::kSampled;
      image_ = *device().image_ops()->create_image(desc);
      BufferDesc of_buffer;
      of_buffer.size_bytes = 64;
      buffer_ = *device().create_buffer(of_buffer);
      ASSERT_TRUE(device().begin().ok());
    }
    const ImageBarrierCommand image{
        image_.get(), {}, Layout::transfer_dst, Layout::shader_read, kTransferWrite, kComputeRead, way, peer};
    const BufferTransferCommand buffer{buffer_.get(), way, peer, kTransferWrite};
    device().barrier({{}, {}, {&image, 1}, {&buffer, 1}});
  }

  void expect_families(uint32_t from, uint32_t to) {
    ASSERT_EQ(seen_.images.size(), 1u);
    ASSERT_EQ(seen_.buffers.size(), 1u);
    EXPECT_EQ(seen_.images[0].srcQueueFamilyIndex, from);
    EXPECT_EQ(seen_.images[0].dstQueueFamilyIndex, to);
    EXPECT_EQ(seen_.buffers[0].srcQueueFamilyIndex, from);
    EXPECT_EQ(seen_.buffers[0].dstQueueFamilyIndex, to);
    EXPECT_EQ(seen_.buffers[0].size, VK_WHOLE_SIZE);
    EXPECT_EQ(seen_.images[0].oldLayout, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    EXPECT_EQ(seen_.images[0].newLayout, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  }

  void TearDown() override {
    (void)device().submit();
    image_.reset();
    buffer_.reset();
    VulkanSpoiled::TearDown();
  }

  std::unique_ptr<ist::Image> image_;
  std::unique_ptr<ist::Buffer> buffer_;
};

TEST_F(VulkanTransfers, ExclusiveObjectsChangeTheirFamily) {
  gpu_->physical->queue_family_foreign = true;
  const uint32_t none = VK_QUEUE_FAMILY_IGNORED, ours = gpu_->physical->queue_family;
  const Peer other{Peer::Kind::queue_family, ours + 1}, outside{Peer::Kind::external, 0},
      foreign{Peer::Kind::foreign, 0};
  record(Transfer::release, other);
  expect_families(ours, ours + 1);
  EXPECT_EQ(seen_.images[0].srcAccessMask, VkAccessFlags{VK_ACCESS_TRANSFER_WRITE_BIT});
  EXPECT_EQ(seen_.images[0].dstAccessMask, 0u);
  EXPECT_EQ(seen_.buffers[0].dstAccessMask, 0u);
  EXPECT_EQ(seen_.src, VkPipelineStageFlags{VK_PIPELINE_STAGE_TRANSFER_BIT});
  record(Transfer::acquire, other);
  expect_families(ours + 1, ours);
  EXPECT_EQ(seen_.images[0].srcAccessMask, 0u);
  EXPECT_EQ(seen_.images[0].dstAccessMask, VkAccessFlags{VK_ACCESS_SHADER_READ_BIT});
  EXPECT_EQ(seen_.buffers[0].srcAccessMask, 0u);
  EXPECT_EQ(seen_.buffers[0].dstAccessMask, VkAccessFlags{VK_ACCESS_TRANSFER_WRITE_BIT});
  EXPECT_TRUE(seen_.src & VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);  // so that the semaphore's wait reaches it
  record(Transfer::release, outside);
  expect_families(ours, VK_QUEUE_FAMILY_EXTERNAL);
  record(Transfer::acquire, outside);
  expect_families(VK_QUEUE_FAMILY_EXTERNAL, ours);
  record(Transfer::acquire, foreign);
  expect_families(VK_QUEUE_FAMILY_FOREIGN_EXT, ours);
  record(Transfer::release, {Peer::Kind::queue_family, ours});
  expect_families(none, none);
  record(Transfer::release, {});
  expect_families(none, none);
  EXPECT_EQ(seen_.images[0].dstAccessMask, VkAccessFlags{VK_ACCESS_SHADER_READ_BIT});  // an ordinary barrier
  record(Transfer::none, other);
  expect_families(none, none);
}

TEST_F(VulkanTransfers, ConcurrentObjectsLeaveTheDeviceOnly) {
  gpu_->physical->queue_family_foreign = false;
  const uint32_t none = VK_QUEUE_FAMILY_IGNORED, ours = gpu_->physical->queue_family;
  gpu_->families = {ours, ours + 1};
  record(Transfer::release, {Peer::Kind::queue_family, ours + 1});
  expect_families(none, none);
  EXPECT_EQ(seen_.images[0].dstAccessMask, VkAccessFlags{VK_ACCESS_SHADER_READ_BIT});
  record(Transfer::release, {Peer::Kind::external, 0});
  expect_families(none, VK_QUEUE_FAMILY_EXTERNAL);
  record(Transfer::acquire, {Peer::Kind::external, 0});
  expect_families(VK_QUEUE_FAMILY_EXTERNAL, none);
  record(Transfer::acquire, {Peer::Kind::foreign, 0});
  expect_families(VK_QUEUE_FAMILY_EXTERNAL, none);
}

TEST(VulkanAdopted, AnUndeclaredDeviceSharesNothing) {
  auto owner = create_device(0, {});
  ASSERT_TRUE(owner.ok());
  const Gpu& gpu = static_cast<Device&>(**owner).gpu();
  HostDevice host;
  host.api_version = gpu.info().api_version;
  host.instance = gpu.instance->handle;
  host.physical_device = gpu.physical->handle;
  host.device = gpu.device;
  host.queue = gpu.queue.handle();
  host.queue_family = gpu.physical->queue_family;
  auto adopted = adopt_device(host, {});
  ASSERT_TRUE(adopted.ok());
  const ShareSupport& share = (*adopted)->info().share;
  EXPECT_EQ(share.memory_export | share.memory_import | share.image_export | share.image_import, 0u);
  EXPECT_EQ(share.binary_export | share.binary_import | share.timeline_export | share.timeline_import, 0u);
  EXPECT_FALSE(share.timeline);
  auto& ops = *(*adopted)->share_ops();
  EXPECT_EQ(ops.host_pointer_alignment(), 0u);
  BufferDesc desc;
  desc.size_bytes = 64;
  alignas(64) static char page[64];
  EXPECT_EQ(code_of_result(ops.import_host_pages(desc, page)), Code::not_supported);
  EXPECT_EQ(code_of_result(ops.import_buffer(desc, HandleType::opaque_fd, 0, {64, 0, 64})), Code::not_supported);
  auto binary = ops.create_semaphore(SemaphoreKind::binary, HandleType::none);
  EXPECT_TRUE(binary.ok());
  host.features = &gpu.physical->features.base;
  host.device_extensions = gpu.physical->extensions;
  auto declared = adopt_device(host, {});
  ASSERT_TRUE(declared.ok());
  EXPECT_EQ((*declared)->info().share.memory_export, (*owner)->info().share.memory_export);
  EXPECT_EQ((*declared)->info().share.memory_import, (*owner)->info().share.memory_import);
  EXPECT_EQ((*declared)->info().share.timeline, (*owner)->info().share.timeline);
}

}  // namespace
}  // namespace ist::vk
