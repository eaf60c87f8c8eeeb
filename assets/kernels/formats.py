"""The normalised and float storage formats, stored and loaded in 1-D, 2-D and 3-D; fetches and samples at any level.

A stored texel is a function of h = 37 x + 59 y + 83 z + 101 c + 7 seed that the format keeps exactly, see `channel`.
The loops have constant bounds and skip what lies outside, so that each kernel is one task.
"""

import taichi as ti

UNORM8, UNORM16, HALF, FLOAT = range(4)
FORMATS = {
    "r8": UNORM8,
    "rg8": UNORM8,
    "rgba8": UNORM8,
    "r16": UNORM16,
    "rg16": UNORM16,
    "rgba16": UNORM16,
    "r16f": HALF,
    "rg16f": HALF,
    "rgba16f": HALF,
    "r32f": FLOAT,
    "rg32f": FLOAT,
    "rgba32f": FLOAT,
}
LINE, SIDE, EDGE = 64, 32, 8
vec4 = ti.types.vector(4, ti.f32)
Texels = {rank: ti.types.ndarray(dtype=vec4, ndim=rank) for rank in (1, 2, 3)}


@ti.func
def channel(kind: ti.template(), h):
    value = 0.0
    if ti.static(kind == UNORM8):
        value = ti.cast(h % 256, ti.f32) / 255.0
    elif ti.static(kind == UNORM16):
        value = ti.cast(331 * h % 65536, ti.f32) / 65535.0
    elif ti.static(kind == HALF):
        value = ti.cast(h % 2048, ti.f32) * 0.25 - 256.0
    else:
        value = ti.cast(331 * h % 65536, ti.f32) * 0.125 - 4096.0
    return value


@ti.func
def texel(kind: ti.template(), x, y, z, seed):
    h = 37 * x + 59 * y + 83 * z + 7 * seed
    return ti.Vector([channel(kind, h), channel(kind, h + 101), channel(kind, h + 202), channel(kind, h + 303)])


def add_format(module, fmt, kind):
    def storage(rank):
        return ti.types.rw_texture(num_dimensions=rank, fmt=getattr(ti.Format, fmt), lod=0)

    @ti.kernel
    def store_1d(image: storage(1), width: ti.i32, seed: ti.i32):
        for x in range(LINE):
            if x < width:
                image.store(ti.Vector([x]), texel(kind, x, 0, 0, seed))

    @ti.kernel
    def store_2d(image: storage(2), width: ti.i32, height: ti.i32, seed: ti.i32):
        for x, y in ti.ndrange(SIDE, SIDE):
            if x < width and y < height:
                image.store(ti.Vector([x, y]), texel(kind, x, y, 0, seed))

    @ti.kernel
    def store_3d(image: storage(3), width: ti.i32, height: ti.i32, depth: ti.i32, seed: ti.i32):
        for x, y, z in ti.ndrange(EDGE, EDGE, EDGE):
            if x < width and y < height and z < depth:
                image.store(ti.Vector([x, y, z]), texel(kind, x, y, z, seed))

    @ti.kernel
    def load_1d(image: storage(1), out: Texels[1]):
        for x in range(LINE):
            if x < out.shape[0]:
                out[x] = image.load(ti.Vector([x]))

    @ti.kernel
    def load_2d(image: storage(2), out: Texels[2]):
        for x, y in ti.ndrange(SIDE, SIDE):
            if x < out.shape[0] and y < out.shape[1]:
                out[x, y] = image.load(ti.Vector([x, y]))

    @ti.kernel
    def load_3d(image: storage(3), out: Texels[3]):
        for x, y, z in ti.ndrange(EDGE, EDGE, EDGE):
            if x < out.shape[0] and y < out.shape[1] and z < out.shape[2]:
                out[x, y, z] = image.load(ti.Vector([x, y, z]))

    for kernel in (store_1d, store_2d, store_3d, load_1d, load_2d, load_3d):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{fmt}")


def sampled(rank):
    return ti.types.texture(num_dimensions=rank)


def points(rank):
    return ti.types.ndarray(dtype=ti.types.vector(rank, ti.f32), ndim=1)


@ti.kernel
def fetch_1d(image: sampled(1), out: Texels[1], lod: ti.i32):
    for x in range(LINE):
        if x < out.shape[0]:
            out[x] = image.fetch(ti.Vector([x]), lod)


@ti.kernel
def fetch_2d(image: sampled(2), out: Texels[2], lod: ti.i32):
    for x, y in ti.ndrange(SIDE, SIDE):
        if x < out.shape[0] and y < out.shape[1]:
            out[x, y] = image.fetch(ti.Vector([x, y]), lod)


@ti.kernel
def fetch_3d(image: sampled(3), out: Texels[3], lod: ti.i32):
    for x, y, z in ti.ndrange(EDGE, EDGE, EDGE):
        if x < out.shape[0] and y < out.shape[1] and z < out.shape[2]:
            out[x, y, z] = image.fetch(ti.Vector([x, y, z]), lod)


@ti.kernel
def sample_1d(image: sampled(1), at: ti.types.ndarray(dtype=ti.f32, ndim=1), out: Texels[1], lod: ti.f32):
    for i in out:
        out[i] = image.sample_lod(ti.Vector([at[i]]), lod)


@ti.kernel
def sample_2d(image: sampled(2), at: points(2), out: Texels[1], lod: ti.f32):
    for i in out:
        out[i] = image.sample_lod(at[i], lod)


@ti.kernel
def sample_3d(image: sampled(3), at: points(3), out: Texels[1], lod: ti.f32):
    for i in out:
        out[i] = image.sample_lod(at[i], lod)


def add(module):
    for fmt, kind in FORMATS.items():
        add_format(module, fmt, kind)
    for kernel in (fetch_1d, fetch_2d, fetch_3d, sample_1d, sample_2d, sample_3d):
        module.add_kernel(kernel)
