/* A GL host with a ring of two images, and a present that waits for the frame. */
#include "host.h"

int main(void) {
  host_begin();
  HostGl gl = host_gl();
  TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  CHECK(runtime != TI_NULL_HANDLE);
  const HostPainter painter = host_painter(runtime);
  const TiImage ring[2] = {host_image(runtime, TI_TRUE), host_image(runtime, TI_TRUE)};
  const IstGlInfo info = host_gl_info();
  IstGl joined;
  IstGlObject textures[2] = {{.size = sizeof textures[0]}, {.size = sizeof textures[1]}};
  TRY(ist_set_option(runtime, IST_OPTION_REQUIRE_ZERO_COPY, 1));
  TRY(ist_gl_attach(runtime, &info, &joined));
  for (int i = 0; i < 2; ++i) TRY(ist_gl_share_image(joined, ring[i], &textures[i]));
  const int semaphores = textures[0].to_gl == IST_RUNG_BINARY;
  CHECK_NUMBER(textures[0].from_gl, semaphores ? IST_RUNG_BINARY : IST_RUNG_GL_FENCE);
  static uint8_t texels[HOST_WIDTH * HOST_HEIGHT * 4];
  const IstCounters before = host_counters(runtime);
  for (uint32_t frame = 0; frame < HOST_FRAMES; ++frame) {
    const IstHandover dye = {
        .image = ring[frame % 2], .layout = TI_IMAGE_LAYOUT_SHADER_READ, .flags = IST_HANDOVER_READ_ONLY_BIT};
    host_paint(runtime, &painter, dye.image, frame); /* drawn two frames ago: its fence has long passed */
    TRY(ist_gl_lend(joined, 1, &dye));               /* a semaphore, or one wait of the host */
    host_gl_draw(&gl, textures[frame % 2].name, texels);
    TRY(ist_gl_take_back(joined, 1, &dye)); /* a fence or a semaphore goes in behind the draw */
    gl.Finish();                            /* the present */
    host_check_texels(texels, frame);
  }
  const IstCounters after = host_counters(runtime);
  CHECK_NUMBER(after.share_bytes, 0);
  CHECK(after.blocking_waits - before.blocking_waits <= (semaphores ? 0 : HOST_FRAMES));
  CHECK_NUMBER(after.gpu_waits - before.gpu_waits, semaphores ? HOST_FRAMES : 0);
  CHECK_NUMBER(after.gpu_signals - before.gpu_signals, semaphores ? HOST_FRAMES : 0);
  TRY(ist_gl_detach(joined, TI_FALSE));
  ti_destroy_runtime(runtime);
  host_gl_end(&gl);
  return 0;
}
