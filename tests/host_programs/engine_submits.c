/* Same device, two submits per frame: the library's and the engine's. Timelines both ways, no wait on the CPU. */
#include <taichi/taichi_vulkan.h>

#include "host.h"

int main(void) {
  host_begin();
  HostVulkan engine = host_vulkan(1, NULL, 0);
  TiRuntime runtime = host_adopt(&engine);
  const HostPainter painter = host_painter(runtime);
  const TiImage image = host_image(runtime, TI_FALSE);
  TiVulkanImageInteropInfo native;
  ti_export_vulkan_image(runtime, image, &native);
  IstHandover dye = {.image = image, .layout = TI_IMAGE_LAYOUT_SHADER_READ, .flags = IST_HANDOVER_READ_ONLY_BIT};
  const IstCounters before = host_counters(runtime);
  for (uint64_t frame = 1; frame <= HOST_FRAMES; ++frame) {
    IstSyncPoint ready = {.rung = IST_RUNG_TIMELINE};
    const IstSyncPoint drawn = {
        .rung = IST_RUNG_TIMELINE, .semaphore = (uint64_t)(uintptr_t)engine.timeline, .value = frame - 1};
    if (frame > 1) TRY(ist_take_back(runtime, 1, &dye, &drawn)); /* our next work waits until the engine has drawn */
    host_paint(runtime, &painter, image, (uint32_t)frame);
    TRY(ist_lend(runtime, 1, &dye, &ready)); /* submits; ready is a VkSemaphore of ours and its value */
    CHECK_NUMBER(ready.rung, IST_RUNG_TIMELINE);
    if (frame > 1) host_check_texels(engine.texels, (uint32_t)frame - 1); /* drawn by the frame before */
    host_frame_begin(&engine);
    host_draw(&engine, native.image, ist_vulkan_layout(dye.layout), 0);
    host_submit(&engine, (VkSemaphore)(uintptr_t)ready.semaphore, ready.value, VK_NULL_HANDLE, frame);
    host_wait(&engine, frame); /* the engine has one command buffer only */
  }
  host_check_texels(engine.texels, HOST_FRAMES);
  const IstCounters after = host_counters(runtime);
  CHECK_NUMBER(after.blocking_waits - before.blocking_waits, 0);
  CHECK_NUMBER(after.gpu_waits - before.gpu_waits, HOST_FRAMES - 1);
  CHECK_NUMBER(after.lends - before.lends, HOST_FRAMES);
  CHECK_NUMBER(after.share_bytes, 0);
  CHECK_NUMBER(after.host_bytes, 0);
  ti_destroy_runtime(runtime);
  host_vulkan_end(&engine);
  return 0;
}
