"""The 44 calls of the old package: 29 functions, 8 helpers, 7 classes. Sixteen of them failed there."""

import ctypes

import numpy as np
import pytest
from taichi_aot_support import (
    MODULES,
    f32,
    i32,
    image_info,
    memory_info,
    ndarray,
    pattern,
    read,
    same_texels,
    texture_argument,
    upload,
)

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _utils

F32 = ta.TiDataType.TI_DATA_TYPE_F32
I32 = ta.TiDataType.TI_DATA_TYPE_I32


@pytest.fixture
def runtime():
    handle = ta.ti_create_runtime(ta.TiArch.TI_ARCH_VULKAN, 0)
    assert handle
    ta.ti_set_last_error(ta.TiError.TI_ERROR_SUCCESS)
    yield handle
    ta.ti_destroy_runtime(handle)


@pytest.fixture
def module(runtime):
    handle = ta.ti_load_aot_module(runtime, str(MODULES / "ndarrays.tcm"))
    assert handle
    return handle


def no_error():
    return ta.ti_get_last_error() == ("", ta.TiError.TI_ERROR_SUCCESS)


class TestFunctions:
    def test_ti_get_version(self):
        assert ta.ti_get_version() == 1007000

    def test_ti_get_available_archs(self):
        count, archs = ta.ti_get_available_archs()
        assert isinstance(count, ctypes.c_uint32) and len(archs) == ta.TI_MAX_ARCH_COUNT
        assert ta.TiArch.TI_ARCH_VULKAN in archs[: count.value]

    def test_ti_get_last_error(self, runtime):
        assert ta.ti_get_last_error(256) == ("", ta.TiError.TI_ERROR_SUCCESS)
        ta.ti_set_last_error(ta.TiError.TI_ERROR_INVALID_STATE, "a text of its own")
        assert ta.ti_get_last_error(256) == ("a text of its own", ta.TiError.TI_ERROR_INVALID_STATE)
        assert ta.ti_get_last_error(7) == ("a text", ta.TiError.TI_ERROR_INVALID_STATE)
        assert ta.ti_get_last_error(0) == ("", ta.TiError.TI_ERROR_INVALID_STATE)
        ta.ti_set_last_error(-77, "newer than this package")
        assert ta.ti_get_last_error() == ("newer than this package", ta.TiError(-77))

    def test_ti_set_last_error(self, runtime):
        for code in list(ta.TiError)[1:12]:
            ta.ti_set_last_error(code, f"this is {code.name}")
            assert ta.ti_get_last_error(256) == (f"this is {code.name}", code)
        ta.ti_set_last_error(ta.TiError.TI_ERROR_INVALID_ARGUMENT, None)
        assert ta.ti_get_last_error(256) == ("", ta.TiError.TI_ERROR_INVALID_ARGUMENT)
        ta.ti_set_last_error(ta.TiError.TI_ERROR_SUCCESS, None)
        assert no_error()

    def test_ti_create_runtime(self):
        runtime = ta.ti_create_runtime(ta.TiArch.TI_ARCH_VULKAN, 0)
        assert runtime and isinstance(runtime, ta.TiRuntime)
        ta.ti_destroy_runtime(runtime)
        assert not ta.ti_create_runtime(99, 0)
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_NOT_SUPPORTED

    def test_ti_destroy_runtime(self, runtime):
        other = ta.ti_create_runtime(ta.TiArch.TI_ARCH_VULKAN, 0)
        ta.ti_destroy_runtime(other)
        assert no_error()
        ta.ti_wait(other)
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_INVALID_ARGUMENT

    def test_ti_set_runtime_capabilities_ext(self, runtime):
        version = ta.TiCapability.TI_CAPABILITY_SPIRV_VERSION
        ta.ti_set_runtime_capabilities_ext(runtime, [ta.TiCapabilityLevelInfo(version, 0x10300)])
        told = ta.ti_get_runtime_capabilities(runtime)
        assert no_error()
        assert [(info.capability, info.level) for info in told] == [(version, 0x10300)]

    def test_ti_get_runtime_capabilities(self, runtime):
        levels = {ta.TiCapability(info.capability): info.level for info in ta.ti_get_runtime_capabilities(runtime)}
        assert no_error()
        assert levels[ta.TiCapability.TI_CAPABILITY_SPIRV_VERSION] >= 0x10000

    def test_ti_allocate_memory(self, runtime):
        memory = ta.ti_allocate_memory(runtime, memory_info(64))
        assert memory and isinstance(memory, ta.TiMemory) and no_error()

    def test_ti_free_memory(self, runtime):
        memory = ta.ti_allocate_memory(runtime, memory_info(64))
        ta.ti_free_memory(runtime, memory)
        assert no_error()
        ta.ti_free_memory(runtime, memory)
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_INVALID_ARGUMENT

    def test_ti_map_memory(self, runtime):
        memory = ta.ti_allocate_memory(runtime, memory_info(64))
        address = ta.ti_map_memory(runtime, memory)
        assert isinstance(address, int) and address != 0
        (ctypes.c_uint8 * 64).from_address(address)[:] = range(64)
        assert ta.ti_map_memory(runtime, memory) is None
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_INVALID_STATE

    def test_ti_unmap_memory(self, runtime):
        data = np.arange(16, dtype=np.float32)
        memory = upload(runtime, data)
        assert np.array_equal(read(runtime, memory, 16, np.float32), data) and no_error()

    def test_ti_allocate_image(self, runtime):
        image = ta.ti_allocate_image(runtime, image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA8))
        assert image and isinstance(image, ta.TiImage) and no_error()

    def test_ti_free_image(self, runtime):
        image = ta.ti_allocate_image(runtime, image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA8))
        ta.ti_free_image(runtime, image)
        assert no_error()

    def test_ti_create_sampler(self, runtime):
        """Nearest and linear give different texels half a texel off."""
        textures = ta.ti_load_aot_module(runtime, MODULES / "textures.tcm")
        info = image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA32F)
        image = ta.ti_allocate_image(runtime, info)
        store = ta.ti_get_aot_module_kernel(textures, "store_2d_rgba32f")
        ta.ti_launch_kernel(runtime, store, 4, [texture_argument(image, info), i32(16), i32(8), i32(1)])
        sample = ta.ti_get_aot_module_kernel(textures, "sample_2d")
        texels = {}
        for mode in (ta.TiFilter.TI_FILTER_NEAREST, ta.TiFilter.TI_FILTER_LINEAR):
            clamp = ta.TiAddressMode.TI_ADDRESS_MODE_CLAMP_TO_EDGE
            sampler = ta.ti_create_sampler(runtime, ta.TiSamplerCreateInfo(mode, mode, clamp, 1.0))
            assert sampler and isinstance(sampler, ta.TiSampler)
            out = upload(runtime, np.zeros((16, 8, 4), np.float32))
            arguments = [texture_argument(image, info, sampler), ndarray(out, (16, 8), F32, (4,)), f32(0.75)]
            ta.ti_launch_kernel(runtime, sample, 3, arguments)
            texels[mode] = read(runtime, out, (16, 8, 4), np.float32)
        assert no_error()
        assert same_texels(texels[ta.TiFilter.TI_FILTER_NEAREST], pattern(16, 8, 1))
        assert not same_texels(texels[ta.TiFilter.TI_FILTER_LINEAR], pattern(16, 8, 1))

    def test_ti_destroy_sampler(self, runtime):
        sampler = ta.ti_create_sampler(runtime, ta.TiSamplerCreateInfo())
        ta.ti_destroy_sampler(runtime, sampler)
        assert no_error()

    def test_ti_copy_memory_device_to_device(self, runtime):
        source, target = upload(runtime, np.arange(8, dtype=np.int32)), upload(runtime, np.full(8, -1, np.int32))
        ta.ti_copy_memory_device_to_device(runtime, ta.TiMemorySlice(source, 8, 16), ta.TiMemorySlice(target, 4, 16))
        assert no_error()
        assert read(runtime, target, 8, np.int32).tolist() == [-1, 2, 3, 4, 5, -1, -1, -1]
        assert read(runtime, source, 8, np.int32).tolist() == list(range(8))

    def test_ti_copy_image_device_to_device(self, runtime):
        textures = ta.ti_load_aot_module(runtime, MODULES / "textures.tcm")
        info = image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA32F)
        source, target = ta.ti_allocate_image(runtime, info), ta.ti_allocate_image(runtime, info)
        store = ta.ti_get_aot_module_kernel(textures, "store_2d_rgba32f")
        for image, seed in ((source, 1), (target, 2)):
            ta.ti_launch_kernel(runtime, store, 4, [texture_argument(image, info), i32(16), i32(8), i32(seed)])
        extent = ta.TiImageExtent(16, 8, 1, 1)
        ta.ti_copy_image_device_to_device(
            runtime,
            ta.TiImageSlice(source, ta.TiImageOffset(), extent, 0),
            ta.TiImageSlice(target, ta.TiImageOffset(), extent, 0),
        )
        load = ta.ti_get_aot_module_kernel(textures, "load_2d_rgba32f")
        for image in (source, target):
            out = upload(runtime, np.zeros((16, 8, 4), np.float32))
            ta.ti_launch_kernel(runtime, load, 2, [texture_argument(image, info), ndarray(out, (16, 8), F32, (4,))])
            assert same_texels(read(runtime, out, (16, 8, 4), np.float32), pattern(16, 8, 1))
        assert no_error()

    def test_ti_track_image_ext(self, runtime):
        image = ta.ti_allocate_image(runtime, image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA8))
        ta.ti_track_image_ext(runtime, image, ta.TiImageLayout.TI_IMAGE_LAYOUT_UNDEFINED)
        assert no_error()

    def test_ti_transition_image(self, runtime):
        image = ta.ti_allocate_image(runtime, image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA8))
        ta.ti_transition_image(runtime, image, ta.TiImageLayout.TI_IMAGE_LAYOUT_SHADER_READ)
        assert no_error()

    def test_ti_launch_kernel(self, runtime, module):
        saxpy = ta.ti_get_aot_module_kernel(module, "saxpy")
        x, y = np.arange(100, dtype=np.float32), np.linspace(0, 1, 100, dtype=np.float32)
        memories = [upload(runtime, array) for array in (x, y, np.zeros(100, np.float32))]
        arguments = [f32(2.5)] + [ndarray(memory, (100,), F32) for memory in memories]
        ta.ti_launch_kernel(runtime, saxpy, 4, arguments)
        assert no_error()
        assert np.allclose(read(runtime, memories[2], 100, np.float32), np.float32(2.5) * x + y, rtol=1e-6)

    def test_ti_launch_compute_graph(self, runtime):
        graphs = ta.ti_load_aot_module(runtime, MODULES / "graphs.tcm")
        chain = ta.ti_get_aot_module_compute_graph(graphs, "chain")
        a, b = np.arange(10, dtype=np.int32), np.arange(10, dtype=np.int32) * 100
        memories = [upload(runtime, array) for array in (a, b, np.zeros(10, np.int32))]
        arguments = {"step": i32(2), "factor": i32(3)}
        arguments.update(zip("a b out".split(), (ndarray(memory, (10,), I32) for memory in memories)))
        named = [ta.TiNamedArgument(name.encode(), argument) for name, argument in arguments.items()]
        ta.ti_launch_compute_graph(runtime, chain, len(named), named)
        assert no_error()
        assert np.array_equal(read(runtime, memories[2], 10, np.int32), (a + 2) * 3 + 3 * 2 + b)

    def test_ti_flush(self, runtime):
        ta.ti_flush(runtime)
        assert no_error()

    def test_ti_wait(self, runtime, module):
        rank1 = ta.ti_get_aot_module_kernel(module, "rank1")
        memory = upload(runtime, np.zeros(1000, np.int32))
        ta.ti_launch_kernel(runtime, rank1, 1, [ndarray(memory, (1000,), I32)])
        ta.ti_wait(runtime)
        assert no_error()
        assert np.array_equal(read(runtime, memory, 1000, np.int32), 1000000 + np.arange(1000))

    def test_ti_load_aot_module(self, runtime):
        for name in ("ndarrays.tcm", "returns"):
            module = ta.ti_load_aot_module(runtime, MODULES / name)
            assert module and isinstance(module, ta.TiAotModule) and no_error()
        assert not ta.ti_load_aot_module(runtime, "no/such/folder")
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_CORRUPTED_DATA

    def test_ti_create_aot_module(self, runtime):
        data = (MODULES / "ndarrays.tcm").read_bytes()
        as_array = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        for tcm in (
            data,
            bytearray(data),
            as_array,
            ctypes.cast(as_array, ctypes.c_void_p),
            ctypes.addressof(as_array),
        ):
            assert ta.ti_get_aot_module_kernel(ta.ti_create_aot_module(runtime, tcm, len(data)), "saxpy")
        assert ta.ti_create_aot_module(runtime, data) and no_error()

    def test_ti_destroy_aot_module(self, module):
        ta.ti_destroy_aot_module(module)
        assert no_error()
        assert not ta.ti_get_aot_module_kernel(module, "saxpy")
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_INVALID_ARGUMENT

    def test_ti_get_aot_module_kernel(self, module):
        kernel = ta.ti_get_aot_module_kernel(module, "saxpy")
        assert kernel and isinstance(kernel, ta.TiKernel) and no_error()
        assert not ta.ti_get_aot_module_kernel(module, "no such kernel")
        assert ta.ti_get_last_error()[1] == ta.TiError.TI_ERROR_NAME_NOT_FOUND

    def test_ti_get_aot_module_compute_graph(self, runtime):
        graphs = ta.ti_load_aot_module(runtime, MODULES / "graphs.tcm")
        graph = ta.ti_get_aot_module_compute_graph(graphs, "chain")
        assert graph and isinstance(graph, ta.TiComputeGraph) and no_error()


