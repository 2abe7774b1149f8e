"""Thumbnails of the gallery, each in the frame of what became of its decision."""

from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPixmap
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
# of a picture within its box
_ROOM = QRect(_INSET, _INSET, SIDE - 2 * _INSET, SIDE - 2 * _INSET)
# pictures and frames that are kept as they were painted: more than are seen at once
_MOST_LAYERS = 160
_MOST_TEXTS = 1000

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
        if _lines(images) != self.lines:
            self.beginResetModel()
            self.images, self.states, self._names = images, states, label_names
            self.endResetModel()
            return True
        # rows take other images: a reset would take away the scroll bar, lay all out twice, and paint it a frame late
        before, count = len(self.states), len(states)
        if count > before:
            self.beginInsertRows(QModelIndex(), before, count - 1)
        elif count < before:
            self.beginRemoveRows(QModelIndex(), count, before - 1)
        self.images, self.states, self._names = images, states, label_names
        if count > before:
            self.endInsertRows()
        elif count < before:
            self.endRemoveRows()
        if count and before:
            self.dataChanged.emit(self.index(0), self.index(min(count, before) - 1))
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
        return _lines(self.images)


def _lines(images: Images) -> int:
    return max(map(len, images.captions), default=1)


class GalleryDelegate(QStyledItemDelegate):
    """Paints a thumbnail in the frame of its kind, its mark, and its caption.

    All that are seen may change with each move of a threshold. So pictures and frames are painted once, and fonts and
    the widths of texts are looked up once.
    """

    def __init__(self, session: Session, model: GalleryModel) -> None:
        super().__init__()
        self._session = session
        self._model = model
        self._layers: dict[Hashable, QPixmap] = {}
        self._font: QFont | None = None
        self._small = QFont()
        self._metrics = QFontMetrics(self._small)
        self._texts: dict[tuple[str, int], tuple[str, int]] = {}

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
        # texts below what is seen are not worth their time
        lowest = option.widget.height() if isinstance(option.widget, QListView) else rect.bottom()
        painter.save()
        if selected:
            painter.fillRect(rect, palette.highlight())
        place = self._paint_picture(painter, box.topLeft(), row, palette, selected=selected)
        self._use_font(option.font)
        painter.setFont(self._small)
        mark = self._model.mark(row)
        if mark and box.top() + place.bottom() - _MARK < lowest:
            band = QRectF(box.left(), box.top() + place.bottom() - _MARK, box.width(), _MARK)
            self._paint_mark(painter, band, mark, palette)
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text))
        caption = QRect(box.x(), box.bottom() + 1, SIDE, CAPTION)
        for line in self._model.images.captions[row]:
            if caption.top() < lowest:
                text, _ = self._shortened(line, SIDE, Qt.TextElideMode.ElideMiddle)
                painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, text)
            caption.translate(0, CAPTION - 3)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.accent(palette))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_picture(self, painter: QPainter, at: QPoint, row: int, palette: QPalette, *, selected: bool) -> QRectF:
        """Paint the thumbnail in its frame into the box at a place, or why there is none; gives where it lies there."""
        image_id, kind = int(self._model.images.image_ids[row]), Outcome(int(self._model.images.kinds[row]))
        ratio = painter.device().devicePixelRatio()
        is_gone = self._model.is_gone(row)
        pixmap = None if is_gone else self._session.thumbnails.pixmap(image_id, round(_ROOM.width() * ratio))
        is_broken = pixmap is None and (is_gone or self._session.thumbnails.problem(image_id) is not None)
        place = QRectF(_ROOM) if pixmap is None else _fitted(pixmap.size())

        def paint(one: QPainter) -> None:
            if pixmap is None:
                _paint_missing(one, palette, is_broken=is_broken)
            else:
                _paint_scaled(one, place, pixmap)
            if kind in _PENS:
                # dashes and dots take long to draw
                one.setPen(_PENS[kind](palette))
                one.drawRect(place.adjusted(-2, -2, 2, 2))

        shown = is_broken if pixmap is None else pixmap.cacheKey()
        # on its ground, because what hides all below it is painted ten times as fast
        ground = palette.highlight() if selected else palette.base()
        key = pixmap is None, shown, kind, selected, _colors_of(palette), ratio
        painter.drawPixmap(at, self._layer(key, ratio, ground.color(), paint))
        return place

    def _paint_mark(self, painter: QPainter, room: QRectF, mark: str, palette: QPalette) -> None:
        """A band over the foot of the picture: ✓ and what is said today."""
        text, width = self._shortened(mark, round(room.width() - _MARK - 4), Qt.TextElideMode.ElideRight)
        width += _MARK + 4
        left = room.center().x() - width / 2
        band = QRectF(left, room.top(), width, room.height())
        painter.fillRect(band, palette.color(QPalette.ColorRole.Base))
        ratio = painter.device().devicePixelRatio()
        color = theme.true_positive_pen(palette).color()
        check = self._kept(
            ("check", color.rgba(), ratio), lambda: icons.pixmap("check-bold", _MARK - 6, color, ratio=ratio)
        )
        painter.drawPixmap(band.topLeft() + QPointF(3, 3), check)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(band.adjusted(_MARK, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _layer(self, key: Hashable, ratio: float, ground: QColor, paint: Callable[[QPainter], None]) -> QPixmap:
        """What is painted into a box, from when it was painted first."""

        def make() -> QPixmap:
            layer = QPixmap(QSize(SIDE, SIDE) * ratio)
            layer.setDevicePixelRatio(ratio)
            layer.fill(ground)
            one = QPainter(layer)
            paint(one)
            one.end()
            return layer

        return self._kept(key, make)

    def _kept(self, key: Hashable, make: Callable[[], QPixmap]) -> QPixmap:
        """A picture by all that it shows; those that were not asked for longest go first."""
        layer = self._layers.pop(key, None)
        if layer is None:
            layer = make()
            if len(self._layers) >= _MOST_LAYERS:
                del self._layers[next(iter(self._layers))]
        self._layers[key] = layer
        return layer

    def _use_font(self, font: QFont) -> None:
        """Write smaller than a font, in digits of one width."""
        if font != self._font:
            self._font, self._small = QFont(font), theme.tabular(theme.smaller(font))
            self._metrics = QFontMetrics(self._small)
            self._texts.clear()

    def _shortened(self, text: str, width: int, mode: Qt.TextElideMode) -> tuple[str, int]:
        """A text that fits into a width, and its own width."""
        if (text, width) not in self._texts:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            short = self._metrics.elidedText(text, mode, width)
            self._texts[text, width] = short, self._metrics.horizontalAdvance(short)
        return self._texts[text, width]


def _fitted(size: QSize) -> QRectF:
    """Where a picture of a size lies within the box."""
    fitted = QSize(size).scaled(_ROOM.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, fitted.width(), fitted.height())
    place.moveCenter(QRectF(_ROOM).center())
    return place


def _paint_scaled(painter: QPainter, place: QRectF, pixmap: QPixmap) -> None:
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))


def _paint_missing(painter: QPainter, palette: QPalette, *, is_broken: bool) -> None:
    """Say that a picture is still to come, or that there is none."""
    painter.fillRect(_ROOM, palette.alternateBase())
    spot = QRectF(0, 0, 28, 28)
    spot.moveCenter(QRectF(_ROOM).center())
    color = theme.warning(palette) if is_broken else palette.color(QPalette.ColorRole.Mid)
    icons.paint(painter, "warning" if is_broken else "image", spot, color)


def _colors_of(palette: QPalette) -> tuple[int, QPalette.ColorGroup]:
    """By which colours are told apart."""
    return palette.cacheKey(), palette.currentColorGroup()


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
