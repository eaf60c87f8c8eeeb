"""Small linear algebra: products, inverses, decompositions, in f32 and f64."""

import taichi as ti


def add_type(module, name, dtype):
    mat2 = ti.types.matrix(2, 2, dtype)
    mat3 = ti.types.matrix(3, 3, dtype)
    mat4 = ti.types.matrix(4, 4, dtype)
    vec3 = ti.types.vector(3, dtype)

    @ti.kernel
    def inverses(
        a: ti.types.ndarray(dtype=mat3, ndim=1),
        out: ti.types.ndarray(dtype=mat3, ndim=1),
        dets: ti.types.ndarray(dtype=dtype, ndim=1),
    ):
        for i in a:
            out[i] = a[i].inverse()
            dets[i] = a[i].determinant()

    @ti.kernel
    def products(a: ti.types.ndarray(dtype=mat4, ndim=1), out: ti.types.ndarray(dtype=mat4, ndim=1)):
        for i in a:
            out[i] = a[i] @ a[i].transpose() + 2 * a[i]

    @ti.kernel
    def vectors(
        a: ti.types.ndarray(dtype=vec3, ndim=1),
        out: ti.types.ndarray(dtype=vec3, ndim=1),
        norms: ti.types.ndarray(dtype=dtype, ndim=1),
    ):
        for i in a:
            out[i] = a[i].cross(vec3(1, 2, 3)).normalized()
            norms[i] = a[i].norm() + a[i].dot(a[i]) + a[i].sum() + a[i].max()

    @ti.kernel
    def decompositions(
        a: ti.types.ndarray(dtype=mat2, ndim=1),
        u: ti.types.ndarray(dtype=mat2, ndim=1),
        sigma: ti.types.ndarray(dtype=mat2, ndim=1),
        v: ti.types.ndarray(dtype=mat2, ndim=1),
    ):
        for i in a:
            uu, ss, vv = ti.svd(a[i], dtype)
            u[i] = uu
            sigma[i] = ss
            v[i] = vv

    @ti.kernel
    def decompositions3(
        a: ti.types.ndarray(dtype=mat3, ndim=1),
        u: ti.types.ndarray(dtype=mat3, ndim=1),
        sigma: ti.types.ndarray(dtype=mat3, ndim=1),
        v: ti.types.ndarray(dtype=mat3, ndim=1),
    ):
        for i in a:
            uu, ss, vv = ti.svd(a[i], dtype)
            u[i] = uu
            sigma[i] = ss
            v[i] = vv

    for kernel in (inverses, products, vectors, decompositions, decompositions3):
        module.add_kernel(kernel, name=f"{kernel.__name__}_{name}")


def add(module):
    add_type(module, "f32", ti.f32)
    add_type(module, "f64", ti.f64)
