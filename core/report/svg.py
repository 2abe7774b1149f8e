"""Drawing plots as SVG: a frame with axes, and marks in it.

Every mark has a class, so that a page can colour it for a dark background, and the colours of a light one as
attributes, which such rules override; so a plot on its own, or on paper, is right too.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.report.blocks import Figure

Mark = Literal["grid", "frame", "line", "other", "faint", "bar", "bar-other", "bar-third", "point", "cut"]

_LOOKS: Final[dict[Mark, str]] = {
    "grid": 'fill="none" stroke="#d9dee3" stroke-width="1"',
    "frame": 'fill="none" stroke="#8a929b" stroke-width="1"',
    "line": 'fill="none" stroke="#2255cc" stroke-width="2" stroke-linejoin="round"',
    "other": 'fill="none" stroke="#b3471d" stroke-width="2" stroke-dasharray="5 3" stroke-linejoin="round"',
    "faint": 'fill="none" stroke="#8a929b" stroke-width="1" stroke-opacity="0.6"',
    "bar": 'fill="#2255cc" stroke="none"',
    "bar-other": 'fill="#ffffff" stroke="#b3471d" stroke-width="1"',
    "bar-third": 'fill="#9aa3ad" stroke="none"',
    "point": 'fill="#ffffff" stroke="#2255cc" stroke-width="2"',
    "cut": 'fill="none" stroke="#1f2328" stroke-width="1.5" stroke-dasharray="4 2"',
}
_TEXT: Final = 'fill="#1f2328"'
_FONT: Final = 'font-family="sans-serif" font-size="12"'
# width of an average character of 12 px
_CHARACTER_PX: Final = 6.6


class Canvas:
    """An SVG under construction; positions in px from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._parts: list[str] = []

    def path(self, mark: Mark, xs: ArrayLike, ys: ArrayLike) -> None:
        """A line through points; a break where a position is NaN."""
        points = np.column_stack([np.asarray(xs, np.float64), np.asarray(ys, np.float64)])
        words = []
        command = "M"
        for x, y in points.tolist():
            if math.isfinite(x) and math.isfinite(y):
                words.append(f"{command}{x:.1f} {y:.1f}")
                command = "L"
            else:
                command = "M"
        if words:
            self._parts.append(f'<path class="{mark}" {_LOOKS[mark]} d="{"".join(words)}"/>')

    def rectangles(self, mark: Mark, boxes: Sequence[tuple[float, float, float, float]]) -> None:
        """Rectangles of one look, each x, y, width and height; those without an area are left out."""
        words = "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z" for x, y, w, h in boxes if w > 0 and h > 0)
        if words:
            self._parts.append(f'<path class="{mark}" {_LOOKS[mark]} d="{words}"/>')

    def shade(self, x: float, y: float, side: float, *, strength: float) -> None:
        """A square between the background, 0, and the full colour, 1."""
        if strength > 0:
            self._parts.append(
                f'<rect class="shade" fill="#2255cc" fill-opacity="{strength:.2f}" x="{x:.1f}" y="{y:.1f}" '
                f'width="{side:.1f}" height="{side:.1f}"/>'
            )

    def circle(self, mark: Mark, x: float, y: float, *, radius: float = 4) -> None:
        """A dot or a ring."""
        self._parts.append(f'<circle class="{mark}" {_LOOKS[mark]} cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')

    def text(
        self, x: float, y: float, text: str, *, anchor: Literal["start", "middle", "end"] = "start",
        is_bold: bool = False, room: float | None = None, turned: int = 0,
    ) -> None:  # fmt: skip
        """A line of text on the base line y; cut short where the room in px does not suffice, whole under the mouse."""
        shown = text if room is None else shortened(text, room)
        turn = f' transform="rotate({turned} {x:.1f} {y:.1f})"' if turned else ""
        weight = ' font-weight="bold"' if is_bold else ""
        title = f"<title>{escape(text)}</title>" if shown != text else ""
        self._parts.append(
            f'<text class="ink" {_TEXT} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}{turn}>'
            f"{title}{escape(shown)}</text>"
        )

    def figure(self, alt: str) -> Figure:
        """The finished plot."""
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" role="img" aria-label={quoteattr(alt)} {_FONT}>'
            f"{''.join(self._parts)}</svg>"
        )
        return Figure(svg=svg, width=self.width, height=self.height, alt=alt)


class Axes:
    """A plot's frame on a canvas: turns values into positions.

    Attributes:
        canvas: to draw on.
        left, right, top, bottom: of the frame, in px.
    """

    def __init__(
        self, canvas: Canvas, *, x: tuple[float, float], y: tuple[float, float], margins: tuple[int, int, int, int]
    ) -> None:
        """Lay a frame on a canvas.

        Args:
            canvas: to draw on.
            x: values at the left and right ends.
            y: values at the lower and upper ends.
            margins: left, right, top and bottom, in px.
        """
        self.canvas = canvas
        self.left, right, self.top, bottom = margins
        self.right, self.bottom = canvas.width - right, canvas.height - bottom
        self._x, self._y = x, y

    def x(self, values: ArrayLike) -> NDArray[np.float64]:
        """Positions of values along x."""
        low, high = self._x
        return self.left + (np.asarray(values, np.float64) - low) / (high - low) * (self.right - self.left)

    def y(self, values: ArrayLike) -> NDArray[np.float64]:
        """Positions of values along y."""
        low, high = self._y
        return self.bottom - (np.asarray(values, np.float64) - low) / (high - low) * (self.bottom - self.top)

    def ticks(self, *, x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]]) -> None:
        """Grid lines with their numbers, and the frame."""
        for value, text in x:
            place = float(self.x(value))
            self.canvas.path("grid", [place, place], [self.top, self.bottom])
            self.canvas.text(place, self.bottom + 15, text, anchor="middle")
        for value, text in y:
            place = float(self.y(value))
            self.canvas.path("grid", [self.left, self.right], [place, place])
            self.canvas.text(self.left - 5, place + 4, text, anchor="end")
        self.canvas.path("frame", [self.left, self.left, self.right], [self.top, self.bottom, self.bottom])

    def names(self, x: str, y: str) -> None:
        """What the axes show."""
        self.canvas.text((self.left + self.right) / 2, self.bottom + 31, x, anchor="middle")
        self.canvas.text(13, (self.top + self.bottom) / 2, y, anchor="middle", turned=-90)

    def line(self, mark: Mark, xs: ArrayLike, ys: ArrayLike) -> None:
        """A line through values."""
        self.canvas.path(mark, self.x(xs), self.y(ys))

    def point(self, x: float, y: float, *, mark: Mark = "point", radius: float = 4) -> None:
        """A mark at a value."""
        self.canvas.circle(mark, float(self.x(x)), float(self.y(y)), radius=radius)


def width_of(text: str) -> float:
    """About how many px a text is wide."""
    return len(text) * _CHARACTER_PX


def shortened(text: str, room: float) -> str:
    """A text cut to about so many px."""
    most = max(1, int(room / _CHARACTER_PX))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def round_ticks(low: float, high: float, *, wanted: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about as many as wanted: steps of 1, 2 or 5 times a power of ten."""
    rough = max(high - low, 1e-12) / wanted
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough * 0.999)
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    # a rounded minus zero plus zero is zero
    return [float(number * step) + 0.0 for number in np.arange(first, last + 1)]
