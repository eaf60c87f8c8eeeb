"""Integer arithmetic in every width and both signednesses, with floor division as Python has it, and all casts."""

import taichi as ti

from scalars import TYPES

INTS = {name: dtype for name, dtype in TYPES.items() if name[0] in "iu"}


def add_type(module, name, dtype):
    Array = ti.types.ndarray(dtype=dtype, ndim=1)

    @ti.kernel
    def arithmetic(a: Array, b: Array, out: ti.types.ndarray(dtype=dtype, ndim=2)):
        for i in a:
            out[i, 0] = a[i] + b[i]
            out[i, 1] = a[i] - b[i]
            out[i, 2] = a[i] * b[i]
            # The compiler has neither for 8 and 16 bits.
            if ti.static(name.endswith(("32", "64"))):
                out[i, 3] = ti.max(a[i], b[i])
                out[i, 4] = ti.min(a[i], b[i])

    @ti.kernel
    def division(a: Array, b: Array, out: ti.types.ndarray(dtype=dtype, ndim=2)):
        """b has no zero; the quotient of the lowest value and -1 is left out."""
        for i in a:
            if b[i] > 0:
                out[i, 0] = a[i] // b[i]
                out[i, 1] = a[i] % b[i]
                out[i, 2] = ti.raw_div(a[i], b[i])
                out[i, 3] = ti.raw_mod(a[i], b[i])

    @ti.kernel
    def bits(a: Array, b: Array, shift: ti.i32, out: ti.types.ndarray(dtype=dtype, ndim=2)):
        for i in a:
            s = ti.cast(shift, dtype)
            out[i, 0] = a[i] & b[i]
            out[i, 1] = a[i] | b[i]
            out[i, 2] = a[i] ^ b[i]
            out[i, 3] = ~a[i]
            out[i, 4] = a[i] << s
            out[i, 5] = a[i] >> s
            out[i, 6] = ti.bit_shr(a[i], s)

    @ti.kernel
    def comparisons(a: Array, b: Array, out: ti.types.ndarray(dtype=ti.i32, ndim=2)):
        for i in a:
            out[i, 0] = ti.cast(a[i] < b[i], ti.i32)
            out[i, 1] = ti.cast(a[i] <= b[i], ti.i32)
            out[i, 2] = ti.cast(a[i] == b[i], ti.i32)
            out[i, 3] = ti.cast(a[i] != b[i], ti.i32)
            out[i, 4] = ti.select(a[i] > b[i], 1, 2)

    for kernel in (arithmetic, division, bits, comparisons):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{name}")


def add_casts(module, name, dtype):
    @ti.kernel
    def to_wide(
        a: ti.types.ndarray(dtype=dtype, ndim=1),
        ints: ti.types.ndarray(dtype=ti.i64, ndim=1),
        floats: ti.types.ndarray(dtype=ti.f64, ndim=1),
    ):
        for i in a:
            ints[i] = ti.cast(a[i], ti.i64)
            floats[i] = ti.cast(a[i], ti.f64)

    @ti.kernel
    def from_i64(a: ti.types.ndarray(dtype=ti.i64, ndim=1), out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for i in a:
            out[i] = ti.cast(a[i], dtype)

    for kernel in (to_wide, from_i64):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{name}")


@ti.kernel
def counts(a: ti.types.ndarray(dtype=ti.u32, ndim=1), out: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i in a:
        out[i, 0] = ti.cast(ti.math.popcnt(a[i]), ti.i32)
        out[i, 1] = ti.cast(ti.math.clz(ti.cast(a[i], ti.i32)), ti.i32)


@ti.kernel
def bit_patterns(a: ti.types.ndarray(dtype=ti.f32, ndim=1), out: ti.types.ndarray(dtype=ti.u32, ndim=1)):
    for i in a:
        out[i] = ti.bit_cast(a[i], ti.u32)


def add(module):
    for name, dtype in INTS.items():
        add_type(module, name, dtype)
    for name, dtype in TYPES.items():
        add_casts(module, name, dtype)
    module.add_kernel(counts)
    module.add_kernel(bit_patterns)
