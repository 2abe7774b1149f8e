"""How good the model is: per label, over all labels, and in plots."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.calibration import (
    calibrated,
    expected_calibration_error,
    reliability,
    reliability_of_choice,
)
from core.evaluation.metrics import ClassificationScores
from core.evaluation.multi_class import confusion_matrix, confusions
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import RankedScores
from core.evaluation.threshold_file import BY_HAND, Origin
from core.report import plots
from core.report.blocks import Block, Column, Figure, Figures, Section, Table, Text
from core.report.facts import ReportFacts
from core.report.summary import FEW_POSITIVES, chosen_by_these_images, origins
from core.report.words import counted, isolated, price, score

# more small plots than this nobody reads, and the file grows
_MOST_SMALL: Final = 24
_MOST_FAINT: Final = 100
_SMALL_POINTS: Final = 96
_LARGE_POINTS: Final = 512
# a wider matrix does not fit a page
_WIDEST_MATRIX: Final = 20
_MOST_PAIRS: Final = 15

_FIGURES: Final = {
    "overall_precision": "precision over all decisions (OP)",
    "overall_recall": "recall over all decisions (OR)",
    "overall_f1": "F1 over all decisions (OF1)",
    "class_precision": "mean precision of the labels (CP)",
    "class_recall": "mean recall of the labels (CR)",
    "class_f1": "F1 of CP and CR (CF1)",
    "macro_f1": "mean F1 of the labels",
    "sample_f1": "mean F1 of the images",
    "label_accuracy": "share of right decisions",
}
_NAME: Final = Column("Label", is_number=False)


def labels_section(facts: ReportFacts) -> Section:
    """Each label's figures, its threshold, and its price in words."""
    blocks: list[Block] = []
    if facts.is_multi_class:
        blocks.append(Text("An image gets the label of its highest probability; there are no thresholds."))
    else:
        blocks.append(
            Text(
                f"A label is said to be there where its probability reaches its threshold. {origins(facts.thresholds)}"
            )
        )
        if "the thresholds" in chosen_by_these_images(facts):
            blocks.append(
                Text(
                    "They were chosen by the very images that are counted here, which flatters these figures.",
                    kind="warning",
                )
            )
    rows = []
    for place, one in enumerate(facts.report.labels):
        counts = {name: int(getattr(facts.counts, name)[place]) for name in ("tp", "fp", "fn")}
        few = " (few)" if one.support < FEW_POSITIVES else ""
        chosen = () if one.threshold is None else (score(one.threshold), _tuned_on(facts.thresholds.origins[place]))
        rows.append(
            (
                one.name,
                f"{one.support:,}{few}",
                *map(score, (one.ap, one.precision, one.recall, one.f1)),
                *chosen,
                price(**counts),
            )
        )
    chosen_columns = () if facts.is_multi_class else (Column("Threshold"), Column("Tuned on", is_number=False))
    figures = tuple(Column(title) for title in ("Images", "AP", "Precision", "Recall", "F1"))
    columns = (_NAME, *figures, *chosen_columns, Column("In words", is_number=False))
    caption = f"Each label on {counted(facts.report.images, 'image')} of {facts.split_name}"
    if any("few" in row[1] for row in rows):
        caption += f"; few: fewer than {FEW_POSITIVES} images show it, so its figures are unsure"
    blocks.append(Table(caption, columns, tuple(rows)))
    return Section("Label by label", tuple(blocks))


def all_labels_section(facts: ReportFacts) -> Section:
    """The means, at 0.5 and at the thresholds, and a warning where tuning hurt."""
    mean = f"The mean average precision (mAP) is {score(facts.report.map)}; it needs no thresholds."
    blocks: list[Block] = [Text(mean)]
    without = sum(not one.support for one in facts.report.labels)
    if without:
        has = "has" if without == 1 else "have"
        blocks.append(
            Text(
                f"{counted(without, 'label')} {has} no image of {facts.split_name}, so no AP, and no part in the mean."
            )
        )
    if facts.compared is None:
        rows = tuple((title, score(getattr(facts.report, name))) for name, title in _FIGURES.items())
        if facts.report.top1 is not None:
            rows = (("share of images with the right label (top-1)", score(facts.report.top1)), *rows)
        columns = (Column("Figure", is_number=False), Column("Value"))
        blocks.append(Table(f"All labels on {facts.split_name}", columns, rows))
        return Section("All labels together", tuple(blocks))
    compared = facts.compared
    blocks.append(
        Table(
            f"All labels on {facts.split_name}, with every threshold at 0.5 and with the run’s thresholds",
            (Column("Figure", is_number=False), Column("At 0.5"), Column("At the thresholds"), Column("Change")),
            _before_after(compared.before, compared.after),
        )
    )
    warnings = [compared.warning]
    if facts.judged is not None and facts.judged.split != compared.split:
        warnings.append(facts.judged.warning)
    blocks += [Text(warning, kind="warning") for warning in warnings if warning]
    return Section("All labels together", tuple(blocks))


