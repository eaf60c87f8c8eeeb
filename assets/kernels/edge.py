"""Legal oddities: a kernel without a body, one without arguments that writes nothing, odd names, a template instance."""

import taichi as ti

cells = ti.field(ti.i32, shape=5)


@ti.kernel
def nothing():
    pass


@ti.kernel
def nothing_of(a: ti.types.ndarray(dtype=ti.f32, ndim=1)):
    pass


@ti.kernel
def plain(a: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    for i in a:
        a[i] = 7


@ti.kernel
def scaled(factor: ti.template(), base: ti.i32):
    for i in cells:
        cells[i] = factor * i + base


@ti.kernel
def read(a: ti.types.ndarray(dtype=ti.i32, ndim=1)):
    for i in cells:
        a[i] = cells[i]


def add(module):
    module.add_kernel(nothing)
    module.add_kernel(nothing_of)
    # For LLVM a kernel's name is that of its file, and the compiler makes no folders.
    separator = "/" if ti.cfg.arch == ti.vulkan else " "
    module.add_kernel(plain, name=f"a name{separator}with, odd|characters.spv")
    module.add_field("cells", cells)
    module.add_kernel(read)


def add_gfx(module):
    """Templates can be exported for SPIR-V only."""
    with module.add_kernel_template(scaled) as template:
        template.instantiate(factor=2)
        template.instantiate(factor=3)
