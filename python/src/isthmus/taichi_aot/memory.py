"""Memory and Sampler: what a runtime allocates. Neither knows of kernels."""

import ctypes
from typing import Any, Optional

from . import functions
from ._errors import checked
from ._library import api
from ._ownership import Owned, life_of
from ._waiting import wait
from .structs import TiMemoryAllocateInfo, TiMemorySlice, TiSampler, TiSamplerCreateInfo


class Memory:
    """Device memory. Made by allocate() it is freed when it is collected; a handle given to the constructor is freed by
    free() only. `runtime` is a Runtime or a TiRuntime."""

    def __init__(self, runtime: Any, handle: Any) -> None:
        self._owned = Owned(life_of(runtime), handle, functions.ti_free_memory, owned=False)

    @staticmethod
    def allocate(runtime: Any, info: TiMemoryAllocateInfo) -> "Memory":
        """New memory, contents undefined. Raises TaichiError."""
        life = life_of(runtime)
        handle = checked(functions.ti_allocate_memory, life.handle, info)
        memory = Memory.__new__(Memory)
        memory._owned = Owned(life, handle, functions.ti_free_memory, owned=True)
        return memory

    @property
    def memory_instance(self) -> Any:
        """The TiMemory handle; null after free()."""
        return self._owned.handle

    def map(self) -> int:
        """The host's address of the memory. Neither submits nor waits. Raises TaichiError."""
        return int(checked(functions.ti_map_memory, self._owned.runtime, self.memory_instance))

    def unmap(self) -> None:
        """Ends a mapping and makes the host's changes visible to work recorded later."""
        checked(functions.ti_unmap_memory, self._owned.runtime, self.memory_instance)

    def free(self) -> None:
        """Frees the memory; a second time, or after the runtime, does nothing."""
        self._owned.end()

    def write(self, address: int, size_bytes: int) -> None:
        """Fills the memory from its beginning. Work recorded before still sees what was there."""
        if api.has("ist_write_memory"):
            to = TiMemorySlice(self.memory_instance, 0, size_bytes)
            checked(api.ist_write_memory, self._owned.runtime, ctypes.byref(to), address)
            return
        wait(self._owned.runtime)
        ctypes.memmove(self.map(), address, size_bytes)
        self.unmap()

    def read(self, address: int, size_bytes: int) -> None:
        """Copies the beginning of the memory to the host when all recorded work has finished."""
        wait(self._owned.runtime)
        ctypes.memmove(address, self.map(), size_bytes)
        self.unmap()

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.free()


class Sampler:
    """How a texture is filtered and addressed. A null handle with a create_info makes a new one, which is destroyed
    when it is collected; a handle given is destroyed by destroy() only. `runtime` is a Runtime or a TiRuntime."""

    def __init__(self, runtime: Any, handle: Any = None, create_info: Optional[TiSamplerCreateInfo] = None) -> None:
        life = life_of(runtime)
        owned = not handle and create_info is not None
        if owned:
            handle = checked(functions.ti_create_sampler, life.handle, create_info)
        self._owned = Owned(life, handle or TiSampler(), functions.ti_destroy_sampler, owned)

    @staticmethod
    def create(runtime: Any, info: TiSamplerCreateInfo) -> "Sampler":
        """A new sampler. Raises TaichiError."""
        return Sampler(runtime, None, info)

    @property
    def sampler_instance(self) -> Any:
        """The TiSampler handle; null after destroy()."""
        return self._owned.handle

    def destroy(self) -> None:
        """Destroys the sampler; a second time, or after the runtime, does nothing."""
        self._owned.end()

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.destroy()
