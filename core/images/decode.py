"""The one way from an image file to pixels: for thumbnails, the viewer, training and prediction alike."""

import contextlib
import functools
import io
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

# each plugin by name: Pillow would import its forty when it first meets a TIFF, in whatever thread that happens
from PIL import (
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageCms,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)
from PIL.ExifTags import Base as ExifTag

from core.errors import ImageError

#: Pixels above which a file is refused; the largest phone cameras make 200 million.
MAX_PIXELS: Final = 256_000_000

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")

# Pillow refuses an image when its header names more than twice this number, before it takes memory
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2

# what Pillow's plugins let through when a file is broken
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    ZeroDivisionError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)

_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(path: Path, *, max_size: int | None = None) -> NDArray[np.uint8]:
    """Read an image the way a person sees it.

    The pixels are turned upright as EXIF says, converted to sRGB from an embedded profile, laid over white where
    they are transparent, and scaled to 8 bits. Of an animation the first frame is read. Threads may call it at once.

    Args:
        path: a JPEG, PNG, WebP, BMP, TIFF or GIF file; its content decides which, not its name.
        max_size: longest side of the result in pixels, at least 1; a larger image is scaled down, for a JPEG while
            it is being decoded. Without it the image keeps its size.

    Returns:
        uint8 (H, W, 3), RGB, upright, writable.

    Raises:
        ImageError: the file is missing, unreadable, damaged, too large or not an image.
    """
    if max_size is not None and max_size < 1:
        raise ValueError(f"max_size is at least 1, not {max_size}")
    with opened(path) as image:
        if max_size is not None and max(image.size) > max_size:
            # a JPEG decoder leaves out pixels that a smaller result does not need; other formats are not changed
            image.draft(None, _fitted(image.size, max_size))
        image.load()
        orientation = _orientation(image)
    rgb = _to_srgb(image, path.name)
    if max_size is not None and max(rgb.size) > max_size:
        rgb = rgb.resize(_fitted(rgb.size, max_size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    if orientation in _UPRIGHT:
        rgb = rgb.transpose(_UPRIGHT[orientation])
    return np.array(rgb)


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels of the upright image, from the file's header.

    Args:
        path: as for `decode`.

    Raises:
        ImageError: as for `decode`, though damage behind the header goes unseen.
    """
    with opened(path) as image:
        width, height = image.size
        # Pillow swaps the sides of a TIFF by itself, and would decode a whole PNG to find EXIF behind the pixels
        if image.format == "TIFF":
            return width, height
        if image.format == "PNG" and "exif" not in image.info and b"eXIf" not in path.read_bytes():
            return width, height
        return (height, width) if _orientation(image) >= 5 else (width, height)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file; whatever goes wrong with the file in the block becomes an `ImageError`."""
    name = f"“{path.name}”"
    _silence_pillow()
    try:
        _check_file(path)
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            yield image
    except UnidentifiedImageError:
        raise ImageError(
            f"{name} is not an image that Multihot reads, or its beginning is damaged.",
            next_step="Save it as JPEG, PNG, WebP, BMP, TIFF or GIF, or remove it.",
        ) from None
    except Image.DecompressionBombError:
        raise ImageError(
            f"{name} says that it has more than {MAX_PIXELS // 1_000_000} million pixels.",
            next_step="Scale it down or cut it into parts, or remove it.",
        ) from None
    except FileNotFoundError:
        raise ImageError(
            f"{name} is no longer in “{path.parent}”.", next_step="Put it back, or remove it from the project."
        ) from None
    except PermissionError as error:
        raise ImageError(
            f"{name} may not be read by this user.", next_step="Give yourself the right to read it, or remove it."
        ) from error
    except _BROKEN as error:
        raise ImageError(
            f"{name} is damaged or cut short ({error or type(error).__name__}).",
            next_step="Copy it again from where it came from, or remove it.",
        ) from error


def _check_file(path: Path) -> None:
    """Refuse what is not a file with something in it; to open a named pipe would take for ever."""
    name = f"“{path.name}”"
    try:
        facts = path.stat()
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as error:
        raise ImageError(
            f"{name} cannot be reached: {error.strerror}.", next_step="Mend its path or link, or remove it."
        ) from error
    if stat.S_ISDIR(facts.st_mode):
        raise ImageError(f"{name} is a folder, not an image.", next_step="Choose the images in it.")
    if not stat.S_ISREG(facts.st_mode):
        raise ImageError(f"{name} is a pipe or a device, not a file.", next_step="Choose a file, or remove it.")
    if facts.st_size == 0:
        raise ImageError(f"{name} is empty.", next_step="Copy it again from where it came from, or remove it.")


def _silence_pillow() -> None:
    """Keep Pillow's remarks about odd files off the terminal.

    `warnings.catch_warnings` is not safe in threads, so the filter is set for good. It is looked for each time,
    because a surrounding `catch_warnings`, such as a test's, takes it away again.
    """
    if _PILLOW_FILTER not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")


with warnings.catch_warnings():
    warnings.filterwarnings("ignore", module=r"PIL\.")
    _PILLOW_FILTER: Final = warnings.filters[0]


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense.

    Pillow turns a TIFF upright itself while loading, and then says 1.
    """
    value = image.getexif().get(ExifTag.Orientation, 1)
    return value if value in _UPRIGHT else 1


def _fitted(size: tuple[int, int], max_size: int) -> tuple[int, int]:
    """`size` scaled down so that its longest side is `max_size`; no side falls below 1."""
    scale = max_size / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _to_srgb(image: Image.Image, name: str) -> Image.Image:
    """Convert loaded pixels of any mode to 8-bit sRGB over white; `name` is the file's, for the error."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = _grey_from_16_bits(image)
    elif image.mode in ("I", "F", "LAB"):
        raise ImageError(
            f"“{name}” stores its pixels in a way that has no agreed black and white (mode {image.mode}).",
            next_step="Save it as grey or RGB with 8 or 16 bits, or remove it.",
        )
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if profile and (transform := _transform(profile, image.mode)):
        image = transform.apply(image)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _grey_from_16_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey (a TIFF may say that it uses fewer bits, or that 0 is white) to 8 bits, rounding."""
    tags = getattr(image, "tag_v2", {})
    white = (1 << tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]) - 1
    values = np.asarray(image)
    grey = np.rint(values * np.float32(255 / white)).clip(0, 255).astype(np.uint8)
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
        grey = 255 - grey
    transparent = image.info.get("transparency")
    if transparent is not None:
        grey[values == transparent] = 255
    return Image.fromarray(grey)


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The conversion of pixels from an ICC profile to sRGB; None where none is needed or the profile is not usable.

    A photo with a broken profile is still a photo: its numbers are then taken for sRGB, as viewers do.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        target = "RGBA" if mode == "RGBA" else "RGB"
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, target)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
