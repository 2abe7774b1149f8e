"""Colours for labels."""

import colorsys
import itertools
from collections.abc import Collection, Iterator

# Found by a search that kept every two of them apart (CIELAB distance 15 or more) for normal sight, protanopia,
# deuteranopia and tritanopia alike, readable on light and dark; each is the one farthest from those before it.
PALETTE = (
    "#2255cc", "#aa3311", "#00eeaa", "#eecc44", "#bb99ff", "#cc7700", "#bbdd77", "#99dddd", "#226644", "#992299",
    "#00bb99", "#dd2266", "#aa2277", "#aa7744", "#1188ff", "#bbaa77", "#8888aa", "#eebbff", "#77bb44", "#bb66cc",
)  # fmt: skip


def next_color(used: Collection[str]) -> str:
    """The first colour that is not used: of the palette, then made up without end."""
    taken = {color.lower() for color in used}
    return next(color for color in itertools.chain(PALETTE, _made_up()) if color not in taken)


def _made_up() -> Iterator[str]:
    """Colours whose hue goes round by the golden ratio, so that neighbours never look alike."""
    for index in itertools.count():
        rgb = colorsys.hls_to_rgb(index * 0.618034 % 1, (0.45, 0.6, 0.75)[index % 3], 0.6)
        yield "#" + "".join(f"{round(255 * value):02x}" for value in rgb)
