"""Exceptions of the library: one class, with subclasses that also are Python's own kinds where there is one."""

from __future__ import annotations

import difflib
import enum
from typing import Dict, Iterable, Type


class ErrorCode(enum.IntEnum):
    """What went wrong, as the C API numbers it (`TiError`)."""

    NOT_SUPPORTED = -1
    CORRUPTED_DATA = -2
    NAME_NOT_FOUND = -3
    INVALID_ARGUMENT = -4
    ARGUMENT_NULL = -5
    ARGUMENT_OUT_OF_RANGE = -6
    ARGUMENT_NOT_FOUND = -7
    INVALID_INTEROP = -8
    INVALID_STATE = -9
    INCOMPATIBLE_MODULE = -10
    OUT_OF_MEMORY = -11


class Error(RuntimeError):
    """A call that the library refused or that failed. Nothing has changed, and the next call works.

    `code` is an `ErrorCode` (or the bare number of a newer library), `message` a sentence that names the object, the
    rule and both values.
    """

    code: int
    message: str

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        try:
            self.code = ErrorCode(code)
        except ValueError:
            self.code = code
        self.message = message

    def __str__(self) -> str:
        name = self.code.name if isinstance(self.code, ErrorCode) else str(self.code)
        return f"{self.message} [{name}]"


class NotSupportedError(Error, NotImplementedError):
    """This arch, device or build cannot do it."""


class CorruptedDataError(Error, ValueError):
    """A module, or a piece of it, is missing, truncated or malformed."""


class InvalidArgumentError(Error, ValueError):
    """An argument breaks a rule, or differs from what the module declares."""


class InvalidStateError(Error):
    """The object is in a state that does not allow the call: closed, freed, lent to a host; or the device is lost, or
    there is no driver or device."""


class IncompatibleModuleError(Error):
    """The module, or a kernel of it, needs what the runtime lacks."""


class DeviceMemoryError(Error, MemoryError):
    """The host or the device has no memory left for it."""


_CLASSES: Dict[int, Type[Error]] = {
    ErrorCode.NOT_SUPPORTED: NotSupportedError,
    ErrorCode.CORRUPTED_DATA: CorruptedDataError,
    ErrorCode.INVALID_ARGUMENT: InvalidArgumentError,
    ErrorCode.ARGUMENT_NULL: InvalidArgumentError,
    ErrorCode.ARGUMENT_OUT_OF_RANGE: InvalidArgumentError,
    ErrorCode.ARGUMENT_NOT_FOUND: InvalidArgumentError,
    ErrorCode.INVALID_INTEROP: InvalidArgumentError,
    ErrorCode.INVALID_STATE: InvalidStateError,
    ErrorCode.INCOMPATIBLE_MODULE: IncompatibleModuleError,
    ErrorCode.OUT_OF_MEMORY: DeviceMemoryError,
}


def error_of(code: int, message: str) -> Error:
    """The exception for a code of the C API. Called by the extension."""
    return _CLASSES.get(code, Error)(code, message)


def unknown_name(kind: str, name: object, known: Iterable[str]) -> str:
    """A sentence for a name that is none, with those that are near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3) if isinstance(name, str) else []
    if near:
        return f"There is no {kind} {name!r}. Did you mean {' or '.join(repr(other) for other in near)}?"
    return f"There is no {kind} {name!r}. There are: {', '.join(names) or 'none'}."
