"""Modules: kernels and graphs by name, with signatures as Python functions have them."""

from __future__ import annotations

import dataclasses
import inspect
import keyword
import re
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, Iterator, List, Optional, Tuple, Type, TypeVar

from . import _native, _types
from ._errors import unknown_name

if TYPE_CHECKING:
    from .runtime import Runtime

Callee = TypeVar("Callee")

_ACCESS = {0: "not used", 1: "read", 2: "written", 3: "read and written"}


class _Annotation(str):
    """A type's name that signatures show without quotes."""

    def __repr__(self) -> str:
        return str(self)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of a kernel or graph, or one result of a kernel."""

    name: str
    # "scalar", "tensor" (a vector or matrix by value), "ndarray" or "texture".
    kind: str
    # "f32" and so on; empty for textures.
    dtype: str
    # Axes of an array.
    ndim: int
    # (n,) of vectors, (n, m) of matrices, else ().
    elem_shape: Tuple[int, ...]
    reads: bool
    writes: bool
    # Of textures, e.g. "2d".
    dimension: str
    # Of storage textures, e.g. "rgba8"; empty for sampled ones.
    format: str

    @property
    def type(self) -> str:
        """The type in Taichi's terms, e.g. "ndarray(vector(3, f32), ndim=1)"."""
        element = self.dtype
        if self.elem_shape:
            shape = "vector" if len(self.elem_shape) == 1 else "matrix"
            element = f"{shape}({', '.join(map(str, self.elem_shape))}, {self.dtype})"
        if self.kind == "ndarray":
            return f"ndarray({element}, ndim={self.ndim})"
        if self.kind == "texture":
            return f"rw_texture({self.dimension}, {self.format})" if self.format else f"texture({self.dimension})"
        return element


_Raw = Tuple[str, int, int, int, Tuple[int, ...], int, int, int]


def _parameter(raw: _Raw) -> Parameter:
    name, kind, data_type, ndim, elem_shape, access, dimension, format = raw
    kinds = {2: "ndarray", 3: "texture", 5: "tensor" if elem_shape else "scalar"}
    texture = kind == _types.ArgumentKind.TEXTURE
    return Parameter(
        name=name,
        kind=kinds.get(kind, "scalar"),
        dtype="" if texture or data_type >= len(_types.DTYPE_NAMES) else _types.DTYPE_NAMES[data_type],
        ndim=ndim,
        elem_shape=elem_shape,
        reads=bool(access & 1),
        writes=bool(access & 2),
        dimension=_types.DIMENSIONS[dimension] if texture else "",
        format=_types.FORMAT_NAMES.get(format, "") if texture else "",
    )


@dataclasses.dataclass(frozen=True)
class _Description:
    name: str
    parameters: Tuple[Parameter, ...]
    results: Tuple[Parameter, ...]
    # Tasks of a kernel, launches of a graph.
    steps: int

    @property
    def text(self) -> str:
        """As in `def`, without the def."""
        inside = ", ".join(f"{parameter.name}: {parameter.type}" for parameter in self.parameters)
        return f"{self.name}({inside})" + (f" -> {self._returned()}" if self.results else "")

    def _returned(self) -> str:
        types = [result.type for result in self.results]
        return types[0] if len(types) == 1 else f"({', '.join(types)})"

    def signature(self) -> inspect.Signature:
        """For inspect.signature. Names that are none in Python are mended there; calls take them as they are."""
        parameters = [
            inspect.Parameter(
                name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=_Annotation(self.parameters[index].type)
            )
            for index, name in enumerate(self._identifiers())
        ]
        returned = _Annotation(self._returned()) if self.results else None
        return inspect.Signature(parameters, return_annotation=returned)

    def _identifiers(self) -> List[str]:
        names: List[str] = []
        for parameter in self.parameters:
            name = re.sub(r"\W", "_", parameter.name) or "_"
            name = name if name.isidentifier() else "_" + name
            while name in names or keyword.iskeyword(name):
                name += "_"
            names.append(name)
        return names

    def doc(self, kind: str) -> str:
        """For help()."""
        one, many = ("task", "tasks") if kind == "kernel" else ("kernel launch", "kernel launches")
        lines = [self.text, "", f"A {kind} of a Taichi module ({self.steps} {one if self.steps == 1 else many})."]
        if self.parameters:
            lines.append("")
        for parameter in self.parameters:
            access = (2 if parameter.writes else 0) + (1 if parameter.reads else 0)
            note = f", {_ACCESS[access]}" if parameter.kind in ("ndarray", "texture") else ""
            lines.append(f"    {parameter.name}: {parameter.type}{note}")
        members = [(result.name.partition(".")[2], result.type) for result in self.results]
        if all(name for name, _ in members) and members:  # of one struct
            lines += ["", f"Returns ({', '.join(f'{name}: {type}' for name, type in members)})."]
        return "\n".join(lines)


