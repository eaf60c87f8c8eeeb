"""Run Taichi AOT modules from Python: on Vulkan, OpenGL, CPUs and CUDA, without Taichi.

    import isthmus, numpy as np

    with isthmus.Runtime("vulkan") as rt:
        module = rt.load("saxpy.tcm")
        y = np.zeros(1000, np.float32)
        module.kernels.saxpy(alpha=2.0, x=np.arange(1000, dtype=np.float32), y=y, out=y)

`Runtime` is a device with all that is made from it, `Module` what a `.tcm` file or folder holds, `Array` and `Image`
memory on the device. `isthmus.taichi_aot` is the C API itself.

Threads. Any thread may call. Calls on one runtime are serialised; the GIL is released while the library works.
Processes. A child of fork() has nothing of its parent's runtimes: uses raise InvalidStateError, and nothing is freed.
Errors. What the library refuses raises `Error`, with a code and a sentence; arguments that do not fit a kernel raise
TypeError, ValueError or OverflowError as those of a Python function do. After an error the next call works.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, List

from ._errors import (
    CorruptedDataError,
    DeviceMemoryError,
    Error,
    ErrorCode,
    IncompatibleModuleError,
    InvalidArgumentError,
    InvalidStateError,
    NotSupportedError,
)

if TYPE_CHECKING:
    from ._native import Graph, Kernel
    from .array import Array
    from .image import Image, Sampler
    from .module import Module, Namespace, Parameter
    from .runtime import Runtime, archs, devices

__version__ = "0.1.0"

# These need the extension; isthmus.taichi_aot and the errors do not, so they are imported when asked for.
_HOMES = {
    "Array": "array",
    "Graph": "_native",
    "Image": "image",
    "Kernel": "_native",
    "Module": "module",
    "Namespace": "module",
    "Parameter": "module",
    "Runtime": "runtime",
    "Sampler": "image",
    "archs": "runtime",
    "devices": "runtime",
}

__all__ = [
    "Array",
    "CorruptedDataError",
    "DeviceMemoryError",
    "Error",
    "ErrorCode",
    "Graph",
    "Image",
    "IncompatibleModuleError",
    "InvalidArgumentError",
    "InvalidStateError",
    "Kernel",
    "Module",
    "Namespace",
    "NotSupportedError",
    "Parameter",
    "Runtime",
    "Sampler",
    "archs",
    "devices",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'isthmus' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted([*globals(), *_HOMES])
