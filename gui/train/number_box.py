"""A field for a number of any size, such as a learning rate."""

import math

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget


class NumberBox(QAbstractSpinBox):
    """A number as short as it can be written, "0.0001" or "1e-05"; its arrows change the first digit, or by a step.

    Qt's own boxes round to a fixed count of decimals, and put another number in place of one that is not allowed; here
    what was typed stays, for who reads it to judge.

    Signals:
        edited: something is being typed, which may be half a number.
        committed: a text is complete: Enter, the arrows, `setValue`, or the focus went elsewhere.
    """

    edited = Signal()
    committed = Signal()

    def __init__(self, parent: QWidget | None = None, *, step: int = 0) -> None:
        """Make a field.

        Args:
            parent: owner in Qt's sense.
            step: of a whole number's arrows; 0 for a number of any kind, whose first digit they change.
        """
        super().__init__(parent)
        self._step = step
        self._low, self._high = -math.inf, math.inf
        self._value = 0.0
        self.lineEdit().textEdited.connect(self._on_text_edited)
        self.editingFinished.connect(self.committed)

    def setRange(self, low: float, high: float) -> None:
        """Where the arrows end; what is typed beyond it is told by who reads it."""
        self._low, self._high = low, high

    def value(self) -> float:
        """The number that was last a number."""
        return self._value

    def setValue(self, value: float) -> None:
        """Show a number."""
        text = f"{value:.12g}"
        if value != self._value or text != self.lineEdit().text():
            self.show_text(text)
            self.committed.emit()

    def show_text(self, text: str) -> None:
        """Show a text, which need not be a number, without telling."""
        self._read(text)
        with QSignalBlocker(self.lineEdit()):
            self.lineEdit().setText(text)

    def stepBy(self, steps: int) -> None:
        """Change the first digit, or go by the step to the next number that it divides."""
        value = self._value
        for _ in range(abs(steps)):
            if self._step:
                up = math.floor(value / self._step) + 1
                down = math.ceil(value / self._step) - 1
                value = (up if steps > 0 else down) * self._step
                continue
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
        self._read(text)
        self.edited.emit()

    def _read(self, text: str) -> None:
        value = _number(text)
        if value is not None:
            self._value = value


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
