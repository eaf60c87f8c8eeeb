"""Every way a loop can get its bounds: each kernel counts its iterations in hits[0] and marks which ran."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)
limit = ti.field(ti.i32, shape=())


@ti.kernel
def by_scalars(begin: ti.i32, end: ti.i32, out: Ints, hits: Ints):
    for i in range(begin, end):
        out[i] = i + 1
        hits[0] += 1


@ti.kernel
def by_scalars_unmarked(begin: ti.i32, end: ti.i32, hits: Ints):
    """For ranges of any sign: nothing is indexed by i."""
    for i in range(begin, end):
        hits[0] += 1
        hits[1] += i


@ti.kernel
def by_shape(out: Ints, hits: Ints):
    for i in out:
        out[i] = i + 1
        hits[0] += 1


@ti.kernel
def by_shape_expression(out: Ints, hits: Ints):
    for i in range(1, out.shape[0] - 1):
        out[i] = i + 1
        hits[0] += 1


@ti.kernel
def by_ndrange(out: ti.types.ndarray(dtype=ti.i32, ndim=2), hits: Ints):
    for i, j in ti.ndrange(out.shape[0], (1, out.shape[1] - 1)):
        out[i, j] = 10 * i + j
        hits[0] += 1


@ti.kernel
def by_ndrange_scalars(nx: ti.i32, ny: ti.i32, hits: Ints):
    for i, j in ti.ndrange(nx, ny):
        hits[0] += 1
        hits[1] += 1000 * i + j


@ti.kernel
def by_half_shape(out: Ints, hits: Ints):
    for i, j in ti.ndrange(out.shape[0] // 2, 2):
        out[2 * i + j] = 2 * i + j + 1
        hits[0] += 1


@ti.kernel
def set_limit(value: ti.i32):
    limit[None] = value


@ti.kernel
def by_field(out: Ints, hits: Ints):
    for i in range(limit[None]):
        out[i] = i + 1
        hits[0] += 1


@ti.kernel
def by_array_value(bound: Ints, out: Ints, hits: Ints):
    for i in range(bound[0], bound[1]):
        out[i] = i + 1
        hits[0] += 1


@ti.kernel
def by_vector(box: ti.types.vector(2, ti.i32), hits: Ints):
    for i, j in ti.ndrange(box[0], box[1]):
        hits[0] += 1
        hits[1] += 1000 * i + j


@ti.kernel
def constant(out: Ints, hits: Ints):
    for i in range(5, 300):
        out[i] = i + 1
        hits[0] += 1


@ti.kernel
def constant_negative(hits: Ints):
    for i in range(-7, 6):
        hits[0] += 1
        hits[1] += i


@ti.kernel
def constant_empty(hits: Ints):
    for i in range(5, 3):
        hits[0] += 1
    for i in range(500, 3):
        hits[0] += 1
    for i in range(0, 0):
        hits[0] += 1
    hits[1] = 17


@ti.kernel
def constant_huge(out: ti.types.ndarray(dtype=ti.u8, ndim=1)):
    """More groups than a device takes in one dispatch: 65535 * 128 < 8400000."""
    for i in range(8400000):
        out[i] = ti.cast((i % 251) + 1, ti.u8)


@ti.kernel
def three_loops(n: ti.i32, m: ti.i32, out: Ints):
    """Three tasks that share bounds computed before them."""
    for i in range(n + m):
        out[i] = 1
    for i in range(n, n + m):
        out[i] += 10
    for i in range(m - n, m):
        out[i] += 100


@ti.kernel
def small_block(n: ti.i32, out: Ints):
    ti.loop_config(block_dim=32)
    for i in range(n):
        out[i] = i + 1


@ti.kernel
def while_bound(n: ti.i32, hits: Ints):
    """A bound that only running the serial task can tell: the number of halvings of n."""
    steps = 0
    rest = n
    while rest > 1:
        rest //= 2
        steps += 1
    for i in range(steps):
        hits[0] += 1


def add(module):
    module.add_field("limit", limit)
    for kernel in (
        by_scalars, by_scalars_unmarked, by_shape, by_shape_expression, by_ndrange, by_ndrange_scalars, by_half_shape,
        set_limit, by_field, by_array_value, by_vector, constant, constant_negative, constant_empty, constant_huge,
        three_loops, small_block, while_bound,
    ):  # fmt: skip
        module.add_kernel(kernel)
