"""The ti_* functions of taichi_core.h under their C names.

A failing call raises nothing: it gives a null handle, None or nothing, and ti_get_last_error tells the thread what
went wrong. The functions of the seed (seed.py) and the classes raise instead. Only what cannot be handed on raises
here too: TypeError, and ValueError for numbers that the C parameter does not hold and texts that it would cut off.

A handle is a plain number of the process that got it. In a child after fork() it must not be used: such a call may
block for ever. (The classes refuse it, and the handles that they give are null there.)
"""

import ctypes
import os
from typing import Any, List, Optional, Sequence, Tuple, Union

from . import structs
from ._library import api
from ._pointers import address, array_of, pointer_to, text, whole
from .enums import TiError
from .structs import TiArgument, TiCapabilityLevelInfo, TiNamedArgument

Handle = Any
Path = Union[str, bytes, "os.PathLike[str]"]


def ti_get_version() -> int:
    """1000000 * major + 1000 * minor + patch of the interface."""
    return int(api.ti_get_version())


def ti_get_available_archs() -> Tuple[ctypes.c_uint32, Any]:
    """The number of archs that work here, and an array of TI_MAX_ARCH_COUNT numbers that begins with them."""
    count = ctypes.c_uint32(structs.TI_MAX_ARCH_COUNT)
    archs = (ctypes.c_uint32 * structs.TI_MAX_ARCH_COUNT)()
    api.ti_get_available_archs(ctypes.byref(count), archs)
    return count, archs


def ti_get_last_error(message_size: Optional[int] = None) -> Tuple[str, TiError]:
    """The thread's last error: its text, cut to message_size bytes with the terminator (None: whole), and its code."""
    room = ctypes.c_uint64(0)
    api.ti_get_last_error(ctypes.byref(room), None)
    if message_size is not None:
        room.value = min(room.value, whole("message size", message_size, 64))
    buffer = ctypes.create_string_buffer(max(room.value, 1))
    code = api.ti_get_last_error(ctypes.byref(room), buffer if room.value else None)
    return buffer.value.decode("utf-8", "replace"), TiError(code)


def ti_set_last_error(error: int, message: Optional[Union[str, bytes]] = None) -> None:
    """Replaces the thread's last error; a code of 0 or above clears it."""
    data = message.encode() if isinstance(message, str) else message
    # The enumeration has a member of 32 bits beside the negative ones.
    api.ti_set_last_error(whole("error", error, low=-(2**31)), text(data, "message"))


def ti_create_runtime(arch: int, device: int = 0) -> Handle:
    """A runtime on the device-th device of arch."""
    return api.ti_create_runtime(whole("arch", arch), whole("device", device))


def ti_destroy_runtime(runtime: Handle) -> None:
    """Waits for the runtime's work and frees it with all that was made from it."""
    api.ti_destroy_runtime(runtime)


def ti_set_runtime_capabilities_ext(runtime: Handle, capabilities: Sequence[TiCapabilityLevelInfo]) -> None:
    """Replaces the list of capabilities that the runtime tells."""
    api.ti_set_runtime_capabilities_ext(runtime, *array_of(TiCapabilityLevelInfo, capabilities))


def ti_get_runtime_capabilities(runtime: Handle) -> List[TiCapabilityLevelInfo]:
    """The runtime's capabilities with their levels."""
    count = ctypes.c_uint32(0)
    api.ti_get_runtime_capabilities(runtime, ctypes.byref(count), None)
    room = count.value
    infos = (TiCapabilityLevelInfo * max(room, 1))()
    api.ti_get_runtime_capabilities(runtime, ctypes.byref(count), infos)
    return list(infos[: min(room, count.value)])


def ti_allocate_memory(runtime: Handle, allocate_info: structs.TiMemoryAllocateInfo) -> Handle:
    """Device memory, contents undefined."""
    return api.ti_allocate_memory(runtime, pointer_to(allocate_info))


def ti_free_memory(runtime: Handle, memory: Handle) -> None:
    """Frees memory; recorded work that uses it still runs."""
    api.ti_free_memory(runtime, memory)


def ti_map_memory(runtime: Handle, memory: Handle) -> Optional[int]:
    """The host's address of the memory, or None. Neither submits nor waits: call ti_wait first."""
    address = api.ti_map_memory(runtime, memory)
    return None if address is None else int(address)


def ti_unmap_memory(runtime: Handle, memory: Handle) -> None:
    """Ends a mapping and makes what the host wrote visible to work recorded later."""
    api.ti_unmap_memory(runtime, memory)


