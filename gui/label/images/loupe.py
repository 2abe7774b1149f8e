"""One image, large, with the others in a strip below."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from core.errors import MultihotError
from gui import background
from gui.label.images.grid import Filmstrip, Grid
from gui.label.images.image_model import ImageModel
from gui.session import Session
from gui.widgets.canvas import Canvas, load_levels
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import line

KEPT = 3
"""Decoded images kept: the one that is seen, the one before and the next."""


class Loupe(QWidget):
    """Shows the current image of the session.

    Signals:
        step_wanted: +1 or -1; an arrow key asked for another image.
        closed: the person wants the grid back.
    """

    step_wanted = Signal(int)
    closed = Signal()

    def __init__(self, session: Session, model: ImageModel, grid: Grid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._decoded: dict[int, list[QImage]] = {}
        self._is_active = False
        self.canvas = Canvas()
        self._problem = EmptyState("warning", "", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self._problem)
        self._strip = Filmstrip(session, model, grid)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(line())
        layout.addWidget(self._strip)

        self.canvas.installEventFilter(self)
        session.current_image_changed.connect(self._on_current_image_changed)
        session.project_closed.connect(self._decoded.clear)

    def set_active(self, active: bool) -> None:
        """Decode images only while they are looked at."""
        self._is_active = active
        if active:
            self._show(self._session.current_image)
            self.canvas.setFocus()

    def _on_current_image_changed(self, image_id: int | None) -> None:
        if self._is_active:
            self._show(image_id)

    def _show(self, image_id: int | None) -> None:
        if image_id is None or not self._session.has_project:
            self.canvas.set_picture([], QSize(), keep_view=False)
            return
        self._stack.setCurrentWidget(self.canvas)
        levels = self._decoded.get(image_id)
        if levels is not None:
            self.canvas.set_picture(levels, levels[0].size(), keep_view=False)
            self._prefetch(image_id)
            return
        thumbnail = self._session.thumbnails.pixmap(image_id, 640)
        picture = [] if thumbnail is None else [thumbnail.toImage()]
        self.canvas.set_picture(picture, self._full_size(image_id, picture), keep_view=False)
        path = self._session.store.image_path(image_id)
        background.run(
            self,
            lambda: load_levels(path),
            lambda levels: self._on_loaded(image_id, levels),
            lambda error: self._on_failed(image_id, error),
            key="current",
        )

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
        self._session.store.set_image_facts(image_id, width=0, height=0, problem=error.sentence)
        if image_id == self._session.current_image:
            self._problem.set_texts(self.tr("This image cannot be shown"), str(error))
            self._stack.setCurrentWidget(self._problem)

    def _keep(self, image_id: int, levels: list[QImage]) -> None:
        self._decoded[image_id] = levels
        if self._session.has_project:
            size = levels[0].size()
            self._session.store.set_image_facts(image_id, width=size.width(), height=size.height(), problem=None)
        while len(self._decoded) > KEPT:
            del self._decoded[next(iter(self._decoded))]

    def _prefetch(self, image_id: int) -> None:
        row = self._model.row_of(image_id)
        if row < 0 or row + 1 >= self._model.rowCount():
            return
        following = self._model.image_id(row + 1)
        if following not in self._decoded:
            path = self._session.store.image_path(following)
            background.run(
                self,
                lambda: load_levels(path),
                lambda levels: self._keep(following, levels),
                lambda _: None,
                key="next",
            )

    def eventFilter(self, _watched: object, event: QEvent) -> bool:
        """Arrow keys go from image to image, Escape goes back."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
                self.step_wanted.emit(1)
                return True
            if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
                self.step_wanted.emit(-1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.closed.emit()
                return True
        return False
