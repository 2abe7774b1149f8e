"""The page of slices: on which part of the images the run is worse than on the others."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.evaluation.predictions import Predictions
from core.evaluation.slices import (
    Slice,
    SliceScore,
    by_aspect,
    by_blur,
    by_brightness,
    by_folder,
    by_mask,
    by_size,
    by_split,
    score_slices,
)
from core.labels import Split
from core.project.files.appearance import Appearance, ImageFiles, image_files, look_at
from core.project.query import QueryData, QueryError, parse
from gui import background
from gui.inspect.cell_table import CellTable, Column, Row
from gui.inspect.image_groups import MOST_IMAGES, ImageGroup, Images, Outcome, images_of, outcomes
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.progress_row import ProgressRow
from gui.inspect.scored_split import ScoredSplit
from gui.train.words import score
from gui.widgets import theme

translate = QCoreApplication.translate

_ALL_LABELS, _THIS_LABEL = range(2)
_PLACES = {"second": "2/5", "middle": "3/5", "fourth": "4/5"}
# kinds whose names end with numbers in brackets
_MEASURED = ("size", "aspect", "brightness", "blur")
# of the table; in less the names would be cut too short
_WIDE = 640
# of a slice's name where there is little room
_NAME_LENGTH = 40


@dataclass(frozen=True, eq=False)
class _Looks:
    """What was found out about the images of a split.

    Attributes:
        scored: the split.
        slices: its parts.
        left_out: images whose file could not be read.
    """

    scored: ScoredSplit
    slices: tuple[Slice, ...]
    left_out: int


class SlicesPage(Page):
    """A table of slices, worst first; a filter of one's own adds one."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self._looks: _Looks | None = None
        self._looking: background.Request | None = None
        self._filters: dict[str, Slice] = {}
        self._scores: tuple[SliceScore, ...] = ()
        self._chosen: Slice | None = None
        self._scope = QButtonGroup(self)
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("A slice of your own, such as name:beach or ace -king"))
        self._field.setAccessibleName(self.tr("Filter for a slice of your own"))
        self._field.setClearButtonEnabled(True)
        self._add = QPushButton(self.tr("Add slice"))
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("tone", "secondary")
        self._progress = ProgressRow()
        self._table = CellTable(
            self.tr("Slices"),
            (
                Column(self.tr("Slice"), self.tr("Some of the images"), is_text=True),
                Column(self.tr("Images"), self.tr("Its annotated images"), widest="50,000"),
                Column(self.tr("Positives"), self.tr("Known labels present on them"), widest="50,000", is_spare=True),
                Column(self.tr("F1"), self.tr("F1 of the decisions on them; top-1 over all classes"), widest="0.000 ↓"),
                Column(self.tr("95 %"), self.tr("In which it lies in 19 of 20 cases"), widest="0.000–0.000"),
                Column(self.tr("Change"), self.tr("To the others; below 0 is worse"), widest="−0.000 ↓", is_spare=True),
                Column(self.tr("Verdict"), self.tr("What chance leaves of the change"), widest="within noise"),
            ),
            wide=_WIDE,
        )  # fmt: skip
        self._lay_out()

        self._scope.idClicked.connect(self._on_scope_chosen)
        self._field.returnPressed.connect(self._on_add)
        self._add.clicked.connect(self._on_add)
        self._progress.cancelled.connect(self._on_cancel)
        self._table.row_chosen.connect(self._on_row_chosen)
        inspection.scored_changed.connect(self._on_scored_changed)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE // 2)
        top.setSpacing(theme.SPACE)
        scopes = QHBoxLayout()
        scopes.setSpacing(theme.SPACE // 2)
        for number, text in ((_ALL_LABELS, self.tr("All labels")), (_THIS_LABEL, "")):
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            self._scope.addButton(button, number)
            scopes.addWidget(button)
        self._scope.button(_ALL_LABELS).setChecked(True)
        top.addLayout(scopes)
        top.addWidget(self._field, 1)
        top.addWidget(self._add)
        below = QHBoxLayout()
        below.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE // 2)
        below.setSpacing(theme.SPACE)
        below.addWidget(self._note, 1)
        below.addWidget(self._progress)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addLayout(below)
        layout.addWidget(self._table, 1)

    def _on_scope_chosen(self, _: int) -> None:
        if self._looks is not None:
            self._say_how(self._looks)
        self.rest()

    def _on_scored_changed(self) -> None:
        # while it is hidden nobody waits for it; it is begun anew when it is shown
        if not self.isVisible():
            self._on_cancel()

    def show_scores(self) -> None:
        """Look at the images of other scores."""
        self._looks = None
        self._filters.clear()
        self._chosen = None
        self._show(())
        self._on_cancel()
        scored, session = self.inspection.scored, self.inspection.session
        if scored is None:
            return
        # a project put back from a copy may have forgotten images that a run has scored
        has = np.isin(scored.predictions.image_ids, session.store.image_ids)
        rows = np.flatnonzero(has)
        files = image_files(session.store, scored.predictions.image_ids[rows])
        self._note.setText(self.tr("Looking at {:,} images…").format(len(rows)))
        self._progress.show_fraction(0.0)
        self._looking = background.run_with_progress(
            self,
            functools.partial(_look, scored, files, rows),
            self._on_looked,
            self._on_failed,
            on_progress=lambda done: self._progress.show_fraction(done / max(len(rows), 1)),
            key="looks",
        )

    def show_label(self) -> None:
        """Name the chosen label."""
        button = self._scope.button(_THIS_LABEL)
        button.setText(self.fontMetrics().elidedText(self.inspection.label_name, Qt.TextElideMode.ElideRight, 120))

    def rest(self) -> None:
        """Score the slices at the thresholds of the moment."""
        scored, looks = self.inspection.scored, self._looks
        if scored is None or looks is None:
            return
        label = self.inspection.label if self._scope.checkedId() == _THIS_LABEL else None
        slices = (*looks.slices, *self._filters.values())
        work = functools.partial(_score, scored, self.inspection.thresholds.values.copy(), slices, label)
        background.run(self, work, functools.partial(self._on_scored, scored), self._on_failed, key="slices")

    def image_groups(self) -> tuple[ImageGroup, ...]:
        """The images of the chosen slice, and those of them that are wrong."""
        scored, decisions, one = self.inspection.scored, self.inspection.decisions, self._chosen
        if scored is None or decisions is None or one is None or one.kind == "split":
            return super().image_groups()
        label = self.inspection.label
        predicted = scored.predicted(one.rows, np.full(len(one.rows), label), self.inspection.thresholds.values)
        kinds = outcomes(predicted, scored.predictions.states[one.rows, label])
        wrong = one.rows[(kinds == Outcome.FALSE_POSITIVE) | (kinds == Outcome.FALSE_NEGATIVE)]
        name = _short(one)
        empty = self.tr("No image of this slice is decided wrongly on “{}”.").format(self.inspection.label_name)
        return (
            ImageGroup(
                "slice wrong", self.tr("Wrong in {} ({:,})").format(name, len(wrong)),
                functools.partial(self._images, wrong), empty, len(wrong),
            ),
            ImageGroup(
                "slice", self.tr("All of {} ({:,})").format(name, len(one.rows)),
                functools.partial(self._images, one.rows), self.tr("This slice has no images."), len(one.rows),
            ),
        )  # fmt: skip

    def _images(self, rows: NDArray[np.int64]) -> Images:
        assert self.inspection.scored is not None
        rows, label = rows[:MOST_IMAGES], self.inspection.label
        scores = self.inspection.scored.predictions.probabilities[rows, label].tolist()
        return images_of(self.inspection, rows, label, captions=tuple((f"{one:.3f}",) for one in scores))

    def _on_looked(self, looks: _Looks) -> None:
        if looks.scored is not self.inspection.scored:
            return
        self._looks, self._looking = looks, None
        self._progress.show_fraction(None)
        self._say_how(looks)
        self.rest()

    def _say_how(self, looks: _Looks) -> None:
        text = self.tr(
            "Worst first, each compared with all other images of this split. By chance alone some two of 40 slices "
            "seem to differ."
        )
        if looks.left_out:
            one = self.tr("1 image cannot be read and is in no slice by looks.")
            several = self.tr("{:,} images cannot be read and are in no slice by looks.")
            text = f"{text} {one if looks.left_out == 1 else several.format(looks.left_out)}"
        self._note.setText(text)

    def _on_cancel(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
            self._note.setText(self.tr("Cancelled. Choose the run again to look at its images."))
        self._progress.show_fraction(None)

    def _on_failed(self, error: Exception) -> None:
        self._progress.show_fraction(None)
        self.inspection.failed.emit(error)

    def _on_add(self) -> None:
        scored, text = self.inspection.scored, self._field.text().strip()
        if scored is None or not text:
            return
        store = self.inspection.session.store
        try:
            query = parse(text, store.labels)
        except QueryError as error:
            self._note.setText(str(error))
            return
        passing = query.matches(QueryData.of(store))
        mask = np.isin(scored.predictions.image_ids, store.image_ids[passing])
        if not mask.any():
            self._note.setText(self.tr("No scored image of this split passes the filter “{}”.").format(text))
            return
        (self._filters[text],) = by_mask("filter", text, mask)
        self._field.clear()
        self.rest()

    def _on_scored(self, scored: ScoredSplit, scores: tuple[SliceScore, ...]) -> None:
        if scored is self.inspection.scored:
            self._show(scores)

    def _show(self, scores: tuple[SliceScore, ...]) -> None:
        self._scores = scores
        self._table.show_rows([_row(one) for one in scores])
        if self._chosen is not None:
            places = [place for place, one in enumerate(scores) if _is_same(one.slice, self._chosen)]
            if places:
                self._chosen = scores[places[0]].slice
                self._table.select(places[0])

    def _on_row_chosen(self, place: int) -> None:
        self._chosen = self._scores[place].slice
        self.groups_changed.emit()
        if self._chosen.kind == "split":
            self._note.setText(self.tr("To see the images of another split, choose it at the top."))
        else:
            self.group_wanted.emit("slice wrong")


def _look(scored: ScoredSplit, files: ImageFiles, rows: NDArray[np.int64], request: background.Request) -> _Looks:
    """Part the images by what they look like; some milliseconds for each that was never looked at."""
    looks = look_at(files, progress=request.report, cancelled=request.is_cancelled)
    slices = _slices(looks)
    # rows of those that the project still has
    placed = [Slice(one.kind, one.name, rows[one.rows]) for one in slices]
    return _Looks(scored, (*placed, *by_split(_judging(scored).splits)), looks.left_out)


def _judging(scored: ScoredSplit) -> Predictions:
    """The images by which splits are compared: the network knows those of train by heart."""
    return scored.everything.of(Split.VALIDATION, Split.TEST)


def _slices(looks: Appearance) -> tuple[Slice, ...]:
    folders = by_folder(looks.folders)
    # one folder is no part
    return (
        *(folders if len(folders) > 1 else ()),
        *by_size(looks.widths, looks.heights),
        *by_aspect(looks.widths, looks.heights),
        *by_brightness(looks.brightness),
        *by_blur(looks.sharpness),
    )


def _score(
    scored: ScoredSplit, thresholds: NDArray[np.float64], slices: tuple[Slice, ...], label: int | None
) -> tuple[SliceScore, ...]:
    """Score the slices of the split, and the splits among all images; worst first."""
    splits = tuple(one for one in slices if one.kind == "split")
    parts = tuple(one for one in slices if one.kind != "split")
    scores = [
        *score_slices(scored.predictions, thresholds, parts, label=label),
        *score_slices(_judging(scored), thresholds, splits, label=label),
    ]
    return tuple(sorted(scores, key=lambda one: (one.is_too_few, one.difference)))


def _row(one: SliceScore) -> Row:
    name, whole = _short(one.slice), f"{_kind(one.slice.kind)}: {one.slice.name}"
    interval = f"{score(one.low)}–{score(one.high)}" if one.low == one.low else "–"
    difference = "–" if one.difference != one.difference else f"{one.difference:+.3f}".replace("-", "−")
    verdict = verdict_of(one)
    words = translate("slices", "{}: {} on {:,} images with {:,} positives, {} on the others; {}").format(
        whole, score(one.score), one.images, one.positives, score(one.others), verdict
    )
    return Row(
        (name, f"{one.images:,}", f"{one.positives:,}", score(one.score), interval, difference, verdict),
        (
            name.casefold(), float(one.images), float(one.positives), one.score, one.high - one.low, one.difference,
            verdict,
        ),
        words,
    )  # fmt: skip


def verdict_of(one: SliceScore) -> str:
    """What may be said of a slice."""
    if one.is_too_few:
        return translate("slices", "too few")
    if one.is_worse:
        return translate("slices", "worse")
    return translate("slices", "better") if one.is_better else translate("slices", "within noise")


def _short(one: Slice) -> str:
    """What a slice is called where there is little room: without the numbers that part it from others."""
    kind = _kind(one.kind)
    if one.kind not in _MEASURED:
        return f"{kind}: {one.name if len(one.name) <= _NAME_LENGTH else f'{one.name[: _NAME_LENGTH - 1]}…'}"
    name = one.name.partition(" (")[0]
    place, _, part = name.rpartition(" ")
    if part != "fifth":
        return f"{kind}: {name}"
    # "darkest fifth" says what it is of
    return f"{kind} {_PLACES[place]}" if place in _PLACES else f"{name[0].upper()}{name[1:]}"


def _kind(kind: str) -> str:
    """What the images were parted by, as a heading says it."""
    return {
        "folder": translate("slices", "Folder"),
        "size": translate("slices", "Size"),
        "aspect": translate("slices", "Aspect"),
        "brightness": translate("slices", "Brightness"),
        "blur": translate("slices", "Blur"),
        "split": translate("slices", "Split"),
        "filter": translate("slices", "Filter"),
    }[kind]


def _is_same(one: Slice, other: Slice) -> bool:
    return (one.kind, one.name) == (other.kind, other.name)
