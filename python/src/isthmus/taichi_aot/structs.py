"""The aliases, handles and structures of taichi_core.h, byte for byte as a C compiler lays them out."""

import ctypes
import sys
from ctypes import POINTER, Structure, Union, c_char_p, c_float, c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64
from typing import Any, Dict, Type

from ._pointers import whole

TI_FALSE = 0
TI_TRUE = 1
TI_NULL_HANDLE = 0
TI_MAX_ARCH_COUNT = 16


class IntLike:
    """Lets a ctypes number take part in comparisons, and be an index, as the int in it."""

    value: Any

    def __int__(self) -> int:
        return int(self.value or 0)

    __index__ = __int__

    def __bool__(self) -> bool:
        return int(self) != 0

    def __eq__(self, other: object) -> bool:
        return int(self) == int(other) if isinstance(other, (int, IntLike)) else NotImplemented

    def __lt__(self, other: Any) -> bool:
        return int(self) < int(other)

    def __le__(self, other: Any) -> bool:
        return int(self) <= int(other)

    def __gt__(self, other: Any) -> bool:
        return int(self) > int(other)

    def __ge__(self, other: Any) -> bool:
        return int(self) >= int(other)

    def __hash__(self) -> int:
        return hash(int(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"


class TiBool(IntLike, c_uint32):
    """TI_TRUE or TI_FALSE."""


class TiFlags(IntLike, c_uint32):
    """A set of bits of TiMemoryUsageFlags or TiImageUsageFlags."""


# TiError has negative members beside 0xffffffff: 64 bits with GCC and Clang, 32 with MSVC. The other enums have 32.
c_error: Type[Any] = c_int32 if sys.platform == "win32" else c_int64
c_enum = c_uint32


class Checked(Structure):
    """A structure that refuses, with ValueError, numbers that ctypes would cut off to the bits of their field. Elements
    of arrays and sets of flags are as ctypes has them."""

    _bits: Dict[str, int] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._bits = {name: 8 * ctypes.sizeof(kind) for name, kind, *_ in cls._fields_ if kind in (c_uint32, c_uint64)}

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._bits:
            whole(f"{name} of a {type(self).__name__}", value, self._bits[name])
        super().__setattr__(name, value)


class TiRuntime_t(Structure):
    pass


class TiAotModule_t(Structure):
    pass


class TiMemory_t(Structure):
    pass


class TiImage_t(Structure):
    pass


class TiSampler_t(Structure):
    pass


class TiKernel_t(Structure):
    pass


class TiComputeGraph_t(Structure):
    pass


# Handles: calling one without arguments makes a null handle, which is false.
TiRuntime = POINTER(TiRuntime_t)
TiAotModule = POINTER(TiAotModule_t)
TiMemory = POINTER(TiMemory_t)
TiImage = POINTER(TiImage_t)
TiSampler = POINTER(TiSampler_t)
TiKernel = POINTER(TiKernel_t)
TiComputeGraph = POINTER(TiComputeGraph_t)


def address_of(handle: Any) -> int:
    """The number behind a handle; 0 for a null one."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


class TiCapabilityLevelInfo(Checked):
    _fields_ = [("capability", c_enum), ("level", c_uint32)]


class TiMemoryAllocateInfo(Checked):
    _fields_ = [
        ("size", c_uint64),
        ("host_write", TiBool),
        ("host_read", TiBool),
        ("export_sharing", TiBool),
        ("usage", TiFlags),
    ]


class TiMemorySlice(Checked):
    _fields_ = [("memory", TiMemory), ("offset", c_uint64), ("size", c_uint64)]


class TiNdShape(Checked):
    _fields_ = [("dim_count", c_uint32), ("dims", c_uint32 * 16)]


class TiNdArray(Structure):
    _fields_ = [("memory", TiMemory), ("shape", TiNdShape), ("elem_shape", TiNdShape), ("elem_type", c_enum)]


class TiImageOffset(Checked):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("z", c_uint32), ("array_layer_offset", c_uint32)]


class TiImageExtent(Checked):
    _fields_ = [("width", c_uint32), ("height", c_uint32), ("depth", c_uint32), ("array_layer_count", c_uint32)]


class TiImageAllocateInfo(Checked):
    _fields_ = [
        ("dimension", c_enum),
        ("extent", TiImageExtent),
        ("mip_level_count", c_uint32),
        ("format", c_enum),
        ("export_sharing", TiBool),
        ("usage", TiFlags),
    ]


class TiImageSlice(Checked):
    _fields_ = [("image", TiImage), ("offset", TiImageOffset), ("extent", TiImageExtent), ("mip_level", c_uint32)]


class TiSamplerCreateInfo(Structure):
    _fields_ = [("mag_filter", c_enum), ("min_filter", c_enum), ("address_mode", c_enum), ("max_anisotropy", c_float)]


class TiTexture(Structure):
    _fields_ = [
        ("image", TiImage),
        ("sampler", TiSampler),
        ("dimension", c_enum),
        ("extent", TiImageExtent),
        ("format", c_enum),
    ]


class TiScalarValue(Union):
    _fields_ = [("x8", c_uint8), ("x16", c_uint16), ("x32", c_uint32), ("x64", c_uint64)]


class TiScalar(Structure):
    _fields_ = [("type", c_enum), ("value", TiScalarValue)]


class TiTensorValue(Union):
    _fields_ = [("x8", c_uint8 * 128), ("x16", c_uint16 * 64), ("x32", c_uint32 * 32), ("x64", c_uint64 * 16)]


class TiTensorValueWithLength(Structure):
    _fields_ = [("length", c_uint32), ("data", TiTensorValue)]


class TiTensor(Structure):
    _fields_ = [("type", c_enum), ("contents", TiTensorValueWithLength)]


class TiArgumentValue(Union):
    _fields_ = [
        ("i32", c_int32),
        ("f32", c_float),
        ("ndarray", TiNdArray),
        ("texture", TiTexture),
        ("scalar", TiScalar),
        ("tensor", TiTensor),
    ]


class TiArgument(Structure):
    _fields_ = [("type", c_enum), ("value", TiArgumentValue)]


class TiNamedArgument(Structure):
    _fields_ = [("name", c_char_p), ("argument", TiArgument)]
