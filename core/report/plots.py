"""The plots of a report."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.calibration import Reliability
from core.evaluation.metrics import PrecisionRecallCurve
from core.jobs.events import EpochEnded
from core.report.blocks import Figure
from core.report.svg import Axes, Canvas, Mark, round_ticks, width_of
from core.report.words import counted, isolated, score

_SHARES: Final = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
_FIFTHS: Final = [(0.0, "0"), (0.2, "0.2"), (0.4, "0.4"), (0.6, "0.6"), (0.8, "0.8"), (1.0, "1")]
_SMALL: Final = (208, 176)
_SMALL_MARGINS: Final = (30, 8, 24, 20)
_HISTOGRAM_MARGINS: Final = (38, 8, 24, 20)
_BINS: Final = 20
_ROW_PX: Final = 20
_CELL_PX: Final = 26
_NAME_PX: Final = 130


def precision_recall_of_all(
    curves: Sequence[PrecisionRecallCurve], pooled: PrecisionRecallCurve, *, mean_ap: float
) -> Figure:
    """All labels' curves faint, and that of all decisions together strong, over lines of equal F1.

    Args:
        curves: of the labels that have a positive.
        pooled: of all labels' scores as if they were of one label.
        mean_ap: for the description.
    """
    canvas = Canvas(520, 380)
    axes = Axes(canvas, x=(0, 1), y=(0, 1), margins=(48, 52, 14, 42))
    axes.ticks(x=_FIFTHS, y=_FIFTHS)
    for f1 in (0.2, 0.4, 0.6, 0.8):
        recall = np.linspace(f1 / (2 - f1) + 1e-9, 1, 60)
        axes.line("grid", recall, f1 * recall / (2 * recall - f1))
        canvas.text(axes.right + 4, float(axes.y(f1 / (2 - f1))) + 4, f"F1 {f1}")
    for curve in curves:
        _steps(axes, "faint", curve)
    _steps(axes, "line", pooled)
    axes.names("recall: share of what is there that is found", "precision: share of alarms that are right")
    return canvas.figure(
        f"Precision over recall: {counted(len(curves), 'label')} as thin lines, all decisions together as a thick "
        f"line. Mean average precision {score(mean_ap)}."
    )


def precision_recall(
    name: str, curve: PrecisionRecallCurve, *, ap: float, positives: int, at: tuple[float, float] | None
) -> Figure:
    """One label's curve, small.

    Args:
        name: of the label.
        curve: precision and recall.
        ap: the area under it.
        positives: images that show the label.
        at: recall and precision at the threshold; None where there is none.
    """
    canvas = Canvas(*_SMALL)
    axes = Axes(canvas, x=(0, 1), y=(0, 1), margins=_SMALL_MARGINS)
    _titles(canvas, name, f"AP {score(ap, digits=2)}")
    axes.ticks(x=_SHARES, y=_SHARES)
    _steps(axes, "line", curve)
    here = ""
    if at is not None:
        axes.point(*at)
        here = f" At the threshold recall is {score(at[0], digits=2)} and precision {score(at[1], digits=2)}."
    measured = f"average precision {score(ap)} on {counted(positives, 'image')}"
    return canvas.figure(f"{isolated(name)}: precision over recall, {measured}.{here}")


def score_histogram(
    name: str, *, positives: NDArray[np.floating], negatives: NDArray[np.floating], threshold: float | None
) -> Figure:
    """How probabilities of one label are spread: images that show it upwards, the others downwards.

    Each side is in shares of its own images, so that few positives can be seen beside many negatives.

    Args:
        name: of the label.
        positives: probabilities (K,) of the images that show it.
        negatives: of those that do not.
        threshold: of the label; None where there is none.
    """
    canvas = Canvas(*_SMALL)
    edges = np.linspace(0, 1, _BINS + 1)
    shares = [np.histogram(values, edges)[0] / max(1, len(values)) for values in (positives, negatives)]
    top = max(0.05, *(float(share.max()) for share in shares))
    axes = Axes(canvas, x=(0, 1), y=(-top, top), margins=_HISTOGRAM_MARGINS)
    _titles(canvas, name, "" if threshold is None else f"from {score(threshold, digits=2)}")
    tick = round_ticks(0, top, wanted=3)[1]
    axes.ticks(x=_SHARES, y=[(value, f"{abs(value):.0%}") for value in (tick, 0.0, -tick)])
    lefts = axes.x(edges[:-1])
    width = float(lefts[1] - lefts[0]) - 1
    zero = float(axes.y(0))
    up, down = (share / top * (zero - axes.top) for share in shares)
    pairs = list(zip(lefts.tolist(), up.tolist(), down.tolist(), strict=True))
    canvas.rectangles("bar", [(x, zero - height, width, height) for x, height, _ in pairs])
    canvas.rectangles("bar-other", [(x, zero, width, height) for x, _, height in pairs])
    canvas.path("frame", [axes.left, axes.right], [zero, zero])
    if threshold is not None:
        place = float(axes.x(threshold))
        canvas.path("cut", [place, place], [axes.top, axes.bottom])
    cut = "" if threshold is None else f" The threshold is {score(threshold, digits=2)}."
    return canvas.figure(
        f"{isolated(name)}: probabilities of {counted(len(positives), 'image')} that show it, upwards, and of "
        f"{len(negatives):,} that do not, downwards.{cut}"
    )


def loss_over_epochs(epochs: Sequence[EpochEnded]) -> Figure:
    """Training loss, solid, and validation loss, dashed."""
    number = [one.epoch for one in epochs]
    train = [one.train_loss for one in epochs]
    validation = [np.nan if one.validation_loss is None else one.validation_loss for one in epochs]
    known = [value for value in (*train, *validation) if np.isfinite(value)]
    canvas, axes = _over_epochs(number, top=max(known, default=1.0) or 1.0)
    axes.names("epoch", "loss per image")
    _series(axes, "line", number, train)
    _series(axes, "other", number, validation)
    ends = [float(axes.y(values[-1])) for values in (train, validation)]
    # lines that end side by side would have their names on each other
    apart = 14.0 if ends[1] >= ends[0] else -14.0
    if abs(ends[1] - ends[0]) < abs(apart):
        ends[1] = ends[0] + apart
    for name, y in zip(("train", "validation"), ends, strict=True):
        if np.isfinite(y):
            canvas.text(axes.right + 6, y + 4, name)
    return canvas.figure(
        f"Loss over {counted(len(epochs), 'epoch')}: training from {train[0]:.3g} to {train[-1]:.3g}, "
        f"validation from {validation[0]:.3g} to {validation[-1]:.3g}."
    )


def figure_over_epochs(epochs: Sequence[EpochEnded], *, best: int | None) -> Figure:
    """The figure that the best epoch was chosen by, with that epoch marked: mAP, or top-1 in multi-class."""
    is_top1 = any(one.top1 is not None for one in epochs)
    name = "top-1" if is_top1 else "mAP"
    number = [one.epoch for one in epochs]
    given = [one.top1 if is_top1 else one.validation_map for one in epochs]
    values = [np.nan if value is None else value for value in given]
    canvas, axes = _over_epochs(number, top=1.0)
    axes.names("epoch", f"{name} on validation")
    _series(axes, "line", number, values)
    said = ""
    if best in number and np.isfinite(values[number.index(best)]):
        value = values[number.index(best)]
        axes.point(best, value, radius=5)
        above = 16 if value > 0.85 else -10
        canvas.text(
            float(axes.x(best)), float(axes.y(value)) + above, f"kept: {score(value)}",
            anchor="end" if best > np.mean(number) else "start",
        )  # fmt: skip
        said = f" Epoch {best} with {score(value)} was kept."
    return canvas.figure(f"{name} on validation over {counted(len(epochs), 'epoch')}.{said}")


def label_counts(names: Sequence[str], positives: NDArray[np.int64], splits: Sequence[str]) -> Figure:
    """How many images show each label, by split.

    Args:
        names: of C labels.
        positives: int64 (S, C).
        splits: names of the S splits, in their order; three at most.
    """
    canvas = Canvas(640, 34 + _ROW_PX * len(names))
    left, right = _NAME_PX + 10, 540
    scale = (right - left) / max(1, int(positives.sum(axis=0).max()))
    x: float = left
    marks: tuple[Mark, ...] = ("bar", "bar-other", "bar-third")
    for mark, word in zip(marks, splits, strict=False):
        canvas.rectangles(mark, [(x, 5, 12, 12)])
        canvas.text(x + 17, 15, word)
        x += 100
    for row, name in enumerate(names):
        y = 28 + _ROW_PX * row
        canvas.text(_NAME_PX, y + 12, name, anchor="end", room=_NAME_PX)
        x = left
        for mark, count in zip(marks, positives[:, row].tolist(), strict=False):
            canvas.rectangles(mark, [(x, y, count * scale, _ROW_PX - 6)])
            x += count * scale
        canvas.text(x + 6, y + 12, " + ".join(f"{count:,}" for count in positives[:, row].tolist()))
    told = "; ".join(
        f"{isolated(name)} {' + '.join(map(str, positives[:, row].tolist()))}" for row, name in enumerate(names)
    )
    return canvas.figure(f"Images that show each label in {' + '.join(splits)}: {told}.")


def reliability_diagram(measured: Reliability, title: str, *, ece: float) -> Figure:
    """How often what is said with some probability is so, over that probability.

    Args:
        measured: in bins; the area of a dot is the number of decisions in its bin.
        title: which probabilities they are.
        ece: expected calibration error.
    """
    canvas = Canvas(400, 360)
    axes = Axes(canvas, x=(0, 1), y=(0, 1), margins=(48, 14, 34, 42))
    axes.ticks(x=_FIFTHS, y=_FIFTHS)
    axes.line("other", [0, 1], [0, 1])
    axes.line("line", measured.mean_score, measured.share)
    largest = max(1, int(measured.count.max(initial=1)))
    for x, y, decisions in zip(
        measured.mean_score.tolist(), measured.share.tolist(), measured.count.tolist(), strict=True
    ):
        axes.point(x, y, radius=3 + 6 * float(np.sqrt(decisions / largest)))
    axes.names("probability that the model gives", "share that is so")
    canvas.text(axes.left, 18, f"{title}: ECE {score(ece)}", is_bold=True)
    return canvas.figure(
        f"Share of what is so over the probability that the model gives it, {title}; the dashed diagonal would be "
        f"perfect. Expected calibration error {score(ece)}."
    )


def matrix(
    names: Sequence[str], values: ArrayLike, *, texts: Sequence[Sequence[str]], rows: str, columns: str, alt: str
) -> Figure:
    """Numbers of label against label as shaded squares with the numbers in them.

    Args:
        names: of C labels.
        values: (C, C) in [0, 1], the shades.
        texts: C rows of C short texts.
        rows: what the rows are.
        columns: what the columns are.
        alt: what is to be seen.
    """
    shades = np.asarray(values, np.float64)
    side = len(names) * _CELL_PX
    room = min(_NAME_PX, max(width_of(name) for name in names) + 8)
    left, top = round(room) + 30, round(room) + 28
    canvas = Canvas(max(left + side + 10, 260), top + side + 6)
    canvas.text(left, 14, columns, is_bold=True)
    canvas.text(13, top + side, rows, is_bold=True, turned=-90)
    for place, name in enumerate(names):
        middle = place * _CELL_PX + _CELL_PX / 2
        canvas.text(left - 6, top + middle + 4, name, anchor="end", room=room)
        canvas.text(left + middle + 4, top - 6, name, room=room, turned=-90)
        for other in range(len(names)):
            x, y = left + other * _CELL_PX, top + place * _CELL_PX
            # no darker than the numbers can be read on
            canvas.shade(x + 0.5, y + 0.5, _CELL_PX - 1, strength=0.55 * float(shades[place, other]))
            if texts[place][other]:
                canvas.text(x + _CELL_PX / 2, y + _CELL_PX / 2 + 4, texts[place][other], anchor="middle")
    edges = [place * _CELL_PX for place in range(len(names) + 1)]
    for edge in edges:
        canvas.path("grid", [left + edge, left + edge], [top, top + side])
        canvas.path("grid", [left, left + side], [top + edge, top + edge])
    return canvas.figure(alt)


def _titles(canvas: Canvas, name: str, figure: str) -> None:
    room = canvas.width - 16 - 7.0 * len(figure)
    canvas.text(2, 14, name, is_bold=True, room=room * 0.88)
    canvas.text(canvas.width - 6, 14, figure, anchor="end")


def _steps(axes: Axes, mark: Mark, curve: PrecisionRecallCurve) -> None:
    """Precision as a step over recall, as average precision sums it up."""
    # the last point of a curve, recall 0 and precision 1, is no threshold's
    recall, precision = curve.recall[::-1], curve.precision[::-1][1:]
    axes.line(mark, np.repeat(recall, 2)[1:-1], np.repeat(precision, 2))


def _over_epochs(number: Sequence[int], *, top: float) -> tuple[Canvas, Axes]:
    canvas = Canvas(520, 260)
    first, last = min(number), max(number)
    axes = Axes(canvas, x=(first, max(last, first + 1)), y=(0, top * 1.02), margins=(54, 78, 14, 42))
    whole = [value for value in round_ticks(first, max(last, first + 1), wanted=8) if value == round(value)]
    axes.ticks(x=[(value, f"{value:.0f}") for value in whole], y=[(v, f"{v:.3g}") for v in round_ticks(0, top)])
    return canvas, axes


def _series(axes: Axes, mark: Mark, number: Sequence[int], values: Sequence[float]) -> None:
    axes.line(mark, number, values)
    if len(number) == 1 and np.isfinite(values[0]):
        axes.point(number[0], values[0])
