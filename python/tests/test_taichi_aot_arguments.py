"""Every kind of argument through the classes, compared with NumPy."""

import numpy as np
import pytest
from taichi_aot_support import MODULES, SCALAR_TYPES, image_info, pattern, same_texels, texture

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _parameters


@pytest.fixture(scope="module")
def runtime():
    with ta.Runtime() as runtime:
        yield runtime


def kernel(runtime, module, name):
    return ta.AotModule.load(runtime, MODULES / f"{module}.tcm").get_kernel(name)


def values_of(dtype):
    """Corners and a middle of a type, as NumPy scalars."""
    if np.dtype(dtype).kind == "f":
        return [dtype(value) for value in (0, -1.5, 0.3, np.finfo(dtype).max, np.finfo(dtype).tiny, np.inf)]
    limits = np.iinfo(dtype)
    return [dtype(value) for value in (0, 1, limits.max, limits.min, limits.max // 3)]


@pytest.mark.parametrize("name", SCALAR_TYPES)
@pytest.mark.parametrize("kind", ["numpy", "python", "array"])
def test_scalars_of_every_type(runtime, name, kind):
    dtype = SCALAR_TYPES[name]
    write = kernel(runtime, "scalars", f"write_{name}")
    for value in values_of(dtype):
        given = {"numpy": value, "python": value.item(), "array": np.array(value)}[kind]
        write.launch(runtime, given, np.zeros(3, dtype))
        assert write.get_arguments()[0].tolist() == [value.item()] * 3


@pytest.mark.parametrize("value", [True, False, np.bool_(True), np.bool_(False), 1, 0])
def test_booleans(runtime, value):
    write = kernel(runtime, "scalars", "write_u1")
    write.launch(runtime, value, np.zeros(2, np.int32))
    assert write.get_arguments()[0].tolist() == [1 if value else 2] * 2


def test_booleans_are_numbers_for_other_types(runtime):
    write = kernel(runtime, "scalars", "write_i32")
    write.launch(runtime, True, np.zeros(2, np.int32))
    assert write.get_arguments()[0].tolist() == [1, 1]


def test_thirteen_scalars_and_two_arrays_at_once(runtime):
    mixed = kernel(runtime, "scalars", "mixed")
    mixed.launch(
        runtime, -8, 200, -3000, 60000, 0.5, -70000, 4000000000, 0.25, -(2**40), 2**41, 1e-300, True, -1,
        np.zeros(10, np.int64), np.zeros(3, np.float64),
    )  # fmt: skip
    ints, floats = mixed.get_arguments()
    assert ints.tolist() == [-8, 200, -3000, 60000, -70000, 4000000000, -(2**40), 2**41, 1, -1]
    assert floats.tolist() == [0.5, 0.25, 1e-300]


@pytest.mark.parametrize("name", SCALAR_TYPES)
def test_vectors_and_matrices_by_value(runtime, name):
    dtype = SCALAR_TYPES[name]
    for shape, kind in (((2,), "vec2"), ((3,), "vec3"), ((2, 3), "mat2x3")):
        launch = kernel(runtime, "tensors", f"{kind}_{name}")
        array = (np.arange(np.prod(shape)) * 7 + 3).astype(dtype).reshape(shape)
        for given in (array, array.tolist(), tuple(array.tolist())):
            launch.launch(runtime, given, np.zeros(array.size, dtype))
            assert np.array_equal(launch.get_arguments()[0], array.ravel())


def test_vectors_between_scalars(runtime):
    launch = kernel(runtime, "tensors", "two_vectors")
    launch.launch(runtime, [1, 2, 3], 0.5, (5.0, 1.5), np.zeros(4, np.float32))
    assert launch.get_arguments()[0].tolist() == [0.5 * (321 + 5.0 - 1.5)] * 4
    launch = kernel(runtime, "tensors", "mat4x4_f32")
    matrix = np.arange(16, dtype=np.float32).reshape(4, 4)
    launch.launch(runtime, matrix.T, np.zeros(16, np.float32))
    assert np.array_equal(launch.get_arguments()[0].reshape(4, 4), matrix.T)


@pytest.mark.parametrize("name", SCALAR_TYPES)
def test_arrays_of_scalars_vectors_and_matrices(runtime, name):
    dtype = SCALAR_TYPES[name]
    for shape, kind in (((20,), "scalar"), ((6, 3), "vector"), ((4, 2, 3), "matrix")):
        launch = kernel(runtime, "ndarrays", f"{kind}_{name}")
        array = np.ones(shape, dtype)
        steps = np.arange(array.size).reshape(shape) + (1 if kind == "scalar" else 0)
        launch.launch(runtime, array)
        back = launch.get_arguments()[0]
        assert back.dtype == dtype and np.array_equal(back, array + steps.astype(dtype))
        assert np.array_equal(array, np.ones(shape, dtype))


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 4), (2, 3, 2, 3), (2, 1, 2, 3, 2)])
def test_arrays_of_every_rank(runtime, shape):
    rank = len(shape)
    launch = kernel(runtime, "ndarrays", f"rank{rank}")
    launch.launch(runtime, np.zeros(shape, np.int32), *([7] if rank == 5 else []))
    expected = sum(10 ** (rank - 1 - axis) * index for axis, index in enumerate(np.indices(shape)))
    expected = expected + {1: 1000000, 5: 7}.get(rank, 0)
    assert np.array_equal(launch.get_arguments()[0], expected)


