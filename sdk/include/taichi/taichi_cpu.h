// Sharing memory with a runtime of TI_ARCH_X64 or TI_ARCH_ARM64.
// The rules on errors, threads and handles are those of taichi_core.h. Runtimes of other archs are
// refused with TI_ERROR_INVALID_INTEROP.
#ifndef TAICHI_CPU_H
#define TAICHI_CPU_H

#include <taichi/taichi_core.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where a piece of memory lies.
typedef struct TiCpuMemoryInteropInfo {
  // An ordinary pointer.
  void* ptr;
  // In bytes.
  uint64_t size;
} TiCpuMemoryInteropInfo;

// Writes where the memory lies; good until ti_free_memory. Does not wait for recorded work.
TI_DLL_EXPORT void TI_API_CALL ti_export_cpu_memory(TiRuntime runtime, TiMemory memory,
                                                    TiCpuMemoryInteropInfo* interop_info);

// Makes a host's pages usable as memory. The pages stay the host's and outlive the
// handle and all recorded work with it; ti_free_memory only forgets it. memory_size is in bytes.
TI_DLL_EXPORT TiMemory TI_API_CALL ti_import_cpu_memory(TiRuntime runtime, void* ptr, size_t memory_size);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_CPU_H
