"""Bad input: an exception that says what is wrong, and the next call works."""

import ctypes

import numpy as np
import pytest
from taichi_aot_support import MODULES, f32, memory_info, ndarray, refused

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _library

GOOD = np.ones(4, np.float32)
Code = ta.TiError


@pytest.fixture
def runtime():
    with ta.Runtime() as runtime:
        yield runtime


@pytest.fixture
def module(runtime):
    return ta.AotModule.load(runtime, MODULES / "ndarrays.tcm")


@pytest.fixture
def saxpy(runtime, module):
    kernel = module.get_kernel("saxpy")
    yield kernel
    kernel.launch(runtime, 2.0, GOOD, GOOD, np.zeros(4, np.float32))
    assert kernel.get_arguments()[2].tolist() == [3] * 4


BAD_ARGUMENTS = {
    "too few": ((1.0, GOOD), Code.TI_ERROR_ARGUMENT_NOT_FOUND, "takes 4 arguments, but 2"),
    "too many": ((1.0, GOOD, GOOD, GOOD, GOOD), Code.TI_ERROR_INVALID_ARGUMENT, "takes 4 arguments, but 5"),
    "element type": (
        (1.0, GOOD, GOOD, np.ones(4)),
        Code.TI_ERROR_INVALID_ARGUMENT,
        "f32, but the ndarray given holds f64",
    ),
    "rank": ((1.0, GOOD, GOOD, np.ones((2, 2), np.float32)), Code.TI_ERROR_INVALID_ARGUMENT, "'out'.* 1 .* has 2"),
    "array for a scalar": ((GOOD, GOOD, GOOD, GOOD), Code.TI_ERROR_INVALID_ARGUMENT, "'alpha'"),
    "scalar for an array": ((1.0, 2.0, GOOD, GOOD), Code.TI_ERROR_INVALID_ARGUMENT, "'x'"),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_wrong_arguments_are_told_at_their_launch(runtime, saxpy, case):
    values, code, message = BAD_ARGUMENTS[case]
    with pytest.raises(ta.TaichiError, match=message) as raised:
        saxpy.launch(runtime, *values)
    assert raised.value.code == code


def test_a_float_for_an_integer_is_refused_by_name(runtime):
    kernel = ta.AotModule.load(runtime, MODULES / "scalars.tcm").get_kernel("write_i32")
    assert "'value'" in refused(kernel.launch, runtime, 1.5, np.zeros(2, np.int32)).message
    kernel.launch(runtime, 1, np.zeros(2, np.int32))
    assert kernel.get_arguments()[0].tolist() == [1, 1]


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("u8", 256, "'value' is of type u8 .0 to 255., but the value given is 256"),
        ("u8", -1, "-1"),
        ("i64", 2**63, "i64"),
        ("u1", 5, "'value' is of type u1 .0 to 1., but the value given is 5"),
        ("f16", 1e6, "'value' is of type f16 .-65504.0 to 65504.0., but the value given is 1000000.0"),
        ("f32", 1e300, "f32"),
        ("f32", 10**400, "f32"),
        ("f64", 10**400, "f64"),
    ],
)
def test_numbers_out_of_range_are_refused(runtime, name, value, message):
    kernel = ta.AotModule.load(runtime, MODULES / "scalars.tcm").get_kernel(f"write_{name}")
    with pytest.raises(ValueError, match=message):
        kernel.launch(runtime, value, np.zeros(2, np.uint8))


def test_integers_too_long_to_write(runtime):
    kernel = ta.AotModule.load(runtime, MODULES / "scalars.tcm").get_kernel("write_i32")
    with pytest.raises(ValueError, match="'value' .* an integer of more digits than Python writes"):
        kernel.launch(runtime, 10**5000, np.zeros(2, np.int32))


@pytest.mark.parametrize(
    "value, kind, message",
    [
        ("text", TypeError, "str"),
        (None, TypeError, "NoneType"),
        (object(), TypeError, "object"),
        (1j, TypeError, "complex"),
        (["a", "b"], TypeError, "'x' takes numbers"),
        ([1, [2, 3]], (TypeError, ValueError), "'x' takes numbers"),
        (np.zeros(3, np.complex64), TypeError, "complex64"),
        (np.zeros(3, "datetime64[s]"), TypeError, "datetime64"),
        (np.array([object()]), TypeError, "object"),
    ],
)
def test_values_that_no_kernel_takes(runtime, saxpy, value, kind, message):
    with pytest.raises(kind, match=message):
        saxpy.launch(runtime, 1.0, value, GOOD, GOOD)


