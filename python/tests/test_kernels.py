"""Kernels with every kind of argument: what they compute is what NumPy computes."""

import ctypes
import decimal
import fractions
import inspect
import pydoc

import numpy as np
import pytest

import isthmus
from conftest import edited_module, run_python

INTEGERS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64")
FLOATS = ("f16", "f32", "f64")
NUMPY = {
    "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "u8": np.uint8, "u16": np.uint16,
    "u32": np.uint32, "u64": np.uint64, "f16": np.float16, "f32": np.float32, "f64": np.float64,
}  # fmt: skip
LENGTHS = (0, 1, 7, 129)


def counted(count, dtype):
    """count, count + 1, ... as the dtype holds them."""
    return np.arange(1, count + 1).astype(dtype)


@pytest.mark.parametrize("name", NUMPY)
def test_arrays_of_scalars_of_every_type(load, name):
    kernel = load("ndarrays").kernels[f"scalar_{name}"]
    for length in LENGTHS:
        a = np.full(length, 3, NUMPY[name])
        kernel(a=a)
        np.testing.assert_array_equal(a, (3 + counted(length, NUMPY[name])).astype(NUMPY[name]))


@pytest.mark.parametrize("name", NUMPY)
def test_arrays_of_vectors_and_matrices_of_every_type(load, name):
    kernels = load("ndarrays").kernels
    for length in (0, 1, 5):
        vectors = np.zeros((length, 3), NUMPY[name])
        kernels[f"vector_{name}"](vectors)
        np.testing.assert_array_equal(vectors, np.arange(3 * length).astype(NUMPY[name]).reshape(length, 3))
        matrices = np.zeros((length, 2, 3), NUMPY[name])
        kernels[f"matrix_{name}"](matrices)
        np.testing.assert_array_equal(matrices, np.arange(6 * length).astype(NUMPY[name]).reshape(length, 2, 3))


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 5), (2, 3, 1, 4), (2, 1, 3, 2, 2), (3, 0), (0, 2, 2)])
def test_every_rank(load, shape):
    kernel = load("ndarrays").kernels[f"rank{len(shape)}"]
    a = np.full(shape, 2, np.int32)
    kernel(a, 1) if len(shape) == 5 else kernel(a)
    if shape == ():
        assert a == 7
    elif len(shape) == 1:
        np.testing.assert_array_equal(a, 1000000 + np.arange(shape[0]))
    else:
        digits = np.indices(shape)
        expected = sum(digits[axis] * 10 ** (len(shape) - 1 - axis) for axis in range(len(shape)))
        np.testing.assert_array_equal(a, expected + (1 if len(shape) == 5 else 0))


def test_saxpy_by_name_by_position_and_mixed(load):
    saxpy = load("ndarrays").kernels.saxpy
    x, y = np.random.default_rng(1).random((2, 1001), np.float32)
    for call in (
        lambda out: saxpy(2.5, x, y, out),
        lambda out: saxpy(out=out, y=y, x=x, alpha=2.5),
        lambda out: saxpy(np.float64(2.5), x, out=out, y=y),
    ):
        out = np.zeros_like(x)
        assert call(out) is None
        np.testing.assert_allclose(out, np.float32(2.5) * x + y, rtol=1e-6)


def test_device_arrays_are_not_copied(rt, load):
    saxpy = load("ndarrays").kernels.saxpy
    x = rt.array_from(np.arange(64, dtype=np.float32))
    out = rt.array(64)
    before = rt.counters["host_bytes"]
    for _ in range(10):
        saxpy(2, x, x, out)
    rt.wait()
    assert rt.counters["host_bytes"] == before
    np.testing.assert_array_equal(out.numpy(), 3 * np.arange(64))


def test_strided_arrays_and_one_array_twice(load):
    saxpy = load("ndarrays").kernels.saxpy
    base = np.zeros((40, 3), np.float32)
    base[:, 1] = np.arange(40)
    reverse = base[::-1, 1]
    saxpy(1, reverse, reverse, base[:, 2])
    np.testing.assert_array_equal(base[:, 2], 2 * np.arange(40)[::-1])
    np.testing.assert_array_equal(base[:, 0], 0)
    same = np.arange(10, dtype=np.float32)
    saxpy(1, same, same, same)
    np.testing.assert_array_equal(same, 2 * np.arange(10))


