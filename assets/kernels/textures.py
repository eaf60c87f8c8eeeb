"""Sampled and storage textures in 1-D, 2-D and 3-D.

The pattern is p(x, y, z, c) = (37 x + 59 y + 83 z + 101 c + 7 seed) mod 256 / 255, exact in every format used after rounding.
"""

import taichi as ti

FORMATS = ("r8", "rgba8", "r16f", "rgba16f", "r32f", "rgba32f")
Texels = {rank: ti.types.ndarray(dtype=ti.types.vector(4, ti.f32), ndim=rank) for rank in (1, 2, 3)}


@ti.func
def channel(x, y, z, c, seed):
    return ti.cast((37 * x + 59 * y + 83 * z + 101 * c + 7 * seed) % 256, ti.f32) / 255.0


@ti.func
def pattern(x, y, z, seed):
    return ti.Vector([channel(x, y, z, 0, seed), channel(x, y, z, 1, seed), channel(x, y, z, 2, seed), channel(x, y, z, 3, seed)])


def storage(rank, fmt):
    return ti.types.rw_texture(num_dimensions=rank, fmt=getattr(ti.Format, fmt), lod=0)


def add_storage(module, fmt):
    @ti.kernel
    def store_1d(image: storage(1, fmt), width: ti.i32, seed: ti.i32):
        for x in range(width):
            image.store(ti.Vector([x]), pattern(x, 0, 0, seed))

    @ti.kernel
    def store_2d(image: storage(2, fmt), width: ti.i32, height: ti.i32, seed: ti.i32):
        for x, y in ti.ndrange(width, height):
            image.store(ti.Vector([x, y]), pattern(x, y, 0, seed))

    @ti.kernel
    def store_3d(image: storage(3, fmt), width: ti.i32, height: ti.i32, depth: ti.i32, seed: ti.i32):
        for x, y, z in ti.ndrange(width, height, depth):
            image.store(ti.Vector([x, y, z]), pattern(x, y, z, seed))

    @ti.kernel
    def load_1d(image: storage(1, fmt), out: Texels[1]):
        for x in out:
            out[x] = image.load(ti.Vector([x]))

    @ti.kernel
    def load_2d(image: storage(2, fmt), out: Texels[2]):
        for x, y in out:
            out[x, y] = image.load(ti.Vector([x, y]))

    @ti.kernel
    def load_3d(image: storage(3, fmt), out: Texels[3]):
        for x, y, z in out:
            out[x, y, z] = image.load(ti.Vector([x, y, z]))

    @ti.kernel
    def halve(image: storage(2, fmt), width: ti.i32, height: ti.i32):
        for x, y in ti.ndrange(width, height):
            at = ti.Vector([x, y])
            image.store(at, image.load(at) * 0.5)

    ranks = (1, 2, 3) if fmt in ("rgba8", "r32f") else (2,)
    for rank in ranks:
        module.add_kernel({1: store_1d, 2: store_2d, 3: store_3d}[rank], name=f"store_{rank}d_{fmt}")
        module.add_kernel({1: load_1d, 2: load_2d, 3: load_3d}[rank], name=f"load_{rank}d_{fmt}")
    if fmt == "r32f":
        module.add_kernel(halve, name="halve_r32f")


@ti.kernel
def fetch_1d(image: ti.types.texture(num_dimensions=1), out: Texels[1]):
    for x in out:
        out[x] = image.fetch(ti.Vector([x]), 0)


@ti.kernel
def fetch_2d(image: ti.types.texture(num_dimensions=2), out: Texels[2]):
    for x, y in out:
        out[x, y] = image.fetch(ti.Vector([x, y]), 0)


@ti.kernel
def fetch_3d(image: ti.types.texture(num_dimensions=3), out: Texels[3]):
    for x, y, z in out:
        out[x, y, z] = image.fetch(ti.Vector([x, y, z]), 0)


@ti.kernel
def sample_1d(image: ti.types.texture(num_dimensions=1), out: Texels[1], offset: ti.f32):
    for x in out:
        u = (ti.cast(x, ti.f32) + offset) / ti.cast(out.shape[0], ti.f32)
        out[x] = image.sample_lod(ti.Vector([u]), 0.0)


@ti.kernel
def sample_2d(image: ti.types.texture(num_dimensions=2), out: Texels[2], offset: ti.f32):
    for x, y in out:
        u = (ti.cast(x, ti.f32) + offset) / ti.cast(out.shape[0], ti.f32)
        v = (ti.cast(y, ti.f32) + offset) / ti.cast(out.shape[1], ti.f32)
        out[x, y] = image.sample_lod(ti.Vector([u, v]), 0.0)


@ti.kernel
def sample_3d(image: ti.types.texture(num_dimensions=3), out: Texels[3], offset: ti.f32):
    for x, y, z in out:
        u = (ti.cast(x, ti.f32) + offset) / ti.cast(out.shape[0], ti.f32)
        v = (ti.cast(y, ti.f32) + offset) / ti.cast(out.shape[1], ti.f32)
        w = (ti.cast(z, ti.f32) + offset) / ti.cast(out.shape[2], ti.f32)
        out[x, y, z] = image.sample_lod(ti.Vector([u, v, w]), 0.0)


@ti.kernel
def flip_2d(src: ti.types.texture(num_dimensions=2), dst: storage(2, "rgba32f"), width: ti.i32, height: ti.i32):
    """One sampled and one storage image in one task."""
    for x, y in ti.ndrange(width, height):
        dst.store(ti.Vector([x, y]), src.fetch(ti.Vector([width - 1 - x, height - 1 - y]), 0))


@ti.kernel
def texture_only(dst: storage(2, "rgba8")):
    """A task with no buffer at all: constant bounds, constant colours."""
    for x, y in ti.ndrange(16, 8):
        dst.store(ti.Vector([x, y]), pattern(x, y, 0, 3))


def add(module):
    for fmt in FORMATS:
        add_storage(module, fmt)
    for kernel in (fetch_1d, fetch_2d, fetch_3d, sample_1d, sample_2d, sample_3d, flip_2d, texture_only):
        module.add_kernel(kernel)
