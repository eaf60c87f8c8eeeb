"""A Julia set painted into storage images: one colour picture (rgba8) and one of smooth escape counts (r32f)."""

import taichi as ti


@ti.func
def escape(z0, c, limit):
    """Iterations of z*z + c until |z| > 2, at most `limit`; the rest is (re, im) at that moment."""
    z = z0
    count = 0
    while z.norm_sqr() <= 4.0 and count < limit:
        z = ti.Vector([z[0] * z[0] - z[1] * z[1], 2.0 * z[0] * z[1]]) + c
        count += 1
    return count, z


@ti.func
def plane_point(i, j, width, height, zoom):
    return (
        ti.Vector([ti.cast(2 * i + 1 - width, ti.f32), ti.cast(2 * j + 1 - height, ti.f32)])
        * zoom
        / ti.cast(ti.min(width, height), ti.f32)
    )


@ti.kernel
def paint(
    image: ti.types.rw_texture(num_dimensions=2, fmt=ti.Format.rgba8, lod=0),
    width: ti.i32,
    height: ti.i32,
    c_re: ti.f32,
    c_im: ti.f32,
    zoom: ti.f32,
    limit: ti.i32,
):
    for i, j in ti.ndrange(width, height):
        count, z = escape(plane_point(i, j, width, height, zoom), ti.Vector([c_re, c_im]), limit)
        colour = ti.Vector([0.02, 0.02, 0.05, 1.0])
        if count < limit:
            t = ti.cast(count, ti.f32) - ti.log(ti.log(ti.max(z.norm(), 1.0001))) * 1.442695
            s = 0.35 * ti.sqrt(ti.max(t, 0.0))
            colour = ti.Vector([0.5 - 0.5 * ti.cos(s), 0.5 - 0.5 * ti.cos(s * 1.4), 0.5 - 0.5 * ti.cos(s * 2.1), 1.0])
        image.store(ti.Vector([i, j]), colour)


@ti.kernel
def count(
    image: ti.types.rw_texture(num_dimensions=2, fmt=ti.Format.r32f, lod=0),
    width: ti.i32,
    height: ti.i32,
    c_re: ti.f32,
    c_im: ti.f32,
    zoom: ti.f32,
    limit: ti.i32,
):
    for i, j in ti.ndrange(width, height):
        steps, z = escape(plane_point(i, j, width, height, zoom), ti.Vector([c_re, c_im]), limit)
        image.store(ti.Vector([i, j]), ti.Vector([ti.cast(steps, ti.f32), 0.0, 0.0, 0.0]))


def add(module):
    module.add_kernel(paint)
    module.add_kernel(count)
