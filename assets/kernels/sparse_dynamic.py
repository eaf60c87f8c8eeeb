"""Dynamic lists: one, one per dense cell, one per pointer cell, and one of vectors; append, length, emptying."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)

single = ti.field(ti.i32)
single_list = ti.root.dynamic(ti.i, 1000, chunk_size=16)
single_list.place(single)

lists = ti.field(ti.i32)
list_nodes = ti.root.dense(ti.i, 9).dynamic(ti.j, 256, chunk_size=8)
list_nodes.place(lists)

far = ti.field(ti.f64)
far_top = ti.root.pointer(ti.i, 20)
far_lists = far_top.dynamic(ti.j, 64, chunk_size=4)
far_lists.place(far)


@ti.kernel
def append_serially(n: ti.i32, base: ti.i32, places: Ints):
    """append returns where the value went."""
    ti.loop_config(serialize=True)
    for k in range(n):
        places[k] = ti.append(single.parent(), [], base + k)


@ti.kernel
def append_together(n: ti.i32):
    """Many threads append to one list: the order is anybody's, the values are not."""
    for k in range(n):
        ti.append(single.parent(), [], k)


@ti.kernel
def length_of_single(out: Ints):
    out[0] = ti.length(single.parent(), [])


@ti.kernel
def read_single(out: Ints):
    for k in range(1000):
        out[k] = single[k]


@ti.kernel
def sum_single(out: Ints):
    for k in single:
        out[0] += single[k]
        out[1] += 1


@ti.kernel
def empty_single():
    ti.deactivate(single.parent(), [])


@ti.kernel
def append_many(rounds: ti.i32):
    """List i gets i * rounds values, in order: each list belongs to one iteration."""
    for i in range(9):
        for k in range(i * rounds):
            ti.append(lists.parent(), [i], 100 * i + k)


@ti.kernel
def read_many(lengths: Ints, out: ti.types.ndarray(dtype=ti.i32, ndim=2)):
    for i in range(9):
        lengths[i] = ti.length(lists.parent(), [i])
        for k in range(out.shape[1]):
            if k < lengths[i]:
                out[i, k] = lists[i, k]


@ti.kernel
def visit_many(out: Ints):
    for i, k in lists:
        out[i] += lists[i, k] - 100 * i
        out[9] += 1


@ti.kernel
def empty_list(i: ti.i32):
    ti.deactivate(lists.parent(), [i])


@ti.kernel
def set_far(i: ti.i32, n: ti.i32):
    """Writing past the end makes a list as long as needed."""
    ti.loop_config(serialize=True)
    for k in range(n):
        far[i, 2 * k] = ti.cast(k, ti.f64) / 3.0


@ti.kernel
def read_far(out: ti.types.ndarray(dtype=ti.f64, ndim=2), lengths: Ints):
    for i in range(20):
        if ti.is_active(far_top, [i]):
            lengths[i] = ti.length(far_lists, [i])
    for i, k in far:
        out[i, k] = far[i, k] + 0.25


@ti.kernel
def empty_far():
    for i in far_top:
        ti.deactivate(far_top, [i])


def add(module):
    for name, field in (("single", single), ("lists", lists), ("far", far)):
        module.add_field(name, field)
    for kernel in (
        append_serially, append_together, length_of_single, read_single, sum_single, empty_single, append_many, read_many,
        visit_many, empty_list, set_far, read_far, empty_far,
    ):  # fmt: skip
        module.add_kernel(kernel)