def test_an_array_without_dimensions(runtime):
    launch = kernel(runtime, "ndarrays", "rank0")
    launch.launch(runtime, np.array(37, np.int32))
    back = launch.get_arguments()[0]
    assert back.shape == () and back == 42


def test_an_empty_array(runtime):
    launch = kernel(runtime, "ndarrays", "rank1")
    launch.launch(runtime, np.zeros(0, np.int32))
    assert launch.get_arguments()[0].shape == (0,)


def test_shapes_arrive(runtime):
    launch = kernel(runtime, "ndarrays", "shapes")
    launch.launch(runtime, np.zeros((4, 5, 6, 2), np.float32), np.zeros(3, np.int32))
    assert launch.get_arguments()[1].tolist() == [4, 5, 6]


def test_strided_and_foreign_arrays_are_copied_right(runtime):
    launch = kernel(runtime, "ndarrays", "saxpy")
    base = np.arange(40, dtype=np.float32)
    big_endian = np.arange(10, dtype=np.dtype(np.float32).newbyteorder())
    read_only = np.ones(10, np.float32)
    read_only.setflags(write=False)
    launch.launch(runtime, 1.0, base[::4], big_endian, read_only)
    assert np.array_equal(launch.get_arguments()[2], base[::4] + np.arange(10))
    rank2 = kernel(runtime, "ndarrays", "rank2")
    rank2.launch(runtime, np.asfortranarray(np.zeros((3, 4), np.int32)))
    assert np.array_equal(rank2.get_arguments()[0], 10 * np.arange(3)[:, None] + np.arange(4))


def test_lists_take_the_declared_type(runtime):
    launch = kernel(runtime, "ndarrays", "scalar_u8")
    launch.launch(runtime, [1, 2, 250])
    assert launch.get_arguments()[0].dtype == np.uint8
    assert launch.get_arguments()[0].tolist() == [2, 4, 253]
    launch.launch(runtime, b"\x01\x02")
    assert launch.get_arguments()[0].tolist() == [2, 4]
    launch = kernel(runtime, "ndarrays", "vector_f64")
    launch.launch(runtime, [[1, 2, 3], [4, 5, 6]])
    assert launch.get_arguments()[0].tolist() == [[1, 3, 5], [7, 9, 11]]


def test_launches_with_different_arrays_in_turn(runtime):
    """Memory is used again for arrays of the same size only, and what is in flight sees its own data."""
    launch = kernel(runtime, "ndarrays", "saxpy")
    for length in (4, 4, 9, 9, 2, 4):
        x = np.full(length, length, np.float32)
        launch.launch(runtime, 2.0, x, x, np.zeros(length, np.float32))
        assert np.array_equal(launch.get_arguments()[2], 3 * x)


def test_structures_of_the_c_api_are_passed_on(runtime):
    info = image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA8)
    image = ta.allocate_image(runtime.runtime_instance, info)
    store = kernel(runtime, "textures", "store_2d_rgba8")
    scalar = ta.TiScalar(ta.TiDataType.TI_DATA_TYPE_I32, ta.TiScalarValue(x32=16))
    store.launch(runtime, texture(image, info), scalar, ta.KernelArgument(runtime, 8).get_ti_argument, 5)
    load = kernel(runtime, "textures", "load_2d_rgba8")
    load.launch(runtime, texture(image, info), np.zeros((16, 8, 4), np.float32))
    assert same_texels(load.get_arguments()[0], pattern(16, 8, 5))


