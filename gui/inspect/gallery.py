"""The images on which one label is decided wrongly at its threshold."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.widgets import theme
from gui.widgets.panel import line
from gui.widgets.thumbnails import ThumbnailLoader

Index = QModelIndex | QPersistentModelIndex

# more wrong images of one kind than this are not looked through one by one
MOST_IMAGES = 200
SIDE = 112
CAPTION = 18

_ALL, _MISSED, _FALSE_ALARMS, _TAKEN_FOR = range(4)
# of another label's name in a button
_NAME_WIDTH = 120


class GalleryModel(QAbstractListModel):
    """Wrong images: the missed ones, lowest probability first, and the false alarms, highest first."""

    def __init__(self) -> None:
        super().__init__()
        self.image_ids: NDArray[np.int64] = np.arange(0)
        self.probabilities: NDArray[np.float32] = np.zeros(0, np.float32)
        self.is_false_alarm: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.instead: list[str] = []
        self.label = ""

    def show_images(
        self,
        image_ids: NDArray[np.int64],
        probabilities: NDArray[np.float32],
        is_false_alarm: NDArray[np.bool_],
        *,
        instead: list[str],
        label: str,
    ) -> bool:
        """Show other images.

        Args:
            image_ids: int64 (n,).
            probabilities: of the label, float32 (n,).
            is_false_alarm: bool (n,); the others were missed.
            instead: the label a missed image got, or a false alarm has; empty in multi-label.
            label: name of the label.

        Returns:
            Whether anything changed.
        """
        same = np.array_equal(image_ids, self.image_ids) and np.array_equal(is_false_alarm, self.is_false_alarm)
        if same and np.array_equal(probabilities, self.probabilities) and label == self.label:
            return False
        self.beginResetModel()
        self.image_ids, self.probabilities, self.is_false_alarm = image_ids, probabilities, is_false_alarm
        self.instead, self.label = instead, label
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each image."""
        return 0 if parent.isValid() else len(self.image_ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """What an image is, for screen readers and the tool tip; the delegate paints from the arrays."""
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            row = index.row()
            kind = self.tr("False alarm") if self.is_false_alarm[row] else self.tr("Missed")
            if self.instead[row]:
                other = self.tr("is “{}”") if self.is_false_alarm[row] else self.tr("taken for “{}”")
                kind = f"{kind}, {other.format(self.instead[row])}"
            return self.tr("{} · probability of “{}”: {:.3f}").format(kind, self.label, self.probabilities[row])
        return None

    @property
    def lines(self) -> int:
        """How many lines a caption has."""
        return 2 if any(self.instead) else 1

    def caption(self, row: int) -> tuple[str, ...]:
        """What is written below an image: the label's probability; in multi-class with its name, and the other one."""
        probability = f"{self.probabilities[row]:.3f}"
        if not self.instead[row]:
            return (probability,)
        other = self.tr("is {}") if self.is_false_alarm[row] else self.tr("taken for {}")
        return (f"{self.label} {probability}", other.format(self.instead[row]))


class _Delegate(QStyledItemDelegate):
    """Paints a thumbnail in the frame of its kind, and the probability below it."""

    def __init__(self, model: GalleryModel, thumbnails: ThumbnailLoader) -> None:
        super().__init__()
        self._model = model
        self._thumbnails = thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        return QSize(SIDE + theme.SPACE, SIDE + CAPTION * self._model.lines + theme.SPACE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one image."""
        palette: QPalette = option.palette
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        row = index.row()
        wrong = bool(self._model.is_false_alarm[row])
        box = QRect(rect.x() + theme.SPACE // 2, rect.y() + theme.SPACE // 2, SIDE, SIDE)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, palette.highlight())
        inner = box.adjusted(4, 4, -4, -4)
        ratio = painter.device().devicePixelRatio()
        pixmap = self._thumbnails.pixmap(int(self._model.image_ids[row]), round(inner.width() * ratio))
        place = QRectF(inner)
        if pixmap is None:
            painter.fillRect(inner, palette.alternateBase())
        else:
            size = QSize(pixmap.size()).scaled(inner.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(QRectF(inner).center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        painter.setPen(theme.false_positive_pen(palette) if wrong else theme.false_negative_pen(palette))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(-2, -2, 2, 2))
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text))
        painter.setFont(theme.tabular(theme.smaller(option.font)))
        caption = QRect(box.x(), box.bottom() + 1, SIDE, CAPTION)
        for line_text in self._model.caption(row):
            text = painter.fontMetrics().elidedText(line_text, Qt.TextElideMode.ElideMiddle, SIDE)
            painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, text)
            caption.translate(0, CAPTION - 3)


class Gallery(Page):
    """The wrong images of the chosen label, with a choice of kind.

    Signals:
        opened: tuple of image ids to be opened in Label, the first one first.
    """

    opened = Signal(object)

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        thumbnails = inspection.session.thumbnails
        self.model = GalleryModel()
        self._other: int | None = None
        self._delegate = _Delegate(self.model, thumbnails)
        self._view = _View()
        self._view.setModel(self.model)
        self._view.setItemDelegate(self._delegate)
        self._view.setAccessibleName(self.tr("Wrong images"))
        self._empty = QLabel()
        self._empty.setProperty("tone", "secondary")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._kinds = QButtonGroup(self)
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        top.setSpacing(theme.SPACE // 2)
        for number in range(4):
            button = QToolButton()
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._kinds.addButton(button, number)
            top.addWidget(button)
        self._kinds.button(_ALL).setChecked(True)
        self._kinds.button(_TAKEN_FOR).hide()
        hint = QLabel(self.tr("Enter opens in Label"))
        hint.setProperty("tone", "secondary")
        top.addStretch(1)
        top.addWidget(hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(line())
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._view, 1)

        self._kinds.idClicked.connect(lambda _: self._refresh())
        self._view.opened.connect(self._on_view_opened)
        thumbnails.loaded.connect(lambda _: self._view.viewport().update())

    def show_label(self) -> None:
        """Show the wrong images of the chosen label."""
        self.show_taken_for(None)

    def follow(self, label: int | None) -> None:
        """Show those that are wrong at the thresholds of the moment."""
        assert self.inspection.decisions is not None
        counts = self.inspection.decisions.of(self.inspection.label)
        missed, false_alarms = int(counts.fn[0]), int(counts.fp[0])
        texts = (
            self.tr("All wrong ({:,})").format(missed + false_alarms),
            self.tr("Missed ({:,})").format(missed),
            self.tr("False alarms ({:,})").format(false_alarms),
        )
        for number, text in enumerate(texts):
            self._kinds.button(number).setText(text)
        self._refresh()

    def show_taken_for(self, other: int | None) -> None:
        """Show only the images of the label that are taken for another one; None for all wrong ones."""
        button = self._kinds.button(_TAKEN_FOR)
        button.setVisible(other is not None)
        self._other = other
        scored = self.inspection.scored
        if other is not None and scored is not None:
            count = len(scored.rows_taken_for(self.inspection.label, other))
            name = scored.label_names[other]
            short = QFontMetrics(button.font()).elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH)
            button.setText(self.tr("Taken for {} ({:,})").format(short, count))
            button.setToolTip(
                self.tr("Images of “{}” that are taken for “{}”").format(self.inspection.label_name, name)
            )
            button.setChecked(True)
            self._refresh()
        elif button.isChecked():
            self._kinds.button(_ALL).setChecked(True)
            self._refresh()

    def _refresh(self) -> None:
        scored, label = self.inspection.scored, self.inspection.label
        if scored is None:
            return
        threshold = float(self.inspection.thresholds.values[label])
        kind, nothing = self._kinds.checkedId(), np.arange(0)
        missed = alarms = nothing
        if kind in (_ALL, _MISSED):
            missed = scored.missed(label, threshold, limit=MOST_IMAGES)
        if kind in (_ALL, _FALSE_ALARMS):
            alarms = scored.false_alarms(label, threshold, limit=MOST_IMAGES)
        if kind == _TAKEN_FOR and self._other is not None:
            missed = scored.rows_taken_for(label, self._other)[:MOST_IMAGES]
        rows = np.concatenate([missed, alarms])
        predictions = scored.predictions
        at = self._view.verticalScrollBar().value()
        changed = self.model.show_images(
            predictions.image_ids[rows],
            predictions.probabilities[rows, label],
            np.arange(len(rows)) >= len(missed),
            instead=scored.instead(label, rows),
            label=self.inspection.label_name,
        )
        if changed:
            self._view.verticalScrollBar().setValue(at)
        self._view.setVisible(bool(len(rows)))
        self._empty.setVisible(not len(rows))
        self._empty.setText(self.tr("No image is decided wrongly on “{}”.").format(self.inspection.label_name))
        if kind == _TAKEN_FOR and self._other is not None:
            text = self.tr("No image of “{}” is taken for “{}”.")
            self._empty.setText(text.format(self.inspection.label_name, scored.label_names[self._other]))

    def _on_view_opened(self) -> None:
        current = self._view.currentIndex().row()
        rows = [index.row() for index in self._view.selectedIndexes() if index.row() != current]
        self.opened.emit(tuple(int(self.model.image_ids[row]) for row in (current, *sorted(rows))))


class _View(QListView):
    """Thumbnails in rows.

    Signals:
        opened: an image was double-clicked, or Enter was pressed.
    """

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSpacing(0)
        self.activated.connect(lambda _: self.opened.emit())
