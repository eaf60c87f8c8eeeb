"""The structures of taichi_vulkan.h, taichi_opengl.h, taichi_cpu.h and taichi_cuda.h.

Objects of other APIs are plain numbers here: what Python bindings of Vulkan, OpenGL and CUDA give as handle or name.
"""

from ctypes import c_int32, c_ssize_t, c_uint32, c_uint64, c_void_p

from .structs import Checked


class TiVulkanRuntimeInteropInfo(Checked):
    _fields_ = [
        ("get_instance_proc_addr", c_void_p),
        ("api_version", c_uint32),
        ("instance", c_void_p),
        ("physical_device", c_void_p),
        ("device", c_void_p),
        ("compute_queue", c_void_p),
        ("compute_queue_family_index", c_uint32),
        ("graphics_queue", c_void_p),
        ("graphics_queue_family_index", c_uint32),
    ]


class TiVulkanMemoryInteropInfo(Checked):
    _fields_ = [
        ("buffer", c_uint64),
        ("size", c_uint64),
        ("usage", c_uint32),
        ("memory", c_uint64),
        ("offset", c_uint64),
    ]


class VkExtent3D(Checked):
    _fields_ = [("width", c_uint32), ("height", c_uint32), ("depth", c_uint32)]


class TiVulkanImageInteropInfo(Checked):
    _fields_ = [
        ("image", c_uint64),
        ("image_type", c_uint32),
        ("format", c_uint32),
        ("extent", VkExtent3D),
        ("mip_level_count", c_uint32),
        ("array_layer_count", c_uint32),
        ("sample_count", c_uint32),
        ("tiling", c_uint32),
        ("usage", c_uint32),
    ]


class TiOpenglRuntimeInteropInfo(Checked):
    _fields_ = [("get_proc_addr", c_void_p)]


class TiOpenglMemoryInteropInfo(Checked):
    _fields_ = [("buffer", c_uint32), ("size", c_ssize_t)]


class TiOpenglImageInteropInfo(Checked):
    _fields_ = [
        ("texture", c_uint32),
        ("target", c_uint32),
        ("levels", c_int32),
        ("format", c_uint32),
        ("width", c_int32),
        ("height", c_int32),
        ("depth", c_int32),
    ]


class TiCpuMemoryInteropInfo(Checked):
    _fields_ = [("ptr", c_void_p), ("size", c_uint64)]


class TiCudaMemoryInteropInfo(Checked):
    _fields_ = [("ptr", c_void_p), ("size", c_uint64)]
