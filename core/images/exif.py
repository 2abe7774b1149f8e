"""What an image file says of itself: how it is stored, and how the camera took it. EXIF is a stranger's word."""

import contextlib
import io
import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

from core.errors import ImageError
from core.images.decode import opened

#: Characters of a value; longer ones are cut.
MAX_LENGTH: Final = 120
#: Bytes of a value that are looked at before it is cut.
_MAX_BYTES: Final = 4 * MAX_LENGTH
_HEADER_BYTES: Final = 64

_ORIENTATIONS: Final = {
    1: "upright",
    2: "mirrored",
    3: "upside down",
    4: "upside down, mirrored",
    5: "on its side, mirrored",
    6: "on its side, turned right to show it",
    7: "on its side, mirrored, turned right to show it",
    8: "on its side, turned left to show it",
}
_COLORS: Final = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with transparency",
    "P": "palette",
    "PA": "palette with transparency",
    "RGB": "RGB",
    "RGBA": "RGB with transparency",
    "RGBX": "RGB",
    "CMYK": "CMYK",
    "YCbCr": "YCbCr",
    "LAB": "CIE Lab",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a file says of itself.

    Attributes:
        name: one of "size", "format", "bit_depth", "color_space", "orientation", "camera", "lens", "exposure",
            "aperture", "iso", "focal_length", "taken", "place".
        text: for people; one line without control characters, at most `MAX_LENGTH` characters.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """All that a file says of itself.

    Attributes:
        facts: in the order they are shown.
        has_camera: whether some of them are of a camera, not only of the file.
        problem: a sentence when the file could not be read, else empty.
    """

    facts: tuple[Fact, ...] = ()
    has_camera: bool = False
    problem: str = ""


def read_facts(path: Path) -> ImageFacts:
    """Read what a file says of itself; a broken or hostile one gives what can be read of it, never an exception.

    Args:
        path: of a file that `decode` reads. A PNG may be decoded in whole, because its EXIF may lie behind the pixels.
    """
    try:
        with opened(path) as image:
            facts = list(_file_facts(image, path))
            camera = list(_camera_facts(image))
    except ImageError as error:
        return ImageFacts(problem=str(error))
    except Exception as error:  # bytes of a stranger: whatever a plugin of Pillow lets through is said, not raised
        return ImageFacts(problem=clean(f"“{path.name}” cannot be read ({error or type(error).__name__})."))
    return ImageFacts((*facts, *camera), has_camera=any(one.name != "orientation" for one in camera))


