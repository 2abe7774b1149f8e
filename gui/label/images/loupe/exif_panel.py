"""What an image file says of itself, on demand, over a corner of the picture."""

from html import escape
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTextBrowser, QWidget

from core.errors import MultihotError
from core.images.exif import ImageFacts, read_facts
from gui import background
from gui.label.images.loupe.floating import Floating
from gui.widgets import theme
from gui.widgets.buttons import flat

_LETTERS = 46
"""Width of the panel, in letters of the font."""


class ExifPanel(Floating):
    """The facts of one image; its text can be selected and copied. It reads in a thread, and only while it is open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Facts of the file"), parent)
        self._path: Path | None = None
        self._read: Path | None = None
        self._rows: list[tuple[str, str]] = []
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Facts of the file"))
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.document().setDocumentMargin(2)
        # on the ground of the panel, without a box of its own
        self.text.setProperty("plain", True)
        self.copy = flat(QPushButton(self.tr("Copy all")))
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.copy)
        self.body.addWidget(self.text, 1)
        self.body.addLayout(foot)
        self.copy.clicked.connect(self._on_copy_clicked)
        theme.on_change(self, self._show)

    def set_path(self, path: Path | None) -> None:
        """Show the facts of another file, or of none; it is read once the panel is open."""
        self._path = path
        self._ask()

    def is_read(self) -> bool:
        """Whether the facts that are shown are those of the file."""
        return self._read == self._path

    def plain_text(self) -> str:
        """All facts, one a line, as they are copied."""
        return "\n".join(f"{name}: {value}" if name else value for name, value in self._rows)

    def first(self) -> QWidget:
        """Where the focus goes when the panel opens."""
        return self.text

    def open_panel(self) -> None:
        """Show it; the keys stay with the picture, so that the arrow keys go on from image to image."""
        self.show()
        self.raise_()
        self._ask()

    def sizeHint(self) -> QSize:
        """Some letters wide, and as high as the text."""
        width = self.fontMetrics().averageCharWidth() * _LETTERS
        around = super().sizeHint().height() - self.text.sizeHint().height()
        document = self.text.document().clone(self)
        document.setTextWidth(width - 2 * theme.PANEL)
        height = round(document.size().height()) + around + 4
        document.deleteLater()
        return QSize(width, height)

    def minimumSizeHint(self) -> QSize:
        """It gives way where the window is small: the text scrolls."""
        return QSize(self.sizeHint().width() // 2, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The text wraps anew."""
        super().resizeEvent(event)
        self.updateGeometry()

    def _ask(self) -> None:
        path = self._path
        if path is None:
            self._read = None
            self._show_rows([])
            return
        if self.isHidden() or path == self._read:
            return
        self._show_rows([(self.tr("File"), path.name), ("", self.tr("Reading…"))])
        background.run(
            self,
            lambda: read_facts(path),
            lambda facts: self._on_read(path, facts),
            lambda error: self._on_failed(path, error),
            key="facts",
        )

    def _on_failed(self, path: Path, error: MultihotError) -> None:
        self._on_read(path, ImageFacts(problem=str(error)))

    def _on_read(self, path: Path, facts: ImageFacts) -> None:
        if path != self._path:
            return
        self._read = path
        names = self._names()
        rows = [(self.tr("File"), path.name)]
        rows += [(names[one.name], one.text) for one in facts.facts]
        if facts.problem:
            rows.append(("", facts.problem))
        elif not facts.has_camera:
            rows.append(("", self.tr("There are no facts of a camera (EXIF) in this file.")))
        self._show_rows(rows)

    def _show_rows(self, rows: list[tuple[str, str]]) -> None:
        self._rows = rows
        self._show()

    def _names(self) -> dict[str, str]:
        return {
            "size": self.tr("Size"),
            "format": self.tr("Format"),
            "bit_depth": self.tr("Depth"),
            "color_space": self.tr("Colours"),
            "orientation": self.tr("Stored"),
            "camera": self.tr("Camera"),
            "lens": self.tr("Lens"),
            "exposure": self.tr("Exposure"),
            "aperture": self.tr("Aperture"),
            "iso": self.tr("Sensitivity"),
            "focal_length": self.tr("Focal length"),
            "taken": self.tr("Taken"),
            "place": self.tr("Place"),
        }

    def _show(self) -> None:
        quiet = theme.secondary(self.palette()).name()
        metrics = self.text.fontMetrics()
        wide = max((metrics.horizontalAdvance(name) for name, _ in self._rows), default=0) + 2 * theme.SPACE
        rows = "".join(
            f"<tr><td width='{wide}' style='color: {quiet}'>{escape(name)}</td><td>{escape(value)}</td></tr>"
            if name
            else f"<tr><td colspan='2' style='padding-top: 6px; color: {quiet}'>{escape(value)}</td></tr>"
            for name, value in self._rows
        )
        self.text.setHtml(f"<table width='100%' cellspacing='0' cellpadding='1'>{rows}</table>")
        self.updateGeometry()

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.plain_text())
