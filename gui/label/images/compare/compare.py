"""Two to four images side by side, with their labels and what is different between them."""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.errors import MultihotError
from core.project.changes import Changes
from gui.label.images.compare.compare_cells import CompareCells
from gui.label.images.compare.compare_header import CompareHeader
from gui.label.images.compare.compare_labels import compared
from gui.label.images.compare.compare_pictures import ComparePictures
from gui.label.images.compare.compare_tile import CompareTile
from gui.label.images.grid.grid import Grid
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.loupe.chips import ChipInfo
from gui.label.images.loupe.looks import LookPanel, Looks
from gui.label.images.loupe.step_keys import plain_key, steps_of
from gui.session import Session
from gui.widgets.canvas import Canvas
from gui.widgets.look import View
from gui.widgets.panel import line

MOST = 4
"""Images that are seen at once."""
PREVIEW_PX = 640


class Compare(QWidget):
    """The selected images side by side, one of them current.

    With more than four selected, four of them are seen, and going on from the last one shows the next four. With one
    selected it is seen beside the one that follows, and going on moves along all images.

    Signals:
        current_wanted: id of the image that the person made the current one; labels are to be given to it.
        closed: the person wants the grid back.
        zoom_changed: the zoom of the current one is another.

    Attributes:
        looks: how images are looked at.
    """

    current_wanted = Signal(int)
    closed = Signal()
    zoom_changed = Signal()

    def __init__(
        self,
        session: Session,
        model: ImageModel,
        grid: Grid,
        *,
        looks: Looks | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._grid = grid
        self._is_active = False
        self._ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self._is_walk = False
        self._start = 0
        self._at = 0
        self._view = View()
        self._is_arranging = False
        self._pictures = ComparePictures(self)
        self.looks = looks or Looks(session, self)
        self.tiles = [CompareTile() for _ in range(MOST)]
        self.look_panel = LookPanel(self.looks)
        self._cells = CompareCells(self.tiles, self.look_panel)
        self._header = CompareHeader(self.looks)
        self.linked = self._header.linked
        self._sharpen = QTimer(self, singleShot=True, interval=100)

        self._lay_out()
        for tile in self.tiles:
            tile.chosen.connect(partial(self._on_chosen, tile))
            tile.canvas.view_moved.connect(partial(self._on_view_moved, tile))
            tile.canvas.zoom_changed.connect(partial(self._on_zoom_changed, tile))
            for page in tile.pages():
                page.installEventFilter(self)
        self._pictures.loaded.connect(self._on_loaded)
        self._pictures.failed.connect(self._on_failed)
        model.visible_changed.connect(self._on_visible_changed)
        self.linked.toggled.connect(self._on_linked)
        self._sharpen.timeout.connect(self._load_detail)
        self.look_panel.closed.connect(self.focus_image)
        self.looks.changed.connect(self._on_look_changed)
        session.changed.connect(self._on_session_changed)
        session.current_image_changed.connect(self._on_current_image_changed)
        session.thumbnails.loaded.connect(self._on_thumbnails_loaded)
        session.thumbnails.forgotten.connect(self._on_forgotten)
        session.project_closed.connect(self._forget)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(line())
        layout.addWidget(self._cells, 1)
        QWidget.setTabOrder(self.tiles[-1].pages()[-1], self.linked)

    # what others ask for

    @property
    def canvas(self) -> Canvas:
        """The picture of the current image, for commands that zoom."""
        return self._tile().canvas

    @property
    def current(self) -> int | None:
        """Id of the current image; None while nothing is compared."""
        return int(self._ids[self._at]) if len(self._ids) else None

    def image_ids(self) -> list[int]:
        """Ids of the images that are seen, in order."""
        return [int(one) for one in self._ids[self._start : self._start + self._count()]]

    def set_active(self, active: bool) -> None:
        """Compare what is selected in the grid; while the page is not seen, nothing is decoded."""
        self._is_active = active
        if active:
            self._view = View()
            self._take_selection()
            self.focus_image()
        else:
            self._pictures.drop_details(seen=())

    def focus_image(self) -> None:
        """Give the keys to the current image."""
        self._tile().page().setFocus()

    def step(self, count: int) -> bool:
        """Make another image the current one, so many places further; whether there is one."""
        at = self._at + count
        if not 0 <= at < len(self._ids):
            return False
        self._go_to(at)
        return True

    def toggle_look(self) -> None:
        """Open the panel of brightness and contrast, or close it."""
        self.look_panel.toggle()

    # which images

    def _take_selection(self) -> None:
        current = self._session.current_image
        self._ids = self._wanted()
        found = np.flatnonzero(self._ids == current)
        self._at = int(found[0]) if len(found) else 0
        self._start = self._at if self._is_walk else 0
        self._show_images()
        if self.current is not None and self.current != current:
            # the one that the grid calls current is not among those that are selected
            self.current_wanted.emit(self.current)

    def _wanted(self) -> NDArray[np.int64]:
        """Ids of the images that are selected, or of all when fewer than two are (n,)."""
        count = self._model.rowCount()
        rows = self._grid.selected_rows() if count else np.zeros(0, np.int64)
        self._is_walk = len(rows) < 2
        return self._model.image_ids(np.arange(count) if self._is_walk else rows)

    def _count(self) -> int:
        return min(2 if self._is_walk else MOST, len(self._ids))

    def _go_to(self, at: int, *, tell: bool = True) -> None:
        """Make an image the current one and show those around it."""
        self._at = at
        before = self._start
        self._find_start()
        if self._start != before:
            self._show_images()
        else:
            self._show_current()
        if tell and self.current is not None:
            self.current_wanted.emit(self.current)

    def _find_start(self) -> None:
        count = self._count()
        if self._is_walk:
            # along all images it goes one by one, so that the one before stays for comparison
            self._start = min(max(self._start, self._at - count + 1), self._at)
        else:
            self._start = self._at // count * count if count else 0
        self._start = max(0, min(self._start, len(self._ids) - count))

    def _tile(self) -> CompareTile:
        return self.tiles[min(max(self._at - self._start, 0), MOST - 1)]

    def _show_images(self) -> None:
        self._find_start()
        ids = self.image_ids()
        had_focus = any(page.hasFocus() for tile in self.tiles for page in tile.pages())
        self._pictures.drop_details(seen=ids)
        self._is_arranging = True
        for tile, image_id in zip(self.tiles, ids, strict=False):
            if tile.image_id != image_id:
                self._show_image(tile, image_id)
        for number, tile in enumerate(self.tiles):
            tile.setVisible(number < len(ids))
            if number >= len(ids):
                tile.image_id = None
        self._is_arranging = False
        self._arrange()
        self._show_current()
        self._show_labels()
        if had_focus:
            self.focus_image()

    def _show_current(self) -> None:
        for tile in self.tiles:
            tile.set_current(tile is self._tile() and tile.image_id is not None)
        self._header.show_place(self._start, self._count(), len(self._ids))
        self.zoom_changed.emit()

    def _arrange(self) -> None:
        self._cells.arrange(len(self.image_ids()), self._aspect())

    def _aspect(self) -> float:
        """Width over height of the pictures as they are seen, on average."""
        sizes = [one.size for one in map(self._pictures.get, self.image_ids()) if one is not None]
        shares = [size.width() / size.height() for size in sizes if not size.isEmpty()]
        aspect = float(np.exp(np.mean(np.log(shares)))) if shares else 1.3
        return 1 / aspect if self.looks.look.turns % 2 else aspect

    # their labels

    def _show_labels(self) -> None:
        if not self._session.has_project or not len(self._ids):
            return
        chips, different = compared(self._session.store, self.image_ids())
        for tile, infos in zip(self.tiles, chips, strict=False):
            said = ", ".join(_said(self, one) for one in infos) or self.tr("No label is present")
            tile.show_labels(infos, said)
        self._cells.even_out()
        self._header.show_different(different)

    # their pictures

    def _show_image(self, tile: CompareTile, image_id: int) -> None:
        store = self._session.store
        tile.show_image(image_id, store.paths[store.row_of(image_id)])
        tile.canvas.set_look(self.looks.look)
        if self._pictures.get(image_id) is not None:
            self._on_loaded(image_id)
            return
        self._show_preview(tile, image_id)
        self._pictures.ask(self.tiles.index(tile), image_id, store.image_path(image_id))

    def _show_preview(self, tile: CompareTile, image_id: int) -> None:
        thumbnail = self._session.thumbnails.pixmap(image_id, PREVIEW_PX)
        if thumbnail is not None:
            picture = thumbnail.toImage().convertToFormat(QImage.Format.Format_RGB32)
            facts = self._session.store.image_facts(image_id)
            size = QSize(facts.width, facts.height) if facts.width and facts.height else picture.size()
            self._set_picture(tile, [picture], size)

    def _set_picture(self, tile: CompareTile, levels: list[QImage], size: QSize) -> None:
        tile.set_picture(levels, size)
        if self.linked.isChecked():
            tile.canvas.set_view(self._view)

    def _on_loaded(self, image_id: int) -> None:
        tile, picture = self._tile_of(image_id), self._pictures.get(image_id)
        if tile is not None and picture is not None:
            self._set_picture(tile, picture.levels, picture.size)
            if not self._is_arranging:
                self._arrange()

    def _on_failed(self, image_id: int, error: MultihotError) -> None:
        tile = self._tile_of(image_id)
        if tile is not None:
            tile.show_problem(self.tr("This image cannot be shown"), str(error))

    def _on_thumbnails_loaded(self, image_ids: frozenset[int]) -> None:
        for tile in self.tiles if self._is_active else ():
            if tile.image_id is not None and tile.image_id in image_ids and self._pictures.get(tile.image_id) is None:
                self._show_preview(tile, tile.image_id)

    def _on_forgotten(self, image_ids: frozenset[int]) -> None:
        """Files changed: show them as they are now, at once or when this page is seen again."""
        self._pictures.forget(image_ids)
        for tile in self.tiles:
            if tile.image_id is not None and self._pictures.get(tile.image_id) is None:
                if self._is_active and self._session.has_project:
                    self._show_image(tile, tile.image_id)
                else:
                    tile.image_id = None

    def _load_detail(self) -> None:
        """Decode in full size what is seen larger than its draft."""
        for number, tile in enumerate(self.tiles if self._is_active and self._session.has_project else ()):
            picture = self._pictures.get(tile.image_id)
            if tile.image_id is not None and picture is not None and picture.is_draft and not tile.canvas.has_detail():
                self._pictures.ask(number, tile.image_id, self._session.store.image_path(tile.image_id), full=True)

    def _tile_of(self, image_id: int) -> CompareTile | None:
        return next((tile for tile in self.tiles if tile.image_id == image_id), None)

    # what happens

    def _on_view_moved(self, tile: CompareTile) -> None:
        if self.linked.isChecked():
            self._view = tile.canvas.view()
            for other in self.tiles:
                if other is not tile and other.image_id is not None:
                    other.canvas.set_view(self._view)

    def _on_linked(self, linked: bool) -> None:
        if linked:
            self._on_view_moved(self._tile())

    def _on_zoom_changed(self, tile: CompareTile) -> None:
        if self._is_active and tile.image_id is not None and not tile.canvas.has_detail():
            self._sharpen.start()
        if tile is self._tile():
            self.zoom_changed.emit()

    def _on_look_changed(self) -> None:
        for tile in self.tiles:
            tile.canvas.set_look(self.looks.look)
        self._arrange()

    def _on_chosen(self, tile: CompareTile) -> None:
        at = self._start + self.tiles.index(tile)
        tile.page().setFocus()
        if at != self._at and at < len(self._ids):
            self._go_to(at)

    def _on_session_changed(self, changes: Changes) -> None:
        if not self._is_active:
            return
        if changes.images:
            self._take_selection()
        elif changes.annotations or changes.labels:
            self._show_labels()

    def _on_visible_changed(self) -> None:
        is_open = self._is_active and self._session.has_project
        if is_open and not np.array_equal(self._wanted(), self._ids):
            self._take_selection()

    def _on_current_image_changed(self, image_id: int | None) -> None:
        if not self._is_active or image_id is None or image_id == self.current:
            return
        found = np.flatnonzero(self._ids == image_id)
        if len(found):
            self._go_to(int(found[0]), tell=False)
        else:
            self._take_selection()

    def _forget(self) -> None:
        self._sharpen.stop()
        self._pictures.clear()
        self._ids = np.zeros(0, np.int64)
        self._at = self._start = 0
        for tile in self.tiles:
            tile.image_id = None
            tile.canvas.set_picture([], QSize(), keep_view=False)
            tile.hide()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Arrow keys go to another image, Escape goes back; the one that gets the keys is the current one."""
        tile = next((one for one in self.tiles if watched in one.pages()), None)
        if tile is None:
            return False
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress):
            # a picture that is hidden hands the keys to any other one
            if tile is not self._tile() and tile.image_id is not None and not self._is_arranging:
                self._on_chosen(tile)
            return False
        key = plain_key(event)
        count = steps_of(key, mirrored=self.isRightToLeft(), columns=self._cells.columns)
        if key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif count:
            self._move(count)
        return key == Qt.Key.Key_Escape or count != 0

    def _move(self, count: int) -> None:
        """Go so many places on; a column that ends within the last row leads to its last image, and no further."""
        at = min(max(self._at + count, 0), len(self._ids) - 1)
        if abs(count) > 1 and self._start <= at < self._start + self._count() and abs(at - self._at) < abs(count):
            return
        if at != self._at and len(self._ids):
            self._go_to(at)
            self.focus_image()


def _said(page: QWidget, info: ChipInfo) -> str:
    return page.tr("{name} (not on all)").format(name=info.label.name) if info.outlined else info.label.name
