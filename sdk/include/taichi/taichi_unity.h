// Running kernels from Unity, whose render thread owns the device. The tix_* functions are exported
// by the Unity plugin, not by the C API library itself. "Async" means: queued now, run on the
// render thread when the queue is submitted; what is passed is copied. Errors go to the last error
// of the thread that runs the task.
#ifndef TAICHI_UNITY_H
#define TAICHI_UNITY_H

#include <taichi/taichi_core.h>

#ifdef __cplusplus
extern "C" {
#endif

// A graphics buffer of Unity (GraphicsBuffer.GetNativeBufferPtr).
typedef struct TixNativeBufferUnity_t* TixNativeBufferUnity;

// A task; gets the user_data it was queued with.
typedef void(TI_API_CALL* TixAsyncTaskUnity)(void* user_data);

// The runtime on Unity's own device. The plugin owns it. NOT_SUPPORTED: Unity runs on another
// graphics API.
TI_DLL_EXPORT TiRuntime TI_API_CALL tix_import_native_runtime_unity(void);

// Queues a function of the host. user_data stays the host's and good until the task has run.
TI_DLL_EXPORT void TI_API_CALL tix_enqueue_task_async_unity(void* user_data, TixAsyncTaskUnity async_task);

// Queues ti_launch_kernel.
TI_DLL_EXPORT void TI_API_CALL tix_launch_kernel_async_unity(TiRuntime runtime, TiKernel kernel, uint32_t arg_count,
                                                             const TiArgument* args);

// Queues ti_launch_compute_graph.
TI_DLL_EXPORT void TI_API_CALL tix_launch_compute_graph_async_unity(TiRuntime runtime, TiComputeGraph compute_graph,
                                                                    uint32_t arg_count, const TiNamedArgument* args);

// Queues a copy of a slice into a buffer of Unity, from byte dst_offset on.
TI_DLL_EXPORT void TI_API_CALL tix_copy_memory_to_native_buffer_async_unity(TiRuntime runtime, TixNativeBufferUnity dst,
                                                                            uint64_t dst_offset,
                                                                            const TiMemorySlice* src);

// Copies a host-readable slice to host memory, from byte dst_offset of dst on, before it returns.
TI_DLL_EXPORT void TI_API_CALL tix_copy_memory_device_to_host_unity(TiRuntime runtime, void* dst, uint64_t dst_offset,
                                                                    const TiMemorySlice* src);

// Copies host memory, from byte src_offset of src on, into a host-writable slice before it returns.
TI_DLL_EXPORT void TI_API_CALL tix_copy_memory_host_to_device_unity(TiRuntime runtime, const TiMemorySlice* dst,
                                                                    const void* src, uint64_t src_offset);

// Closes the batch of queued tasks and returns the render-event function that runs it
// (GL.IssuePluginEvent).
TI_DLL_EXPORT void* TI_API_CALL tix_submit_async_unity(TiRuntime runtime);

#ifdef __cplusplus
}
#endif

#endif  // TAICHI_UNITY_H
