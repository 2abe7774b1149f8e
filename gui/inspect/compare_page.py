"""The page of comparison: the run that is looked at beside another one, on the same images."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.evaluation.comparison import ChangedDecisions, Difference, LabelDifference
from core.report.two_runs import TwoRuns, compare_two_runs
from gui import background
from gui.inspect.cell_table import CellTable, Column, Row
from gui.inspect.image_groups import MOST_IMAGES, ImageGroup, Images, Outcome
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.progress_row import ProgressRow
from gui.inspect.scored_split import ScoredSplit
from gui.train.run_chooser import with_model
from gui.train.run_facts import RunFacts
from gui.train.words import figure, run_line, score
from gui.widgets import theme
from gui.widgets.panel import heading

translate = QCoreApplication.translate

# of the table; in less the names would be cut too short
_WIDE = 720


@dataclass(frozen=True, eq=False)
class _Answer:
    """What was compared.

    Attributes:
        scored: what was looked at then.
        thresholds: float64 (C,), of the run that is looked at.
        runs: both runs, the one that is looked at second.
    """

    scored: ScoredSplit
    thresholds: NDArray[np.float64]
    runs: TwoRuns


class ComparePage(Page):
    """A choice of the other run, a row per label with a verdict, and in what recipes and annotations differ."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self._answer: _Answer | None = None
        self._comparing: background.Request | None = None
        self._others: list[RunFacts] = []
        self._measure = QComboBox()
        self._measure.setMinimumContentsLength(24)
        self._measure.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._measure.setAccessibleName(self.tr("Run to compare with"))
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("tone", "secondary")
        self._progress = ProgressRow()
        self._table = CellTable(
            self.tr("Differences per label"),
            (
                Column(self.tr("Label"), self.tr("The label"), is_text=True),
                Column(self.tr("n"), self.tr("Images on which the label is present"), widest="50,000", is_spare=True),
                Column(self.tr("Before"), self.tr("Average precision of the other run")),
                Column(self.tr("Now"), self.tr("Average precision of the run that is looked at"), widest="0.000"),
                Column(self.tr("Change"), self.tr("What this run has more"), widest="−0.000"),
                Column(self.tr("95 %"), self.tr("So in 19 of 20 cases"), widest="−0.000 to −0.000", is_spare=True),
                Column(self.tr("Verdict"), self.tr("What chance leaves of the change"), widest="within noise"),
                Column(self.tr("Fixed"), self.tr("Images that only this run decides rightly"), widest="5,000"),
                Column(self.tr("Broken"), self.tr("Images that only the other run decides rightly"), widest="5,000"),
            ),
            wide=_WIDE,
        )  # fmt: skip
        self._differences = QPlainTextEdit()
        self._differences.setReadOnly(True)
        self._differences.setFont(theme.tabular(self._differences.font()))
        self._differences.setAccessibleName(self.tr("In what the runs differ"))
        self._lay_out()

        self._measure.activated.connect(lambda _: self._compare())
        self._progress.cancelled.connect(self._on_cancel)
        self._table.row_chosen.connect(self._on_row_chosen)
        # what is hidden asks when it is shown
        inspection.session.changed.connect(
            lambda changes: self._ask_runs() if changes.runs and self.isVisible() else None
        )

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(QLabel(self.tr("Compared with")))
        top.addWidget(self._measure)
        top.addWidget(self._progress)
        top.addStretch(1)
        above = QVBoxLayout()
        above.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        above.setSpacing(theme.SPACE // 2)
        above.addLayout(top)
        above.addWidget(self._summary)
        above.addWidget(self._note)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(heading(self.tr("What differs")))
        column.addWidget(self._differences)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._table)
        parts.addWidget(below)
        parts.setSizes([260, 120])
        parts.setStretchFactor(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(parts, 1)

    def show_scores(self) -> None:
        """Compare other scores."""
        self._answer = None
        self._on_cancel()
        self._clear()
        if self.isVisible():
            self._ask_runs()

    def showEvent(self, event: QShowEvent) -> None:
        """Hear of runs that ended meanwhile."""
        super().showEvent(event)
        self._ask_runs()

    def show_label(self) -> None:
        """Mark the chosen label's row."""
        self._mark()

    def rest(self) -> None:
        """Count anew what is fixed and broken when thresholds are others."""
        if self._answer is not None and not np.array_equal(self._answer.thresholds, self.inspection.thresholds.values):
            self._compare()

    def image_groups(self) -> tuple[ImageGroup, ...]:
        """What one run decides rightly and the other wrongly, of the chosen label and of all."""
        answer = self._answer
        if answer is None:
            return super().image_groups()
        comparison, name = answer.runs.comparison, self.inspection.label_name
        groups = []
        for key, changed, title, all_title in (
            ("fixed", comparison.fixed, self.tr("Fixed ({:,})"), self.tr("Fixed, all labels ({:,})")),
            ("broken", comparison.broken, self.tr("Broken ({:,})"), self.tr("Broken, all labels ({:,})")),
        ):
            place = comparison.label_names.index(name) if name in comparison.label_names else -1
            for suffix, text, which in (
                ("", title, np.flatnonzero(changed.labels == place)),
                (" all", all_title, np.arange(len(changed.labels))),
            ):
                images = functools.partial(self._images, answer, changed, which, is_fixed=key == "fixed")
                empty = self.tr("Both runs decide alike on these images.")
                groups.append(ImageGroup(f"{key}{suffix}", text.format(len(which)), images, empty, len(which)))
        return tuple(groups)

    def _images(
        self, answer: _Answer, changed: ChangedDecisions, which: NDArray[np.int64], *, is_fixed: bool
    ) -> Images:
        which = which[:MOST_IMAGES]
        names = answer.runs.comparison.label_names
        columns = np.array([answer.scored.label_names.index(name) for name in names], np.int64)
        labels = columns[changed.labels[which]]
        predicted = changed.predicted[which]
        right = np.where(predicted, Outcome.TRUE_POSITIVE, Outcome.TRUE_NEGATIVE)
        wrong = np.where(predicted, Outcome.FALSE_POSITIVE, Outcome.FALSE_NEGATIVE)
        captions = tuple(
            (answer.scored.label_names[label], f"{before:.3f} → {after:.3f}")
            for label, before, after in zip(labels, changed.before[which], changed.after[which], strict=True)
        )
        kinds = (right if is_fixed else wrong).astype(np.int8)
        return Images(changed.image_ids[which], kinds, labels, captions)

    def _ask_runs(self) -> None:
        session = self.inspection.session
        if self.inspection.scored is not None and session.has_project:
            read = functools.partial(with_model, session.store.runs())
            background.run(self, read, self._on_runs_read, self._on_failed, key="runs")

    def _on_runs_read(self, runs: list[RunFacts]) -> None:
        run = self.inspection.run
        if run is None:
            return
        chosen = self._measure.currentData()
        self._others = [facts for facts in runs if facts.run.id != run.id]
        self._measure.clear()
        for facts in self._others:
            text = run_line(facts.run.id, figure(facts.best_map, facts.best_top1), facts.title)
            self._measure.addItem(text, facts.run.id)
        self._measure.setEnabled(bool(self._others))
        if not self._others:
            self._summary.setText(self.tr("No other run has a model. Train another one, and compare it here."))
            return
        # the run before this one, unless a person chose another
        earlier = next((facts.run.id for facts in self._others if facts.run.id < run.id), self._others[0].run.id)
        place = self._measure.findData(chosen)
        self._measure.setCurrentIndex(place if place >= 0 else self._measure.findData(earlier))
        if self._answer is None or self._answer.runs.first.id != self._measure.currentData():
            self._compare()

    def _compare(self) -> None:
        scored, chosen = self.inspection.scored, self._measure.currentData()
        other = next((facts.run for facts in self._others if facts.run.id == chosen), None)
        if scored is None or other is None:
            return
        self._summary.setText(self.tr("Comparing the runs on the same images…"))
        self._note.clear()
        self._progress.show_fraction(0.0)
        thresholds = self.inspection.thresholds.values.copy()

        known = self._answer.runs if self._answer is not None and self._answer.runs.first.id == other.id else None

        def work(request: background.Request) -> _Answer:
            runs = compare_two_runs(
                other, scored.run, split=scored.split, thresholds=thresholds, known=known, progress=_Teller(request)
            )
            return _Answer(scored, thresholds, runs)

        self._comparing = background.run_with_progress(
            self, work, self._on_compared, self._on_failed, on_progress=self._progress.show_fraction, key="comparison"
        )

    def _on_compared(self, answer: _Answer) -> None:
        self._progress.show_fraction(None)
        self._comparing = None
        if answer.scored is not self.inspection.scored:
            return
        self._answer = answer
        runs, comparison = answer.runs, answer.runs.comparison
        self._summary.setText(summary(runs))
        self._note.setText(note(runs))
        self._table.show_rows([_row(one) for one in comparison.labels])
        self._mark()
        lines = [line for one in runs.recipe for line in one.lines] + runs.snapshots.lines()
        self._differences.setPlainText("\n".join(lines) or self.tr("Recipes and annotations are alike."))
        self.groups_changed.emit()

    def _mark(self) -> None:
        if self._answer is not None and self.inspection.label_name in self._answer.runs.comparison.label_names:
            self._table.select(self._answer.runs.comparison.label_names.index(self.inspection.label_name))

    def _on_row_chosen(self, place: int) -> None:
        if self._answer is not None:
            name = self._answer.runs.comparison.label_names[place]
            self.inspection.choose(self._answer.scored.label_names.index(name))

    def _on_cancel(self) -> None:
        if self._comparing is not None:
            self._comparing.cancel()
            self._comparing = None
            self._summary.setText(self.tr("Cancelled. Choose a run to compare with."))
        self._progress.show_fraction(None)

    def _on_failed(self, error: MultihotError) -> None:
        self._clear()
        self._progress.show_fraction(None)
        self._summary.setText(str(error))

    def _clear(self) -> None:
        self._answer = None
        self._table.show_rows(())
        for text in (self._summary, self._note, self._differences):
            text.clear()


class _Teller:
    """Tells a share that is done, at whole hundredths only; ends the work when its answer is no longer wanted."""

    def __init__(self, request: background.Request) -> None:
        self._request = request
        self._told = -1

    def __call__(self, share: float) -> None:
        if self._request.is_cancelled():
            raise MultihotError("The comparison was cancelled.")
        if int(100 * share) > self._told:
            self._told = int(100 * share)
            self._request.report(share)


def summary(runs: TwoRuns) -> str:
    """What may be said of all labels together."""
    comparison = runs.comparison
    name, one = ("mAP", comparison.map) if comparison.top1 is None else ("top-1", comparison.top1)
    verdict = {
        "better": translate("compare", "better than run {}"),
        "worse": translate("compare", "worse than run {}"),
        "within noise": translate("compare", "no different from run {} but for noise"),
        "too few": translate("compare", "compared with run {} on too few images to say anything"),
    }[one.verdict].format(runs.first.id)
    text = translate("compare", "Run {} is {}: {} {} → {} ({}). {:,} decisions fixed, {:,} broken.")
    return text.format(
        runs.second.id, verdict, name, score(one.before), score(one.after), _interval(one, named=True),
        len(comparison.fixed.labels), len(comparison.broken.labels),
    )  # fmt: skip


def note(runs: TwoRuns) -> str:
    """On what was compared."""
    comparison = runs.comparison
    parts = [
        (
            translate("compare", "On {:,} images of {} that both scored, each at its own thresholds.")
            if comparison.top1 is None
            else translate("compare", "On {:,} images of {} that both scored.")
        ).format(comparison.images, comparison.split)
    ]
    for run, images, names in zip(
        (runs.first, runs.second), comparison.left_out_images, comparison.left_out_labels, strict=True
    ):
        if images:
            parts.append(translate("compare", "{:,} more images only run {} scored.").format(images, run.id))
        if names:
            text = translate("compare", "Only run {} has {}.")
            parts.append(text.format(run.id, ", ".join(f"“{name}”" for name in names)))
    if comparison.changed_states:
        text = translate("compare", "{:,} annotations changed between them; the newer ones count.")
        parts.append(text.format(comparison.changed_states))
    return " ".join(parts)


def _row(one: LabelDifference) -> Row:
    verdict = translate("compare", one.verdict)
    words = translate("compare", "“{}”, {:,} images: AP {} → {} ({}), {}").format(
        one.name, one.positives, score(one.before), score(one.after), _interval(one, named=True), verdict
    )
    return Row(
        (
            one.name, f"{one.positives:,}", score(one.before), score(one.after), _signed(one.difference),
            _interval(one, named=False), verdict, f"{one.fixed:,}", f"{one.broken:,}",
        ),
        (
            one.name.casefold(), float(one.positives), one.before, one.after, one.difference,
            one.high - one.low, verdict, float(one.fixed), float(one.broken),
        ),
        words,
    )  # fmt: skip


def _interval(one: Difference, *, named: bool) -> str:
    if one.low != one.low:
        return "–"
    text = translate("compare", "{}, 95 % {} to {}") if named else translate("compare", "{1} to {2}")
    return text.format(_signed(one.difference), _signed(one.low), _signed(one.high))


def _signed(value: float) -> str:
    # a rounded minus zero plus zero is zero
    return "–" if value != value else f"{round(value, 3) + 0.0:+.3f}".replace("-", "−")
