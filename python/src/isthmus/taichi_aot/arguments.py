"""KernelArgument: one Python value as an argument of a kernel, with the device memory it needs."""

import ctypes
from typing import Any, Optional

import numpy as np

from . import _values
from ._parameters import Parameter
from .enums import TiArgumentType, TiMemoryUsageFlags
from .memory import Memory, mapped
from .structs import TiArgument, TiArgumentValue, TiMemoryAllocateInfo, TiNdArray, TiScalar, TiTensor, TiTexture

_STRUCTURES = {
    TiNdArray: (TiArgumentType.TI_ARGUMENT_TYPE_NDARRAY, "ndarray"),
    TiTexture: (TiArgumentType.TI_ARGUMENT_TYPE_TEXTURE, "texture"),
    TiScalar: (TiArgumentType.TI_ARGUMENT_TYPE_SCALAR, "scalar"),
    TiTensor: (TiArgumentType.TI_ARGUMENT_TYPE_TENSOR, "tensor"),
}


class KernelArgument:
    """A value for a kernel: a number, an array, a list, bytes, or a structure of the C-API.

    og is the value as given, type and value what the C-API gets. Arrays are copied to allocated_memory, which lives as
    long as this object and is None for all other values. Where the library tells what the kernel declares, numbers and
    lists become that, and arrays of vectors or matrices get their element shape."""

    def __init__(
        self,
        runtime: Any,
        value: Any,
        declared: Optional[Parameter] = None,
        reuse: Optional["KernelArgument"] = None,
    ) -> None:
        self.og = value
        self.type = TiArgumentType.TI_ARGUMENT_TYPE_MAX_ENUM
        self.value = TiArgumentValue()
        self.allocated_memory: Optional[Memory] = None
        self.array: Any = None
        if isinstance(value, TiArgument):
            self.type, self.value = TiArgumentType(value.type), value.value
        elif type(value) in _STRUCTURES:
            self.type, member = _STRUCTURES[type(value)]
            setattr(self.value, member, value)
        elif _values.is_number(value) and not self._wants_array(declared, value):
            self.type, self.value = _values.scalar(value, declared)
        elif isinstance(value, (np.ndarray, list, tuple, bytes, bytearray, memoryview)) or _values.is_number(value):
            self._set_array(runtime, value, declared, reuse)
        else:
            raise TypeError(
                f"A kernel argument is a number, an array, a list, bytes or a structure of the C-API, "
                f"but the value given is of type {type(value).__name__}."
            )

    @property
    def get_ti_argument(self) -> TiArgument:
        """The argument as the C-API takes it; good as long as this object."""
        return TiArgument(self.type, self.value)

    def read_back(self) -> Any:
        """A new array with what is on the device now, in the shape of the one given. Waits for all recorded work."""
        if self.allocated_memory is None:
            raise TypeError("Only arrays can be read back; this argument is none.")
        result = np.empty_like(self.array)
        if result.nbytes:
            self.allocated_memory.read(result.ctypes.data, result.nbytes)
        return result

    @staticmethod
    def _wants_array(declared: Optional[Parameter], value: Any) -> bool:
        is_array = declared is not None and declared.type == TiArgumentType.TI_ARGUMENT_TYPE_NDARRAY
        return is_array and isinstance(value, np.ndarray)

    def _set_array(
        self, runtime: Any, value: Any, declared: Optional[Parameter], reuse: Optional["KernelArgument"]
    ) -> None:
        if declared is not None and declared.type == TiArgumentType.TI_ARGUMENT_TYPE_TENSOR:
            self.type, self.value = _values.tensor(value, declared)
            return
        self.array = _values.as_array(value, declared)
        self.type = TiArgumentType.TI_ARGUMENT_TYPE_NDARRAY
        self.value.ndarray.elem_type = _values.data_type_of(self.array.dtype)
        rank = self._outer_rank(declared)
        self.value.ndarray.shape = _values.shape_of(self.array.shape[:rank])
        self.value.ndarray.elem_shape = _values.shape_of(self.array.shape[rank:])
        self.allocated_memory = _device_copy(runtime, self.array, reuse)
        self.value.ndarray.memory = self.allocated_memory.memory_instance

    def _outer_rank(self, declared: Optional[Parameter]) -> int:
        """How many dimensions are the array's own; the others are those of its elements."""
        ndim = int(self.array.ndim)
        if declared is None or not declared.elem_shape:
            return ndim
        # What does not fit is handed on whole, and the library says what is wrong with it.
        return declared.rank if self.array.shape[declared.rank :] == declared.elem_shape else ndim


def _device_copy(runtime: Any, array: Any, reuse: Optional[KernelArgument]) -> Memory:
    """The array on the device, in the memory of an earlier argument of the same size if there is one."""
    if reuse is not None and reuse.allocated_memory is not None and reuse.array.nbytes == array.nbytes:
        memory = reuse.allocated_memory
        if array.nbytes:
            memory.write(array.ctypes.data, array.nbytes)
        return memory
    info = TiMemoryAllocateInfo()
    info.size = max(array.nbytes, 4)
    info.host_write = info.host_read = True
    info.usage = TiMemoryUsageFlags.TI_MEMORY_USAGE_STORAGE_BIT
    memory = Memory.allocate(runtime, info)
    if array.nbytes:
        # Nothing uses the new memory yet: there is nothing to wait for, and nothing to keep.
        with mapped(memory) as place:
            ctypes.memmove(place, array.ctypes.data, array.nbytes)
    return memory