def test_one_array_by_two_objects(rt, load):
    chain = load("graphs").graphs.chain  # a: read and written, b: read, out: written
    results, copied = [], set()
    for views in (lambda a: (a, a), lambda a: (a, a[:]), lambda a: (a[:], a), lambda a: (a[::-1][::-1], memoryview(a))):
        a = np.arange(6, dtype=np.int32)
        one, other = views(a)
        before = rt.counters["host_bytes"]
        chain(one, 1, 2, np.ones(6, np.int32), other)
        copied.add(rt.counters["host_bytes"] - before)
        results.append(a)
    assert len(copied) == 1  # one memory on the device each time
    np.testing.assert_array_equal(results, [results[0]] * 4)


def test_arrays_of_ctypes(load):
    """They give no strides, whoever asks."""
    kernels = load("ndarrays").kernels
    x, out = (ctypes.c_float * 8)(*range(8)), (ctypes.c_float * 8)()
    kernels.saxpy(1, x, memoryview(x), out)
    assert list(out) == [2 * value for value in range(8)]
    kernels.saxpy(1, x, (ctypes.c_float * 8)(*[5] * 8), memoryview(out)[::-1])
    assert list(out) == [value + 5 for value in reversed(range(8))]
    kernels.saxpy(1, x, x, x)
    assert list(x) == [2 * value for value in range(8)]
    rows = ((ctypes.c_int32 * 3) * 2)()
    for given in (rows, memoryview(rows)):
        kernels.rank2(given)
        assert [list(row) for row in rows] == [[0, 1, 2], [10, 11, 12]]
    vectors = ((ctypes.c_double * 3) * 2)()
    kernels.vector_f64(vectors)
    assert [list(vector) for vector in vectors] == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match=r"'x' takes 1 dimensions and elements of 0, not an array of shape \(2, 3\)"):
        kernels.saxpy(1, ((ctypes.c_float * 3) * 2)(), x, out)
    with pytest.raises(ValueError, match="'x' and 'out' overlap"):
        kernels.saxpy(1, out, x, memoryview(out)[::-1])


def test_arrays_without_elements_for_kernels(load):
    saxpy = load("ndarrays").kernels.saxpy
    x = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match=r"saxpy\(\) argument 'y' gives no elements: .*dtype 'M'"):
        saxpy(1, x, np.zeros(3, "datetime64[s]"), x)
    with pytest.raises(ValueError, match=r"'x' takes extents up to 4294967295, not 4294967296 \(dimension 0\)"):
        saxpy(1, np.broadcast_to(np.float32(0), (1 << 32,)), x, x)


def test_arrays_that_overlap(rt, load):
    graphs, saxpy = load("graphs").graphs, load("ndarrays").kernels.saxpy
    a = np.arange(8, dtype=np.int32)
    launches = rt.counters["launches"]
    for one, b, out, names in (
        (a[:4], a[4:], a[2:6], "'a' and 'out'"),
        (a[::2], a[4:], a[1::2], "'a' and 'b'"),
        (a[:4], a[4:], a[:3:-1], "'b' and 'out'"),
    ):
        with pytest.raises(ValueError, match=f"chain.. arguments {names} overlap in the host's memory"):
            graphs.chain(one, 1, 2, b, out)
    np.testing.assert_array_equal(a, np.arange(8))
    assert rt.counters["launches"] == launches
    x = np.arange(8, dtype=np.float32)
    out = np.zeros(7, np.float32)
    saxpy(1, x[1:], x[:-1], out)  # nobody writes to what is in both
    np.testing.assert_array_equal(out, x[1:] + x[:-1])
    saxpy(1, x[::2], x[::2], x[1::2])  # these only lie between each other
    np.testing.assert_array_equal(x, [0, 0, 2, 4, 4, 8, 6, 12])


def test_arrays_that_are_only_read_may_be_read_only(load):
    saxpy = load("ndarrays").kernels.saxpy
    x = np.ones(8, np.float32)
    x.flags.writeable = False
    out = np.zeros(8, np.float32)
    saxpy(3, x, x, out)
    assert (out == 4).all()
    with pytest.raises(ValueError, match="'out' is written by the kernel, but the array is read-only"):
        saxpy(3, x, x, x)


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_at_their_limits(load, name):
    graph = load("graphs").graphs[f"scalar_{name}"]
    limits = np.iinfo(NUMPY[name])
    for value in (limits.min, limits.max, NUMPY[name](limits.max), np.int64(7), True):
        out = np.zeros(3, NUMPY[name])
        graph(value=value, out=out)
        assert (out == int(value)).all()
    for value in (limits.min - 1, limits.max + 1, 10**30, -(10**30)):
        with pytest.raises(OverflowError, match=f"argument 'value': {value} does not fit {name}"):
            graph(value=value, out=out)
    for value in (1.0, "1", None, [1], np.float32(1), np.ones(1, np.int32) * 1.5):
        with pytest.raises(TypeError, match=f"argument 'value' takes {name}"):
            graph(value=value, out=out)


