"""Stable fluids in a box: a stirred velocity field without divergence, and the dye that it carries.

Lengths are in boxes, velocities in boxes per second, y points upwards. `velocity[i, j]` holds what flows through the
left and through the bottom face of cell (i, j); nothing flows through the walls, so the faces at the far ends need no
storage. A frame is the graph `frame`: swirls are sharpened, the field carries itself and is stirred, is made free of
divergence, carries the dye and is painted. Sizes come from the arrays; the dye may have finer cells than the velocity.
"""

import taichi as ti

# Grids on which the pressure is found, each of half the cells of the one before: one V-cycle.
LEVELS = 6

# Of the spin, what the rim of a swirl loses per cell.
RIM = 0.06

# Samples of dye that differ by less look the same.
EVEN = 0.01

vec2 = ti.types.vector(2, ti.f32)
vec3 = ti.types.vector(3, ti.f32)
vec4 = ti.types.vector(4, ti.f32)
Floats = ti.types.ndarray(dtype=ti.f32, ndim=2)
Vectors = ti.types.ndarray(dtype=vec2, ndim=2)
Colours = ti.types.ndarray(dtype=vec3, ndim=2)
Picture = ti.types.rw_texture(num_dimensions=2, fmt=ti.Format.rgba8, lod=0)


@ti.func
def mix(first, second, part):
    return first + part * (second - first)


@ti.func
def face(field: ti.template(), i, j, axis: ti.template()):
    """The flow through a face; beside the walls as next to them, through them none."""
    size = ti.Vector([field.shape[0], field.shape[1]])
    at = ti.Vector([i, j])
    at[1 - axis] = ti.math.clamp(at[1 - axis], 0, size[1 - axis] - 1)
    inside = at[axis] < size[axis]
    at[axis] = ti.min(at[axis], size[axis] - 1)
    return ti.select(inside, field[at[0], at[1]][axis], 0.0)


@ti.func
def flow_through(field: ti.template(), p, axis: ti.template()):
    """One component of the velocity at the point p, given in cells."""
    size = ti.Vector([field.shape[0], field.shape[1]])
    q = p
    q[1 - axis] -= 0.5
    q = ti.math.clamp(q, 0.0, ti.cast(size, ti.f32))
    here = ti.min(ti.cast(q, ti.i32), size - 1)
    next = ti.min(here + 1, size - 1)
    part = q - ti.cast(here, ti.f32)
    # The wall at the far end lets nothing through.
    beyond = ti.select(here[axis] + 1 < size[axis], part[axis], 0.0)
    far = vec2(beyond, part[1]) if ti.static(axis == 0) else vec2(part[0], beyond)
    low = field[here[0], here[1]][axis] * (1.0 - part[0]) + field[next[0], here[1]][axis] * far[0]
    high = field[here[0], next[1]][axis] * (1.0 - part[0]) + field[next[0], next[1]][axis] * far[0]
    return low * (1.0 - part[1]) + high * far[1]


@ti.func
def flow(field: ti.template(), p):
    return vec2(flow_through(field, p, 0), flow_through(field, p, 1))


@ti.func
def origin(field: ti.template(), p, step):
    """Where what is at p (in cells) was a step before, by the midpoint rule; step in cells per velocity."""
    at = p
    for half in range(2):
        at = p - (0.5 + 0.5 * half) * step * flow(field, at)
    return at


@ti.func
def touch(p, tip, path, radius):
    """How much a stir that has come along `path` to `tip` touches the point p: 1 on its way, 0 far from it."""
    along = ti.math.clamp((tip - p).dot(path) / ti.max(path.norm_sqr(), 1e-12), 0.0, 1.0)
    distance = (p - tip + along * path).norm_sqr()
    return ti.exp(-distance / (radius * radius))


@ti.kernel
def rest(velocity: Vectors, dye: Colours):
    for i, j in velocity:
        velocity[i, j] = vec2(0.0, 0.0)
    for i, j in dye:
        dye[i, j] = vec3(0.0, 0.0, 0.0)


@ti.kernel
def find_curl(velocity: Vectors, curl: Floats):
    """Spin about the lower left corner of each cell; none on the walls."""
    scale = ti.cast(velocity.shape[0], ti.f32)
    for i, j in curl:
        spin = 0.0
        if i > 0 and j > 0:
            across = velocity[i, j][1] - velocity[i - 1, j][1]
            along = velocity[i, j][0] - velocity[i, j - 1][0]
            spin = scale * (across - along)
        curl[i, j] = spin


