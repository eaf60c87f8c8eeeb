"""Printing from kernels: words, numbers of every type, vectors, formats; serially, so that the order is certain."""

import taichi as ti


@ti.kernel
def words():
    print("plain words")
    print("100 % of it", "and", "more")


@ti.kernel
def numbers(a: ti.i32, b: ti.u32, c: ti.f32, d: ti.i64, e: ti.f64):
    print("i32", a, "u32", b, "f32", c)
    print("i64", d, "f64", e)


@ti.kernel
def small_numbers(a: ti.i8, b: ti.u8, c: ti.i16, d: ti.u16, e: ti.f16):
    print(a, b, c, d, e)


@ti.kernel
def formats(a: ti.i32, c: ti.f32):
    print(f"a = {a:05d}, c = {c:.3f}")
    print("no end", end="")
    print(a, c, sep=" | ")


@ti.kernel
def tensors(v: ti.types.vector(3, ti.f32), m: ti.types.matrix(2, 2, ti.i32)):
    print("v", v, "m", m)


@ti.kernel
def loop(n: ti.i32):
    ti.loop_config(serialize=True)
    for i in range(n):
        print("line", i)


@ti.kernel
def parallel_loop(n: ti.i32):
    for i in range(n):
        print("cell", i)


def add(module):
    for kernel in (words, numbers, small_numbers, formats, tensors, loop, parallel_loop):
        module.add_kernel(kernel)
