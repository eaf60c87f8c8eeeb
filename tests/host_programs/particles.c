/* A buffer that a kernel fills, as the vertex buffer of a GL host. */
#include <string.h>

#include "host.h"

enum { COUNT = 256, FLOATS = 2 * COUNT, SIDE = 32, BLOCK = 128 };

static TiMemory allocate(TiRuntime runtime, TiBool shared) {
  const TiMemoryAllocateInfo info = {.size = FLOATS * sizeof(float),
                                     .export_sharing = shared,
                                     .usage = TI_MEMORY_USAGE_STORAGE_BIT | TI_MEMORY_USAGE_VERTEX_BIT};
  const TiMemory memory = ti_allocate_memory(runtime, &info);
  CHECK(memory != TI_NULL_HANDLE);
  return memory;
}

static TiArgument array(TiMemory memory) {
  TiArgument argument;
  memset(&argument, 0, sizeof argument);
  argument.type = TI_ARGUMENT_TYPE_NDARRAY;
  argument.value.ndarray.memory = memory;
  argument.value.ndarray.shape.dim_count = 1;
  argument.value.ndarray.shape.dims[0] = FLOATS;
  argument.value.ndarray.elem_type = TI_DATA_TYPE_F32;
  return argument;
}

/* Where a particle is before the kernel swaps its coordinates. */
static uint32_t cell(uint32_t i, uint32_t frame) { return (i * 7 + frame * 5 + i * i) % (SIDE * (SIDE - 7)); }

int main(void) {
  host_begin();
  HostGl gl = host_gl();
  TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  CHECK(runtime != TI_NULL_HANDLE);
  TRY(ist_set_option(runtime, IST_OPTION_REQUIRE_ZERO_COPY, 1));
  const IstGlInfo info = host_gl_info();
  IstGl joined;
  TRY(ist_gl_attach(runtime, &info, &joined));
  const TiAotModule module = ti_load_aot_module(runtime, HOST_MODULE_FOLDER "/shared.tcm");
  const TiKernel reverse = ti_get_aot_module_kernel(module, "block_reverse");
  CHECK(reverse != TI_NULL_HANDLE);
  const TiMemory source = allocate(runtime, TI_FALSE);
  const IstHandover positions = {.memory = allocate(runtime, TI_TRUE), .flags = IST_HANDOVER_READ_ONLY_BIT};
  IstGlObject vertices = {.size = sizeof vertices};
  TRY(ist_gl_share_memory(joined, positions.memory, &vertices)); /* spare bytes are the library's to arrange */
  CHECK_NUMBER(vertices.copied, 0);
  const int semaphores = vertices.to_gl == IST_RUNG_BINARY;
  const TiArgument args[2] = {array(source), array(positions.memory)};

  const GLuint program =
      host_gl_program(&gl,
                      "layout(location = 0) in vec2 at;"
                      "void main() { gl_Position = vec4((at + 0.5) / 16.0 - 1.0, 0, 1); gl_PointSize = 1.0; }\n",
                      "out vec4 color; void main() { color = vec4(1); }\n");
  gl.BindVertexArray(gl.vertices);
  gl.BindBuffer(GL_ARRAY_BUFFER, vertices.name);
  gl.EnableVertexAttribArray(0);
  gl.VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
  gl.Viewport(0, 0, SIDE, SIDE);
  gl.UseProgram(program);
  for (uint32_t frame = 0; frame < HOST_FRAMES; ++frame) {
    float now[FLOATS];
    uint8_t expected[SIDE * SIDE] = {0}, seen[SIDE * SIDE * 4];
    for (uint32_t i = 0; i < COUNT; ++i) {
      const uint32_t x = cell(i, frame) / SIDE, y = cell(i, frame) % SIDE;
      now[2 * i] = (float)x;
      now[2 * i + 1] = (float)y;
      expected[x * SIDE + y] = 255; /* reversed pairs: y first */
    }
    const TiMemorySlice whole = {source, 0, sizeof now};
    TRY(ist_write_memory(runtime, &whole, now));
    ti_launch_kernel(runtime, reverse, 2, args);
    TRY(ti_get_last_error(NULL, NULL));
    TRY(ist_gl_lend(joined, 1, &positions));
    gl.ClearColor(0, 0, 0, 0);
    gl.Clear(GL_COLOR_BUFFER_BIT);
    gl.DrawArrays(GL_POINTS, 0, COUNT);
    gl.ReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, seen);
    TRY(ist_gl_take_back(joined, 1, &positions));
    for (uint32_t i = 0; i < SIDE * SIDE; ++i) CHECK_NUMBER(seen[4 * i], expected[i]);
  }
  const IstCounters counted = host_counters(runtime);
  CHECK_NUMBER(counted.share_bytes, 0);
  CHECK_NUMBER(counted.lends, HOST_FRAMES);
  CHECK_NUMBER(counted.gpu_signals, semaphores ? HOST_FRAMES : 0);
  TRY(ist_gl_detach(joined, TI_FALSE));
  ti_destroy_runtime(runtime);
  host_gl_end(&gl);
  return 0;
}
