"""A field for a number of any size, such as a learning rate."""

import math

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget


class NumberBox(QAbstractSpinBox):
    """A number as short as it can be written, "0.0001" or "1e-05"; its arrows change the first digit.

    Qt's own box rounds to a fixed count of decimals.

    Signals:
        value_changed: another number stands there, by typing, by the arrows or by `setValue`.
    """

    value_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low, self._high = -math.inf, math.inf
        self._value = 0.0
        self.setKeyboardTracking(True)
        self.lineEdit().textEdited.connect(self._on_text_edited)
        self.editingFinished.connect(self._show)

    def setRange(self, low: float, high: float) -> None:
        """Where the arrows end; what is typed beyond it is told by who reads it."""
        self._low, self._high = low, high

    def value(self) -> float:
        """The number that was last a number."""
        return self._value

    def setValue(self, value: float) -> None:
        """Show a number."""
        if value != self._value or not self.lineEdit().text():
            changed = value != self._value
            self._value = value
            self._show()
            if changed:
                self.value_changed.emit(value)

    def stepBy(self, steps: int) -> None:
        """Change the first digit."""
        value = self._value
        for _ in range(abs(steps)):
            size = abs(value) if steps > 0 else abs(value) * 0.999999
            unit = 10.0 ** math.floor(math.log10(size)) if size else 0.1
            value = value + math.copysign(unit, steps)
        self.setValue(float(f"{min(max(value, self._low), self._high):.12g}"))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways, within the range."""
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self._value > self._low:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        if self._value < self._high:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        return flags

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """A number is fine, the beginning of one may stay for now."""
        if _number(text) is not None:
            return QValidator.State.Acceptable, text, position
        is_begun = all(character in "0123456789.,eE+-" for character in text)
        return (QValidator.State.Intermediate if is_begun else QValidator.State.Invalid), text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form, which scrolls."""
        event.ignore()

    def _on_text_edited(self, text: str) -> None:
        value = _number(text)
        if value is not None and value != self._value:
            self._value = value
            self.value_changed.emit(value)

    def _show(self) -> None:
        with QSignalBlocker(self.lineEdit()):
            self.lineEdit().setText(f"{self._value:.12g}")


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