def clean(value: object) -> str:
    """A value as one short line: decoded, without control characters, cut to `MAX_LENGTH` characters."""
    if isinstance(value, bytes):
        value = value[:_MAX_BYTES].split(b"\0")[0].decode("utf-8", "replace")
    text = str(value)[:_MAX_BYTES]
    # line breaks, marks that turn the direction of writing, lone surrogates and the like
    text = "".join(one if unicodedata.category(one)[0] != "C" else " " for one in text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _file_facts(image: Image.Image, path: Path) -> Iterator[Fact]:
    with _whatever():
        width, height = image.size
        if image.format != "TIFF" and _number(image.getexif().get(Base.Orientation)) in (5, 6, 7, 8):
            width, height = height, width
        large = f", {width * height / 1e6:,.1f} megapixels" if width * height >= 1e6 else ""
        yield Fact("size", f"{width:,} × {height:,} pixels{large}")
    with _whatever():
        yield Fact("format", f"{clean(image.format)}, {_bytes(path.stat().st_size)}")
    with _whatever():
        depth = _bit_depth(image, path)
        if depth:
            yield Fact("bit_depth", f"{depth} bit" if depth == 1 else f"{depth} bits per channel")
    with _whatever():
        yield Fact("color_space", _color_space(image))


def _camera_facts(image: Image.Image) -> Iterator[Fact]:
    main: Mapping[int, Any] = {}
    photo: Mapping[int, Any] = {}
    gps: Mapping[int, Any] = {}
    with _whatever():
        exif = image.getexif()
        main = exif
        with _whatever():
            photo = exif.get_ifd(IFD.Exif)
        with _whatever():
            gps = exif.get_ifd(IFD.GPSInfo)
    readers: tuple[tuple[str, Callable[[], str]], ...] = (
        ("orientation", lambda: _ORIENTATIONS.get(int(_number(main.get(Base.Orientation)) or 0), "")),
        ("camera", lambda: _camera(main)),
        ("lens", lambda: _joined(photo.get(Base.LensMake), photo.get(Base.LensModel))),
        ("exposure", lambda: _exposure(_number(photo.get(Base.ExposureTime)))),
        ("aperture", lambda: _with_unit("f/{}", _number(photo.get(Base.FNumber)), below=1000)),
        ("iso", lambda: _with_unit("ISO {}", _number(_first(photo.get(Base.ISOSpeedRatings))), below=1e8)),
        ("focal_length", lambda: _focal_length(photo)),
        ("taken", lambda: _taken(main, photo)),
        ("place", lambda: _place(gps)),
    )
    for name, reader in readers:
        with _whatever():
            text = clean(reader())
            if text:
                yield Fact(name, text)


@contextlib.contextmanager
def _whatever() -> Iterator[None]:
    """Leave out a fact that cannot be read; what Pillow raises on broken EXIF is not one family of errors."""
    with contextlib.suppress(Exception):
        yield


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"


def _bit_depth(image: Image.Image, path: Path) -> int:
    """Bits per channel as they are stored; 0 where that is not known."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if image.format == "PNG":
        return header[24]
    if image.format == "TIFF":
        bits = _number(_first(getattr(image, "tag_v2", {}).get(258)))
        return int(bits) if bits and 0 < bits <= 64 else 0
    if image.mode == "1":
        return 1
    return 16 if image.mode.startswith("I;16") else 8


def _color_space(image: Image.Image) -> str:
    kind = _COLORS.get(image.mode, "grey" if image.mode.startswith("I") else clean(image.mode))
    name = ""
    profile = image.info.get("icc_profile")
    if profile:
        with _whatever():
            name = clean(ImageCms.getProfileDescription(ImageCms.getOpenProfile(io.BytesIO(profile))))
        name = name or "a profile that cannot be read"
    else:
        with _whatever():
            value = _number(image.getexif().get_ifd(IFD.Exif).get(Base.ColorSpace))
            name = {1.0: "sRGB", 2.0: "Adobe RGB"}.get(value or 0.0, "")
    return f"{kind}, {name}" if name else f"{kind}, no profile: taken for sRGB"


def _camera(main: Mapping[int, Any]) -> str:
    return _joined(main.get(Base.Make), main.get(Base.Model))


def _joined(make: object, model: object) -> str:
    """Maker and model, the maker only once."""
    first, second = (clean(one) if isinstance(one, (str, bytes)) else "" for one in (make, model))
    if second.casefold().startswith(first.casefold()):
        return second or first
    return f"{first} {second}".strip()


def _exposure(seconds: float | None) -> str:
    if seconds is None or not 0 < seconds < 1e6:
        return ""
    if seconds >= 0.3:
        return f"{seconds:g} s"
    return f"1/{round(1 / seconds)} s"


def _focal_length(photo: Mapping[int, Any]) -> str:
    text = _with_unit("{} mm", _number(photo.get(Base.FocalLength)), below=1e5)
    same_as = _with_unit("{} mm", _number(photo.get(Base.FocalLengthIn35mmFilm)), below=1e5)
    if text and same_as and text != same_as:
        return f"{text} (as {same_as} on 35 mm film)"
    return text or same_as


def _with_unit(pattern: str, value: float | None, *, below: float) -> str:
    if value is None or not 0 < value < below:
        return ""
    return pattern.format(f"{value:.1f}".removesuffix(".0"))


def _taken(main: Mapping[int, Any], photo: Mapping[int, Any]) -> str:
    value = photo.get(Base.DateTimeOriginal) or photo.get(Base.DateTimeDigitized) or main.get(Base.DateTime)
    text = clean(value) if isinstance(value, (str, bytes)) else ""
    if not any(one.isdigit() and one != "0" for one in text):
        # cameras without a clock write zeros or blanks
        return ""
    date, _, clock = text.partition(" ")
    zone = photo.get(Base.OffsetTimeOriginal)
    zone = clean(zone) if isinstance(zone, (str, bytes)) else ""
    return f"{date.replace(':', '-')} {clock} {zone}"


def _place(gps: Mapping[int, Any]) -> str:
    """Degrees, to about a metre; empty where they make no sense."""
    latitude = _degrees(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), "NS", limit=90)
    longitude = _degrees(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), "EW", limit=180)
    return f"{latitude}, {longitude}" if latitude and longitude else ""


def _degrees(value: object, side: object, sides: str, *, limit: int) -> str:
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        return ""
    parts = [_number(one) for one in value]
    if any(one is None or one < 0 for one in parts):
        return ""
    degrees = sum(float(one or 0) / 60**place for place, one in enumerate(parts))
    letter = clean(side)[:1].upper() if isinstance(side, (str, bytes)) else ""
    if not letter or letter not in sides or degrees > limit:
        return ""
    return f"{degrees:.5f}° {letter}"


def _first(value: object) -> object:
    return value[0] if isinstance(value, (tuple, list)) and value else value


def _number(value: object) -> float | None:
    """A finite number; None of anything else, such as a fraction over zero."""
    if value is None or isinstance(value, (str, bytes, bool)):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None