@pytest.mark.parametrize("name", FLOATS)
def test_floats(load, name):
    graph = load("graphs").graphs[f"scalar_{name}"]
    for value in (0.1, -2.5, 3, True, np.float16(0.3), np.float32(0.1), np.float64(0.7), np.int8(-4), np.inf, 6e-8):
        out = np.zeros(2, NUMPY[name])
        graph(value, out)
        np.testing.assert_array_equal(out, NUMPY[name](value))
    graph(np.nan, out)
    assert np.isnan(out).all()
    too_large = {"f16": 65520.0, "f32": 3.5e38, "f64": 10**400}[name]
    with pytest.raises(OverflowError, match=f"does not fit {name}"):
        graph(too_large, out)
    for value in ("1", None, [1.0], 1j, np.ones(1)):
        with pytest.raises(TypeError, match=f"argument 'value' takes {name}"):
            graph(value, out)


@pytest.mark.parametrize("name", FLOATS)
def test_values_that_only_float_takes_for_numbers(load, name):
    graph, out = load("graphs").graphs[f"scalar_{name}"], np.zeros(2, NUMPY[name])
    for value in (
        np.complex64(1), np.clongdouble(1), np.array(1j), np.array(1, np.complex64), np.array("3"), np.array(b"3"),
        np.timedelta64(5, "s"), np.array(5, "timedelta64[s]"), np.datetime64(5, "s"), np.array("3", object),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=f"argument 'value' takes {name}, not numpy"):
            graph(value, out)
    for value in (decimal.Decimal("1e400"), np.longdouble("1e4000"), np.array(np.longdouble("1e4000"))):
        for signed in (value, -value):
            with pytest.raises(OverflowError, match=f"does not fit {name}"):
                graph(signed, out)

    class Boundless:
        def __float__(self):
            return np.inf

    for value, number in (
        (decimal.Decimal("1.5"), 1.5), (fractions.Fraction(1, 4), 0.25), (np.longdouble(2.5), 2.5), (np.array(3), 3),
        (np.array(0.5, np.float16), 0.5), (decimal.Decimal("-Infinity"), -np.inf), (np.longdouble("inf"), np.inf),
        (Boundless(), np.inf),
    ):  # fmt: skip
        graph(value, out)
        assert (out == number).all()


