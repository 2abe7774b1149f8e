"""The figures of a run on one split that need a look at all images; no Qt."""

from dataclasses import dataclass

import numpy as np

from core.evaluation.before_after import BeforeAfter, compare, judging_split
from core.evaluation.metrics import ClassificationScores, classification_scores, mean_over_labels
from core.evaluation.multi_class import top1_of
from core.evaluation.report import decisions
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.thresholds import DEFAULT_THRESHOLD
from core.evaluation.voc import interpolated_average_precision
from gui.inspect.scored_split import ScoredSplit


@dataclass(frozen=True)
class Means:
    """What does not depend on thresholds.

    Attributes:
        map: mean average precision over the labels that have a positive; NaN where none has.
        map_all_labels: the same with 0 for a label without a positive.
        map_voc, map_voc_2007: with the interpolated average precision of VOC, over all and over 11 recalls.
        top1: in multi-class the share of images whose label is the prediction; None in multi-label.
    """

    map: float
    map_all_labels: float
    map_voc: float
    map_voc_2007: float
    top1: float | None


@dataclass(frozen=True)
class Figures:
    """What depends on thresholds.

    Attributes:
        before: of the split that is looked at, at 0.5 for every label; None in multi-class.
        now: of that split, at the thresholds of the moment, or by the highest probability in multi-class.
        judged: where the thresholds were tuned, what that changed on the images on which it is to be judged.
    """

    before: ClassificationScores | None
    now: ClassificationScores
    judged: BeforeAfter | None


def means_of(scored: ScoredSplit) -> Means:
    """Average the average precisions; some tenths of a second for millions of scores: off the GUI thread."""
    arguments = scored.predictions.probabilities, scored.predictions.targets, scored.predictions.known
    return Means(
        map=scored.mean_ap,
        map_all_labels=float(np.nan_to_num(scored.ap).mean()) if len(scored.ap) else float("nan"),
        map_voc=mean_over_labels(interpolated_average_precision(*arguments)),
        map_voc_2007=mean_over_labels(interpolated_average_precision(*arguments, levels=11)),
        top1=top1_of(scored.confusion) if scored.is_multi_class else None,
    )


def figures_of(scored: ScoredSplit, thresholds: ThresholdSet) -> Figures:
    """Score all images at the thresholds; some tenths of a second for millions of scores: off the GUI thread."""
    predictions = scored.predictions
    decided, cuts = decisions(predictions, thresholds.values)
    now = classification_scores(decided, predictions.targets, cuts, predictions.known)
    if scored.is_multi_class:
        return Figures(before=None, now=now, judged=None)
    before = classification_scores(predictions.probabilities, predictions.targets, DEFAULT_THRESHOLD, predictions.known)
    judged = None
    if thresholds.tuned_splits:
        judge = judging_split(scored.everything, thresholds.tuned_splits)
        judged = compare(scored.everything, judge, thresholds)
    return Figures(before=before, now=now, judged=judged)
