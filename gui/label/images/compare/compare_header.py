"""The line above the images that are compared: which they are, and how their labels differ."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui.label.images.loupe.looks import LookBadge, Looks
from gui.widgets import theme
from gui.widgets.buttons import icon_button
from gui.widgets.icons import icon


class CompareHeader(QWidget):
    """How many images, what is different between them, and the button that links their views.

    Attributes:
        linked: the button; it is down at first.
        badge: says that the look is changed.
    """

    def __init__(self, looks: Looks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self.linked = icon_button("link-simple", self.tr("All images zoom and move together"), checkable=True)
        self.linked.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.linked.toggled.connect(self._show_linked)
        self.linked.setChecked(True)
        self.badge = LookBadge(looks)
        self._place = QLabel()
        self._place.setFont(theme.tabular(self._place.font()))
        self._different = QLabel()
        self._different.setProperty("tone", "secondary")
        self._different.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        layout.setSpacing(theme.GROUP)
        layout.addWidget(self._place)
        layout.addWidget(self._different, 1)
        layout.addWidget(self.badge)
        layout.addWidget(self.linked)

    def show_place(self, first: int, seen: int, count: int) -> None:
        """Say which of the images are seen: so many from `first` on, which counts from 0, of `count`."""
        text = self.tr("{count} images").format(count=seen)
        if count > seen:
            text = self.tr("{first} to {last} of {count} images").format(
                first=f"{first + 1:,}", last=f"{first + seen:,}", count=f"{count:,}"
            )
        self._place.setText(text)

    def show_different(self, names: list[str]) -> None:
        """Say which labels not all of the images have."""
        self._words = self.tr("Same labels")
        if names:
            self._words = self.tr("Different: {names}").format(names=", ".join(names))
        self._elide()

    def words(self) -> str:
        """What is said of the labels."""
        return self._words

    def _show_linked(self, linked: bool) -> None:
        self.linked.setText(self.tr("Linked") if linked else self.tr("Not linked"))
        self.linked.setIcon(icon("link-simple" if linked else "link-simple-break"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is more or less room for words."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = max(self._different.width(), 40)
        self._different.setText(
            self._different.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        )
        self._different.setToolTip(self._words)
        self._different.setAccessibleName(self._words)
