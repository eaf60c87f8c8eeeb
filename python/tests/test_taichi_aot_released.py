"""The package on the released library (1.7.4), where IST_RELEASED_LIBRARY names it, beside ours: same results.

Each program runs in a process of its own, with one library; it prints what it sees to a file, and the two are
compared."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from taichi_aot_support import MODULES

import isthmus.taichi_aot as ta

RELEASED = os.environ.get("IST_RELEASED_LIBRARY", "")

pytestmark = pytest.mark.skipif(
    not RELEASED, reason="IST_RELEASED_LIBRARY does not name the libtaichi_c_api.so of taichi 1.7.4"
)

PRELUDE = """
import ctypes, sys
import numpy as np
import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _library
from taichi_aot_support import *
if sys.argv[1]:
    _library.api._library = ctypes.CDLL(sys.argv[1])
sys.stdout = open(sys.argv[2], "w")
rt = ta.Runtime()
handle = rt.runtime_instance
"""

PROGRAMS = {
    "version": "print(ta.ti_get_version(), ta._utils.get_version())",
    "errors": """
for code in list(ta.TiError)[1:12]:
    ta.ti_set_last_error(code, "text of " + code.name)
    print(ta.ti_get_last_error(), ta.ti_get_last_error(5))
ta.ti_set_last_error(0, None)
print(ta.ti_get_last_error())
""",
    "memory": """
memory = upload(handle, np.arange(16, dtype=np.int32))
other = upload(handle, np.zeros(16, np.int32))
ta.ti_copy_memory_device_to_device(handle, ta.TiMemorySlice(memory, 8, 16), ta.TiMemorySlice(other, 0, 16))
print(read(handle, memory, 16, np.int32), read(handle, other, 16, np.int32))
ta.ti_free_memory(handle, memory)
print(ta.ti_get_last_error())
""",
    "names": """
module = ta.AotModule.load(rt, MODULES / "graphs.tcm")
for call in (module.get_kernel, module.get_compute_graph):
    try:
        call("nobody")
    except ta.TaichiError as error:
        print(error.code)
""",
    "kernel": """
saxpy = ta.AotModule.load(rt, MODULES / "ndarrays.tcm").get_kernel("saxpy")
x = np.linspace(-3, 3, 999, dtype=np.float32)
for alpha in (0.5, -2.25):
    saxpy.launch(rt, alpha, x, x[::-1], np.zeros(999, np.float32))
    print([array.tobytes().hex() for array in saxpy.get_arguments()])
""",
    "ranks": """
module = ta.AotModule.load(rt, MODULES / "ndarrays.tcm")
for rank in range(1, 5):
    kernel = module.get_kernel(f"rank{rank}")
    kernel.launch(rt, np.zeros((2, 3, 4, 5)[:rank], np.int32))
    print(kernel.get_arguments()[0].tolist())
""",
    "tensor": """
module = ta.AotModule.load(rt, MODULES / "tensors.tcm")
kernel = module.get_kernel("vec3_f32")
tensor = ta.TiTensor(ta.TiDataType.TI_DATA_TYPE_F32)
tensor.contents.length = 3
tensor.contents.data.x32[:3] = [0x3F800000, 0x40000000, 0x40400000]
kernel.launch(rt, tensor, np.zeros(3, np.float32))
print(kernel.get_arguments()[0])
""",
    "graph": """
graph = ta.AotModule.load(rt, MODULES / "graphs.tcm").get_compute_graph("chain")
values = {"a": np.arange(9, dtype=np.int32), "b": np.ones(9, np.int32), "out": np.zeros(9, np.int32)}
graph.launch(rt, dict(values, step=3, factor=-2))
print({name: array.tolist() for name, array in graph.get_arguments().items()})
""",
    "texture": """
module = ta.AotModule.load(rt, MODULES / "textures.tcm")
info = image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA32F)
image = ta.allocate_image(handle, info)
module.get_kernel("store_2d_rgba32f").launch(rt, texture(image, info), 16, 8, 4)
load = module.get_kernel("load_2d_rgba32f")
out = ndarray(upload(handle, np.zeros((16, 8, 4), np.float32)), (16, 8), ta.TiDataType.TI_DATA_TYPE_F32, (4,))
load.launch(rt, texture(image, info), out)
print(read(handle, out.value.ndarray.memory, (16, 8, 4), np.float32).tobytes().hex())
""",
    "module from bytes": """
data = (MODULES / "scalars.tcm").read_bytes()
kernel = ta.AotModule.create(rt, data, len(data)).get_kernel("write_f32")
kernel.launch(rt, 0.75, np.zeros(3, np.float32))
print(kernel.get_arguments())
""",
}


def output_of(library, program, told):
    paths = [str(Path(ta.__file__).resolve().parents[2]), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, paths)))
    command = [sys.executable, "-c", PRELUDE + program, library, str(told)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return told.read_text()


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_released_library_gives_the_same(name, tmp_path):
    assert MODULES.is_dir()
    ours = output_of("", PROGRAMS[name], tmp_path / "ours")
    assert ours and output_of(RELEASED, PROGRAMS[name], tmp_path / "released") == ours
