"""Who frees what, and when: objects are freed once, by name, by collection or at exit, in any order.

An object that was made from a runtime holds the runtime's life, so the runtime outlives it; when the runtime is
destroyed by name first, freeing the object does nothing, for it is gone with the runtime. A child after fork() frees
nothing by collection: the objects are its parent's.
"""

import os
import weakref
from typing import Any, Callable, Optional

from ._errors import checked, quietly
from ._library import api
from .structs import TiRuntime


class RuntimeLife:
    """A runtime's handle, which turns null when the runtime is destroyed."""

    def __init__(self, handle: Any, owned: bool) -> None:
        self.handle = handle
        # The finalizer knows the handle only: it must not keep alive what it waits to see die.
        self._finalizer = weakref.finalize(self, _destroy_runtime, os.getpid(), handle) if owned else None

    @property
    def alive(self) -> bool:
        return bool(self.handle)

    def end(self) -> None:
        """Destroys the runtime if it is still there. Raises TaichiError."""
        handle, self.handle = self.handle, TiRuntime()
        if self._finalizer is not None:
            self._finalizer.detach()
        if handle:
            checked(api.ti_destroy_runtime, handle)


def life_of(runtime: Any) -> RuntimeLife:
    """The life of a Runtime object, or of a raw TiRuntime, which is taken to outlive what is made from it."""
    life = getattr(runtime, "_life", None)
    return life if isinstance(life, RuntimeLife) else RuntimeLife(runtime, owned=False)


class Owned:
    """A handle into a runtime, freed by `free(runtime, handle)`. A borrowed one is freed by name only, not when it is
    collected. life None: the runtime is not known, and taken to live."""

    def __init__(self, life: Optional[RuntimeLife], handle: Any, free: Callable[..., None], owned: bool) -> None:
        self.life = life
        self.handle = handle
        self._free = free
        self._finalizer = None
        if owned:
            self._finalizer = weakref.finalize(self, _free_if_alive, os.getpid(), life, free, handle)

    @property
    def runtime(self) -> Any:
        """The runtime's handle: null when it is destroyed, None when it is not known."""
        return None if self.life is None else self.life.handle

    def end(self) -> None:
        """Frees the object if it is still there; a second time does nothing. Raises TaichiError."""
        handle, self.handle = self.handle, type(self.handle)()
        if self._finalizer is not None:
            self._finalizer.detach()
        if handle and (self.life is None or self.life.alive):
            checked(self._free, self.runtime, handle)


def _destroy_runtime(process: int, handle: Any) -> None:
    if os.getpid() == process:
        quietly(api.ti_destroy_runtime, handle)


def _free_if_alive(process: int, life: Optional[RuntimeLife], free: Callable[..., None], handle: Any) -> None:
    if os.getpid() == process and (life is None or life.alive):
        quietly(free, life and life.handle, handle)
