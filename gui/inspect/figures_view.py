"""The table of more figures: every mean, at 0.5 and at the thresholds of the moment."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QSpacerItem, QTableView, QVBoxLayout, QWidget

from core.evaluation.metrics import ClassificationScores
from gui.inspect.figures import Figures, Means
from gui.train.words import score
from gui.widgets import theme

Index = QModelIndex | QPersistentModelIndex

FIGURE, BEFORE, NOW, CHANGE = range(4)
# in less the names would be cut too short
_WIDE = 380
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class FiguresModel(QAbstractTableModel):
    """A row for each figure; those that do not depend on thresholds come first and fill one column."""

    def __init__(self) -> None:
        super().__init__()
        self._headers = (self.tr("Figure"), self.tr("At 0.5"), self.tr("Now"), self.tr("Change"))
        self._titles = {
            "overall_f1": (
                self.tr("OF1, overall F1"),
                self.tr("F1 of all decisions on all labels counted together"),
            ),
            "class_f1": (
                self.tr("CF1, F1 of CP and CR"),
                self.tr("The harmonic mean of CP and CR, as Query2Label and the paper count it"),
            ),
            "overall_precision": (
                self.tr("OP, overall precision"),
                self.tr("The share of all alarms that are right"),
            ),
            "overall_recall": (
                self.tr("OR, overall recall"),
                self.tr("The share of all labels present that are found"),
            ),
            "class_precision": (
                self.tr("CP, mean precision of labels"),
                self.tr("Each label's precision, averaged; a label that is never predicted counts 0"),
            ),
            "class_recall": (
                self.tr("CR, mean recall of labels"),
                self.tr("Each label's recall, averaged; a label without positives counts 0"),
            ),
            "macro_f1": (
                self.tr("Mean F1 of labels"),
                self.tr("Each label's F1, averaged; others call this CF1"),
            ),
            "sample_f1": (
                self.tr("Mean F1 of images"),
                self.tr("Each image's F1, averaged; an image right in having no label counts 1"),
            ),
            "sample_iou": (
                self.tr("Mean IoU of images"),
                self.tr("Labels both predicted and present, by those that are either; averaged over the images"),
            ),
            "sample_precision": (
                self.tr("Mean precision of images"),
                self.tr("The share of an image's predicted labels that are right, averaged over the images"),
            ),
            "sample_recall": (
                self.tr("Mean recall of images"),
                self.tr("The share of an image's labels that are found, averaged over the images"),
            ),
            "label_accuracy": (
                self.tr("Right decisions"),
                self.tr("Right decisions on image and label; their share is high where labels are rare"),
            ),
        }  # fmt: skip
        self._means: list[tuple[str, str, float]] = []
        self._before: ClassificationScores | None = None
        self._now: ClassificationScores | None = None

    def show_means(self, means: Means) -> None:
        """Show another run or split; the other figures come with `show_figures`."""
        rows = [
            (
                self.tr("mAP"),
                self.tr(
                    "Mean average precision: how well a label's images are ranked, averaged over the labels with any"
                ),
                means.map,
            ),
            (
                self.tr("mAP over all labels"),
                self.tr("The same, where a label without any image here counts 0, as in much published code"),
                means.map_all_labels,
            ),
            (
                self.tr("mAP as in VOC 2010"),
                self.tr("Interpolated: precision at a recall is the highest at that recall or more"),
                means.map_voc,
            ),
            (
                self.tr("mAP as in VOC 2007"),
                self.tr("Interpolated, at the recalls 0, 0.1, … 1 only"),
                means.map_voc_2007,
            ),
        ]
        if means.top1 is not None:
            tip = self.tr("The share of images whose label has the highest probability")
            rows.insert(0, (self.tr("Top-1"), tip, means.top1))
        self.beginResetModel()
        self._means, self._before, self._now = rows, None, None
        self.endResetModel()

    def show_figures(self, figures: Figures) -> None:
        """Show what the thresholds of the moment give."""
        self.beginResetModel()
        self._before, self._now = figures.before, figures.now
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each figure that is there."""
        return 0 if parent.isValid() else len(self._means) + (len(self._titles) if self._now is not None else 0)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """The name, two values and their difference."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The text of a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells(index.row())[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            name, tip = self._row(index.row())
            return f"{name}. {tip}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if index.column() == FIGURE else _RIGHT
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            has_one_value = section == NOW and self._now is not None and self._before is None
            return self.tr("Value") if has_one_value else self._headers[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section == FIGURE else _RIGHT
        return None

    def _row(self, row: int) -> tuple[str, str]:
        """The name of a row's figure and what it means."""
        if row < len(self._means):
            return self._means[row][:2]
        return list(self._titles.values())[row - len(self._means)]

    def _cells(self, row: int) -> tuple[str, str, str, str]:
        name = self._row(row)[0]
        if row < len(self._means):
            return name, "", score(self._means[row][2]), ""
        attribute = list(self._titles)[row - len(self._means)]
        now: float = getattr(self._now, attribute)
        if self._before is None:
            return name, "", score(now), ""
        before: float = getattr(self._before, attribute)
        return name, score(before), score(now), change(before, now)


