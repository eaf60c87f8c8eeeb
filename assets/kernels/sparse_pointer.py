"""Pointer nodes: one level, two levels over dense blocks, and cells that come and go so that their nodes are collected."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)

line = ti.field(ti.i32)
line_blocks = ti.root.pointer(ti.i, 16)
line_blocks.dense(ti.i, 8).place(line)

plane = ti.field(ti.f32)
plane_top = ti.root.pointer(ti.ij, 4)
plane_blocks = plane_top.pointer(ti.ij, 4)
plane_blocks.dense(ti.ij, (4, 2)).place(plane)


@ti.kernel
def set_multiples(step: ti.i32):
    """Writing a cell activates its block."""
    for k in range(128 // step):
        line[k * step] = k + 1


@ti.kernel
def activate_block(block: ti.i32):
    ti.activate(line_blocks, ti.rescale_index(line, line_blocks, [block * 8]))


@ti.kernel
def deactivate_blocks(begin: ti.i32, end: ti.i32):
    for b in range(begin, end):
        ti.deactivate(line_blocks, [b])


@ti.kernel
def active_blocks(out: Ints):
    for b in range(16):
        out[b] = ti.cast(ti.is_active(line_blocks, [b]), ti.i32)


@ti.kernel
def visit_line(out: Ints, visits: Ints):
    """A loop over the field visits all cells of active blocks, and no others."""
    for i in line:
        out[i] = line[i] + 1000
        visits[0] += 1


@ti.kernel
def visit_blocks(out: Ints):
    for i in line_blocks:
        out[i] += 1


@ti.kernel
def read_line(out: Ints):
    """Reading what is not active gives 0 and activates nothing."""
    for i in range(128):
        out[i] = line[i]


@ti.kernel
def churn(rounds: ti.i32, out: Ints):
    """Each round fills other blocks and empties them: their nodes must be used again, and be zero then."""
    for i in range(128):
        if (i // 8 + rounds) % 3 == 0:
            line[i] += i + rounds
    for i in range(128):
        out[i] += line[i]
    for b in range(16):
        ti.deactivate(line_blocks, [b])


@ti.kernel
def draw_ring(n: ti.i32, radius: ti.f32):
    for i, j in ti.ndrange(n, n):
        x = ti.cast(2 * i + 1 - n, ti.f32) * 0.5
        y = ti.cast(2 * j + 1 - n, ti.f32) * 0.5
        d = ti.sqrt(x * x + y * y) - radius
        if -1.0 < d < 1.0:
            plane[i, j] = d


@ti.kernel
def read_plane(out: ti.types.ndarray(dtype=ti.f32, ndim=2), active: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i, j in out:
        out[i, j] = plane[i, j]
        active[i, j] = ti.cast(ti.is_active(plane_top, ti.rescale_index(plane, plane_top, [i, j])), ti.i32) * 2
        active[i, j] += ti.cast(ti.is_active(plane_blocks, ti.rescale_index(plane, plane_blocks, [i, j])), ti.i32)


@ti.kernel
def visit_plane(out: ti.types.ndarray(dtype=ti.i32, ndim=2), visits: Ints):
    for i, j in plane:
        out[i, j] = 100 * i + j
        visits[0] += 1


@ti.kernel
def clear_plane():
    for i, j in plane_top:
        ti.deactivate(plane_top, [i, j])


def add(module):
    module.add_field("line", line)
    module.add_field("plane", plane)
    for kernel in (
        set_multiples, activate_block, deactivate_blocks, active_blocks, visit_line, visit_blocks, read_line, churn,
        draw_ring, read_plane, visit_plane, clear_plane,
    ):  # fmt: skip
        module.add_kernel(kernel)
