"""Objects go in any order, by hand, by the collector and at the end of the interpreter, and nothing is left behind."""

import gc
import os
import random
import sys

import numpy as np
import pytest

import isthmus
from conftest import module_path, run_python


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def family(runtime):
    """One of each kind, some in use."""
    module = runtime.load(module_path("ndarrays"))
    array = runtime.array_from(np.arange(64, dtype=np.int32), host_access=True)
    kernel = module.kernels.rank1
    kernel(array)
    image = runtime.image((8, 8))
    return [
        module, module.kernels, kernel, array, np.from_dlpack(array), array.__dlpack__(), image, runtime.sampler(),
        runtime.array(100), runtime.load(module_path("graphs")).graphs.chain,
    ]  # fmt: skip


def test_any_order():
    chance = random.Random(4)
    for _ in range(25):
        objects = [isthmus.Runtime("vulkan")]
        objects += family(objects[0])
        if chance.random() < 0.3:
            objects[0].close()
        chance.shuffle(objects)
        while objects:
            objects.pop()
            if chance.random() < 0.2:
                gc.collect()


def test_cycles_are_collected(rt):
    ring = family(rt)
    ring.append(ring)
    ring[2].ring = ring  # a kernel has attributes of its own
    del ring
    assert gc.collect() > 0
    assert rt.array(3).numpy().shape == (3,)


def test_close_while_children_live():
    runtime = isthmus.Runtime("vulkan")
    module = runtime.load(module_path("ndarrays"))
    graphs = runtime.load(module_path("graphs")).graphs
    chain, kernel = graphs.chain, module.kernels.rank1
    array, image = runtime.array(8, "i32", host_access=True), runtime.image((4, 4))
    sampler = runtime.sampler()
    runtime.close()
    runtime.close()
    assert runtime.closed and "closed" in repr(runtime)
    numbers = np.zeros(3, np.int32)
    for use in (
        lambda: kernel(array), lambda: kernel(numbers), lambda: chain(numbers, 1, 2, numbers, numbers),
        lambda: module.kernels.saxpy, lambda: module.taichi_version, lambda: kernel.launches,
        array.numpy, lambda: array.write(1), array.__dlpack__, lambda: array.map().__enter__(),
        image.numpy, lambda: image.write(np.zeros((4, 4, 4), np.uint8)), image.generate_mips,
        lambda: runtime.array(3), lambda: runtime.image((3, 3)), runtime.sampler, runtime.wait, runtime.flush,
        lambda: runtime.load(module_path("ndarrays")), lambda: runtime.load(b"x"), lambda: runtime.counters,
        lambda: runtime.capabilities, lambda: runtime.device, runtime.__enter__,
    ):  # fmt: skip
        with pytest.raises(isthmus.InvalidStateError, match="The runtime is closed") as caught:
            use()
        assert caught.value.code is isthmus.ErrorCode.INVALID_STATE
    assert image._repr_png_() is None
    array.free()
    module.free()
    del array, image, module, kernel, chain, graphs, sampler, runtime
    gc.collect()


def test_free_module(rt):
    module = rt.load(module_path("ndarrays"))
    kernel = module.kernels.rank1
    with module:
        kernel(np.zeros(2, np.int32))
    module.free()
    for use in (lambda: kernel(np.zeros(2, np.int32)), lambda: module.kernels.saxpy, lambda: kernel.launches):
        with pytest.raises(isthmus.InvalidStateError, match="The module has been freed"):
            use()
    assert "freed" in repr(module)


def test_kernels_keep_their_module():
    kernel = isthmus.Runtime("vulkan").load(module_path("ndarrays")).kernels.rank1
    gc.collect()
    numbers = np.zeros(3, np.int32)
    kernel(numbers)
    assert numbers[2] == 1000002


def test_ten_thousand_launches_leak_nothing(rt):
    module = rt.load(module_path("ndarrays"))
    array = rt.array(32, "i32")
    numbers = np.zeros(32, np.int32)

    def launch(count):
        for turn in range(count):
            module.kernels.rank1(a=array)
            if turn % 20 == 0:
                module.kernels.rank1(numbers)
                with pytest.raises(TypeError):
                    module.kernels.rank1(a=1)
        rt.wait()
        gc.collect()

    launch(2000)
    before, launched = resident_bytes(), rt.counters["launches"]
    launch(10000)
    assert rt.counters["launches"] == launched + 10500
    assert resident_bytes() - before < 4 << 20


def test_device_memory_comes_back(rt):
    def churn(count):
        for _ in range(count):
            family(rt)
            rt.array_from(np.zeros(1 << 18, np.float32)).numpy()
        rt.wait()
        gc.collect()

    churn(5)
    before = resident_bytes()
    churn(60)  # 60 MB and more, if any of it stayed
    assert resident_bytes() - before < 16 << 20


def test_errors_leak_nothing(rt):
    module = rt.load(module_path("ndarrays"))
    wrong = np.zeros((300, 300), np.float32)

    def fail(count):
        for _ in range(count):
            with pytest.raises(ValueError):
                module.kernels.saxpy(1, wrong[0], wrong, wrong[0])
            with pytest.raises(isthmus.Error):
                rt.load(b"no module")
            with pytest.raises(AttributeError):
                module.kernels.nothing
        gc.collect()

    fail(200)
    before = resident_bytes()
    fail(3000)
    assert resident_bytes() - before < 4 << 20


