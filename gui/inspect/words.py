"""Where the scores and thresholds that are shown come from, in words."""

from PySide6.QtCore import QCoreApplication

from core.evaluation.before_after import BeforeAfter, judging_split
from core.evaluation.multi_class import top1_of
from core.evaluation.objectives import Objective
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.tuning import RELIABLE_SUPPORT
from core.labels import Split
from gui.inspect.scored_split import ScoredSplit
from gui.inspect.tuner import Wish
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
        chosen = translate("inspect", "Thresholds: {}.").format(thresholds.title or translate("inspect", "all 0.5"))
        origin = by_hand_alone if by_hand else chosen
    elif thresholds.tuned_on == split:
        origin = translate("inspect", "Thresholds: {} on these same images; new ones will do a little worse.").format(
            thresholds.title
        )
    elif scored.split in thresholds.tuned_splits:
        origin = translate(
            "inspect", "Thresholds: {} on {}, these images among them; new ones will do a little worse."
        ).format(thresholds.title, thresholds.tuned_on)
    else:
        origin = translate("inspect", "Thresholds: {} on {}.").format(thresholds.title, thresholds.tuned_on)
    moved = translate("inspect", " Then moved by hand.") if by_hand and thresholds.tuned_on is not None else ""
    return f"{measured} {origin}{moved}"


def unused_split(scored: ScoredSplit, thresholds: ThresholdSet) -> Split | None:
    """A split on which no threshold was tuned, to measure on; None where there is none."""
    if not thresholds.tuned_splits:
        return None
    judge = judging_split(scored.everything, thresholds.tuned_splits)
    return None if judge in thresholds.tuned_splits else judge


def paper_line(judged: BeforeAfter) -> str:
    """The paper's table of thresholds in a sentence: OF1 and CF1 at 0.5 and at the thresholds."""
    unused = judged.split not in (judged.tuned_on or "")
    text = (
        translate("inspect", "From 0.5 to tuned, on {:,} {} images not used for tuning: OF1 {} → {}, CF1 {} → {}.")
        if unused
        else translate("inspect", "From 0.5 to tuned, on the {:,} {} images tuned on: OF1 {} → {}, CF1 {} → {}.")
    )
    before, after = judged.before, judged.after
    figures = (before.overall_f1, after.overall_f1, before.class_f1, after.class_f1)
    return text.format(judged.images, judged.split, *map(score, figures))


def short_title(objective: Objective) -> str:
    """An objective for a button: "Best F1", "P ≥ 0.9", "R ≥ 0.95", "Cost 1:5", "≤ 50 alarms"."""
    value, other = (f"{number:g}" for number in (objective.value, objective.other))
    if objective.kind == "f_beta":
        return translate("inspect", "Best F{}").format(value)
    if objective.kind == "precision":
        return translate("inspect", "P ≥ {}").format(value)
    if objective.kind == "recall":
        return translate("inspect", "R ≥ {}").format(value)
    if objective.kind == "cost":
        return translate("inspect", "Cost {}:{}").format(value, other)
    if objective.kind == "capacity":
        return translate("inspect", "≤ {:,.0f} alarms").format(objective.value)
    return translate("inspect", "Fixed {}").format(value)


def wish_line(wish: Wish) -> str:
    """What pressing the button does: "This label's threshold for best F1 on validation"."""
    if wish.objective.kind == "fixed":
        return translate("inspect", "Set this label's threshold to {:g}").format(wish.objective.value)
    on = {
        "train": translate("inspect", "on train"),
        "validation": translate("inspect", "on validation"),
        "cross": translate("inspect", "on train and validation, in 5 folds"),
    }[wish.on]
    return translate("inspect", "Tune this label's threshold: {} {}").format(wish.objective.title, on)


def taken_for(scored: ScoredSplit, label: int) -> str:
    """What a label's images are taken for in a multi-class run, the most frequent first; empty for nothing."""
    others = scored.confusion[label].copy()
    others[label] = 0
    order = (-others).argsort(kind="stable")[:MOST_OTHERS]
    # a name and its number stay on one line
    named = [f"{scored.label_names[other]}\u00a0({others[other]:,})" for other in order if others[other]]
    return translate("inspect", "Taken for {}.").format(", ".join(named)) if named else ""


def unreliable(positives: int) -> str:
    """A label's warning: "12 positives: unreliable"; empty where there are enough."""
    if positives >= RELIABLE_SUPPORT:
        return ""
    text = "{:,} positive: unreliable" if positives == 1 else "{:,} positives: unreliable"
    return translate("inspect", text).format(positives)
