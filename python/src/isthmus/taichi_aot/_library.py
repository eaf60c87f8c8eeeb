"""Finds and opens the C-API library, and gives its functions by name. Knows no signature."""

import ctypes
import os
import sys
from pathlib import Path
from typing import Any, Callable, List, Optional

from ._signatures import SIGNATURES

INSTALL_VARIABLE = "TAICHI_C_API_INSTALL_DIR"


class MissingTaichiLibraryException(Exception):
    """No place has the library. The message names every place that was tried, and what was wrong there."""


class MissingTaichiFunctionException(AttributeError):
    """The library that was found lacks the function that was called."""


def library_name() -> str:
    """The file name of the library on this platform."""
    if sys.platform == "win32":
        return "taichi_c_api.dll"
    return "libtaichi_c_api.dylib" if sys.platform == "darwin" else "libtaichi_c_api.so"


def candidates() -> List[str]:
    """Where the library may be, in the order of trying. A bare file name stands for the system's loader."""
    name = library_name()
    folders = [Path(__file__).resolve().parent.parent / "lib"]
    # An editable install keeps what is built apart from what is written.
    folders += [Path(path) / "lib" for path in sys.modules[__package__.partition(".")[0]].__path__]
    installed = os.environ.get(INSTALL_VARIABLE)
    if installed:
        folders += [Path(installed) / "lib"]
        folders += [Path(installed) / "bin"] if sys.platform == "win32" else []
    return [str(folder / name) for folder in dict.fromkeys(folders)] + [name]


def open_library() -> ctypes.CDLL:
    """Opens the first candidate that can be opened, or raises MissingTaichiLibraryException."""
    failures = []
    for path in candidates():
        if os.path.isabs(path) and not os.path.exists(path):
            failures.append(f"{path}: there is no such file")
            continue
        try:
            # WinDLL and CDLL differ on 32-bit Windows only, which nothing here is built for.
            return ctypes.CDLL(path)
        except OSError as error:
            failures.append(f"{path}: {error}")
    hint = "" if os.environ.get(INSTALL_VARIABLE) else f" The environment variable {INSTALL_VARIABLE} is not set."
    raise MissingTaichiLibraryException(
        f"The Taichi C-API library {library_name()} is in none of these places:{hint}\n  " + "\n  ".join(failures)
    )


class Api:
    """The functions of the library as attributes, resolved when they are first asked for. Any thread may ask."""

    def __init__(self) -> None:
        self._library: Optional[ctypes.CDLL] = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in SIGNATURES:
            raise AttributeError(f"The C-API has no function '{name}'.")
        library = self.library()
        try:
            function = getattr(library, name)
        except AttributeError:
            raise MissingTaichiFunctionException(
                f"The library {library._name} has no function '{name}'; it is older than this package."
            ) from None
        function.restype, function.argtypes = SIGNATURES[name]
        self.__dict__[name] = function
        return function  # type: ignore[no-any-return]

    def library(self) -> ctypes.CDLL:
        """The opened library. Raises MissingTaichiLibraryException."""
        if self._library is None:
            self._library = open_library()
        return self._library

    def has(self, name: str) -> bool:
        """Whether the library has this function."""
        return hasattr(self, name)


api = Api()
