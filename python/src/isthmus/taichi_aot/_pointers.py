"""Python values as the pointers that the C functions take."""

import ctypes
import os
from typing import Any, Optional, Sequence, Tuple, Type, Union

Text = Union[str, bytes]


def pointer_to(value: Any) -> Any:
    """A structure by reference; None as the null pointer, which the library answers for."""
    return None if value is None else ctypes.byref(value)


def text(value: Optional[Union[Text, "os.PathLike[str]"]]) -> Optional[bytes]:
    """A string or path as bytes for a const char*. Raises ValueError for null characters, where C would cut it off."""
    if value is None:
        return None
    data = os.fsencode(value)
    if b"\0" in data:
        raise ValueError(f"A name or path has no null characters ({value!r}).")
    return data


def size_of(what: str, value: int) -> int:
    """A count or size as it is. Raises ValueError for negative ones, which C would take for huge ones."""
    if value < 0:
        raise ValueError(f"The {what} ({value}) is negative.")
    return value


def array_of(kind: Type[Any], values: Optional[Sequence[Any]], count: Optional[int] = None) -> Tuple[int, Any]:
    """A list of structures as count and C array; a C array of them as it is. `count` may ask for fewer."""
    if values is None:
        return size_of("count", count or 0), None
    number = len(values) if count is None else size_of("count", count)
    if number > len(values):
        raise ValueError(f"The count ({number}) is larger than the number of {kind.__name__} given ({len(values)}).")
    if isinstance(values, ctypes.Array):
        return number, values
    return number, (kind * max(len(values), 1))(*values)


def text_array(values: Sequence[Text]) -> Tuple[int, Any]:
    """Strings as count and const char**."""
    return len(values), (ctypes.c_char_p * max(len(values), 1))(*[text(value) for value in values])
