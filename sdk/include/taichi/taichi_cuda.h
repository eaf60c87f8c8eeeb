// Sharing memory with a runtime of TI_ARCH_CUDA.
// The rules on errors, threads and handles are those of taichi_core.h. Runtimes of other archs are
// refused with TI_ERROR_INVALID_INTEROP.
#ifndef TAICHI_CUDA_H
#define TAICHI_CUDA_H

#include <taichi/taichi_core.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where a piece of memory lies.
typedef struct TiCudaMemoryInteropInfo {
  // A device pointer.
  void* ptr;
  // In bytes.
  uint64_t size;
} TiCudaMemoryInteropInfo;

// Writes where the memory lies; good until ti_free_memory. Does not wait for recorded work.
TI_DLL_EXPORT void TI_API_CALL ti_export_cuda_memory(TiRuntime runtime, TiMemory memory,
                                                     TiCudaMemoryInteropInfo* interop_info);

// Makes a host's device allocation usable as memory. It stays the host's and outlives the
// handle and all recorded work with it; ti_free_memory only forgets it. memory_size is in bytes.
TI_DLL_EXPORT TiMemory TI_API_CALL ti_import_cuda_memory(TiRuntime runtime, void* ptr, size_t memory_size);

// Sets the CUstream that launches made from now on go to; null is the default stream.
// The stream stays the host's and outlives its use.
TI_DLL_EXPORT void TI_API_CALL ti_set_cuda_stream(void* stream);

// Writes the CUstream that launches go to.
TI_DLL_EXPORT void TI_API_CALL ti_get_cuda_stream(void** stream);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_CUDA_H
