"""The ti_* functions that share objects with Vulkan, OpenGL, the host's memory and CUDA, under their C names.

As in functions.py a failing call raises nothing; what an export then gives is all zero.
"""

import ctypes
from typing import Any, Optional, Sequence

from . import interop_structs as info
from ._library import api
from ._pointers import Text, address, pointer_to, text_array, whole

Handle = Any


def ti_create_vulkan_runtime_ext(
    api_version: int, instance_extensions: Sequence[Text] = (), device_extensions: Sequence[Text] = ()
) -> Handle:
    """A runtime on device 0 whose instance and device also have these extensions."""
    return api.ti_create_vulkan_runtime_ext(
        whole("api version", api_version), *text_array(instance_extensions), *text_array(device_extensions)
    )


def ti_import_vulkan_runtime(interop_info: info.TiVulkanRuntimeInteropInfo) -> Handle:
    """A runtime on the host's device. The Vulkan objects stay the host's and must outlive it."""
    return api.ti_import_vulkan_runtime(pointer_to(interop_info))


def ti_export_vulkan_runtime(runtime: Handle) -> info.TiVulkanRuntimeInteropInfo:
    """The runtime's Vulkan objects, good until it is destroyed."""
    interop_info = info.TiVulkanRuntimeInteropInfo()
    api.ti_export_vulkan_runtime(runtime, ctypes.byref(interop_info))
    return interop_info


def ti_import_vulkan_memory(runtime: Handle, interop_info: info.TiVulkanMemoryInteropInfo) -> Handle:
    """A host's VkBuffer as memory; ti_free_memory only forgets it."""
    return api.ti_import_vulkan_memory(runtime, pointer_to(interop_info))


def ti_export_vulkan_memory(runtime: Handle, memory: Handle) -> info.TiVulkanMemoryInteropInfo:
    """The VkBuffer behind memory, good until ti_free_memory."""
    interop_info = info.TiVulkanMemoryInteropInfo()
    api.ti_export_vulkan_memory(runtime, memory, ctypes.byref(interop_info))
    return interop_info


def ti_import_vulkan_image(
    runtime: Handle, interop_info: info.TiVulkanImageInteropInfo, view_type: int, layout: int
) -> Handle:
    """A host's VkImage as image. view_type is a VkImageViewType, layout the VkImageLayout it is in."""
    return api.ti_import_vulkan_image(
        runtime, pointer_to(interop_info), whole("view type", view_type), whole("layout", layout)
    )


def ti_export_vulkan_image(runtime: Handle, image: Handle) -> info.TiVulkanImageInteropInfo:
    """The VkImage behind an image, good until ti_free_image."""
    interop_info = info.TiVulkanImageInteropInfo()
    api.ti_export_vulkan_image(runtime, image, ctypes.byref(interop_info))
    return interop_info


def ti_import_opengl_runtime(interop_info: info.TiOpenglRuntimeInteropInfo, use_gles: bool = False) -> Handle:
    """A runtime on the context that is current on this thread."""
    return api.ti_import_opengl_runtime(pointer_to(interop_info), use_gles)


def ti_export_opengl_runtime(runtime: Handle) -> info.TiOpenglRuntimeInteropInfo:
    """How the runtime reaches its context."""
    interop_info = info.TiOpenglRuntimeInteropInfo()
    api.ti_export_opengl_runtime(runtime, ctypes.byref(interop_info))
    return interop_info


def ti_import_opengl_memory(runtime: Handle, interop_info: info.TiOpenglMemoryInteropInfo) -> Handle:
    """A host's buffer object as memory."""
    return api.ti_import_opengl_memory(runtime, pointer_to(interop_info))


def ti_export_opengl_memory(runtime: Handle, memory: Handle) -> info.TiOpenglMemoryInteropInfo:
    """The buffer object behind memory."""
    interop_info = info.TiOpenglMemoryInteropInfo()
    api.ti_export_opengl_memory(runtime, memory, ctypes.byref(interop_info))
    return interop_info


def ti_import_opengl_image(runtime: Handle, interop_info: info.TiOpenglImageInteropInfo) -> Handle:
    """A host's texture with immutable storage as image."""
    return api.ti_import_opengl_image(runtime, pointer_to(interop_info))


def ti_export_opengl_image(runtime: Handle, image: Handle) -> info.TiOpenglImageInteropInfo:
    """The texture behind an image."""
    interop_info = info.TiOpenglImageInteropInfo()
    api.ti_export_opengl_image(runtime, image, ctypes.byref(interop_info))
    return interop_info


def ti_import_cpu_memory(runtime: Handle, ptr: Any, memory_size: int) -> Handle:
    """The host's pages as memory of an x64 or arm64 runtime. They stay the host's and must outlive it."""
    return api.ti_import_cpu_memory(runtime, address(ptr), whole("memory size", memory_size, 64))


def ti_export_cpu_memory(runtime: Handle, memory: Handle) -> info.TiCpuMemoryInteropInfo:
    """Where memory of an x64 or arm64 runtime lies."""
    interop_info = info.TiCpuMemoryInteropInfo()
    api.ti_export_cpu_memory(runtime, memory, ctypes.byref(interop_info))
    return interop_info


def ti_import_cuda_memory(runtime: Handle, ptr: Any, memory_size: int) -> Handle:
    """The host's device allocation as memory of a CUDA runtime. It stays the host's and must outlive it."""
    return api.ti_import_cuda_memory(runtime, address(ptr), whole("memory size", memory_size, 64))


def ti_export_cuda_memory(runtime: Handle, memory: Handle) -> info.TiCudaMemoryInteropInfo:
    """Where memory of a CUDA runtime lies."""
    interop_info = info.TiCudaMemoryInteropInfo()
    api.ti_export_cuda_memory(runtime, memory, ctypes.byref(interop_info))
    return interop_info


def ti_set_cuda_stream(stream: Any) -> None:
    """Sets the CUstream that launches go to from now on; None is the default stream."""
    api.ti_set_cuda_stream(address(stream))


def ti_get_cuda_stream() -> Optional[int]:
    """The CUstream that launches go to; None is the default stream."""
    stream = ctypes.c_void_p()
    api.ti_get_cuda_stream(ctypes.byref(stream))
    return stream.value
