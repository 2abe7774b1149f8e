"""One image, large, with what is said of it below, and the others in a strip."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QLayout, QStackedWidget, QVBoxLayout, QWidget

from core.errors import ImageError, MultihotError
from core.project.changes import Changes
from gui import background
from gui.label.images.grid.grid import Filmstrip, Grid
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.loupe.chip_row import ChipRow
from gui.label.images.loupe.chips import ChipInfo
from gui.label.images.loupe.exif_panel import ExifPanel
from gui.label.images.loupe.floating import Floating
from gui.label.images.loupe.looks import LookBadge, LookPanel, Looks
from gui.label.images.loupe.step_keys import plain_key, steps_of
from gui.session import Session
from gui.widgets import theme
from gui.widgets.canvas import Canvas, load_levels
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import line

KEPT = 3
"""Decoded images kept: the one that is seen, the one before and the next."""
KEPT_BYTES = 300 * 2**20
"""The one before is not kept where the three take more than this."""
PREVIEW_PX = 640
"""Longest side of the thumbnail that is seen until the image is decoded."""

ChipSource = Callable[[int], Sequence[ChipInfo]]


class Loupe(QWidget):
    """Shows the current image of the session.

    Signals:
        step_wanted: +1 or -1; an arrow key asked for another image.
        closed: the person wants the grid back.
        chip_clicked: ChipInfo; a chip under the picture was clicked.

    Attributes:
        canvas: with the picture.
        looks: how images are looked at.
        look_panel: to change that.
        facts_panel: with what the file says of itself.
        chips: the row under the picture.
    """

    step_wanted = Signal(int)
    closed = Signal()
    chip_clicked = Signal(object)

    def __init__(self, session: Session, model: ImageModel, grid: Grid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._decoded: dict[int, list[QImage]] = {}
        self._is_active = False
        self._shown: int | None = None
        self._ahead: int | None = None
        self._source: ChipSource = lambda _: ()
        self.looks = Looks(session, self)
        self.canvas = Canvas()
        self.canvas.setAccessibleName(self.tr("Image"))
        self.chips = ChipRow()
        self.look_panel = LookPanel(self.looks, self.canvas)
        self.facts_panel = ExifPanel(self.canvas)
        self._badge = LookBadge(self.looks, self.canvas)
        self._problem = EmptyState("warning", "", "")
        self._problem.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self._problem)
        self._strip = Filmstrip(session, model, grid)
        self._line = line()

        self._lay_out()
        self.chips.come_after(self.canvas)
        self.canvas.installEventFilter(self)
        self._problem.installEventFilter(self)
        self.chips.chip_clicked.connect(self.chip_clicked)
        self.chips.left.connect(self.focus_image)
        for panel in (self.look_panel, self.facts_panel):
            panel.closed.connect(self.focus_image)
        self.looks.changed.connect(lambda: self.canvas.set_look(self.looks.look))
        session.current_image_changed.connect(self._on_current_image_changed)
        session.changed.connect(self._on_session_changed)
        session.thumbnails.loaded.connect(self._on_thumbnails_loaded)
        session.thumbnails.forgotten.connect(self._on_forgotten)
        session.project_closed.connect(self._on_project_closed)

    def _lay_out(self) -> None:
        over = QGridLayout(self.canvas)
        over.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        over.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        over.setSpacing(theme.SPACE)
        top = Qt.AlignmentFlag.AlignTop
        over.addWidget(self._badge, 0, 0, top | Qt.AlignmentFlag.AlignLeading)
        over.addWidget(self.look_panel, 0, 1, top)
        over.addWidget(self.facts_panel, 1, 1, top)
        over.setColumnStretch(0, 1)
        over.setRowStretch(2, 1)
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(theme.PANEL, theme.SPACE // 2 + 1, theme.PANEL, theme.SPACE // 2 + 1)
        below.addWidget(self.chips)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._below)
        layout.addWidget(self._line)
        layout.addWidget(self._strip)

    # what others ask for

    def set_active(self, active: bool) -> None:
        """Decode images only while they are looked at."""
        self._is_active = active
        if active:
            self._show(self._session.current_image)
            self.focus_image()
        else:
            self._decoded = {one: levels for one, levels in self._decoded.items() if one == self._shown}

    def focus_image(self) -> None:
        """Give the keys to the picture, or to what stands in its place."""
        self._page().setFocus()

    def set_chips(self, source: ChipSource) -> None:
        """Say what the chips of an image are.

        Args:
            source: gets the id of an image and gives its chips; it is asked on the GUI thread each time the image or
                the project changes, so it is quick.
        """
        self._source = source
        self.refresh_chips()

    def refresh_chips(self) -> None:
        """Ask for the chips again: scores came, or the rules are others."""
        image_id = self._session.current_image
        known = self._is_active and self._session.has_project and image_id is not None
        self.chips.set_infos(self._source(image_id) if known and image_id is not None else ())

    def set_current_suggestion(self, label_id: int | None) -> None:
        """Point out the suggestion that keys accept or refuse; None for none."""
        self.chips.set_current_suggestion(label_id)

    def set_bare(self, bare: bool) -> None:
        """Show the picture and the chips and nothing else, as on the full screen."""
        self._strip.setVisible(not bare)
        self._line.setVisible(not bare)

    def is_bare(self) -> bool:
        """Whether the strip is hidden."""
        return self._strip.isHidden()

    def toggle_look(self) -> None:
        """Open the panel of brightness and contrast, or close it."""
        self._make_room(self.look_panel, self.facts_panel)
        self.look_panel.toggle()

    def toggle_facts(self) -> None:
        """Open the panel with the facts of the file, or close it."""
        self._make_room(self.facts_panel, self.look_panel)
        self.facts_panel.toggle()

    def _make_room(self, opening: Floating, other: Floating) -> None:
        """Where two panels do not fit below each other, the one that is open gives way."""
        needed = sum(one.minimumSizeHint().height() for one in (opening, other)) + 2 * theme.PANEL + theme.SPACE
        if opening.isHidden() and needed > self.canvas.height():
            other.close_panel()

    # the image

    def _on_current_image_changed(self, image_id: int | None) -> None:
        if self._is_active:
            self._show(image_id)

    def _on_session_changed(self, changes: Changes) -> None:
        if self._is_active and (changes.annotations or changes.labels or changes.images):
            self.refresh_chips()

    def _on_forgotten(self, image_ids: frozenset[int]) -> None:
        """Files changed: what was decoded of them, or is being decoded, is old."""
        for image_id in image_ids & self._decoded.keys():
            del self._decoded[image_id]
        if self._ahead in image_ids:
            self._ahead = None
        if self._is_active and self._shown in image_ids:
            self._show(self._shown)

    def _on_project_closed(self) -> None:
        # images of the next project have the same numbers
        background.cancel_of(self)
        self._decoded.clear()
        self._shown = self._ahead = None
        self.chips.set_infos(())
        self.facts_panel.set_path(None)

    def _show(self, image_id: int | None) -> None:
        if image_id != self._shown:
            self.chips.close_rest()
        self._shown = image_id
        self.refresh_chips()
        if image_id is None or not self._session.has_project:
            self.canvas.set_picture([], QSize(), keep_view=False)
            self.facts_panel.set_path(None)
            return
        self._turn_to(self.canvas)
        path = self._session.store.image_path(image_id)
        self.facts_panel.set_path(path)
        levels = self._decoded.pop(image_id, None)
        if levels is not None:
            # the one that was seen last is dropped last
            self._decoded[image_id] = levels
            self.canvas.set_picture(levels, levels[0].size(), keep_view=False)
            self._prefetch(image_id)
            return
        self._show_preview(image_id, keep_view=False)
        if image_id == self._ahead:
            # it is being decoded already
            return
        background.run(
            self,
            lambda: load_levels(path),
            lambda levels: self._on_loaded(image_id, levels),
            lambda error: self._on_failed(image_id, error),
            key="current",
        )

    def _page(self) -> QWidget:
        return self._problem if self._stack.currentWidget() is self._problem else self.canvas

    def _turn_to(self, page: QWidget) -> None:
        had_focus = self._page().hasFocus()
        self._stack.setCurrentWidget(page)
        if had_focus:
            page.setFocus()

    def _show_preview(self, image_id: int, *, keep_view: bool) -> None:
        """Show the thumbnail, which is there sooner than the image."""
        thumbnail = self._session.thumbnails.pixmap(image_id, PREVIEW_PX)
        picture = [] if thumbnail is None else [_as_painted(thumbnail.toImage())]
        self.canvas.set_picture(picture, self._full_size(image_id, picture), keep_view=keep_view)

    def _on_thumbnails_loaded(self, image_ids: frozenset[int]) -> None:
        if self._is_active and self._shown in image_ids and self._shown not in self._decoded:
            assert self._shown is not None
            self._show_preview(self._shown, keep_view=True)

    def _full_size(self, image_id: int, picture: list[QImage]) -> QSize:
        facts = self._session.store.image_facts(image_id)
        if facts.width and facts.height:
            return QSize(facts.width, facts.height)
        return picture[0].size() if picture else QSize()

    def _on_loaded(self, image_id: int, levels: list[QImage]) -> None:
        self._keep(image_id, levels)
        if image_id == self._session.current_image:
            self.canvas.set_picture(levels, levels[0].size(), keep_view=True)
            self._prefetch(image_id)

    def _on_failed(self, image_id: int, error: MultihotError) -> None:
        if not self._session.has_project:
            return
        if isinstance(error, ImageError):
            # a bug says nothing of the image
            self._session.store.set_image_facts(image_id, width=0, height=0, problem=error.sentence)
        if image_id == self._session.current_image:
            self._problem.set_texts(self.tr("This image cannot be shown"), str(error))
            self._turn_to(self._problem)

    def _keep(self, image_id: int, levels: list[QImage]) -> None:
        self._decoded[image_id] = levels
        if self._session.has_project:
            size = levels[0].size()
            self._session.store.set_image_facts(image_id, width=size.width(), height=size.height(), problem=None)
        while len(self._decoded) > KEPT or (len(self._decoded) > 2 and self._bytes() > KEPT_BYTES):
            del self._decoded[next(iter(self._decoded))]

    def _bytes(self) -> int:
        return sum(level.sizeInBytes() for levels in self._decoded.values() for level in levels)

    def _prefetch(self, image_id: int) -> None:
        row = self._model.row_of(image_id)
        if row < 0 or row + 1 >= self._model.rowCount():
            return
        following = self._model.image_id(row + 1)
        if following not in self._decoded:
            self._ahead = following
            path = self._session.store.image_path(following)
            background.run(
                self,
                lambda: load_levels(path),
                lambda levels: self._on_ahead(following, levels),
                lambda error: self._on_ahead(following, error),
                key="next",
            )

    def _on_ahead(self, image_id: int, answer: list[QImage] | MultihotError) -> None:
        """The next image was decoded; meanwhile it may be the one that is looked at."""
        if image_id != self._ahead:
            # its file has changed
            return
        self._ahead = None
        if not isinstance(answer, MultihotError):
            self._on_loaded(image_id, answer)
        elif image_id == self._shown:
            self._on_failed(image_id, answer)

    def eventFilter(self, _watched: object, event: QEvent) -> bool:
        """Arrow keys go from image to image, Escape goes back; with Ctrl they move the picture."""
        key = plain_key(event)
        count = steps_of(key, mirrored=self.isRightToLeft())
        if key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif count:
            self.step_wanted.emit(count)
        return key == Qt.Key.Key_Escape or count != 0


def _as_painted(image: QImage) -> QImage:
    """In the format that pictures are painted in; a thumbnail may have another one."""
    return image.convertToFormat(QImage.Format.Format_RGB32)
