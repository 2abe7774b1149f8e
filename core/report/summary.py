"""The first paragraphs of a report: what the model does and how good it is, in plain sentences."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import clustered_share, wilson
from core.evaluation.objectives import Objective
from core.evaluation.threshold_file import BY_HAND, UNTUNED, Origin, ThresholdSet
from core.labels import Split
from core.report.blocks import Block, Section, Text, Tiles
from core.report.facts import ReportFacts
from core.report.words import counted, listed, named, names_of, percent, score

FEW_POSITIVES: Final = 20
"""Images below which a label's figures are called unsure."""


def summary_section(facts: ReportFacts) -> Section:
    """What the model does, how good it is, by which images, and how sure that is."""
    blocks: list[Block] = [Text(_task(facts), kind="lead"), Text(_measured(facts)), Text(_result(facts), kind="lead")]
    blocks.append(Tiles(_figures(facts)))
    if facts.split != Split.TRAIN:
        blocks.append(Text(_certainty(facts)))
    best_and_worst = _best_and_worst(facts)
    if best_and_worst:
        blocks.append(Text(best_and_worst))
    few = few_positives(facts)
    if few:
        blocks.append(Text(_unsure(few, of=len(facts.report.labels)), kind="warning"))
    return Section("In short", tuple(blocks))


def _unsure(few: list[str], *, of: int) -> str:
    if len(few) == of:
        return (
            f"Each of the {counted(of, 'label')} is on fewer than {FEW_POSITIVES} of these images, so chance has a "
            "large part in the figures of a label."
        )
    return (
        f"On fewer than {FEW_POSITIVES} of these images {'is' if len(few) == 1 else 'are'} {names_of(few)}: chance has "
        f"a large part in {'its' if len(few) == 1 else 'their'} figures."
    )


def few_positives(facts: ReportFacts) -> list[str]:
    """Labels that too few images of the split show to say much of them."""
    return [one.name for one in facts.report.labels if one.support < FEW_POSITIVES]


def chosen_by_these_images(facts: ReportFacts) -> list[str]:
    """What was chosen by the images of the split, which then flatter the model."""
    chosen = []
    if facts.split == Split.VALIDATION and len(facts.history.epochs) > 1:
        chosen.append(f"the best of {len(facts.history.epochs):,} epochs")
    if not facts.is_multi_class and facts.split in facts.thresholds.tuned_splits:
        chosen.append("the thresholds")
    return chosen


def origins(thresholds: ThresholdSet) -> str:
    """Where thresholds come from, in a sentence each."""
    sentences = []
    for one, count in thresholds.counts:
        all_of = "All thresholds" if count == len(thresholds.origins) else counted(count, "threshold")
        were = "was" if count == 1 else "were"
        sentences.append(f"{all_of} {were} {origin_words(one)}.")
    return " ".join(sentences)


def origin_words(origin: Origin) -> str:
    """Where a threshold comes from, in a few words: "tuned on validation for best F1"."""
    if origin.tuned_on is None:
        if origin in (BY_HAND, UNTUNED):
            return "set by hand" if origin == BY_HAND else "left at 0.5"
        return Objective.parse(origin.objective).title
    # old files say of thresholds that were moved by hand where they had been tuned
    if origin.objective == BY_HAND.objective:
        return f"tuned on {origin.tuned_on}, then moved by hand"
    shrunk = ", pulled towards that of all labels" if origin.shrunk else ""
    return f"tuned on {origin.tuned_on} for {Objective.parse(origin.objective).title}{shrunk}"


def _task(facts: ReportFacts) -> str:
    names = facts.predictions.label_names
    if facts.is_multi_class:
        return f"This model looks at an image and gives it one of {counted(len(names), 'label')}: {names_of(names)}."
    labels = "the label" if len(names) == 1 else f"which of {len(names):,} labels"
    return f"This model looks at an image and says {labels} it shows: {names_of(names)}. {_any_number(len(names))}"


def _any_number(labels: int) -> str:
    return "An image can show it or not." if labels == 1 else "An image can show several of them, or none."


