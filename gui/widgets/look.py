"""How a picture is looked at: which part, turned, brighter, with more contrast. Nothing of it ever reaches a file."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QTransform

LIMIT = 100
"""Brightness and contrast reach from -LIMIT to LIMIT."""
# a strip of this many bytes and its changed copy stay in the processor's cache
_STRIP_BYTES = 2**18


@dataclass(frozen=True, slots=True)
class Look:
    """What is done to a picture while it is looked at.

    Attributes:
        turns: quarter turns clockwise, 0 to 3.
        brightness: from -100 to 100; black and white stay, what is between them moves.
        contrast: from -100 to 100; a middle grey stays, what is lighter or darker moves away from it, or towards it.
    """

    turns: int = 0
    brightness: int = 0
    contrast: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether the picture is seen as it is."""
        return self == Look()

    @property
    def has_table(self) -> bool:
        """Whether colours are seen as others."""
        return bool(self.brightness or self.contrast)

    def turned(self, turns: int) -> "Look":
        """The same, so many quarter turns further clockwise."""
        return Look((self.turns + turns) % 4, self.brightness, self.contrast)


@dataclass(frozen=True, slots=True)
class View:
    """Which part of a picture is seen, told so that it can be carried over to a picture of another size.

    Attributes:
        scale: how much larger than fitted; None while the whole picture is seen.
        center: the place of the picture that lies in the middle, in [0, 1] across and down as it is seen.
    """

    scale: float | None = None
    center: tuple[float, float] = (0.5, 0.5)


@functools.lru_cache(maxsize=64)
def lookup_table(brightness: int, contrast: int) -> bytes:
    """What each of the 256 values of a channel is seen as; never falling, and itself at 0 and 0."""
    value = (np.arange(256) / 255) ** 2.0 ** (-brightness / 50)
    value = 0.5 + (value - 0.5) * 2.0 ** (contrast / 50)
    return bytes(np.rint(value.clip(0, 1) * 255).astype(np.uint8))


def shown(image: QImage, look: Look) -> QImage:
    """A picture as it is looked at.

    Args:
        image: in `Format_RGB32`; it is changed where it need not be turned.
        look: how.
    """
    if look.turns:
        image = image.transformed(QTransform().rotate(90 * look.turns))
    if look.has_table:
        _translate(image, lookup_table(look.brightness, look.contrast))
    return image


def _translate(image: QImage, table: bytes) -> None:
    # bytes.translate is the quickest lookup there is: 17 ms for 3840 x 2160 pixels, numpy's take needs 75
    lines: NDArray[np.uint8] = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    step = max(1, _STRIP_BYTES // image.bytesPerLine())
    for top in range(0, len(lines), step):
        strip = lines[top : top + step]
        strip[...] = np.frombuffer(strip.tobytes().translate(table), np.uint8).reshape(strip.shape)
    if table[255] != 255:
        # the fourth byte is opaque in this format, and some of Qt's paths copy it
        lines[:, 3 : 4 * image.width() : 4] = 255
