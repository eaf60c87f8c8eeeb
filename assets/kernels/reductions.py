"""Sums, minima and maxima of integers and floats: loops whose partial results live in each thread."""

import taichi as ti

TYPES = {"i32": ti.i32, "i64": ti.i64, "u32": ti.u32, "f32": ti.f32, "f64": ti.f64}

total = ti.field(ti.f32, shape=())
count = ti.field(ti.i32, shape=())
cells = ti.field(ti.i32, shape=(30, 40))


def add_type(module, name, dtype):
    Array = ti.types.ndarray(dtype=dtype, ndim=1)

    @ti.kernel
    def sum_of(a: Array, out: Array):
        for i in a:
            out[0] += a[i]

    @ti.kernel
    def extremes(a: Array, out: Array):
        for i in a:
            ti.atomic_min(out[0], a[i])
            ti.atomic_max(out[1], a[i])

    @ti.kernel
    def give_sum(a: Array) -> dtype:
        s = ti.cast(0, dtype)
        for i in a:
            s += a[i]
        return s

    for kernel in (sum_of, extremes, give_sum):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{name}")


@ti.kernel
def bits_of(a: ti.types.ndarray(dtype=ti.u32, ndim=1), out: ti.types.ndarray(dtype=ti.u32, ndim=1)):
    for i in a:
        ti.atomic_and(out[0], a[i])
        ti.atomic_or(out[1], a[i])
        ti.atomic_xor(out[2], a[i])


@ti.kernel
def field_sum(n: ti.i32, out: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    """Through fields of rank 0, where the compiler gives each thread its own copy."""
    for i, j in cells:
        cells[i, j] = i * j - n
    count[None] = 0
    total[None] = 0.0
    for i, j in cells:
        count[None] += cells[i, j]
        total[None] += 0.25
    out[0] = count[None]
    out[1] = ti.cast(total[None], ti.i32)


@ti.kernel
def mean(a: ti.types.ndarray(dtype=ti.f32, ndim=2), out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    for i, j in a:
        out[0] += a[i, j]
        out[1] += a[i, j] * a[i, j]
    out[0] /= a.shape[0] * a.shape[1]


def add(module):
    module.add_field("total", total)
    module.add_field("count", count)
    module.add_field("cells", cells)
    for name, dtype in TYPES.items():
        add_type(module, name, dtype)
    for kernel in (bits_of, field_sum, mean):
        module.add_kernel(kernel)
