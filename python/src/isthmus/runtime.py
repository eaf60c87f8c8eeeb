"""Runtimes: a device, and the making of everything on it."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any, Dict, List, Optional, Sequence, Type, Union

import numpy as np

from . import _native, _types
from .array import Array
from .image import Image, Sampler
from .module import Module

Device = Dict[str, Any]


def _named(device: Device) -> Device:
    device["arch"] = _types.ARCH_NAMES.get(device["arch"], str(device["arch"]))
    return device


def archs() -> List[str]:
    """Names of the archs that have a device here. Opens drivers to look; needs no display."""
    return [_types.ARCH_NAMES[number] for number in _native.available_archs() if number in _types.ARCH_NAMES]


def devices(arch: str) -> List[Device]:
    """The devices that `Runtime(arch, 0 ...)` takes: a dict each, with `name`, `driver`, `index`, `is_cpu`, versions
    and UUIDs.

    Raises NotSupportedError when this build lacks the arch, InvalidStateError when there is no driver or device,
    ValueError for unknown names.
    """
    return [_named(device) for device in _native.devices(_types.arch_number(arch))]


class Runtime:
    """A device with all its state: modules, arrays, images and the work on them.

    arch: "vulkan", "opengl", "gles", "cuda", "x64", "arm64", or "cpu" for whichever of the last two this machine is.
    device: which of `isthmus.devices(arch)`.

    Arrays, images, samplers and modules keep the device alive and may be dropped in any order; `close()`, or the end
    of a `with` block, gives everything back at once. Any thread may call; calls on one runtime are serialised, those on
    two never wait for each other.

    Raises NotSupportedError when the arch is not in this build, InvalidStateError when there is no driver or device,
    InvalidArgumentError when there is no device of that index.
    """

    def __init__(self, arch: str = "vulkan", device: int = 0) -> None:
        index = _types.whole_number("A device", device, 0)
        self._state = _native.create_runtime(_types.arch_number(arch), index)
        self._name: str = self._state.device()["name"]

    @property
    def arch(self) -> str:
        """Name of the arch, e.g. "vulkan"."""
        return _types.ARCH_NAMES[self._state.arch]

    @property
    def device(self) -> Device:
        """What the device is, and what is enabled on it: as in `isthmus.devices`."""
        return _named(self._state.device())

    @property
    def capabilities(self) -> Dict[str, int]:
        """Levels of what the device can do for kernels: 1, but for "spirv_version" (0x10000 * major + 0x100 * minor).
        """
        names = _types.CAPABILITIES
        levels = self._state.capabilities()
        return {names[number] if number < len(names) else str(number): level for number, level in levels}

    @property
    def counters(self) -> Dict[str, int]:
        """What the runtime has done since it was made: launches, submits, host_bytes, blocking_waits and so on. Never
        reset: subtract two readings. Submits and waits for nothing."""
        return self._state.counters()

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._state.closed

    def kernel_timing(self, on: bool = True) -> None:
        """Measure kernels on the device from now on: `Kernel.gpu_ns_last` and `gpu_ns_total`."""
        self._state.set_option(3, int(bool(on)))

    def load(self, module: Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]) -> Module:
        """Load a module: the path of a folder with metadata.json or of a `.tcm` file, or the bytes of such a file.

        The file is read during the call only. Raises CorruptedDataError, naming file and member, when it is missing or
        damaged, IncompatibleModuleError when the device lacks what it needs.
        """
        if isinstance(module, (bytes, bytearray, memoryview)):
            return Module(self, _native.load_module_bytes(self._state, module), "bytes")
        path = os.fsencode(module)
        if b"\0" in path:
            raise ValueError(f"A path has no null characters ({module!r}).")
        return Module(self, _native.load_module(self._state, path), os.fsdecode(path))

    def array(
        self,
        shape: _types.ShapeLike,
        dtype: Any = "f32",
        elem_shape: _types.ShapeLike = (),
        *,
        host_access: bool = False,
        export_sharing: bool = False,
    ) -> Array:
        """Make an array on the device, contents undefined. See `Array`."""
        return Array(self, shape, dtype, elem_shape, host_access=host_access, export_sharing=export_sharing)

    def array_from(
        self, source: Any, *, elem_rank: int = 0, dtype: Any = None, host_access: bool = False
    ) -> Array:
        """Make an array on the device with the contents of `source`, anything that numpy.asarray takes.

        The last `elem_rank` axes are those of one element: 1 for arrays of vectors, 2 for arrays of matrices.
        """
        host = np.asarray(source, dtype=None if dtype is None else _types.NUMPY_DTYPES[_types.data_type(dtype)])
        rank = host.ndim - elem_rank
        if elem_rank < 0 or rank < 0:
            raise ValueError(f"elem_rank ({elem_rank}) is not among the {host.ndim} axes of the source.")
        array = self.array(host.shape[:rank], host.dtype, host.shape[rank:], host_access=host_access)
        array.write(host)
        return array

    def image(
        self,
        shape: _types.ShapeLike,
        format: str = "rgba8",
        *,
        mips: int = 1,
        layers: int = 1,
        dimension: Optional[str] = None,
        usage: Optional[Sequence[str]] = None,
        export_sharing: bool = False,
    ) -> Image:
        """Make an image on the device, contents undefined. See `Image`."""
        return Image(
            self,
            shape,
            format,
            mips=mips,
            layers=layers,
            dimension=dimension,
            usage=usage,
            export_sharing=export_sharing,
        )

    def image_from(self, source: Any, format: Optional[str] = None, *, mips: int = 1) -> Image:
        """Make a 2-D image with the contents of `source`: a PIL image, or pixels of shape (height, width) or (height,
        width, channels).

        Without `format`: uint8 and uint16 become normalised formats, float16 and float32 float ones, of as many
        channels; three channels get an opaque fourth. PIL's modes "L", "I;16" and "F" are one channel, "I" needs a
        format, those of colours become RGBA. mips: levels; those after the first are filled by averaging.
        """
        return Image.from_pixels(self, source, format, mips)

    def sampler(
        self,
        filter: str = "linear",
        address_mode: str = "repeat",
        *,
        mag_filter: Optional[str] = None,
        min_filter: Optional[str] = None,
        max_anisotropy: float = 1.0,
    ) -> Sampler:
        """Make a sampler: pass `(image, sampler)` for a sampled texture. See `Sampler`."""
        return Sampler(self, mag_filter or filter, min_filter or filter, address_mode, max_anisotropy)

    def flush(self) -> None:
        """Submit everything recorded so far, without waiting."""
        self._state.flush()

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Submit everything and wait until it has finished, at most `timeout` seconds (None: for ever, 0: look).

        Returns whether it has. Signals are looked at meanwhile, so Ctrl-C ends the wait with KeyboardInterrupt and
        leaves everything usable; the work goes on. On the CPU kernels run inside their launch, which nothing
        interrupts. Raises InvalidStateError when a kernel's assertion has failed or the device is lost.
        """
        if timeout is None:
            return self._state.wait(-1.0)
        timeout_s = _types.real_number("A timeout", timeout)
        if not timeout_s >= 0:  # NaN neither
            raise ValueError(f"A timeout is a number that is not negative, and not {timeout}.")
        return self._state.wait(timeout_s)

    def close(self) -> None:
        """Wait for the runtime's work and give back the device with all that was made on it. Idempotent.

        Afterwards every use of a child raises InvalidStateError. Host views of arrays that still live (of `Array.map`
        or DLPack) stay readable, and delay this until the last of them has gone.
        """
        self._state.close()

    def __enter__(self) -> "Runtime":
        self._state.require_open()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<isthmus.Runtime {self.arch} on {self._name}{', closed' if self.closed else ''}>"
