"""Stable fluids in a box: a stirred velocity field without divergence, and the dye that it carries.

Lengths are in boxes, velocities in boxes per second, y points upwards. `velocity[i, j]` holds what flows through the
left and through the bottom face of cell (i, j); nothing flows through the walls, so the faces at the far ends need no
storage. A frame is the graph `frame`: swirls are sharpened, the field carries itself and is stirred, is made free of
divergence, carries the dye and is painted. Sizes come from the arrays; the dye may have finer cells than the velocity.
"""

import taichi as ti

# Grids on which the pressure is found, each of half the cells of the one before: one V-cycle.
LEVELS = 6

vec2 = ti.types.vector(2, ti.f32)
vec3 = ti.types.vector(3, ti.f32)
vec4 = ti.types.vector(4, ti.f32)
Floats = ti.types.ndarray(dtype=ti.f32, ndim=2)
Vectors = ti.types.ndarray(dtype=vec2, ndim=2)
Colours = ti.types.ndarray(dtype=vec3, ndim=2)
Picture = ti.types.rw_texture(num_dimensions=2, fmt=ti.Format.rgba8, lod=0)


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
    middle = p - 0.5 * step * flow(field, p)
    return p - step * flow(field, middle)


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
    """The push that keeps swirls from fading, at a face: along the rim of a swirl, the way it turns."""
    di, dj = ti.static((0, 1) if axis == 0 else (1, 0))
    first, second = corner(curl, i, j), corner(curl, i + di, j + dj)
    along = ti.abs(second) - ti.abs(first)
    ahead = ti.abs(corner(curl, i + dj, j + di)) + ti.abs(corner(curl, i + 1, j + 1))
    behind = ti.abs(corner(curl, i - dj, j - di)) + ti.abs(corner(curl, i + di - dj, j + dj - di))
    across = 0.25 * (ahead - behind)
    length = ti.sqrt(along * along + across * across) + 1e-3
    return ti.static(1.0 if axis == 0 else -1.0) * 0.5 * (first + second) * along / length


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
    width, height = divergence.shape[0], divergence.shape[1]
    around, faces = 0.0, 0.0
    for di, dj in ti.static(((-1, 0), (1, 0), (0, -1), (0, 1))):
        if 0 <= i + di < width and 0 <= j + dj < height:
            around += pressure[i + di, j + dj]
            faces += 1.0
    return (around - divergence[i, j]) / faces


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


@ti.func
def left_over(divergence: ti.template(), pressure: ti.template(), i, j):
    """The divergence of a cell that its pressure and its neighbours' do not take away."""
    width, height = divergence.shape[0], divergence.shape[1]
    result = divergence[i, j]
    for di, dj in ti.static(((-1, 0), (1, 0), (0, -1), (0, 1))):
        if 0 <= i + di < width and 0 <= j + dj < height:
            result -= pressure[i + di, j + dj] - pressure[i, j]
    return result


@ti.kernel
def coarsen(divergence: Floats, pressure: Floats, coarse: Floats):
    """What is left over, gathered into cells of twice the size."""
    for i, j in coarse:
        total = 0.0
        for m, n in ti.static(ti.ndrange(2, 2)):
            total += left_over(divergence, pressure, 2 * i + m, 2 * j + n)
        coarse[i, j] = total


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
def cubic(t):
    """Catmull-Rom weights of four samples in a row, t between the middle two."""
    return vec4(
        t * (-0.5 + t * (1.0 - 0.5 * t)),
        1.0 + t * t * (-2.5 + 1.5 * t),
        t * (0.5 + t * (2.0 - 1.5 * t)),
        t * t * (-0.5 + 0.5 * t),
    )


@ti.func
def dye_at(dye: ti.template(), p):
    """The dye at the point p, in cells: a cubic, which keeps edges, between the nearest samples, so that it stays dye."""
    q = ti.math.clamp(p - 0.5, 0.0, ti.cast(ti.Vector([dye.shape[0] - 1, dye.shape[1] - 1]), ti.f32))
    i, j = ti.cast(q[0], ti.i32), ti.cast(q[1], ti.i32)
    a, b = cubic(q[0] - ti.cast(i, ti.f32)), cubic(q[1] - ti.cast(j, ti.f32))
    x = ti.Vector([ti.max(i - 1, 0), i, ti.min(i + 1, dye.shape[0] - 1), ti.min(i + 2, dye.shape[0] - 1)])
    y = ti.Vector([ti.max(j - 1, 0), j, ti.min(j + 1, dye.shape[1] - 1), ti.min(j + 2, dye.shape[1] - 1)])
    total = vec3(0.0, 0.0, 0.0)
    low = vec3(1e9, 1e9, 1e9)
    high = vec3(0.0, 0.0, 0.0)
    for m, n in ti.static(ti.ndrange(4, 4)):
        # The corners weigh next to nothing.
        if ti.static(m in (1, 2) or n in (1, 2)):
            sample = dye[x[m], y[n]]
            total += a[m] * b[n] * sample
            if ti.static(m in (1, 2) and n in (1, 2)):
                low = ti.min(low, sample)
                high = ti.max(high, sample)
    return ti.math.clamp(total / (1.0 - (a[0] + a[3]) * (b[0] + b[3])), low, high)


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
def amount(dye: ti.template(), i, j):
    d = dye[ti.math.clamp(i, 0, dye.shape[0] - 1), ti.math.clamp(j, 0, dye.shape[1] - 1)]
    return ti.sqrt(d[0] + d[1] + d[2])


@ti.kernel
def paint(dye: Colours, picture: Picture):
    """Dye on a dark ground, lit from the upper left as if it stood out; row 0 is the lowest."""
    width, height = dye.shape[0], dye.shape[1]
    for i, j in ti.ndrange(width, height):
        slope = vec2(
            amount(dye, i + 1, j) - amount(dye, i - 1, j),
            amount(dye, i, j + 1) - amount(dye, i, j - 1),
        )
        light = 0.96 + 0.36 * (slope[0] - slope[1]) / ti.sqrt(0.02 + slope.norm_sqr())
        centre = vec2(
            ti.cast(2 * i + 1 - width, ti.f32) / ti.cast(width, ti.f32),
            ti.cast(2 * j + 1 - height, ti.f32) / ti.cast(height, ti.f32),
        )
        ground = vec3(0.0028, 0.0032, 0.0075) * (1.6 - 0.6 * centre.norm_sqr())
        # Thin dye is darker than it should be: haze stays dark, and what is left is vivid.
        here = amount(dye, i, j)
        glow = ground + light * here / (here + 0.3) * dye[i, j]
        # What is brighter than the picture can be turns paler instead of flat.
        peak = ti.max(glow[0], glow[1], glow[2])
        glow = glow + 0.12 * ti.max(peak - 1.0, 0.0)
        shown = 1.0 - ti.exp(-1.5 * glow)
        shown = ti.pow(shown, 1.0 / 2.2)
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
