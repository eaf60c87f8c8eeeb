"""Half precision arithmetic, arrays and vectors."""

import taichi as ti

Halves = ti.types.ndarray(dtype=ti.f16, ndim=1)


@ti.kernel
def blend(t: ti.f16, a: Halves, b: Halves, out: Halves):
    for i in out:
        out[i] = a[i] * (ti.cast(1.0, ti.f16) - t) + b[i] * t


@ti.kernel
def widen(a: Halves, out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    for i in out:
        out[i] = ti.cast(a[i], ti.f32)


@ti.kernel
def narrow(a: ti.types.ndarray(dtype=ti.f32, ndim=1), out: Halves):
    for i in out:
        out[i] = ti.cast(a[i], ti.f16)


def add(module):
    for kernel in (blend, widen, narrow):
        module.add_kernel(kernel)
