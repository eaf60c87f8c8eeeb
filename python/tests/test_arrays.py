"""Arrays on the device: to and from NumPy, mapped, and by DLPack."""

import gc

import numpy as np
import pytest

import isthmus
from isthmus import _types


@pytest.mark.parametrize("name", _types.DTYPE_NAMES)
@pytest.mark.parametrize("host_access", [False, True])
def test_round_trip(rt, name, host_access):
    for shape, elem_shape in (((0,), ()), ((), ()), ((7,), (3,)), ((3, 5), (2, 3))):
        whole = shape + elem_shape
        source = (np.arange(int(np.prod(whole))) % 2).reshape(whole).astype(_types.NUMPY_DTYPES[_types.data_type(name)])
        array = rt.array(shape, name, elem_shape, host_access=host_access)
        array.write(source)
        assert (array.shape, array.elem_shape, array.dtype) == (shape, elem_shape, source.dtype)
        assert (array.ndim, array.size, array.nbytes) == (len(shape), int(np.prod(shape)), source.nbytes)
        np.testing.assert_array_equal(array.numpy(), source)
        np.testing.assert_array_equal(np.asarray(array), source)


def test_array_from(rt):
    assert rt.array_from([[1, 2], [3, 4]], dtype="u8").dtype == np.uint8
    vectors = rt.array_from(np.ones((4, 3), np.float32), elem_rank=1)
    assert (vectors.shape, vectors.elem_shape) == ((4,), (3,))
    swapped = rt.array_from(np.arange(3, dtype=">i4"))
    assert swapped.dtype == np.int32 and list(swapped) == [0, 1, 2]
    with pytest.raises(ValueError, match=r"elem_rank \(3\)"):
        rt.array_from(np.ones((4, 3)), elem_rank=3)
    with pytest.raises(TypeError, match="No kernel takes elements of dtype complex128"):
        rt.array_from([1j])


def test_writes(rt):
    array = rt.array((2, 3), "f32")
    array[...] = 1
    array[:] = [[1, 2, 3]]
    np.testing.assert_array_equal(array.numpy(), [[1, 2, 3]] * 2)
    array[1, 1:] = 9
    np.testing.assert_array_equal(array[1], [1, 9, 9])
    array.write(np.arange(6, dtype=np.float64).reshape(3, 2).T)
    np.testing.assert_array_equal(array, [[0, 2, 4], [1, 3, 5]])
    assert len(array) == 2 and [row.sum() for row in array] == [6, 9]
    with pytest.raises(ValueError):
        array.write(np.zeros(4))
    with pytest.raises(TypeError):
        array.write(np.zeros((2, 3), complex))
    small = rt.array(2, "u8")
    small.write([1, 255])
    with pytest.raises(OverflowError, match=r"Elements from 1 to 256 do not fit uint8 \(0 to 255\)"):
        small.write([1, 256])
    with pytest.raises(TypeError, match="use astype"):
        small.write([0.5, 1])
    np.testing.assert_array_equal(small.numpy(), [1, 255])
    for value in (256, np.int64(2**40), [2**40]):
        with pytest.raises(OverflowError, match="do not fit uint8"):
            small[0:1] = value
    with pytest.raises(TypeError, match="use astype"):
        small[0] = 3.7
    np.testing.assert_array_equal(small.numpy(), [1, 255])
    small[1] = 7
    np.testing.assert_array_equal(small.numpy(), [1, 7])


def test_integers_into_halves(rt):
    array = rt.array(2, "f16")
    array.write([65519, -65519])  # the last that do not round to infinity
    np.testing.assert_array_equal(array.numpy(), [65504, -65504])
    for value in (65520, [0, -65520], np.array([70000, 1], np.uint32), np.uint16(65535)):
        with pytest.raises(OverflowError, match=r"do not fit float16 \(-65519 to 65519\)"):
            array.write(value)
        with pytest.raises(OverflowError, match="do not fit float16"):
            array[0:2] = value
    np.testing.assert_array_equal(array.numpy(), [65504, -65504])
    array.write(np.array([True, False]))
    np.testing.assert_array_equal(array.numpy(), [1, 0])
    wide = rt.array_from([2**64 - 1], dtype="f32")
    assert wide.numpy()[0] == np.float32(2**64)


