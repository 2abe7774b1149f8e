"""Tuning thresholds from the window: what is wished for, done off the GUI thread, and what could not be reached."""

import functools
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QObject, Signal

from core.errors import MultihotError
from core.evaluation.metrics import Counts, counts_at
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import Origin, ThresholdSet, split_names
from core.evaluation.tuning import On, Shrink, Tuned, tune
from core.labels import Split
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import ScoredSplit

Scope = Literal["label", "selected", "all"]

translate = QCoreApplication.translate

# of labels that miss what was wished for, as many are named
MOST_NAMED = 3


@dataclass(frozen=True)
class Wish:
    """What thresholds are to be chosen for, and by which images.

    Attributes:
        objective: what each is to achieve.
        on: the images.
        shrink: whether they are pulled towards that of all labels together.
    """

    objective: Objective = BEST_F1
    on: On = "validation"
    shrink: Shrink = "auto"

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits whose images are tuned on."""
        return (Split.TRAIN, Split.VALIDATION) if self.on == "cross" else (Split[self.on.upper()],)

    @classmethod
    def of(cls, origin: Origin) -> "Wish | None":
        """What a threshold was tuned for; None where it was not."""
        if origin.tuned_on is None:
            return None
        try:
            objective = Objective.parse(origin.objective)
        except MultihotError:
            # a file from before labels had origins
            return None
        on: On = "validation" if origin.tuned_on == "validation" else "train" if origin.tuned_on == "train" else "cross"
        return cls(objective, on, "on" if origin.shrunk else "off")


class Tuner(QObject):
    """Tunes the thresholds of what is looked at.

    Attributes:
        wish: what the next threshold is tuned for.

    Signals:
        wish_changed: another objective, other images, or another way.
        busy_changed: bool, whether it works.
        told: str, what could not be reached, after each tuning; empty for nothing.
    """

    wish_changed = Signal()
    busy_changed = Signal(bool)
    told = Signal(str)

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self.wish = Wish()

    def set_wish(self, wish: Wish) -> None:
        """Wish for something else."""
        if wish != self.wish:
            self.wish = wish
            self.wish_changed.emit()

    def tune(self, scope: Scope, wish: Wish | None = None) -> None:
        """Tune the chosen label, all that are selected, or all there are.

        Args:
            scope: which labels.
            wish: what for; that of the moment if left out.
        """
        scored = self._inspection.scored
        if scored is None:
            return
        wish = wish or self.wish
        self._inspection.thresholds.settle()
        labels = {
            "label": (self._inspection.label,),
            "selected": self._inspection.selected,
            "all": tuple(range(len(scored.label_names))),
        }[scope]
        work = functools.partial(_tune, scored.everything, wish, labels)
        done = functools.partial(self._on_tuned, scored, wish, labels)
        self.busy_changed.emit(True)
        background.run(self, work, done, self._on_failed, key="tune")

    def _on_tuned(self, scored: ScoredSplit, wish: Wish, labels: tuple[int, ...], answer: tuple[Tuned, str]) -> None:
        self.busy_changed.emit(False)
        if self._inspection.run != scored.run:
            return
        tuned, sentence = answer
        # what was moved by hand meanwhile stays, but for the labels that were to be tuned
        thresholds = self._inspection.thresholds.thresholds
        for label in labels:
            value, origin = float(tuned.thresholds.values[label]), tuned.thresholds.origins[label]
            thresholds = thresholds.moved(label, value, origin)
        self._inspection.thresholds.take(thresholds, f"{wish.objective.title} {_of(scored, labels)}")
        self.told.emit(sentence)

    def _on_failed(self, error: MultihotError) -> None:
        self.busy_changed.emit(False)
        self._inspection.failed.emit(error)


def _of(scored: ScoredSplit, labels: tuple[int, ...]) -> str:
    if len(labels) == 1:
        return translate("tuner", "of “{}”").format(scored.label_names[labels[0]])
    return translate("tuner", "of {:,} labels").format(len(labels))


def _tune(everything: Predictions, wish: Wish, labels: tuple[int, ...]) -> tuple[Tuned, str]:
    """Tune, and say what was not reached; off the GUI thread."""
    start = ThresholdSet.default(everything.label_names)
    tuned = tune(everything, wish.objective, on=wish.on, shrink=wish.shrink, labels=labels, start=start, draws=0)
    return tuned, _unmet(everything, tuned, wish, labels)


def _unmet(everything: Predictions, tuned: Tuned, wish: Wish, labels: tuple[int, ...]) -> str:
    """Which labels miss what was wished for, and what they come nearest to; empty where none does."""
    seen, where = everything.of(*wish.splits), split_names(wish.splits)
    names = everything.label_names
    empty = [label for label in labels if not tuned.support[label]]
    if empty and wish.objective.kind != "fixed":
        kept = (
            translate("tuner", "No image of {} is known to show {}: the threshold of all labels together is taken.")
            if all(tuned.thresholds.origins[label].shrunk for label in empty)
            else translate("tuner", "No image of {} is known to show {}, so there is nothing to tune by.")
        )
        return kept.format(where, _named([f"“{names[label]}”" for label in empty]))
    missing = [label for label in labels if not tuned.met[label]]
    if not missing:
        return ""
    columns = list(missing)
    counts = counts_at(
        seen.probabilities[:, columns], seen.targets[:, columns], tuned.thresholds.values[columns],
        known=seen.known[:, columns],
    )  # fmt: skip
    reached = _reached(wish.objective, counts)
    title = wish.objective.title[0].upper() + wish.objective.title[1:]
    if len(missing) == len(labels) == 1:
        text = translate("tuner", "{} is not reached on {}; the nearest is {}.")
        return text.format(title, where, reached[0])
    nearest = _named([f"{names[label]} {value}" for label, value in zip(missing, reached, strict=True)])
    text = translate("tuner", "{} is not reached on {} by {:,} of {:,} labels; the nearest are {}.")
    return text.format(title, where, len(missing), len(labels), nearest)


def _reached(objective: Objective, counts: Counts) -> list[str]:
    if objective.kind == "capacity":
        return [f"{alarms:,}" for alarms in (counts.tp + counts.fp).tolist()]
    values = counts.precision if objective.kind == "precision" else counts.recall
    return [f"{value:.3f}" for value in values.tolist()]


def _named(parts: list[str]) -> str:
    more = len(parts) - MOST_NAMED
    text = ", ".join(parts[:MOST_NAMED])
    return text if more <= 0 else translate("tuner", "{} and {:,} more").format(text, more)