class TestHelpers:
    def test_get_version(self):
        assert _utils.get_version() == 1007000

    def test_get_last_error(self, runtime):
        assert _utils.get_last_error() == ""
        ta.ti_set_last_error(ta.TiError.TI_ERROR_INVALID_STATE, "told")
        with pytest.raises(RuntimeError, match="told"):
            _utils.get_last_error(256)

    def test_set_last_error(self, runtime):
        _utils.set_last_error(ta.TiError.TI_ERROR_NAME_NOT_FOUND, "nobody")
        assert ta.ti_get_last_error() == ("nobody", ta.TiError.TI_ERROR_NAME_NOT_FOUND)

    def test_get_available_archs(self):
        archs = _utils.get_available_archs()
        assert archs == sorted(archs) and "TI_ARCH_VULKAN" in archs

    def test_allocate_image_and_free_image(self, runtime):
        image = _utils.allocate_image(runtime, image_info(4, 4, ta.TiFormat.TI_FORMAT_R32F))
        assert image
        _utils.free_image(runtime, image)
        with pytest.raises(RuntimeError):
            _utils.free_image(runtime, image)

    def test_track_image_ext_and_transition_image(self, runtime):
        image = _utils.allocate_image(runtime, image_info(4, 4, ta.TiFormat.TI_FORMAT_R32F))
        _utils.transition_image(runtime, image, ta.TiImageLayout.TI_IMAGE_LAYOUT_SHADER_READ_WRITE)
        _utils.track_image_ext(runtime, image, ta.TiImageLayout.TI_IMAGE_LAYOUT_SHADER_READ)

    def test_copy_memory_device_to_device(self, runtime):
        source, target = upload(runtime, np.arange(4, dtype=np.int32)), upload(runtime, np.zeros(4, np.int32))
        _utils.copy_memory_device_to_device(runtime, ta.TiMemorySlice(source, 0, 16), ta.TiMemorySlice(target, 0, 16))
        assert read(runtime, target, 4, np.int32).tolist() == [0, 1, 2, 3]

    def test_copy_image_device_to_device(self, runtime):
        info = image_info(4, 4, ta.TiFormat.TI_FORMAT_R32F)
        images = [_utils.allocate_image(runtime, info) for _ in range(2)]
        slices = [ta.TiImageSlice(image, ta.TiImageOffset(), info.extent, 0) for image in images]
        _utils.copy_image_device_to_device(runtime, *slices)
        slices[1].extent.width = 5
        with pytest.raises(RuntimeError):
            _utils.copy_image_device_to_device(runtime, *slices)