@pytest.mark.parametrize(
    "end",
    [
        "",
        "keep = [rt, module, kernel, array, image, view]; builtins.keep = keep",
        "rt.close()",
        "sys.modules['isthmus.keep'] = types.SimpleNamespace(a=[rt, array, kernel])",
        "threading.Thread(target=spin, daemon=True).start(); time.sleep(0.1)",
        "gc.disable(); ring = [rt, kernel]; ring.append(ring); kernel.ring = ring",
        "atexit.register(lambda: print(array.numpy()[1]))",
    ],
)
def test_the_interpreter_ends_in_peace(end):
    status, out, err = run_python(
        f"""
        import atexit, builtins, gc, sys, threading, time, types
        import numpy as np, isthmus
        from conftest import module_path, run_python
        rt = isthmus.Runtime("vulkan")
        module = rt.load(module_path("ndarrays"))
        kernel = module.kernels.rank1
        array, image = rt.array(64, "i32", host_access=True), rt.image((8, 8))
        view = np.from_dlpack(array)
        kernel(array)
        def spin():
            while True:
                kernel(np.zeros(8, np.int32))
        {end}
        """
    )
    assert (status, err) == (0, "")
    assert out == ("1000001\n" if "atexit.register" in end else "")


def test_loaded_again():
    """What is there stays usable; the second one is refused each time."""
    status, out, err = run_python(
        """
        import importlib, sys
        import numpy as np, isthmus
        from conftest import module_path
        rt = isthmus.Runtime("vulkan")
        kernel, array = rt.load(module_path("ndarrays")).kernels.rank1, rt.array(4, "i32", host_access=True)
        first = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "isthmus"}
        import isthmus as second
        assert second is not isthmus
        for _ in range(2):
            try:
                second.Runtime
            except ImportError as error:
                assert "cannot be loaded more than once per process" in str(error)
                print("refused")
        array.write(0)
        kernel(array)
        print(np.from_dlpack(array)[3], isthmus.Error is first["isthmus"].Error)
        sys.modules.update(first)
        importlib.reload(first["isthmus._native"])
        assert rt.array(3).numpy().shape == (3,)
        """
    )
    assert (status, out, err) == (0, "refused\n" * 2 + "1000003 True\n", "")


@pytest.mark.parametrize("first", ["", "array = make()"])
def test_subinterpreters(first):
    status, out, err = run_python(
        f"""
        import numpy as np, isthmus
        def make():
            return isthmus.Runtime("vulkan").array_from(np.arange(4, dtype=np.int32))
        {first}
        try:
            import _interpreters as interpreters
            other = interpreters.create("legacy")
        except ImportError:
            import _xxsubinterpreters as interpreters
            other = interpreters.create(isolated=False)
        interpreters.run_string(other, '''if True:
            try:
                import isthmus._native
            except ImportError as error:
                assert "nor in a subinterpreter" in str(error)
                print("refused", flush=True)
        ''')
        interpreters.destroy(other)
        print(make().numpy()[3])
        """
    )
    assert (status, out, err) == (0, "refused\n3\n", "")


@pytest.mark.parametrize("arch", ["vulkan", "x64"])
@pytest.mark.parametrize(
    "child",
    [
        "",
        "del array, image",
        "del view, array, image, module, rt",
        "rt.close(); array.free(); module and module.free()",
        "use()",
    ],
)
def test_fork(arch, child):
    """The child has nothing of its parent's: it is told so, frees nothing, and ends."""
    if arch not in isthmus.archs():
        pytest.skip("this build has no x64 (libisthmus_llvm.so, libLLVM-15)")
    status, out, err = run_python(
        f"""
        import os, signal, sys, warnings
        import numpy as np, isthmus
        from conftest import module_path
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of fork() where there are threads
        rt = isthmus.Runtime("{arch}")
        array = rt.array_from(np.arange(64, dtype=np.int32), host_access=True)
        view = np.from_dlpack(array)
        image = module = None
        if rt.arch == "vulkan":
            module, image = rt.load(module_path("ndarrays")), rt.image((4, 4))
            for _ in range(10):
                module.kernels.rank1(array)
        def use():
            calls = [array.numpy, array.map().__enter__, array.__dlpack__, rt.wait, lambda: rt.array(3), rt.__enter__]
            calls += [lambda: module.kernels.rank1(array), image.numpy] if module else []
            for call in calls:
                try:
                    call()
                    os._exit(4)
                except isthmus.InvalidStateError as error:
                    assert "before fork()" in str(error)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            {child}
            sys.exit(3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        assert array.numpy()[63] == (1000063 if module else 63)
        """
    )
    assert (status, out, err) == (0, "3\n", "")


if sys.version_info >= (3, 12):  # before that no Python code runs as a buffer is asked for

    @pytest.mark.parametrize(
        "kind, use",
        [("array", "_write_bytes"), ("array", "_read_bytes"), ("image", "_write_level"), ("image", "_read_level")],
    )
    def test_freed_as_the_buffer_is_asked_for(rt, kind, use):
        class Frees:
            def __buffer__(self, flags):
                target.free()
                return memoryview(bytearray(1 << 20))

        target, mip = (rt.array(1 << 20, "u8"), ()) if kind == "array" else (rt.image((512, 512)), (0,))
        getattr(target, use)(Frees(), *mip)
        with pytest.raises(isthmus.InvalidStateError, match=f"The {kind} has been freed"):
            target.numpy()
