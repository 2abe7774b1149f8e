"""A control for one key of a recipe, made from the key's rule."""

import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QFileDialog, QHBoxLayout, QLineEdit, QWidget

from core.recipes.keys import Value
from gui.train.number_box import NumberBox
from gui.train.recipe_keys import Key
from gui.widgets.icons import icon

_VECTORS = "label_vectors"


class KeyField(QWidget):
    """A check box, a list of choices, a field for a number or a line of text, whichever the rule asks for.

    Signals:
        edited: something is being typed.
        committed: a person set a value: what was typed is complete.
    """

    edited = Signal()
    committed = Signal()

    def __init__(self, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self._known = ""
        self.control = self._made()
        self.control.setAccessibleName(f"{key.path}: {key.rule.meaning}")
        self.control.setToolTip(self.tr("Allowed: {}").format(key.allowed))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.control)
        self.setFocusProxy(self.control)

    @property
    def is_half_typed(self) -> bool:
        """Whether something was typed that was not committed yet."""
        return self.text() != self._known

    def text(self) -> str:
        """The value as `multihot train --set` takes it; as it was typed, so it may be none."""
        match self.control:
            case QCheckBox() as box:
                return "true" if box.isChecked() else "false"
            case QComboBox() as box:
                return box.currentText()
            case NumberBox() as box:
                return box.text().replace(",", ".").strip()
            case QLineEdit() as line:
                return line.text().strip()
        raise AssertionError(self.control)

    def show_value(self, value: Value) -> None:
        """Show a value without telling."""
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        self.show_text(f"{value:.12g}" if is_number else str(value).lower() if isinstance(value, bool) else str(value))

    def show_text(self, text: str) -> None:
        """Show what `text` gave, without telling."""
        control = self.control
        with QSignalBlocker(control):
            match control:
                case QCheckBox():
                    control.setChecked(text == "true")
                case QComboBox():
                    control.setCurrentText(text)
                case NumberBox():
                    if self.text() != text:
                        control.show_text(text)
                case QLineEdit():
                    # the place of the cursor is lost when the same text is set again
                    if self.text() != text:
                        control.setText(text)
        self._known = self.text()

    def show_wrong(self, wrong: bool) -> None:
        """Mark the value as one that is not allowed."""
        if bool(self.control.property("wrong")) != wrong:
            self.control.setProperty("wrong", wrong)
            self.control.style().polish(self.control)

    def suggest(self, texts: Sequence[str]) -> None:
        """Offer texts while one is typed."""
        if isinstance(self.control, QLineEdit):
            completer = QCompleter(list(texts), self.control)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.activated.connect(lambda _: self.commit())
            self.control.setCompleter(completer)

    def commit(self) -> None:
        """What stands there is meant; nothing happens where that is known."""
        if self.is_half_typed:
            self._known = self.text()
            self.committed.emit()

    def _made(self) -> QWidget:
        rule, kind = self.key.rule, self.key.kind
        if kind is bool:
            check = QCheckBox()
            check.toggled.connect(self.commit)
            return check
        if rule.choices:
            choice = _Choice()
            choice.addItems(list(rule.choices))
            choice.currentIndexChanged.connect(self.commit)
            return choice
        if kind in (int, float):
            number = NumberBox(step=rule.multiple_of if kind is int else 0)
            number.setRange(max(rule.low, math.nextafter(rule.above, math.inf)), min(rule.high, rule.below))
            number.edited.connect(self.edited)
            number.committed.connect(self.commit)
            return number
        line = QLineEdit()
        line.textEdited.connect(self.edited)
        line.editingFinished.connect(self.commit)
        if self.key.name == _VECTORS:
            pick = line.addAction(icon("folder-open"), QLineEdit.ActionPosition.TrailingPosition)
            pick.setToolTip(self.tr("Pick a GloVe text file"))
            pick.triggered.connect(self._pick_vectors)
        return line

    def _pick_vectors(self) -> None:
        chosen = pick_vectors(self, self.text())
        if chosen and isinstance(self.control, QLineEdit):
            self.control.setText(str(chosen))
            self.commit()


def pick_vectors(parent: QWidget, before: str) -> Path | None:
    """Let a person pick a file of word vectors; None when none was picked."""
    chosen, _ = QFileDialog.getOpenFileName(
        parent, parent.tr("Word vectors (GloVe)"), before, parent.tr("GloVe text files (*.txt)")
    )
    return Path(chosen) if chosen else None


class _Choice(QComboBox):
    """Choices in a form that scrolls: the wheel scrolls the form unless the list was clicked."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form."""
        event.ignore()
