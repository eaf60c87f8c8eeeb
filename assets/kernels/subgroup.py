"""Subgroup operations. The compiler leaves out the SPIR-V capabilities they need: the reader has to add them."""

import taichi as ti


@ti.kernel
def sums(values: ti.types.ndarray(dtype=ti.i32, ndim=1), total: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    """total[0] collects the sum of every subgroup once."""
    ti.loop_config(block_dim=64)
    for i in range(256):
        part = ti.simt.subgroup.reduce_add(values[i])
        if ti.simt.subgroup.elect():
            ti.atomic_add(total[0], part)


def add(module):
    module.add_kernel(sums)
