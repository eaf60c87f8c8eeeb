// Ticks of this core's counter: cheap enough to take around a handful of instructions, good for orders of magnitude.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ist::cpu {

inline uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#endif
}

// About as many as a microsecond has. Of x64 CPUs the counter runs at 2 to 4 GHz, whatever the core does.
inline uint64_t ticks_per_us() {
#if defined(__x86_64__)
  return 2500;
#else
  uint64_t hertz;
  asm("mrs %0, cntfrq_el0" : "=r"(hertz));
  return hertz / 1000000;
#endif
}

}  // namespace ist::cpu
