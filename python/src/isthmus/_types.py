"""Names and numbers of the C API's enums, and what they are in NumPy."""

from __future__ import annotations

import enum
import operator
from typing import Any, Dict, NamedTuple, Sequence, Tuple, Union

import numpy as np

Shape = Tuple[int, ...]
ShapeLike = Union[int, Sequence[int]]

ARCHS: Dict[str, int] = {"vulkan": 1, "metal": 2, "cuda": 3, "x64": 4, "arm64": 5, "opengl": 6, "gles": 7}
ARCH_NAMES = {number: name for name, number in ARCHS.items()}

# By TiDataType.
DTYPE_NAMES = ("f16", "f32", "f64", "i8", "i16", "i32", "i64", "u1", "u8", "u16", "u32", "u64")
NUMPY_DTYPES = tuple(
    np.dtype(name)
    for name in (
        "float16", "float32", "float64", "int8", "int16", "int32", "int64", "bool",
        "uint8", "uint16", "uint32", "uint64",
    )
)  # fmt: skip
_DATA_TYPES = {dtype: number for number, dtype in enumerate(NUMPY_DTYPES)}
_NAMED_TYPES = {name: number for number, name in enumerate(DTYPE_NAMES)}

CAPABILITIES = (
    "reserved", "spirv_version", "spirv_has_int8", "spirv_has_int16", "spirv_has_int64", "spirv_has_float16",
    "spirv_has_float64", "spirv_has_atomic_int64", "spirv_has_atomic_float16", "spirv_has_atomic_float16_add",
    "spirv_has_atomic_float16_minmax", "spirv_has_atomic_float", "spirv_has_atomic_float_add",
    "spirv_has_atomic_float_minmax", "spirv_has_atomic_float64", "spirv_has_atomic_float64_add",
    "spirv_has_atomic_float64_minmax", "spirv_has_variable_ptr", "spirv_has_physical_storage_buffer",
    "spirv_has_subgroup_basic", "spirv_has_subgroup_vote", "spirv_has_subgroup_arithmetic",
    "spirv_has_subgroup_ballot", "spirv_has_non_semantic_info", "spirv_has_no_integer_wrap_decoration",
)  # fmt: skip


class ArgumentKind(enum.IntEnum):
    """What a kernel takes for a parameter (`TiArgumentType`)."""

    I32 = 0
    F32 = 1
    NDARRAY = 2
    TEXTURE = 3
    SCALAR = 4
    TENSOR = 5


class Format(NamedTuple):
    """A texel format: its number in the C API, channels, and the NumPy dtype of one channel."""

    number: int
    channels: int
    dtype: np.dtype[Any]
    # The order of channels is that of BGRA.
    swapped: bool = False


def _formats() -> Dict[str, Format]:
    table: Dict[str, Format] = {}
    order = (
        "r8 rg8 rgba8 rgba8srgb bgra8 bgra8srgb r8u rg8u rgba8u r8i rg8i rgba8i r16 rg16 rgb16 rgba16 "
        "r16u rg16u rgb16u rgba16u r16i rg16i rgb16i rgba16i r16f rg16f rgb16f rgba16f r32u rg32u rgb32u rgba32u "
        "r32i rg32i rgb32i rgba32i r32f rg32f rgb32f rgba32f"
    ).split()
    for number, name in enumerate(order, 1):
        channels = len(name) - len(name.lstrip("rgba"))
        bits = "".join(filter(str.isdigit, name))
        suffix = name[-1] if name[-1] in "ui" else "f" if name.endswith("f") else "u"
        dtype = np.dtype({"u": "uint", "i": "int", "f": "float"}[suffix] + bits)
        table[name] = Format(number, channels, dtype, name.startswith("bgra"))
    table["depth16"] = Format(41, 1, np.dtype("uint16"))
    table["depth24stencil8"] = Format(42, 1, np.dtype("uint32"))
    table["depth32f"] = Format(43, 1, np.dtype("float32"))
    return table


FORMATS = _formats()
FORMAT_NAMES = {info.number: name for name, info in FORMATS.items()}

DIMENSIONS = ("1d", "2d", "3d", "1d_array", "2d_array", "cube")


def arch_number(arch: str) -> int:
    """The number of an arch's name; "cpu" is that of this machine. ValueError for names that are none."""
    if arch == "cpu":
        import platform

        arch = "arm64" if platform.machine() in ("aarch64", "arm64") else "x64"
    if arch not in ARCHS:
        raise ValueError(f"Unknown arch '{arch}'. There are: cpu, {', '.join(ARCHS)}.")
    return ARCHS[arch]


def data_type(dtype: Any) -> int:
    """The C API's number of a dtype: "f32" as in Taichi, or whatever numpy.dtype takes, of any byte order. TypeError
    otherwise."""
    if isinstance(dtype, str) and dtype in _NAMED_TYPES:
        return _NAMED_TYPES[dtype]
    native = np.dtype(dtype).newbyteorder("=")
    number = _DATA_TYPES.get(native)
    if number is None:
        raise TypeError(f"No kernel takes elements of dtype {native}. There are: {', '.join(DTYPE_NAMES)}.")
    return number


def shape_of(shape: ShapeLike) -> Shape:
    """A shape as a tuple of ints. ValueError for negative extents and those beyond 32 bits, TypeError for what is no
    shape."""
    message = f"A shape has whole extents from 0 to 4294967295, not {shape!r}."
    try:
        extents = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        whole = tuple(int(extent) for extent in extents)
        fits = whole == extents and all(0 <= extent < 1 << 32 for extent in whole)
    except TypeError:
        raise TypeError(message) from None
    except (ValueError, OverflowError):  # int() of texts, NaN and infinity
        fits = False
    if not fits:
        raise ValueError(message)
    return whole


def index(what: str, value: Any) -> int:
    """A number without a fraction. TypeError otherwise."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is a whole number, not {value!r}.") from None


def real_number(what: str, value: Any) -> float:
    """A number, in double precision. TypeError for texts and for what is none."""
    try:
        if not isinstance(value, (str, bytes, bytearray)):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{what} is a number, not {value!r}.")


def whole_number(what: str, value: int, least: int) -> int:
    """A number that the C API takes in 32 bits. ValueError for numbers below `least` and those beyond 32 bits."""
    number = index(what, value)
    if not least <= number < 1 << 32:
        raise ValueError(f"{what} is a number from {least} to 4294967295, not {number}.")
    return number


def share_elements(one: Any, other: Any) -> bool:
    """Whether two objects with a buffer have elements in common; True where that takes long to find out. Called by the
    extension."""
    effort: Any = 10000  # stubs of NumPy know -1 and 0 alone
    try:
        return np.shares_memory(np.asarray(memoryview(one)), np.asarray(memoryview(other)), max_work=effort)
    except RuntimeError:  # TooHardError, whose place differs between versions of NumPy
        return True


def array_from_bytes(data: bytes, number: int, shape: Shape) -> np.ndarray[Any, Any]:
    """A vector or matrix that a kernel has returned. Called by the extension."""
    return np.frombuffer(data, NUMPY_DTYPES[number]).reshape(shape).copy()
