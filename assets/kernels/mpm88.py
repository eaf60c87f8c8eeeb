"""2-D MLS-MPM: three jellies fall into a box with a pool of water.

The host drives the time loop: `init` once, then per substep `substep_reset_grid`, `substep_p2g`, `substep_update_grid_v`
and `substep_g2p` (or the graph `substep`, which is those four). Nothing is random: `init` derives all from the particle
index and a seed, so two runs with one seed start from the same bits.
"""

import taichi as ti

PARTICLES = 8192
GRID = 128
BLOBS = 4
PER_BLOB = (PARTICLES + BLOBS - 1) // BLOBS
DX = 1.0 / GRID
INV_DX = float(GRID)
DT = 2e-4
DENSITY = 1.0
VOLUME = (DX * 0.5) ** 2
MASS = DENSITY * VOLUME
GRAVITY = 9.8
WALL = 3
WATER = 2
WATER_STIFFNESS = 400.0
POISSON = 0.25

vec2 = ti.types.vector(2, ti.f32)
mat2 = ti.types.matrix(2, 2, ti.f32)
Particles = ti.types.ndarray(dtype=vec2, ndim=1)
ParticleMatrices = ti.types.ndarray(dtype=mat2, ndim=1)
ParticleFloats = ti.types.ndarray(dtype=ti.f32, ndim=1)
ParticleInts = ti.types.ndarray(dtype=ti.i32, ndim=1)
GridVectors = ti.types.ndarray(dtype=vec2, ndim=2)
GridFloats = ti.types.ndarray(dtype=ti.f32, ndim=2)


@ti.func
def mix(bits: ti.u32) -> ti.u32:
    """Avalanche of a 32-bit word: every output bit depends on every input bit."""
    h = bits
    h = (h ^ (h >> 16)) * ti.u32(0x7FEB352D)
    h = (h ^ (h >> 15)) * ti.u32(0x846CA68B)
    return h ^ (h >> 16)


@ti.func
def unit(bits: ti.u32) -> ti.f32:
    """The upper 24 bits as a float in [0, 1), exact."""
    return ti.cast(ti.cast(bits >> 8, ti.i32), ti.f32) * (1.0 / 16777216.0)


@ti.kernel
def init(
    seed: ti.i32,
    x: Particles,
    v: Particles,
    C: ParticleMatrices,
    F: ParticleMatrices,
    J: ParticleFloats,
    material: ParticleInts,
):
    for i in x:
        blob = i // PER_BLOB
        rank = i - blob * PER_BLOB
        key = ti.cast(seed, ti.u32) * ti.u32(0x9E3779B9) + ti.cast(blob, ti.u32) * ti.u32(0x85EBCA6B)
        # An additive sequence fills each blob evenly at any particle count; the seed only shifts it.
        k = ti.cast(rank, ti.u32)
        a = unit(k * ti.u32(3242174889) + mix(key + ti.u32(1)))
        b = unit(k * ti.u32(2447445414) + mix(key + ti.u32(2)))
        shift = vec2(unit(mix(key + ti.u32(3))) - 0.5, unit(mix(key + ti.u32(4))) - 0.5)
        centre = vec2(0.5, 0.5)
        arm = vec2(0.0, 0.0)
        if blob == 0:
            # A sunflower spiral covers a disc evenly, so that its rim is smooth.
            radius = 0.132 * ti.sqrt((ti.cast(rank, ti.f32) + 0.5) / PER_BLOB)
            angle = 2.39996323 * ti.cast(rank, ti.f32)
            centre = vec2(0.28, 0.58)
            arm = radius * vec2(ti.cos(angle), ti.sin(angle))
        elif blob == 1:
            side = vec2(a - 0.5, b - 0.5) * 0.235
            centre = vec2(0.70, 0.38)
            arm = vec2(0.8 * side[0] - 0.6 * side[1], 0.6 * side[0] + 0.8 * side[1])
        elif blob == WATER:
            centre = vec2(0.5, 0.0575)
            arm = vec2((a - 0.5) * 0.94, (b - 0.5) * 0.055)
            shift = vec2(0.0, 0.0)
        else:
            centre = vec2(0.60, 0.80)
            arm = vec2((a - 0.5) * 0.31, (b - 0.5) * 0.115)
        x[i] = centre + arm + 0.06 * shift
        v[i] = vec2(0.0, 0.0)
        if blob != WATER:
            spin = (unit(mix(key + ti.u32(5))) - 0.5) * 8.0
            v[i] = vec2(1.5 * shift[0] - spin * arm[1], -2.5 + spin * arm[0])
        C[i] = mat2([[0.0, 0.0], [0.0, 0.0]])
        F[i] = mat2([[1.0, 0.0], [0.0, 1.0]])
        J[i] = 1.0
        material[i] = blob


@ti.kernel
def substep_reset_grid(grid_v: GridVectors, grid_m: GridFloats):
    for i, j in grid_m:
        grid_v[i, j] = vec2(0.0, 0.0)
        grid_m[i, j] = 0.0


