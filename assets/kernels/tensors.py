"""Vectors and matrices by value, written component by component to an array of their type.

Kernels with struct arguments run in Python but cannot be exported: the compiler refuses them in add_kernel.
"""

import taichi as ti

from scalars import TYPES


def add_type(module, name, dtype):
    @ti.kernel
    def vec2(value: ti.types.vector(2, dtype), out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for k in ti.static(range(2)):
            out[k] = value[k]

    @ti.kernel
    def vec3(value: ti.types.vector(3, dtype), out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for k in ti.static(range(3)):
            out[k] = value[k]

    @ti.kernel
    def mat2x3(value: ti.types.matrix(2, 3, dtype), out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for r, c in ti.static(ti.ndrange(2, 3)):
            out[r * 3 + c] = value[r, c]

    for kernel in (vec2, vec3, mat2x3):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{name}")


@ti.kernel
def mat4x4_f32(value: ti.types.matrix(4, 4, ti.f32), out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    for r, c in ti.static(ti.ndrange(4, 4)):
        out[r * 4 + c] = value[r, c]


@ti.kernel
def two_vectors(
    first: ti.types.vector(3, ti.i32),
    gain: ti.f32,
    second: ti.types.vector(2, ti.f32),
    out: ti.types.ndarray(dtype=ti.f32, ndim=1),
):
    for i in out:
        out[i] = gain * (ti.cast(first[0] + 10 * first[1] + 100 * first[2], ti.f32) + second[0] - second[1])


def add(module):
    for name, dtype in TYPES.items():
        add_type(module, name, dtype)
    for kernel in (mat4x4_f32, two_vectors):
        module.add_kernel(kernel)
