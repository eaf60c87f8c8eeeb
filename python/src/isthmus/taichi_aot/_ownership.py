"""Who frees what, and when: objects are freed once, by name, by collection or at exit, in any order.

An object that was made from a runtime holds the runtime's life, so the runtime outlives it; when the runtime is
destroyed by name first, freeing the object does nothing, for it is gone with the runtime. A child after fork() has
nothing of its parent's objects: their handles are null there, uses are refused, and nothing is freed.
"""

import atexit
import os
import threading
import weakref
from typing import Any, Callable, Optional

from ._errors import checked, quietly, refuse
from ._library import api
from .enums import TiError


class Held:
    """A handle that is good until end(), in the process that made this object. `what` names it in messages."""

    def __init__(self, what: str, handle: Any) -> None:
        self.what = what
        self._handle = handle
        self._process = os.getpid()
        self._ended = False

    @property
    def handle(self) -> Any:
        """The handle: null after end() and in other processes."""
        return self._handle if os.getpid() == self._process else type(self._handle)()

    @property
    def alive(self) -> bool:
        return bool(self.handle)

    def use(self, what: str = "") -> Any:
        """The handle, for a call. Raises TaichiError (INVALID_STATE) after end() and in other processes; one that was
        null from the beginning is left to the library. `what` names it in another way."""
        what = what or self.what
        if os.getpid() != self._process:
            refuse(
                TiError.TI_ERROR_INVALID_STATE,
                f"The {what} was made before fork(), in process {self._process}; this is process {os.getpid()}.",
            )
        if self._ended:
            refuse(TiError.TI_ERROR_INVALID_STATE, f"The {what} has been destroyed.")
        return self._handle

    def _take(self) -> Any:
        """The handle for the last time."""
        handle = self.handle
        self._handle, self._ended = type(handle)(), True
        return handle


class RuntimeLife(Held):
    """A runtime's handle, which turns null when the runtime is destroyed."""

    def __init__(self, handle: Any, owned: bool) -> None:
        super().__init__("runtime", handle)
        self._finalizer: Any = None
        if owned:
            # The finalizer knows the handle only: it must not keep alive what it waits to see die.
            self._finalizer = weakref.finalize(self, _destroy_runtime, os.getpid(), handle)
            self._finalizer.atexit = False
            _owned_runtimes.add(self)

    def end(self) -> None:
        """Destroys the runtime if it is still there. Raises TaichiError."""
        handle = self._take()
        if self._finalizer is not None:
            self._finalizer.detach()
        if handle:
            checked(api.ti_destroy_runtime, handle)


def life_of(runtime: Any) -> RuntimeLife:
    """The life of a Runtime object, or of a raw TiRuntime, which is taken to outlive what is made from it."""
    life = getattr(runtime, "_life", None)
    return life if isinstance(life, RuntimeLife) else RuntimeLife(runtime, owned=False)


class Owned(Held):
    """A handle into a runtime, freed by `free(runtime, handle)`. A borrowed one is freed by name only, not when it is
    collected. life None: the runtime is not known, and taken to live."""

    def __init__(
        self, what: str, life: Optional[RuntimeLife], handle: Any, free: Callable[..., None], owned: bool
    ) -> None:
        super().__init__(what, handle)
        self.life = life
        self._free = free
        self._finalizer: Any = None
        if owned:
            self._finalizer = weakref.finalize(self, _free_if_alive, os.getpid(), life, free, handle)
            # Runtimes take all that is theirs with them.
            self._finalizer.atexit = False

    @property
    def runtime(self) -> Any:
        """The runtime's handle: null when it is destroyed, None when it is not known."""
        return None if self.life is None else self.life.handle

    def use(self, what: str = "") -> Any:
        """As Held.use; the runtime must be there too."""
        handle = super().use(what)
        if self.life is not None:
            self.life.use(f"runtime of the {what or self.what}")
        return handle

    def end(self) -> None:
        """Frees the object if it is still there; a second time does nothing. Raises TaichiError."""
        handle = self._take()
        if self._finalizer is not None:
            self._finalizer.detach()
        if handle and (self.life is None or self.life.alive):
            checked(self._free, self.runtime, handle)


def handle_of(owner: Any, attribute: str) -> Any:
    """The handle, for a call, of an object of this package; else the attribute of this name; else the value itself, a
    raw handle. Raises TaichiError as Held.use."""
    owned = getattr(owner, "_owned", None)
    return owned.use() if isinstance(owned, Owned) else getattr(owner, attribute, owner)


_owned_runtimes: "weakref.WeakSet[RuntimeLife]" = weakref.WeakSet()


def _destroy_runtime(process: int, handle: Any) -> None:
    if os.getpid() == process:
        quietly(api.ti_destroy_runtime, handle)


def _free_if_alive(process: int, life: Optional[RuntimeLife], free: Callable[..., None], handle: Any) -> None:
    if os.getpid() == process and (life is None or life.alive):
        quietly(free, life and life.handle, handle)


@atexit.register
def _destroy_what_is_left() -> None:
    # Daemon threads still run and may use any runtime: the end of the process takes all of it at once.
    if threading.active_count() > 1:
        return
    for life in list(_owned_runtimes):
        handle = life._take()
        if handle:
            quietly(api.ti_destroy_runtime, handle)
