"""What a launch costs from Python, beside the same launches from C and from Taichi's own Python package.

    python bench/launch.py [ARCH] [MODULES]

ARCH is "vulkan" by default, MODULES a folder of modules (assets/modules, or what assets/build.py has made for ARCH).
Each figure is the median over rounds of the time of one call, without waits: microseconds. Where Taichi is
importable its own launch of the same kernel is measured too.
"""

import pathlib
import statistics
import sys
import time

import numpy as np

LAUNCHES = 500
ROUNDS = 41


def median_us(run, wait):
    """Median time of one of LAUNCHES calls."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / LAUNCHES * 1e6)
        wait()
    return statistics.median(times)


def rows_of_isthmus(arch, modules):
    import isthmus

    with isthmus.Runtime(arch) as rt:
        module = rt.load(next(path for path in (modules / "ndarrays.tcm", modules / "ndarrays") if path.exists()))
        saxpy, rank0 = module.kernels.saxpy, module.kernels.rank0
        x, y, out, cell = rt.array(16), rt.array(16), rt.array(16), rt.array((), "i32")
        for array in (x, y, out, cell):
            array[...] = 1
        numbers = np.ones(16, np.float32)

        def by_name():
            for _ in range(LAUNCHES):
                saxpy(alpha=2.0, x=x, y=y, out=out)

        def by_position():
            for _ in range(LAUNCHES):
                saxpy(2.0, x, y, out)

        def one():
            for _ in range(LAUNCHES):
                rank0(cell)

        def looked_up():
            for _ in range(LAUNCHES):
                module.kernels.saxpy(alpha=2.0, x=x, y=y, out=out)

        def with_numpy():
            for _ in range(LAUNCHES):
                saxpy(2.0, numbers, numbers, numbers)

        def in_c(kernel, *args):
            times = []
            for _ in range(ROUNDS):
                times.append(kernel._time_launches(LAUNCHES, *args) / LAUNCHES * 1e6)
                rt.wait()
            return statistics.median(times)

        c_saxpy, c_rank0 = in_c(saxpy, 2.0, x, y, out), in_c(rank0, cell)
        yield "saxpy, 4 arguments: C", c_saxpy, None
        yield "  isthmus, by position", median_us(by_position, rt.wait), c_saxpy
        yield "  isthmus, by name", median_us(by_name, rt.wait), c_saxpy
        yield "  isthmus, module.kernels.saxpy(...) by name", median_us(looked_up, rt.wait), c_saxpy
        yield "  isthmus, NumPy in and out, with the wait", median_us(with_numpy, rt.wait), None
        yield "rank0, 1 argument: C", c_rank0, None
        yield "  isthmus, by position", median_us(one, rt.wait), c_rank0


def rows_of_taichi(arch):
    try:
        import taichi as ti
    except ImportError:
        return
    ti.init(arch=getattr(ti, arch), log_level=ti.ERROR)

    def saxpy(
        alpha: ti.f32,
        x: ti.types.ndarray(dtype=ti.f32, ndim=1),
        y: ti.types.ndarray(dtype=ti.f32, ndim=1),
        out: ti.types.ndarray(dtype=ti.f32, ndim=1),
    ):
        for i in out:
            out[i] = alpha * x[i] + y[i]

    kernel = ti.kernel(saxpy)
    x, y, out = (ti.ndarray(ti.f32, 16) for _ in range(3))

    def run():
        for _ in range(LAUNCHES):
            kernel(2.0, x, y, out)

    run()
    ti.sync()
    yield "saxpy, Taichi's own Python launch", median_us(run, ti.sync), None


def main():
    arch = sys.argv[1] if len(sys.argv) > 1 else "vulkan"
    default = pathlib.Path(__file__).resolve().parents[2] / "assets" / "modules"
    modules = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default
    print(f"{'us per launch, ' + arch:52}{'time':>8}{'beyond C':>10}")
    for rows in (rows_of_taichi(arch), rows_of_isthmus(arch, modules)):
        for name, time_us, c_us in rows:
            print(f"{name:52}{time_us:8.2f}{'' if c_us is None else f'{time_us - c_us:10.2f}'}", flush=True)


if __name__ == "__main__":
    main()
