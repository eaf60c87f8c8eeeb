"""The Taichi AOT Python API over the C-API library, in pure Python.

Programs written for the package `taichiAOT` move with one line: `import isthmus.taichi_aot as taichiAOT`. Star imports
give its types and classes; its functions (`ti_*`), and the flat ones of the first version of that API
(`create_runtime`, `launch_kernel`, ...), are attributes. The library is opened when the first function is called.

Every array among the arguments of a launch is copied to memory of its own: one array given for two parameters is two
on the device, and what a kernel writes to one of them the other does not show.

A child of fork() has nothing of its parent's objects: uses raise TaichiError, and nothing is freed. Raw handles must
not be used there.
"""

from . import _utils as _utils
from . import c_api as c_api
from ._errors import TaichiError as TaichiError
from ._library import MissingTaichiFunctionException as MissingTaichiFunctionException
from ._library import MissingTaichiLibraryException as MissingTaichiLibraryException
from .arguments import KernelArgument
from .c_api import *  # noqa: F403
from .launch import ComputeGraph, Kernel
from .memory import Memory, Sampler
from .module import AotModule
from .runtime import Runtime
from .seed import *  # noqa: F403

__all__ = [
    "AotModule",
    "ComputeGraph",
    "Kernel",
    "KernelArgument",
    "Memory",
    "Runtime",
    "Sampler",
    "TI_FALSE",
    "TI_MAX_ARCH_COUNT",
    "TI_NULL_HANDLE",
    "TI_TRUE",
    "TiAddressMode",
    "TiAotModule",
    "TiArch",
    "TiArgument",
    "TiArgumentType",
    "TiArgumentValue",
    "TiBool",
    "TiCapability",
    "TiCapabilityLevelInfo",
    "TiComputeGraph",
    "TiDataType",
    "TiError",
    "TiFilter",
    "TiFlags",
    "TiFormat",
    "TiImage",
    "TiImageAllocateInfo",
    "TiImageDimension",
    "TiImageExtent",
    "TiImageLayout",
    "TiImageOffset",
    "TiImageSlice",
    "TiImageUsageFlags",
    "TiKernel",
    "TiMemory",
    "TiMemoryAllocateInfo",
    "TiMemorySlice",
    "TiMemoryUsageFlags",
    "TiNamedArgument",
    "TiNdArray",
    "TiNdShape",
    "TiRuntime",
    "TiSampler",
    "TiSamplerCreateInfo",
    "TiScalar",
    "TiScalarValue",
    "TiTensor",
    "TiTensorValue",
    "TiTensorValueWithLength",
    "TiTexture",
]
