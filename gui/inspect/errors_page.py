"""The page of errors: which labels are taken for which, which come together, and the worst mistakes of all."""

import functools

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from core.evaluation.mistakes import MistakeList
from gui import background
from gui.inspect.confusion_view import ConfusedModel, ConfusionView, TogetherModel
from gui.inspect.error_tables import ErrorTables, count_errors
from gui.inspect.image_groups import MOST_IMAGES, ImageGroup, Images, images_of, label_groups, mistake_captions
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.pair_table import ConfusedList, PairTable, TogetherList
from gui.inspect.scored_split import ScoredSplit
from gui.widgets import theme
from gui.widgets.matrix import MatrixView
from gui.widgets.panel import line

PAIR = "pair"
"""Key of the group of the pair that is chosen."""
MOST_IN_MATRIX = 12
"""With more labels the list is shown first: a matrix of so many is not read."""
# of a label's name in a button
_NAME_WIDTH = 100

_CONFUSED, _TOGETHER = range(2)
_LIST, _MATRIX = range(2)


class ErrorsPage(Page):
    """In multi-class the confusion matrix; in multi-label what is confused and what comes together, as list or matrix.

    Attributes:
        confusion: the matrix of a multi-class run.
    """

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self._scored: ScoredSplit | None = None
        self._tables: ErrorTables | None = None
        self._pair: tuple[int, int] | None = None
        self.confusion = ConfusionView()
        self._confused_model = ConfusedModel()
        self._together_model = TogetherModel()
        self._confused = MatrixView(
            self._confused_model,
            title=self.tr("Confused labels"),
            hint=self.tr("Rows: missed. Columns: predicted instead. Redder: a larger share of the misses."),
        )
        self._together = MatrixView(
            self._together_model,
            title=self.tr("Labels that come together"),
            hint=self.tr("Below the diagonal: images that have both. Above it: images on which both are predicted."),
        )
        self._confused_list = ConfusedList()
        self._together_list = TogetherList()
        self._none = QLabel()
        self._none.setProperty("tone", "secondary")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setWordWrap(True)
        self._stack = QStackedWidget()
        self._what = self._choice((self.tr("Confused"), self.tr("Together")))
        self._how = self._choice((self.tr("List"), self.tr("Matrix")))
        self._top = QWidget()
        self._lay_out()

        self.confusion.cell_chosen.connect(self._on_pair_chosen)
        self._confused.cell_chosen.connect(self._on_pair_chosen)
        self._together.cell_chosen.connect(self._on_pair_chosen)
        self._confused_list.pair_chosen.connect(self._on_pair_chosen)
        self._together_list.pair_chosen.connect(self._on_pair_chosen)
        self._what.idClicked.connect(self._on_what_clicked)
        self._how.idClicked.connect(lambda _: self._show_view())

    def _choice(self, texts: tuple[str, ...]) -> QButtonGroup:
        group = QButtonGroup(self)
        for number, text in enumerate(texts):
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            group.addButton(button, number)
        group.button(0).setChecked(True)
        return group

    def _lay_out(self) -> None:
        row = QHBoxLayout(self._top)
        row.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        row.setSpacing(theme.SPACE // 2)
        for button in self._what.buttons():
            row.addWidget(button)
        row.addStretch(1)
        for button in self._how.buttons():
            row.addWidget(button)
        for view in (
            self.confusion, self._confused_list, self._confused, self._together_list, self._together, self._none
        ):  # fmt: skip
            self._stack.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._top)
        layout.addWidget(line())
        layout.addWidget(self._stack, 1)

    # following

    def show_scores(self) -> None:
        """Show the matrix of other scores; what has to be counted follows."""
        scored = self.inspection.scored
        self._scored, self._tables, self._pair = scored, None, None
        if scored is None:
            return
        self._top.setVisible(not scored.is_multi_class)
        if scored.is_multi_class:
            self.confusion.model.show_scores(scored)
        few = len(scored.label_names) <= MOST_IN_MATRIX
        self._how.button(_MATRIX if few else _LIST).setChecked(True)
        self._none.setText("")
        self._show_view()

    def show_label(self) -> None:
        """Leave the images of a pair that the chosen label has no part in."""
        if self._pair is not None and self._pair[0] != self.inspection.label:
            self._pair = None
            self.groups_changed.emit()

    def rest(self) -> None:
        """Count anew."""
        scored = self.inspection.scored
        if scored is not None:
            work = functools.partial(count_errors, scored, self.inspection.thresholds.values.copy())
            background.run(self, work, self._on_counted, self.inspection.failed.emit, key="errors")

    def _on_counted(self, tables: ErrorTables) -> None:
        scored = self.inspection.scored
        if scored is None or tables.scored is not scored:
            return
        self._tables = tables
        if not scored.is_multi_class:
            names = scored.label_names
            self._confused_model.show_confusions(names, tables.confusions)
            self._together_model.show_together(names, tables.together)
            self._confused_list.show_confusions(names, tables.confusions)
            self._together_list.show_together(names, tables.together)
            self._show_view()
        self.groups_changed.emit()

    def _show_view(self) -> None:
        scored, tables = self.inspection.scored, self._tables
        if scored is None:
            return
        together = self._what.checkedId() == _TOGETHER
        if scored.is_multi_class:
            view: QWidget = self.confusion
        elif tables is None:
            view = self._none
        elif self._how.checkedId() == _MATRIX:
            view = self._together if together else self._confused
        else:
            pairs: PairTable = self._together_list if together else self._confused_list
            view = pairs if pairs.pairs else self._none
            self._none.setText(
                self.tr("Labels are predicted together just as often as they come together.")
                if together
                else self.tr("No label is missed where another one is a false alarm.")
            )
        self._stack.setCurrentWidget(view)

    # the images of a pair

    def _on_what_clicked(self, _: int) -> None:
        self._pair = None
        self._show_view()
        self.groups_changed.emit()

    def _on_pair_chosen(self, one: int, other: int) -> None:
        self.inspection.choose(one)
        self._pair = (one, other) if one != other else None
        self.groups_changed.emit()
        if self._pair is not None:
            self.group_wanted.emit(PAIR)

    def image_groups(self) -> tuple[ImageGroup, ...]:
        """Those of the chosen label, the pair that is chosen, and the worst of all labels."""
        scored, tables = self.inspection.scored, self._tables
        groups = list(label_groups(self.inspection))
        if scored is None or scored is not self._scored:
            # the page has not heard of them yet, because it was hidden
            return tuple(groups)
        if self._pair is not None:
            if scored.is_multi_class:
                groups.append(self._taken_for(*self._pair))
            elif tables is not None and self._what.checkedId() == _TOGETHER:
                groups.append(self._differing(tables, *self._pair))
            elif tables is not None:
                groups.append(self._confused_pair(tables, *self._pair))
        if tables is not None:
            empty = self.tr("No label is decided wrongly on any image.")
            titles: dict[MistakeList, str] = {
                "most confident": self.tr("All labels: most confident ({:,})"),
                "highest loss": self.tr("All labels: highest loss ({:,})"),
            }
            for which, title in titles.items():
                total = tables.worst[which].total
                images = functools.partial(self._worst, tables, which)
                groups.append(ImageGroup(f"all labels, {which}", title.format(total), images, empty, total))
        return tuple(groups)

    def _taken_for(self, label: int, other: int) -> ImageGroup:
        scored = self.inspection.scored
        assert scored is not None
        rows = scored.rows_taken_for(label, other)
        name, taken = scored.label_names[label], scored.label_names[other]

        def images() -> Images:
            first = rows[:MOST_IMAGES]
            scores = scored.predictions.probabilities[first][:, [label, other]].tolist()
            lines = ((f"{name} {a:.3f}", self.tr("taken for {}").format(taken)) for a, _ in scores)
            return images_of(self.inspection, first, label, captions=tuple(lines))

        empty = self.tr("No image of “{}” is taken for “{}”.").format(name, taken)
        title = self.tr("Taken for {} ({:,})").format(self._short(taken), len(rows))
        return ImageGroup(PAIR, title, images, empty, len(rows))

    def _confused_pair(self, tables: ErrorTables, missed: int, predicted: int) -> ImageGroup:
        names = tables.scored.label_names
        rows = tables.confused_rows(predicted, missed=missed)

        def images() -> Images:
            first = rows[:MOST_IMAGES]
            return images_of(self.inspection, first, predicted, captions=self._both(tables, first, predicted, missed))

        empty = self.tr("“{}” is never missed where “{}” is a false alarm.").format(names[missed], names[predicted])
        title = self.tr("{} taken for {} ({:,})")
        title = title.format(self._short(names[missed]), self._short(names[predicted]), len(rows))
        return ImageGroup(PAIR, title, images, empty, len(rows))

    def _differing(self, tables: ErrorTables, one: int, other: int) -> ImageGroup:
        names = tables.scored.label_names
        rows, wrong = tables.differing_rows(one, other)

        def images() -> Images:
            first = rows[:MOST_IMAGES]
            captions = self._both(tables, first, one, other)
            return images_of(self.inspection, first, wrong[:MOST_IMAGES], captions=captions)

        empty = self.tr("“{}” and “{}” are predicted together on just the images that have both.")
        title = self.tr("{} with {}: differing ({:,})")
        title = title.format(self._short(names[one]), self._short(names[other]), len(rows))
        return ImageGroup(PAIR, title, images, empty.format(names[one], names[other]), len(rows))

    def _both(self, tables: ErrorTables, rows: NDArray[np.int64], one: int, other: int) -> tuple[tuple[str, ...], ...]:
        """A line for each of two labels, with its probability."""
        names, scores = tables.scored.label_names, tables.scored.predictions.probabilities[rows][:, [one, other]]
        return tuple((f"{names[one]} {a:.3f}", f"{names[other]} {b:.3f}") for a, b in scores.tolist())

    def _worst(self, tables: ErrorTables, which: MistakeList) -> Images:
        mistakes = tables.worst[which]
        captions = mistake_captions(tables.scored, mistakes, which=which, named=True)
        return images_of(self.inspection, mistakes.rows, mistakes.labels, captions=captions)

    def _short(self, name: str) -> str:
        return QFontMetrics(self.font()).elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH)
