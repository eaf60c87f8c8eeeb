"""Runtime: one device with all that is made from it."""

from typing import Any

from . import functions
from ._errors import checked
from ._ownership import RuntimeLife
from ._pointers import whole
from ._waiting import wait
from .enums import TiArch


class Runtime:
    """A runtime on a device. Raises TaichiError if it cannot be made, ValueError for numbers out of range. Destroyed by
    destroy(), at the end of a `with` block, when neither it nor anything made from it is in use any more, or at the
    interpreter's exit unless threads still run then. Any thread may use it, but no child of fork(): there all uses of
    it, and of what was made from it, raise TaichiError (INVALID_STATE), and nothing is freed."""

    def __init__(self, arch: TiArch = TiArch.TI_ARCH_VULKAN, device: int = 0) -> None:
        self.arch = TiArch(whole("arch", arch))
        self.device = device
        self._life = RuntimeLife(checked(functions.ti_create_runtime, self.arch, device), owned=True)

    @staticmethod
    def create(arch: TiArch = TiArch.TI_ARCH_VULKAN, device: int = 0) -> "Runtime":
        """The same as the constructor."""
        return Runtime(arch, device)

    @property
    def runtime_instance(self) -> Any:
        """The TiRuntime handle; null after destroy(), and in a child after fork()."""
        return self._life.handle

    def flush(self) -> None:
        """Submits everything recorded so far, without waiting."""
        checked(functions.ti_flush, self._life.use())

    def wait(self) -> None:
        """Blocks until all work of the runtime has finished. Ctrl-C ends the waiting, not the work."""
        wait(self._life.use())

    def destroy(self) -> None:
        """Frees the runtime and all that was made from it; a second time does nothing."""
        self._life.end()

    def __enter__(self) -> "Runtime":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.destroy()

    def __repr__(self) -> str:
        state = "" if self._life.alive else ", destroyed"
        return f"Runtime({self.arch.name}, {self.device}{state})"