def ti_allocate_image(runtime: Handle, allocate_info: structs.TiImageAllocateInfo) -> Handle:
    """An image in layout UNDEFINED."""
    return api.ti_allocate_image(runtime, pointer_to(allocate_info))


def ti_free_image(runtime: Handle, image: Handle) -> None:
    """Frees an image; recorded work that uses it still runs."""
    api.ti_free_image(runtime, image)


def ti_create_sampler(runtime: Handle, create_info: structs.TiSamplerCreateInfo) -> Handle:
    """A sampler."""
    return api.ti_create_sampler(runtime, pointer_to(create_info))


def ti_destroy_sampler(runtime: Handle, sampler: Handle) -> None:
    """Destroys a sampler once recorded work that uses it has finished."""
    api.ti_destroy_sampler(runtime, sampler)


def ti_copy_memory_device_to_device(runtime: Handle, src: structs.TiMemorySlice, dst: structs.TiMemorySlice) -> None:
    """Records a copy from the first slice to the second. (The C function has the destination first.)"""
    api.ti_copy_memory_device_to_device(runtime, pointer_to(dst), pointer_to(src))


def ti_copy_image_device_to_device(runtime: Handle, src: structs.TiImageSlice, dst: structs.TiImageSlice) -> None:
    """Records a copy from the first region to the second. (The C function has the destination first.)"""
    api.ti_copy_image_device_to_device(runtime, pointer_to(dst), pointer_to(src))


def ti_track_image_ext(runtime: Handle, image: Handle, layout: int) -> None:
    """States that the host has brought the image into this layout by its own work."""
    api.ti_track_image_ext(runtime, image, whole("layout", layout))


def ti_transition_image(runtime: Handle, image: Handle, layout: int) -> None:
    """Records the change of the image into a layout."""
    api.ti_transition_image(runtime, image, whole("layout", layout))


def ti_launch_kernel(
    runtime: Handle, kernel: Handle, num_args: Optional[int] = None, args: Optional[Sequence[TiArgument]] = None
) -> None:
    """Records a launch with the first num_args (None: all) of args, which are copied."""
    api.ti_launch_kernel(runtime, kernel, *array_of(TiArgument, args, num_args))


def ti_launch_compute_graph(
    runtime: Handle, graph: Handle, num_args: Optional[int] = None, args: Optional[Sequence[TiNamedArgument]] = None
) -> None:
    """Records a launch of all kernels of a graph with the first num_args (None: all) of args, which are copied."""
    api.ti_launch_compute_graph(runtime, graph, *array_of(TiNamedArgument, args, num_args))


def ti_flush(runtime: Handle) -> None:
    """Submits everything recorded so far, without waiting."""
    api.ti_flush(runtime)


def ti_wait(runtime: Handle) -> None:
    """Submits what is pending and blocks until the runtime's work has finished."""
    api.ti_wait(runtime)


def ti_load_aot_module(runtime: Handle, filepath: Path) -> Handle:
    """A module from a folder with metadata.json, or from a .tcm file."""
    return api.ti_load_aot_module(runtime, text(filepath))


def ti_create_aot_module(runtime: Handle, tcm: Any, size: Optional[int] = None) -> Handle:
    """A module from the bytes of a .tcm file: any object with a buffer, a ctypes pointer or an address."""
    given = whole("size", size or 0, 64)
    if tcm is None or isinstance(tcm, (int, ctypes.c_void_p, ctypes.c_char_p, ctypes._Pointer)):
        return api.ti_create_aot_module(runtime, address(tcm), given)
    data = bytes(tcm)
    if given > len(data):
        raise ValueError(f"The size ({given}) is larger than the data given ({len(data)} bytes).")
    return api.ti_create_aot_module(runtime, data, len(data) if size is None else given)


def ti_destroy_aot_module(module: Handle) -> None:
    """Frees a module with its fields, kernels and graphs once their recorded work has finished."""
    api.ti_destroy_aot_module(module)


def ti_get_aot_module_kernel(module: Handle, name: Union[str, bytes]) -> Handle:
    """The kernel of this name; the module owns it."""
    return api.ti_get_aot_module_kernel(module, text(name))


def ti_get_aot_module_compute_graph(module: Handle, name: Union[str, bytes]) -> Handle:
    """The compute graph of this name; the module owns it."""
    return api.ti_get_aot_module_compute_graph(module, text(name))
