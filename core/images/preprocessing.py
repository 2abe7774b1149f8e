"""The one resize between an image and a network, and the numbers with which its pixels are normalised."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Interpolation = Literal["bilinear", "bicubic"]

_RESAMPLING: Final = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a network expects of an image; written into every exported model.

    Attributes:
        width, height: size of the network's input in pixels. The image is squashed to it, its proportions ignored.
        mean, std: per channel (red, green, blue), of values in [0, 1]; std above 0.
        interpolation: filter of the resize, always with antialiasing.
    """

    width: int
    height: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"width and height are at least 1, not {self.width} and {self.height}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(f"mean and std have three values and std is above 0, not {self.mean} and {self.std}")
        if self.interpolation not in get_args(Interpolation):
            raise ValueError(f"interpolation is one of {get_args(Interpolation)}, not {self.interpolation!r}")

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize a decoded image to the network's input; the result is not normalised yet.

        Args:
            image: uint8 (H, W, 3), RGB.

        Returns:
            uint8 (height, width, 3), RGB, writable.
        """
        resized = Image.fromarray(image).resize((self.width, self.height), _RESAMPLING[self.interpolation])
        return np.array(resized)

    def to_dict(self) -> dict[str, Any]:
        """The description as numbers, strings and lists, for JSON."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The description that `to_dict` gave.

        Raises:
            KeyError, ValueError, TypeError: the values are not those of a description.
        """
        red, green, blue = (float(value) for value in values["mean"])
        std_red, std_green, std_blue = (float(value) for value in values["std"])
        return cls(
            width=int(values["width"]),
            height=int(values["height"]),
            mean=(red, green, blue),
            std=(std_red, std_green, std_blue),
            interpolation=values["interpolation"],
        )
