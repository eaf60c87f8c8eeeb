"""Kernels that return values."""

import taichi as ti

vec3 = ti.types.vector(3, ti.f32)
mat2 = ti.types.matrix(2, 2, ti.i32)
Report = ti.types.struct(count=ti.i32, place=vec3, mean=ti.f64)


@ti.kernel
def give_i32(a: ti.i32, b: ti.i32) -> ti.i32:
    return a * b + 1


@ti.kernel
def give_f32(a: ti.f32) -> ti.f32:
    return a * 0.5


@ti.kernel
def give_f64(a: ti.f64) -> ti.f64:
    return a * 3.0


@ti.kernel
def give_u8(a: ti.i32) -> ti.u8:
    return ti.cast(a, ti.u8)


@ti.kernel
def give_i64(a: ti.i64) -> ti.i64:
    return a - 1


@ti.kernel
def give_vec3(a: ti.f32) -> vec3:
    return vec3(a, a + 1.0, a + 2.0)


@ti.kernel
def give_mat2(a: ti.i32) -> mat2:
    return mat2([[a, a + 1], [a + 2, a + 3]])


@ti.kernel
def give_struct(a: ti.i32) -> Report:
    return Report(count=a, place=vec3(1.0, 2.0, ti.cast(a, ti.f32)), mean=ti.cast(a, ti.f64) / 4.0)


@ti.kernel
def give_tuple(a: ti.i32) -> (ti.i32, ti.f32, vec3):
    return a, ti.cast(a, ti.f32) + 0.5, vec3(7.0, 8.0, 9.0)


@ti.kernel
def sum_and_mark(values: ti.types.ndarray(dtype=ti.i32, ndim=1)) -> ti.i32:
    """Writes its array too: both must be there when the call returns."""
    total = 0
    for i in values:
        total += values[i]
        values[i] = -values[i]
    return total


def add(module):
    for kernel in (give_i32, give_f32, give_f64, give_u8, give_i64, give_vec3, give_mat2, give_struct, give_tuple, sum_and_mark):
        module.add_kernel(kernel)
