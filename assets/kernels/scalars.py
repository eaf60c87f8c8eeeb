"""One kernel per scalar type, writing its argument to an array of that type, and one with all types mixed."""

import taichi as ti

TYPES = {
    "i8": ti.i8, "u8": ti.u8, "i16": ti.i16, "u16": ti.u16, "i32": ti.i32, "u32": ti.u32, "i64": ti.i64, "u64": ti.u64,
    "f16": ti.f16, "f32": ti.f32, "f64": ti.f64,
}  # fmt: skip


def add_write(module, name, dtype):
    @ti.kernel
    def write(value: dtype, out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for i in out:
            out[i] = value

    module.add_kernel(write, name=f"write_{name}")


@ti.kernel
def write_u1(value: ti.u1, out: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    for i in out:
        if value:
            out[i] = 1
        else:
            out[i] = 2


@ti.kernel
def mixed(
    a: ti.i8,
    b: ti.u8,
    c: ti.i16,
    d: ti.u16,
    e: ti.f16,
    f: ti.i32,
    g: ti.u32,
    h: ti.f32,
    i: ti.i64,
    j: ti.u64,
    k: ti.f64,
    l: ti.u1,
    m: ti.i8,
    ints: ti.types.ndarray(dtype=ti.i64, ndim=1),
    floats: ti.types.ndarray(dtype=ti.f64, ndim=1),
):
    ints[0] = ti.cast(a, ti.i64)
    ints[1] = ti.cast(b, ti.i64)
    ints[2] = ti.cast(c, ti.i64)
    ints[3] = ti.cast(d, ti.i64)
    ints[4] = ti.cast(f, ti.i64)
    ints[5] = ti.cast(g, ti.i64)
    ints[6] = i
    ints[7] = ti.cast(j, ti.i64)
    ints[8] = ti.cast(l, ti.i64)
    ints[9] = ti.cast(m, ti.i64)
    floats[0] = ti.cast(e, ti.f64)
    floats[1] = ti.cast(h, ti.f64)
    floats[2] = k


@ti.kernel
def no_array(a: ti.i32):
    """An argument that nothing reads."""
    pass


def add(module):
    for name, dtype in TYPES.items():
        add_write(module, name, dtype)
    for kernel in (write_u1, mixed, no_array):
        module.add_kernel(kernel)
