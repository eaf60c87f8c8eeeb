// A program as users have it: linked once, then run with one library or another of the same ABI. Launches
// a kernel (n: i32, out: ndarray<i32, 1>) and prints what it sees: results, codes, counts. No texts and no
// device properties, in which libraries may differ.
// Usage: launch_i32 MODULE KERNEL N

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taichi/taichi_core.h>

enum { kRoom = 40 };

static TiMemory allocate(TiRuntime runtime) {
  TiMemoryAllocateInfo info;
  memset(&info, 0, sizeof info);
  info.size = kRoom * sizeof(int32_t);
  info.host_write = TI_TRUE;
  info.host_read = TI_TRUE;
  info.usage = TI_MEMORY_USAGE_STORAGE_BIT;
  return ti_allocate_memory(runtime, &info);
}

static void fill(TiRuntime runtime, TiMemory memory, int32_t value) {
  int32_t* values = (int32_t*)ti_map_memory(runtime, memory);
  for (int i = 0; i < kRoom; ++i) values[i] = value;
  ti_unmap_memory(runtime, memory);
}

static void print(TiRuntime runtime, TiMemory memory, const char* what) {
  const int32_t* values = (const int32_t*)ti_map_memory(runtime, memory);
  printf("%s:", what);
  for (int i = 0; i < kRoom; ++i) printf(" %" PRId32, values[i]);
  printf("\n");
  ti_unmap_memory(runtime, memory);
}

static void print_error(const char* what) {
  uint64_t size = 0;
  printf("%s: code %d", what, (int)ti_get_last_error(&size, NULL));
  printf(", %s text\n", size > 1 ? "a" : "no");
}

static void launch(TiRuntime runtime, TiKernel kernel, int32_t n, TiMemory out) {
  TiArgument args[2];
  memset(args, 0, sizeof args);
  args[0].type = TI_ARGUMENT_TYPE_I32;
  args[0].value.i32 = n;
  args[1].type = TI_ARGUMENT_TYPE_NDARRAY;
  args[1].value.ndarray.memory = out;
  args[1].value.ndarray.shape.dim_count = 1;
  args[1].value.ndarray.shape.dims[0] = kRoom;
  args[1].value.ndarray.elem_type = TI_DATA_TYPE_I32;
  ti_launch_kernel(runtime, kernel, 2, args);
  args[0].value.i32 = -1;  // the launch has its own copy
}

static void copy_half(TiRuntime runtime, TiMemory dst, TiMemory src) {
  TiMemorySlice to, from;
  to.memory = dst;
  to.offset = 0;
  to.size = kRoom / 2 * sizeof(int32_t);
  from = to;
  from.memory = src;
  from.offset = 4;
  ti_copy_memory_device_to_device(runtime, &to, &from);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  printf("version %" PRIu32 "\n", ti_get_version());
  print_error("at start");

  TiRuntime runtime = ti_create_runtime(TI_ARCH_VULKAN, 0);
  if (runtime == TI_NULL_HANDLE) return 3;
  uint32_t capability_count = 0;
  ti_get_runtime_capabilities(runtime, &capability_count, NULL);
  printf("capabilities: %s\n", capability_count > 0 ? "some" : "none");

  TiAotModule module = ti_load_aot_module(runtime, argv[1]);
  if (module == TI_NULL_HANDLE) return 4;
  TiKernel kernel = ti_get_aot_module_kernel(module, argv[2]);
  if (kernel == TI_NULL_HANDLE) return 5;

  TiMemory out = allocate(runtime), copy = allocate(runtime);
  fill(runtime, out, -7);
  fill(runtime, copy, -8);
  launch(runtime, kernel, atoi(argv[3]), out);
  copy_half(runtime, copy, out);
  ti_flush(runtime);
  ti_wait(runtime);
  print(runtime, out, "out");
  print(runtime, copy, "copy");
  print_error("after good calls");

  const TiKernel missing = ti_get_aot_module_kernel(module, "no such kernel");
  printf("missing kernel: %s\n", missing == TI_NULL_HANDLE ? "null" : "not null");
  print_error("missing kernel");
  ti_wait(runtime);
  print_error("after a good call");
  const TiAotModule nowhere = ti_load_aot_module(runtime, "no/such/module");
  printf("missing module: %s\n", nowhere == TI_NULL_HANDLE ? "null" : "not null");
  print_error("missing module");
  ti_set_last_error(TI_ERROR_INVALID_STATE, "mine");
  print_error("set by the host");
  ti_set_last_error(TI_ERROR_SUCCESS, NULL);
  print_error("cleared by the host");

  ti_free_memory(runtime, copy);
  ti_free_memory(runtime, out);
  ti_destroy_aot_module(module);
  ti_destroy_runtime(runtime);
  printf("done\n");
  return 0;
}
