"""Try it: drop an image, see what the exported file says of it."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from core.errors import MultihotError
from core.images import SUFFIXES
from gui import background
from gui.export.probability_bars import ProbabilityBars
from gui.export.try_image import ImageAnswer, ask_model
from gui.widgets import theme
from gui.widgets.error_row import ErrorRow

_DROP_HEIGHT = 148


class TryPane(QWidget):
    """A place for an image, and the bars of what the file says of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: Path | None = None
        self._drop = DropPlace()
        self._choose = QPushButton(self.tr("Choose an image…"))
        self._name = QLabel()
        self._name.setProperty("tone", "secondary")
        self._bars = ProbabilityBars()
        self._error = ErrorRow()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.SPACE, 0)
        column.addWidget(self._bars)
        column.addStretch(1)
        scroll.setWidget(inside)

        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self._choose)
        row.addWidget(self._name, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._drop)
        layout.addLayout(row)
        layout.addWidget(self._error)
        layout.addWidget(scroll, 1)

        self._choose.clicked.connect(self._on_choose_clicked)
        self._drop.dropped.connect(self.ask)
        self.show_model(None)

    def show_model(self, model: Path | None) -> None:
        """Ask this file from now on; None while there is none."""
        self._model = model
        self.setEnabled(model is not None)
        self._error.clear()
        self._show_no_answer()

    def _show_no_answer(self) -> None:
        self._bars.show_answers(())
        self._name.clear()
        if self._model is None:
            self._drop.show_text(self.tr("Export a file first; then drop an image here."))
        else:
            self._drop.show_text(self.tr("Drop an image here to ask {}.").format(self._model.name))

    def ask(self, image: Path) -> None:
        """Ask the file about an image."""
        if self._model is None:
            return
        model = self._model
        self._error.clear()
        self._name.setText(self.tr("asking about {}…").format(image.name))
        background.run_with_progress(
            self,
            lambda request: ask_model(model, image, is_cancelled=request.is_cancelled),
            self._on_answered,
            self._on_failed,
            on_progress=None,
            key="try",
        )

    def _on_answered(self, answer: ImageAnswer) -> None:
        self._drop.show_picture(QPixmap.fromImage(answer.preview))
        self._name.setText(answer.path.name)
        self._bars.show_answers(answer.labels)

    def _on_failed(self, error: MultihotError) -> None:
        self._show_no_answer()
        self._error.show_error(error)

    def _on_choose_clicked(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Image"), "", self.tr("Images ({})").format(kinds))
        if chosen:
            self.ask(Path(chosen))


class DropPlace(QWidget):
    """A dashed place that takes one image file, and shows it.

    Signals:
        dropped: Path of the file.
    """

    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._picture: QPixmap | None = None
        self._is_over = False
        self.setAcceptDrops(True)
        self.setFixedHeight(_DROP_HEIGHT)

    def show_text(self, text: str) -> None:
        """Say what can be dropped here."""
        self._text, self._picture = text, None
        self.setAccessibleName(text)
        self.update()

    def show_picture(self, picture: QPixmap) -> None:
        """Show the image that was dropped."""
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, and the text or the picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        palette = self.palette()
        color = theme.accent(palette) if self._is_over else palette.dark().color()
        painter.setPen(QPen(color, 1, Qt.PenStyle.DashLine))
        frame = self.rect().adjusted(1, 1, -2, -2)
        painter.drawRoundedRect(frame, 6, 6)
        if self._picture is None:
            painter.setPen(theme.secondary(palette))
            inner = frame.adjusted(theme.PANEL, theme.PANEL, -theme.PANEL, -theme.PANEL)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._text)
            return
        inner = frame.adjusted(6, 6, -6, -6)
        size = self._picture.size().scaled(inner.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = inner.adjusted(0, 0, size.width() - inner.width(), size.height() - inner.height())
        place.moveCenter(inner.center())
        painter.drawPixmap(place, self._picture)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one local file."""
        if _file_of(event) is not None:
            self._is_over = True
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: object) -> None:
        """The file goes elsewhere."""
        self._is_over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the file over."""
        self._is_over = False
        self.update()
        file = _file_of(event)
        if file is not None:
            event.acceptProposedAction()
            self.dropped.emit(file)


def _file_of(event: QDropEvent) -> Path | None:
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((file for file in files if file.is_file()), None)
