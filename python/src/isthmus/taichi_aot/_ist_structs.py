"""The structures of the SDK's own C API (ist/core.h, ist/share.h) that the classes use where the library has it."""

from ctypes import POINTER, Structure, c_char_p, c_int32, c_uint32, c_uint64, sizeof
from typing import Any

from .structs import c_enum

IST_RUNG_HOST = 6


class IstArgumentInfo(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("type", c_enum),
        ("data_type", c_enum),
        ("rank", c_uint32),
        ("elem_rank", c_uint32),
        ("elem_shape", c_uint32 * 4),
        ("access", c_uint32),
        ("dimension", c_enum),
        ("format", c_enum),
        ("reserved", c_uint32),
    ]


class Sized(Structure):
    """A structure whose first field is its own size; it is filled in here."""

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.size = sizeof(self)


class IstKernelInfo(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("argument_count", c_uint32),
        ("result_count", c_uint32),
        ("task_count", c_uint32),
        ("name", c_char_p),
        ("arguments", POINTER(IstArgumentInfo)),
        ("results", POINTER(IstArgumentInfo)),
        ("launches", c_uint64),
        ("gpu_ns_last", c_uint64),
        ("gpu_ns_total", c_uint64),
    ]


class IstGraphInfo(Sized):
    _fields_ = [
        ("size", c_uint32),
        ("argument_count", c_uint32),
        ("node_count", c_uint32),
        ("reserved", c_uint32),
        ("name", c_char_p),
        ("arguments", POINTER(IstArgumentInfo)),
    ]


class IstSyncPoint(Structure):
    _fields_ = [("rung", c_uint32), ("fd", c_int32), ("semaphore", c_uint64), ("value", c_uint64)]
