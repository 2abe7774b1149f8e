"""The thresholds chosen for a run, one per label, as they are kept beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.files import write_atomically

#: Name of the file in a run's folder.
THRESHOLDS_FILE: Final = "thresholds.json"


@dataclass(frozen=True, eq=False)
class ThresholdSet:
    """A threshold for each label: the label is present when its probability >= threshold.

    Attributes:
        label_names: C names, in the order of `values`.
        values: float64 (C,) in [0, 1].
        objective: how they were chosen: "f1", "manual", or "0.5" for those that nobody chose.
        tuned_on: name of the split on which they were tuned, such as "validation"; None where they were not.
    """

    label_names: tuple[str, ...]
    values: NDArray[np.float64]
    objective: str
    tuned_on: str | None = None

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.label_names),):
            raise ValueError(f"{len(self.label_names)} labels do not fit thresholds of shape {self.values.shape}")
        if not np.all((self.values >= 0) & (self.values <= 1)):
            raise ValueError(f"thresholds lie in [0, 1], not {self.values}")

    @classmethod
    def default(cls, label_names: tuple[str, ...]) -> Self:
        """0.5 for every label."""
        return cls(label_names=label_names, values=np.full(len(label_names), 0.5), objective="0.5")

    def save(self, path: Path) -> None:
        """Write a JSON file, replacing one that is there in one step."""
        content = {**asdict(self), "label_names": list(self.label_names), "values": self.values.tolist()}
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            MultihotError: the file is missing or is not a file of thresholds.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                label_names=tuple(str(name) for name in content["label_names"]),
                values=np.array(content["values"], dtype=np.float64),
                objective=str(content["objective"]),
                tuned_on=content["tuned_on"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MultihotError(
                f"“{path}” cannot be read as thresholds ({error}).",
                next_step="Delete it and tune the thresholds again.",
            ) from error

    @classmethod
    def of_run(cls, folder: Path, label_names: tuple[str, ...]) -> Self:
        """The thresholds kept in a run's folder; 0.5 for every label when nobody chose any.

        Raises:
            MultihotError: their file is damaged, or of other labels.
        """
        path = folder / THRESHOLDS_FILE
        if not path.exists():
            return cls.default(label_names)
        thresholds = cls.load(path)
        if thresholds.label_names != label_names:
            raise MultihotError(f"“{path}” is of other labels than the run.", next_step="Delete it and tune again.")
        return thresholds
