"""Arrays on the device, and their ways to and from NumPy and DLPack."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, Optional, Tuple, Type

import numpy as np

from . import _native, _types

if TYPE_CHECKING:
    from .runtime import Runtime

    NumpyArray = np.ndarray[Any, Any]

_KDL_CPU = 1
_KDL_CUDA = 2


class Array(_native.Array):
    """A dense array on the device, in row-major order, for kernels to read and write without a copy.

    shape: extents, outermost first. dtype: "f32" as in Taichi, or what numpy.dtype takes. elem_shape: () for scalars,
    (n,) for vectors, (n, m) for matrices. host_access: keep it where the host can map it (`map`, `__dlpack__`); slower
    for kernels on GPUs with memory of their own. export_sharing: it will be handed to another API or process.

    In NumPy the array has the shape `shape + elem_shape`. Reads and writes take their place in the order of calls. The
    memory goes with the object or with the runtime, whichever is first; work that uses it still runs. Any thread.

    Raises DeviceMemoryError when it does not fit, InvalidStateError when the runtime is closed.
    """

    def __init__(
        self,
        runtime: "Runtime",
        shape: _types.ShapeLike,
        dtype: Any = "f32",
        elem_shape: _types.ShapeLike = (),
        *,
        host_access: bool = False,
        export_sharing: bool = False,
    ) -> None:
        number = _types.data_type(dtype)
        self.runtime = runtime
        self.shape: _types.Shape = _types.shape_of(shape)
        self.elem_shape: _types.Shape = _types.shape_of(elem_shape)
        self.dtype: np.dtype[Any] = _types.NUMPY_DTYPES[number]
        super().__init__(runtime._state, self.shape, number, self.elem_shape, bool(host_access), bool(export_sharing))

    @property
    def ndim(self) -> int:
        """Axes of the array, without those of its elements."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def numpy(self) -> "NumpyArray":
        """The contents as a new NumPy array. Waits for the work recorded so far; Ctrl-C ends the wait."""
        host = np.empty(self.shape + self.elem_shape, self.dtype)
        self._read_bytes(host.reshape(-1).view(np.uint8))
        return host

    def write(self, source: Any) -> None:
        """Set the contents: anything that numpy.asarray takes and that broadcasts to the shape. Floats are rounded to
        the dtype; integers must fit its range. Copies during the call and does not wait.

        Raises TypeError for elements of another kind, OverflowError for integers out of range, ValueError for shapes.
        """
        host = np.asarray(source)
        _require_fitting(host, self.dtype)
        whole = np.broadcast_to(host, self.shape + self.elem_shape).astype(self.dtype, order="C", copy=False)
        self._write_bytes(np.ascontiguousarray(whole).reshape(-1).view(np.uint8))

    def map(self) -> "Mapped":
        """The memory itself as a NumPy array, without a copy: `with array.map() as view: view[...] = 1`.

        Waits for the work recorded so far. What is written there is for work recorded after the block; do not launch
        work on the array inside of it. The view stays readable afterwards, but its contents are no longer told to
        anyone. InvalidStateError: made without host_access (on the CPU every array can be mapped).
        """
        return Mapped(self)

    def free(self) -> None:
        """Give the memory back now instead of with the object. Idempotent; work that uses it still runs."""
        self._free()

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> "NumpyArray":
        if copy is False:
            raise ValueError("Device memory becomes a NumPy array by a copy; see Array.map and numpy.from_dlpack.")
        host = self.numpy()
        return host if dtype is None else host.astype(dtype, copy=False)

    def __dlpack_device__(self) -> Tuple[int, int]:
        if self.runtime.arch == "cuda":
            return _KDL_CUDA, int(self.runtime.device["index"])
        return _KDL_CPU, 0

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Optional[Tuple[int, int]] = None,
        dl_device: Optional[Tuple[int, int]] = None,
        copy: Optional[bool] = None,
    ) -> Any:
        """The memory itself as a DLPack capsule, after waiting for the work recorded so far.

        On CUDA the device's pointer (kDLCUDA), elsewhere the mapped memory (kDLCPU), which stays mapped and allocated
        until the consumer lets go of it. BufferError: the host cannot see the memory, or a copy was asked for.
        """
        del stream  # everything has finished when this returns, in whichever stream
        device = self.__dlpack_device__() if dl_device is None else (int(dl_device[0]), int(dl_device[1]))
        if copy:
            raise BufferError("Arrays give DLPack their own memory only; use Array.numpy() for a copy.")
        if device not in (self.__dlpack_device__(), (_KDL_CPU, 0)):
            raise BufferError(f"The array is not on DLPack device {device}.")
        on_host = device[0] == _KDL_CPU
        if on_host and not self._mappable:
            raise BufferError("The host cannot see this array; make it with host_access=True, or use Array.numpy().")
        return self._dlpack(max_version is not None and max_version[0] >= 1, on_host)

    @property
    def _mappable(self) -> bool:
        return self.host_access or self.runtime.arch in ("x64", "arm64")

    def __getitem__(self, index: Any) -> Any:
        return self.numpy()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        if index is Ellipsis or (isinstance(index, slice) and index == slice(None)):
            self.write(value)
            return
        host, source = self.numpy(), np.asarray(value)
        _require_fitting(source, self.dtype)
        host[index] = source
        self.write(host)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("An array without axes has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.numpy())

    def __repr__(self) -> str:
        element = f", elem_shape={self.elem_shape}" if self.elem_shape else ""
        name = _types.DTYPE_NAMES[_types.data_type(self.dtype)]
        return f"<isthmus.Array shape={self.shape}, dtype={name}{element}{', freed' if self._freed else ''}>"


class Mapped:
    """The context manager of `Array.map`."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self._view: Optional[_native.HostView] = None

    def __enter__(self) -> "NumpyArray":
        array = self._array
        self._view = array._map()
        if array.nbytes == 0:
            return np.empty(array.shape + array.elem_shape, array.dtype)
        pages: Any = self._view  # has the buffer protocol, which stubs for Python 3.9 cannot say
        host: NumpyArray = np.frombuffer(pages, array.dtype)
        return host.reshape(array.shape + array.elem_shape)

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._view is not None:
            self._view.release()
            self._view = None


def _limits(dtype: "np.dtype[Any]") -> Tuple[int, int]:
    """The integers that fit. Floats wider than halves round every one of 64 bits to something finite."""
    if dtype == np.float16:
        return -65519, 65519  # 65520 rounds to infinity
    return (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def _require_fitting(host: "NumpyArray", dtype: "np.dtype[Any]") -> None:
    """Of integers the values decide, not the dtype: Python's own arrive as int64."""
    whole = host.dtype.kind in "iub" and (dtype.kind in "iub" or dtype == np.float16)
    if np.can_cast(host.dtype, dtype, "safe" if whole else "same_kind") or host.size == 0:
        return
    if not whole:
        raise TypeError(f"Elements of {host.dtype} do not go into an array of {dtype}; use astype.")
    low, high = int(host.min()), int(host.max())
    least, most = _limits(dtype)
    if low < least or high > most:
        raise OverflowError(f"Elements from {low} to {high} do not fit {dtype} ({least} to {most}).")