@ti.kernel
def substep_p2g(
    x: Particles,
    v: Particles,
    C: ParticleMatrices,
    F: ParticleMatrices,
    J: ParticleFloats,
    material: ParticleInts,
    grid_v: GridVectors,
    grid_m: GridFloats,
):
    for p in x:
        base = ti.cast(x[p] * INV_DX - 0.5, ti.i32)
        fx = x[p] * INV_DX - ti.cast(base, ti.f32)
        w = [0.5 * (1.5 - fx) ** 2, 0.75 - (fx - 1.0) ** 2, 0.5 * (fx - 0.5) ** 2]
        stress = mat2([[0.0, 0.0], [0.0, 0.0]])
        if material[p] == WATER:
            pressure = WATER_STIFFNESS * (J[p] - 1.0)
            stress = mat2([[pressure, 0.0], [0.0, pressure]])
        else:
            young = 35.0
            if material[p] == 1:
                young = 150.0
            mu = young / (2.0 * (1.0 + POISSON))
            la = young * POISSON / ((1.0 + POISSON) * (1.0 - 2.0 * POISSON))
            f = F[p]
            # Polar decomposition of a 2x2 matrix: its rotation is the normalised sum with its cofactors.
            c = f[0, 0] + f[1, 1]
            s = f[1, 0] - f[0, 1]
            n = 1.0 / ti.sqrt(c * c + s * s)
            r = mat2([[c * n, -s * n], [s * n, c * n]])
            det = f[0, 0] * f[1, 1] - f[0, 1] * f[1, 0]
            volume_term = la * det * (det - 1.0)
            stress = 2.0 * mu * (f - r) @ f.transpose() + mat2([[volume_term, 0.0], [0.0, volume_term]])
        affine = (-DT * VOLUME * 4.0 * INV_DX * INV_DX) * stress + MASS * C[p]
        for i, j in ti.static(ti.ndrange(3, 3)):
            offset = vec2(i, j)
            dpos = (offset - fx) * DX
            weight = w[i][0] * w[j][1]
            grid_v[base[0] + i, base[1] + j] += weight * (MASS * v[p] + affine @ dpos)
            grid_m[base[0] + i, base[1] + j] += weight * MASS


@ti.kernel
def substep_update_grid_v(grid_v: GridVectors, grid_m: GridFloats):
    for i, j in grid_m:
        g = grid_v[i, j]
        if grid_m[i, j] > 0.0:
            g = g / grid_m[i, j]
        g[1] -= DT * GRAVITY
        if i < WALL and g[0] < 0.0:
            g[0] = 0.0
        if i > GRID - WALL and g[0] > 0.0:
            g[0] = 0.0
        if j < WALL and g[1] < 0.0:
            g[1] = 0.0
        if j > GRID - WALL and g[1] > 0.0:
            g[1] = 0.0
        grid_v[i, j] = g


@ti.kernel
def substep_g2p(
    x: Particles,
    v: Particles,
    C: ParticleMatrices,
    F: ParticleMatrices,
    J: ParticleFloats,
    material: ParticleInts,
    grid_v: GridVectors,
):
    for p in x:
        base = ti.cast(x[p] * INV_DX - 0.5, ti.i32)
        fx = x[p] * INV_DX - ti.cast(base, ti.f32)
        w = [0.5 * (1.5 - fx) ** 2, 0.75 - (fx - 1.0) ** 2, 0.5 * (fx - 0.5) ** 2]
        new_v = vec2(0.0, 0.0)
        new_C = mat2([[0.0, 0.0], [0.0, 0.0]])
        for i, j in ti.static(ti.ndrange(3, 3)):
            dpos = (vec2(i, j) - fx) * DX
            weight = w[i][0] * w[j][1]
            g = grid_v[base[0] + i, base[1] + j]
            new_v += weight * g
            new_C += (4.0 * INV_DX * INV_DX * weight) * g.outer_product(dpos)
        v[p] = new_v
        x[p] += DT * new_v
        C[p] = new_C
        if material[p] == WATER:
            J[p] *= 1.0 + DT * (new_C[0, 0] + new_C[1, 1])
        else:
            F[p] = F[p] + DT * new_C @ F[p]


def add(module):
    for kernel in (init, substep_reset_grid, substep_p2g, substep_update_grid_v, substep_g2p):
        module.add_kernel(kernel)
    arg = ti.graph.Arg
    array = ti.graph.ArgKind.NDARRAY
    x = arg(array, "x", vec2, ndim=1)
    v = arg(array, "v", vec2, ndim=1)
    C = arg(array, "C", mat2, ndim=1)
    F = arg(array, "F", mat2, ndim=1)
    J = arg(array, "J", ti.f32, ndim=1)
    material = arg(array, "material", ti.i32, ndim=1)
    grid_v = arg(array, "grid_v", vec2, ndim=2)
    grid_m = arg(array, "grid_m", ti.f32, ndim=2)
    builder = ti.graph.GraphBuilder()
    builder.dispatch(substep_reset_grid, grid_v, grid_m)
    builder.dispatch(substep_p2g, x, v, C, F, J, material, grid_v, grid_m)
    builder.dispatch(substep_update_grid_v, grid_v, grid_m)
    builder.dispatch(substep_g2p, x, v, C, F, J, material, grid_v)
    module.add_graph("substep", builder.compile())
