"""Graphs: arguments of every kind, several dispatches, one argument in several places, and an empty graph."""

import taichi as ti

from scalars import TYPES

Kind = ti.graph.ArgKind
Arg = ti.graph.Arg
Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)
Floats = ti.types.ndarray(dtype=ti.f32, ndim=1)
vec3 = ti.types.vector(3, ti.f32)
mat2x3 = ti.types.matrix(2, 3, ti.i32)


@ti.kernel
def add_to(a: Ints, value: ti.i32):
    for i in a:
        a[i] += value


@ti.kernel
def multiply(a: Ints, factor: ti.i32):
    for i in a:
        a[i] *= factor


@ti.kernel
def sum_of(a: Ints, b: Ints, out: Ints):
    for i in out:
        out[i] = a[i] + b[i]


@ti.kernel
def tensors(v: vec3, m: mat2x3, out: Floats):
    for k in ti.static(range(3)):
        out[k] = v[k]
    for r, c in ti.static(ti.ndrange(2, 3)):
        out[3 + 3 * r + c] = ti.cast(m[r, c], ti.f32)


@ti.kernel
def vectors(a: ti.types.ndarray(dtype=vec3, ndim=2), gain: ti.f32):
    for i, j in a:
        a[i, j] *= gain


@ti.kernel
def paint(image: ti.types.rw_texture(num_dimensions=2, fmt=ti.Format.r32f, lod=0), n: ti.i32):
    for x, y in ti.ndrange(n, n):
        image.store(ti.Vector([x, y]), ti.Vector([ti.cast(100 * x + y, ti.f32), 0.0, 0.0, 0.0]))


@ti.kernel
def unpaint(image: ti.types.texture(num_dimensions=2), out: ti.types.ndarray(dtype=ti.f32, ndim=2)):
    for x, y in out:
        out[x, y] = image.fetch(ti.Vector([x, y]), 0).x


def add_scalar_graph(module, name, dtype):
    @ti.kernel
    def put(value: dtype, out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for i in out:
            out[i] = value

    builder = ti.graph.GraphBuilder()
    builder.dispatch(put, Arg(Kind.SCALAR, "value", dtype), Arg(Kind.NDARRAY, "out", dtype, ndim=1))
    module.add_graph(f"scalar_{name}", builder.compile())


def add(module):
    for name, dtype in TYPES.items():
        add_scalar_graph(module, name, dtype)

    a = Arg(Kind.NDARRAY, "a", ti.i32, ndim=1)
    b = Arg(Kind.NDARRAY, "b", ti.i32, ndim=1)
    out = Arg(Kind.NDARRAY, "out", ti.i32, ndim=1)
    step = Arg(Kind.SCALAR, "step", ti.i32)
    factor = Arg(Kind.SCALAR, "factor", ti.i32)
    chain = ti.graph.GraphBuilder()
    chain.dispatch(add_to, a, step)
    chain.dispatch(multiply, a, factor)
    loop = chain.create_sequential()
    loop.dispatch(add_to, a, step)
    for _ in range(3):
        chain.append(loop)
    chain.dispatch(sum_of, a, b, out)
    module.add_graph("chain", chain.compile())

    twice = ti.graph.GraphBuilder()
    twice.dispatch(sum_of, a, a, out)
    module.add_graph("twice", twice.compile())

    matrices = ti.graph.GraphBuilder()
    matrices.dispatch(
        tensors, Arg(Kind.MATRIX, "v", vec3), Arg(Kind.MATRIX, "m", mat2x3), Arg(Kind.NDARRAY, "out", ti.f32, ndim=1)
    )
    module.add_graph("tensors", matrices.compile())

    elements = ti.graph.GraphBuilder()
    elements.dispatch(vectors, Arg(Kind.NDARRAY, "a", vec3, ndim=2), Arg(Kind.SCALAR, "gain", ti.f32))
    module.add_graph("vectors", elements.compile())

    module.add_graph("empty", ti.graph.GraphBuilder().compile())
    module.add_kernel(add_to)


def add_gfx(module):
    """What has textures."""
    images = ti.graph.GraphBuilder()
    images.dispatch(paint, Arg(Kind.RWTEXTURE, "image", fmt=ti.Format.r32f, ndim=2), Arg(Kind.SCALAR, "n", ti.i32))
    images.dispatch(unpaint, Arg(Kind.TEXTURE, "picture", ndim=2), Arg(Kind.NDARRAY, "out", ti.f32, ndim=2))
    module.add_graph("images", images.compile())
