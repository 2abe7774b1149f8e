"""Tuning thresholds from the window: what is wished for, done off the GUI thread, and what could not be reached."""

import functools
import time
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QObject, Signal

from core.errors import MultihotError
from core.evaluation.metrics import Counts, counts_at
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import Origin, split_names
from core.evaluation.tuning import Found, On, Shrink, find_thresholds
from core.labels import Split
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import ScoredSplit
from gui.inspect.threshold_editor import Place

Scope = Literal["label", "selected", "all"]

translate = QCoreApplication.translate

# what takes less is not worth a line that comes and goes
QUIET_SECONDS = 0.3
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
    """Tunes the thresholds of what is looked at, one wish at a time: a newer one takes the place of one at work.

    What is found goes into the set that was shown when it was asked for.

    Attributes:
        wish: what the next threshold is tuned for.
        doing: what it works at, in a sentence.

    Signals:
        wish_changed: another objective, other images, or another way.
        busy_changed: bool, whether it works.
        progressed: float, the share that is done of what takes a while.
        told: str, what could not be reached, after each tuning; empty for nothing.
    """

    wish_changed = Signal()
    busy_changed = Signal(bool)
    progressed = Signal(float)
    told = Signal(str)

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self.wish = Wish()
        self.doing = ""
        self._request: background.Request | None = None
        inspection.session.project_closed.connect(self.cancel)

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
        scored, place = self._inspection.scored, self._inspection.thresholds.place
        if scored is None or place is None:
            return
        if self._request is not None:
            self._inspection.session.message.emit(self.tr("Stopped, for another wish: {}").format(self.doing))
            self.cancel()
        wish = wish or self.wish
        self._inspection.thresholds.settle()
        labels = {
            "label": (self._inspection.label,),
            "selected": self._inspection.selected,
            "all": tuple(range(len(scored.label_names))),
        }[scope]
        what = self.tr("{} {}").format(wish.objective.title, _of(scored, labels))
        self.doing = self.tr("Tuning “{}” of run {}: {}").format(place[1], scored.run.id, what)
        self._request = background.run_with_progress(
            self,
            functools.partial(_tune, scored.everything, wish, labels),
            functools.partial(self._on_tuned, place, labels, what),
            self._on_failed,
            on_progress=self.progressed.emit,
        )
        self.busy_changed.emit(True)

    def cancel(self) -> None:
        """Find nothing more; without anything at work nothing happens."""
        if self._request is not None:
            self._request.cancel()
            self._end()

    def _on_tuned(self, place: Place, labels: tuple[int, ...], what: str, answer: tuple[Found, str]) -> None:
        self._end()
        editor, message = self._inspection.thresholds, self._inspection.session.message
        # what was moved by hand meanwhile stays, but for the labels that were to be tuned
        thresholds = editor.at(place)
        if thresholds is None:
            message.emit(self.tr("The thresholds “{}” are no more, so nothing was tuned.").format(place[1]))
            return
        found, sentence = answer
        for label in labels:
            thresholds = thresholds.moved(label, float(found.thresholds.values[label]), found.thresholds.origins[label])
        editor.take(thresholds, what, place=place)
        if place == editor.place:
            self.told.emit(sentence)
        else:
            message.emit(self.tr("Thresholds “{}” tuned: {}. {}").format(place[1], what, sentence).strip())

    def _on_failed(self, error: MultihotError) -> None:
        self._end()
        self._inspection.failed.emit(error)

    def _end(self) -> None:
        self._request = None
        self.busy_changed.emit(False)


def _of(scored: ScoredSplit, labels: tuple[int, ...]) -> str:
    if len(labels) == 1:
        return translate("tuner", "of “{}”").format(scored.label_names[labels[0]])
    return translate("tuner", "of {:,} labels").format(len(labels))


def _tune(
    everything: Predictions, wish: Wish, labels: tuple[int, ...], request: background.Request
) -> tuple[Found, str]:
    """Tune, and say what was not reached; off the GUI thread."""
    begun = time.monotonic()

    def tell(share: float) -> None:
        if request.is_cancelled():
            raise MultihotError("Tuning was cancelled.")
        if time.monotonic() - begun > QUIET_SECONDS:
            request.report(share)

    found = find_thresholds(
        everything, wish.objective, on=wish.on, shrink=wish.shrink, labels=labels, draws=0, progress=tell
    )
    return found, _unmet(everything, found, wish, labels)


def _unmet(everything: Predictions, tuned: Found, wish: Wish, labels: tuple[int, ...]) -> str:
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
    if wish.on == "cross":
        # it may well be reached, by another threshold than the mean of the folds
        text = translate("tuner", "{}: the mean thresholds of the folds come to {} on {}.")
        wanted = f"{wish.objective.value:.3f}"
        named = [f"{names[label]} {value}" for label, value in zip(missing, reached, strict=True) if value != wanted]
        return text.format(title, _named(named), where) if named else ""
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