@ti.func
def corner(curl: ti.template(), i, j):
    return curl[ti.math.clamp(i, 0, curl.shape[0] - 1), ti.math.clamp(j, 0, curl.shape[1] - 1)]


@ti.func
def confinement(curl: ti.template(), i, j, axis: ti.template()):
    """The push that keeps swirls from fading, at a face: along the rim of a swirl, the way it turns.

    Strongest where the spin changes by the share RIM from cell to cell; what is rougher is left alone, so that no
    noise grows.
    """
    di, dj = ti.static((0, 1) if axis == 0 else (1, 0))
    first, second = corner(curl, i, j), corner(curl, i + di, j + dj)
    along = ti.abs(second) - ti.abs(first)
    ahead = ti.abs(corner(curl, i + dj, j + di)) + ti.abs(corner(curl, i + 1, j + 1))
    behind = ti.abs(corner(curl, i - dj, j - di)) + ti.abs(corner(curl, i + di - dj, j + dj - di))
    across = 0.25 * (ahead - behind)
    spin = 0.5 * (first + second)
    edge = RIM * RIM * spin * spin + along * along + across * across + 1e-3
    return ti.static(2.0 * RIM if axis == 0 else -2.0 * RIM) * spin * ti.abs(spin) * along / edge


@ti.kernel
def move(
    velocity: Vectors,
    curl: Floats,
    moved: Vectors,
    dt: ti.f32,
    swirl: ti.f32,
    tip: vec2,
    push: vec2,
    radius: ti.f32,
    force: ti.f32,
):
    """The field carries itself; then comes what swirls and the stir add. force: 0 leaves all, 1 takes all along."""
    cells = ti.cast(moved.shape[0], ti.f32)
    for i, j in moved:
        result = vec2(0.0, 0.0)
        for axis in ti.static(range(2)):
            at = vec2(i, j)
            at[1 - axis] += 0.5
            if at[axis] > 0.0:
                carried = flow_through(velocity, origin(velocity, at, dt * cells), axis)
                carried += dt * swirl * confinement(curl, i, j, axis) / cells
                held = force * touch(at / cells, tip, dt * push, radius)
                result[axis] = carried + held * (push[axis] - carried)
        moved[i, j] = result


@ti.kernel
def find_divergence(velocity: Vectors, divergence: Floats):
    for i, j in divergence:
        out = face(velocity, i + 1, j, 0) + face(velocity, i, j + 1, 1)
        divergence[i, j] = out - velocity[i, j][0] - velocity[i, j][1]


@ti.func
def relaxed(divergence: ti.template(), pressure: ti.template(), i, j):
    """The pressure that suits a cell's neighbours; beyond a wall it is as before it."""
    right, top = divergence.shape[0] - 1, divergence.shape[1] - 1
    around = pressure[ti.max(i - 1, 0), j] + pressure[ti.min(i + 1, right), j]
    around += pressure[i, ti.max(j - 1, 0)] + pressure[i, ti.min(j + 1, top)]
    walls = ti.cast(i == 0, ti.f32) + ti.cast(i == right, ti.f32) + ti.cast(j == 0, ti.f32) + ti.cast(j == top, ti.f32)
    return (around - walls * pressure[i, j] - divergence[i, j]) / (4.0 - walls)


