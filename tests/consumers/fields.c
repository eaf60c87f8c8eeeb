// What every consumer in C runs: two kernels of a module, with fields between them. Usage: fields FIELDS_TCM
#include <stdio.h>
#include <taichi/taichi_core.h>

int main(int argc, char** argv) {
  TiRuntime gpu = ti_create_runtime(TI_ARCH_VULKAN, 0);
  TiAotModule module = ti_load_aot_module(gpu, argc > 1 ? argv[1] : "fields.tcm");
  TiArgument base = {.type = TI_ARGUMENT_TYPE_I32, .value.i32 = 100};
  ti_launch_kernel(gpu, ti_get_aot_module_kernel(module, "fill"), 1, &base);

  TiMemoryAllocateInfo info = {.size = 20 * 4, .host_read = TI_TRUE, .usage = TI_MEMORY_USAGE_STORAGE_BIT};
  TiNdArray array = {.memory = ti_allocate_memory(gpu, &info), .shape = {1, {20}}, .elem_type = TI_DATA_TYPE_I32};
  TiArgument out = {.type = TI_ARGUMENT_TYPE_NDARRAY, .value.ndarray = array};
  ti_launch_kernel(gpu, ti_get_aot_module_kernel(module, "read_line"), 1, &out);
  ti_wait(gpu);

  const int* values = ti_map_memory(gpu, array.memory);
  int right = 0;
  for (int i = 0; values && i < 20; ++i) right += values[i] == 100 + i;
  ti_destroy_runtime(gpu);

  char message[1024] = "";
  uint64_t size = sizeof message;
  if (ti_get_last_error(&size, message) != TI_ERROR_SUCCESS) fprintf(stderr, "%s\n", message);
  printf("%d of 20 values are right\n", right);
  return right == 20 ? 0 : 1;
}
