"""Result and parameter types of every C function that the package calls, as the headers declare them."""

from ctypes import POINTER, c_bool, c_char_p, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, Dict, List, Tuple

from . import interop_structs as interop
from ._ist_structs import IstGraphInfo, IstKernelInfo, IstSyncPoint
from .structs import (
    TiAotModule,
    TiArgument,
    TiCapabilityLevelInfo,
    TiComputeGraph,
    TiImage,
    TiImageAllocateInfo,
    TiImageSlice,
    TiKernel,
    TiMemory,
    TiMemoryAllocateInfo,
    TiMemorySlice,
    TiNamedArgument,
    TiRuntime,
    TiSampler,
    TiSamplerCreateInfo,
    c_enum,
    c_error,
)

Signature = Tuple[Any, List[Any]]

_CORE: Dict[str, Signature] = {
    "ti_get_version": (c_uint32, []),
    "ti_get_available_archs": (None, [POINTER(c_uint32), POINTER(c_enum)]),
    "ti_get_last_error": (c_error, [POINTER(c_uint64), c_char_p]),
    "ti_set_last_error": (None, [c_error, c_char_p]),
    "ti_create_runtime": (TiRuntime, [c_enum, c_uint32]),
    "ti_destroy_runtime": (None, [TiRuntime]),
    "ti_set_runtime_capabilities_ext": (None, [TiRuntime, c_uint32, POINTER(TiCapabilityLevelInfo)]),
    "ti_get_runtime_capabilities": (None, [TiRuntime, POINTER(c_uint32), POINTER(TiCapabilityLevelInfo)]),
    "ti_allocate_memory": (TiMemory, [TiRuntime, POINTER(TiMemoryAllocateInfo)]),
    "ti_free_memory": (None, [TiRuntime, TiMemory]),
    "ti_map_memory": (c_void_p, [TiRuntime, TiMemory]),
    "ti_unmap_memory": (None, [TiRuntime, TiMemory]),
    "ti_allocate_image": (TiImage, [TiRuntime, POINTER(TiImageAllocateInfo)]),
    "ti_free_image": (None, [TiRuntime, TiImage]),
    "ti_create_sampler": (TiSampler, [TiRuntime, POINTER(TiSamplerCreateInfo)]),
    "ti_destroy_sampler": (None, [TiRuntime, TiSampler]),
    # Destination first.
    "ti_copy_memory_device_to_device": (None, [TiRuntime, POINTER(TiMemorySlice), POINTER(TiMemorySlice)]),
    "ti_copy_image_device_to_device": (None, [TiRuntime, POINTER(TiImageSlice), POINTER(TiImageSlice)]),
    "ti_track_image_ext": (None, [TiRuntime, TiImage, c_enum]),
    "ti_transition_image": (None, [TiRuntime, TiImage, c_enum]),
    "ti_launch_kernel": (None, [TiRuntime, TiKernel, c_uint32, POINTER(TiArgument)]),
    "ti_launch_compute_graph": (None, [TiRuntime, TiComputeGraph, c_uint32, POINTER(TiNamedArgument)]),
    "ti_flush": (None, [TiRuntime]),
    "ti_wait": (None, [TiRuntime]),
    "ti_load_aot_module": (TiAotModule, [TiRuntime, c_char_p]),
    "ti_create_aot_module": (TiAotModule, [TiRuntime, c_void_p, c_uint64]),
    "ti_destroy_aot_module": (None, [TiAotModule]),
    "ti_get_aot_module_kernel": (TiKernel, [TiAotModule, c_char_p]),
    "ti_get_aot_module_compute_graph": (TiComputeGraph, [TiAotModule, c_char_p]),
}

_INTEROP: Dict[str, Signature] = {
    "ti_create_vulkan_runtime_ext": (
        TiRuntime,
        [c_uint32, c_uint32, POINTER(c_char_p), c_uint32, POINTER(c_char_p)],
    ),
    "ti_import_vulkan_runtime": (TiRuntime, [POINTER(interop.TiVulkanRuntimeInteropInfo)]),
    "ti_export_vulkan_runtime": (None, [TiRuntime, POINTER(interop.TiVulkanRuntimeInteropInfo)]),
    "ti_import_vulkan_memory": (TiMemory, [TiRuntime, POINTER(interop.TiVulkanMemoryInteropInfo)]),
    "ti_export_vulkan_memory": (None, [TiRuntime, TiMemory, POINTER(interop.TiVulkanMemoryInteropInfo)]),
    "ti_import_vulkan_image": (TiImage, [TiRuntime, POINTER(interop.TiVulkanImageInteropInfo), c_enum, c_enum]),
    "ti_export_vulkan_image": (None, [TiRuntime, TiImage, POINTER(interop.TiVulkanImageInteropInfo)]),
    "ti_import_opengl_runtime": (TiRuntime, [POINTER(interop.TiOpenglRuntimeInteropInfo), c_bool]),
    "ti_export_opengl_runtime": (None, [TiRuntime, POINTER(interop.TiOpenglRuntimeInteropInfo)]),
    "ti_import_opengl_memory": (TiMemory, [TiRuntime, POINTER(interop.TiOpenglMemoryInteropInfo)]),
    "ti_export_opengl_memory": (None, [TiRuntime, TiMemory, POINTER(interop.TiOpenglMemoryInteropInfo)]),
    "ti_import_opengl_image": (TiImage, [TiRuntime, POINTER(interop.TiOpenglImageInteropInfo)]),
    "ti_export_opengl_image": (None, [TiRuntime, TiImage, POINTER(interop.TiOpenglImageInteropInfo)]),
    "ti_import_cpu_memory": (TiMemory, [TiRuntime, c_void_p, c_size_t]),
    "ti_export_cpu_memory": (None, [TiRuntime, TiMemory, POINTER(interop.TiCpuMemoryInteropInfo)]),
    "ti_import_cuda_memory": (TiMemory, [TiRuntime, c_void_p, c_size_t]),
    "ti_export_cuda_memory": (None, [TiRuntime, TiMemory, POINTER(interop.TiCudaMemoryInteropInfo)]),
    "ti_set_cuda_stream": (None, [c_void_p]),
    "ti_get_cuda_stream": (None, [POINTER(c_void_p)]),
}

_SDK: Dict[str, Signature] = {
    "ist_kernel_info": (c_error, [TiKernel, POINTER(IstKernelInfo)]),
    "ist_graph_info": (c_error, [TiComputeGraph, POINTER(IstGraphInfo)]),
    "ist_write_memory": (c_error, [TiRuntime, POINTER(TiMemorySlice), c_void_p]),
    "ist_read_memory": (c_error, [TiRuntime, POINTER(TiMemorySlice), c_void_p]),
    "ist_signal_point": (c_error, [TiRuntime, POINTER(IstSyncPoint)]),
    "ist_finish_point": (c_error, [TiRuntime, POINTER(IstSyncPoint), c_uint64, POINTER(c_uint32)]),
}

SIGNATURES: Dict[str, Signature] = {**_CORE, **_INTEROP, **_SDK}