def test_bad_shapes(rt):
    for shape in ((-1,), (2.5,), (1 << 32,), "x", (np.nan,), (np.inf,)):
        with pytest.raises(ValueError, match="whole extents"):
            rt.array(shape)
    for shape in (3.5, None, [[1, 2]]):
        with pytest.raises(TypeError, match="whole extents from 0 to 4294967295, not "):
            rt.array(shape)
    with pytest.raises(ValueError, match="16 dimensions"):
        rt.array((1,) * 17)
    with pytest.raises(isthmus.DeviceMemoryError) as caught:
        rt.array((1 << 31, 1 << 31, 1 << 31))
    assert caught.value.code == isthmus.ErrorCode.OUT_OF_MEMORY and isinstance(caught.value, MemoryError)
    with pytest.raises(isthmus.DeviceMemoryError):
        rt.array((1 << 20, 1 << 20))
    assert rt.array(4).numpy().shape == (4,)


def test_flags_are_what_python_takes_for_true(rt):
    for flag in (np.True_, 1, "yes"):
        array = rt.array(3, host_access=flag)
        assert array.host_access is True
    for flag in (np.False_, 0, None):
        array = rt.array(3, host_access=flag, export_sharing=flag)
        assert array.host_access is False


def test_views_without_init():
    with pytest.raises(BufferError, match="uninitialised"):
        memoryview(isthmus._native.HostView.__new__(isthmus._native.HostView))


def test_map_is_the_memory(rt, load):
    kernel = load("ndarrays").kernels.scalar_i32
    array = rt.array(6, "i32", host_access=True)
    with array.map() as view:
        view[:] = 10
    kernel(array)
    before = rt.counters["host_bytes"]
    with array.map() as view:
        np.testing.assert_array_equal(view, [11, 12, 13, 14, 15, 16])
        with array.map() as other:  # the same pages
            other[0] = 5
        assert view[0] == 5
    assert rt.counters["host_bytes"] == before
    assert view[1] == 12  # stays readable
    with rt.array((0, 3), host_access=True).map() as view:
        assert view.shape == (0, 3)


def test_map_needs_host_access(rt):
    with pytest.raises(isthmus.InvalidStateError, match="host_read"):
        with rt.array(4).map():
            pass


def test_dlpack_is_the_memory(rt, load):
    kernel = load("ndarrays").kernels.vector_f64
    array = rt.array(4, "f64", (3,), host_access=True)
    array[...] = 1
    kernel(array)
    before = rt.counters["host_bytes"]
    view = np.from_dlpack(array)
    assert view.shape == (4, 3) and view.dtype == np.float64
    np.testing.assert_array_equal(view, 1 + np.arange(12).reshape(4, 3))
    kernel(array)
    rt.wait()
    np.testing.assert_array_equal(view, 1 + 2 * np.arange(12).reshape(4, 3))
    assert rt.counters["host_bytes"] == before
    assert array.__dlpack_device__() == (1, 0)


@pytest.mark.parametrize("name", _types.DTYPE_NAMES)
def test_dlpack_of_every_type(rt, name):
    array = rt.array((2, 2), name, host_access=True)
    array[...] = 1
    view = np.from_dlpack(array)
    assert view.dtype == array.dtype and (view == 1).all()


def test_dlpack_outlives_array_and_runtime():
    runtime = isthmus.Runtime("vulkan")
    array = runtime.array_from(np.arange(1000, dtype=np.int64), host_access=True)
    view = np.from_dlpack(array)
    capsules = [array.__dlpack__(), array.__dlpack__(max_version=(1, 0)), array.__dlpack__()]
    del array
    gc.collect()
    assert view.sum() == 499500
    runtime.close()
    assert view.sum() == 499500
    del view, capsules
    gc.collect()
    with pytest.raises(isthmus.InvalidStateError, match="The runtime is closed"):
        runtime.array(3)


def test_dlpack_says_what_to_do(rt):
    array = rt.array(4)
    with pytest.raises(BufferError, match="host_access=True"):
        np.from_dlpack(array)
    mapped = rt.array(4, host_access=True)
    with pytest.raises(BufferError, match="numpy"):
        mapped.__dlpack__(copy=True)
    with pytest.raises(BufferError, match="DLPack device"):
        mapped.__dlpack__(dl_device=(2, 0))


def test_numpy_never_gets_the_memory_by_mistake(rt):
    array = rt.array(4)
    with pytest.raises(ValueError):
        array.__array__(copy=False)
    assert np.asarray(array, dtype=np.float64).dtype == np.float64


def test_freed(rt, load):
    array = rt.array(4, "i32", host_access=True)
    view = np.from_dlpack(array)
    array.free()
    array.free()
    for use in (array.numpy, lambda: array.write(0), lambda: load("ndarrays").kernels.rank1(array), array.__dlpack__):
        with pytest.raises(isthmus.InvalidStateError, match="The array has been freed"):
            use()
    assert view.shape == (4,) and view.sum() is not None  # still there
    assert "freed" in repr(array)
