"""What is freed when; ten thousand launches; several threads; Ctrl-C."""

import ctypes
import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from taichi_aot_support import MODULES, counters, memory_info, refused

import isthmus.taichi_aot as ta
from isthmus.taichi_aot import _library


def resident_kib():
    """Memory of this process that is in RAM, or None where that cannot be read."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    except OSError:
        return None


def run(program):
    """A program of its own, with this package."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(ta.__file__)))
    paths = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    environment = dict(os.environ, PYTHONPATH=paths)
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)


def freed(monkeypatch):
    """A list that gets the name of every function that frees something."""
    return recorded(monkeypatch, "ti_destroy_runtime", "ti_free_memory", "ti_destroy_aot_module", "ti_destroy_sampler")


def recorded(monkeypatch, *names):
    """A list that gets the names of those of these functions that are called."""
    calls = []

    def record(name):
        function = getattr(_library.api, name)

        def wrapper(*args):
            calls.append(name)
            return function(*args)

        monkeypatch.setitem(_library.api.__dict__, name, wrapper)

    for name in names:
        record(name)
    return calls


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_objects_are_freed_in_any_order_of_collection(monkeypatch, order):
    calls = freed(monkeypatch)
    runtime = ta.Runtime()
    module = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm")
    kernel = module.get_kernel("saxpy")
    x = np.ones(4, np.float32)
    kernel.launch(runtime, 1.0, x, x, x)
    objects = [runtime, module, kernel, ta.Sampler.create(runtime, ta.TiSamplerCreateInfo())]
    ta.ti_set_last_error(ta.TiError.TI_ERROR_INVALID_STATE, "not touched by finalizers")
    del runtime, module, kernel
    for index in order:
        objects[index] = None
        gc.collect()
    assert (
        sorted(calls) == ["ti_destroy_aot_module", "ti_destroy_runtime", "ti_destroy_sampler"] + ["ti_free_memory"] * 3
    )
    assert calls[-1] == "ti_destroy_runtime"
    assert ta.ti_get_last_error()[0] == "not touched by finalizers"


def test_what_outlives_a_destroyed_runtime_does_nothing(monkeypatch):
    calls = freed(monkeypatch)
    runtime = ta.Runtime()
    memory = ta.Memory.allocate(runtime, memory_info(16))
    other = ta.Memory.allocate(runtime, memory_info(16))
    module = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm")
    sampler = ta.Sampler.create(runtime, ta.TiSamplerCreateInfo())
    runtime.destroy()
    memory.free()
    sampler.destroy()
    module.destroy()
    del other
    gc.collect()
    assert calls == ["ti_destroy_runtime"]
    assert refused(module.get_kernel, "saxpy")


def test_a_cycle_is_freed_too(monkeypatch):
    calls = freed(monkeypatch)
    runtime = ta.Runtime()
    memory = ta.Memory.allocate(runtime, memory_info(16))
    runtime.cycle = memory
    memory.cycle = runtime
    alive = weakref.ref(runtime)
    del runtime, memory
    gc.collect()
    assert alive() is None and calls == ["ti_free_memory", "ti_destroy_runtime"]


def test_borrowed_handles_are_not_freed_by_collection(monkeypatch):
    with ta.Runtime() as runtime:
        memory = ta.ti_allocate_memory(runtime.runtime_instance, memory_info(16))
        module = ta.ti_load_aot_module(runtime.runtime_instance, MODULES / "ndarrays.tcm")
        calls = freed(monkeypatch)
        ta.Memory(runtime, memory)
        ta.Memory(runtime.runtime_instance, memory)
        ta.AotModule(module)
        gc.collect()
        assert calls == []
        ta.Memory(runtime.runtime_instance, memory).free()
        ta.AotModule(module).destroy()
        assert calls == ["ti_free_memory", "ti_destroy_aot_module"]


def test_with_blocks(monkeypatch):
    calls = freed(monkeypatch)
    with ta.Runtime() as runtime, ta.AotModule.load(runtime, MODULES / "ndarrays.tcm") as module:
        with ta.Memory.allocate(runtime, memory_info(16)), ta.Sampler.create(runtime, ta.TiSamplerCreateInfo()):
            assert module.get_kernel("saxpy")
    assert calls == ["ti_destroy_sampler", "ti_free_memory", "ti_destroy_aot_module", "ti_destroy_runtime"]


