/* Another process: a producer of a feed, which starts this program again as a consumer that draws with GL. */

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

extern char** environ;

static int produce(const char* program) {
  char folder[256];
  const char* temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/host_programs_XXXXXX", temporary ? temporary : P_tmpdir);
  CHECK(mkdtemp(folder) != NULL);
  CHECK(setenv("XDG_RUNTIME_DIR", folder, 1) == 0);
  TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  CHECK(runtime != TI_NULL_HANDLE);
  const HostPainter painter = host_painter(runtime);
  const IstFeedInfo info = {.size = sizeof info,
                            .slot_count = 4,
                            .name = "fluid",
                            .image = {.dimension = TI_IMAGE_DIMENSION_2D,
                                      .extent = {HOST_WIDTH, HOST_HEIGHT, 1, 1},
                                      .mip_level_count = 1,
                                      .format = TI_FORMAT_RGBA8,
                                      .export_sharing = TI_TRUE,
                                      .usage = TI_IMAGE_USAGE_STORAGE_BIT | TI_IMAGE_USAGE_SAMPLED_BIT}};
  IstFeed feed;
  IstFrame frame = {.size = sizeof frame};
  TRY(ist_feed_create(runtime, &info, &feed));
  pid_t consumer = 0;
  char mode[] = "consume";
  char* const args[] = {(char*)program, mode, NULL};
  CHECK(posix_spawn(&consumer, program, NULL, NULL, args, environ) == 0);
  int status = -1;
  uint64_t blocked = 0;
  while (waitpid(consumer, &status, WNOHANG) == 0) {
    const uint64_t before = host_counters(runtime).blocking_waits;
    TRY(ist_feed_begin(feed, 0, &frame)); /* always a slot: a slow or dead consumer holds one at most */
    host_paint(runtime, &painter, frame.image, (uint32_t)frame.sequence);
    TRY(ist_feed_end(feed, &frame, IST_FEED_PUBLISH));
    blocked += host_counters(runtime).blocking_waits - before;
    ti_wait(runtime);
  }
  CHECK(WIFEXITED(status));
  CHECK_NUMBER(WEXITSTATUS(status), 0);
  CHECK_NUMBER(blocked, 0);
  IstFeedState state = {.size = sizeof state};
  TRY(ist_feed_state(feed, &state));
  CHECK_NUMBER(state.rung, IST_RUNG_HOST);
  CHECK(state.published >= HOST_FRAMES);
  CHECK_NUMBER(host_counters(runtime).share_bytes, 0);
  TRY(ist_feed_close(feed));
  ti_destroy_runtime(runtime);
  char inner[300];
  snprintf(inner, sizeof inner, "%s/isthmus", folder);
  rmdir(inner);
  rmdir(folder);
  return 0;
}

static int consume(void) {
  HostGl gl = host_gl();
  TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  CHECK(runtime != TI_NULL_HANDLE);
  const IstGlInfo info = host_gl_info();
  IstGl joined;
  TRY(ist_gl_attach(runtime, &info, &joined));
  IstFeed feed;
  IstFrame frame = {.size = sizeof frame};
  IstGlObject texture = {.size = sizeof texture};
  TRY(ist_feed_open(runtime, "fluid", 10000000000u, &feed));
  static uint8_t texels[HOST_WIDTH * HOST_HEIGHT * 4];
  uint64_t last = 0;
  for (int taken = 0; taken < HOST_FRAMES;) {
    TRY(ist_feed_begin(feed, 16000000u, &frame));
    if (frame.image == TI_NULL_HANDLE) continue; /* nothing new for 16 ms */
    CHECK(frame.sequence > last);
    last = frame.sequence;
    const IstHandover dye = {
        .image = frame.image, .layout = TI_IMAGE_LAYOUT_SHADER_READ, .flags = IST_HANDOVER_READ_ONLY_BIT};
    TRY(ist_gl_share_image(joined, frame.image, &texture));
    TRY(ist_gl_lend(joined, 1, &dye));
    host_gl_draw(&gl, texture.name, texels);
    TRY(ist_gl_take_back(joined, 1, &dye));
    TRY(ist_feed_end(feed, &frame, IST_FEED_RELEASE));
    host_check_texels(texels, (uint32_t)frame.sequence);
    ++taken;
  }
  /* GL shares the memory that the producer has allocated. */
  CHECK_NUMBER(texture.copied, 0);
  CHECK_NUMBER(host_counters(runtime).share_copies, 0);
  CHECK_NUMBER(host_counters(runtime).share_bytes, 0);
  TRY(ist_gl_detach(joined, TI_FALSE));
  TRY(ist_feed_close(feed));
  ti_destroy_runtime(runtime);
  host_gl_end(&gl);
  return 0;
}

int main(int argc, char** argv) {
  host_begin();
  return argc > 1 ? consume() : produce(argv[0]);
}
