"""The page of triage: what the model may decide by itself, and what a person is asked."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QSignalBlocker, QTimer
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from core.errors import MultihotError
from core.evaluation.triage import TRIAGE_FILE, Triage, TriageOutcome, choose_triage, decide, judge_triage
from core.labels import LabelState, Split
from gui import background
from gui.inspect.cell_table import CellTable, Column, Row
from gui.inspect.image_groups import MOST_IMAGES, ImageGroup, Images, images_of
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.scored_split import ScoredSplit
from gui.train.words import score
from gui.widgets import theme

translate = QCoreApplication.translate

# what is wanted until a person says otherwise
WANTED = 0.95
_ABSENT, _DECIDED, _NPV = 1, 3, 5
# of the table; in less the names would be cut too short
_WIDE = 620
# while somebody types or turns the wheel nothing is chosen anew
_TYPING_MS = 250


@dataclass(frozen=True, eq=False)
class _Answer:
    """What was chosen for a run.

    Attributes:
        scored: what was looked at then.
        triage: the two thresholds of each label.
        outcome: what they do on the split that is looked at.
        present, absent: what is decided on the split that is looked at, bool (V, C).
    """

    scored: ScoredSplit
    triage: Triage
    outcome: TriageOutcome
    present: NDArray[np.bool_]
    absent: NDArray[np.bool_]


class TriagePage(Page):
    """The wanted precision and NPV, what share needs no person, and the two thresholds of each label."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self._answer: _Answer | None = None
        # what is wanted of which scores, until it is kept
        self._pending: ScoredSplit | None = None
        self._precision = _wanted(
            self.tr("Wanted precision"), self.tr("So many of the images that the model calls present are right")
        )
        self._npv = _wanted(
            self.tr("Wanted negative predictive value"),
            self.tr("So many of the images that the model calls absent are right"),
        )
        self._precision_name = QLabel(self.tr("Right among the surely present"))
        self._npv_name = QLabel(self.tr("Right among the surely absent"))
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._measured = QLabel()
        self._measured.setWordWrap(True)
        self._measured.setProperty("tone", "secondary")
        self._table = CellTable(
            self.tr("Two thresholds per label"),
            (
                Column(self.tr("Label"), self.tr("The label"), is_text=True),
                Column(self.tr("Absent <"), self.tr("Surely absent where the probability is lower")),
                Column(self.tr("Present ≥"), self.tr("Surely present where the probability is at least this")),
                Column(self.tr("Decided"), self.tr("The share of images on which no person is asked for this label")),
                Column(
                    self.tr("Precision"), self.tr("The share of right ones among those called present"), is_spare=True
                ),
                Column(
                    self.tr("NPV"),
                    self.tr("The share of right ones among those called absent"),
                    widest="0.000",
                    is_spare=True,
                ),
                Column(self.tr("Missed"), self.tr("The share of its images that are called absent"), is_spare=True),
            ),
            wide=_WIDE,
        )
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)

        wanted = QGridLayout()
        wanted.setHorizontalSpacing(theme.SPACE)
        wanted.setVerticalSpacing(theme.SPACE // 2)
        for row, (name, box) in enumerate(((self._precision_name, self._precision), (self._npv_name, self._npv))):
            wanted.addWidget(name, row, 0)
            wanted.addWidget(box, row, 1)
        wanted.setColumnStretch(2, 1)
        above = QVBoxLayout()
        above.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        above.setSpacing(theme.SPACE // 2)
        above.addLayout(wanted)
        above.addWidget(self._summary)
        above.addWidget(self._measured)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self._table, 1)

        for box in (self._precision, self._npv):
            box.valueChanged.connect(self._on_value_changed)
        self._typing.timeout.connect(self._on_wanted)
        self._table.row_chosen.connect(inspection.choose)
        inspection.scored_changed.connect(self._keep_pending)

    def show_scores(self) -> None:
        """Take what was wanted of this run before."""
        self._keep_pending()
        self._answer = None
        self._table.show_rows(())
        for text in (self._summary, self._measured):
            text.clear()
        scored = self.inspection.scored
        if scored is not None:
            for part in (self._npv, self._npv_name):
                part.setVisible(not scored.is_multi_class)
            # an image of one class is decided for all of them at once
            for column in (_ABSENT, _DECIDED, _NPV):
                self._table.set_column_hidden(column, scored.is_multi_class)
            self._ask(scored)

    def show_label(self) -> None:
        """Mark the chosen label's row."""
        if self._answer is not None:
            self._table.select(self.inspection.label)

    def image_groups(self) -> tuple[ImageGroup, ...]:
        """What is left to a person of the chosen label, and where the model would be wrong by itself."""
        scored, answer, label = self.inspection.scored, self._answer, self.inspection.label
        if scored is None or answer is None or answer.scored is not scored:
            # the gallery may hear of another split before this page
            return ()
        states = scored.predictions.states[:, label]
        present, absent = answer.present[:, label], answer.absent[:, label]
        scores, name = scored.predictions.probabilities[:, label], self.inspection.label_name
        high = answer.triage.high[label]
        middle = (answer.triage.low[label] + (high if np.isfinite(high) else 1.0)) / 2
        # the least sure first, and of the mistakes the most sure
        groups = (
            (
                "ask", self.tr("Ask a person ({:,})"), self.tr("Nobody need be asked about “{}” on these images."),
                ~present & ~absent, lambda rows: np.abs(scores[rows] - middle),
            ),
            (
                "wrongly present", self.tr("Surely present, but not ({:,})"),
                self.tr("No image that is called “{}” lacks it."),
                present & (states == LabelState.ABSENT), lambda rows: -scores[rows],
            ),
            (
                "wrongly absent", self.tr("Surely absent, but not ({:,})"),
                self.tr("No image with “{}” is called one without it."),
                absent & (states == LabelState.PRESENT), lambda rows: scores[rows],
            ),
        )  # fmt: skip
        return tuple(
            ImageGroup(
                key, title.format(count), functools.partial(self._images, mask, order), empty.format(name), count
            )
            for key, title, empty, mask, order in groups
            for count in [int(np.count_nonzero(mask))]
        )

    def _images(
        self, mask: NDArray[np.bool_], order: Callable[[NDArray[np.int64]], NDArray[np.floating[Any]]]
    ) -> Images:
        """The images of a group, those with the lowest `order` first."""
        scored, label = self.inspection.scored, self.inspection.label
        assert scored is not None
        rows = np.flatnonzero(mask)
        rows = rows[np.argsort(order(rows), kind="stable")][:MOST_IMAGES]
        scores = scored.predictions.probabilities[rows, label].tolist()
        return images_of(self.inspection, rows, label, captions=tuple((f"{one:.3f}",) for one in scores))

    def _on_value_changed(self) -> None:
        self._pending = self.inspection.scored
        self._typing.start()

    def _keep_pending(self) -> None:
        """Keep what is wanted before other scores are looked at; nobody waits for its answer."""
        self._typing.stop()
        scored, self._pending = self._pending, None
        if scored is not None:
            self._save(scored, _triage(scored, **self._wanted()))

    def _wanted(self) -> dict[str, float]:
        return {"precision": self._precision.value() / 100, "npv": self._npv.value() / 100}

    def _on_wanted(self) -> None:
        scored = self.inspection.scored
        if scored is not None:
            work = functools.partial(_chosen, scored, **self._wanted())
            # a look at another split meanwhile is another question
            background.run(
                self, work, functools.partial(self._on_chosen, scored), self.inspection.failed.emit, key="choice"
            )

    def _ask(self, scored: ScoredSplit) -> None:
        work, done = functools.partial(_kept_or_new, scored), functools.partial(self._on_answer, scored)
        background.run(self, work, done, self.inspection.failed.emit, key="triage")

    def _on_chosen(self, scored: ScoredSplit, answer: _Answer) -> None:
        """Keep what was chosen with its run; written here, so that the last choice is the one that stays."""
        if scored is not self.inspection.scored:
            # it was kept when the scores were left
            return
        self._on_answer(scored, answer)
        if not self._typing.isActive():
            self._pending = None
        self._save(scored, answer.triage)

    def _save(self, scored: ScoredSplit, triage: Triage) -> None:
        path = scored.run.folder / TRIAGE_FILE
        try:
            triage.save(path)
        except OSError as error:
            self.inspection.failed.emit(
                MultihotError(
                    f"{path} cannot be written ({error.strerror}).",
                    next_step="What is wanted is kept until the run is left.",
                )
            )

    def _on_answer(self, scored: ScoredSplit, answer: _Answer) -> None:
        if scored is not self.inspection.scored:
            return
        self._answer = answer
        for box, wanted in ((self._precision, answer.triage.precision), (self._npv, answer.triage.npv)):
            with QSignalBlocker(box):
                # what is being typed stays
                if abs(box.value() - 100 * wanted) > 1e-9:
                    box.setValue(100 * wanted)
        self._summary.setText(summary(answer.outcome, is_multi_class=scored.is_multi_class))
        self._measured.setText(measured(answer.triage, answer.outcome))
        self._table.show_rows(rows_of(answer.triage, answer.outcome))
        self._table.select(self.inspection.label)
        self.groups_changed.emit()


def _wanted(name: str, tip: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(50, 100)
    box.setDecimals(1)
    box.setSingleStep(0.5)
    box.setValue(100 * WANTED)
    box.setSuffix(" %")
    box.setKeyboardTracking(False)
    # the style sheet's padding does not reach the text of a spin box
    box.lineEdit().setTextMargins(theme.SPACE - 2, 0, 0, 0)
    box.setFont(theme.tabular(box.font()))
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box


def _kept_or_new(scored: ScoredSplit) -> _Answer:
    """What is kept with the run, else what is wanted by default."""
    path = scored.run.folder / TRIAGE_FILE
    if path.exists():
        triage = Triage.load(path)
        if triage.label_names == scored.label_names:
            return _answer(scored, triage)
    return _chosen(scored, precision=WANTED, npv=WANTED)


def _chosen(scored: ScoredSplit, *, precision: float, npv: float) -> _Answer:
    """Choose for what a person wants, and see what that does."""
    return _answer(scored, _triage(scored, precision=precision, npv=npv))


def _triage(scored: ScoredSplit, *, precision: float, npv: float) -> Triage:
    # thresholds are chosen on validation; where it has no scored image, on train
    split = Split.VALIDATION if (scored.everything.splits == Split.VALIDATION).any() else Split.TRAIN
    return choose_triage(scored.everything, split, precision=precision, npv=npv)


def _answer(scored: ScoredSplit, triage: Triage) -> _Answer:
    present, absent = decide(triage, scored.predictions)
    return _Answer(scored, triage, judge_triage(triage, scored.everything, scored.split), present, absent)


def summary(outcome: TriageOutcome, *, is_multi_class: bool) -> str:
    """What the model decides by itself, in a sentence or two."""
    share, images = round(100 * outcome.overall_decided), outcome.images_decided * outcome.images
    if is_multi_class:
        text = translate("triage", "The model decides {:.0f} of {:,} images by itself; {:.0f} go to a person.")
        return text.format(images, outcome.images, outcome.images - images)
    text = translate(
        "triage",
        "The model decides {} % of all labels by itself; {} % go to a person. {:.0f} of {:,} images need nobody.",
    )
    return text.format(share, 100 - share, images, outcome.images)


def measured(triage: Triage, outcome: TriageOutcome) -> str:
    """Where the thresholds were chosen and what came of them."""
    same = outcome.split == triage.chosen_on
    where = (
        translate("triage", "Chosen on these same {:,} images of {}, so new ones will do worse")
        if same
        else translate("triage", "Measured on {:,} images of {}, chosen on {}")
    )
    text = where.format(outcome.images, outcome.split, triage.chosen_on)
    figures = translate("triage", "precision {}, NPV {}, and {} of all labels present are missed.")
    missed = outcome.overall_missed
    share = translate("triage", "none") if not missed or missed != missed else f"{100 * missed:.1f} %"
    return f"{text}: " + figures.format(score(outcome.overall_precision), score(outcome.overall_npv), share)


def rows_of(triage: Triage, outcome: TriageOutcome) -> list[Row]:
    """A row for each label."""
    rows = []
    for label, name in enumerate(triage.label_names):
        low, high = float(triage.low[label]), float(triage.high[label])
        never, always = translate("triage", "never"), translate("triage", "always")
        texts = (
            never if low == 0 else score(low) if np.isfinite(low) else always,
            score(high) if np.isfinite(high) else never,
        )
        numbers = tuple(float(one[label]) for one in (outcome.precision, outcome.npv, outcome.missed))
        decided = float(outcome.decided[label])
        words = translate("triage", "“{}”: {:.0f} % decided without a person; precision {}, NPV {}, missed {}").format(
            name, 100 * decided, *map(score, numbers)
        )
        rows.append(
            Row(
                (name, *texts, f"{100 * decided:.0f} %", *map(score, numbers)),
                (name.casefold(), low, high, decided, *numbers),
                words,
            )
        )
    return rows
