"""What a model and people say of each label of one image; no widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from core.labels import LabelState
from gui.inspect.fixes import Now
from gui.inspect.scored_split import ScoredSplit

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Verdict:
    """One label on one image.

    Attributes:
        label: its column.
        name: its name.
        probability: as the model gave it.
        threshold: of the label; None in multi-class, where the highest probability decides.
        predicted: whether the model says that it is present.
        state: what people said when the run began, `LabelState`.
        now: what they say today.
    """

    label: int
    name: str
    probability: float
    threshold: float | None
    predicted: bool
    state: int
    now: Now

    @property
    def is_false_alarm(self) -> bool:
        """Whether it was predicted and people said absent."""
        return self.predicted and self.state == LabelState.ABSENT

    @property
    def is_missed(self) -> bool:
        """Whether people said present and it was not predicted."""
        return not self.predicted and self.state == LabelState.PRESENT

    @property
    def is_wrong(self) -> bool:
        """Whether model and people disagree."""
        return self.is_false_alarm or self.is_missed

    @property
    def sentence(self) -> str:
        """What was decided, why, and what people say."""
        if self.threshold is None:
            why = translate("inspect", "probability {:.3f}").format(self.probability)
        else:
            why = translate("inspect", "{:.3f}, threshold {:.3f}").format(self.probability, self.threshold)
        if self.is_false_alarm:
            text = translate("inspect", "False alarm: the model says “{}” ({}), people say that it is absent.")
        elif self.is_missed:
            text = translate("inspect", "Missed: people say “{}”, the model does not ({}).")
        elif self.state == LabelState.UNKNOWN:
            text = translate("inspect", "Nobody has said whether this is “{}”; the model says no ({}).")
            if self.predicted:
                text = translate("inspect", "Nobody has said whether this is “{}”; the model says yes ({}).")
        elif self.predicted:
            text = translate("inspect", "Right: model and people say “{}” ({}).")
        else:
            text = translate("inspect", "Right: neither model nor people say “{}” ({}).")
        return f"{text.format(self.name, why)} {self.change}".rstrip()

    @property
    def change(self) -> str:
        """What people say today, where that is something else; else empty."""
        if self.now.state == self.state:
            return ""
        match self.now:
            case Now.PRESENT:
                return translate("inspect", "Today they say that it is present.")
            case Now.ABSENT:
                return translate("inspect", "Today they say that it is absent.")
            case Now.UNKNOWN:
                return translate("inspect", "Today they do not say.")
            case Now.GONE:
                return translate("inspect", "The project has the image no more.")
            case Now.NO_LABEL:
                return translate("inspect", "The project has the label no more.")


def verdicts_of(
    scored: ScoredSplit, row: int, thresholds: NDArray[np.float64], now: Sequence[int]
) -> tuple[Verdict, ...]:
    """What is said of all labels of an image: wrong ones first, then those that somebody says, the likeliest first.

    Args:
        scored: the scores.
        row: of the image among the split's.
        thresholds: float64 (C,).
        now: C times what people say today, `Now`.
    """
    predictions = scored.predictions
    labels = np.arange(len(scored.label_names))
    predicted = scored.predicted(np.full(len(labels), row), labels, thresholds)
    verdicts = [
        Verdict(
            label=label,
            name=name,
            probability=float(predictions.probabilities[row, label]),
            threshold=None if scored.is_multi_class else float(thresholds[label]),
            predicted=bool(predicted[label]),
            state=int(predictions.states[row, label]),
            now=Now(now[label]),
        )
        for label, name in enumerate(scored.label_names)
    ]
    return tuple(sorted(verdicts, key=_order))


def _order(verdict: Verdict) -> tuple[int, float]:
    said = verdict.predicted or verdict.state == LabelState.PRESENT
    return (0 if verdict.is_wrong else 1 if said else 2, -verdict.probability)