def make_relax(colour, name):
    def relax(divergence: Floats, pressure: Floats):
        """Every other cell, as on a chessboard, from its neighbours, which are all of the other colour."""
        width, height = divergence.shape[0], divergence.shape[1]
        for i, k in ti.ndrange(width, (height + 1) // 2):
            j = 2 * k + (i + colour) % 2
            if j < height:
                pressure[i, j] = relaxed(divergence, pressure, i, j)

    relax.__name__ = name
    return ti.kernel(relax)


@ti.kernel
def guess(divergence: Floats, pressure: Floats):
    """As if the pressure had been 0 and its red cells had then been relaxed."""
    width, height = divergence.shape[0], divergence.shape[1]
    for i, j in pressure:
        inner = ti.cast(0 < i < width - 1, ti.f32) + ti.cast(0 < j < height - 1, ti.f32)
        pressure[i, j] = ti.select((i + j) % 2 == 0, -divergence[i, j] / (2.0 + inner), 0.0)


@ti.kernel
def coarsen(divergence: Floats, pressure: Floats, coarse: Floats):
    """What the pressure does not take away of the divergence, gathered into cells of twice the size.

    Only red cells count: the black ones have just been relaxed, so nothing is left over there. Without branches, as
    some compilers take time for every path through them.
    """
    right, top = divergence.shape[0] - 1, divergence.shape[1] - 1
    for m, n in coarse:
        i, j = 2 * m, 2 * n
        total = divergence[i, j] + divergence[i + 1, j + 1]
        total += 4.0 * (pressure[i, j] + pressure[i + 1, j + 1]) - 2.0 * (pressure[i + 1, j] + pressure[i, j + 1])
        total -= pressure[ti.max(i - 1, 0), j] + pressure[i, ti.max(j - 1, 0)]
        total -= pressure[ti.min(i + 2, right), j + 1] + pressure[i + 1, ti.min(j + 2, top)]
        coarse[m, n] = total


@ti.kernel
def refine(coarse: Floats, pressure: Floats):
    """Adds the pressure of cells of twice the size, bilinearly."""
    for i, j in pressure:
        m, n = i // 2, j // 2
        beside = ti.math.clamp(m + 2 * (i % 2) - 1, 0, coarse.shape[0] - 1)
        above = ti.math.clamp(n + 2 * (j % 2) - 1, 0, coarse.shape[1] - 1)
        near = 0.75 * coarse[m, n] + 0.25 * coarse[beside, n]
        far = 0.75 * coarse[m, above] + 0.25 * coarse[beside, above]
        pressure[i, j] += 0.75 * near + 0.25 * far


@ti.kernel
def project(moved: Vectors, pressure: Floats, velocity: Vectors):
    """Takes the pressure's gradient away; what is left neither gathers nor thins out."""
    for i, j in velocity:
        result = vec2(0.0, 0.0)
        if i > 0:
            result[0] = moved[i, j][0] - (pressure[i, j] - pressure[i - 1, j])
        if j > 0:
            result[1] = moved[i, j][1] - (pressure[i, j] - pressure[i, j - 1])
        velocity[i, j] = result


@ti.func
def dye_at(dye: ti.template(), p):
    """The dye at the point p, in cells: a cubic, which keeps edges, held between the nearest samples."""
    last = ti.Vector([dye.shape[0] - 1, dye.shape[1] - 1])
    q = ti.math.clamp(p - 0.5, 0.0, ti.cast(last, ti.f32))
    here = ti.cast(q, ti.i32)
    next = ti.min(here + 1, last)
    part = q - ti.cast(here, ti.f32)
    a, b, c, d = dye[here], dye[next[0], here[1]], dye[here[0], next[1]], dye[next]
    low, high = ti.min(a, b, c, d), ti.max(a, b, c, d)
    total = mix(mix(a, b, part[0]), mix(c, d, part[0]), part[1])
    # Where the nearest samples are alike, the cubic has no room to differ from the straight line.
    for axis in range(ti.select((high - low).max() > EVEN, 2, 0)):
        along = ti.Vector([1 - axis, axis])
        aside = ti.Vector([axis, 1 - axis])
        t, s = ti.select(axis == 0, part[0], part[1]), ti.select(axis == 0, part[1], part[0])
        first = mix(a, ti.select(axis == 0, c, b), s)
        second = mix(ti.select(axis == 0, b, c), d, s)
        before, beyond = ti.max(here - along, 0), ti.min(here + 2 * along, last)
        before_aside, beyond_aside = ti.min(before + aside, last), ti.min(beyond + aside, last)
        bend = (1.0 - t) * (mix(dye[before], dye[before_aside], s) - 2.0 * first + second)
        bend += t * (first - 2.0 * second + mix(dye[beyond], dye[beyond_aside], s))
        total -= 0.5 * t * (1.0 - t) * bend
    return ti.math.clamp(total, low, high)


@ti.kernel
def carry(
    velocity: Vectors,
    dye: Colours,
    carried: Colours,
    dt: ti.f32,
    keep: ti.f32,
    tip: vec2,
    push: vec2,
    radius: ti.f32,
    colour: vec3,
):
    """The dye goes with the flow, fades to `keep` of what it was and gets what the stir drops."""
    cells = ti.cast(carried.shape[0], ti.f32)
    coarse = ti.cast(velocity.shape[0], ti.f32)
    for i, j in carried:
        p = vec2(i, j) + 0.5
        at = origin(velocity, p * (coarse / cells), dt * coarse) * (cells / coarse)
        drop = touch(p / cells, tip, dt * push, radius)
        carried[i, j] = keep * dye_at(dye, at) + drop * colour


@ti.func
def amount(dye):
    return ti.sqrt(dye.sum())


@ti.kernel
def paint(dye: Colours, picture: Picture):
    """Dye on a dark ground, lit from the upper left as if it stood out; row 0 is the lowest."""
    size = vec2(dye.shape[0], dye.shape[1])
    for i, j in dye:
        colour = dye[i, j]
        here = amount(colour)
        right, above = dye[ti.min(i + 1, dye.shape[0] - 1), j], dye[i, ti.min(j + 1, dye.shape[1] - 1)]
        slope = 2.0 * vec2(amount(right) - here, amount(above) - here)
        light = 0.96 + 0.36 * (slope[0] - slope[1]) / ti.sqrt(0.02 + slope.norm_sqr())
        centre = 2.0 * (vec2(i, j) + 0.5) / size - 1.0
        ground = vec3(0.0028, 0.0032, 0.0075) * (1.6 - 0.6 * centre.norm_sqr())
        # Thin dye is darker than it should be: haze stays dark, and what is left is vivid.
        glow = ground + light * here / (here + 0.3) * colour
        # What is brighter than the picture can be turns paler instead of flat.
        glow = glow + 0.12 * ti.max(glow.max() - 1.0, 0.0)
        shown = ti.sqrt(1.0 - ti.exp(-1.5 * glow))
        picture.store(ti.Vector([i, j]), vec4(shown[0], shown[1], shown[2], 1.0))


def add(module):
    red, black = make_relax(0, "relax_red"), make_relax(1, "relax_black")
    module.add_kernel(rest)

    arg = ti.graph.Arg
    array, scalar, vector = ti.graph.ArgKind.NDARRAY, ti.graph.ArgKind.SCALAR, ti.graph.ArgKind.MATRIX
    velocity = arg(array, "velocity", vec2, ndim=2)
    moved = arg(array, "moved", vec2, ndim=2)
    curl = arg(array, "curl", ti.f32, ndim=2)
    divergence = [arg(array, f"divergence_{level}", ti.f32, ndim=2) for level in range(LEVELS)]
    pressure = [arg(array, f"pressure_{level}", ti.f32, ndim=2) for level in range(LEVELS)]
    dye = arg(array, "dye", vec3, ndim=2)
    carried = arg(array, "carried", vec3, ndim=2)
    picture = arg(ti.graph.ArgKind.RWTEXTURE, "picture", fmt=ti.Format.rgba8, ndim=2)
    dt, swirl, keep = (arg(scalar, name, ti.f32) for name in ("dt", "swirl", "keep"))
    radius, force = arg(scalar, "radius", ti.f32), arg(scalar, "force", ti.f32)
    tip, push, colour = arg(vector, "tip", vec2), arg(vector, "push", vec2), arg(vector, "colour", vec3)

    frame = ti.graph.GraphBuilder()
    frame.dispatch(find_curl, velocity, curl)
    frame.dispatch(move, velocity, curl, moved, dt, swirl, tip, push, radius, force)
    frame.dispatch(find_divergence, moved, divergence[0])
    for level in range(LEVELS):
        frame.dispatch(guess, divergence[level], pressure[level])
        frame.dispatch(black, divergence[level], pressure[level])
        if level + 1 < LEVELS:
            frame.dispatch(coarsen, divergence[level], pressure[level], divergence[level + 1])
    for level in reversed(range(LEVELS)):
        if level + 1 < LEVELS:
            frame.dispatch(refine, pressure[level + 1], pressure[level])
        frame.dispatch(red, divergence[level], pressure[level])
        frame.dispatch(black, divergence[level], pressure[level])
    frame.dispatch(project, moved, pressure[0], velocity)
    frame.dispatch(carry, velocity, dye, carried, dt, keep, tip, push, radius, colour)
    frame.dispatch(paint, carried, picture)
    module.add_graph("frame", frame.compile())
