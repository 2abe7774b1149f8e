"""The rail at the left: the four workspaces, in the order of the work."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from gui.commands import Commands
from gui.widgets import icons, theme

WIDTH = 64
WORKSPACES = ("label", "train", "inspect", "export")
_ICONS = {"label": "tag", "train": "chart-line-up", "inspect": "sliders-horizontal", "export": "package"}


class Rail(QWidget):
    """Four buttons, one of them down.

    Signals:
        chosen: name of a workspace.
    """

    chosen = Signal(str)

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, RailButton] = {}
        self._group = QButtonGroup(self)
        self.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE, 0, theme.SPACE)
        layout.setSpacing(theme.SPACE // 2)
        for name in WORKSPACES:
            button = RailButton(_ICONS[name], commands[f"view.{name}"])
            button.clicked.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            self._group.addButton(button)
            self._buttons[name] = button
            layout.addWidget(button)
        layout.addStretch(1)

    def set_current(self, name: str | None) -> None:
        """Show which workspace is seen; None for none of them."""
        self._group.setExclusive(name is not None)
        for one, button in self._buttons.items():
            button.setChecked(one == name)

    def set_enabled(self, enabled: bool) -> None:
        """Without a project there is nothing to go to."""
        for button in self._buttons.values():
            button.setEnabled(enabled)

    def set_dot(self, name: str, shown: bool) -> None:
        """Show, or hide, that something goes on in a workspace."""
        self._buttons[name].set_dot(shown)


class RailButton(QAbstractButton):
    """An icon over a word."""

    def __init__(self, icon: str, action: QAction) -> None:
        super().__init__()
        self._icon = icon
        self._dot = False
        self._action = action
        self.setText(action.text())
        self._show_tip()
        action.changed.connect(self._show_tip)
        self.setAccessibleName(action.text())
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(WIDTH, 56)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def _show_tip(self) -> None:
        # its key may change
        self.setToolTip(self._action.toolTip())

    def set_dot(self, shown: bool) -> None:
        """Show, or hide, that something goes on here."""
        if shown != self._dot:
            self._dot = shown
            self.setAccessibleDescription(self.tr("A run is going on") if shown else "")
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the rail."""
        return QSize(WIDTH, 56)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Icon, word, and for the current one a bar of accent at the edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        body = QRectF(self.rect()).adjusted(6, 1, -6, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or (self.isEnabled() and self.underMouse()):
            painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(body, 7, 7)
        if self.isChecked():
            painter.setBrush(theme.accent(palette))
            painter.drawRoundedRect(QRectF(0, body.top() + 12, 3, body.height() - 24), 1.5, 1.5)
        role = QPalette.ColorRole.WindowText if self.isChecked() else QPalette.ColorRole.PlaceholderText
        color = palette.color(group, role if self.isEnabled() else QPalette.ColorRole.WindowText)
        name = f"{self._icon}-fill" if self.isChecked() else self._icon
        icons.paint(painter, name, QRectF(self.width() / 2 - 11, 8, 22, 22), color)
        painter.setPen(color)
        painter.setFont(theme.smaller(self.font()))
        word = QRectF(0, 32, self.width(), 18)
        painter.drawText(word, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.accent(palette))
            painter.drawEllipse(QPointF(self.width() / 2 + 13, 11), 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.accent(palette))
            painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)

    def event(self, event: QEvent) -> bool:
        """Repaint as the pointer comes and goes."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)