def test_ten_thousand_launches_leak_nothing():
    with ta.Runtime() as runtime:
        kernel = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm").get_kernel("saxpy")
        x, y = np.arange(4096, dtype=np.float32), np.ones(4096, np.float32)

        def launch(times, at_once):
            for i in range(times):
                kernel.launch(runtime, float(i), x, y, np.zeros(4096, np.float32))
                if i % at_once == at_once - 1:
                    runtime.wait()
            return kernel.get_arguments()[2]

        # How much staging is in flight depends on how busy the machine is; more than later makes room for all.
        launch(500, at_once=100)
        gc.collect()
        before, resident, objects = counters(runtime.runtime_instance), resident_kib(), len(gc.get_objects())
        assert np.array_equal(launch(10000, at_once=10), 9999 * x + y)
        gc.collect()
        after = counters(runtime.runtime_instance)
        assert after.launches - before.launches == 10000
        assert after.allocations == before.allocations
        assert len(gc.get_objects()) - objects < 100
        # The 30,000 arrays of those launches are 480,000 KiB.
        assert resident is None or resident_kib() - resident < 16384


def test_ten_thousand_new_memories_leak_nothing():
    with ta.Runtime() as runtime:
        for _ in range(100):
            ta.KernelArgument(runtime, np.zeros(65536, np.float32))
        before = resident_kib()
        for _ in range(10000):
            ta.KernelArgument(runtime, np.zeros(16384, np.float32))
        assert before is None or resident_kib() - before < 65536


@pytest.mark.parametrize("shared", [True, False], ids=["one runtime", "a runtime each"])
def test_two_threads(shared):
    common = ta.Runtime()
    failures = []

    def work(seed):
        try:
            runtime = common if shared else ta.Runtime()
            kernel = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm").get_kernel("saxpy")
            x = np.arange(1000, dtype=np.float32) + seed
            for i in range(200):
                kernel.launch(runtime, float(i), x, x, np.zeros(1000, np.float32))
                if i % 20 == seed:
                    assert np.array_equal(kernel.get_arguments()[2], np.float32(i) * x + x)
                    # Errors are the thread's own.
                    message = refused(kernel.launch, runtime, *[1.0] * (5 + seed)).message
                    assert f"{5 + seed} are given" in message
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    common.destroy()


def test_ctrl_c_ends_a_wait():
    """The signal comes while much more work is waited for than one slice of waiting."""
    if sys.platform == "win32":
        pytest.skip("signals of this kind are those of POSIX")
    with ta.Runtime() as runtime:
        kernel = ta.AotModule.load(runtime, MODULES / "ndarrays.tcm").get_kernel("rank1")
        kernel.set_arguments(runtime, np.zeros(1 << 22, np.int32))
        for _ in range(40):
            kernel.launch(runtime)
        runtime.flush()
        timer = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            runtime.wait()
            timer.join()  # Only a wait that is over before the signal comes gets here.
        timer.join()
        runtime.wait()
        assert kernel.get_arguments()[0][-1] == 1000000 + (1 << 22) - 1


def test_a_forked_child_frees_nothing_of_its_parent(monkeypatch):
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    calls = freed(monkeypatch)
    runtime = ta.Runtime()
    memory = ta.Memory.allocate(runtime, memory_info(16))
    # The same as in a child, without a second process that shares the driver's threads.
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: 1)
        del runtime, memory
        gc.collect()
    assert calls == []


@pytest.mark.parametrize("tells_sizes", [True, False], ids=["ist", "ti"])
def test_what_interrupts_a_copy_leaves_nothing_mapped(monkeypatch, tells_sizes):
    """An exception in the middle of the copying, as that of a signal's handler."""
    mapped = recorded(monkeypatch, "ti_map_memory", "ti_unmap_memory")
    data = np.ones(4, np.float32)

    def interrupt(*args):
        raise KeyboardInterrupt

    with ta.Runtime() as runtime:
        argument = ta.KernelArgument(runtime, data)
        memory = argument.allocated_memory
        with monkeypatch.context() as middle:
            middle.setattr(ctypes, "memmove", interrupt)
            if not tells_sizes:
                middle.setattr(_library.api, "has", lambda name: False)
            for call in (
                argument.read_back,
                lambda: memory.read(data.ctypes.data, 16),
                lambda: memory.write(data.ctypes.data, 16),
                lambda: ta.KernelArgument(runtime, data),
            ):
                mapped.clear()
                try:
                    call()
                except KeyboardInterrupt:
                    pass
                assert mapped in ([], ["ti_map_memory", "ti_unmap_memory"])
        assert argument.read_back().tolist() == data.tolist()


