"""Python values as the pointers and whole numbers that the C functions take."""

import ctypes
import operator
import os
from typing import Any, Optional, Sequence, Tuple, Type, Union

Text = Union[str, bytes]


def pointer_to(value: Any) -> Any:
    """A structure by reference; None as the null pointer, which the library answers for."""
    return None if value is None else ctypes.byref(value)


def address(pointer: Any) -> Optional[int]:
    """A number, or what ctypes takes for a void*, as a number; None for null. Raises ValueError as whole does."""
    if pointer is None or isinstance(pointer, int):
        return None if pointer is None else whole("address", pointer, 64)
    return ctypes.cast(pointer, ctypes.c_void_p).value


def text(value: Optional[Union[Text, "os.PathLike[str]"]], what: str = "name or path") -> Optional[bytes]:
    """A string or path as bytes for a const char*. Raises ValueError for null characters, where C would cut it off."""
    if value is None:
        return None
    data = os.fsencode(value)
    if b"\0" in data:
        raise ValueError(f"A {what} has no null characters ({value!r}).")
    return data


def whole(what: str, value: Any, bits: int = 32, low: int = 0) -> int:
    """A number as an int, for a C integer of so many bits. Raises ValueError below low and where the bits end, where
    ctypes would cut it off, and TypeError for what is no whole number."""
    # Numbers of ctypes and members of enumerations have a value.
    number = operator.index(getattr(value, "value", value))
    high = 2**bits - 1
    if not low <= number <= high:
        raise ValueError(f"The {what} ({written(number)}) is not in the range {low} to {high}.")
    return number


def written(number: Any) -> str:
    """A number as text for a message."""
    try:
        return str(number)
    except ValueError:  # Python writes no integers of thousands of digits
        return "an integer of more digits than Python writes"


def array_of(kind: Type[Any], values: Optional[Sequence[Any]], count: Optional[int] = None) -> Tuple[int, Any]:
    """A list of structures as count and C array; a C array of them as it is. `count` may ask for fewer."""
    if values is None:
        return whole("count", count or 0), None
    number = len(values) if count is None else whole("count", count)
    if number > len(values):
        raise ValueError(f"The count ({number}) is larger than the number of {kind.__name__} given ({len(values)}).")
    if isinstance(values, ctypes.Array):
        return number, values
    return number, (kind * max(len(values), 1))(*values)


def text_array(values: Sequence[Text]) -> Tuple[int, Any]:
    """Strings as count and const char**."""
    return len(values), (ctypes.c_char_p * max(len(values), 1))(*[text(value) for value in values])
