"""Workgroup memory: a reduction and a reversal per block of 128."""

import taichi as ti

BLOCK = 128


@ti.kernel
def block_sums(blocks: ti.i32, values: ti.types.ndarray(dtype=ti.i32, ndim=1), sums: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    ti.loop_config(block_dim=BLOCK)
    for i in range(blocks * BLOCK):
        lane = i % BLOCK
        pad = ti.simt.block.SharedArray((BLOCK,), ti.i32)
        pad[lane] = values[i]
        ti.simt.block.sync()
        for level in ti.static(range(7)):
            stride = ti.static(BLOCK >> (level + 1))
            if lane < stride:
                pad[lane] += pad[lane + stride]
            ti.simt.block.sync()
        if lane == 0:
            sums[i // BLOCK] = pad[0]


@ti.kernel
def block_reverse(values: ti.types.ndarray(dtype=ti.f32, ndim=1), out: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    ti.loop_config(block_dim=BLOCK)
    for i in range(4 * BLOCK):
        lane = i % BLOCK
        pad = ti.simt.block.SharedArray((BLOCK,), ti.f32)
        pad[lane] = values[i]
        ti.simt.block.sync()
        out[i] = pad[BLOCK - 1 - lane]


def add(module):
    module.add_kernel(block_sums)
    module.add_kernel(block_reverse)
