"""Images that a page of Inspect offers to the gallery, in groups; no widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from core.evaluation.mistakes import MistakeList, Mistakes, find_mistakes
from core.evaluation.predictions import Predictions
from core.labels import LabelState
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import ScoredSplit

translate = QCoreApplication.translate

FLIPS: Final = "flips"
"""Key of the images that changed sides since a threshold began to move."""
MOST_IMAGES: Final = 200
"""Images that a group gives at most: more are not looked through one by one."""


class Outcome(IntEnum):
    """What became of the decision on one label of one image; the gallery frames each in its own way."""

    TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, TRUE_NEGATIVE, UNKNOWN = range(5)


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one group in their order, each with the label that it is shown for.

    Attributes:
        image_ids: int64 (n,).
        kinds: int8 (n,), `Outcome`.
        labels: int64 (n,), columns of the labels.
        captions: n times the lines below an image.
    """

    image_ids: NDArray[np.int64]
    kinds: NDArray[np.int8]
    labels: NDArray[np.int64]
    captions: tuple[tuple[str, ...], ...]

    def is_same(self, other: "Images") -> bool:
        """Whether another group looks the same."""
        return (
            self.captions == other.captions
            and np.array_equal(self.image_ids, other.image_ids)
            and np.array_equal(self.kinds, other.kinds)
            and np.array_equal(self.labels, other.labels)
        )


NO_IMAGES: Final = Images(np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.int64), ())


@dataclass(frozen=True)
class ImageGroup:
    """Images that can be chosen for the gallery.

    Attributes:
        key: by which the choice is remembered from label to label and from page to page.
        title: a few words with the true count.
        images: gives the first `MOST_IMAGES` at most; called while the group is shown, also within a drag.
        empty: a sentence for when there is none.
        count: how many there are in all.
    """

    key: str
    title: str
    images: Callable[[], Images]
    empty: str
    count: int


def outcomes(predicted: NDArray[np.bool_], states: NDArray[np.int8]) -> NDArray[np.int8]:
    """What became of decisions.

    Args:
        predicted: bool (n,).
        states: int8 (n,), `LabelState`.

    Returns:
        int8 (n,), `Outcome`.
    """
    right = np.where(predicted, Outcome.TRUE_POSITIVE, Outcome.TRUE_NEGATIVE)
    wrong = np.where(predicted, Outcome.FALSE_POSITIVE, Outcome.FALSE_NEGATIVE)
    known = np.where((states == LabelState.PRESENT) == predicted, right, wrong)
    return np.where(states == LabelState.UNKNOWN, Outcome.UNKNOWN, known).astype(np.int8)


def images_of(
    inspection: Inspection,
    rows: NDArray[np.int64],
    labels: NDArray[np.int64] | int,
    *,
    captions: tuple[tuple[str, ...], ...],
) -> Images:
    """Images of the split that is looked at, as they are decided at the thresholds of the moment.

    Args:
        inspection: has scores.
        rows: int64 (n,), of the images in the predictions of the split.
        labels: int64 (n,), columns of the labels, or one for all.
        captions: n times the lines below an image.
    """
    scored = inspection.scored
    assert scored is not None
    labels = np.broadcast_to(np.asarray(labels, np.int64), rows.shape)
    predicted = scored.predicted(rows, labels, inspection.thresholds.values)
    kinds = outcomes(predicted, scored.predictions.states[rows, labels])
    return Images(scored.predictions.image_ids[rows], kinds, labels, captions)


def label_groups(inspection: Inspection) -> tuple[ImageGroup, ...]:
    """What there is to see of the chosen label; none without scores."""
    scored, label = inspection.scored, inspection.label
    if scored is None or inspection.decisions is None:
        return ()
    counts = inspection.decisions.of(label)
    missed, false_alarms = int(counts.fn[0]), int(counts.fp[0])
    known = missed + false_alarms + int(counts.tp[0]) + int(counts.tn[0])
    name = inspection.label_name
    none_wrong = translate("inspect", "No image is decided wrongly on “{}”.").format(name)
    groups = [
        ImageGroup(
            "wrong", translate("inspect", "All wrong ({:,})").format(missed + false_alarms),
            lambda: _wrong(inspection, missed=True, false_alarms=True), none_wrong, missed + false_alarms,
        ),
        ImageGroup(
            "missed", translate("inspect", "Missed ({:,})").format(missed),
            lambda: _wrong(inspection, missed=True, false_alarms=False),
            translate("inspect", "No image of “{}” is missed.").format(name), missed,
        ),
        ImageGroup(
            "false alarms", translate("inspect", "False alarms ({:,})").format(false_alarms),
            lambda: _wrong(inspection, missed=False, false_alarms=True),
            translate("inspect", "No alarm for “{}” is false.").format(name), false_alarms,
        ),
    ]  # fmt: skip
    if not scored.is_multi_class:
        groups.append(_flips(inspection))
    # in multi-class only the label that an image has has a loss
    with_loss = int(scored.support[label]) if scored.is_multi_class else known
    groups += [
        ImageGroup(
            "confident", translate("inspect", "Most confident mistakes ({:,})").format(missed + false_alarms),
            lambda: _mistakes(inspection, "most confident"), none_wrong, missed + false_alarms,
        ),
        ImageGroup(
            "loss", translate("inspect", "Highest loss ({:,})").format(with_loss),
            lambda: _mistakes(inspection, "highest loss"),
            translate("inspect", "Nobody has said of any of these images whether it shows “{}”.").format(name),
            with_loss,
        ),
    ]  # fmt: skip
    return tuple(groups)


