"""Numbers and NumPy arrays as scalars, tensors and shapes of the C-API. Allocates nothing on a device."""

import ctypes
from typing import Any, Dict, Optional, Tuple

import numpy as np

from ._parameters import Parameter
from ._pointers import whole, written
from .enums import TiArgumentType, TiDataType
from .structs import TiArgumentValue, TiNdShape

DTYPES: Dict[TiDataType, Any] = {
    TiDataType.TI_DATA_TYPE_F16: np.dtype(np.float16),
    TiDataType.TI_DATA_TYPE_F32: np.dtype(np.float32),
    TiDataType.TI_DATA_TYPE_F64: np.dtype(np.float64),
    TiDataType.TI_DATA_TYPE_I8: np.dtype(np.int8),
    TiDataType.TI_DATA_TYPE_I16: np.dtype(np.int16),
    TiDataType.TI_DATA_TYPE_I32: np.dtype(np.int32),
    TiDataType.TI_DATA_TYPE_I64: np.dtype(np.int64),
    TiDataType.TI_DATA_TYPE_U1: np.dtype(np.bool_),
    TiDataType.TI_DATA_TYPE_U8: np.dtype(np.uint8),
    TiDataType.TI_DATA_TYPE_U16: np.dtype(np.uint16),
    TiDataType.TI_DATA_TYPE_U32: np.dtype(np.uint32),
    TiDataType.TI_DATA_TYPE_U64: np.dtype(np.uint64),
}
_DATA_TYPES = {dtype: data_type for data_type, dtype in DTYPES.items()}
_TENSOR_BYTES = 128


def data_type_of(dtype: Any) -> TiDataType:
    """The element type for a NumPy type. Raises TypeError for one that kernels do not have."""
    found = _DATA_TYPES.get(np.dtype(dtype).newbyteorder("="))
    if found is None:
        known = ", ".join(str(known) for known in _DATA_TYPES)
        raise TypeError(f"Kernels have no elements of the NumPy type {np.dtype(dtype)}; they have {known}.")
    return found


def shape_of(dims: Tuple[int, ...]) -> TiNdShape:
    """A TiNdShape. Raises ValueError for more than 16 dimensions, and for one that 32 bits do not hold."""
    if len(dims) > 16:
        raise ValueError(f"An array has {len(dims)} dimensions; kernels take at most 16.")
    return TiNdShape(len(dims), (ctypes.c_uint32 * 16)(*[whole("dimension of the array", dim) for dim in dims]))


def is_number(value: Any) -> bool:
    """Whether a value is a scalar: of Python, of NumPy, or an array without dimensions."""
    return isinstance(value, (bool, int, float, np.generic)) or (isinstance(value, np.ndarray) and value.ndim == 0)


def default_type(value: Any) -> TiDataType:
    """The type a number has when nothing declares one: NumPy's own; else i32 or, if too large, i64 or u64; f32; u1."""
    if isinstance(value, (np.generic, np.ndarray)):
        return data_type_of(value.dtype)
    if isinstance(value, bool):
        return TiDataType.TI_DATA_TYPE_U1
    if isinstance(value, float):
        return TiDataType.TI_DATA_TYPE_F32
    if -(2**31) <= value < 2**31:
        return TiDataType.TI_DATA_TYPE_I32
    return TiDataType.TI_DATA_TYPE_I64 if value < 2**63 else TiDataType.TI_DATA_TYPE_U64


def scalar(value: Any, declared: Optional[Parameter]) -> Tuple[TiArgumentType, TiArgumentValue]:
    """A number as an argument, of the declared type if it fits there. Raises ValueError for numbers out of range."""
    number = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    data_type = default_type(value)
    if declared is not None and declared.data_type in DTYPES and _suits(number, declared.data_type):
        data_type = declared.data_type
    number = _in_range(number, data_type, declared)
    argument = TiArgumentValue()
    if data_type == TiDataType.TI_DATA_TYPE_I32:
        argument.i32 = number
        return TiArgumentType.TI_ARGUMENT_TYPE_I32, argument
    if data_type == TiDataType.TI_DATA_TYPE_F32:
        argument.f32 = number
        return TiArgumentType.TI_ARGUMENT_TYPE_F32, argument
    # A half travels as a 32-bit float when it is a scalar.
    held = np.float32 if data_type == TiDataType.TI_DATA_TYPE_F16 else DTYPES[data_type]
    raw = np.array(number, held)
    argument.scalar.type = data_type
    argument.scalar.value.x64 = int.from_bytes(raw.astype(raw.dtype.newbyteorder("<")).tobytes(), "little")
    return TiArgumentType.TI_ARGUMENT_TYPE_SCALAR, argument


