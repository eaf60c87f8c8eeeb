/* Another VkDevice on the same GPU: the image by its file and record, ordered by semaphores where there are any. */
#include "host.h"

#include <string.h>

static PFN_vkImportSemaphoreFdKHR import_semaphore_fd;

static VkSemaphore other_import_semaphore(HostVulkan* other, IstOsHandle handle) {
  const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  CHECK(vkCreateSemaphore(other->device, &info, NULL, &semaphore) == VK_SUCCESS);
  const VkImportSemaphoreFdInfoKHR import = {.sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR,
                                             .semaphore = semaphore,
                                             .handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
                                             .fd = (int)handle};
  CHECK(import_semaphore_fd(other->device, &import) == VK_SUCCESS);
  return semaphore;
}

/* The record tells how the image was made; the file is the driver's from here on. */
static VkImage other_import_image(HostVulkan* other, IstOsHandle handle, const IstShareRecord* record,
                                  VkDeviceMemory* memory) {
  const VkExternalMemoryImageCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
                                                    .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
  const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                  .pNext = &external,
                                  .imageType = VK_IMAGE_TYPE_2D,
                                  .format = (VkFormat)record->native_format,
                                  .extent = {record->width, record->height, record->depth},
                                  .mipLevels = record->mips,
                                  .arrayLayers = record->layers,
                                  .samples = VK_SAMPLE_COUNT_1_BIT,
                                  .tiling = VK_IMAGE_TILING_OPTIMAL,
                                  .usage = record->native_usage};
  VkImage image = VK_NULL_HANDLE;
  CHECK(vkCreateImage(other->device, &info, NULL, &image) == VK_SUCCESS);
  VkMemoryRequirements needed;
  vkGetImageMemoryRequirements(other->device, image, &needed);
  const VkMemoryDedicatedAllocateInfo dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
                                                   .image = image};
  const VkImportMemoryFdInfoKHR file = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
                                        .pNext = record->flags & 1 ? &dedicated : NULL,
                                        .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
                                        .fd = (int)handle};
  VkMemoryAllocateInfo allocate = {
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .pNext = &file, .allocationSize = record->allocation_bytes};
  while (!(needed.memoryTypeBits >> allocate.memoryTypeIndex & 1)) ++allocate.memoryTypeIndex;
  CHECK(vkAllocateMemory(other->device, &allocate, NULL, memory) == VK_SUCCESS);
  CHECK(vkBindImageMemory(other->device, image, *memory, record->offset_bytes) == VK_SUCCESS);
  return image;
}

int main(void) {
  host_begin();
  TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  CHECK(runtime != TI_NULL_HANDLE);
  IstDeviceInfo peer = {.size = sizeof peer}; /* a host asks its own device for these */
  TRY(ist_runtime_info(runtime, &peer));
  const IstSide us = {.runtime = runtime}, them = {.device = &peer};
  IstPair pair = {.size = sizeof pair};
  TRY(ist_describe_pair(&us, &them, &pair));
  CHECK_NUMBER(pair.image, IST_HANDLE_OPAQUE_FD);
  CHECK_NUMBER(pair.image_copies, 0);
  const int gpu = pair.forth == IST_RUNG_BINARY && pair.back == IST_RUNG_BINARY;
  CHECK(gpu || (pair.forth == IST_RUNG_HOST && pair.back == IST_RUNG_HOST));

  const char* const extensions[] = {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
                                    VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME};
  HostVulkan other = host_vulkan(0, extensions, gpu ? 2 : 1);
  const HostPainter painter = host_painter(runtime);
  const TiImage image = host_image(runtime, TI_TRUE);
  IstOsHandle handle;
  IstShareRecord record;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  TRY(ist_export_image(runtime, image, pair.image, &handle, &record));
  const VkImage theirs = other_import_image(&other, handle, &record, &memory);
  IstSyncPoint to = {.rung = IST_RUNG_HOST}, from = {.rung = IST_RUNG_HOST};
  VkSemaphore wait = VK_NULL_HANDLE, signal = VK_NULL_HANDLE;
  if (gpu) {
    import_semaphore_fd = (PFN_vkImportSemaphoreFdKHR)vkGetDeviceProcAddr(other.device, "vkImportSemaphoreFdKHR");
    TRY(ist_create_semaphore(runtime, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, &to));
    TRY(ist_create_semaphore(runtime, IST_RUNG_BINARY, IST_HANDLE_OPAQUE_FD, &from));
    TRY(ist_export_semaphore(runtime, &to, IST_HANDLE_OPAQUE_FD, &handle));
    wait = other_import_semaphore(&other, handle);
    TRY(ist_export_semaphore(runtime, &from, IST_HANDLE_OPAQUE_FD, &handle));
    signal = other_import_semaphore(&other, handle);
  }
  const IstHandover dye = {.image = image,
                           .layout = TI_IMAGE_LAYOUT_SHADER_READ,
                           .peer = IST_PEER_EXTERNAL,
                           .flags = IST_HANDOVER_READ_ONLY_BIT};
  for (uint32_t frame = 0; frame < HOST_FRAMES; ++frame) {
    host_paint(runtime, &painter, image, frame);
    TRY(ist_lend(runtime, 1, &dye, gpu ? &to : NULL)); /* NULL: returns when the contents are finished */
    host_frame_begin(&other);
    host_draw(&other, theirs, ist_vulkan_layout(dye.layout), 1);
    host_submit(&other, wait, 0, signal, 0);
    if (!gpu) host_wait(&other, 0);
    TRY(ist_take_back(runtime, 1, &dye, gpu ? &from : NULL));
    host_wait(&other, 0); /* one command buffer only */
    host_check_texels(other.texels, frame);
  }
  const IstCounters counted = host_counters(runtime);
  CHECK_NUMBER(counted.share_bytes, 0);
  CHECK_NUMBER(counted.gpu_waits, gpu ? HOST_FRAMES : 0);
  CHECK_NUMBER(counted.gpu_signals, gpu ? HOST_FRAMES : 0);
  CHECK(counted.blocking_waits <= (gpu ? 0 : HOST_FRAMES));
  ti_wait(runtime);
  if (gpu) {
    vkDestroySemaphore(other.device, wait, NULL);
    vkDestroySemaphore(other.device, signal, NULL);
    TRY(ist_destroy_semaphore(runtime, &to));
    TRY(ist_destroy_semaphore(runtime, &from));
  }
  vkDestroyImage(other.device, theirs, NULL);
  vkFreeMemory(other.device, memory, NULL);
  host_vulkan_end(&other);
  ti_destroy_runtime(runtime);
  return 0;
}
