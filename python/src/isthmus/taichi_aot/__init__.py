"""The Taichi AOT Python API over the C-API library, in pure Python.

Programs written for the package `taichiAOT` move with one line: `import isthmus.taichi_aot as taichiAOT`. Star imports
give its types and classes; its functions (`ti_*`), and the flat ones of the first version of that API
(`create_runtime`, `launch_kernel`, ...), are attributes. The library is opened when the first function is called.

Every array among the arguments of a launch is copied to memory of its own: one array given for two parameters is two
on the device, and what a kernel writes to one of them the other does not show.
"""

from . import _utils as _utils
from . import c_api as c_api
from ._errors import TaichiError as TaichiError
from ._library import MissingTaichiFunctionException as MissingTaichiFunctionException
from ._library import MissingTaichiLibraryException as MissingTaichiLibraryException
from .arguments import KernelArgument
from .c_api import *  # noqa: F403
from .enums import (
    TiAddressMode,
    TiArch,
    TiArgumentType,
    TiCapability,
    TiDataType,
    TiError,
    TiFilter,
    TiFormat,
    TiImageDimension,
    TiImageLayout,
    TiImageUsageFlags,
    TiMemoryUsageFlags,
)
from .launch import ComputeGraph, Kernel
from .memory import Memory, Sampler
from .module import AotModule
from .runtime import Runtime
from .seed import (
    allocate_image as allocate_image,
)
from .seed import (
    allocate_memory as allocate_memory,
)
from .seed import (
    copy_image_device_to_device as copy_image_device_to_device,
)
from .seed import (
    copy_memory_device_to_device as copy_memory_device_to_device,
)
from .seed import (
    create_aot_module as create_aot_module,
)
from .seed import (
    create_runtime as create_runtime,
)
from .seed import (
    create_sampler as create_sampler,
)
from .seed import (
    destroy_aot_module as destroy_aot_module,
)
from .seed import (
    destroy_runtime as destroy_runtime,
)
from .seed import (
    destroy_sampler as destroy_sampler,
)
from .seed import (
    flush as flush,
)
from .seed import (
    free_image as free_image,
)
from .seed import (
    free_memory as free_memory,
)
from .seed import (
    get_aot_module_compute_graph as get_aot_module_compute_graph,
)
from .seed import (
    get_aot_module_kernel as get_aot_module_kernel,
)
from .seed import (
    get_available_archs as get_available_archs,
)
from .seed import (
    get_last_error as get_last_error,
)
from .seed import (
    get_runtime_capabilities as get_runtime_capabilities,
)
from .seed import (
    get_version as get_version,
)
from .seed import (
    launch_compute_graph as launch_compute_graph,
)
from .seed import (
    launch_kernel as launch_kernel,
)
from .seed import (
    load_aot_module as load_aot_module,
)
from .seed import (
    map_memory as map_memory,
)
from .seed import (
    set_last_error as set_last_error,
)
from .seed import (
    set_runtime_capabilities as set_runtime_capabilities,
)
from .seed import (
    track_image as track_image,
)
from .seed import (
    transition_image as transition_image,
)
from .seed import (
    unmap_memory as unmap_memory,
)
from .seed import (
    wait as wait,
)
from .structs import (
    TI_FALSE,
    TI_MAX_ARCH_COUNT,
    TI_NULL_HANDLE,
    TI_TRUE,
    TiAotModule,
    TiArgument,
    TiArgumentValue,
    TiBool,
    TiCapabilityLevelInfo,
    TiComputeGraph,
    TiFlags,
    TiImage,
    TiImageAllocateInfo,
    TiImageExtent,
    TiImageOffset,
    TiImageSlice,
    TiKernel,
    TiMemory,
    TiMemoryAllocateInfo,
    TiMemorySlice,
    TiNamedArgument,
    TiNdArray,
    TiNdShape,
    TiRuntime,
    TiSampler,
    TiSamplerCreateInfo,
    TiScalar,
    TiScalarValue,
    TiTensor,
    TiTensorValue,
    TiTensorValueWithLength,
    TiTexture,
)

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
