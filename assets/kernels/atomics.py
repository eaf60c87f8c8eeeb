"""Atomics of integers and floats. Compiled twice: without and with the capability for native float adds."""

import taichi as ti

Ints = ti.types.ndarray(dtype=ti.i32, ndim=1)
Floats = ti.types.ndarray(dtype=ti.f32, ndim=1)


@ti.kernel
def add_floats(values: Floats, bins: Floats):
    for i in values:
        bins[i % bins.shape[0]] += values[i]


@ti.kernel
def histogram(values: Ints, bins: Ints):
    for i in values:
        bins[values[i]] += 1


@ti.kernel
def extremes(values: Ints, out: Ints):
    for i in values:
        ti.atomic_min(out[0], values[i])
        ti.atomic_max(out[1], values[i])
        ti.atomic_and(out[2], values[i])
        ti.atomic_or(out[3], values[i])
        ti.atomic_xor(out[4], values[i])
        ti.atomic_sub(out[5], values[i])


@ti.kernel
def float_extremes(values: Floats, out: Floats):
    for i in values:
        ti.atomic_min(out[0], values[i])
        ti.atomic_max(out[1], values[i])


@ti.kernel
def tickets(taken: Ints, out: Ints):
    """Each iteration draws a ticket: the old values are all different."""
    for i in out:
        out[i] = ti.atomic_add(taken[0], 1)


def add(module):
    for kernel in (add_floats, histogram, extremes, float_extremes, tickets):
        module.add_kernel(kernel)