class TestClasses:
    @pytest.fixture
    def rt(self):
        with ta.Runtime() as runtime:
            yield runtime

    def test_runtime(self):
        runtime = ta.Runtime.create(ta.TiArch.TI_ARCH_VULKAN, 0)
        assert (runtime.arch, runtime.device) == (ta.TiArch.TI_ARCH_VULKAN, 0) and runtime.runtime_instance
        runtime.flush()
        runtime.wait()
        runtime.destroy()
        assert not runtime.runtime_instance
        runtime.destroy()
        with pytest.raises(ta.TaichiError):
            runtime.wait()
        with pytest.raises(ta.TaichiError, match="99"):
            ta.Runtime(arch=99, device=0)

    def test_memory(self, rt):
        memory = ta.Memory.allocate(rt, memory_info(64))
        assert memory.memory_instance and memory.map() != 0
        memory.unmap()
        same = ta.Memory(rt, memory.memory_instance)
        (ctypes.c_uint8 * 64).from_address(same.map())[:] = range(64)
        same.unmap()
        assert bytes((ctypes.c_uint8 * 64).from_address(memory.map())) == bytes(range(64))
        memory.free()
        memory.free()
        assert not memory.memory_instance
        with pytest.raises(ta.TaichiError):
            ta.Memory.allocate(rt, memory_info(0))

    def test_aot_module(self, rt):
        module = ta.AotModule.load(rt, MODULES / "graphs.tcm")
        data = (MODULES / "graphs.tcm").read_bytes()
        for each in (module, ta.AotModule.create(rt, data, len(data)), ta.AotModule(module.aot_module_instance)):
            assert isinstance(each.get_kernel("add_to"), ta.Kernel)
            assert isinstance(each.get_compute_graph("chain"), ta.ComputeGraph)
        with pytest.raises(RuntimeError, match="no_such_kernel"):
            module.get_kernel("no_such_kernel")
        with pytest.raises(RuntimeError):
            ta.AotModule.load(rt, "no/such/folder")
        module.destroy()
        module.destroy()

    def test_kernel(self, rt):
        saxpy = ta.AotModule.load(rt, MODULES / "ndarrays.tcm").get_kernel("saxpy")
        x, y = np.arange(50, dtype=np.float32), np.ones(50, np.float32)
        for alpha in (0.5, 3, np.float64(0.25)):
            saxpy.launch(rt, alpha, x, y, np.zeros(50, np.float32))
            back = saxpy.get_arguments()
            assert len(back) == 3 and np.array_equal(back[0], x) and np.array_equal(back[1], y)
            assert np.array_equal(back[2], np.float32(alpha) * x + y)
        saxpy.set_arguments(rt, 2.0, x.tolist(), list(y), np.zeros(50, np.float32))
        saxpy.launch(rt)
        assert np.array_equal(saxpy.get_arguments()[2], 2 * x + y)

    def test_kernel_argument(self, rt):
        argument = ta.KernelArgument(rt, 7)
        assert (argument.og, argument.type, argument.value.i32) == (7, ta.TiArgumentType.TI_ARGUMENT_TYPE_I32, 7)
        assert argument.allocated_memory is None
        argument = ta.KernelArgument(rt, 0.5)
        assert (argument.type, argument.value.f32) == (ta.TiArgumentType.TI_ARGUMENT_TYPE_F32, 0.5)
        data = np.arange(6, dtype=np.float16).reshape(2, 3)
        argument = ta.KernelArgument(rt, data)
        array = argument.get_ti_argument.value.ndarray
        assert argument.get_ti_argument.type == ta.TiArgumentType.TI_ARGUMENT_TYPE_NDARRAY
        assert (array.elem_type, array.shape.dim_count, array.elem_shape.dim_count) == (0, 2, 0)
        assert array.shape.dims[:2] == [2, 3] and argument.allocated_memory.memory_instance
        assert np.array_equal(argument.read_back(), data)
        for value, kind in ((True, "U1"), (np.uint8(3), "U8"), (np.float64(1), "F64"), (2**40, "I64"), (2**63, "U64")):
            argument = ta.KernelArgument(rt, value)
            assert argument.type == ta.TiArgumentType.TI_ARGUMENT_TYPE_SCALAR
            assert argument.value.scalar.type == ta.TiDataType[f"TI_DATA_TYPE_{kind}"]
        for value in ([1, 2, 3], (1.5, 2.5), b"bytes"):
            assert ta.KernelArgument(rt, value).type == ta.TiArgumentType.TI_ARGUMENT_TYPE_NDARRAY
        with pytest.raises(TypeError, match="str"):
            ta.KernelArgument(rt, "text")

    def test_compute_graph(self, rt):
        module = ta.AotModule.load(rt, MODULES / "graphs.tcm")
        graph = ta.ComputeGraph.from_aot_module(module, "chain")
        a, b = np.arange(10, dtype=np.int32), np.arange(10, dtype=np.int32) * 100
        values = {"a": a, "b": b, "out": np.zeros(10, np.int32), "step": 2, "factor": 3}
        held = {name: ta.KernelArgument(rt, value) for name, value in values.items()}
        graph.launch(rt, [ta.TiNamedArgument(name.encode(), held[name].get_ti_argument) for name in held])
        assert np.array_equal(held["out"].read_back(), (a + 2) * 3 + 3 * 2 + b)
        graph.launch(rt, values)
        assert np.array_equal(graph.get_arguments()["out"], (a + 2) * 3 + 3 * 2 + b)

    def test_sampler(self, rt):
        info = ta.TiSamplerCreateInfo(
            ta.TiFilter.TI_FILTER_LINEAR, ta.TiFilter.TI_FILTER_NEAREST, ta.TiAddressMode.TI_ADDRESS_MODE_REPEAT, 1.0
        )
        for sampler in (ta.Sampler.create(rt, info), ta.Sampler(rt, None, info)):
            assert sampler.sampler_instance
            same = ta.Sampler(rt, sampler.sampler_instance)
            same.destroy()
            with pytest.raises(ta.TaichiError):
                sampler.destroy()
            sampler.destroy()
        with pytest.raises(ta.TaichiError):
            ta.Sampler.create(rt, ta.TiSamplerCreateInfo(9, 9, 9, 1.0))


def test_there_are_44_of_them():
    cases = [name for case in (TestFunctions, TestHelpers, TestClasses) for name in vars(case) if name[:5] == "test_"]
    assert len(cases) == 44
