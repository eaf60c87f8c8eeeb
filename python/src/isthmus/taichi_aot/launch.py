"""Kernel and ComputeGraph: what a module holds, and how it is launched."""

from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from . import _parameters, functions
from ._errors import checked
from ._ownership import RuntimeLife, handle_of, life_of
from ._parameters import Parameter
from ._pointers import text
from .arguments import KernelArgument
from .structs import TiNamedArgument, address_of


class Kernel:
    """A kernel of a module. An object is for one thread at a time; get_kernel gives another one."""

    def __init__(self, handle: Any, module: Any = None) -> None:
        self.kernel_instance = handle
        # The module owns the kernel: it must not be collected before.
        self._module = module
        self._life: Optional[RuntimeLife] = None
        self._arguments: List[KernelArgument] = []
        self._declared = _parameters.of_kernel(handle) if handle else None

    def set_arguments(self, runtime: Any, *args: Any) -> None:
        """Replaces the arguments; arrays are copied to the device. Raises TaichiError, TypeError or ValueError."""
        life = life_of(runtime)
        same = self._life is not None and address_of(self._life.handle) == address_of(life.use())
        old, self._arguments = self._arguments if same else [], []
        declared = self._declared or []
        self._arguments = [
            KernelArgument(runtime, value, _at(declared, i), _at(old, i)) for i, value in enumerate(args)
        ]
        self._life = life

    def launch(self, runtime: Any, *args: Any) -> None:
        """Records a launch with args or, without any, with those of set_arguments. Does not wait. Raises alike."""
        if args:
            self.set_arguments(runtime, *args)
        arguments = [argument.get_ti_argument for argument in self._arguments]
        handle = _held_by(self._module, self.kernel_instance)
        checked(functions.ti_launch_kernel, life_of(runtime).use(), handle, len(arguments), arguments)

    def get_arguments(self) -> List[Any]:
        """The arrays among the arguments, as they are on the device when all recorded work has finished."""
        return [argument.read_back() for argument in self._arguments if argument.allocated_memory is not None]


class ComputeGraph:
    """A compute graph of a module."""

    def __init__(self, handle: Any, module: Any = None) -> None:
        self.compute_graph_instance = handle
        self._module = module
        self._arguments: Dict[str, KernelArgument] = {}
        self._declared: Optional[Dict[str, Parameter]] = None
        if handle:
            self._declared = {parameter.name: parameter for parameter in _parameters.of_graph(handle) or []}

    @staticmethod
    def from_aot_module(module: Any, name: str) -> "ComputeGraph":
        """The graph of this name. Raises TaichiError."""
        handle = handle_of(module, "aot_module_instance")
        return ComputeGraph(checked(functions.ti_get_aot_module_compute_graph, handle, name), module)

    def launch(self, runtime: Any, arguments: Union[Sequence[TiNamedArgument], Mapping[str, Any]] = ()) -> None:
        """Records a launch with arguments, given as structures or as values by name. Does not wait. Raises TaichiError,
        TypeError or ValueError."""
        if isinstance(arguments, Mapping):
            self._set_arguments(runtime, arguments)
            arguments = [
                TiNamedArgument(text(name), argument.get_ti_argument) for name, argument in self._arguments.items()
            ]
        checked(
            functions.ti_launch_compute_graph,
            life_of(runtime).use(),
            _held_by(self._module, self.compute_graph_instance),
            len(arguments),
            arguments,
        )

    def get_arguments(self) -> Dict[str, Any]:
        """The arrays among values given by name, as they are on the device when all recorded work has finished."""
        return {
            name: argument.read_back()
            for name, argument in self._arguments.items()
            if argument.allocated_memory is not None
        }

    def _set_arguments(self, runtime: Any, values: Mapping[str, Any]) -> None:
        declared = self._declared or {}
        self._arguments = {}
        self._arguments = {name: KernelArgument(runtime, value, declared.get(name)) for name, value in values.items()}


def _held_by(module: Any, handle: Any) -> Any:
    """A handle that the module owns, for a call. Raises TaichiError if the module has been destroyed."""
    handle_of(module, "aot_module_instance")
    return handle


def _at(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
