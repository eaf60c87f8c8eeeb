"""Images: to and from NumPy, PIL, PNG and notebooks; as textures of kernels."""

import io

import numpy as np
import pytest

import isthmus
from isthmus import _native, _types

RNG = np.random.default_rng(3)


def random_texels(shape, dtype):
    if dtype.kind == "f":
        return RNG.random(shape).astype(dtype)
    return RNG.integers(0, np.iinfo(dtype).max, shape, endpoint=True).astype(dtype)


@pytest.mark.parametrize("name", [name for name in _types.FORMATS if not name.startswith("depth")])
def test_every_format(rt, name):
    info = _types.FORMATS[name]
    if not _native.format_info(rt._state, info.number, _types.DIMENSIONS.index("2d"))["usage"]:
        with pytest.raises(isthmus.NotSupportedError):
            rt.image((5, 7), name)
        return
    image = rt.image((5, 7), name)
    texels = random_texels((5, 7) + ((info.channels,) if info.channels > 1 else ()), info.dtype)
    image.write(texels)
    np.testing.assert_array_equal(image.numpy(), texels)


@pytest.mark.parametrize(
    "shape, options, expected",
    [
        ((9,), {}, (9, 4)),
        ((3, 5), {}, (3, 5, 4)),
        ((2, 3, 5), {}, (2, 3, 5, 4)),
        ((9,), {"layers": 3}, (3, 9, 4)),
        ((3, 5), {"layers": 2}, (2, 3, 5, 4)),
        ((4, 4), {"dimension": "cube"}, (6, 4, 4, 4)),
    ],
)
def test_every_dimension(rt, shape, options, expected):
    usage = ("sampled",) if options else None
    image = rt.image(shape, "rgba8", usage=usage, **options)
    texels = random_texels(expected, np.dtype(np.uint8))
    image.write(texels)
    assert image.numpy().shape == expected
    np.testing.assert_array_equal(np.asarray(image), texels)


def test_mips(rt):
    pixels = random_texels((8, 6, 4), np.dtype(np.uint8))
    image = rt.image_from(pixels, mips=3)
    assert [image.numpy(mip).shape for mip in range(3)] == [(8, 6, 4), (4, 3, 4), (2, 1, 4)]
    average = pixels.reshape(4, 2, 3, 2, 4).astype(float).mean((1, 3))
    assert np.abs(image.numpy(1) - average).max() <= 1
    image.write(np.zeros((4, 3, 4), np.uint8), mip=1)
    assert not image.numpy(1).any()
    with pytest.raises(IndexError, match="no mip level 3 among 3"):
        image.numpy(3)


def test_image_from(rt):
    for source, format in (
        (np.zeros((2, 3), np.uint8), "r8"),
        (np.zeros((2, 3, 2), np.uint16), "rg16"),
        (np.zeros((2, 3, 4), np.float16), "rgba16f"),
        (np.zeros((2, 3, 1), np.float32), "r32f"),
    ):
        image = rt.image_from(source)
        assert (image.format, image.shape) == (format, (2, 3))
    rgb = random_texels((2, 3, 3), np.dtype(np.uint8))
    image = rt.image_from(rgb)
    np.testing.assert_array_equal(image.numpy()[..., :3], rgb)
    assert (image.numpy()[..., 3] == 255).all()
    with pytest.raises(TypeError, match="int64 have no format"):
        rt.image_from(np.zeros((2, 3), np.int64))
    with pytest.raises(ValueError, match="height, width"):
        rt.image_from(np.zeros(3, np.uint8))


def test_pil(rt, tmp_path):
    pil = pytest.importorskip("PIL.Image")
    pixels = random_texels((5, 6, 3), np.dtype(np.uint8))
    image = rt.image_from(pil.fromarray(pixels))
    assert image.format == "rgba8"
    np.testing.assert_array_equal(np.asarray(image.pil().convert("RGB")), pixels)
    assert rt.image_from(pil.fromarray(pixels).convert("L")).pil().mode == "L"
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "a.tiff")
    image.save(tmp_path / "a.npy")
    for name in ("a.png", "a.tiff"):
        np.testing.assert_array_equal(np.asarray(pil.open(tmp_path / name).convert("RGB")), pixels)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy")[..., :3], pixels)


def test_pil_keeps_what_it_has(rt):
    pil = pytest.importorskip("PIL.Image")
    for mode, value, format, texel in (
        ("I;16", 1000, "r16", 1000),
        ("I;16B", 1000, "r16", 1000),
        ("F", 0.5, "r32f", 0.5),
        ("1", 1, "rgba8", [255, 255, 255, 255]),
        ("LA", (9, 8), "rgba8", [9, 9, 9, 8]),
        ("P", 0, "rgba8", [0, 0, 0, 255]),
        ("RGBX", (1, 2, 3, 4), "rgba8", [1, 2, 3, 255]),
        ("RGBa", (10, 20, 30, 255), "rgba8", [10, 20, 30, 255]),
        ("CMYK", (0, 0, 0, 0), "rgba8", [255, 255, 255, 255]),
        ("YCbCr", (7, 128, 128), "rgba8", [7, 7, 7, 255]),
        ("HSV", (0, 0, 7), "rgba8", [7, 7, 7, 255]),
    ):
        image = rt.image_from(pil.new(mode, (3, 2), value))
        assert (image.format, image.shape) == (format, (2, 3))
        np.testing.assert_array_equal(image.numpy()[1, 2], texel)
    assert rt.image_from(pil.new("F", (3, 2), 0.25), "r32f").numpy()[1, 2] == 0.25
    whole = pil.new("I", (3, 2), -70000)
    assert rt.image_from(whole, "r32i").numpy()[1, 2] == -70000
    with pytest.raises(TypeError, match="mode 'I' without a format"):
        rt.image_from(whole)
    with pytest.raises(TypeError, match="PIL image of mode 'La'"):
        rt.image_from(pil.new("La", (3, 2)))


