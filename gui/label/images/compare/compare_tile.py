"""One of the images that are compared: its name, its picture, its labels."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from gui.label.images.loupe.chip_row import ChipRow
from gui.label.images.loupe.chips import ChipInfo
from gui.widgets import theme
from gui.widgets.canvas import Canvas
from gui.widgets.empty_state import EmptyState

_FRAME = 3


class CompareTile(QWidget):
    """Shows one image; a thick frame and a bold name say that it is the current one.

    Signals:
        chosen: it was clicked or got the keys.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image_id: int | None = None
        self._name = ""
        self._is_current = False
        self.canvas = Canvas()
        self._problem = EmptyState("warning", "", "")
        self._problem.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self._problem)
        self._title = QLabel()
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._zoom = QLabel()
        self._zoom.setProperty("tone", "secondary")
        self._zoom.setFont(theme.tabular(theme.smaller(self._zoom.font())))
        self.chips = ChipRow(clickable=False)
        head = QHBoxLayout()
        head.setContentsMargins(theme.SPACE, 2, theme.SPACE, 2)
        head.setSpacing(theme.SPACE)
        head.addWidget(self._title, 1)
        head.addWidget(self._zoom)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        foot.addWidget(self.chips)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_FRAME, _FRAME, _FRAME, _FRAME)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        layout.addLayout(foot)
        self.canvas.zoom_changed.connect(self._show_zoom)
        self.chips.chip_clicked.connect(lambda _: self.chosen.emit())

    def page(self) -> QWidget:
        """What has the keys: the picture, or what stands in its place."""
        return self._problem if self._stack.currentWidget() is self._problem else self.canvas

    def pages(self) -> tuple[QWidget, QWidget]:
        """All that may have the keys."""
        return self.canvas, self._problem

    def show_image(self, image_id: int, name: str) -> None:
        """Show another image, of which nothing is there yet."""
        self.image_id, self._name = image_id, name
        self._turn_to(self.canvas)
        self.canvas.set_picture([], QSize(), keep_view=False)
        self.setToolTip("")
        self._title.setToolTip(name)
        self._show_title()

    def set_picture(self, levels: list[QImage], size: QSize) -> None:
        """Show the picture, or the same one in more detail."""
        self._turn_to(self.canvas)
        self.canvas.set_picture(levels, size, keep_view=True)

    def show_problem(self, title: str, text: str) -> None:
        """Say why there is no picture."""
        self._problem.set_texts(title, text)
        self._turn_to(self._problem)

    def show_labels(self, infos: Sequence[ChipInfo], said: str) -> None:
        """Show the labels; `said` is all of them in words."""
        self.chips.set_infos(infos)
        for page in self.pages():
            page.setAccessibleDescription(said)

    def set_current(self, current: bool) -> None:
        """Whether keys act on it."""
        if current != self._is_current:
            self._is_current = current
            font = self._title.font()
            font.setBold(current)
            self._title.setFont(font)
            self._show_title()
            self.update()

    def is_current(self) -> bool:
        """Whether keys act on it."""
        return self._is_current

    def _turn_to(self, page: QWidget) -> None:
        had_focus = self.page().hasFocus()
        self._stack.setCurrentWidget(page)
        if had_focus:
            page.setFocus()

    def _show_title(self) -> None:
        name = self._name.rpartition("/")[2]
        room = max(self.width() - self._zoom.sizeHint().width() - 4 * theme.SPACE, 40)
        self._title.setText(self._title.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room))
        said = self.tr("{name}, current").format(name=name) if self._is_current else name
        for page in self.pages():
            page.setAccessibleName(said)

    def _show_zoom(self) -> None:
        self._zoom.setText(f"{self.canvas.zoom() * 100:.0f} %")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The name has more or less room."""
        super().resizeEvent(event)
        self._show_title()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the picture chooses it too."""
        self.chosen.emit()
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the frame: thick around the current one, a hairline around the others."""
        painter = QPainter(self)
        if self._is_current:
            painter.setPen(QPen(theme.accent(self.palette()), _FRAME, j=Qt.PenJoinStyle.MiterJoin))
            inset = _FRAME / 2
        else:
            painter.setPen(QPen(theme.hairline(self.palette()), 1))
            inset = 0.5
        painter.drawRect(self.rect().toRectF().adjusted(inset, inset, -inset, -inset))
