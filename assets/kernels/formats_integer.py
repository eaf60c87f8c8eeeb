"""Integer storage formats in 2-D. The compiler types all storage texels as floats; integers pass bit by bit.

A stored channel is a function of h = 37 x + 59 y + 101 c + 7 seed that lies in the format's range, see `channel`.
"""

import taichi as ti

FORMATS = {
    f"{channels}{bits}{sign}": (bits, sign == "i")
    for sign in "ui"
    for bits in (8, 16, 32)
    for channels in ("r", "rg", "rgba")
}
SIDE = 32
Texels = ti.types.ndarray(dtype=ti.types.vector(4, ti.i32), ndim=2)


@ti.func
def channel(bits: ti.template(), signed: ti.template(), h):
    value = h % 200
    if ti.static(bits > 8):
        value = 131 * h % 30000
    if ti.static(signed):
        value = value - ti.static(100 if bits == 8 else 15000)
    return ti.bit_cast(value, ti.f32)


def add_format(module, fmt, bits, signed):
    Storage = ti.types.rw_texture(num_dimensions=2, fmt=getattr(ti.Format, fmt), lod=0)

    @ti.kernel
    def store_2d(image: Storage, width: ti.i32, height: ti.i32, seed: ti.i32):
        for x, y in ti.ndrange(SIDE, SIDE):
            if x < width and y < height:
                h = 37 * x + 59 * y + 7 * seed
                image.store(
                    ti.Vector([x, y]),
                    ti.Vector([channel(bits, signed, h + 101 * c) for c in ti.static(range(4))]),
                )

    @ti.kernel
    def load_2d(image: Storage, out: Texels):
        for x, y in ti.ndrange(SIDE, SIDE):
            if x < out.shape[0] and y < out.shape[1]:
                value = image.load(ti.Vector([x, y]))
                out[x, y] = ti.Vector([ti.bit_cast(value[c], ti.i32) for c in ti.static(range(4))])

    for kernel in (store_2d, load_2d):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{fmt}")


def add(module):
    for fmt, (bits, signed) in FORMATS.items():
        add_format(module, fmt, bits, signed)