def tensor(value: Any, declared: Parameter) -> Tuple[TiArgumentType, TiArgumentValue]:
    """A vector or matrix as an argument, row after row. Arrays keep their type; lists take the declared one."""
    array = as_array(value, declared)
    if array.nbytes > _TENSOR_BYTES:
        raise ValueError(
            f"Argument '{declared.name}' is a vector or matrix of at most {_TENSOR_BYTES} bytes, "
            f"but the value given has {array.nbytes}."
        )
    argument = TiArgumentValue()
    argument.tensor.type = data_type_of(array.dtype)
    argument.tensor.contents.length = array.size
    ctypes.memmove(ctypes.addressof(argument.tensor.contents.data), array.ctypes.data, array.nbytes)
    return TiArgumentType.TI_ARGUMENT_TYPE_TENSOR, argument


def as_array(value: Any, declared: Optional[Parameter]) -> Any:
    """A dense array in the host's byte order. Lists take the declared type; undeclared ones i32 or f32; bytes are u8.

    Raises TypeError or ValueError, naming the argument, for what does not fit."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = np.frombuffer(value, np.uint8)
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, value.dtype.newbyteorder("=")).reshape(value.shape)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{_named(declared)} takes numbers, but the list given makes no array: {error}") from None
    if declared is not None and declared.data_type in DTYPES:
        wanted = DTYPES[declared.data_type]
        _check_list(array, wanted, declared)
    else:
        wanted = {"f": np.dtype(np.float32), "i": np.dtype(np.int32)}.get(array.dtype.kind, array.dtype)
        _check_list(array, wanted, None)
    return np.ascontiguousarray(array, wanted).reshape(array.shape)


def _suits(number: Any, data_type: TiDataType) -> bool:
    # A float for an integer parameter stays a float, so that the library refuses it by name.
    return DTYPES[data_type].kind == "f" or not isinstance(number, float)


def _in_range(number: Any, data_type: TiDataType, declared: Optional[Parameter]) -> Any:
    dtype = DTYPES[data_type]
    if not _fits(number, dtype):
        low, high = _limits(dtype)
        raise ValueError(
            f"{_named(declared)} is of type {_short(data_type)} ({low} to {high}), "
            f"but the value given is {written(number)}."
        )
    return float(number) if dtype.kind == "f" else int(number)


def _limits(dtype: Any) -> Tuple[Any, Any]:
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return np.iinfo(dtype).min, np.iinfo(dtype).max


def _fits(number: Any, dtype: Any) -> bool:
    if dtype.kind != "f":
        low, high = _limits(dtype)
        return bool(low <= number <= high)
    try:
        return not _becomes_infinite(np.float64(number), dtype)
    except OverflowError:  # an int that no float holds
        return False


def _becomes_infinite(values: Any, dtype: Any) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.any(np.isinf(values.astype(dtype)) & ~np.isinf(values)))


def _check_list(array: Any, wanted: Any, declared: Optional[Parameter]) -> None:
    if array.dtype.kind not in "biuf" and array.size:
        raise TypeError(f"{_named(declared)} takes numbers, but the list given makes an array of type {array.dtype}.")
    if wanted.kind in "biu" and array.dtype.kind == "f" and array.size:
        raise TypeError(f"{_named(declared)} holds elements of type {wanted}, but the list given holds floats.")
    if not array.size:
        return
    low, high = np.fmin.reduce(array, axis=None).item(), np.fmax.reduce(array, axis=None).item()
    least, most = _limits(wanted)
    fits = not _becomes_infinite(array, wanted) if wanted.kind == "f" else least <= low and high <= most
    if not fits:
        raise ValueError(
            f"{_named(declared)} holds elements of type {wanted} ({least} to {most}), "
            f"but the list given holds {low if low < least else high}."
        )


def _named(declared: Optional[Parameter]) -> str:
    return "The argument" if declared is None else f"Argument '{declared.name}'"


def _short(data_type: TiDataType) -> str:
    return data_type.name.replace("TI_DATA_TYPE_", "").lower()