class Namespace(Generic[Callee]):
    """Kernels or graphs of a module by name: `space.name`, `space["name"]`, iteration over names, `dir`, `in`, `len`.

    Looking one up may compile it (on CPUs and CUDA). AttributeError or KeyError: no such name;
    IncompatibleModuleError: the device lacks what it needs.
    """

    def __init__(self, kind: str, descriptions: List[_Description], find: Callable[[str], Callee]) -> None:
        self._kind = kind
        self._descriptions = {description.name: description for description in descriptions}
        self._find = find
        self._found: Dict[str, Callee] = {}

    def _get(self, name: str) -> Callee:
        if name in self._found:
            return self._found[name]
        description = self._descriptions[name]
        callee = self._find(name)
        vars(callee).update(
            __name__=name,
            __qualname__=name,
            __module__="isthmus",
            __doc__=description.doc(self._kind),
            __signature__=description.signature(),
            parameters=description.parameters,
            results=description.results,
            _text=description.text,
        )
        self._found[name] = callee
        if not name.startswith("_"):
            self.__dict__[name] = callee  # the next look-up is an ordinary attribute
        return callee

    def __getattr__(self, name: str) -> Callee:
        if name.startswith("__") or name not in self.__dict__.get("_descriptions", ()):
            known = self.__dict__.get("_descriptions", ())
            raise AttributeError(unknown_name(self.__dict__.get("_kind", "name"), name, known))
        return self._get(name)

    def __getitem__(self, name: str) -> Callee:
        if name not in self._descriptions:
            raise KeyError(unknown_name(self._kind, name, self._descriptions))
        return self._get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._descriptions)

    def __len__(self) -> int:
        return len(self._descriptions)

    def __contains__(self, name: object) -> bool:
        return name in self._descriptions

    def __dir__(self) -> List[str]:
        return list(self._descriptions)

    def _ipython_key_completions_(self) -> List[str]:
        return list(self._descriptions)

    def __repr__(self) -> str:
        if not self._descriptions:
            return f"<no {self._kind}s>"
        return "\n".join(description.text for description in self._descriptions.values())


class Module:
    """A loaded module: `module.kernels.run(base=1, arr=a)`, `module.graphs.step(...)`. Made by `Runtime.load`.

    Kernels and graphs keep the module on the device; it goes with the last of them, at `free()`, or with the runtime.
    """

    kernels: "Namespace[_native.Kernel]"
    graphs: "Namespace[_native.Graph]"

    def __init__(self, runtime: "Runtime", state: _native.ModuleState, origin: str) -> None:
        self.runtime = runtime
        self._state = state
        self._origin = origin
        self.kernels = Namespace("kernel", _describe(state.kernels()), state.kernel)
        self.graphs = Namespace("graph", _describe(state.graphs()), state.graph)

    @property
    def taichi_version(self) -> str:
        """Version of the compiler, e.g. "1.7.4"; empty if the module does not say."""
        return self._state.taichi_version

    @property
    def capabilities(self) -> Dict[str, int]:
        """Levels of what the module needs of a runtime; see `Runtime.capabilities`."""
        names = _types.CAPABILITIES
        levels = self._state.capabilities()
        return {names[number] if number < len(names) else str(number): level for number, level in levels}

    def free(self) -> None:
        """Give the module back now, with its fields; its kernels and graphs raise InvalidStateError from now on.
        Idempotent; work that is recorded still runs."""
        self._state.free()

    def __enter__(self) -> "Module":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.free()

    def __repr__(self) -> str:
        freed = ", freed" if self._state.freed else ""
        return f"<isthmus.Module {self._origin}: {len(self.kernels)} kernels, {len(self.graphs)} graphs{freed}>"


def _describe(raw: List[Tuple[str, Tuple[_Raw, ...], Tuple[_Raw, ...], int]]) -> List[_Description]:
    return [
        _Description(name, tuple(map(_parameter, parameters)), tuple(map(_parameter, results)), steps)
        for name, parameters, results, steps in raw
    ]