def _measured(facts: ReportFacts) -> str:
    if facts.split == Split.TRAIN:
        return (
            f"It was measured on {counted(facts.report.images, 'image')} of train. It learnt from them, so the figures "
            "flatter it: on new images it will do worse, and nothing here says by how much."
        )
    chosen = chosen_by_these_images(facts)
    if chosen:
        was = "was" if chosen[:-1] == [] and "epochs" in chosen[0] else "were"
        return (
            f"It was measured on {counted(facts.report.images, 'image')} of {facts.split_name}. It did not learn from "
            f"them, but {listed(chosen)} {was} chosen by them, so on new images it will do a little worse."
        )
    if not facts.is_multi_class and facts.thresholds.by_hand:
        return (
            f"It was measured on {counted(facts.report.images, 'image')} of {facts.split_name}. It did not learn from "
            "them, but thresholds were set by hand, and nobody can tell whether these images were looked at for that."
        )
    return (
        f"It was measured on {counted(facts.report.images, 'image')} of {facts.split_name} that were kept aside: it "
        "did not learn from them and nothing was chosen by them, so it should do about as well on new ones of the kind."
    )


def _result(facts: ReportFacts) -> str:
    counts = facts.counts
    found, wrong, missed = int(counts.tp.sum()), int(counts.fp.sum()), int(counts.fn.sum())
    judged = judged_images(facts)
    right = int((judged & ~wrong_images(facts)).sum())
    on_images = f"{right:,} of {counted(int(judged.sum()), 'image')}"
    share = percent(right, int(judged.sum()))
    if facts.is_multi_class:
        return f"It gives {on_images} the right label ({share})."
    there, alarms = found + missed, found + wrong
    unknown = int((~facts.predictions.known).sum())
    sentences = [
        f"These images show a label {counted(there, 'time')}, and the model finds {found:,} of them "
        f"({percent(found, there)}).",
        f"It says {counted(alarms, 'time')} that a label is there and is {_wrong(wrong, alarms)}."
        if alarms
        else "It never says that a label is there.",
        f"On {on_images} every label is right ({share}).",
    ]
    if unknown:
        sentences.append(
            f"Where nobody said whether a label is there ({counted(unknown, 'time')}), nothing is counted."
        )
    return " ".join(sentences)


def _certainty(facts: ReportFacts) -> str:
    """What the shares may be on other images; decisions on one image go together, so images are what is drawn."""
    known, targets, decided = facts.predictions.known, facts.predictions.targets, facts.decided
    judged = judged_images(facts)
    right = int((judged & ~wrong_images(facts)).sum())
    shares = [(wilson(right, int(judged.sum())), "images all right")]
    if not facts.is_multi_class:
        found, alarms, there = ((one & known).sum(axis=1) for one in (decided & targets, decided, targets))
        shares = [
            (clustered_share(found, there)[1:], "labels found"),
            (clustered_share(alarms - found, alarms)[1:], "alarms wrong"),
            *shares,
        ]
    told = listed([f"{100 * low:.0f} to {100 * high:.0f}\u00a0% of {what}" for (low, high), what in shares])
    return f"Chance alone leaves the true shares open: {told} (95\u00a0% intervals)."


def _wrong(wrong: int, alarms: int) -> str:
    return f"wrong {counted(wrong, 'time')} ({percent(wrong, alarms)})" if wrong else "never wrong"


def _figures(facts: ReportFacts) -> tuple[tuple[str, str], ...]:
    report = facts.report
    mean_ap = score(report.map), "mAP, how well images are ranked"
    if report.top1 is not None:
        return (
            (score(report.top1), "top-1, share of right labels"),
            mean_ap,
            (score(report.macro_f1), "mean F1 of the labels"),
            (f"{report.images:,}", f"images of {facts.split_name}"),
        )
    return (
        mean_ap,
        (score(report.overall_f1), "F1 over all decisions"),
        (score(report.macro_f1), "mean F1 of the labels"),
        (f"{report.images:,}", f"images of {facts.split_name}"),
    )


def _best_and_worst(facts: ReportFacts) -> str:
    measured = [one for one in facts.report.labels if one.support]
    if len(measured) < 2:
        return ""
    ordered = sorted(measured, key=lambda one: one.ap)
    worst, best = ordered[0], ordered[-1]
    if worst.ap == best.ap:
        return ""

    def told(name: str, ap: float, support: int) -> str:
        return f"{named(name)} (AP {score(ap, digits=2)} on {counted(support, 'image')})"

    return (
        f"It is best at {told(best.name, best.ap, best.support)} and weakest at "
        f"{told(worst.name, worst.ap, worst.support)}."
    )


def judged_images(facts: ReportFacts) -> NDArray[np.bool_]:
    """Which images (N,) count; in multi-class an image without its one label says nothing of the others."""
    predictions = facts.predictions
    return np.asarray((predictions.targets if facts.is_multi_class else predictions.known).any(axis=1))


def wrong_images(facts: ReportFacts) -> NDArray[np.bool_]:
    """On which images (N,) a decision is known to be wrong."""
    return np.asarray((facts.predictions.known & (facts.decided != facts.predictions.targets)).any(axis=1))
