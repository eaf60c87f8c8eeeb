"""Bitmasked nodes: single cells that are active or not, by themselves and below pointer and dense nodes."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)

line = ti.field(ti.i32)
line_cells = ti.root.bitmasked(ti.i, 100)
line_cells.place(line)

mixed = ti.field(ti.f32)
tag = ti.field(ti.i16)
mixed_top = ti.root.pointer(ti.ij, (3, 2))
mixed_cells = mixed_top.dense(ti.ij, (2, 2)).bitmasked(ti.ij, (4, 8))
mixed_cells.place(mixed, tag)


@ti.kernel
def set_squares(n: ti.i32):
    for k in range(n):
        line[k * k] = k


@ti.kernel
def activate_every(step: ti.i32):
    for k in range(100 // step):
        ti.activate(line_cells, [k * step])


@ti.kernel
def deactivate_odd():
    for i in line_cells:
        if i % 2 == 1:
            ti.deactivate(line_cells, [i])


@ti.kernel
def read_line(values: Ints, active: Ints):
    for i in range(100):
        values[i] = line[i]
        active[i] = ti.cast(ti.is_active(line_cells, [i]), ti.i32)


@ti.kernel
def visit_line(out: Ints, visits: Ints):
    for i in line:
        out[i] += 1
        visits[0] += 1


@ti.kernel
def set_diagonals(period: ti.i32):
    for i, j in ti.ndrange(24, 32):
        if (i + j) % period == 0:
            mixed[i, j] = ti.cast(i, ti.f32) * 0.5 - ti.cast(j, ti.f32)
            tag[i, j] = ti.cast(i - 300 * j, ti.i16)


@ti.kernel
def read_mixed(out: ti.types.ndarray(dtype=ti.f32, ndim=2), tags: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i, j in out:
        out[i, j] = mixed[i, j]
        tags[i, j] = tag[i, j]


@ti.kernel
def visit_mixed(sums: Ints):
    for i, j in mixed:
        sums[0] += 1
        sums[1] += 1000 * i + j
        ti.atomic_max(sums[2], i)
        ti.atomic_max(sums[3], j)


@ti.kernel
def clear():
    for i, j in mixed_top:
        ti.deactivate(mixed_top, [i, j])
    for i in line_cells:
        ti.deactivate(line_cells, [i])


def add(module):
    for name, field in (("line", line), ("mixed", mixed), ("tag", tag)):
        module.add_field(name, field)
    for kernel in (
        set_squares, activate_every, deactivate_odd, read_line, visit_line, set_diagonals, read_mixed, visit_mixed, clear,
    ):  # fmt: skip
        module.add_kernel(kernel)
