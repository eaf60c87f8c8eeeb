"""The flat functions of the first Taichi AOT Python API, with its names, parameters and results.

A call that the library refuses raises TaichiError; get_last_error still tells the message afterwards. What functions.py
says of numbers, texts and fork() holds here too.
"""

import ctypes
from typing import Any, List, Optional, Sequence, Tuple, Union

from . import functions, structs
from ._errors import checked
from ._waiting import wait as _wait
from .enums import TiArch, TiError
from .functions import Handle, Path

__all__ = [
    "allocate_image",
    "allocate_memory",
    "copy_image_device_to_device",
    "copy_memory_device_to_device",
    "create_aot_module",
    "create_runtime",
    "create_sampler",
    "destroy_aot_module",
    "destroy_runtime",
    "destroy_sampler",
    "flush",
    "free_image",
    "free_memory",
    "get_aot_module_compute_graph",
    "get_aot_module_kernel",
    "get_available_archs",
    "get_last_error",
    "get_runtime_capabilities",
    "get_version",
    "launch_compute_graph",
    "launch_kernel",
    "load_aot_module",
    "map_memory",
    "set_last_error",
    "set_runtime_capabilities",
    "track_image",
    "transition_image",
    "unmap_memory",
    "wait",
]


class Version(structs.IntLike, ctypes.c_uint32):
    """A c_uint32 that compares as the int in it."""


class Address(structs.IntLike, ctypes.c_void_p):
    """A c_void_p that compares as the int in it."""


def get_version() -> ctypes.c_uint32:
    """The version of the C-API."""
    return Version(functions.ti_get_version())


def get_last_error() -> str:
    """The message of the thread's last error; empty if there was none. Raises nothing."""
    return functions.ti_get_last_error()[0]


def set_last_error(error: TiError, message: Optional[str] = None) -> None:
    """Replaces the thread's last error."""
    functions.ti_set_last_error(error, message)


def get_available_archs() -> Tuple[List[ctypes.c_uint32], List[TiArch]]:
    """The number of archs that work here, as the one element of a list, and the archs."""
    count, archs = functions.ti_get_available_archs()
    return [Version(count.value)], [TiArch(arch) for arch in archs[: count.value]]


def create_runtime(arch: TiArch, device: int = 0) -> Handle:
    """A TiRuntime on the device-th device of arch."""
    return checked(functions.ti_create_runtime, arch, device)


def destroy_runtime(runtime: Handle) -> None:
    """Destroys a runtime with all that was made from it."""
    checked(functions.ti_destroy_runtime, runtime)


def get_runtime_capabilities(runtime: Handle) -> List[structs.TiCapabilityLevelInfo]:
    """The runtime's capabilities with their levels."""
    return list(checked(functions.ti_get_runtime_capabilities, runtime))


def set_runtime_capabilities(runtime: Handle, capabilities: Sequence[structs.TiCapabilityLevelInfo]) -> None:
    """Replaces the list of capabilities that the runtime tells."""
    checked(functions.ti_set_runtime_capabilities_ext, runtime, capabilities)


def allocate_memory(runtime: Handle, allocate_info: structs.TiMemoryAllocateInfo) -> Handle:
    """A TiMemory of the size and kind asked for."""
    return checked(functions.ti_allocate_memory, runtime, allocate_info)


def free_memory(runtime: Handle, memory: Handle) -> None:
    """Frees memory."""
    checked(functions.ti_free_memory, runtime, memory)


def map_memory(runtime: Handle, memory: Handle) -> ctypes.c_void_p:
    """The host's address of the memory. Neither submits nor waits: call wait first."""
    return Address(checked(functions.ti_map_memory, runtime, memory))


def unmap_memory(runtime: Handle, memory: Handle) -> None:
    """Ends a mapping and makes the host's changes visible to the device."""
    checked(functions.ti_unmap_memory, runtime, memory)


def allocate_image(runtime: Handle, allocate_info: structs.TiImageAllocateInfo) -> Handle:
    """A TiImage in layout UNDEFINED."""
    return checked(functions.ti_allocate_image, runtime, allocate_info)


def free_image(runtime: Handle, image: Handle) -> None:
    """Frees an image."""
    checked(functions.ti_free_image, runtime, image)


def create_sampler(runtime: Handle, create_info: structs.TiSamplerCreateInfo) -> Handle:
    """A TiSampler."""
    return checked(functions.ti_create_sampler, runtime, create_info)


def destroy_sampler(runtime: Handle, sampler: Handle) -> None:
    """Destroys a sampler."""
    checked(functions.ti_destroy_sampler, runtime, sampler)


def copy_memory_device_to_device(runtime: Handle, src: structs.TiMemorySlice, dst: structs.TiMemorySlice) -> None:
    """Records a copy from the first slice to the second."""
    checked(functions.ti_copy_memory_device_to_device, runtime, src, dst)


def copy_image_device_to_device(runtime: Handle, src: structs.TiImageSlice, dst: structs.TiImageSlice) -> None:
    """Records a copy from the first region to the second."""
    checked(functions.ti_copy_image_device_to_device, runtime, src, dst)


def track_image(runtime: Handle, image: Handle, layout: int) -> None:
    """States that the host has brought the image into this layout by its own work."""
    checked(functions.ti_track_image_ext, runtime, image, layout)


def transition_image(runtime: Handle, image: Handle, layout: int) -> None:
    """Records the change of the image into a layout."""
    checked(functions.ti_transition_image, runtime, image, layout)


def launch_kernel(
    runtime: Handle,
    kernel: Handle,
    num_args: Optional[int] = None,
    args: Optional[Sequence[structs.TiArgument]] = None,
) -> None:
    """Records a launch with the first num_args (None: all) of args."""
    checked(functions.ti_launch_kernel, runtime, kernel, num_args, args)


def launch_compute_graph(
    runtime: Handle,
    compute_graph: Handle,
    num_args: Optional[int] = None,
    args: Optional[Sequence[structs.TiNamedArgument]] = None,
) -> None:
    """Records a launch of a graph with the first num_args (None: all) of args."""
    checked(functions.ti_launch_compute_graph, runtime, compute_graph, num_args, args)


def flush(runtime: Handle) -> None:
    """Submits everything recorded so far, without waiting."""
    checked(functions.ti_flush, runtime)


def wait(runtime: Handle) -> None:
    """Submits what is pending and blocks until the runtime's work has finished, or Ctrl-C."""
    _wait(runtime)


def load_aot_module(runtime: Handle, module_path: Path) -> Handle:
    """A TiAotModule from a folder or a .tcm file."""
    return checked(functions.ti_load_aot_module, runtime, module_path)


def create_aot_module(runtime: Handle, tcm: Any, size: Optional[int] = None) -> Handle:
    """A TiAotModule from the bytes of a .tcm file."""
    return checked(functions.ti_create_aot_module, runtime, tcm, size)


def destroy_aot_module(aot_module: Handle) -> None:
    """Frees a module with its kernels and graphs."""
    checked(functions.ti_destroy_aot_module, aot_module)


def get_aot_module_kernel(aot_module: Handle, name: Union[str, bytes]) -> Handle:
    """The TiKernel of this name."""
    return checked(functions.ti_get_aot_module_kernel, aot_module, name)


def get_aot_module_compute_graph(aot_module: Handle, name: Union[str, bytes]) -> Handle:
    """The TiComputeGraph of this name."""
    return checked(functions.ti_get_aot_module_compute_graph, aot_module, name)
