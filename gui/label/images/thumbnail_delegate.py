"""How an image looks in the grid: the picture, up to three label chips, what is known of it in the corners."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QFont, QPainter, QPalette, QPixmap

from core.labels import Label, LabelState, Review
from gui.label.images.image_model import ImageModel
from gui.label.images.pieces import MARGIN, PAD, Pieces, chip_height
from gui.session import Session
from gui.widgets.thumbnails import Box

CHIPS = 3
FLASH_MS = 200
_GAP = 3
# chips: before and behind a name
_INSIDE = 12

Suggestions = Callable[[int], Sequence[tuple[Label, float]]]
"""Labels that a model would give an image, by its id, each with a probability; the likeliest first."""
Conflicts = Callable[[int], bool]
"""Whether the labels of the image in a row of the store break a rule."""


class ThumbnailDelegate(QObject):
    """Paints straight from the store's arrays; nothing is built per image, and nothing is asked of the disk.

    Signals:
        repaint_wanted: a flash began or ended, or something else is to be seen of the images.
        height_changed: cells are to have room for another number of lines.
    """

    repaint_wanted = Signal()
    height_changed = Signal()

    def __init__(self, session: Session, model: ImageModel, *, chips: bool = True, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._chips = chips
        self._suggestions: Suggestions | None = None
        self._conflicts: Conflicts | None = None
        self._pieces: Pieces | None = None
        self._pieces_of: tuple[int, str, float] = (0, "", 0.0)
        self._flashing: tuple[frozenset[int], int] = (frozenset(), -1)
        self._flash_end = QTimer(self, singleShot=True, interval=FLASH_MS)
        self._flash_end.timeout.connect(self._on_flash_ended)

    def set_suggestions(self, suggestions: Suggestions | None) -> None:
        """Show what a model would say; None takes the line for it away.

        Args:
            suggestions: asked for each image each time it is painted.
        """
        changes_height = (self._suggestions is None) != (suggestions is None)
        self._suggestions = suggestions
        if changes_height:
            self.height_changed.emit()
        self.repaint_wanted.emit()

    def set_conflicts(self, conflicts: Conflicts | None) -> None:
        """Show which images break a rule; asked for each image each time it is painted."""
        self._conflicts = conflicts
        self.repaint_wanted.emit()

    def flash(self, image_ids: Collection[int], label_id: int) -> None:
        """Point out a label that was just given to some images."""
        self._flashing = (frozenset(image_ids), label_id)
        self._flash_end.start()
        self.repaint_wanted.emit()

    def footer(self, font: QFont) -> int:
        """Height of what is below the picture, in logical pixels."""
        if not self._chips:
            return 0
        return (chip_height(font) + 2) * (1 if self._suggestions is None else 2) + PAD - 2

    def picture_area(self, cell: QRect, font: QFont) -> QRect:
        """Where the picture goes in a cell."""
        inset = MARGIN + PAD
        return cell.adjusted(inset, inset, -inset, -inset - self.footer(font))

    def paint_cells(
        self,
        painter: QPainter,
        cells: Sequence[tuple[int, QRect]],
        *,
        box: Box,
        palette: QPalette,
        font: QFont,
        selected: Collection[int],
        current: int,
        hovered: int,
        mirrored: bool,
    ) -> None:
        """Paint some cells of one size.

        Args:
            painter: of a view.
            cells: rows of the model, and where they are in the view.
            box: what the pictures are to fit into, in device pixels.
            palette: of the view.
            font: of the view.
            selected: rows that are selected, those of the cells at least.
            current: the current row, -1 for none.
            hovered: the row below the pointer, -1 for none.
            mirrored: whether reading goes from right to left.
        """
        device = painter.device()
        pieces = self._prepared(palette, font, 1.0 if device is None else device.devicePixelRatioF())
        store, thumbnails = self._session.store, self._session.thumbnails
        rows = self._model.rows[[row for row, _ in cells]]
        image_ids = store.image_ids[rows].tolist()
        reviews, flags = store.review[rows].tolist(), store.flagged[rows].tolist()
        labels = store.labels
        present = _present(store.states, rows) if self._chips else [[]] * len(cells)
        conflicts, suggestions = self._conflicts, self._suggestions if self._chips else None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for (row, cell), store_row, image_id, review, flagged, columns in zip(
            cells, rows.tolist(), image_ids, reviews, flags, present, strict=True
        ):
            ground = pieces.ground(
                cell.width(), cell.height(), selected=row in selected, hovered=row == hovered, current=row == current
            )
            painter.drawPixmap(cell.topLeft(), ground)
            area = self.picture_area(cell, font)
            pixmap = thumbnails.find(image_id, box)
            if pixmap is not None:
                _paint_picture(painter, area, pixmap, box)
            else:
                side = min(28, area.height() // 2)
                broken = image_id in store.problems
                spot = QPoint(area.center().x() - side // 2, area.center().y() - side // 2)
                painter.drawPixmap(spot, pieces.placeholder(side, broken=broken))
            if review != Review.TO_DO or flagged:
                _paint_marks(painter, cell, pieces, review, flagged=flagged, mirrored=mirrored)
            if self._chips:
                lines = QRect(area.left(), area.bottom() + 1 + PAD - 2, area.width(), pieces.chip_height)
                broken = conflicts is not None and conflicts(store_row)
                if columns or broken:
                    self._paint_chips(
                        painter, lines, [labels[one] for one in columns], image_id, pieces,
                        broken=broken, mirrored=mirrored,
                    )  # fmt: skip
                if suggestions is not None:
                    best = suggestions(image_id)
                    if best:
                        lines.translate(0, pieces.chip_height + 2)
                        label, probability = best[0]
                        percent = max(1, min(99, round(probability * 100)))
                        piece = pieces.suggestion(label, percent, lines.width(), mirrored=mirrored)
                        painter.drawPixmap(lines.topLeft(), piece)

    def _prepared(self, palette: QPalette, font: QFont, ratio: float) -> Pieces:
        key = (palette.cacheKey(), font.key(), ratio)
        if self._pieces is None or key != self._pieces_of:
            self._pieces = Pieces(palette, font, ratio)
            self._pieces_of = key
        return self._pieces

    def _on_flash_ended(self) -> None:
        self._flashing = (frozenset(), -1)
        self.repaint_wanted.emit()

    def _paint_chips(
        self,
        painter: QPainter,
        line: QRect,
        labels: list[Label],
        image_id: int,
        pieces: Pieces,
        *,
        broken: bool,
        mirrored: bool,
    ) -> None:
        chips: list[QPixmap] = [pieces.conflict()] if broken else []
        widths = [pieces.chip_height] if broken else []
        room = line.width() - sum(widths) - _GAP * len(widths)
        more = round(pieces.width_of("+99")) + 4
        least = pieces.metrics.averageCharWidth() * 3 + _INSIDE
        fitting = _fit([pieces.width_of(label.name) for label in labels[: CHIPS + 1]], len(labels), room, more, least)
        flashing = self._flashing[1] if image_id in self._flashing[0] else -1
        for label, width in zip(labels, fitting, strict=False):
            chips.append(pieces.chip(label, width, flashing=label.id == flashing))
            widths.append(width)
        hidden = len(labels) - len(fitting)
        if hidden:
            chips.append(pieces.more(hidden, width=more))
            widths.append(more)
        left = 0
        for chip, width in zip(chips, widths, strict=True):
            x = line.right() + 1 - left - width if mirrored else line.left() + left
            painter.drawPixmap(x, line.top(), chip)
            left += width + _GAP


def _paint_picture(painter: QPainter, area: QRect, pixmap: QPixmap, box: Box) -> None:
    width, height = pixmap.width(), pixmap.height()
    # one that was made for this box fills a side of it, unless the image is small
    fits = width <= box[0] and height <= box[1] and (width == box[0] or height == box[1])
    if fits and box == (area.width(), area.height()):
        left, top = area.left() + (area.width() - width) // 2, area.top() + (area.height() - height) // 2
        painter.drawPixmap(left, top, pixmap)
        return
    scale = min(area.width() / width, area.height() / height, 4.0)
    place = QRectF(0, 0, width * scale, height * scale)
    place.moveCenter(QRectF(area).center())
    painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))


def _paint_marks(painter: QPainter, cell: QRect, pieces: Pieces, review: int, *, flagged: bool, mirrored: bool) -> None:
    side, inset = pieces.mark, MARGIN + 3
    leading, trailing = cell.left() + inset, cell.right() + 1 - inset - side
    if mirrored:
        leading, trailing = trailing, leading
    if review != Review.TO_DO:
        painter.drawPixmap(trailing, cell.top() + inset, pieces.review_mark(review))
    if flagged:
        painter.drawPixmap(leading, cell.top() + inset, pieces.flag())


def _present(states: NDArray[np.int8], rows: NDArray[np.int64]) -> list[list[int]]:
    """Columns of the labels that are present in some rows (n,)."""
    found: list[list[int]] = [[] for _ in range(len(rows))]
    lines, columns = np.nonzero(states[rows] == LabelState.PRESENT)
    for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
        found[line].append(column)
    return found


def _fit(names: list[float], total: int, room: float, more: float, least: float) -> list[int]:
    """Widths of the chips that fit: as many as there are up to three, each at least wide enough for some letters.

    Args:
        names: widths of the names of the first labels, one more than may be shown.
        total: how many labels there are.
        room: for all.
        more: of the number of those that are left out.
        least: width that a chip may not go below.
    """
    for count in range(min(CHIPS, total), 0, -1):
        space = room - (more + _GAP if count < total else 0.0) - _GAP * (count - 1)
        wanted = [width + _INSIDE for width in names[:count]]
        if sum(wanted) <= space:
            return [round(width) for width in wanted]
        if count == 1 or space / count >= least + 14:
            # long names give way until all have the same width
            limit = space
            for tried in range(count, 0, -1):
                small = sorted(wanted)[: count - tried]
                limit = (space - sum(small)) / tried
                if all(width <= limit for width in small) and sorted(wanted)[count - tried] >= limit:
                    break
            return [int(min(width, limit)) for width in wanted]
    return []
