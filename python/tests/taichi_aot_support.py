"""What the tests of isthmus.taichi_aot share: where modules are, how to ask for counters, and device memory by hand."""

import ctypes
from pathlib import Path

import numpy as np

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _library
from isthmus.taichi_aot._ist_structs import Sized

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "assets" / "modules"

SCALAR_TYPES = {
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
}


class Counters(Sized):
    """IstCounters."""

    _fields_ = [("size", ctypes.c_uint32), ("reserved", ctypes.c_uint32)] + [
        (name, ctypes.c_uint64)
        for name in (
            "launches dispatches barriers submits allocations host_bytes share_copies share_bytes blocking_waits polls "
            "gpu_waits gpu_signals lends takes refused copies pipelines pipeline_cache_hits"
        ).split()
    ]


def counters(runtime):
    """What a runtime (handle) has done so far."""
    result = Counters()
    function = _library.api.library().ist_counters
    function.argtypes = [ta.TiRuntime, ctypes.POINTER(Counters)]
    function.restype = ctypes.c_int64
    assert function(runtime, ctypes.byref(result)) == 0
    return result


def memory_info(size_bytes, host=True):
    info = ta.TiMemoryAllocateInfo()
    info.size = size_bytes
    info.host_write = info.host_read = ta.TI_TRUE if host else ta.TI_FALSE
    info.usage = ta.TiMemoryUsageFlags.TI_MEMORY_USAGE_STORAGE_BIT
    return info


def write(runtime, memory, array):
    """Fills mapped memory (handles) from an array."""
    ctypes.memmove(ta.ti_map_memory(runtime, memory), array.ctypes.data, array.nbytes)
    ta.ti_unmap_memory(runtime, memory)


def read(runtime, memory, shape, dtype):
    """Waits and reads memory (handles) as an array."""
    ta.ti_wait(runtime)
    result = np.empty(shape, dtype)
    ctypes.memmove(result.ctypes.data, ta.ti_map_memory(runtime, memory), result.nbytes)
    ta.ti_unmap_memory(runtime, memory)
    return result


def upload(runtime, array):
    """An array in new memory (handles)."""
    memory = ta.ti_allocate_memory(runtime, memory_info(array.nbytes))
    assert memory
    write(runtime, memory, array)
    return memory


def i32(value):
    argument = ta.TiArgument(ta.TiArgumentType.TI_ARGUMENT_TYPE_I32)
    argument.value.i32 = value
    return argument


def f32(value):
    argument = ta.TiArgument(ta.TiArgumentType.TI_ARGUMENT_TYPE_F32)
    argument.value.f32 = value
    return argument


def ndarray(memory, shape, elem_type, elem_shape=()):
    argument = ta.TiArgument(ta.TiArgumentType.TI_ARGUMENT_TYPE_NDARRAY)
    array = argument.value.ndarray
    array.memory = memory
    array.elem_type = elem_type
    for target, dims in ((array.shape, shape), (array.elem_shape, elem_shape)):
        target.dim_count = len(dims)
        for i, dim in enumerate(dims):
            target.dims[i] = dim
    return argument


def image_info(width, height, image_format):
    info = ta.TiImageAllocateInfo()
    info.dimension = ta.TiImageDimension.TI_IMAGE_DIMENSION_2D
    info.extent = ta.TiImageExtent(width, height, 1, 1)
    info.mip_level_count = 1
    info.format = image_format
    info.usage = ta.TiImageUsageFlags.TI_IMAGE_USAGE_STORAGE_BIT | ta.TiImageUsageFlags.TI_IMAGE_USAGE_SAMPLED_BIT
    return info


def texture(image, info, sampler=None):
    result = ta.TiTexture()
    result.image = image
    if sampler:
        result.sampler = sampler
    result.dimension = info.dimension
    result.extent = info.extent
    result.format = info.format
    return result


def texture_argument(image, info, sampler=None):
    argument = ta.TiArgument(ta.TiArgumentType.TI_ARGUMENT_TYPE_TEXTURE)
    argument.value.texture = texture(image, info, sampler)
    return argument


def pattern(width, height, seed):
    """What store_2d_* of assets/kernels/textures.py writes, indexed [x, y, channel]."""
    x, y, c = np.meshgrid(np.arange(width), np.arange(height), np.arange(4), indexing="ij")
    return (((37 * x + 59 * y + 101 * c + 7 * seed) % 256).astype(np.float32) / np.float32(255)).astype(np.float32)


def same_texels(a, b):
    """Whether texels agree but for the last bit, in which devices divide differently."""
    return bool(np.allclose(a, b, rtol=0, atol=1e-6))


def refused(call, *args):
    """The TaichiError that a call raises."""
    try:
        call(*args)
    except ta.TaichiError as error:
        return error
    raise AssertionError(f"{call} was not refused")
