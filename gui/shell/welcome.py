"""What is seen while no project is open: what the program does, and the ways to begin."""

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.errors import MultihotError
from gui import background
from gui.commands import Commands
from gui.session import Session
from gui.widgets import icons, theme
from gui.widgets.buttons import primary, with_icon
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import heading, line

STEPS = (
    ("Label", "any number of labels per image, or one"),
    ("Train", "a classifier with one button"),
    ("Inspect", "precision and recall, a threshold per label"),
    ("Export", "one ONNX file that decides"),
)


class Welcome(QWidget):
    """Begin at the left, go on with a recent project at the right.

    Signals:
        project_chosen: Path of a recent project.
    """

    project_chosen = Signal(object)

    def __init__(self, session: Session, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._error = ErrorRow()
        title = QLabel("Multihot")
        title.setProperty("tone", "title")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        title.setFont(font)
        about = QLabel(
            self.tr(
                "Multi-label and multi-class image classification, from a folder of photos to one file that decides."
            )
        )
        about.setProperty("tone", "secondary")
        about.setWordWrap(True)
        self.new_button = primary(QPushButton(self.tr("New project from a folder…")))
        self.open_button = with_icon(QPushButton(self.tr("Open project…")), "folder-open")
        self.sample_button = with_icon(QPushButton(self.tr("New sample project…")), "image-square")
        drop = QLabel(self.tr("or drop a folder on this window"))
        drop.setProperty("tone", "secondary")

        left = QVBoxLayout()
        left.setSpacing(theme.SPACE)
        left.addWidget(title)
        left.addWidget(about)
        left.addSpacing(theme.GROUP)
        for number, (word, text) in enumerate(STEPS, start=1):
            step = QLabel(f"<b>{number}&nbsp;&nbsp;{word}</b>&nbsp;&nbsp;{text}")
            step.setTextFormat(Qt.TextFormat.RichText)
            left.addWidget(step)
        left.addSpacing(theme.GROUP)
        for button in (self.new_button, self.open_button, self.sample_button):
            button.setMinimumHeight(32)
            left.addWidget(button)
        left.addWidget(drop)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        right = QVBoxLayout()
        right.setSpacing(theme.SPACE)
        right.addWidget(heading(self.tr("Recent projects")))
        right.addLayout(self._recent)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(3 * theme.GROUP)
        columns.addLayout(left, 4)
        columns.addWidget(line(vertical=True))
        columns.addLayout(right, 5)
        middle = QWidget()
        middle.setMaximumWidth(860)
        column = QVBoxLayout(middle)
        column.setSpacing(theme.GROUP)
        column.addWidget(self._error)
        column.addLayout(columns)
        column.addStretch(1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(2 * theme.GROUP, 4 * theme.GROUP, 2 * theme.GROUP, 2 * theme.GROUP)
        outer.addStretch(1)
        outer.addWidget(middle, 100)
        outer.addStretch(1)

        self.new_button.clicked.connect(commands["file.new"].trigger)
        self.open_button.clicked.connect(commands["file.open"].trigger)
        self.sample_button.clicked.connect(commands["file.sample"].trigger)
        session.settings_changed.connect(self._show_recent)
        self._show_recent()

    def show_error(self, error: MultihotError) -> None:
        """Say why a project could not be opened."""
        self._error.show_error(error)

    def error_text(self) -> str:
        """The error that is shown; empty for none."""
        return self._error.text()

    def clear_error(self) -> None:
        """Something else was done since."""
        self._error.clear()

    def _show_recent(self) -> None:
        while self._recent.count():
            item = self._recent.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.deleteLater()
        folders = [Path(one) for one in self._session.settings.recent_projects]
        buttons = {folder: RecentButton(folder) for folder in folders}
        for folder, button in buttons.items():
            button.clicked.connect(lambda _checked=False, folder=folder: self.project_chosen.emit(folder))
            self._recent.addWidget(button)
        if not folders:
            none = QLabel(self.tr("Projects you open will be listed here."))
            none.setProperty("tone", "secondary")
            self._recent.addWidget(none)
            return

        def on_gone(gone: list[Path]) -> None:
            for folder in gone:
                buttons[folder].set_gone()

        # a network drive that is away can take seconds to answer
        background.run(
            self,
            lambda: [folder for folder in folders if not folder.is_dir()],
            on_gone,
            lambda _: None,
            key="recent",
        )


class RecentButton(QAbstractButton):
    """A project by name, with its folder below."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._is_gone = False
        self.setText(folder.name)
        self.setToolTip(str(folder))
        self.setAccessibleName(self.tr("Open {}").format(folder.name))
        self.setFixedHeight(46)
        self.setMinimumWidth(220)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_gone(self) -> None:
        """The folder is not there now."""
        self._is_gone = True
        self.setToolTip(self.tr("{} is not there now").format(self._folder))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Name over folder."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        if self.underMouse() or self.hasFocus():
            painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
            painter.setPen(QPen(theme.accent(palette), 1) if self.hasFocus() else QPen(Qt.PenStyle.NoPen))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        icons.paint(
            painter,
            "warning" if self._is_gone else "folder-simple",
            QRectF(14, self.height() / 2 - 9, 18, 18),
            quiet,
        )
        inside = self.rect().adjusted(44, 6, -10, -6)
        painter.setPen(quiet if self._is_gone else palette.color(QPalette.ColorRole.WindowText))
        name = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, Qt.AlignmentFlag.AlignTop, name)
        painter.setPen(quiet)
        painter.setFont(theme.smaller(self.font()))
        folder = painter.fontMetrics().elidedText(_short(self._folder), Qt.TextElideMode.ElideMiddle, inside.width())
        painter.drawText(inside, Qt.AlignmentFlag.AlignBottom, folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens it, as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Repaint as the pointer comes and goes."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)


def _short(folder: Path) -> str:
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
