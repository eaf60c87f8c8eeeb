"""Fields of quantized types: integers and fixed point in bit structs and in arrays of bits."""

import taichi as ti

int5 = ti.types.quant.int(bits=5, signed=True)
uint11 = ti.types.quant.int(bits=11, signed=False)
fixed16 = ti.types.quant.fixed(bits=16, max_value=4.0)
int4 = ti.types.quant.int(bits=4, signed=True)

a = ti.field(int5)
b = ti.field(uint11)
c = ti.field(fixed16)
packed = ti.BitpackedFields(max_num_bits=32)
packed.place(a, b, c)
ti.root.dense(ti.i, 40).place(packed)

row = ti.field(int4)
ti.root.dense(ti.i, 8).quant_array(ti.i, 8, max_num_bits=32).place(row)


@ti.kernel
def fill():
    for i in range(40):
        a[i] = i - 20
        b[i] = 51 * i
        c[i] = ti.cast(i, ti.f32) * 0.1 - 2.0
    ti.loop_config(serialize=True)
    for i in range(64):
        row[i] = i % 16 - 8


@ti.kernel
def read(
    ints: ti.types.ndarray(dtype=ti.i32, ndim=2),
    fixed: ti.types.ndarray(dtype=ti.f32, ndim=1),
    bits: ti.types.ndarray(dtype=ti.i32, ndim=1),
):
    for i in range(40):
        ints[i, 0] = a[i]
        ints[i, 1] = b[i]
        fixed[i] = c[i]
    for i in range(64):
        bits[i] = row[i]


def add(module):
    module.add_field("a", a)
    module.add_kernel(fill)
    module.add_kernel(read)