def test_sampled_and_storage_images_in_one_kernel(runtime):
    info = image_info(16, 8, ta.TiFormat.TI_FORMAT_RGBA32F)
    source, target = (ta.allocate_image(runtime.runtime_instance, info) for _ in range(2))
    sampler = ta.Sampler.create(runtime, ta.TiSamplerCreateInfo())
    kernel(runtime, "textures", "store_2d_rgba32f").launch(runtime, texture(source, info), 16, 8, 2)
    flip = kernel(runtime, "textures", "flip_2d")
    flip.launch(runtime, texture(source, info, sampler.sampler_instance), texture(target, info), 16, 8)
    fetch = kernel(runtime, "textures", "fetch_2d")
    fetch.launch(runtime, texture(target, info), np.zeros((16, 8, 4), np.float32))
    assert same_texels(fetch.get_arguments()[0], pattern(16, 8, 2)[::-1, ::-1])


@pytest.mark.parametrize("name", SCALAR_TYPES)
def test_graphs_with_scalars_of_every_type(runtime, name):
    dtype = SCALAR_TYPES[name]
    graph = ta.AotModule.load(runtime, MODULES / "graphs.tcm").get_compute_graph(f"scalar_{name}")
    for value in values_of(dtype):
        graph.launch(runtime, {"value": value, "out": np.zeros(3, dtype)})
        assert graph.get_arguments()["out"].tolist() == [value.item()] * 3


def test_graphs_with_tensors_vectors_images_and_nothing(runtime):
    module = ta.AotModule.load(runtime, MODULES / "graphs.tcm")
    graph = module.get_compute_graph("tensors")
    graph.launch(runtime, {"v": [0.5, 1.5, 2.5], "m": [[1, 2, 3], [4, 5, 6]], "out": np.zeros(9, np.float32)})
    assert graph.get_arguments()["out"].tolist() == [0.5, 1.5, 2.5, 1, 2, 3, 4, 5, 6]
    graph = module.get_compute_graph("vectors")
    array = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    graph.launch(runtime, {"a": array, "gain": 2})
    assert np.array_equal(graph.get_arguments()["a"], 2 * array)
    info = image_info(5, 5, ta.TiFormat.TI_FORMAT_R32F)
    bound = texture(ta.allocate_image(runtime.runtime_instance, info), info)
    graph = module.get_compute_graph("images")
    graph.launch(runtime, {"image": bound, "picture": bound, "n": 5, "out": np.zeros((5, 5), np.float32)})
    x, y = np.indices((5, 5))
    assert np.array_equal(graph.get_arguments()["out"], 100 * x + y)
    graph = module.get_compute_graph("twice")
    graph.launch(runtime, {"a": [1, 2, 3], "out": [0, 0, 0]})
    assert graph.get_arguments()["out"].tolist() == [2, 4, 6]
    module.get_compute_graph("empty").launch(runtime)


def test_arguments_without_a_declaration(runtime, monkeypatch):
    """With a library that does not tell what a kernel declares, values go as they are."""
    monkeypatch.setattr(_parameters.api, "has", lambda name: False)
    launch = kernel(runtime, "ndarrays", "saxpy")
    assert launch._declared is None
    x = np.arange(5, dtype=np.float32)
    for _ in range(2):
        launch.launch(runtime, 2.0, x, x.tolist(), np.zeros(5, np.float32))
        assert np.array_equal(launch.get_arguments()[2], 3 * x)
    write = kernel(runtime, "scalars", "write_f16")
    write.launch(runtime, np.float16(0.25), np.zeros(2, np.float16))
    assert write.get_arguments()[0].tolist() == [0.25, 0.25]


def test_kernels_that_return_values_write_their_arrays_too(runtime):
    launch = ta.AotModule.load(runtime, MODULES / "returns").get_kernel("sum_and_mark")
    launch.launch(runtime, [1, 2, 3])
    assert launch.get_arguments()[0].tolist() == [-1, -2, -3]