def test_notebooks_show_pictures(rt):
    pil = pytest.importorskip("PIL.Image")
    for format, value, expected in (
        ("rgba8", [1, 2, 3, 255], [1, 2, 3, 255]),
        ("bgra8", [3, 2, 1, 255], [1, 2, 3, 255]),
        ("rgba32f", [-1, 0.5, 2, np.nan], [0, 128, 255, 0]),
        ("r16", 0x1234, 0x12),
        ("rg8", [7, 9], [7, 9, 0]),
        ("r32f", 1.0, 255),
    ):
        image = rt.image((2, 3), format)
        image.write(np.broadcast_to(np.array(value, _types.FORMATS[format].dtype), image.numpy().shape))
        shown = np.asarray(pil.open(io.BytesIO(image._repr_png_())))
        assert shown.shape[:2] == (2, 3)
        np.testing.assert_array_equal(shown[1, 1], expected)
    assert rt.image((2, 2, 2))._repr_png_() is None
    image.free()
    assert image._repr_png_() is None and "freed" in repr(image)


def test_storage_and_sampled_textures(rt, load):
    kernels = load("textures").kernels
    image = rt.image((8, 16), "rgba8")
    kernels.store_2d_rgba8(image, 16, 8, 5)
    x, y, c = np.meshgrid(np.arange(16), np.arange(8), np.arange(4))
    pattern = (37 * x + 59 * y + 101 * c + 35) % 256
    np.testing.assert_array_equal(image.numpy(), pattern)
    out = np.zeros((16, 8, 4), np.float32)
    kernels.fetch_2d(image, out)
    np.testing.assert_allclose(out.swapaxes(0, 1) * 255, pattern, atol=1e-3)
    flipped = rt.image((8, 16), "rgba32f")
    kernels.flip_2d(src=image, dst=flipped, width=16, height=8)
    np.testing.assert_allclose(flipped.numpy() * 255, pattern[::-1, ::-1], atol=1e-3)


def test_samplers(rt, load):
    sample = load("textures").kernels.sample_2d
    image = rt.image_from(np.array([[0, 255]], np.uint8))
    out = np.zeros((4, 1, 4), np.float32)
    for sampler, expected in (
        (rt.sampler("nearest", "clamp_to_edge"), [0, 0, 1, 1]),
        (rt.sampler("linear", "clamp_to_edge"), [0, 0.25, 0.75, 1]),
        (rt.sampler("linear", "repeat"), [0.25, 0.25, 0.75, 0.75]),
    ):
        sample(image=(image, sampler), out=out, offset=0.5)
        np.testing.assert_allclose(out[:, 0, 0], expected, atol=0.01)
        assert "isthmus.Sampler" in repr(sampler)
    sample(image, out, 0.5)
    np.testing.assert_allclose(out[:, 0, 0], [0.25, 0.25, 0.75, 0.75], atol=0.01)
    blanks = [kind.__new__(kind) for kind in (isthmus.Image, isthmus.Sampler)]
    for wrong in (np.zeros((2, 2), np.uint8), (image, image), (image,), None, blanks[0], (image, blanks[1])):
        with pytest.raises(TypeError, match=r"sample_2d\(\) argument 'image' takes an isthmus"):
            sample(wrong, out, 0.5)


def test_bad_images(rt):
    for call in (
        lambda: rt.image((2, 2), "rgba9"),
        lambda: rt.image((2, 2), usage=("printed",)),
        lambda: rt.image((2, 2), dimension="4d"),
        lambda: rt.image((2, 2, 2, 2)),
        lambda: rt.sampler("cubic"),
        lambda: rt.sampler("linear", "wrap"),
        lambda: rt.image((2, 2)).write(np.zeros((2, 3, 4), np.uint8)),
        lambda: rt.image((0, 2)),
        lambda: rt.image((2, 2), mips=0),
        lambda: rt.image((2, 2), mips=-1),
        lambda: rt.image((2, 2), layers=0),
        lambda: rt.image((2, 2), layers=-1),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(TypeError, match="use astype"):
        rt.image((2, 2)).write(np.zeros((2, 2, 4)))
    for call, message in (
        (lambda: rt.image((2, 2), mips=1.0), "The number of mip levels is a whole number, not 1.0"),
        (lambda: rt.image((2, 2)).numpy(0.5), "A mip level is a whole number, not 0.5"),
        (lambda: rt.sampler(max_anisotropy="2"), "max_anisotropy is a number, not '2'"),
        (lambda: rt.sampler(max_anisotropy=None), "max_anisotropy is a number, not None"),
    ):
        with pytest.raises(TypeError, match=message):
            call()
    with pytest.raises(isthmus.Error):
        rt.image((1 << 30, 1 << 30))
    assert rt.image((2, 2)).numpy().shape == (2, 2, 4)


def test_transition(rt):
    image = rt.image((2, 2))
    image.transition("shader_read")
    with pytest.raises(ValueError, match="Unknown layout 'sideways'"):
        image.transition("sideways")
    with pytest.raises(isthmus.InvalidArgumentError):
        image.transition("undefined")