def test_lists_that_do_not_fit(runtime, module):
    with pytest.raises(ValueError, match="'a' holds elements of type uint8 .0 to 255., but the list given holds 256"):
        module.get_kernel("scalar_u8").launch(runtime, [1, 256])
    with pytest.raises(TypeError, match="floats"):
        module.get_kernel("scalar_u8").launch(runtime, [1.5])
    with pytest.raises(ValueError, match="'a' holds elements of type float16 .* but the list given holds 100000.0"):
        module.get_kernel("scalar_f16").launch(runtime, [np.nan, 1e5])
    module.get_kernel("scalar_f16").launch(runtime, [np.inf, np.nan, 65519.0])


def test_tensors_that_do_not_fit(runtime):
    kernel = ta.AotModule.load(runtime, MODULES / "tensors.tcm").get_kernel("vec3_f32")
    out = np.zeros(3, np.float32)
    assert "3 components" in refused(kernel.launch, runtime, [1.0, 2.0], out).message
    assert "f64" in refused(kernel.launch, runtime, np.ones(3), out).message
    with pytest.raises(ValueError, match="at most 128 bytes"):
        kernel.launch(runtime, np.ones(33, np.float32), out)
    kernel.launch(runtime, [1, 2, 3], out)
    assert kernel.get_arguments()[0].tolist() == [1, 2, 3]


def test_graphs(runtime):
    module = ta.AotModule.load(runtime, MODULES / "graphs.tcm")
    graph = module.get_compute_graph("twice")
    assert refused(graph.launch, runtime, {"a": [1]}).code == Code.TI_ERROR_ARGUMENT_NOT_FOUND
    assert refused(graph.launch, runtime, {"a": [1], "out": 3}).code == Code.TI_ERROR_INVALID_ARGUMENT
    assert "nobody" in refused(module.get_compute_graph, "nobody").message
    graph.launch(runtime, {"a": [1], "out": [0]})
    assert graph.get_arguments()["out"].tolist() == [2]


def test_handles_of_the_wrong_kind(runtime, module):
    rt = runtime.runtime_instance
    memory = ta.allocate_memory(rt, memory_info(16))
    for call in (
        lambda: ta.ti_wait(memory),
        lambda: ta.ti_free_image(rt, memory),
        lambda: ta.ti_launch_kernel(rt, module.aot_module_instance, 0, []),
        lambda: ta.ti_destroy_sampler(rt, rt),
        lambda: ta.ti_wait(runtime),
        lambda: ta.ti_allocate_memory(rt, ta.TiImageAllocateInfo()),
    ):
        with pytest.raises(ctypes.ArgumentError):
            call()
    # What a cast hides from ctypes, the library sees.
    disguised = ctypes.cast(memory, ta.TiImage)
    assert refused(ta.free_image, rt, disguised).code == Code.TI_ERROR_INVALID_ARGUMENT
    ta.free_memory(rt, memory)


def test_null_handles_and_pointers(runtime):
    rt = runtime.runtime_instance
    for call, arguments in (
        (ta.wait, (None,)),
        (ta.allocate_memory, (rt, None)),
        (ta.free_memory, (rt, None)),
        (ta.allocate_image, (rt, None)),
        (ta.create_sampler, (rt, None)),
        (ta.launch_kernel, (rt, None)),
        (ta.load_aot_module, (rt, None)),
        (ta.create_aot_module, (rt, None, 8)),
        (ta.get_aot_module_kernel, (None, "name")),
        (ta.copy_memory_device_to_device, (rt, None, None)),
    ):
        assert refused(call, *arguments).code == Code.TI_ERROR_ARGUMENT_NULL, call


def test_things_of_destroyed_owners(runtime, module, saxpy):
    rt = runtime.runtime_instance
    gone = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm")
    kernel = gone.get_kernel("saxpy")
    gone.destroy()
    for call in (lambda: kernel.launch(runtime, 1.0, GOOD, GOOD, GOOD), lambda: gone.get_kernel("saxpy")):
        error = refused(call)
        assert (error.code, error.message) == (Code.TI_ERROR_INVALID_STATE, "The module has been destroyed.")
        assert ta.get_last_error() == error.message
    memory = ta.Memory.allocate(runtime, memory_info(16))
    handle = memory.memory_instance
    memory.free()
    assert refused(memory.map).message == "The memory has been destroyed."
    assert refused(ta.map_memory, rt, handle).code == Code.TI_ERROR_INVALID_ARGUMENT
    arguments = [f32(1.0)] + [ndarray(handle, (4,), ta.TiDataType.TI_DATA_TYPE_F32)] * 3
    launch = ta.get_aot_module_kernel(module.aot_module_instance, "saxpy")
    assert refused(ta.launch_kernel, rt, launch, 4, arguments).code == Code.TI_ERROR_INVALID_ARGUMENT


