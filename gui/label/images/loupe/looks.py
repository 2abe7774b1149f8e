"""Looking at images in another way: the look itself, the panel to change it, the badge that says that it is changed."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from gui.label.images.loupe.floating import Floating
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button
from gui.widgets.look import LIMIT, Look

_STEP, _PAGE = 5, 25


class Looks(QObject):
    """How images are looked at in the loupe and in the comparison; it stays from image to image until it is reset.

    Signals:
        changed: the look is another one.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = Look()
        session.project_closed.connect(self.reset)

    @property
    def look(self) -> Look:
        """How images are looked at."""
        return self._look

    def rotate(self, turns: int) -> None:
        """Turn the view so many quarter turns clockwise; fewer than 0 turn it the other way."""
        self._set(self._look.turned(turns))

    def set_brightness(self, brightness: int) -> None:
        """Set the brightness, from -100 to 100."""
        self._set(replace(self._look, brightness=brightness))

    def set_contrast(self, contrast: int) -> None:
        """Set the contrast, from -100 to 100."""
        self._set(replace(self._look, contrast=contrast))

    def reset(self) -> None:
        """See images as they are."""
        self._set(Look())

    def _set(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self.changed.emit()


class LookBadge(QPushButton):
    """Says that images are not seen as they are, and takes it back when it is pressed; hidden while they are."""

    def __init__(self, looks: Looks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._looks = looks
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setText(self.tr("View changed · Reset"))
        self.clicked.connect(looks.reset)
        looks.changed.connect(self._show_look)
        self._show_look()

    def _show_look(self) -> None:
        look = self._looks.look
        had_focus = self.hasFocus()
        self.setVisible(not look.is_plain)
        if had_focus and look.is_plain:
            parent = self.parentWidget()
            if parent is not None:
                parent.setFocus()
        parts = []
        if look.turns:
            degrees = {1: self.tr("rotated right"), 2: self.tr("upside down"), 3: self.tr("rotated left")}
            parts.append(degrees[look.turns])
        if look.brightness:
            parts.append(self.tr("brightness {value:+d}").format(value=look.brightness))
        if look.contrast:
            parts.append(self.tr("contrast {value:+d}").format(value=look.contrast))
        what = self.tr("The view is changed: {parts}. The file stays as it is.").format(parts=", ".join(parts))
        self.setToolTip(what + "\n" + self.tr("Press to see images as they are."))
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(what)

    def event(self, event: QEvent) -> bool:
        """Space and Return press it, though the window uses them to go on."""
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in keys:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses it too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


class LookPanel(Floating):
    """Turns the view and changes its brightness and contrast, over a corner of the picture."""

    def __init__(self, looks: Looks, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Look"), parent)
        self._looks = looks
        self.brightness = self._slider(self.tr("Brightness"))
        self.contrast = self._slider(self.tr("Contrast"))
        self._values = [QLabel(), QLabel()]
        self.left = icon_button("arrow-counter-clockwise", self.tr("Rotate the view left"))
        self.right = icon_button("arrow-clockwise", self.tr("Rotate the view right"))
        self.reset = flat(QPushButton(self.tr("Reset")))
        note = QLabel(self.tr("For looking only: the file stays as it is."))
        note.setProperty("tone", "secondary")
        note.setFont(theme.smaller(note.font()))

        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE)
        for row, (slider, value) in enumerate(zip((self.brightness, self.contrast), self._values, strict=True)):
            name = QLabel(slider.accessibleName())
            name.setBuddy(slider)
            value.setFont(theme.tabular(value.font()))
            value.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("+100"))
            grid.addWidget(name, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(value, row, 2)
        grid.setColumnStretch(1, 1)
        turn = QHBoxLayout()
        turn.setSpacing(theme.SPACE // 2)
        turn.addWidget(self.left)
        turn.addWidget(self.right)
        turn.addStretch(1)
        turn.addWidget(self.reset)
        self.body.addLayout(grid)
        self.body.addLayout(turn)
        self.body.addWidget(note)

        self.brightness.valueChanged.connect(looks.set_brightness)
        self.contrast.valueChanged.connect(looks.set_contrast)
        self.left.clicked.connect(lambda: looks.rotate(-1))
        self.right.clicked.connect(lambda: looks.rotate(1))
        self.reset.clicked.connect(looks.reset)
        looks.changed.connect(self._show_look)
        self._show_look()

    def show_keys(self, left: str, right: str) -> None:
        """Say which keys turn the view, as this system writes them; empty for none."""
        for button, key in ((self.left, left), (self.right, right)):
            tip = button.accessibleName()
            button.setToolTip(f"{tip} ({key})" if key else tip)

    def first(self) -> QWidget:
        """Where the focus goes when the panel opens."""
        return self.brightness

    def _slider(self, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(-LIMIT, LIMIT)
        slider.setSingleStep(_STEP)
        slider.setPageStep(_PAGE)
        slider.setMinimumWidth(140)
        slider.setAccessibleName(name)
        return slider

    def _show_look(self) -> None:
        look = self._looks.look
        for slider, label, value in zip(
            (self.brightness, self.contrast), self._values, (look.brightness, look.contrast), strict=True
        ):
            slider.setValue(value)
            label.setText(f"{value:+d}" if value else "0")
        if look.is_plain and self.reset.hasFocus():
            self.brightness.setFocus()
        self.reset.setEnabled(not look.is_plain)