class FiguresView(QWidget):
    """The table, and below it what tuning changed on the images on which that is to be judged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = FiguresModel()
        self._is_multi_class = False
        self._table = QTableView()
        self._table.setModel(self.model)
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.setFont(theme.tabular(self._table.font()))
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._table.setTabKeyNavigation(False)
        self._table.setAccessibleName(self.tr("More figures"))
        # no row is cut: what is left over below the last whole one is empty
        self._table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(theme.ROW - 4)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(FIGURE, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        width = QFontMetrics(self.font()).horizontalAdvance(self.tr("Change")) + 20
        for column in (BEFORE, NOW, CHANGE):
            header.resizeSection(column, width)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("tone", "secondary")
        self._note.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._table, 1)
        self._note_gap = QSpacerItem(0, 0)
        layout.addItem(self._note_gap)
        layout.addWidget(self._note)

    def show_means(self, means: Means) -> None:
        """Show another run or split."""
        self.model.show_means(means)
        self._is_multi_class = means.top1 is not None
        self._hide_columns()
        self._note.hide()

    def show_figures(self, figures: Figures) -> None:
        """Show what the thresholds of the moment give."""
        self.model.show_figures(figures)
        judged = figures.judged
        self._note.setVisible(judged is not None)
        if judged is not None:
            told = self.tr("Tuned on {}. On {:,} {} images{}: OF1 {} → {}, CF1 {} → {}.").format(
                judged.tuned_on,
                judged.images,
                judged.split,
                self.tr(", the same ones") if judged.split == judged.tuned_on else "",
                score(judged.before.overall_f1),
                score(judged.after.overall_f1),
                score(judged.before.class_f1),
                score(judged.after.class_f1),
            )
            # a loss that is not small enough is warned of above
            is_quiet = bool(judged.warning) and judged.may_be_chance
            chance = self.tr("The difference is small enough to be chance.")
            self._note.setText(f"{told} {chance}" if is_quiet else told)
        self._show_whole_rows()

    def _hide_columns(self) -> None:
        self._table.setColumnHidden(BEFORE, self._is_multi_class)
        self._table.setColumnHidden(CHANGE, self._is_multi_class or self.width() < _WIDE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names the room of the change where it is narrow."""
        super().resizeEvent(event)
        self._hide_columns()
        self._show_whole_rows()

    def _show_whole_rows(self) -> None:
        """Leave empty what is too little for a row, so that none is cut."""
        note = self._note.heightForWidth(self.width()) if self._note.isVisibleTo(self) else 0
        row, head = self._table.verticalHeader().defaultSectionSize(), self._table.horizontalHeader().height()
        room = self.height() - note - head - 2 * self._table.frameWidth()
        self._note_gap.changeSize(0, room % row if room < row * self.model.rowCount() else 0)
        self._column.invalidate()


def change(before: float, now: float) -> str:
    """The difference with its sign, or nothing where three digits show none."""
    difference = round(now - before, 3)
    return f"{difference:+.3f}".replace("-", "−") if difference else ""
