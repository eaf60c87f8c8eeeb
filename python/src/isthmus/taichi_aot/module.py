"""AotModule: a loaded module, which owns its kernels and graphs."""

from typing import Any, Optional

from . import functions
from ._errors import checked
from ._ownership import Owned, RuntimeLife, life_of
from .functions import Path
from .launch import ComputeGraph, Kernel
from .structs import TiAotModule


class AotModule:
    """A module. Made by load() or create() it is destroyed when neither it nor a kernel or graph of it is in use any
    more; a handle given to the constructor is destroyed by destroy() only."""

    def __init__(self, handle: Any) -> None:
        # The runtime of a bare handle is not known; destroying a module does not need it.
        self._owned = Owned("module", None, handle or TiAotModule(), _destroy, owned=False)

    @staticmethod
    def load(runtime: Any, path: Path) -> "AotModule":
        """From a folder with metadata.json or a .tcm file. Raises TaichiError."""
        life = life_of(runtime)
        return AotModule._own(life, checked(functions.ti_load_aot_module, life.use(), path))

    @staticmethod
    def create(runtime: Any, data: Any, size: Optional[int] = None) -> "AotModule":
        """From the bytes of a .tcm file. Raises TaichiError."""
        life = life_of(runtime)
        return AotModule._own(life, checked(functions.ti_create_aot_module, life.use(), data, size))

    @property
    def aot_module_instance(self) -> Any:
        """The TiAotModule handle; null after destroy(), and in a child after fork()."""
        return self._owned.handle

    def get_kernel(self, name: str) -> Kernel:
        """The kernel of this name. Raises TaichiError."""
        return Kernel(checked(functions.ti_get_aot_module_kernel, self._owned.use(), name), self)

    def get_compute_graph(self, name: str) -> ComputeGraph:
        """The graph of this name. Raises TaichiError."""
        return ComputeGraph.from_aot_module(self, name)

    def destroy(self) -> None:
        """Destroys the module with its kernels and graphs; a second time, or after the runtime, does nothing."""
        self._owned.end()

    def __enter__(self) -> "AotModule":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.destroy()

    @staticmethod
    def _own(life: RuntimeLife, handle: Any) -> "AotModule":
        module = AotModule.__new__(AotModule)
        module._owned = Owned("module", life, handle, _destroy, owned=True)
        return module


def _destroy(runtime: Any, module: Any) -> None:
    functions.ti_destroy_aot_module(module)
