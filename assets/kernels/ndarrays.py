"""Arrays of scalars, vectors and matrices in every type and of rank 0 to 5. Compiled twice: plain, and with device addresses."""

import taichi as ti

from scalars import TYPES


def add_type(module, name, dtype):
    @ti.kernel
    def scalar(a: ti.types.ndarray(dtype=dtype, ndim=1)):
        for i in a:
            a[i] += ti.cast(i + 1, dtype)

    @ti.kernel
    def vector(a: ti.types.ndarray(dtype=ti.types.vector(3, dtype), ndim=1)):
        for i in a:
            for k in ti.static(range(3)):
                a[i][k] += ti.cast(3 * i + k, dtype)

    @ti.kernel
    def matrix(a: ti.types.ndarray(dtype=ti.types.matrix(2, 3, dtype), ndim=1)):
        for i in a:
            for r, c in ti.static(ti.ndrange(2, 3)):
                a[i][r, c] += ti.cast(6 * i + 3 * r + c, dtype)

    for kernel in (scalar, vector, matrix):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{name}")


@ti.kernel
def rank0(a: ti.types.ndarray(dtype=ti.i32, ndim=0)):
    a[None] += 5


@ti.kernel
def rank1(a: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    for i in a:
        a[i] = 1000000 + i


@ti.kernel
def rank2(a: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i, j in a:
        a[i, j] = 10 * i + j


@ti.kernel
def rank3(a: ti.types.ndarray(dtype=ti.i32, ndim=3)):
    for i, j, k in a:
        a[i, j, k] = 100 * i + 10 * j + k


@ti.kernel
def rank4(a: ti.types.ndarray(dtype=ti.i32, ndim=4)):
    for i, j, k, l in a:
        a[i, j, k, l] = 1000 * i + 100 * j + 10 * k + l


@ti.kernel
def rank5(a: ti.types.ndarray(dtype=ti.i32, ndim=5), after: ti.i32):
    """`after` lies behind a shape of five numbers, which takes a second 16-byte row."""
    for i, j, k, l, m in a:
        a[i, j, k, l, m] = after + 10000 * i + 1000 * j + 100 * k + 10 * l + m


@ti.kernel
def shapes(a: ti.types.ndarray(dtype=ti.types.vector(2, ti.f32), ndim=3), out: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    out[0] = a.shape[0]
    out[1] = a.shape[1]
    out[2] = a.shape[2]


@ti.kernel
def saxpy(
    alpha: ti.f32,
    x: ti.types.ndarray(dtype=ti.f32, ndim=1),
    y: ti.types.ndarray(dtype=ti.f32, ndim=1),
    out: ti.types.ndarray(dtype=ti.f32, ndim=1),
):
    for i in out:
        out[i] = alpha * x[i] + y[i]


@ti.kernel
def unused(a: ti.types.ndarray(dtype=ti.f32, ndim=1), b: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    """`a` has room among the arguments but no binding."""
    for i in b:
        b[i] = 4.0


def add(module):
    for name, dtype in TYPES.items():
        add_type(module, name, dtype)
    for kernel in (rank0, rank1, rank2, rank3, rank4, rank5, shapes, saxpy, unused):
        module.add_kernel(kernel)
