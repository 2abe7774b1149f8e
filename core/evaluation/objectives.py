"""What a threshold is to achieve: the best F, a wanted precision or recall, the least cost, a number of alarms."""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

from core.errors import MultihotError

Kind = Literal["f_beta", "precision", "recall", "cost", "capacity", "fixed"]

_NUMBER: Final = r"(\d+\.?\d*|\.\d+)"
_TEXTS: Final[dict[Kind, re.Pattern[str]]] = {
    "f_beta": re.compile(rf"f{_NUMBER}"),
    "precision": re.compile(rf"precision={_NUMBER}"),
    "recall": re.compile(rf"recall={_NUMBER}"),
    "cost": re.compile(rf"cost={_NUMBER}:{_NUMBER}"),
    "capacity": re.compile(r"capacity=(\d+)(?:/(\d+))?"),
    "fixed": re.compile(rf"fixed={_NUMBER}"),
}
_HOW: Final = "Write f1, f0.5, f2, precision=0.9, recall=0.95, cost=1:5, capacity=50, capacity=50/1000 or fixed=0.3."


@dataclass(frozen=True)
class Objective:
    """What the threshold of a label is chosen for.

    Attributes:
        kind: "f_beta": the highest F-beta. "precision": the highest recall of those with at least a precision.
            "recall": the highest precision of those with at least a recall. "cost": the least cost of wrong decisions.
            "capacity": the lowest threshold with at most so many alarms. "fixed": a threshold that is given.
        value: beta above 0; the precision or recall in (0, 1]; the cost of a false alarm, above 0; the alarms, 0 or
            more; the threshold in [0, 1].
        other: for "cost" that of a miss, above 0; for "capacity" among how many images, 0 for those tuned on; else 0.
    """

    kind: Kind
    value: float
    other: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            MultihotError: one is out of range.
        """
        ranges = {
            "f_beta": (0 < self.value < 1e3, "The beta of F lies above 0 and below 1,000"),
            "precision": (0 < self.value <= 1, "A wanted precision lies above 0 and is 1 at most"),
            "recall": (0 < self.value <= 1, "A wanted recall lies above 0 and is 1 at most"),
            "cost": (0 < self.value < 1e9 and 0 < self.other < 1e9, "Costs lie above 0 and below 1,000,000,000"),
            "capacity": (
                0 <= self.value < 1e9 and (not self.other or self.value <= self.other < 1e9),
                "There are no more alarms than images",
            ),
            "fixed": (0 <= self.value <= 1, "A threshold lies between 0 and 1"),
        }
        fits, sentence = ranges[self.kind]
        if not fits:
            raise MultihotError(f"{sentence}, so “{self}” is no objective.", next_step=_HOW)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gives.

        Args:
            text: "f1", "precision=0.9", "recall=0.95", "cost=1:5" (a false alarm : a miss), "capacity=50",
                "capacity=50/1000" (alarms among images) or "fixed=0.3".

        Raises:
            MultihotError: it is none of these, or a number is out of range.
        """
        for kind, pattern in _TEXTS.items():
            match = pattern.fullmatch(text.strip().lower())
            if match:
                value, other = (*map(float, match.groups(default="0")), 0.0)[:2]
                if kind == "capacity" and match[2] is not None and not other:
                    raise MultihotError(f"“{text}” allows alarms among no images.", next_step=_HOW)
                return cls(kind, value, other)
        raise MultihotError(f"“{text}” is no objective for thresholds.", next_step=_HOW)

    def __str__(self) -> str:
        value, other = _plain(self.value), _plain(self.other)
        if self.kind == "f_beta":
            return f"f{value}"
        if self.kind == "cost":
            return f"cost={value}:{other}"
        if self.kind == "capacity" and self.other:
            return f"capacity={value}/{other}"
        return f"{self.kind}={value}"

    @property
    def title(self) -> str:
        """A few words for a person: "best F1", "precision of at least 0.90"."""
        value, other = _plain(self.value), _plain(self.other)
        titles = {
            "f_beta": f"best F{value}",
            "precision": f"precision of at least {_digits(self.value)}",
            "recall": f"recall of at least {_digits(self.value)}",
            "cost": f"least cost, a false alarm at {value} and a miss at {other}",
            "capacity": f"at most {self.value:,.0f} alarm{'' if self.value == 1 else 's'}",
            "fixed": f"fixed at {_digits(self.value)}",
        }
        among = f" in {self.other:,.0f} images" if self.kind == "capacity" and self.other else ""
        return f"{titles[self.kind]}{among}"

    def among(self, images: int) -> Self:
        """The same, where alarms are allowed among the images tuned on, with their number said."""
        if self.kind != "capacity" or self.other:
            return self
        # with fewer images than alarms each may be one
        return replace(self, value=min(self.value, images), other=images)


#: The usual objective.
BEST_F1: Final = Objective("f_beta", 1.0)


def _plain(value: float) -> str:
    """A number as a person writes it, with all its digits."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def _digits(value: float) -> str:
    """A number in [0, 1] with two digits or, where that would round it, all it has."""
    short = f"{value:.2f}"
    return short if float(short) == value else repr(value)
