"""Fields to add or change a rule."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.labels import Label, Rule, RuleKind
from gui.label.labels.editor.label_box import LabelBox, dot
from gui.label.labels.rules.rule_words import kind_words
from gui.widgets import theme
from gui.widgets.buttons import flat, pressed_with_focus, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.flow import Flow

_KINDS: tuple[RuleKind, ...] = ("implies", "never", "exclusive")


class RuleForm(QFrame):
    """A kind, and labels by letters of their names; for a group its name, too.

    Signals:
        saved: the kind, tuple of label ids and name that were put in.
        cancelled: nothing is to change.
    """

    saved = Signal(str, object, str)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[Label, ...] = ()
        self._group: list[int] = []

        # make
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Kind of the rule"))
        for kind in _KINDS:
            self.kind.addItem(kind_words(kind), kind)
        self.first = LabelBox(self.tr("First label"))
        self.second = LabelBox(self.tr("Second label"))
        self.between = QLabel()
        self.after = QLabel()
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of the group"))
        self.name.setAccessibleName(self.tr("Name of the group"))
        self.one_more = LabelBox(self.tr("Label of the group"))
        self.add_label = QPushButton(self.tr("Add to the group"))
        self._chips: Flow | None = None
        self._chip_row = QVBoxLayout()
        self._no_chips = QLabel(self.tr("At most one of the labels put in here may be present."))
        self._no_chips.setProperty("tone", "secondary")
        self.error = ErrorRow()
        self.save = primary(QPushButton(self.tr("Add rule")))
        self.cancel = flat(QPushButton(self.tr("Cancel")))
        for button in (self.add_label, self.save, self.cancel):
            pressed_with_focus(button)
        self._lay_out()

        # connect
        self.kind.currentIndexChanged.connect(self._show_kind)
        self.add_label.clicked.connect(self._on_add_label)
        self.one_more.return_pressed.connect(self._on_add_label)
        for box in (self.first, self.second, self.one_more):
            box.unknown_left.connect(self._on_unknown_left)
            # what was said of it is no longer so
            box.label_changed.connect(self.error.clear)
        self.first.return_pressed.connect(self.second.setFocus)
        self.second.return_pressed.connect(self._on_save)
        self.name.returnPressed.connect(self.one_more.setFocus)
        self.save.clicked.connect(self._on_save)
        self.cancel.clicked.connect(self.cancelled)
        self._show_kind()

    def begin(self, labels: Sequence[Label], rule: Rule | None = None) -> None:
        """Show the fields of a rule, or empty ones for a new one."""
        self._labels = tuple(labels)
        self.error.clear()
        for box in (self.first, self.second, self.one_more):
            box.set_labels(labels)
        self.kind.setEnabled(rule is None)
        self.save.setText(self.tr("Add rule") if rule is None else self.tr("Change rule"))
        self.name.setText("" if rule is None else rule.name)
        self._group = []
        if rule is not None:
            self.kind.setCurrentIndex(_KINDS.index(rule.kind))
            if rule.kind == "exclusive":
                self._group = list(rule.label_ids)
            else:
                self.first.choose(rule.label_ids[0])
                self.second.choose(rule.label_ids[1])
        self._show_chips()
        self._show_kind()
        if rule is None:
            self.kind.setFocus()
        elif rule.kind == "exclusive":
            self.one_more.setFocus()
        else:
            self.first.setFocus()

    def in_order(self) -> tuple[QWidget, ...]:
        """The parts that Tab comes to, in reading order, without the labels of a group."""
        return (
            self.kind, self.first, self.second, self.name, self.one_more, self.add_label, self.cancel, self.save,
        )  # fmt: skip

    def _lay_out(self) -> None:
        pair = QHBoxLayout()
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(theme.SPACE)
        pair.addWidget(self.first, 1)
        pair.addWidget(self.between)
        pair.addWidget(self.second, 1)
        pair.addWidget(self.after)
        pair_page = QWidget()
        pair_page.setLayout(pair)
        group = QHBoxLayout()
        group.setContentsMargins(0, 0, 0, 0)
        group.setSpacing(theme.SPACE)
        group.addWidget(self.name, 1)
        group.addWidget(self.one_more, 1)
        group.addWidget(self.add_label)
        group_page = QWidget()
        group_page.setLayout(group)
        self._fields = QStackedWidget()
        self._fields.addWidget(pair_page)
        self._fields.addWidget(group_page)
        first = QHBoxLayout()
        first.setSpacing(theme.SPACE)
        first.addWidget(self.kind)
        first.addWidget(self._fields, 1)
        last = QHBoxLayout()
        last.setSpacing(theme.SPACE)
        last.addWidget(self.error, 1)
        last.addStretch(0)
        last.addWidget(self.cancel)
        last.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(first)
        layout.addWidget(self._no_chips)
        layout.addLayout(self._chip_row)
        layout.addLayout(last)

    def _kind(self) -> RuleKind:
        return _KINDS[self.kind.currentIndex()]

    def _show_kind(self) -> None:
        kind = self._kind()
        is_group = kind == "exclusive"
        self._fields.setCurrentIndex(int(is_group))
        self._no_chips.setVisible(is_group and not self._group)
        if self._chips is not None:
            self._chips.setVisible(is_group)
        self.between.setText(self.tr("implies") if kind == "implies" else self.tr("and"))
        self.after.setText("" if kind == "implies" else self.tr("never together"))
        self.after.setVisible(kind == "never")
        self.error.clear()

    def _show_chips(self) -> None:
        if self._chips is not None:
            self._chip_row.removeWidget(self._chips)
            self._chips.hide()
            self._chips.deleteLater()
            self._chips = None
        chips = [self._chip(label_id) for label_id in self._group]
        if chips:
            self._chips = Flow(chips, gap=4)
            self._chip_row.addWidget(self._chips)
            # widgets that are made later come last else
            for one, following in pairwise([self.add_label, *chips, self.cancel]):
                QWidget.setTabOrder(one, following)
        self._no_chips.setVisible(self._kind() == "exclusive" and not chips)

    def _chip(self, label_id: int) -> QPushButton:
        label = next(one for one in self._labels if one.id == label_id)
        chip = QPushButton(dot(label.color), label.name.replace("&", "&&") + "  ✕")
        pressed_with_focus(chip)
        chip.setAccessibleName(self.tr("Take “{}” out of the group").format(label.name))
        chip.setToolTip(chip.accessibleName())
        chip.clicked.connect(lambda: self._on_take_out(label_id))
        return chip

    def _on_take_out(self, label_id: int) -> None:
        self._group.remove(label_id)
        self._show_chips()
        self.one_more.setFocus()

    def _on_add_label(self) -> None:
        chosen = self.one_more.complete()
        if chosen is None:
            typed = self.one_more.typed()
            if typed:
                self._on_unknown_left(typed)
            elif len(self._group) > 1:
                self._on_save()
            return
        self.error.clear()
        if chosen not in self._group:
            self._group.append(chosen)
        self._show_chips()
        self.one_more.choose(None)
        self.one_more.setFocus()

    def _on_save(self) -> None:
        kind = self._kind()
        if kind == "exclusive":
            pending = self.one_more.complete()
            if pending is not None and pending not in self._group:
                self._on_add_label()
            self.saved.emit(kind, tuple(self._group), self.name.text())
            return
        chosen = (self.first.complete(), self.second.complete())
        for box, label_id in zip((self.first, self.second), chosen, strict=True):
            if label_id is None:
                typed = box.typed()
                said = self.tr("There is no label “{}”.").format(typed) if typed else self.tr("A label is missing.")
                self._refuse(said, self.tr("Choose one of the list."))
                box.setFocus()
                return
        self.saved.emit(kind, chosen, "")

    def _on_unknown_left(self, typed: str) -> None:
        self._refuse(self.tr("There is no label “{}”.").format(typed), self.tr("Choose one of the list."))

    def _refuse(self, sentence: str, next_step: str) -> None:
        self.error.show_text(sentence, next_step=next_step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the form, and not the window."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
            return
        super().keyPressEvent(event)
