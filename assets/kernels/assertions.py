"""Assertions that hold, that fail, and that say values; and indices that are checked only in the build with debug on."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)
cells = ti.field(ti.i32, shape=(4, 8))


@ti.kernel
def below_three(n: ti.i32, out: Ints):
    """Fails in the iterations from 3 on; on a CPU they go on all the same."""
    for i in range(n):
        assert i < 3, "i is three or more"
        out[i] = i + 1


@ti.kernel
def without_words(n: ti.i32):
    assert n == 7


@ti.kernel
def with_values(n: ti.i32, x: ti.f32):
    assert x < 0.5, f"n is {n} and x is {x}"


@ti.kernel
def with_percent(n: ti.i32):
    assert n < 10, "at most 100 % of it"


@ti.kernel
def of_two(a: ti.i32, b: ti.i32):
    """The first that fails is the one that is told."""
    assert a > 0, "a is not positive"
    assert b > 0, "b is not positive"


@ti.kernel
def index(i: ti.i32, j: ti.i32, value: ti.i32):
    cells[i, j] = value


@ti.kernel
def read(out: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i, j in cells:
        out[i, j] = cells[i, j]


@ti.kernel
def index_array(i: ti.i32, out: Ints):
    out[i] = 5


def add(module):
    module.add_field("cells", cells)
    for kernel in (below_three, without_words, with_values, with_percent, of_two, index, read, index_array):
        module.add_kernel(kernel)
