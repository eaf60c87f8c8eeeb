"""Double precision arithmetic."""

import taichi as ti

Doubles = ti.types.ndarray(dtype=ti.f64, ndim=1)


@ti.kernel
def polynomial(x: Doubles, c: ti.types.vector(3, ti.f64), out: Doubles):
    for i in out:
        out[i] = c[0] + x[i] * (c[1] + x[i] * c[2])


@ti.kernel
def root(x: Doubles, out: Doubles):
    for i in out:
        out[i] = ti.sqrt(x[i])


def add(module):
    module.add_kernel(polynomial)
    module.add_kernel(root)