def test_halves_round_to_even(load):
    kernel = load("tensors").kernels.mat2x3_f16
    rng = np.random.default_rng(2)
    halves = rng.integers(0, 0x7C00, 300).astype(np.uint16).view(np.float16).astype(np.float64)
    edges = [0.0, -0.0, 6e-8, 2.0**-25, 3 * 2.0**-25, 2.0**-14, 2.0**-14 - 2.0**-25, 65504.0, 65519.9, 1 / 3, np.inf]
    values = np.concatenate([halves, np.minimum(halves * (1 + 2.0**-11), 65504), rng.normal(size=289), edges, [1.0]])
    for six in values[: len(values) // 6 * 6].reshape(-1, 6):
        out = np.zeros(6, np.float16)
        kernel(six.tolist(), out)
        np.testing.assert_array_equal(out.view(np.uint16), six.astype(np.float16).view(np.uint16))


@pytest.mark.parametrize("name", NUMPY)
def test_vectors_and_matrices_by_value(load, name):
    kernels = load("tensors").kernels
    for kind, values in (("vec2", [1, 2]), ("vec3", [3, 4, 5]), ("mat2x3", [[1, 2, 3], [4, 5, 6]])):
        flat = np.ravel(values).astype(NUMPY[name])
        for given in (values, tuple(values), np.array(values, NUMPY[name]), flat, list(flat)):
            out = np.zeros(flat.size, NUMPY[name])
            kernels[f"{kind}_{name}"](given, out)
            np.testing.assert_array_equal(out, flat)


def test_tensors_that_do_not_fit(load):
    kernels = load("tensors").kernels
    out = np.zeros(6, np.int32)
    for value in ([1], [1, 2, 3], [[1, 2], [3]], [], [[[1, 2]]]):
        with pytest.raises(ValueError, match="vec2_i32.. argument 'value' takes 2 components"):
            kernels.vec2_i32(value, out)
    for value in (1, None, "ab"):
        with pytest.raises(TypeError, match="takes 2 components of i32"):
            kernels.vec2_i32(value, out)
    with pytest.raises(OverflowError, match="2147483648 does not fit i32"):
        kernels.vec2_i32([0, 2**31], out)
    with pytest.raises(TypeError, match="takes i32, not float"):
        kernels.vec2_i32([0, 0.5], out)
    for value in (np.ones(2, np.complex64), np.ones(2, complex), np.array(["1", "2"]), np.ones(2, "timedelta64[s]")):
        with pytest.raises(TypeError, match="vec2_f32.. argument 'value' takes f32, not numpy"):
            kernels.vec2_f32(value, np.zeros(2, np.float32))
    graph = load("graphs").graphs.tensors
    out = np.zeros(9, np.float32)
    graph(v=[1, 2, 3], m=[[1, 2, 3], [4, 5, 6]], out=out)
    np.testing.assert_array_equal(out, [1, 2, 3, 1, 2, 3, 4, 5, 6])
    with pytest.raises(ValueError, match="takes a matrix of 2 x 3"):
        graph(v=[1, 2, 3], m=[[1, 2], [3, 4], [5, 6]], out=out)


def test_tensors_beyond_what_a_launch_takes(rt):
    def widen(kernel):
        vector, array = kernel["ctx_attribs"]["args_type_"]["content"]["elements_"]
        component = vector["type"]["content"]["elements_"][0]
        vector["type"]["content"]["elements_"] = [
            {**component, "name": f"value_{index}", "offset": 4 * index} for index in range(600)
        ]
        array["offset"], kernel["ctx_attribs"]["args_bytes_"] = 2400, 2432

    kernel = rt.load(edited_module("tensors", "vec3_f32", widen)).kernels.vec3_f32
    assert kernel.parameters[0].elem_shape == (600,)
    with pytest.raises(ValueError, match=r"'value' is a vector or matrix of more bytes than a launch takes \(128\)"):
        kernel([1.0] * 600, np.zeros(3, np.float32))


def test_sequences_that_never_end(load):
    class Endless:
        def __init__(self, item):
            self.item = item

        def __len__(self):
            return 3

        def __getitem__(self, index):
            assert index <= 3
            return self.item

    vec3, out = load("tensors").kernels.vec3_f32, np.zeros(3, np.float32)
    for value in (Endless(1.0), Endless([]), Endless(Endless(1.0)), [Endless(1.0)]):
        with pytest.raises(ValueError, match="'value' takes 3 components"):
            vec3(value, out)


def test_lists_that_change_while_they_are_read(load):
    class Clears:
        def __len__(self):
            raise TypeError

        def __float__(self):
            values.clear()
            return 7.0

    values = [Clears(), *map(float, range(1, 16))]
    out = np.zeros(16, np.float32)
    load("tensors").kernels.mat4x4_f32(values, out)
    np.testing.assert_array_equal(out, [7, *range(1, 16)])
    assert values == []


def test_exceptions_of_values_are_told(load):
    scalars, tensors = load("scalars").kernels, load("tensors").kernels
    for error in (KeyboardInterrupt, ZeroDivisionError, ValueError):

        class Fails:
            def fail(self):
                raise error("mine")

            __index__ = __float__ = fail

        class FailsAsSequence:
            def __len__(self):
                raise error("mine")

            def __getitem__(self, index):
                return 1.0

        out = np.zeros(3, np.float32)
        for call in (
            lambda: scalars.write_i32(Fails(), np.zeros(1, np.int32)),
            lambda: scalars.write_f32(Fails(), out),
            lambda: tensors.vec3_f32([0, 1, Fails()], out),
            lambda: tensors.vec3_f32(FailsAsSequence(), out),
        ):
            with pytest.raises(error, match="^mine$"):
                call()


def test_integers_too_long_to_write(load):
    kernels = load("scalars").kernels
    for kernel in (kernels.write_i32, kernels.write_u64, kernels.write_f32):
        with pytest.raises(OverflowError, match="argument 'value': the number does not fit"):
            kernel(10**5000, np.zeros(1, np.float32))


def test_objects_without_init(load):
    kernel = load("ndarrays").kernels.rank1
    with pytest.raises(TypeError, match="not an uninitialised Array"):
        kernel(isthmus.Array.__new__(isthmus.Array))


def test_memory_that_is_not_there():
    status, out, err = run_python(
        """
        import resource
        import numpy as np, isthmus
        from conftest import module_path
        rt = isthmus.Runtime("vulkan")
        kernel = rt.load(module_path("ndarrays")).kernels.rank1
        kernel(np.zeros(8, np.int32))
        numbers = np.zeros(1 << 26, np.int32)[::2]  # 128 MB of them
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (160 << 20), -1))
        for call in (lambda: kernel(numbers), lambda: kernel._time_launches(1, numbers)):
            try:
                call()
            except MemoryError:
                print("told")
        """
    )
    assert (status, out) == (0, "told\n" * 2), err


def test_results(load):
    kernels = load("returns").kernels
    assert kernels.give_i32(-6, 7) == -41
    assert kernels.give_f32(5) == 2.5
    assert kernels.give_f64(0.1) == 0.1 * 3.0
    assert kernels.give_u8(300) == 44
    assert kernels.give_i64(1 << 40) == (1 << 40) - 1
    vector = kernels.give_vec3(1.5)
    assert vector.dtype == np.float32
    np.testing.assert_array_equal(vector, [1.5, 2.5, 3.5])
    matrix = kernels.give_mat2(a=10)
    assert matrix.dtype == np.int32
    np.testing.assert_array_equal(matrix, [[10, 11], [12, 13]])
    count, place, mean = kernels.give_struct(9)
    assert (count, mean) == (9, 2.25)
    np.testing.assert_array_equal(place, [1, 2, 9])
    assert kernels.give_tuple(-3)[:2] == (-3, -2.5)
    values = np.arange(0, 900, 3, dtype=np.int32)
    assert kernels.sum_and_mark(values) == sum(range(0, 900, 3))
    np.testing.assert_array_equal(values, -np.arange(0, 900, 3))


def test_graphs(rt, load):
    module = load("graphs")
    a, b, out = np.arange(5, dtype=np.int32), np.full(5, 7, np.int32), np.zeros(5, np.int32)
    module.graphs.chain(a=a, b=b, out=out, step=2, factor=3)
    expected = (np.arange(5) + 2) * 3 + 3 * 2
    np.testing.assert_array_equal(a, expected)
    np.testing.assert_array_equal(out, expected + 7)
    module.graphs.twice(out=out, a=a)
    np.testing.assert_array_equal(out, 2 * expected)
    assert module.graphs.empty() is None
    vectors = np.ones((2, 3, 3), np.float32)
    module.graphs.vectors(vectors, 2.5)
    assert (vectors == 2.5).all()
    image = rt.image((6, 6), "r32f")
    texels = np.zeros((6, 6), np.float32)
    module.graphs.images(image=image, n=6, picture=image, out=texels)
    np.testing.assert_array_equal(texels, 100 * np.arange(6)[:, None] + np.arange(6))


def test_binding_errors_are_those_of_python_functions(rt, load):
    saxpy = load("ndarrays").kernels.saxpy
    x = np.zeros(4, np.float32)
    launches = rt.counters["launches"]
    for call, message in (
        (lambda: saxpy(), r"saxpy\(\) missing 4 required arguments: 'alpha', 'x', 'y', 'out'"),
        (lambda: saxpy(1, x, y=x), r"saxpy\(\) missing 1 required argument: 'out'"),
        (lambda: saxpy(1, x, x, x, x), r"saxpy\(\) takes 4 arguments but 5 were given"),
        (lambda: saxpy(1, x, x, x, x=x), r"saxpy\(\) got multiple values for argument 'x'"),
        (lambda: saxpy(1, x, x, z=x), r"unexpected keyword argument 'z'; its arguments are \(alpha, x, y, out\)"),
        (lambda: saxpy(1, [0.0], x, x), r"'x' takes an array \(isthmus.Array or numpy.ndarray\), not list"),
        (lambda: saxpy(1, x.astype(">f4"), x, x), r"takes an array of f32, not of format '>f'"),
        (lambda: saxpy(1, x.astype("f8"), x, x), r"see astype\(numpy.float32\)"),
        (lambda: saxpy(1, x.astype("i4"), x, x), r"takes an array of f32"),
    ):
        with pytest.raises(TypeError, match=message):
            call()
    with pytest.raises(ValueError, match=r"takes 1 dimensions and elements of 0, not an array of shape \(2, 2\)"):
        saxpy(1, np.zeros((2, 2), np.float32), x, x)
    with pytest.raises(isthmus.InvalidArgumentError, match="'x'"):
        saxpy(1, rt.array(4, "i32"), x, x)
    with isthmus.Runtime("vulkan") as other, pytest.raises(isthmus.InvalidArgumentError):
        saxpy(1, other.array(4), x, x)
    assert rt.counters["launches"] == launches
    saxpy(1, x, x, x)
    assert rt.counters["launches"] == launches + 1


def test_namespaces(load):
    module = load("ndarrays")
    kernels = module.kernels
    assert len(kernels) == 42 and "saxpy" in kernels and "saxpi" not in kernels
    assert sorted(kernels) == dir(kernels)
    assert kernels.saxpy is kernels["saxpy"]
    with pytest.raises(AttributeError, match="There is no kernel 'saxpi'. Did you mean 'saxpy'?"):
        kernels.saxpi
    with pytest.raises(KeyError, match="Did you mean"):
        kernels["rank9"]
    for name in (5, None, b"saxpy"):
        with pytest.raises(KeyError, match=f"There is no kernel {name!r}. There are: matrix_f16, "):
            kernels[name]
    assert "saxpy(alpha: f32, x: ndarray(f32, ndim=1)" in repr(kernels)
    assert not hasattr(kernels, "__wrapped__")
    assert repr(module.graphs) == "<no graphs>"


def test_names_that_are_none_in_python(load):
    module = load("edge")
    for name in module.kernels:
        kernel = module.kernels[name]
        assert isinstance(inspect.signature(kernel), inspect.Signature)
        assert name in repr(kernel)


def test_names_of_pythons_and_of_the_namespaces_own(rt):
    def rename(kernel):
        kernel["name"] = "_kind"
        for entry, name in zip(kernel["ctx_attribs"]["arg_attribs_vec_"], ("x!", "class", "x?", "x")):
            entry["value"]["name"] = name

    kernels = rt.load(edited_module("ndarrays", "saxpy", rename)).kernels
    kernel = kernels["_kind"]
    assert kernel is kernels["_kind"] and isinstance(kernel, isthmus.Kernel)
    names = [parameter.name for parameter in kernel.parameters]
    assert sorted(names) == ["class", "x", "x!", "x?"]
    mended = list(inspect.signature(kernel).parameters)
    assert len(set(mended)) == 4 and "class_" in mended and all(name.isidentifier() for name in mended)
    numbers = np.ones(3, np.float32)
    kernel(**{name: 2.0 if index == 0 else numbers for index, name in enumerate(names)})
    assert (numbers == 3).all()


def test_signatures_and_help(load):
    kernel = load("ndarrays").kernels.vector_f64
    assert str(inspect.signature(kernel)) == "(a: ndarray(vector(3, f64), ndim=1)) -> None"
    assert kernel.__name__ == "vector_f64"
    (parameter,) = kernel.parameters
    assert (parameter.name, parameter.kind, parameter.dtype, parameter.elem_shape) == ("a", "ndarray", "f64", (3,))
    assert parameter.reads and parameter.writes
    text = pydoc.plain(pydoc.render_doc(kernel))
    assert "vector_f64(a: ndarray(vector(3, f64), ndim=1))" in text and "read and written" in text
    returns = load("returns").kernels
    assert str(inspect.signature(returns.give_tuple)) == "(a: i32) -> (i32, f32, vector(3, f32))"
    assert [result.type for result in returns.give_struct.results] == ["i32", "vector(3, f32)", "f64"]
    assert "Returns (count: i32, place: vector(3, f32), mean: f64)." in returns.give_struct.__doc__
    assert "A kernel of a module" in pydoc.render_doc(isthmus.Kernel)


def test_kernel_counts_its_launches(rt, load):
    kernel = load("ndarrays").kernels.rank1
    a = rt.array(8, "i32")
    assert kernel.launches == 0
    kernel(a)
    kernel(a)
    assert kernel.launches == 2
    assert rt.wait()
    with pytest.raises(ValueError, match="no negative count"):
        kernel._time_launches(-5, a)


def test_fields_of_a_module_stay(load):
    module = load("fields")
    assert len(module.kernels) >= 7 and module.taichi_version == "1.7.4"
    assert module.capabilities["spirv_version"] >= 0x10000
