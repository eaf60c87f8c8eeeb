/* The engine owns the VkDevice and submits once per frame: kernels go into its own command buffer. */
#include <string.h>
#include <taichi/taichi_vulkan.h>

#include "host.h"

static void expect_refused(TiError result, const char* words) {
  char text[1024] = "";
  uint64_t size = sizeof text;
  CHECK_NUMBER(-result, -TI_ERROR_INVALID_STATE);
  ti_get_last_error(&size, text);
  CHECK(strstr(text, words) != NULL);
  ti_set_last_error(TI_ERROR_SUCCESS, NULL);
}

int main(void) {
  host_begin();
  HostVulkan engine = host_vulkan(1, NULL, 0);
  TiRuntime runtime = host_adopt(&engine);
  const HostPainter painter = host_painter(runtime);
  const TiImage image = host_image(runtime, TI_FALSE);
  TiVulkanImageInteropInfo native;
  ti_export_vulkan_image(runtime, image, &native);
  VkImageView view = VK_NULL_HANDLE, again = VK_NULL_HANDLE; /* what a material would sample */
  TRY(ist_vulkan_image_view(runtime, image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_2D, &view));
  TRY(ist_vulkan_image_view(runtime, image, VK_FORMAT_UNDEFINED, VK_IMAGE_VIEW_TYPE_2D, &again));
  CHECK(view != VK_NULL_HANDLE && view == again);
  const IstHandover dye = {.image = image, .layout = TI_IMAGE_LAYOUT_SHADER_READ, .flags = IST_HANDOVER_READ_ONLY_BIT};
  IstSyncPoint order = {.rung = IST_RUNG_QUEUE};
  const IstCounters before = host_counters(runtime);
  for (uint64_t frame = 1; frame <= HOST_FRAMES; ++frame) {
    const VkCommandBuffer commands = host_frame_begin(&engine);
    IstRecording recording;
    TRY(ist_vulkan_begin_recording(runtime, commands));
    if (frame == 1) expect_refused(ist_vulkan_begin_recording(runtime, commands), "is open");
    if (frame > 1) TRY(ist_take_back(runtime, 1, &dye, &order));
    host_paint(runtime, &painter, image, (uint32_t)frame);
    TRY(ist_lend(runtime, 1, &dye, &order)); /* the barrier to SHADER_READ_ONLY is now in the command buffer */
    TRY(ist_vulkan_end_recording(runtime, &recording));
    if (frame == 1) { /* ended, but not reported submitted */
      ti_wait(runtime);
      expect_refused(ti_get_last_error(NULL, NULL), "submitted");
    }
    host_draw(&engine, native.image, ist_vulkan_layout(dye.layout), 0);
    host_submit(&engine, VK_NULL_HANDLE, 0, VK_NULL_HANDLE, frame); /* the one submit */
    const IstSyncPoint done = ist_vulkan_point(IST_RUNG_TIMELINE, engine.timeline, frame);
    TRY(ist_vulkan_submitted(runtime, recording, &done));
    host_wait(&engine, frame); /* the engine has one command buffer only */
    host_check_texels(engine.texels, (uint32_t)frame);
  }
  const IstCounters after = host_counters(runtime);
  CHECK_NUMBER(after.submits - before.submits, 0);
  CHECK_NUMBER(after.blocking_waits - before.blocking_waits, 0);
  CHECK_NUMBER(after.launches - before.launches, HOST_FRAMES);
  CHECK_NUMBER(after.lends - before.lends, HOST_FRAMES);
  CHECK_NUMBER(after.share_bytes, 0);
  TRY(ist_take_back(runtime, 1, &dye, NULL));
  ti_wait(runtime);
  TRY(ti_get_last_error(NULL, NULL));
  ti_destroy_runtime(runtime);
  host_vulkan_end(&engine);
  return 0;
}
