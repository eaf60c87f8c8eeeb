"""Turns the thread's last error into an exception."""

from typing import Any, Callable, NoReturn

from . import functions
from ._library import api
from .enums import TiError


class TaichiError(RuntimeError):
    """A call that the library refused: its code and its message. The last error of the thread stays set."""

    def __init__(self, code: int, message: str) -> None:
        self.code = TiError(code)
        self.message = message or TiError.get_error_details(code)
        super().__init__(f"{self.message} ({self.code.name})")

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.message)


def checked(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a ti_* function and raises TaichiError if it failed. A succeeding call leaves the last error as it was."""
    if api.ti_get_last_error(None, None) == 0:
        result = function(*args)
        if api.ti_get_last_error(None, None) != 0:
            raise last_error()
        return result
    # An older error is in the slot, where a new one would not show: it steps aside during the call.
    message, code = functions.ti_get_last_error()
    functions.ti_set_last_error(0)
    result = function(*args)
    if api.ti_get_last_error(None, None) != 0:
        raise last_error()
    functions.ti_set_last_error(code, message)
    return result


def refuse(code: TiError, message: str) -> NoReturn:
    """Refuses a call as the library would: sets the thread's last error and raises it."""
    functions.ti_set_last_error(code, message)
    raise TaichiError(code, message)


def last_error() -> TaichiError:
    """The thread's last error as an exception, not raised."""
    message, code = functions.ti_get_last_error()
    return TaichiError(code, message)


def quietly(function: Callable[..., Any], *args: Any) -> None:
    """Calls a ti_* function whose failure concerns nobody, as in finalizers. The last error stays as it was."""
    message, code = functions.ti_get_last_error()
    function(*args)
    functions.ti_set_last_error(code, message)
