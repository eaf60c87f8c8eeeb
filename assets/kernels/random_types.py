"""Random numbers of every type, drawn serially: the sequence is the first generator's, whoever runs it."""

import taichi as ti

TYPES = {"f16": ti.f16, "f32": ti.f32, "f64": ti.f64, "i32": ti.i32, "u32": ti.u32, "i64": ti.i64, "u64": ti.u64}


def add_type(module, name, dtype):
    @ti.kernel
    def draw(out: ti.types.ndarray(dtype=dtype, ndim=1)):
        ti.loop_config(serialize=True)
        for k in range(out.shape[0]):
            out[k] = ti.random(dtype)

    module.add_kernel(draw, name=f"draw_{name}")


@ti.kernel
def draw_normal(out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    ti.loop_config(serialize=True)
    for k in range(out.shape[0]):
        out[k] = ti.randn(ti.f32)


@ti.kernel
def draw_together(out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    for k in out:
        out[k] = ti.random(ti.f32)


def add(module):
    for name, dtype in TYPES.items():
        add_type(module, name, dtype)
    module.add_kernel(draw_normal)
    module.add_kernel(draw_together)
