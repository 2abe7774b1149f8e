"""How an image looks in the grid: the picture, up to three label chips, the review mark."""

from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPalette, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.labels import Label, LabelState
from gui.label.images.image_model import ImageModel
from gui.session import Session
from gui.widgets import icons, theme

CHIPS = 3
CHIP_HEIGHT = 18
FLASH_MS = 200
_MARGIN = 4
_PAD = 6
_RADIUS = 6


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints straight from the store's arrays; nothing is built per image.

    Signals:
        repaint_wanted: a flash began or ended.
    """

    repaint_wanted = Signal()

    def __init__(self, session: Session, model: ImageModel, *, chips: bool = True, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._chips = chips
        self._flashing: tuple[frozenset[int], int] = (frozenset(), -1)
        self._flash_end = QTimer(self, singleShot=True, interval=FLASH_MS)
        self._flash_end.timeout.connect(self._on_flash_ended)

    def flash(self, image_ids: Collection[int], label_id: int) -> None:
        """Point out a label that was just given to some images."""
        self._flashing = (frozenset(image_ids), label_id)
        self._flash_end.start()
        self.repaint_wanted.emit()

    def footer(self) -> int:
        """Height of the line of chips, in logical pixels."""
        return CHIP_HEIGHT + _PAD if self._chips else 0

    def _on_flash_ended(self) -> None:
        self._flashing = (frozenset(), -1)
        self.repaint_wanted.emit()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one cell."""
        row = int(self._model.rows[index.row()])
        store = self._session.store
        image_id = int(store.image_ids[row])
        palette: QPalette = option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        current = bool(option.state & QStyle.StateFlag.State_HasFocus)
        cell = QRectF(option.rect).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected:
            # a tint: chips of all colours are to be told from it
            quiet = palette.color(QPalette.ColorRole.AlternateBase)
            painter.setBrush(theme.mixed(quiet, palette.color(QPalette.ColorRole.Highlight), 0.5))
        elif hovered:
            painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
        else:
            painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
        painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
        area = cell.adjusted(_PAD, _PAD, -_PAD, -_PAD - self.footer())
        self._paint_picture(painter, area, image_id, palette)
        if store.reviewed[row]:
            self._paint_review_mark(painter, cell, palette)
        if self._chips:
            line = QRectF(area.left(), cell.bottom() - _PAD - CHIP_HEIGHT, area.width(), CHIP_HEIGHT)
            present = np.flatnonzero(store.states[row] == LabelState.PRESENT).tolist()
            labels = store.labels
            self._paint_chips(painter, line, [labels[one] for one in present], image_id, palette)
        if selected or current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent(palette), 2 if current else 1))
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), _RADIUS - 1, _RADIUS - 1)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All cells are as large as the view's grid."""
        view = option.widget
        return view.gridSize() if isinstance(view, QListView) else QSize()

    def _paint_picture(self, painter: QPainter, area: QRectF, image_id: int, palette: QPalette) -> None:
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        pixmap = self._session.thumbnails.pixmap(image_id, round(max(area.width(), area.height()) * ratio))
        if pixmap is not None:
            scale = min(area.width() / pixmap.width(), area.height() / pixmap.height(), 4.0)
            size = QPointF(pixmap.width() * scale / 2, pixmap.height() * scale / 2)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(QRectF(area.center() - size, area.center() + size), pixmap, QRectF(pixmap.rect()))
            return
        side = min(28.0, area.height() / 2)
        spot = QRectF(area.center().x() - side / 2, area.center().y() - side / 2, side, side)
        is_broken = image_id in self._session.store.problems
        name = "warning" if is_broken else "image"
        color = theme.warning(palette) if is_broken else palette.color(QPalette.ColorRole.Mid)
        icons.paint(painter, name, spot, color)

    def _paint_review_mark(self, painter: QPainter, cell: QRectF, palette: QPalette) -> None:
        side = 16.0
        spot = QRectF(cell.right() - side - 4, cell.top() + 4, side, side)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1.5))
        painter.setBrush(theme.true_positive_pen(palette).color())
        painter.drawEllipse(spot)
        icons.paint(painter, "check-bold", spot.adjusted(3.5, 3.5, -3.5, -3.5), palette.color(QPalette.ColorRole.Base))

    def _paint_chips(
        self, painter: QPainter, line: QRectF, labels: list[Label], image_id: int, palette: QPalette
    ) -> None:
        if not labels:
            return
        font = theme.smaller(painter.font(), points=1.5)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        fitting = _fit([metrics.horizontalAdvance(label.name) for label in labels], line.width(), metrics)
        flashing = self._flashing[1] if image_id in self._flashing[0] else -1
        left = line.left()
        for label, width in zip(labels, fitting, strict=False):
            chip = QRectF(left, line.top(), width, line.height())
            paint_chip(painter, chip, label, metrics, flashing=label.id == flashing)
            left += width + 3
        hidden = len(labels) - len(fitting)
        if hidden:
            painter.setPen(palette.color(QPalette.ColorRole.WindowText))
            rest = QRectF(left, line.top(), line.right() - left, line.height())
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, f"+{hidden}")


def paint_chip(painter: QPainter, rect: QRectF, label: Label, metrics: QFontMetricsF, *, flashing: bool) -> None:
    """Paint a label as a pill in its colour, with its name as far as there is room."""
    color = QColor(label.color)
    painter.setBrush(color.lighter(140) if flashing else color)
    painter.setPen(QPen(theme.readable_on(color), 2) if flashing else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(rect.adjusted(0.5, 1, -0.5, -1), 4, 4)
    painter.setPen(theme.readable_on(color.lighter(140) if flashing else color))
    inside = rect.adjusted(6, 0, -5, 0)
    text = metrics.elidedText(label.name, Qt.TextElideMode.ElideRight, inside.width())
    painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _fit(names: list[float], room: float, metrics: QFontMetricsF) -> list[float]:
    """Widths of the chips that fit: as many as there are up to three, each at least wide enough for some letters."""
    least = metrics.averageCharWidth() * 3 + 12
    for count in range(min(CHIPS, len(names)), 0, -1):
        more = metrics.horizontalAdvance("+99") + 3 if count < len(names) else 0.0
        space = room - more - 3 * (count - 1)
        wanted = [width + 12 for width in names[:count]]
        if sum(wanted) <= space:
            return wanted
        if count == 1 or space / count >= least + 14:
            # long names give way until all have the same width
            limit = space
            for tried in range(count, 0, -1):
                small = sorted(wanted)[: count - tried]
                limit = (space - sum(small)) / tried
                if all(width <= limit for width in small) and sorted(wanted)[count - tried] >= limit:
                    break
            return [min(width, limit) for width in wanted]
    return []
