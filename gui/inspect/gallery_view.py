"""Thumbnails of the gallery, each in the frame of what became of its decision."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.labels import LabelState
from gui.inspect.fixes import Now
from gui.inspect.image_groups import NO_IMAGES, Images, Outcome
from gui.session import Session
from gui.widgets import icons, theme

Index = QModelIndex | QPersistentModelIndex

SIDE = 112
CAPTION = 18
_MARK = 18
_INSET = 4

_THEN = {
    Outcome.TRUE_POSITIVE: LabelState.PRESENT,
    Outcome.FALSE_NEGATIVE: LabelState.PRESENT,
    Outcome.FALSE_POSITIVE: LabelState.ABSENT,
    Outcome.TRUE_NEGATIVE: LabelState.ABSENT,
    Outcome.UNKNOWN: LabelState.UNKNOWN,
}
_PENS = {
    Outcome.TRUE_POSITIVE: theme.true_positive_pen,
    Outcome.FALSE_POSITIVE: theme.false_positive_pen,
    Outcome.FALSE_NEGATIVE: theme.false_negative_pen,
    Outcome.UNKNOWN: theme.unknown_pen,
}


class GalleryModel(QAbstractListModel):
    """The images of one group.

    Attributes:
        images: what is shown.
        states: what the project says of each today, int8 (n,), `Now`.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._names: tuple[str, ...] = ()
        self.images: Images = NO_IMAGES
        self.states: NDArray[np.int8] = np.zeros(0, np.int8)

    @property
    def image_ids(self) -> NDArray[np.int64]:
        """int64 (n,), in their order."""
        return self.images.image_ids

    def show_images(self, images: Images, states: NDArray[np.int8], *, label_names: tuple[str, ...]) -> bool:
        """Show other images.

        Args:
            images: n of them.
            states: what the project says of each today, int8 (n,).
            label_names: of the run.

        Returns:
            Whether the images changed, rather than only what is said of them today.
        """
        if label_names == self._names and images.is_same(self.images):
            if not np.array_equal(states, self.states):
                self.states = states
                self.dataChanged.emit(self.index(0), self.index(len(states) - 1))
            return False
        self.beginResetModel()
        self.images, self.states, self._names = images, states, label_names
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each image."""
        return 0 if parent.isValid() else len(self.images.image_ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """What an image is, for screen readers and the tool tip; the delegate paints from the arrays."""
        if role not in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = index.row()
        kinds = {
            Outcome.TRUE_POSITIVE: self.tr("Found"),
            Outcome.FALSE_POSITIVE: self.tr("False alarm"),
            Outcome.FALSE_NEGATIVE: self.tr("Missed"),
            Outcome.TRUE_NEGATIVE: self.tr("Rightly not predicted"),
            Outcome.UNKNOWN: self.tr("Unknown"),
        }
        name = self._names[int(self.images.labels[row])]
        kind = f"{kinds[Outcome(int(self.images.kinds[row]))]}: “{name}”"
        parts = [kind, *(line for line in self.images.captions[row] if line != name)]
        mark = self.mark(row)
        if mark:
            parts.append(mark)
        image_id = int(self.images.image_ids[row])
        problem = self._session.thumbnails.problem(image_id)
        if problem is not None:
            parts.append(problem)
        text = " · ".join(parts)
        if role == Qt.ItemDataRole.AccessibleTextRole or self.is_gone(row):
            return text
        return f"{self._session.store.image_path(image_id).name}\n{text}"

    def is_gone(self, row: int) -> bool:
        """Whether the project has an image no more."""
        return bool(self.states[row] == Now.GONE)

    def mark(self, row: int) -> str:
        """What the project says today where that is not what it said when the run began; else empty."""
        now = Now(int(self.states[row]))
        if now.state == _THEN[Outcome(int(self.images.kinds[row]))]:
            return ""
        match now:
            case Now.PRESENT:
                return self.tr("now present")
            case Now.ABSENT:
                return self.tr("now absent")
            case Now.UNKNOWN:
                return self.tr("now unknown")
            case Now.GONE:
                return self.tr("no longer there")
            case Now.NO_LABEL:
                return ""

    @property
    def lines(self) -> int:
        """How many lines the longest caption has."""
        return max((len(lines) for lines in self.images.captions), default=1)


class GalleryDelegate(QStyledItemDelegate):
    """Paints a thumbnail in the frame of its kind, its mark, and its caption."""

    def __init__(self, session: Session, model: GalleryModel) -> None:
        super().__init__()
        self._session = session
        self._model = model
        self._icons: dict[tuple[str, int, int, float], QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        return QSize(SIDE + theme.SPACE, SIDE + CAPTION * self._model.lines + theme.SPACE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one image."""
        palette: QPalette = option.palette
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        row = index.row()
        selected = bool(state & QStyle.StateFlag.State_Selected)
        box = QRect(rect.x() + theme.SPACE // 2, rect.y() + theme.SPACE // 2, SIDE, SIDE)
        painter.save()
        if selected:
            painter.fillRect(rect, palette.highlight())
        place = self._paint_picture(painter, box.adjusted(_INSET, _INSET, -_INSET, -_INSET), row, palette)
        pen = _PENS.get(Outcome(int(self._model.images.kinds[row])))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if pen is not None:
            painter.setPen(pen(palette))
            painter.drawRect(place.adjusted(-2, -2, 2, 2))
        painter.setFont(theme.tabular(theme.smaller(option.font)))
        mark = self._model.mark(row)
        if mark:
            band = QRectF(box.left(), place.bottom() - _MARK, box.width(), _MARK)
            self._paint_mark(painter, band, mark, palette)
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text))
        caption = QRect(box.x(), box.bottom() + 1, SIDE, CAPTION)
        for line in self._model.images.captions[row]:
            text = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideMiddle, SIDE)
            painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, text)
            caption.translate(0, CAPTION - 3)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.accent(palette))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_picture(self, painter: QPainter, room: QRect, row: int, palette: QPalette) -> QRectF:
        """Paint the thumbnail, or why there is none; gives its place."""
        image_id = int(self._model.images.image_ids[row])
        pixmap = None
        if not self._model.is_gone(row):
            ratio = painter.device().devicePixelRatio()
            pixmap = self._session.thumbnails.pixmap(image_id, round(room.width() * ratio))
        if pixmap is not None:
            size = QSize(pixmap.size()).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, size.width(), size.height())
            place.moveCenter(QRectF(room).center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
            return place
        painter.fillRect(room, palette.alternateBase())
        is_broken = self._model.is_gone(row) or self._session.thumbnails.problem(image_id) is not None
        spot = QRectF(0, 0, 28, 28)
        spot.moveCenter(QRectF(room).center())
        color = theme.warning(palette) if is_broken else palette.color(QPalette.ColorRole.Mid)
        self._paint_icon(painter, "warning" if is_broken else "image", spot, color)
        return QRectF(room)

    def _paint_icon(self, painter: QPainter, name: str, spot: QRectF, color: QColor) -> None:
        """As `icons.paint`, for many images many times a second."""
        ratio = painter.device().devicePixelRatio()
        key = (name, round(spot.width()), color.rgba(), ratio)
        if key not in self._icons:
            self._icons[key] = icons.pixmap(name, round(spot.width()), color, ratio=ratio)
        painter.drawPixmap(spot.topLeft(), self._icons[key])

    def _paint_mark(self, painter: QPainter, room: QRectF, mark: str, palette: QPalette) -> None:
        """A band over the foot of the picture: ✓ and what is said today."""
        text = painter.fontMetrics().elidedText(mark, Qt.TextElideMode.ElideRight, round(room.width() - _MARK - 4))
        width = painter.fontMetrics().horizontalAdvance(text) + _MARK + 4
        left = room.center().x() - width / 2
        band = QRectF(left, room.top(), width, room.height())
        painter.fillRect(band, palette.color(QPalette.ColorRole.Base))
        spot = QRectF(left + 3, band.top() + 3, _MARK - 6, _MARK - 6)
        self._paint_icon(painter, "check-bold", spot, theme.true_positive_pen(palette).color())
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(band.adjusted(_MARK, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)


class GalleryView(QListView):
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

    def chosen_rows(self) -> list[int]:
        """The current row first, then the others that are selected; empty for none."""
        selected = sorted(index.row() for index in self.selectedIndexes())
        current = self.currentIndex()
        if not current.isValid():
            return selected
        return [current.row(), *(row for row in selected if row != current.row())]

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of the gallery."""
