"""Dense fields of one to three dimensions in one root, shared by several kernels."""

import taichi as ti

line = ti.field(ti.i32, shape=20)
plane = ti.field(ti.f32, shape=(7, 5))
block = ti.Vector.field(3, ti.f32, shape=(3, 4, 2))
total = ti.field(ti.i32, shape=())


@ti.kernel
def fill(base: ti.i32):
    for i in line:
        line[i] = base + i
    for i, j in plane:
        plane[i, j] = ti.cast(base + 10 * i + j, ti.f32)
    for i, j, k in block:
        block[i, j, k] = ti.Vector([ti.cast(base + i, ti.f32), ti.cast(base + j, ti.f32), ti.cast(base + k, ti.f32)])


@ti.kernel
def scale(factor: ti.i32):
    for i in line:
        line[i] *= factor
    for i, j in plane:
        plane[i, j] *= ti.cast(factor, ti.f32)


@ti.kernel
def sum_line():
    total[None] = 0
    for i in line:
        total[None] += line[i]


@ti.kernel
def read_line(out: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    for i in line:
        out[i] = line[i]


@ti.kernel
def read_plane(out: ti.types.ndarray(dtype=ti.f32, ndim=2)):
    for i, j in plane:
        out[i, j] = plane[i, j]


@ti.kernel
def read_block(out: ti.types.ndarray(dtype=ti.types.vector(3, ti.f32), ndim=3)):
    for i, j, k in block:
        out[i, j, k] = block[i, j, k]


@ti.kernel
def read_total(out: ti.types.ndarray(dtype=ti.i32, ndim=0)):
    out[None] = total[None]


def add(module):
    for name, field in (("line", line), ("plane", plane), ("block", block), ("total", total)):
        module.add_field(name, field)
    for kernel in (fill, scale, sum_line, read_line, read_plane, read_block, read_total):
        module.add_kernel(kernel)
