"""Calls from several threads, and Ctrl-C."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import isthmus
from conftest import module_path


def run_threads(*targets):
    """Runs them at once; what one raises is raised here."""
    failures = []

    def guard(target):
        try:
            target()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=guard, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_two_threads_on_one_runtime_and_one_kernel(rt):
    kernels = rt.load(module_path("ndarrays")).kernels
    returns = rt.load(module_path("returns")).kernels

    def saxpy(seed):
        x = np.random.default_rng(seed).random(257, np.float32)
        for turn in range(100):
            out = np.zeros_like(x)
            kernels.saxpy(float(turn), x, x, out)
            np.testing.assert_allclose(out, np.float32(turn) * x + x, rtol=1e-5)
            assert returns.give_i32(seed, turn) == seed * turn + 1

    run_threads(lambda: saxpy(1), lambda: saxpy(2), lambda: saxpy(3))


def test_errors_are_those_of_the_thread(rt):
    module = rt.load(module_path("ndarrays"))

    def fail():
        for index in range(100):
            with pytest.raises(isthmus.InvalidArgumentError, match="'x'"):
                module.kernels.saxpy(1, rt.array(4, "i32"), rt.array(4), rt.array(4))

    def work():
        array = rt.array(16, "i32")
        for _ in range(300):
            module.kernels.rank1(array)
        assert array[3] == 1000003

    run_threads(fail, work, work)


def test_objects_die_on_other_threads(rt):
    def churn():
        for _ in range(50):
            array = rt.array_from(np.arange(100), host_access=True)
            view = np.from_dlpack(array)
            del array
            assert view[99] == 99

    run_threads(churn, churn)


def test_free_and_close_in_the_midst_of_calls():
    """Whatever the moment, what comes is a result or that it has been freed or closed."""
    for turn in range(10):
        runtime = isthmus.Runtime("vulkan")
        module = runtime.load(module_path("ndarrays"))
        kernel = module.kernels.rank1
        array = runtime.array(64, "i32")

        def use():
            numbers = np.zeros(64, np.int32)
            while True:
                try:
                    kernel(numbers)
                    kernel(array)
                    array.numpy()
                    runtime.wait()
                except isthmus.InvalidStateError:
                    return

        def end():
            time.sleep(0.01)
            (array.free, module.free, runtime.close)[turn % 3]()

        run_threads(use, use, end)


@pytest.fixture
def eager_switches():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("arch", ["vulkan", "x64"])
def test_close_in_the_midst_of_views(arch, eager_switches):
    """Every view that was made stays readable, even if close() came while it was mapped."""
    if arch not in isthmus.archs():
        pytest.skip("this build has no x64 (libisthmus_llvm.so, libLLVM-15)")
    for turn in range(150):
        runtime = isthmus.Runtime(arch)
        array = runtime.array(1 << 24, "i32", host_access=True)  # so large that freed pages are no longer there
        views = []

        def make():
            try:
                while not runtime.closed:
                    views.clear()
                    views.append(np.from_dlpack(array))
            except isthmus.InvalidStateError:
                pass

        def close():
            time.sleep(turn % 10 * 1e-4)
            runtime.close()

        run_threads(make, close)
        for view in views:
            view[::1024] = turn
            assert (view[::1024] == turn).all()


def test_free_in_the_midst_of_look_ups(rt, eager_switches):
    """What a look-up reads of the module is the module's until it has been read."""
    data = module_path("tensors").read_bytes()
    for turn in range(60):
        state = rt.load(data)._state

        def look():
            try:
                while True:
                    assert state.taichi_version == "1.7.4"
                    assert [name for name, *_ in state.kernels()].count("vec2_i8") == 1
                    with pytest.raises(TypeError, match=r"^vec2_i8\(\) missing 2 required arguments: 'value', 'out'"):
                        state.kernel("vec2_i8")()
            except isthmus.InvalidStateError:
                return

        def free():
            time.sleep(turn * 5e-5)
            state.free()

        run_threads(look, look, look, free)


def test_two_threads_map_one_array(rt, eager_switches):
    array = rt.array(8, "i32", host_access=True)

    def map_and_release():
        for _ in range(2000):
            array._map().release()

    run_threads(*[map_and_release] * 4)
    with array.map() as view:
        view[:] = 3
    assert (array.numpy() == 3).all()


def test_capabilities_give_up_the_gil(rt):
    """Another thread may have the runtime's lock for as long as a kernel runs."""
    gate, ran = threading.Lock(), threading.Event()

    def run():
        with gate:
            ran.set()

    interval = sys.getswitchinterval()
    gate.acquire()
    other = threading.Thread(target=run)
    other.start()
    try:
        sys.setswitchinterval(1000)  # nobody takes the GIL from the thread that has it
        gate.release()
        assert any(rt.capabilities and ran.is_set() for _ in range(100000))
    finally:
        sys.setswitchinterval(interval)
        other.join()


def test_other_threads_run_during_a_wait(rt):
    kernels = rt.load(module_path("ndarrays")).kernels
    array = rt.array((512, 512), "i32")
    counted = [0]
    stop = threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.0005)

    def counted_in_a_wait():
        for _ in range(200):
            kernels.rank2(array)
        before = counted[0]
        rt.wait()
        return counted[0] - before

    counter = threading.Thread(target=count)
    counter.start()
    try:
        assert any(counted_in_a_wait() for _ in range(50))
    finally:
        stop.set()
        counter.join()


def test_timeouts(rt):
    assert rt.wait(0) and rt.wait(1.5)
    kernels = rt.load(module_path("ndarrays")).kernels
    array = rt.array((1024, 1024), "i32")
    for _ in range(300):
        kernels.rank2(array)
    assert not rt.wait(0)
    start = time.monotonic()
    done = rt.wait(0.01)
    assert done or time.monotonic() - start >= 0.01
    assert rt.wait()
    for timeout in (-1, float("nan")):
        with pytest.raises(ValueError, match="not negative"):
            rt.wait(timeout)


INTERRUPTED = """
import sys, time
import numpy as np, isthmus
from conftest import module_path
rt = isthmus.Runtime("vulkan")
kernels = rt.load(module_path("ndarrays")).kernels
big, small = rt.array((2048, 2048), "i32"), rt.array(4, "i32", host_access=True)
kernels.rank2(big)
start = time.monotonic()
rt.wait()
one = max(time.monotonic() - start, 1e-3)
for _ in range(int(20 / one)):
    kernels.rank2(big)
print("ready", flush=True)
try:
    {wait}
    print("finished", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
kernels.rank1(small)
assert not rt.wait(0)
assert isthmus.Runtime("vulkan").wait()
print("usable", flush=True)
import os; os._exit(0)
"""


@pytest.mark.parametrize(
    "wait", ["rt.wait()", "big.numpy()", "np.from_dlpack(small)", "kernels.rank1(np.zeros(4, np.int32))"]
)
def test_ctrl_c_ends_a_wait(wait):
    folder = os.path.dirname(os.path.abspath(__file__))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]))
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED.format(wait=wait))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert program.stdout.readline() == "ready\n", program.stderr.read()
        time.sleep(0.3)
        program.send_signal(signal.SIGINT)
        assert program.stdout.readline() == "interrupted\n"  # of twenty seconds of work, which is still under way
        assert program.stdout.readline() == "usable\n", program.stderr.read()
        assert program.wait(30) == 0
    finally:
        program.kill()
        program.communicate()
