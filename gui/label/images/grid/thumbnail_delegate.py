"""How an image looks in the grid: the picture, up to three label chips, what is known of it in the corners."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QFont, QPainter, QPalette, QPixmap

from core.labels import Label, LabelState, Review
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.grid.pieces import INSIDE, MARGIN, PAD, Pieces, chip_height
from gui.session import Session
from gui.widgets.thumbnails import Box

CHIPS = 3
FLASH_MS = 200
_GAP = 3
# numpy compares bytes with an enum's member ten times as slowly
PRESENT, TO_DO = int(LabelState.PRESENT), int(Review.TO_DO)

Suggestions = Callable[[int], Sequence[tuple[Label, float]]]
"""Labels that a model would give an image, by its id, each with a probability; the likeliest first."""
Conflicts = Callable[[int], bool]
"""Whether the labels of the image in a row of the store break a rule."""
Cell = tuple[int, int, int]
"""A row of the model, and the left and top of its cell in the view."""


@dataclass(frozen=True, slots=True)
class Look:
    """What holds for all cells of a view.

    Attributes:
        width: of a cell.
        height: of a cell.
        box: what pictures are to fit into, in device pixels.
        palette: of the view.
        font: of the view.
        selected: rows that are selected, of those that are painted at least.
        current: the current row, -1 for none.
        hovered: the row below the pointer, -1 for none.
        mirrored: whether reading goes from right to left.
    """

    width: int
    height: int
    box: Box
    palette: QPalette
    font: QFont
    selected: Collection[int]
    current: int
    hovered: int
    mirrored: bool


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

    def paint_cells(self, painter: QPainter, cells: Sequence[Cell], look: Look) -> None:
        """Paint some cells of one size.

        Args:
            painter: of a view.
            cells: what is to be painted, and where.
            look: what holds for all of them.
        """
        device = painter.device()
        pieces = self._prepared(look, 1.0 if device is None else device.devicePixelRatioF())
        store, thumbnails = self._session.store, self._session.thumbnails
        rows = self._model.rows[[row for row, _, _ in cells]]
        image_ids = store.image_ids[rows].tolist()
        reviews, flags = store.review[rows].tolist(), store.flagged[rows].tolist()
        present = _present(store.states, rows) if self._chips else [[]] * len(cells)
        pieces.set_labels(store.labels)
        notes = store.notes
        conflicts, suggestions = self._conflicts, self._suggestions if self._chips else None
        area = self.picture_area(QRect(0, 0, look.width, look.height), look.font)
        exact = look.box == (area.width(), area.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for (row, x, y), store_row, image_id, review, flagged, columns in zip(
            cells, rows.tolist(), image_ids, reviews, flags, present, strict=True
        ):
            ground = pieces.ground(
                look.width, look.height,
                selected=row in look.selected, hovered=row == look.hovered, current=row == look.current,
            )  # fmt: skip
            painter.drawPixmap(x, y, ground)
            pixmap = thumbnails.find(image_id, look.box)
            if pixmap is None:
                side = min(28, area.height() // 2)
                left, top = x + area.center().x() - side // 2, y + area.center().y() - side // 2
                painter.drawPixmap(left, top, pieces.placeholder(side, broken=image_id in store.problems))
            else:
                _paint_picture(painter, area.translated(x, y), pixmap, exact=exact)
            noted = image_id in notes
            if review != TO_DO or flagged or noted:
                _paint_marks(painter, x, y, pieces, look, review, flagged=flagged, noted=noted)
            if not self._chips:
                continue
            left, top = x + area.left(), y + area.bottom() + PAD - 1
            broken = conflicts is not None and conflicts(store_row)
            if columns or broken:
                self._paint_chips(painter, left, top, area.width(), columns, image_id, pieces, look, broken=broken)
            best = None if suggestions is None else suggestions(image_id)
            if best:
                label, probability = best[0]
                piece = pieces.suggestion(label, round(probability * 100), area.width(), mirrored=look.mirrored)
                painter.drawPixmap(left, top + pieces.chip_height + 2, piece)
            if image_id in self._flashing[0]:
                painter.drawPixmap(x, y, pieces.flash_frame(look.width, look.height))

    def _prepared(self, look: Look, ratio: float) -> Pieces:
        key = (look.palette.cacheKey(), look.font.key(), ratio)
        if self._pieces is None or key != self._pieces_of:
            self._pieces = Pieces(look.palette, look.font, ratio)
            self._pieces_of = key
        return self._pieces

    def _on_flash_ended(self) -> None:
        self._flashing = (frozenset(), -1)
        self.repaint_wanted.emit()

    def _paint_chips(
        self,
        painter: QPainter,
        left: int,
        top: int,
        room: int,
        columns: list[int],
        image_id: int,
        pieces: Pieces,
        look: Look,
        *,
        broken: bool,
    ) -> None:
        right, place = left + room, 0
        if broken:
            width = pieces.chip_height
            painter.drawPixmap(right - width if look.mirrored else left, top, pieces.conflict())
            place = width + _GAP
        widths = pieces.name_widths
        fitting = _fit(
            [widths[one] for one in columns[:CHIPS]], len(columns), room - place, pieces.more_width, pieces.least_width
        )
        flashing = self._flashing[1] if image_id in self._flashing[0] else -1
        for column, width in zip(columns, fitting, strict=False):
            is_flashing = flashing >= 0 and self._session.store.labels[column].id == flashing
            chip = pieces.chip(column, width, flashing=is_flashing)
            painter.drawPixmap(right - place - width if look.mirrored else left + place, top, chip)
            place += width + _GAP
        hidden = len(columns) - len(fitting)
        if hidden:
            width = pieces.more_width
            painter.drawPixmap(right - place - width if look.mirrored else left + place, top, pieces.more(hidden))


def _paint_picture(painter: QPainter, area: QRect, pixmap: QPixmap, *, exact: bool) -> None:
    """Paint a picture in the middle of an area; `exact` where pictures are made for it, pixel by pixel."""
    width, height = pixmap.width(), pixmap.height()
    wide, high = area.width(), area.height()
    if exact and ((width == wide and height <= high) or (height == high and width <= wide)):
        painter.drawPixmap(area.left() + (wide - width) // 2, area.top() + (high - height) // 2, pixmap)
        return
    scale = min(wide / width, high / height, 4.0)
    place = QRectF(0, 0, width * scale, height * scale)
    place.moveCenter(QRectF(area).center())
    painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))


def _paint_marks(
    painter: QPainter, x: int, y: int, pieces: Pieces, look: Look, review: int, *, flagged: bool, noted: bool
) -> None:
    inset = MARGIN + 3
    leading, trailing = x + inset, x + look.width - inset - pieces.mark
    if look.mirrored:
        leading, trailing = trailing, leading
    if review != TO_DO:
        painter.drawPixmap(trailing, y + inset, pieces.review_mark(review))
    if flagged:
        painter.drawPixmap(leading, y + inset, pieces.flag())
    if noted:
        # below the flag's place, so that it does not move when there is one
        painter.drawPixmap(leading, y + inset + pieces.mark + 2, pieces.note())


def _present(states: NDArray[np.int8], rows: NDArray[np.int64]) -> list[list[int]]:
    """Columns of the labels that are present in some rows (n,)."""
    found: list[list[int]] = [[] for _ in range(len(rows))]
    lines, columns = np.nonzero(states[rows] == PRESENT)
    for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
        found[line].append(column)
    return found


def _fit(names: list[float], total: int, room: float, more: float, least: float) -> list[int]:
    """Widths of the chips that fit: as many whole names as there is room for, at most three, else a part of the first.

    Args:
        names: widths of the names of the first labels.
        total: how many labels there are.
        room: for all.
        more: of the number of those that are left out.
        least: width that a chip may not go below.
    """
    space = room
    for count in range(min(CHIPS, total), 0, -1):
        space = room - (more + _GAP if count < total else 0.0) - _GAP * (count - 1)
        wanted = [width + INSIDE for width in names[:count]]
        if sum(wanted) <= space:
            # never narrower than the name, or it would be cut after all
            return [math.ceil(width) for width in wanted]
    return [int(space)] if total and space >= least else []
