"""The flat functions with the names, parameters and results of the first Taichi AOT Python API."""

import ctypes
import inspect

import numpy as np
import pytest
from taichi_aot_support import MODULES, f32, i32, image_info, memory_info, ndarray

import isthmus.taichi_aot as ta

PARAMETERS = {
    "get_version": [],
    "get_last_error": [],
    "create_runtime": ["arch", "device"],
    "get_available_archs": [],
    "destroy_runtime": ["runtime"],
    "set_last_error": ["error", "message"],
    "allocate_memory": ["runtime", "allocate_info"],
    "free_memory": ["runtime", "memory"],
    "map_memory": ["runtime", "memory"],
    "unmap_memory": ["runtime", "memory"],
    "allocate_image": ["runtime", "allocate_info"],
    "free_image": ["runtime", "image"],
    "create_sampler": ["runtime", "create_info"],
    "destroy_sampler": ["runtime", "sampler"],
    "copy_memory_device_to_device": ["runtime", "src", "dst"],
    "copy_image_device_to_device": ["runtime", "src", "dst"],
    "track_image": ["runtime", "image", "layout"],
    "transition_image": ["runtime", "image", "layout"],
    "launch_kernel": ["runtime", "kernel", "num_args", "args"],
    "launch_compute_graph": ["runtime", "compute_graph", "num_args", "args"],
    "flush": ["runtime"],
    "wait": ["runtime"],
    "load_aot_module": ["runtime", "module_path"],
    "create_aot_module": ["runtime", "tcm", "size"],
    "destroy_aot_module": ["aot_module"],
    "get_aot_module_kernel": ["aot_module", "name"],
    "get_aot_module_compute_graph": ["aot_module", "name"],
    "get_runtime_capabilities": ["runtime"],
    "set_runtime_capabilities": ["runtime", "capabilities"],
}


@pytest.fixture
def runtime():
    handle = ta.create_runtime(ta.TiArch.TI_ARCH_VULKAN, 0)
    yield handle
    ta.destroy_runtime(handle)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    assert list(inspect.signature(getattr(ta, name)).parameters) == PARAMETERS[name]


def test_version_and_archs():
    assert isinstance(ta.get_version(), ctypes.c_uint32) and ta.get_version() == 1007000
    counts, archs = ta.get_available_archs()
    assert isinstance(counts, list) and isinstance(counts[0], ctypes.c_uint32) and counts[0].value == len(archs)
    assert all(isinstance(arch, ta.TiArch) for arch in archs) and ta.TiArch.TI_ARCH_VULKAN in archs


def test_last_error():
    ta.set_last_error(ta.TiError.TI_ERROR_INVALID_ARGUMENT, "said by the test")
    assert ta.get_last_error() == "said by the test"
    ta.set_last_error(ta.TiError.TI_ERROR_SUCCESS, "")
    assert ta.get_last_error() == ""


def test_memory(runtime):
    memory = ta.allocate_memory(runtime, memory_info(16))
    assert isinstance(memory, ta.TiMemory)
    address = ta.map_memory(runtime, memory)
    assert isinstance(address, ctypes.c_void_p) and address != 0
    ctypes.memmove(address, b"0123456789abcdef", 16)
    assert ctypes.string_at(address, 16) == b"0123456789abcdef"
    assert ctypes.cast(address, ctypes.POINTER(ctypes.c_char))[1] == b"1"
    assert ta.unmap_memory(runtime, memory) is None
    assert ta.free_memory(runtime, memory) is None


def test_kernel(runtime):
    module = ta.load_aot_module(runtime, str(MODULES / "ndarrays.tcm"))
    kernel = ta.get_aot_module_kernel(module, "saxpy")
    x = np.arange(8, dtype=np.float32)
    memories = []
    for _ in range(3):
        memories.append(ta.allocate_memory(runtime, memory_info(32)))
        ctypes.memmove(ta.map_memory(runtime, memories[-1]), x.ctypes.data, 32)
        ta.unmap_memory(runtime, memories[-1])
    data_type = ta.TiDataType.TI_DATA_TYPE_F32
    arguments = [f32(3.0)] + [ndarray(memory, (8,), data_type) for memory in memories]
    ta.launch_kernel(runtime, kernel, len(arguments), arguments)
    ta.flush(runtime)
    ta.wait(runtime)
    result = (ctypes.c_float * 8).from_address(int(ta.map_memory(runtime, memories[2])))
    assert list(result) == (4 * x).tolist()
    ta.destroy_aot_module(module)


def test_graph(runtime):
    data = (MODULES / "graphs.tcm").read_bytes()
    module = ta.create_aot_module(runtime, data, len(data))
    graph = ta.get_aot_module_compute_graph(module, "scalar_i32")
    memory = ta.allocate_memory(runtime, memory_info(16))
    named = [
        ta.TiNamedArgument(b"out", ndarray(memory, (4,), ta.TiDataType.TI_DATA_TYPE_I32)),
        ta.TiNamedArgument(b"value", i32(-5)),
    ]
    ta.launch_compute_graph(runtime, graph, 2, named)
    ta.wait(runtime)
    assert list((ctypes.c_int32 * 4).from_address(int(ta.map_memory(runtime, memory)))) == [-5] * 4


def test_images_samplers_and_capabilities(runtime):
    info = image_info(8, 8, ta.TiFormat.TI_FORMAT_R32F)
    images = [ta.allocate_image(runtime, info) for _ in range(2)]
    ta.transition_image(runtime, images[0], ta.TiImageLayout.TI_IMAGE_LAYOUT_SHADER_READ)
    ta.track_image(runtime, images[0], ta.TiImageLayout.TI_IMAGE_LAYOUT_SHADER_READ)
    slices = [ta.TiImageSlice(image, ta.TiImageOffset(), info.extent, 0) for image in images]
    ta.copy_image_device_to_device(runtime, *slices)
    ta.free_image(runtime, images[1])
    ta.destroy_sampler(runtime, ta.create_sampler(runtime, ta.TiSamplerCreateInfo()))
    levels = ta.get_runtime_capabilities(runtime)
    ta.set_runtime_capabilities(runtime, levels[:1])
    assert len(ta.get_runtime_capabilities(runtime)) == 1 < len(levels)


def test_failures_raise_with_the_message(runtime):
    for call in (
        lambda: ta.create_runtime(ta.TiArch.TI_ARCH_VULKAN, 0xFFFF),
        lambda: ta.allocate_memory(runtime, memory_info(0)),
        lambda: ta.allocate_memory(None, memory_info(4)),
        lambda: ta.map_memory(runtime, ta.allocate_memory(runtime, memory_info(4, host=False))),
        lambda: ta.load_aot_module(runtime, "no/such/folder"),
        lambda: ta.create_aot_module(runtime, b"no module", 9),
        lambda: ta.get_aot_module_kernel(ta.load_aot_module(runtime, MODULES / "ndarrays.tcm"), "nobody"),
    ):
        with pytest.raises(ta.TaichiError) as raised:
            call()
        assert raised.value.message == ta.get_last_error() != ""
        assert raised.value.code == ta.ti_get_last_error()[1] < 0
