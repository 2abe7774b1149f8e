"""What a run came to, in a few numbers: `summary.json` in its folder."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from core.errors import JobError
from core.files import write_atomically

SUMMARY_FILE = "summary.json"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run came to.

    Attributes:
        map: of the kept weights on validation; None when it is not defined.
        top1: likewise, of a multi-class run; None of others.
        epochs: whole epochs done.
        best_epoch: the epoch whose weights were kept.
        seconds: of training, pauses excluded.
        parameters: of the network.
        train_images: that it was trained on.
        validation_images: that it was scored on.
        skipped_images: that could not be read.
        stopped: whether a person stopped it before its last epoch.
    """

    map: float | None
    epochs: int
    best_epoch: int
    seconds: float
    parameters: int
    train_images: int
    validation_images: int
    skipped_images: int
    stopped: bool
    top1: float | None = None

    def save(self, run: Path) -> None:
        """Write it into the run's folder."""
        write_atomically(run / SUMMARY_FILE, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, run: Path) -> Self:
        """Read it from the run's folder.

        Raises:
            JobError: the run has not finished, or its summary is damaged.
        """
        try:
            values = json.loads((run / SUMMARY_FILE).read_text(encoding="utf-8"))
            # those of older versions have no top-1
            return cls(**{one.name: values[one.name] for one in fields(cls) if one.name in values})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JobError(f"The run in {run} has not finished.", next_step="Train it to its end first.") from error
