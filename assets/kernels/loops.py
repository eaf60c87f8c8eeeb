"""How loops may run: limited threads, serial ones, nested, left early, over vectors of indices, several in a row."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)
grid = ti.field(ti.i32, shape=(9, 70))


@ti.kernel
def two_threads(n: ti.i32, out: Ints):
    ti.loop_config(parallelize=2)
    for i in range(n):
        out[i] = 3 * i


@ti.kernel
def serial_prefix(out: Ints):
    """Each iteration needs the one before it."""
    ti.loop_config(serialize=True)
    for i in range(1, out.shape[0]):
        out[i] += out[i - 1]


@ti.kernel
def nested(n: ti.i32, out: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i in range(n):
        for j in range(out.shape[1]):
            if j > i:
                break
            if j % 2 == 1:
                continue
            out[i, j] = 10 * i + j


@ti.kernel
def collatz(out: Ints):
    for i in out:
        rest = i + 1
        steps = 0
        while rest != 1:
            rest = rest // 2 if rest % 2 == 0 else 3 * rest + 1
            steps += 1
        out[i] = steps


@ti.kernel
def grouped(out: ti.types.ndarray(dtype=ti.i32, ndim=3)):
    for index in ti.grouped(out):
        out[index] = 100 * index[0] + 10 * index[1] + index[2]


@ti.kernel
def over_field(out: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    """The loop over a dense field visits every cell once."""
    for i, j in grid:
        grid[i, j] += i - j
    for i, j in grid:
        out[i, j] = grid[i, j]


@ti.kernel
def in_a_row(n: ti.i32, a: Ints, b: Ints):
    """Parallel, serial, parallel: each sees all of what was before it."""
    for i in range(n):
        a[i] = i
    last = a[n - 1]
    for i in range(n):
        b[i] = a[n - 1 - i] + last
    a[0] = b[n - 1]


@ti.kernel
def downwards(n: ti.i32, out: Ints):
    ti.loop_config(serialize=True)
    for k in range(n):
        i = n - 1 - k
        out[i] = out[i + 1] + 1


@ti.kernel
def one_iteration(out: Ints):
    for i in range(1):
        out[i] = 41 + 1


def add(module):
    module.add_field("grid", grid)
    for kernel in (
        two_threads, serial_prefix, nested, collatz, grouped, over_field, in_a_row, downwards, one_iteration,
    ):  # fmt: skip
        module.add_kernel(kernel)
