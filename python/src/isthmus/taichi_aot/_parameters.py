"""What a kernel or graph declares, where the library tells (ist_kernel_info, ist_graph_info)."""

import ctypes
from typing import Any, List, NamedTuple, Optional, Tuple

from ._errors import checked
from ._ist_structs import IstArgumentInfo, IstGraphInfo, IstKernelInfo
from ._library import api
from .enums import TiArgumentType, TiDataType


class Parameter(NamedTuple):
    """One declared parameter. elem_shape is that of a vector or matrix, or of the elements of an array."""

    name: str
    type: TiArgumentType
    data_type: TiDataType
    rank: int
    elem_shape: Tuple[int, ...]


def of_kernel(kernel: Any) -> Optional[List[Parameter]]:
    """The parameters of a kernel, or None if this library does not tell. Raises TaichiError."""
    if not api.has("ist_kernel_info"):
        return None
    info = IstKernelInfo()
    checked(api.ist_kernel_info, kernel, ctypes.byref(info))
    return [_parameter(info.arguments[i]) for i in range(info.argument_count)]


def of_graph(graph: Any) -> Optional[List[Parameter]]:
    """The parameters of a graph, or None if this library does not tell. Raises TaichiError."""
    if not api.has("ist_graph_info"):
        return None
    info = IstGraphInfo()
    checked(api.ist_graph_info, graph, ctypes.byref(info))
    return [_parameter(info.arguments[i]) for i in range(info.argument_count)]


def _parameter(info: IstArgumentInfo) -> Parameter:
    return Parameter(
        info.name.decode("utf-8", "replace"),
        TiArgumentType(info.type),
        TiDataType(info.data_type),
        info.rank,
        tuple(info.elem_shape[: info.elem_rank]),
    )
