"""Where the library is looked for, and what is said when it, or a function of it, is not there."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _library


def test_the_package_comes_first_then_the_variable_then_the_loader(monkeypatch):
    monkeypatch.setenv("TAICHI_C_API_INSTALL_DIR", "somewhere")
    name = _library.library_name()
    places = _library.candidates()
    assert places[0] == str(Path(ta.__file__).resolve().parent.parent / "lib" / name)
    assert str(Path("somewhere") / "lib" / name) in places[1:]
    assert places[-1] == name


def test_a_missing_library_is_told_with_every_place(monkeypatch, tmp_path):
    monkeypatch.setenv("TAICHI_C_API_INSTALL_DIR", str(tmp_path))
    monkeypatch.setattr(_library, "library_name", lambda: "libno_such_taichi.so")
    with pytest.raises(ta.MissingTaichiLibraryException) as raised:
        _library.open_library()
    for place in _library.candidates():
        assert place in str(raised.value)


def test_a_file_that_is_no_library_is_told(monkeypatch, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libno_such_taichi.so").write_text("no library")
    monkeypatch.setenv("TAICHI_C_API_INSTALL_DIR", str(tmp_path))
    monkeypatch.setattr(_library, "library_name", lambda: "libno_such_taichi.so")
    with pytest.raises(ta.MissingTaichiLibraryException, match="lib/libno_such_taichi.so: "):
        _library.open_library()


def test_importing_needs_no_library(tmp_path):
    """Types can be used without it; the first call tells what is missing."""
    program = (
        "import isthmus.taichi_aot as ta\n"
        "from isthmus.taichi_aot import _library\n"
        "_library.library_name = lambda: 'libno_such_taichi.so'\n"
        "ta.TiArgument()\n"
        "try:\n"
        "  ta.get_version()\n"
        "except ta.MissingTaichiLibraryException:\n"
        "  print('missing')\n"
    )
    source = str(Path(ta.__file__).resolve().parents[2])
    environment = dict(os.environ, PYTHONPATH=source, TAICHI_C_API_INSTALL_DIR=str(tmp_path))
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == "missing", result.stderr


def test_a_library_without_a_function_fails_when_that_is_called():
    api = _library.Api()
    api._library = ctypes.CDLL(None)
    with pytest.raises(ta.MissingTaichiFunctionException, match="ti_no_such|ti_import_opengl_image"):
        api.ti_import_opengl_image  # noqa: B018
    assert not api.has("ti_import_opengl_image")
    with pytest.raises(AttributeError, match="no function 'ti_no_such'"):
        api.ti_no_such  # noqa: B018
