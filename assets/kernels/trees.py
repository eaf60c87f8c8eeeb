"""Several trees in one module: dense, sparse, dense again, of several types; kernels that use one and kernels that use all."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)


def new_tree(build):
    builder = ti.FieldsBuilder()
    made = build(builder)
    builder.finalize()
    return made


def dense_tree(builder):
    field = ti.field(ti.i32)
    builder.dense(ti.i, 50).place(field)
    return field


def sparse_tree(builder):
    field = ti.field(ti.i32)
    node = builder.pointer(ti.i, 10)
    node.bitmasked(ti.i, 5).place(field)
    return field, node


def wide_tree(builder):
    values = ti.Vector.field(3, ti.f64)
    flags = ti.field(ti.u8)
    builder.dense(ti.ij, (6, 7)).place(values)
    builder.dense(ti.ij, (6, 7)).place(flags)
    return values, flags


first = new_tree(dense_tree)
second, second_blocks = new_tree(sparse_tree)
third, third_flags = new_tree(wide_tree)
fourth = new_tree(dense_tree)


@ti.kernel
def fill_first(base: ti.i32):
    for i in first:
        first[i] = base + i


@ti.kernel
def spread(step: ti.i32):
    """From tree to tree: every step-th value becomes a cell of the sparse one."""
    for i in range(50):
        if i % step == 0:
            second[i] = first[i]


@ti.kernel
def collect():
    for i in second:
        fourth[i] += second[i]
        ti.atomic_add(third[i % 6, i % 7][0], ti.cast(second[i], ti.f64))
        third_flags[i % 6, i % 7] = ti.cast(i, ti.u8)


@ti.kernel
def drop(block: ti.i32):
    ti.deactivate(second_blocks, [block])


@ti.kernel
def read_dense(a: Ints, b: Ints):
    for i in range(50):
        a[i] = first[i]
        b[i] = fourth[i]


@ti.kernel
def read_sparse(values: Ints, visited: Ints):
    for i in range(50):
        values[i] = second[i]
    for i in second:
        visited[i] = 1


@ti.kernel
def read_wide(
    values: ti.types.ndarray(dtype=ti.types.vector(3, ti.f64), ndim=2), flags: ti.types.ndarray(dtype=ti.i32, ndim=2)
):
    for i, j in flags:
        values[i, j] = third[i, j]
        flags[i, j] = ti.cast(third_flags[i, j], ti.i32)


def add(module):
    # A tree is in the module only if a field of it has been added, whatever the kernels use.
    for name, field in (("first", first), ("second", second), ("third", third), ("fourth", fourth)):
        module.add_field(name, field)
    for kernel in (fill_first, spread, collect, drop, read_dense, read_sparse, read_wide):
        module.add_kernel(kernel)
