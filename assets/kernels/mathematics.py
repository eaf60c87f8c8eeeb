"""Every mathematical function in f32 and f64, and in f16 what it has: one kernel per function and type."""

import taichi as ti

ONE = {
    "sin": ti.sin, "cos": ti.cos, "tan": ti.tan, "asin": ti.asin, "acos": ti.acos, "tanh": ti.tanh, "exp": ti.exp,
    "log": ti.log, "sqrt": ti.sqrt, "rsqrt": ti.rsqrt, "floor": ti.floor, "ceil": ti.ceil, "round": ti.round,
    "abs": ti.abs, "sign": ti.math.sign, "fract": ti.math.fract, "log2": ti.math.log2, "isnan": ti.math.isnan,
    "isinf": ti.math.isinf,
}  # fmt: skip
TWO = {"atan2": ti.atan2, "pow": ti.pow, "max": ti.max, "min": ti.min, "mod": ti.math.mod}


def add_one(module, name, function, type_name, dtype):
    @ti.kernel
    def apply(a: ti.types.ndarray(dtype=dtype, ndim=1), out: ti.types.ndarray(dtype=dtype, ndim=1)):
        for i in out:
            out[i] = ti.cast(function(a[i]), dtype)

    module.add_kernel(apply, name=f"{name}_{type_name}")


def add_two(module, name, function, type_name, dtype):
    @ti.kernel
    def apply(
        a: ti.types.ndarray(dtype=dtype, ndim=1),
        b: ti.types.ndarray(dtype=dtype, ndim=1),
        out: ti.types.ndarray(dtype=dtype, ndim=1),
    ):
        for i in out:
            out[i] = function(a[i], b[i])

    module.add_kernel(apply, name=f"{name}_{type_name}")


@ti.kernel
def whole_powers(a: ti.types.ndarray(dtype=ti.f32, ndim=1), out: ti.types.ndarray(dtype=ti.f32, ndim=2)):
    """Powers with constant and variable whole exponents become multiplications."""
    for i in a:
        out[i, 0] = a[i] ** 2
        out[i, 1] = a[i] ** 3
        out[i, 2] = a[i] ** -1
        out[i, 3] = a[i] ** i


@ti.kernel
def rotations(angle: ti.f32, out: ti.types.ndarray(dtype=ti.types.matrix(3, 3, ti.f32), ndim=1)):
    for i in out:
        out[i] = ti.math.rotation3d(angle, angle * 0.5, ti.cast(i, ti.f32))[:3, :3]


def add(module):
    for type_name, dtype in (("f32", ti.f32), ("f64", ti.f64)):
        for name, function in ONE.items():
            add_one(module, name, function, type_name, dtype)
        for name, function in TWO.items():
            add_two(module, name, function, type_name, dtype)
    for name in ("sin", "exp", "sqrt", "floor", "abs"):
        add_one(module, name, ONE[name], "f16", ti.f16)
    module.add_kernel(whole_powers)
    module.add_kernel(rotations)