def test_things_of_a_destroyed_runtime():
    runtime = ta.Runtime()
    module = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm")
    graph = ta.AotModule.load(runtime, MODULES / "graphs.tcm").get_compute_graph("twice")
    kernel = module.get_kernel("saxpy")
    kernel.launch(runtime, 1.0, GOOD, GOOD, GOOD)
    graph.launch(runtime, {"a": [1], "out": [0]})
    argument = ta.KernelArgument(runtime, GOOD)
    memory = argument.allocated_memory
    get_arguments, get_graph_arguments = kernel.get_arguments, graph.get_arguments
    runtime.destroy()
    for call in (
        runtime.wait,
        runtime.flush,
        memory.map,
        memory.unmap,
        argument.read_back,
        get_arguments,
        get_graph_arguments,
        lambda: memory.write(GOOD.ctypes.data, 4),
        lambda: kernel.launch(runtime),
        lambda: kernel.launch(runtime, 1.0, GOOD, GOOD, GOOD),
        lambda: graph.launch(runtime, []),
        lambda: graph.launch(runtime, {"a": [1], "out": [0]}),
        lambda: module.get_kernel("saxpy"),
        lambda: ta.ComputeGraph.from_aot_module(module, "twice"),
        lambda: ta.AotModule.load(runtime, MODULES / "ndarrays.tcm"),
        lambda: ta.AotModule.create(runtime, b"data"),
        lambda: ta.Memory.allocate(runtime, memory_info(16)),
        lambda: ta.Sampler.create(runtime, ta.TiSamplerCreateInfo()),
        lambda: ta.KernelArgument(runtime, GOOD),
    ):
        with pytest.raises(ta.TaichiError, match="The runtime( of the [a-z]+)? has been destroyed"):
            call()


def test_things_of_another_runtime(runtime, saxpy):
    with ta.Runtime() as other:
        memory = ta.Memory.allocate(other, memory_info(16))
        error = refused(ta.free_memory, runtime.runtime_instance, memory.memory_instance)
        assert error.code == Code.TI_ERROR_INVALID_ARGUMENT
        assert refused(saxpy.launch, other, 1.0, GOOD, GOOD, GOOD).code == Code.TI_ERROR_INVALID_ARGUMENT


def test_counts_that_do_not_fit(runtime, saxpy):
    rt = runtime.runtime_instance
    with pytest.raises(ValueError, match=r"count \(4\) is larger than the number of TiArgument given \(1\)"):
        ta.ti_launch_kernel(rt, saxpy.kernel_instance, 4, [f32(1.0)])
    with pytest.raises(ValueError, match="size .10."):
        ta.ti_create_aot_module(rt, b"short", 10)
    for call in (
        lambda: ta.ti_launch_kernel(rt, saxpy.kernel_instance, -1, []),
        lambda: ta.ti_launch_kernel(rt, saxpy.kernel_instance, -1),
        lambda: ta.ti_create_aot_module(rt, b"short", -1),
        lambda: ta.ti_create_aot_module(rt, ctypes.c_char_p(b"short"), -1),
        lambda: ta.ti_get_last_error(-1),
    ):
        with pytest.raises(ValueError, match=r"\(-1\) is not in the range 0 to"):
            call()


