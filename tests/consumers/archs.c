// Whether the plugin for modules of CPUs is found, beside the library or the program that holds it. Usage: archs
#include <stdio.h>
#include <taichi/taichi_core.h>

int main(void) {
  TiArch archs[16];
  uint32_t count = 16;
  ti_get_available_archs(&count, archs);
  int found = 0;
  for (uint32_t i = 0; i < count; ++i) found += archs[i] == TI_ARCH_X64 || archs[i] == TI_ARCH_ARM64;
  printf("%d arch of the plugin\n", found);
  return found == 1 ? 0 : 1;
}
