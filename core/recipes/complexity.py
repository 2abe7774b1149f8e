"""Parameters and multiply-adds of a recipe's network, without building it."""

import functools
import tomllib
from dataclasses import dataclass
from typing import Any

from core.paths import resources
from core.recipes.heads import head_costs
from core.recipes.recipe import Recipe


@dataclass(frozen=True)
class Complexity:
    """How large a network is.

    Attributes:
        parameters: numbers that make up the network as it is trained, frozen ones included.
        gmacs: multiply-adds of one image, in 1e9; what a graph of labels costs is left out, for it is computed once
            before the network is used.
    """

    parameters: int
    gmacs: float


def complexity(recipe: Recipe, num_labels: int) -> Complexity | None:
    """What the network of a recipe costs: backbone, its neck where the head wants one, and the actual head.

    Args:
        recipe: backbone, head and size count.
        num_labels: C, at least 1.

    Returns:
        The facts, or None for a backbone that `resources/backbones.toml` does not know.
    """
    # timm writes the weights behind a dot
    backbone = _backbones().get(recipe.model.backbone.partition(".")[0])
    if backbone is None:
        return None
    cells = _cells(backbone, recipe.input.size)
    parameters = backbone["parameters"] + backbone.get("position", 0) * (cells - _cells(backbone, 224))
    macs = _macs(backbone, cells)
    channels = backbone["channels"]
    if not recipe.model.uses_map:
        parameters += backbone.get("neck_parameters", 0)
        macs += backbone.get("neck_macs", 0)
        channels = backbone.get("pooled_channels", channels)
        cells = 1
    head = head_costs(recipe.model, channels=channels, cells=cells, num_labels=num_labels)
    return Complexity(parameters=parameters + head.parameters, gmacs=(macs + head.macs) / 1e9)


def known_backbones() -> tuple[str, ...]:
    """The names of the backbones whose cost is known; timm has more."""
    return tuple(name for name in _backbones() if not name.startswith("test_"))


@functools.cache
def _backbones() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources() / "backbones.toml").read_text(encoding="utf-8"))


def _cells(backbone: dict[str, Any], size: int) -> int:
    """Cells of the map of an image of a size in pixels."""
    side: int = size // backbone["stride"] - backbone.get("border", 0)
    return side**2


def _macs(backbone: dict[str, Any], cells: int) -> float:
    """Multiply-adds for a map: the parabola through the three measured ones (Lagrange).

    Convolutions cost as much for every cell; attention between all cells grows with their square.
    """
    known = {_cells(backbone, int(size)): macs for size, macs in backbone["macs"].items()}
    total = 0.0
    for at, macs in known.items():
        weight = 1.0
        for other in known:
            if other != at:
                weight *= (cells - other) / (at - other)
        total += weight * macs
    return total
