"""What all tests of the package share: the software driver where nobody chose another one, runtimes, and modules."""

import io
import json
import os
import pathlib
import subprocess
import sys
import textwrap
import zipfile
from typing import Any, Callable, Dict, Tuple
import signal

import pytest

os.environ.pop("DISPLAY", None)
# Shells start what runs in the background with SIGINT ignored, and Python leaves it so.
signal.signal(signal.SIGINT, signal.default_int_handler)
_LAVAPIPE = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"
if "VK_ICD_FILENAMES" not in os.environ and os.path.exists(_LAVAPIPE):
    os.environ["VK_ICD_FILENAMES"] = _LAVAPIPE

ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets" / "modules"


def module_path(name: str) -> pathlib.Path:
    """A committed module: a `.tcm` file or a folder."""
    file = ASSETS / f"{name}.tcm"
    return file if file.exists() else ASSETS / name


def edited_module(name: str, kernel: str, edit: Callable[[Dict[str, Any]], None]) -> bytes:
    """The bytes of a committed `.tcm` file, the entry of one kernel in its metadata changed by `edit`."""
    result = io.BytesIO()
    with zipfile.ZipFile(module_path(name)) as source, zipfile.ZipFile(result, "w") as target:
        for member in source.namelist():
            data = source.read(member)
            if member == "metadata.json":
                metadata = json.loads(data)
                edit(next(entry for entry in metadata["kernels"] if entry["name"] == kernel))
                data = json.dumps(metadata).encode()
            target.writestr(member, data)
    return result.getvalue()


def run_python(code: str, *, timeout: int = 120) -> Tuple[int, str, str]:
    """A program of its own: its exit status, stdout and stderr."""
    folder = os.path.dirname(os.path.abspath(__file__))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=timeout, env=environment
    )
    return done.returncode, done.stdout, done.stderr


def x64_module_path(name: str) -> pathlib.Path:
    """A module of the test's own making; skips the test where nobody has made them."""
    folder = os.environ.get("IST_TEST_MODULES_X64")
    if not folder:
        pytest.skip("IST_TEST_MODULES_X64 names no folder of x64 modules (assets/build.py --arch x64 --out FOLDER)")
    file = pathlib.Path(folder) / f"{name}.tcm"
    return file if file.exists() else pathlib.Path(folder) / name


@pytest.fixture
def rt():
    import isthmus

    with isthmus.Runtime("vulkan") as runtime:
        yield runtime


@pytest.fixture
def load(rt):
    return lambda name: rt.load(module_path(name))


@pytest.fixture
def cpu():
    import isthmus

    if "x64" not in isthmus.archs():
        pytest.skip("this build has no x64 (libisthmus_llvm.so, libLLVM-15)")
    with isthmus.Runtime("x64") as runtime:
        yield runtime