def mistake_captions(
    scored: ScoredSplit, mistakes: Mistakes, *, which: MistakeList, named: bool
) -> tuple[tuple[str, ...], ...]:
    """The lines below decisions of a list: the label if it is to be named, the probability, and the loss.

    Args:
        scored: the scores.
        mistakes: the list.
        which: of the lists it is.
        named: whether the labels differ.
    """
    numbers = [f"{value:.3f}" for value in mistakes.scores.tolist()]
    if which == "highest loss":
        text = translate("inspect", "{} · loss {:.2f}")
        numbers = [text.format(one, loss) for one, loss in zip(numbers, mistakes.measures.tolist(), strict=True)]
    if not named:
        return tuple((number,) for number in numbers)
    return tuple((scored.label_names[label], one) for label, one in zip(mistakes.labels.tolist(), numbers, strict=True))


def _wrong(inspection: Inspection, *, missed: bool, false_alarms: bool) -> Images:
    scored, label = inspection.scored, inspection.label
    assert scored is not None
    threshold = float(inspection.thresholds.values[label])
    rows = np.zeros(0, np.int64)
    if missed:
        rows = scored.missed(label, threshold, limit=MOST_IMAGES)
    if false_alarms:
        # both kinds are seen, however many there are of one
        alarms = scored.false_alarms(label, threshold, limit=MOST_IMAGES)
        kept = max(MOST_IMAGES // 2, MOST_IMAGES - len(alarms))
        rows = np.concatenate([rows[:kept], alarms[: MOST_IMAGES - min(kept, len(rows))]])
    return images_of(inspection, rows, label, captions=_captions(scored, rows, label))


def _flips(inspection: Inspection) -> ImageGroup:
    scored, label = inspection.scored, inspection.label
    assert scored is not None
    before, after = inspection.thresholds.before(label), float(inspection.thresholds.values[label])
    flips = scored.flips(label, before, after, limit=MOST_IMAGES)

    def images() -> Images:
        way = translate("inspect", "▲ {:.3f} gained") if flips.gained else translate("inspect", "▼ {:.3f} lost")
        scores = scored.predictions.probabilities[flips.rows, label].tolist()
        return images_of(inspection, flips.rows, label, captions=tuple((way.format(score),) for score in scores))

    title = translate("inspect", "Flips since {} ({:,})").format(_threshold(before), flips.total)
    empty = translate("inspect", "No image has changed sides since the threshold was {}: move it.")
    return ImageGroup(FLIPS, title, images, empty.format(_threshold(before)), flips.total)


def _mistakes(inspection: Inspection, which: MistakeList) -> Images:
    scored, label = inspection.scored, inspection.label
    assert scored is not None
    predictions, threshold = scored.predictions, float(inspection.thresholds.values[label])
    if scored.is_multi_class:
        # on other images the label is neither there nor predicted: nothing is wrong with it, and it has no loss
        rows = np.flatnonzero(scored.chosen[:, label] | predictions.targets[:, label])
        found = find_mistakes(predictions.at(rows), threshold, which, label=label, limit=MOST_IMAGES)
        return images_of(inspection, rows[found.rows], label, captions=_captions(scored, rows[found.rows], label))
    rows = _candidates(scored, label, threshold, which)
    few = Predictions(
        predictions.image_ids[rows], predictions.splits[rows], predictions.probabilities[rows, label][:, None],
        predictions.states[rows, label][:, None], (inspection.label_name,),
    )  # fmt: skip
    found = find_mistakes(few, threshold, which, limit=MOST_IMAGES)
    captions = mistake_captions(scored, found, which=which, named=False)
    return images_of(inspection, rows[found.rows], label, captions=captions)


def _candidates(scored: ScoredSplit, label: int, threshold: float, which: MistakeList) -> NDArray[np.int64]:
    """Rows among which the first of a list are, in ascending order: a look at all would cost a drag its time.

    Of two images of one kind that of the worse score comes first in either list, and the loss counts right ones too.
    """
    least, most = (-1.0, 2.0) if which == "highest loss" else (threshold, threshold)
    missed = scored.missed(label, most, limit=MOST_IMAGES)
    return np.sort(np.concatenate([missed, scored.false_alarms(label, least, limit=MOST_IMAGES)]))


def _captions(scored: ScoredSplit, rows: NDArray[np.int64], label: int) -> tuple[tuple[str, ...], ...]:
    """The label's probability; in multi-class with its name, and the other label."""
    numbers = [f"{score:.3f}" for score in scored.predictions.probabilities[rows, label].tolist()]
    if not scored.is_multi_class:
        return tuple((number,) for number in numbers)
    name, present = scored.label_names[label], scored.predictions.targets[rows, label].tolist()
    lines = []
    for number, is_present, other in zip(numbers, present, scored.instead(label, rows), strict=True):
        text = translate("inspect", "taken for {}") if is_present else translate("inspect", "is {}")
        first = f"{name} {number}"
        lines.append((first, text.format(other)) if other and other != name else (first,))
    return tuple(lines)


def _threshold(value: float) -> str:
    """A threshold with as many digits as it needs, at least two: 0.50, 0.137."""
    text = f"{value:.3f}"
    return text[:-1] if text.endswith("0") else text
