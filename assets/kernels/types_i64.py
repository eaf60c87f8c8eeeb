"""64-bit integers: products that need more than 32 bits, and a 64-bit linear congruential step."""

import taichi as ti


@ti.kernel
def products(a: ti.types.ndarray(dtype=ti.i64, ndim=1), factor: ti.i64, out: ti.types.ndarray(dtype=ti.i64, ndim=1)):
    for i in out:
        out[i] = a[i] * factor + (a[i] >> 3)


@ti.kernel
def scramble(out: ti.types.ndarray(dtype=ti.u64, ndim=1), seed: ti.u64):
    for i in out:
        s = seed + ti.cast(i, ti.u64)
        out[i] = (s * ti.u64(6364136223846793005) + ti.u64(1442695040888963407)) ^ (s >> ti.u64(7))


def add(module):
    module.add_kernel(products)
    module.add_kernel(scramble)