FORK = """
import os, signal, sys, isthmus.taichi_aot as ta, numpy as np
f = np.ones(4, np.float32)
with ta.Runtime() as runtime:
    module = ta.AotModule.load(runtime, {modules!r} + "/ndarrays.tcm")
    graph = ta.AotModule.load(runtime, {modules!r} + "/graphs.tcm").get_compute_graph("twice")
    sampler = ta.Sampler.create(runtime, ta.TiSamplerCreateInfo())
    kernel = module.get_kernel("saxpy")
    kernel.launch(runtime, 1.0, f, f, f)
    argument = ta.KernelArgument(runtime, f)
    memory = argument.allocated_memory
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # A child that hangs ends here.
        for call in (
            runtime.wait, runtime.flush, memory.map, memory.unmap, argument.read_back,
            lambda: kernel.launch(runtime), lambda: kernel.launch(runtime, 1.0, f, f, f),
            lambda: graph.launch(runtime, {{"a": [1], "out": [0]}}),
            lambda: module.get_kernel("saxpy"), lambda: ta.AotModule.load(runtime, "nowhere"),
            lambda: ta.KernelArgument(runtime, f), lambda: ta.Sampler.create(runtime, ta.TiSamplerCreateInfo()),
        ):
            try:
                call()
                print("not refused")
            except ta.TaichiError as error:
                assert error.code == ta.TiError.TI_ERROR_INVALID_STATE and "made before fork()" in str(error), error
        handles = (runtime.runtime_instance, memory.memory_instance, module.aot_module_instance)
        assert not any(handles) and not sampler.sampler_instance
        # A null handle is refused; that of the parent would wait for threads which are not here.
        ta.ti_wait(runtime.runtime_instance)
        if {by_name}:
            for end in (memory.free, sampler.destroy, module.destroy, runtime.destroy, runtime.destroy):
                end()
        sys.exit(3)
    status = os.waitpid(child, 0)[1]
    print(os.WEXITSTATUS(status), kernel.get_arguments()[2].tolist())
"""


@pytest.mark.parametrize("by_name", [False, True])
def test_a_forked_child_has_nothing_of_its_parent(by_name):
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    result = run(FORK.format(modules=str(MODULES), by_name=by_name))
    assert (result.returncode, result.stdout, result.stderr) == (0, "3 [2.0, 2.0, 2.0, 2.0]\n", "")


def test_the_end_of_the_interpreter_frees_what_is_left():
    program = (
        "import isthmus.taichi_aot as ta, numpy as np\n"
        "runtime = ta.Runtime()\n"
        f"module = ta.AotModule.load(runtime, {str(MODULES / 'ndarrays.tcm')!r})\n"
        "kernel = module.get_kernel('rank1')\n"
        "kernel.launch(runtime, np.zeros(1000, np.int32))\n"
        "leaked = [runtime, module, kernel]; leaked.append(leaked)\n"
    )
    result = run(program)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("threads, freed", [(False, True), (True, False)])
def test_the_end_of_the_interpreter_waits_for_no_thread_and_disturbs_none(threads, freed):
    """Daemon threads run on until there is no interpreter; nothing may be destroyed under them."""
    program = (
        "import threading, time, isthmus.taichi_aot as ta, numpy as np\n"
        "from isthmus.taichi_aot import _library\n"
        "runtime = ta.Runtime()\n"
        f"module = ta.AotModule.load(runtime, {str(MODULES / 'ndarrays.tcm')!r})\n"
        "x, started, destroy = np.ones(8, np.float32), threading.Semaphore(0), _library.api.ti_destroy_runtime\n"
        "def work():\n"
        "    kernel = module.get_kernel('saxpy')\n"
        "    started.release()\n"
        "    while True:\n"
        "        kernel.launch(runtime, 1.0, x, x, x)\n"
        "        kernel.get_arguments()\n"
        "_library.api.__dict__['ti_destroy_runtime'] = lambda handle: (print('freed'), destroy(handle))\n"
        f"for _ in range({2 if threads else 0}):\n"
        "    threading.Thread(target=work, daemon=True).start()\n"
        "    started.acquire()\n"
    )
    result = run(program)
    assert (result.returncode, result.stdout, result.stderr) == (0, "freed\n" if freed else "", "")
