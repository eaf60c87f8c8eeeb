"""Half precision beyond storage: vectors, comparisons, sums, conversions to and from every integer width."""

import taichi as ti

Halves = ti.types.ndarray(dtype=ti.f16, ndim=1)
hvec3 = ti.types.vector(3, ti.f16)
field = ti.field(ti.f16, shape=12)


@ti.kernel
def dots(a: ti.types.ndarray(dtype=hvec3, ndim=1), b: ti.types.ndarray(dtype=hvec3, ndim=1), out: Halves):
    for i in a:
        out[i] = a[i].dot(b[i])


@ti.kernel
def add_up(a: Halves, out: Halves):
    ti.loop_config(serialize=True)
    for i in range(a.shape[0]):
        out[0] += a[i]


@ti.kernel
def compare(a: Halves, b: Halves, out: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    for i in a:
        out[i] = ti.select(a[i] < b[i], -1, ti.select(a[i] > b[i], 1, 0))


@ti.kernel
def to_ints(a: Halves, small: ti.types.ndarray(dtype=ti.i16, ndim=1), large: ti.types.ndarray(dtype=ti.i64, ndim=1)):
    for i in a:
        small[i] = ti.cast(a[i], ti.i16)
        large[i] = ti.cast(a[i], ti.i64)


@ti.kernel
def from_doubles(a: ti.types.ndarray(dtype=ti.f64, ndim=1), out: Halves):
    for i in a:
        out[i] = ti.cast(a[i], ti.f16)


@ti.kernel
def through_field(gain: ti.f16, out: Halves):
    for i in field:
        field[i] = ti.cast(i, ti.f16) * gain
    for i in field:
        out[i] = field[i]


@ti.kernel
def give(a: ti.f16) -> ti.f16:
    return a + ti.cast(1.5, ti.f16)


def add(module):
    module.add_field("field", field)
    for kernel in (dots, add_up, compare, to_ints, from_doubles, through_field, give):
        module.add_kernel(kernel)
