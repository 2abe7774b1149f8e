"""How the places that speak for a label are laid over an image: whether, and how much they cover."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from gui.inspect.heat_image import HeatScale
from gui.widgets import theme
from gui.widgets.buttons import icon_button

_OPACITY = 55


class HeatBar(QWidget):
    """A switch, a slider, and what the colours mean.

    Attributes:
        slider: how much the colours cover the image, in per cent.

    Signals:
        changed: another choice.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._switch = icon_button(
            "fire", self.tr("Show the places that speak for the label"), shortcut="H", checkable=True
        )
        self._switch.setChecked(True)
        self.slider = _Opacity(self.tr("How much the colours cover the image"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(self._switch)
        row.addWidget(self.slider)
        row.addWidget(HeatScale(self.tr("less"), self.tr("more")))
        self._switch.toggled.connect(self.changed)
        self.slider.valueChanged.connect(self.changed)

    @property
    def is_on(self) -> bool:
        """Whether they are to be seen."""
        return self._switch.isChecked()

    @property
    def opacity(self) -> float:
        """How much they cover, in [0.1, 1]."""
        return self.slider.value() / 100

    def toggle(self) -> None:
        """Show them, or hide them."""
        self._switch.toggle()


class _Opacity(QSlider):
    """How much the colours cover the image, in per cent."""

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(10, 100)
        self.setValue(_OPACITY)
        self.setFixedWidth(110)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setToolTip(name)

    def event(self, event: QEvent) -> bool:
        """Keep the arrow keys, which elsewhere go to other images and labels."""
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in arrows:
            event.accept()
            return True
        return super().event(event)
