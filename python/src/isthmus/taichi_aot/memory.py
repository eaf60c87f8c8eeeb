"""Memory and Sampler: what a runtime allocates. Neither knows of kernels."""

import contextlib
import ctypes
from typing import Any, Iterator, Optional

from . import _pointers, functions
from ._errors import checked, refuse
from ._library import api
from ._ownership import Owned, RuntimeLife, life_of
from ._waiting import wait
from .enums import TiError
from .structs import TiMemoryAllocateInfo, TiMemorySlice, TiSampler, TiSamplerCreateInfo


class Memory:
    """Device memory. Made by allocate() it is freed when it is collected; a handle given to the constructor is freed by
    free() only. `runtime` is a Runtime or a TiRuntime."""

    def __init__(self, runtime: Any, handle: Any) -> None:
        self._owned = Owned("memory", life_of(runtime), handle, functions.ti_free_memory, owned=False)
        self._size_bytes: Optional[int] = None

    @staticmethod
    def allocate(runtime: Any, info: TiMemoryAllocateInfo) -> "Memory":
        """New memory, contents undefined. Raises TaichiError."""
        life = life_of(runtime)
        handle = checked(functions.ti_allocate_memory, life.use(), info)
        memory = Memory.__new__(Memory)
        memory._owned = Owned("memory", life, handle, functions.ti_free_memory, owned=True)
        memory._size_bytes = info.size
        return memory

    @property
    def memory_instance(self) -> Any:
        """The TiMemory handle; null after free(), and in a child after fork()."""
        return self._owned.handle

    def map(self) -> int:
        """The host's address of the memory. Neither submits nor waits. Raises TaichiError."""
        return int(checked(functions.ti_map_memory, self._owned.runtime, self._owned.use()))

    def unmap(self) -> None:
        """Ends a mapping and makes the host's changes visible to work recorded later."""
        checked(functions.ti_unmap_memory, self._owned.runtime, self._owned.use())

    def free(self) -> None:
        """Frees the memory; a second time, or after the runtime, does nothing."""
        self._owned.end()

    def write(self, address: int, size_bytes: int) -> None:
        """Fills the memory from its beginning. Work recorded before still sees what was there. Raises TaichiError, also
        for more bytes than the memory has, and ValueError for numbers out of range."""
        source, to = _pointers.address(address), self._beginning(size_bytes)
        if api.has("ist_write_memory"):
            checked(api.ist_write_memory, self._owned.runtime, ctypes.byref(to), source)
            return
        begin = self._fitting(source, to.size)
        wait(self._owned.runtime)
        with mapped(self) as place:
            ctypes.memmove(place, begin, to.size)

    def read(self, address: int, size_bytes: int) -> None:
        """Copies the beginning of the memory to the host when all recorded work has finished. Raises as write does."""
        to, source = _pointers.address(address), self._beginning(size_bytes)
        if api.has("ist_read_memory"):
            # The waiting here is what Ctrl-C ends; that of the call finds all work finished.
            wait(self._owned.runtime)
            checked(api.ist_read_memory, self._owned.runtime, ctypes.byref(source), to)
            return
        begin = self._fitting(to, source.size)
        wait(self._owned.runtime)
        with mapped(self) as place:
            ctypes.memmove(begin, place, source.size)

    def _beginning(self, size_bytes: int) -> TiMemorySlice:
        return TiMemorySlice(self._owned.use(), 0, _pointers.whole("size", size_bytes, 64))

    def _fitting(self, address: Optional[int], size_bytes: int) -> int:
        """The address, with the checks that a library without ist_* leaves to its caller. What a handle from elsewhere
        has of bytes is not known there, and not checked."""
        if not address:
            refuse(TiError.TI_ERROR_ARGUMENT_NULL, "The address is null.")
        if self._size_bytes is not None and size_bytes > self._size_bytes:
            refuse(
                TiError.TI_ERROR_ARGUMENT_OUT_OF_RANGE,
                f"The memory has {self._size_bytes} bytes, but the size given is {size_bytes}.",
            )
        return address

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.free()


@contextlib.contextmanager
def mapped(memory: Memory) -> Iterator[int]:
    """The host's address of the memory for a `with` block, unmapped however that ends. Raises TaichiError."""
    address = memory.map()
    try:
        yield address
    finally:
        memory.unmap()


class Sampler:
    """How a texture is filtered and addressed. A null handle with a create_info makes a new one, which is destroyed
    when it is collected; a handle given is destroyed by destroy() only. `runtime` is a Runtime or a TiRuntime."""

    def __init__(self, runtime: Any, handle: Any = None, create_info: Optional[TiSamplerCreateInfo] = None) -> None:
        life = life_of(runtime)
        if not handle and create_info is not None:
            self._owned = _new_sampler(life, create_info)
        else:
            self._owned = Owned("sampler", life, handle or TiSampler(), functions.ti_destroy_sampler, owned=False)

    @staticmethod
    def create(runtime: Any, info: TiSamplerCreateInfo) -> "Sampler":
        """A new sampler. Raises TaichiError."""
        sampler = Sampler.__new__(Sampler)
        sampler._owned = _new_sampler(life_of(runtime), info)
        return sampler

    @property
    def sampler_instance(self) -> Any:
        """The TiSampler handle; null after destroy(), and in a child after fork()."""
        return self._owned.handle

    def destroy(self) -> None:
        """Destroys the sampler; a second time, or after the runtime, does nothing."""
        self._owned.end()

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.destroy()


def _new_sampler(life: RuntimeLife, info: TiSamplerCreateInfo) -> Owned:
    handle = checked(functions.ti_create_sampler, life.use(), info)
    return Owned("sampler", life, handle, functions.ti_destroy_sampler, owned=True)