def plots_section(facts: ReportFacts) -> Section:
    """Curves and histograms, and what is taken for what."""
    predictions = facts.predictions
    probabilities, targets, known = predictions.probabilities, predictions.targets, predictions.known
    ranked = RankedScores(probabilities, targets, known)
    reports = facts.report.labels
    measured = [place for place, one in enumerate(reports) if one.support]
    # the worst first: there is most to see
    worst = sorted(measured, key=lambda place: reports[place].ap)
    small = sorted(worst[:_MOST_SMALL])
    of_them = f" (the {_MOST_SMALL} labels of the lowest AP)" if len(worst) > _MOST_SMALL else ""
    blocks: list[Block] = []
    if measured:
        curves = {place: ranked.curve(place, max_points=_SMALL_POINTS) for place in worst[:_MOST_FAINT]}
        pooled = RankedScores(probabilities[known][:, np.newaxis], targets[known][:, np.newaxis])
        blocks.append(
            Figures(
                "Precision over recall: each label thin, all decisions together thick",
                (
                    plots.precision_recall_of_all(
                        list(curves.values()), pooled.curve(0, max_points=_LARGE_POINTS), mean_ap=facts.report.map
                    ),
                ),
            )
        )
        ring = "" if facts.is_multi_class else "; the ring is the threshold"
        blocks.append(
            Figures(
                f"Precision (up) over recall (to the right) of each label{of_them}{ring}",
                tuple(
                    plots.precision_recall(
                        reports[place].name, curves[place], ap=reports[place].ap,
                        positives=reports[place].support,
                        at=None if facts.is_multi_class else (reports[place].recall, reports[place].precision),
                    )
                    for place in small
                ),
            )
        )  # fmt: skip
        cut = "" if facts.is_multi_class else "; the dashed line is the threshold"
        blocks.append(
            Figures(
                "Probabilities of each label: images that show it upwards, the others downwards, in shares of their "
                f"number{of_them}{cut}",
                tuple(
                    plots.score_histogram(
                        reports[place].name,
                        positives=probabilities[known[:, place] & targets[:, place], place],
                        negatives=probabilities[known[:, place] & ~targets[:, place], place],
                        threshold=reports[place].threshold,
                    )
                    for place in small
                ),
            )
        )
    blocks += _reliability(facts)
    if facts.is_multi_class:
        blocks += _confusion(facts)
    elif len(reports) > 1:
        blocks += _together(facts)
    return Section("Plots", tuple(blocks))


def _reliability(facts: ReportFacts) -> list[Block]:
    """Whether probabilities mean what they say, before and after the run's calibration."""
    diagrams = [_diagram(facts.predictions, "as the network gives them")]
    text = (
        "Of what the model gives a probability of 0.8, about 80 in 100 should be so. The dots show how many are; their "
        "size is the number of decisions, and the dashed line is where they should be."
    )
    if not facts.calibration.is_none:
        diagrams.append(_diagram(calibrated(facts.predictions, facts.calibration), "calibrated"))
        text += f" The exported model calibrates them by {facts.calibration.title}, which changes no decision."
        if facts.calibration.fitted_on == facts.split_name:
            text += " That was fitted to these images, which flatters it."
    return [Figures("Do the probabilities mean what they say?", tuple(diagrams)), Text(text)]


def _diagram(predictions: Predictions, title: str) -> Figure:
    if predictions.is_multi_class:
        measured = reliability_of_choice(predictions)
    else:
        measured = reliability(predictions.probabilities, predictions.targets, known=predictions.known)
    ece = expected_calibration_error(predictions)
    return plots.reliability_diagram(measured, title, ece=ece)


def _confusion(facts: ReportFacts) -> list[Block]:
    predictions = facts.predictions
    counts = confusion_matrix(predictions.probabilities, predictions.targets, predictions.known)
    names = predictions.label_names
    blocks: list[Block] = []
    if len(names) <= _WIDEST_MATRIX:
        blocks.append(
            Figures(
                "Images by the label that they have, in rows, and the one they are given, in columns",
                (_matrix_of(names, counts, rows="has the label", columns="is given the label"),),
            )
        )
    pairs = confusions(counts, limit=_MOST_PAIRS)
    if pairs:
        blocks.append(
            Table(
                "Most often taken for another label",
                (_NAME, Column("Is taken for", is_number=False), Column("Images")),
                tuple((names[label], names[other], f"{images:,}") for label, other, images in pairs),
            )
        )
    return blocks


def _together(facts: ReportFacts) -> list[Block]:
    """Which labels people found on the same images."""
    names = facts.predictions.label_names
    if len(names) > _WIDEST_MATRIX:
        return []
    present = facts.predictions.targets.astype(np.int64)
    counts = present.T @ present
    return [
        Figures(
            "Labels that come together: of the images that show the label of the row, how many also show that of the "
            "column",
            (_matrix_of(names, counts, rows="of the images with", columns="so many also show"),),
        )
    ]


def _tuned_on(origin: Origin) -> str:
    by_hand = "by hand" if origin.objective == BY_HAND.objective else ""
    return ", ".join(filter(None, (origin.tuned_on, by_hand))) or "not tuned"


def _matrix_of(names: tuple[str, ...], counts: NDArray[np.int64], *, rows: str, columns: str) -> Figure:
    """Counts of label against label; the shade is the share of the row's images."""
    whole = np.maximum(counts.max(axis=1, keepdims=True), 1)
    told = [
        f"{isolated(names[row])} and {isolated(names[column])} {counts[row, column]:,}"
        for row, column in zip(*np.nonzero(counts), strict=True)
        if row != column
    ]
    return plots.matrix(
        names, counts / whole, texts=[[f"{count:,}" if count else "" for count in row] for row in counts.tolist()],
        rows=rows, columns=columns, alt=f"{rows} … {columns} …: {'; '.join(told) or 'no two different labels'}.",
    )  # fmt: skip


def _before_after(before: ClassificationScores, after: ClassificationScores) -> tuple[tuple[str, ...], ...]:
    rows = []
    for name, title in _FIGURES.items():
        old, new = getattr(before, name), getattr(after, name)
        # a rounded minus zero plus zero is zero
        rows.append((title, score(old), score(new), f"{round(new - old, 3) + 0.0:+.3f}"))
    return tuple(rows)
