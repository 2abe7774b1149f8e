"""Where the scores and thresholds that are shown come from, in words."""

from PySide6.QtCore import QCoreApplication

from core.evaluation.multi_class import top1_of
from core.evaluation.threshold_file import ThresholdSet
from gui.inspect.scored_split import ScoredSplit
from gui.train.words import score

translate = QCoreApplication.translate

# a label is said to be taken for this many others at most
MOST_OTHERS = 3


def head_line(scored: ScoredSplit, thresholds: ThresholdSet) -> str:
    """On which images everything was measured, and where the thresholds come from."""
    split = scored.split.name.lower()
    images = scored.sizes[scored.split]
    if scored.is_multi_class:
        text = translate("inspect", "Measured on {:,} {} images: top-1 {}. The highest probability decides.")
        return text.format(images, split, score(top1_of(scored.confusion)))
    measured = translate("inspect", "Measured on {:,} {} images.").format(images, split)
    by_hand = thresholds.by_hand
    if thresholds.tuned_on is None:
        by_hand_alone = translate("inspect", "Thresholds: set by hand.")
        origin = by_hand_alone if by_hand else translate("inspect", "Thresholds: all 0.5.")
    elif thresholds.tuned_on == split:
        origin = translate("inspect", "Thresholds: {} on these same images; new ones will do a little worse.").format(
            thresholds.title
        )
    else:
        origin = translate("inspect", "Thresholds: {} on {}.").format(thresholds.title, thresholds.tuned_on)
    moved = translate("inspect", " Then moved by hand.") if by_hand and thresholds.tuned_on is not None else ""
    return f"{measured} {origin}{moved}"


def taken_for(scored: ScoredSplit, label: int) -> str:
    """What a label's images are taken for in a multi-class run, the most frequent first; empty for nothing."""
    others = scored.confusion[label].copy()
    others[label] = 0
    order = (-others).argsort(kind="stable")[:MOST_OTHERS]
    # a name and its number stay on one line
    named = [f"{scored.label_names[other]}\u00a0({others[other]:,})" for other in order if others[other]]
    return translate("inspect", "Taken for {}.").format(", ".join(named)) if named else ""
