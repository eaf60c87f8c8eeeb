// The library is not there when the program is linked: each function is looked up by its name, as a plugin host or an
// interpreter does it. Usage: dlopen LIBRARY FIELDS_TCM
#include <dlfcn.h>
#include <stdio.h>
#include <taichi/taichi_core.h>

#define GET(function) __typeof__(&function) p_##function = (__typeof__(&function))dlsym(library, #function)

int main(int argc, char** argv) {
  void* library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!library) {
    fprintf(stderr, "%s\n", argc == 3 ? dlerror() : "usage: dlopen LIBRARY FIELDS_TCM");
    return 2;
  }
  GET(ti_create_runtime);
  GET(ti_load_aot_module);
  GET(ti_get_aot_module_kernel);
  GET(ti_launch_kernel);
  GET(ti_wait);
  GET(ti_get_last_error);
  GET(ti_destroy_runtime);

  TiRuntime gpu = p_ti_create_runtime(TI_ARCH_VULKAN, 0);
  TiAotModule module = p_ti_load_aot_module(gpu, argv[2]);
  TiArgument base = {.type = TI_ARGUMENT_TYPE_I32, .value.i32 = 100};
  p_ti_launch_kernel(gpu, p_ti_get_aot_module_kernel(module, "fill"), 1, &base);
  p_ti_wait(gpu);
  const TiError error = p_ti_get_last_error(NULL, NULL);
  p_ti_destroy_runtime(gpu);
  printf("the last error is %d\n", (int)error);
  return error == TI_ERROR_SUCCESS && dlclose(library) == 0 ? 0 : 1;
}
