"""Bytes: packed 8-bit arrays, wrap-around and an RGBA picture."""

import taichi as ti


@ti.kernel
def ramp(out: ti.types.ndarray(dtype=ti.u8, ndim=1), start: ti.u8):
    for i in out:
        out[i] = ti.cast(i, ti.u8) + start


@ti.kernel
def invert(picture: ti.types.ndarray(dtype=ti.types.vector(4, ti.u8), ndim=2)):
    for i, j in picture:
        for k in ti.static(range(3)):
            picture[i, j][k] = ti.cast(255 - ti.cast(picture[i, j][k], ti.i32), ti.u8)


def add(module):
    module.add_kernel(ramp)
    module.add_kernel(invert)
