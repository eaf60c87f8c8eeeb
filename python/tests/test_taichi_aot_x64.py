"""The package on the CPU, where IST_TEST_MODULES_X64 names the folder that `assets/build.py --arch x64` has filled."""

import os
from pathlib import Path

import numpy as np
import pytest
from taichi_aot_support import SCALAR_TYPES

import isthmus.taichi_aot as ta

MODULES = Path(os.environ.get("IST_TEST_MODULES_X64", ""))

pytestmark = pytest.mark.skipif(
    "IST_TEST_MODULES_X64" not in os.environ, reason="IST_TEST_MODULES_X64 does not name a folder with modules for x64"
)


@pytest.fixture(scope="module")
def runtime():
    with ta.Runtime(ta.TiArch.TI_ARCH_X64) as runtime:
        yield runtime


@pytest.mark.parametrize("name", SCALAR_TYPES)
def test_scalars_and_arrays_of_every_type(runtime, name):
    dtype = SCALAR_TYPES[name]
    write = ta.AotModule.load(runtime, MODULES / "scalars.tcm").get_kernel(f"write_{name}")
    write.launch(runtime, 7, np.zeros(5, dtype))
    assert write.get_arguments()[0].tolist() == [7] * 5
    module = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm")
    for shape, kind in (((20,), "scalar"), ((6, 3), "vector"), ((4, 2, 3), "matrix")):
        array = np.ones(shape, dtype)
        steps = np.arange(array.size).reshape(shape) + (1 if kind == "scalar" else 0)
        kernel = module.get_kernel(f"{kind}_{name}")
        kernel.launch(runtime, array)
        assert np.array_equal(kernel.get_arguments()[0], array + steps.astype(dtype))


def test_graphs(runtime):
    graph = ta.AotModule.load(runtime, MODULES / "graphs.tcm").get_compute_graph("chain")
    a, b = np.arange(9, dtype=np.int32), np.ones(9, np.int32)
    graph.launch(runtime, {"a": a, "b": b, "out": np.zeros(9, np.int32), "step": 3, "factor": -2})
    assert np.array_equal(graph.get_arguments()["out"], (a + 3) * -2 + 3 * 3 + b)


def test_refusals(runtime):
    kernel = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm").get_kernel("saxpy")
    with pytest.raises(ta.TaichiError, match="takes 4 arguments, but 1"):
        kernel.launch(runtime, 1.0)
    with pytest.raises(ta.TaichiError, match="x64|arch"):
        ta.AotModule.load(runtime, Path(__file__).resolve().parents[2] / "assets" / "modules" / "ndarrays.tcm")
