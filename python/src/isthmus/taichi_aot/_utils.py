"""The helpers that the old package kept under this name. They take raw handles and raise on failure."""

from typing import List

from . import functions
from ._errors import TaichiError
from .enums import TiArch
from .seed import (
    allocate_image,
    copy_image_device_to_device,
    copy_memory_device_to_device,
    free_image,
    set_last_error,
    transition_image,
)
from .seed import track_image as track_image_ext

__all__ = [
    "allocate_image",
    "copy_image_device_to_device",
    "copy_memory_device_to_device",
    "free_image",
    "get_available_archs",
    "get_last_error",
    "get_version",
    "set_last_error",
    "track_image_ext",
    "transition_image",
]


def get_version() -> int:
    """The version of the C-API as an int."""
    return functions.ti_get_version()


def get_last_error(message_size: int = 256) -> str:
    """Raises the thread's last error as TaichiError (a RuntimeError), its text cut to message_size bytes; else ''."""
    message, code = functions.ti_get_last_error(message_size)
    if code != 0:
        raise TaichiError(code, message)
    return message


def get_available_archs() -> List[str]:
    """The names of the archs that work here, sorted."""
    count, archs = functions.ti_get_available_archs()
    return sorted(TiArch(arch).name for arch in archs[: count.value])
