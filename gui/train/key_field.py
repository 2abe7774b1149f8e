"""A control for one key of a recipe, made from the key's rule."""

import math
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from core.recipes.keys import Value
from gui.train.number_box import NumberBox
from gui.train.recipe_keys import Key
from gui.widgets.icons import icon

_LARGEST = 2**31 - 1
_VECTORS = "label_vectors"


class KeyField(QWidget):
    """A check box, a list of choices, a spin box or a line of text, whichever the rule asks for.

    Signals:
        changed: a person set another value.
    """

    changed = Signal()

    def __init__(self, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.control = self._made()
        self.control.setAccessibleName(f"{key.path}: {key.rule.meaning}")
        self.control.setToolTip(self.tr("Allowed: {}").format(key.allowed))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.control)
        self.setFocusProxy(self.control)

    def text(self) -> str:
        """The value as `multihot train --set` takes it."""
        match self.control:
            case QCheckBox() as box:
                return "true" if box.isChecked() else "false"
            case QComboBox() as box:
                return box.currentText()
            case QSpinBox() as box:
                return str(box.value())
            case NumberBox() as box:
                return repr(box.value())
            case QLineEdit() as line:
                return line.text().strip()
        raise AssertionError(self.control)

    def show_value(self, value: Value) -> None:
        """Show a value without telling."""
        control = self.control
        with QSignalBlocker(control):
            match control:
                case QCheckBox():
                    control.setChecked(bool(value))
                case QComboBox():
                    control.setCurrentText(str(value))
                case QSpinBox():
                    control.setValue(int(value))
                case NumberBox():
                    control.setValue(float(value))
                case QLineEdit():
                    # the place of the cursor is lost when the same text is set again
                    if control.text().strip() != value:
                        control.setText(str(value))
        self.show_wrong(False)

    def show_wrong(self, wrong: bool) -> None:
        """Mark the value as one that is not allowed."""
        if bool(self.control.property("wrong")) != wrong:
            self.control.setProperty("wrong", wrong)
            self.control.style().polish(self.control)

    def _made(self) -> QWidget:
        rule, kind = self.key.rule, self.key.kind
        if kind is bool:
            check = QCheckBox()
            check.toggled.connect(self.changed)
            return check
        if rule.choices:
            choice = _Choice()
            choice.addItems(list(rule.choices))
            choice.currentIndexChanged.connect(self.changed)
            return choice
        if kind is int:
            whole = _Whole()
            whole.setRange(round(max(rule.low, -_LARGEST)), round(min(rule.high, _LARGEST)))
            whole.setSingleStep(rule.multiple_of)
            whole.valueChanged.connect(self.changed)
            return whole
        if kind is float:
            number = NumberBox()
            number.setRange(max(rule.low, math.nextafter(rule.above, math.inf)), min(rule.high, rule.below))
            number.value_changed.connect(self.changed)
            return number
        line = QLineEdit()
        line.textEdited.connect(self.changed)
        if self.key.name == _VECTORS:
            pick = line.addAction(icon("folder-open"), QLineEdit.ActionPosition.TrailingPosition)
            pick.setToolTip(self.tr("Pick a GloVe text file"))
            pick.triggered.connect(self._pick_vectors)
        return line

    def _pick_vectors(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Word vectors (GloVe)"), self.text(), self.tr("GloVe text files (*.txt)")
        )
        if chosen and isinstance(self.control, QLineEdit):
            self.control.setText(str(Path(chosen)))
            self.changed.emit()


class _Choice(QComboBox):
    """Choices in a form that scrolls: the wheel scrolls the form unless the list was clicked."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form."""
        event.ignore()


class _Whole(QSpinBox):
    """A whole number in a form that scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form."""
        event.ignore()
