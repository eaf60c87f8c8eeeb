"""Runtimes on every arch that is here, loading, errors, and what the package offers."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import isthmus
from conftest import module_path, run_python, x64_module_path


def test_archs_and_devices():
    archs = isthmus.archs()
    assert "vulkan" in archs
    for arch in archs:
        for device in isthmus.devices(arch):
            assert device["arch"] == arch and device["name"] and len(device["device_uuid"]) == 16
    with pytest.raises(ValueError, match="Unknown arch 'voodoo'. There are: cpu, vulkan"):
        isthmus.devices("voodoo")
    with pytest.raises(isthmus.NotSupportedError) as caught:
        isthmus.Runtime("metal")
    assert caught.value.code is isthmus.ErrorCode.NOT_SUPPORTED and isinstance(caught.value, NotImplementedError)


def test_no_driver():
    status, out, err = run_python(
        """
        import os
        os.environ["VK_ICD_FILENAMES"] = os.environ["VK_DRIVER_FILES"] = "/nonexistent"
        import isthmus
        for call in (isthmus.Runtime, isthmus.devices):
            try:
                call("vulkan")
            except isthmus.InvalidStateError as error:
                print(error.code.name, "No Vulkan driver" in str(error))
        """
    )
    assert (status, out, err) == (0, "INVALID_STATE True\n" * 2, "")


def test_runtime_says_what_it_is(rt):
    assert rt.arch == "vulkan" and rt.device["name"] in repr(rt)
    assert rt.capabilities["spirv_version"] >= 0x10000
    assert rt.counters["launches"] == 0
    rt.flush()
    with pytest.raises(isthmus.InvalidArgumentError, match="device"):
        isthmus.Runtime("vulkan", 99)
    for device in (-1, 1 << 32):
        with pytest.raises(ValueError, match=f"A device is a number from 0 to 4294967295, not {device}"):
            isthmus.Runtime("vulkan", device)


def test_timeouts(rt):
    assert rt.wait(np.float32(1)) and rt.wait(float("inf")) and rt.wait(0) in (True, False)
    for timeout in ("1", [1], 1j):
        with pytest.raises(TypeError, match="A timeout is a number, not "):
            rt.wait(timeout)
    for timeout in (-1, float("nan")):
        with pytest.raises(ValueError, match="A timeout is a number that is not negative"):
            rt.wait(timeout)
    with pytest.raises(TypeError, match="A device is a whole number, not 0.0"):
        isthmus.Runtime("vulkan", 0.0)


def test_paths_that_are_no_text(rt, tmp_path):
    source = module_path("ndarrays")
    with pytest.raises(ValueError, match="no null characters"):
        rt.load(f"{source}\0junk")
    odd = os.path.join(os.fsencode(tmp_path), b"odd\xff.tcm")
    with pytest.raises(isthmus.CorruptedDataError, match="odd\ufffd.tcm"):
        rt.load(os.fsdecode(odd))
    with open(odd, "wb") as file:
        file.write(source.read_bytes())
    assert "odd" in repr(rt.load(os.fsdecode(odd)))


def test_kernel_timing(rt):
    kernel = rt.load(module_path("ndarrays")).kernels.rank2
    rt.kernel_timing()
    kernel(np.zeros((256, 256), np.int32))
    assert kernel.gpu_ns_last > 0 and kernel.gpu_ns_total >= kernel.gpu_ns_last
    rt.kernel_timing(False)
    rt.kernel_timing(-1)


@pytest.mark.parametrize("arch", ["vulkan", "opengl", "gles"])
def test_graphics_archs(arch):
    if arch not in isthmus.archs():
        pytest.skip(f"no {arch} here")
    with isthmus.Runtime(arch) as rt:
        kernels = rt.load(module_path("ndarrays")).kernels
        x, out = np.arange(1001, dtype=np.float32), np.zeros(1001, np.float32)
        kernels.saxpy(2, x, x, out)
        np.testing.assert_array_equal(out, 3 * x)
        array = rt.array_from(x, host_access=True)
        kernels.saxpy(1, array, array, array)
        assert rt.wait(30)
        with array.map() as view:
            np.testing.assert_array_equal(view, 2 * x)
            view[...] = 5
        kernels.saxpy(1, array, array, array)
        np.testing.assert_array_equal(array.numpy(), 10)
        image = rt.image((8, 16), "rgba8")
        rt.load(module_path("textures")).kernels.store_2d_rgba8(image, 16, 8, 0)
        assert image.numpy()[1, 1, 0] == 37 + 59


def test_the_cpu(cpu):
    kernels = cpu.load(x64_module_path("ndarrays")).kernels
    x, out = np.arange(1001, dtype=np.float32), np.zeros(1001, np.float32)
    before = cpu.counters["host_bytes"]
    kernels.saxpy(2, x, x, out)
    np.testing.assert_array_equal(out, 3 * x)
    kernels.saxpy(2, x, x, out[::-1][:1001])
    np.testing.assert_array_equal(out, 3 * x[::-1])
    assert cpu.counters["host_bytes"] > before  # the reversed one alone
    kernels.saxpy(1, out[:0], out[:0], out[:0])
    array = cpu.array_from(x)
    view = np.from_dlpack(array)  # every array of the CPU can be mapped
    kernels.saxpy(1, array, array, array)
    np.testing.assert_array_equal(view, 2 * x)
    returns = cpu.load(x64_module_path("returns")).kernels
    assert returns.give_i32(6, 7) == 43
    values = np.arange(300, dtype=np.int32)
    assert returns.sum_and_mark(values) == 44850 and values[7] == -7
    scalars = cpu.load(x64_module_path("graphs"))
    out = np.zeros(3, np.float16)
    scalars.graphs.scalar_f16(0.1, out)
    assert (out == np.float16(0.1)).all()


def test_numpy_arrays_on_the_cpu_are_not_copied(cpu):
    kernels = cpu.load(x64_module_path("ndarrays")).kernels
    numbers = np.zeros(1000, np.int32)
    before = cpu.counters["host_bytes"]
    kernels.rank1(numbers)
    assert numbers[999] == 1000999 and cpu.counters["host_bytes"] == before


def test_loading(rt):
    path = module_path("ndarrays")
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), memoryview(path.read_bytes())):
        assert "saxpy" in rt.load(source).kernels
    assert "give_i32" in rt.load(module_path("returns")).kernels
    for source in (b"", b"PK\x03\x04 nothing", path.read_bytes()[:1000]):
        with pytest.raises(isthmus.CorruptedDataError) as caught:
            rt.load(source)
        assert isinstance(caught.value, ValueError)
    with pytest.raises(isthmus.CorruptedDataError, match="nowhere.tcm"):
        rt.load("nowhere.tcm")
    with pytest.raises(TypeError):
        rt.load(7)


def test_modules_of_another_arch(rt):
    with pytest.raises(isthmus.IncompatibleModuleError, match="x64"):
        rt.load(x64_module_path("ndarrays"))
    assert rt.array(3).numpy().shape == (3,)


def test_errors():
    error = isthmus.Error(-9, "The cat sleeps.")
    assert error.code is isthmus.ErrorCode.INVALID_STATE and error.message == "The cat sleeps."
    assert str(error) == "The cat sleeps. [INVALID_STATE]"
    assert isthmus.Error(-99, "new").code == -99
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.message) == (error.code, error.message)


def test_names():
    for name in isthmus.__all__:
        assert getattr(isthmus, name).__doc__
        assert name in dir(isthmus)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        isthmus.nothing


def test_the_c_api_needs_no_extension():
    """isthmus.taichi_aot and the errors are imported without isthmus._native."""
    code = "import sys; sys.modules['isthmus._native'] = None; import isthmus.taichi_aot; isthmus.Error"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("command", [[sys.executable, "-m", "isthmus"]])
def test_the_command_line_program(command):
    program = os.path.join(os.path.dirname(isthmus.__file__), "bin", "isthmus")
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=60)
    if not os.path.exists(program):
        assert done.returncode == 1 and "was the package installed by pip?" in done.stderr
        pytest.skip("this package has no program in it; pip install brings it")
    assert done.returncode == 0 and "doctor" in done.stdout and not done.stderr
    wrong = subprocess.run([*command, "--nonsense"], capture_output=True, text=True, timeout=60)
    assert wrong.returncode != 0