def test_numbers_that_no_c_parameter_holds(runtime):
    """ctypes would cut them off: 2 ** 32 is device 0, and a size of 2 ** 64 + 4 four bytes."""
    rt = runtime.runtime_instance
    data = (MODULES / "ndarrays.tcm").read_bytes()
    memory = ta.Memory.allocate(runtime, memory_info(16))
    place = ctypes.create_string_buffer(16)
    begin = ctypes.addressof(place)
    for what, call in (
        ("arch .4294967297.", lambda: ta.Runtime(2**32 + 1)),
        ("arch", lambda: ta.ti_create_runtime(2**32 + 1)),
        ("device .4294967296.", lambda: ta.Runtime(device=2**32)),
        ("device", lambda: ta.create_runtime(ta.TiArch.TI_ARCH_VULKAN, 2**32)),
        ("device", lambda: ta.Runtime(device=10**5000)),
        ("size", lambda: ta.create_aot_module(rt, ctypes.c_char_p(data), 2**64 + 4)),
        ("address", lambda: ta.create_aot_module(rt, 2**64 + begin, 4)),
        ("api version", lambda: ta.ti_create_vulkan_runtime_ext(2**32 + (1 << 22))),
        ("memory size", lambda: ta.ti_import_cpu_memory(rt, begin, 2**64 + 16)),
        ("memory size", lambda: ta.ti_import_cuda_memory(rt, begin, 2**64 + 16)),
        ("address", lambda: ta.ti_import_cpu_memory(rt, 2**64 + begin, 16)),
        ("address", lambda: ta.ti_set_cuda_stream(2**64)),
        ("view type", lambda: ta.ti_import_vulkan_image(rt, None, 2**32, 0)),
        ("layout", lambda: ta.ti_import_vulkan_image(rt, None, 0, 2**32)),
        ("layout", lambda: ta.transition_image(rt, None, 2**32)),
        ("layout", lambda: ta.track_image(rt, None, 2**32)),
        ("count", lambda: ta.ti_launch_kernel(rt, None, 2**32)),
        ("message size", lambda: ta.ti_get_last_error(2**64)),
        ("error", lambda: ta.set_last_error(-(2**63))),
        ("error", lambda: ta.set_last_error(2**32)),
        ("size", lambda: memory.write(begin, 2**64 + 4)),
        ("size", lambda: memory.read(begin, 2**64 + 4)),
        ("address", lambda: memory.read(begin + 2**64, 4)),
        ("dimension of the array", lambda: ta.KernelArgument(runtime, np.zeros((2**32, 0), np.uint8))),
        ("width of a TiImageExtent", lambda: ta.TiImageExtent(2**32 + 4, 1, 1, 1)),
        ("mip_level_count", lambda: setattr(ta.TiImageAllocateInfo(), "mip_level_count", 2**32 + 1)),
        ("size of a TiMemoryAllocateInfo", lambda: memory_info(2**64 + 16)),
        ("offset of a TiMemorySlice", lambda: ta.TiMemorySlice(memory.memory_instance, 2**64, 4)),
        ("dim_count", lambda: ta.TiNdShape(2**32 + 1)),
        ("api_version", lambda: setattr(ta.TiVulkanRuntimeInteropInfo(), "api_version", 2**32)),
    ):
        with pytest.raises(ValueError, match=f"The {what}.* is not in the range"):
            call()
    with pytest.raises(TypeError):
        ta.Runtime(device=1.5)
    assert ta.ti_get_last_error(2**63) == ta.ti_get_last_error()


@pytest.mark.parametrize("tells_sizes", [True, False], ids=["ist", "ti"])
def test_more_than_the_memory_has(runtime, monkeypatch, tells_sizes):
    memory = ta.Memory.allocate(runtime, memory_info(16))
    place = ctypes.create_string_buffer(b"x" * 64)
    with monkeypatch.context() as library:
        if not tells_sizes:
            library.setattr(_library.api, "has", lambda name: False)
        for call in (memory.read, memory.write):
            for size_bytes in (17, 1 << 20, 2**63):
                error = refused(call, ctypes.addressof(place), size_bytes)
                assert error.code == Code.TI_ERROR_ARGUMENT_OUT_OF_RANGE
                assert "16" in error.message and str(size_bytes) in error.message
            assert refused(call, None, 4).code == Code.TI_ERROR_ARGUMENT_NULL
        assert place.raw[:64] == b"x" * 64
        memory.write(b"0123456789abcdef", 16)
        memory.read(place, 16)
    assert place.raw[:17] == b"0123456789abcdefx"


def test_a_sampler_needs_its_info(runtime):
    error = refused(ta.Sampler.create, runtime, None)
    assert error.code == Code.TI_ERROR_ARGUMENT_NULL and "create_info" in error.message


def test_texts_with_null_characters(runtime, module):
    for call in (
        lambda: ta.set_last_error(Code.TI_ERROR_INVALID_STATE, "cut\0off"),
        lambda: ta.ti_set_last_error(Code.TI_ERROR_INVALID_STATE, b"cut\0off"),
        lambda: module.get_kernel("saxpy\0x"),
        lambda: ta.ComputeGraph.from_aot_module(module, "chain\0x"),
        lambda: ta.AotModule.load(runtime, f"{MODULES / 'ndarrays.tcm'}\0x"),
    ):
        with pytest.raises(ValueError, match="no null characters"):
            call()


def test_an_older_error_neither_hides_a_new_one_nor_gets_lost(runtime, saxpy):
    ta.ti_set_last_error(Code.TI_ERROR_INVALID_STATE, "older")
    runtime.flush()
    assert ta.ti_get_last_error() == ("older", Code.TI_ERROR_INVALID_STATE)
    assert refused(saxpy.launch, runtime, 1.0).code == Code.TI_ERROR_ARGUMENT_NOT_FOUND
    assert ta.ti_get_last_error()[1] == Code.TI_ERROR_ARGUMENT_NOT_FOUND


def test_errors_carry_code_and_message():
    error = ta.TaichiError(-4, "The sentence.")
    assert (error.code, error.message) == (Code.TI_ERROR_INVALID_ARGUMENT, "The sentence.")
    assert str(error) == "The sentence. (TI_ERROR_INVALID_ARGUMENT)" and isinstance(error, RuntimeError)
    assert ta.TaichiError(-3, "").message == Code.get_error_details(-3)
