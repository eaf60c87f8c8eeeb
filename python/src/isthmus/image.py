"""Images on the device, and their ways to and from NumPy, PIL, PNG files and notebooks; samplers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Optional, Sequence, Tuple, Union

import numpy as np

from . import _native, _png, _types

if TYPE_CHECKING:
    from .runtime import Runtime

    NumpyArray = np.ndarray[Any, Any]

_USAGES = {"storage": 1, "sampled": 2, "attachment": 4}
_FILTERS = ("nearest", "linear")
_ADDRESS_MODES = ("repeat", "mirrored_repeat", "clamp_to_edge")
_LAYOUTS = (
    "undefined", "shader_read", "shader_write", "shader_read_write", "color_attachment", "color_attachment_read",
    "depth_attachment", "depth_attachment_read", "transfer_dst", "transfer_src", "present_src",
)  # fmt: skip
# Modes of PIL images whose pixels have a format, and those that become RGBA.
_PIL_MODES = ("L", "RGBA", "I;16", "I;16L", "I;16B", "I;16N", "F")
_PIL_COLOURS = ("1", "P", "PA", "LA", "RGB", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "LAB")
# Formats that pixels of a dtype and so many channels become.
_FORMATS_OF = {
    "uint8": ("r8", "rg8", "rgba8", "rgba8"),
    "uint16": ("r16", "rg16", "rgba16", "rgba16"),
    "float16": ("r16f", "rg16f", "rgba16f", "rgba16f"),
    "float32": ("r32f", "rg32f", "rgba32f", "rgba32f"),
}


def _choice(what: str, name: str, names: Sequence[str]) -> int:
    if name not in names:
        raise ValueError(f"Unknown {what} '{name}'. There are: {', '.join(names)}.")
    return list(names).index(name)


def _pil_pixels(source: Any, format: Optional[str]) -> "NumpyArray":
    """The pixels of a PIL image, of as many bits as it has; colours become RGBA."""
    if source.mode in _PIL_COLOURS:
        source = source.convert("RGBA")
    elif source.mode not in _PIL_MODES and (source.mode != "I" or format is None):
        more = " without a format: it has integers of 32 bits" if source.mode == "I" else ""
        raise TypeError(f"No image is made of a PIL image of mode '{source.mode}'{more}; use convert.")
    pixels = np.asarray(source)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


class Image(_native.Image):
    """An image on the device, with all its mip levels and layers: a texture for kernels.

    shape: (width,), (height, width) or (depth, height, width). format: "rgba8", "r32f" and so on: channels, bits,
    and u, i or f for unsigned, signed and float; neither is 0..1 in 8 or 16 bits. layers: array layers. dimension:
    "cube" for six layers of a cube, else it follows. usage: "storage" (kernels write or load), "sampled",
    "attachment"; without it storage and sampled, as far as the device has them.

    Kernels address texels by (x, y); in NumPy the image has the shape [layers,] [depth,] height, width [, channels].
    The memory goes with the object or with the runtime, whichever is first. Any thread.

    Raises NotSupportedError for what the device cannot combine, DeviceMemoryError when it does not fit.
    """

    def __init__(
        self,
        runtime: "Runtime",
        shape: _types.ShapeLike,
        format: str = "rgba8",
        *,
        mips: int = 1,
        layers: int = 1,
        dimension: Optional[str] = None,
        usage: Optional[Sequence[str]] = None,
        export_sharing: bool = False,
    ) -> None:
        _choice("format", format, tuple(_types.FORMATS))
        self.runtime = runtime
        self.shape: _types.Shape = _types.shape_of(shape)
        self.format = format
        self.mips = _types.whole_number("The number of mip levels", mips, 1)
        self.layers = 6 if dimension == "cube" else _types.whole_number("The number of layers", layers, 1)
        if not 1 <= len(self.shape) <= 3:
            raise ValueError(f"An image has one to three axes, not {len(self.shape)}.")
        self.dimension = dimension or _types.DIMENSIONS[len(self.shape) - 1] + ("_array" if layers > 1 else "")
        number = _choice("dimension", self.dimension, _types.DIMENSIONS)
        depth, height, width = (1,) * (3 - len(self.shape)) + self.shape
        info = _types.FORMATS[format]
        mask = self._usage(runtime, info.number, number, usage)
        super().__init__(
            runtime._state, number, width, height, depth, self.layers, self.mips, info.number, mask,
            bool(export_sharing),
        )  # fmt: skip

    @staticmethod
    def _usage(runtime: "Runtime", format: int, dimension: int, usage: Optional[Sequence[str]]) -> int:
        if usage is None:
            return _native.format_info(runtime._state, format, dimension)["usage"] & 3
        mask = 0
        for name in usage:
            _choice("usage", name, tuple(_USAGES))
            mask |= _USAGES[name]
        return mask

    @classmethod
    def from_pixels(cls, runtime: "Runtime", source: Any, format: Optional[str] = None, mips: int = 1) -> "Image":
        """What `Runtime.image_from` does."""
        if hasattr(source, "convert") and hasattr(source, "getbands"):  # PIL, which need not be installed
            source = _pil_pixels(source, format)
        pixels = np.asarray(source)
        if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and not 1 <= pixels.shape[2] <= 4):
            raise ValueError(f"Pixels have the shape (height, width) or (height, width, 1 to 4), not {pixels.shape}.")
        channels = pixels.shape[2] if pixels.ndim == 3 else 1
        if format is None:
            if pixels.dtype.name not in _FORMATS_OF:
                raise TypeError(f"Pixels of {pixels.dtype} have no format of their own; give one, or use astype.")
            format = _FORMATS_OF[pixels.dtype.name][channels - 1]
        _choice("format", format, tuple(_types.FORMATS))
        image = cls(runtime, pixels.shape[:2], format, mips=mips)
        image.write(pixels)
        if mips > 1:
            image.generate_mips()
        return image

    def _numpy_shape(self, mip: int) -> Tuple[int, ...]:
        channels = _types.FORMATS[self.format].channels
        extents = tuple(max(extent >> mip, 1) for extent in self.shape)
        layers = (self.layers,) if self.layers > 1 else ()
        return layers + extents + ((channels,) if channels > 1 else ())

    def _require_mip(self, mip: int) -> None:
        if not 0 <= _types.index("A mip level", mip) < self.mips:
            raise IndexError(f"There is no mip level {mip} among {self.mips}.")

    def numpy(self, mip: int = 0) -> "NumpyArray":
        """The texels of a mip level as a new NumPy array, in the format's own dtype; channels are in the order of the
        format (blue first in "bgra8"). Waits for the work recorded so far; Ctrl-C ends the wait."""
        self._require_mip(mip)
        texels = np.empty(self._numpy_shape(mip), _types.FORMATS[self.format].dtype)
        self._read_level(texels.reshape(-1).view(np.uint8), mip)
        return texels

    def write(self, source: Any, mip: int = 0) -> None:
        """Set the texels of a mip level, as `numpy` returns them. Three channels for four get an opaque fourth.
        Copies during the call and does not wait. Raises TypeError for another dtype, ValueError for another shape."""
        self._require_mip(mip)
        info = _types.FORMATS[self.format]
        texels = np.asarray(source)
        shape = self._numpy_shape(mip)
        if texels.dtype != info.dtype:
            raise TypeError(f"Texels of '{self.format}' are {info.dtype}, not {texels.dtype}; use astype.")
        if info.channels == 1 and texels.shape == shape + (1,):
            texels = texels.reshape(shape)
        if info.channels == 4 and texels.shape == shape[:-1] + (3,):
            opaque = 1 if info.dtype.kind == "f" else np.iinfo(info.dtype).max
            texels = np.concatenate([texels, np.full(shape[:-1] + (1,), opaque, info.dtype)], axis=-1)
        if texels.shape != shape:
            raise ValueError(f"Mip level {mip} has the shape {shape}, the source {texels.shape}.")
        self._write_level(np.ascontiguousarray(texels).reshape(-1).view(np.uint8), mip)

    def pixels(self, mip: int = 0) -> "NumpyArray":
        """A 2-D image as 8-bit pixels to look at: shape (height, width), or (height, width, channels) with red first.
        Floats are cut to 0..1, integers to 0..255, 16-bit ones keep their upper half."""
        if self.dimension != "2d":
            raise ValueError(f"Only 2-D images are pictures, not {self.dimension}.")
        info = _types.FORMATS[self.format]
        texels = self.numpy(mip)
        if info.dtype.kind == "f":
            texels = (np.nan_to_num(np.clip(texels.astype(np.float32), 0, 1)) * 255 + 0.5).astype(np.uint8)
        elif self.format.endswith("16"):
            texels = (texels >> 8).astype(np.uint8)
        elif info.dtype != np.uint8:
            texels = np.clip(texels, 0, 255).astype(np.uint8)
        if info.swapped:
            texels = texels[..., [2, 1, 0, 3]]
        if info.channels == 2:
            texels = np.concatenate([texels, np.zeros(texels.shape[:2] + (1,), np.uint8)], axis=-1)
        return texels

    def pil(self, mip: int = 0) -> Any:
        """A 2-D image as a PIL image ("L", "RGB" or "RGBA"), by `pixels`. ImportError: Pillow is not installed."""
        import PIL.Image

        return PIL.Image.fromarray(self.pixels(mip))

    def save(self, path: Union[str, "os.PathLike[str]"], mip: int = 0) -> None:
        """Write a mip level to a file: `.npy` keeps every texel, `.png` needs no Pillow, other endings do."""
        name = os.fspath(path)
        ending = os.path.splitext(name)[1].lower()
        if ending == ".npy":
            np.save(name, self.numpy(mip))
        elif ending == ".png":
            data = _png.encode(self.pixels(mip))
            with open(name, "wb") as file:
                file.write(data)
        else:
            self.pil(mip).save(name)

    def transition(self, layout: str) -> None:
        """Record the change into a layout ("shader_read", "transfer_src", ...) for a host to use the image there.
        Kernels, reads and writes need no such call."""
        self._transition(_choice("layout", layout, _LAYOUTS))

    def free(self) -> None:
        """Give the memory back now instead of with the object. Idempotent; work that uses it still runs."""
        self._free()

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> "NumpyArray":
        if copy is False:
            raise ValueError("An image becomes a NumPy array by a copy.")
        host = self.numpy()
        return host if dtype is None else host.astype(dtype, copy=False)

    def _repr_png_(self) -> Optional[bytes]:
        if self.dimension != "2d" or self._freed or self.runtime.closed:
            return None
        return _png.encode(self.pixels())

    def __repr__(self) -> str:
        more = f", mips={self.mips}" if self.mips > 1 else ""
        more += f", layers={self.layers}" if self.layers > 1 else ""
        return f"<isthmus.Image shape={self.shape}, format={self.format}{more}{', freed' if self._freed else ''}>"


class Sampler(_native.Sampler):
    """How a texture is filtered and addressed; pass `(image, sampler)` to a kernel.

    Filters: "nearest" or "linear". address_mode: "repeat", "mirrored_repeat" or "clamp_to_edge". An image alone is
    sampled with linear filters and repeat. Goes with the object or with the runtime, whichever is first.
    """

    def __init__(
        self, runtime: "Runtime", mag_filter: str, min_filter: str, address_mode: str, max_anisotropy: float
    ) -> None:
        super().__init__(
            runtime._state,
            _choice("filter", mag_filter, _FILTERS),
            _choice("filter", min_filter, _FILTERS),
            _choice("address mode", address_mode, _ADDRESS_MODES),
            _types.real_number("max_anisotropy", max_anisotropy),
        )
        self._text = f"mag={mag_filter}, min={min_filter}, {address_mode}"

    def __repr__(self) -> str:
        return f"<isthmus.Sampler {self._text}>"
