"""Random numbers: one invocation that draws several (compared with the generator's model) and many that draw one."""

import taichi as ti


@ti.kernel
def draw_one(out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    ti.loop_config(serialize=True)
    for k in range(8):
        out[k] = ti.random(ti.f32)


@ti.kernel
def draw_one_bits(out: ti.types.ndarray(dtype=ti.u32, ndim=1)):
    ti.loop_config(serialize=True)
    for k in range(8):
        out[k] = ti.random(ti.u32)


@ti.kernel
def draw_many(out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    for i in out:
        out[i] = ti.random(ti.f32)


def add(module):
    for kernel in (draw_one, draw_one_bits, draw_many):
        module.add_kernel(kernel)
