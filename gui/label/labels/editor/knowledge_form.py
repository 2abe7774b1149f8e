"""The part of a label's editor that says what the label means: words, parent, examples, rules."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.labels import EXAMPLES_LIMIT, MULTI_CLASS, Label
from core.project.labels.rules import check_parent
from gui.label.labels.editor import consequences
from gui.label.labels.editor.label_box import LabelBox
from gui.label.labels.list.examples import ExampleStrip, known_images
from gui.label.labels.rules.rule_findings import possible_parents
from gui.label.labels.rules.rule_words import counted, names_of, words_of
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat

_PICTURE = 50
_LINES = 3
_SHOWN_RULES = 4


class KnowledgeForm(QWidget):
    """Fields for a description, a parent and examples, and the rules that the label is in.

    Signals:
        rules_wanted: the rules are to be seen and changed.
        resized: it needs other room.
    """

    rules_wanted = Signal()
    resized = Signal()

    def __init__(self, session: Session, label: Label, chosen_images: Sequence[int]) -> None:
        super().__init__()
        self._session = session
        self._label = label
        self._chosen = tuple(int(one) for one in chosen_images[: EXAMPLES_LIMIT + 1])
        self._chosen_count = len(chosen_images)
        self._examples = known_images(session, label.examples)

        # make
        self.words = QPlainTextEdit(label.description)
        self.words.setPlaceholderText(self.tr("What it means, and what it does not"))
        self.words.setAccessibleName(self.tr("Description of the label"))
        self.words.setTabChangesFocus(True)
        lines = _LINES * self.words.fontMetrics().lineSpacing()
        self.words.setFixedHeight(lines + 2 * round(self.words.document().documentMargin()) + 12)
        self.words.installEventFilter(self)
        self.parent_box = LabelBox(self.tr("Parent of the label"))
        self.parent_box.setToolTip(self.tr("Where this label is present, its parent is present, too"))
        self.parent_words = QLabel()
        self.parent_words.setTextFormat(Qt.TextFormat.PlainText)
        self.parent_words.setProperty("tone", "secondary")
        self.parent_words.setWordWrap(True)
        self.parent_words.hide()
        self.strip = ExampleStrip(session, side=_PICTURE, editable=True)
        self.pinned = QLabel()
        self.pinned.setProperty("tone", "secondary")
        self.pin = flat(QPushButton())
        self.rules = QLabel()
        self.rules.setTextFormat(Qt.TextFormat.PlainText)
        self.rules.setWordWrap(True)
        self.rules.setProperty("tone", "secondary")
        self.rules_button = flat(QPushButton(self.tr("Rules…")))
        self.rules_button.setToolTip(self.tr("Keep the changes, and see all rules"))

        self._lay_out(has_rules=session.store.task != MULTI_CLASS)
        self._fill_parents()
        self._show_rules()
        self._show_examples()
        self.parent_box.label_changed.connect(self._on_parent_changed)
        self.parent_box.unknown_left.connect(self._on_unknown_parent)
        self.strip.unpinned.connect(self._on_unpinned)
        self.pin.clicked.connect(self._on_pin)
        self.rules_button.clicked.connect(self.rules_wanted)

    def description(self) -> str:
        """What was typed."""
        return self.words.toPlainText().strip()

    def parent_id(self) -> int:
        """The chosen parent; 0 for none.

        Raises:
            ProjectError: what was typed is no label.
        """
        chosen, typed = self.parent_box.complete(), self.parent_box.typed()
        if chosen is None and typed:
            raise ProjectError(f"There is no label “{typed}”.", next_step="Choose one of the list, or no parent.")
        return chosen or 0

    def examples(self) -> tuple[int, ...]:
        """Ids of the pinned images."""
        return tuple(self._examples)

    def _lay_out(self, *, has_rules: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.words)
        caption = QLabel(self.tr("Parent"))
        caption.setBuddy(self.parent_box)
        parent_row = QWidget()
        parent_row.setLayout(_row(caption, self.parent_box))
        parent_row.setVisible(has_rules)
        column.addWidget(parent_row)
        column.addWidget(self.parent_words)
        column.addLayout(_row(QLabel(self.tr("Examples")), self.pinned, None, self.pin))
        column.addWidget(self.strip)
        row_of_rules = QHBoxLayout()
        row_of_rules.setSpacing(theme.SPACE)
        row_of_rules.addWidget(self.rules, 1)
        row_of_rules.addWidget(self.rules_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row_of_rules)
        self.rules.setVisible(has_rules)
        self.rules_button.setVisible(has_rules)

    def _fill_parents(self) -> None:
        store, label = self._session.store, self._label
        field = self.parent_box.lineEdit()
        assert field is not None
        field.setPlaceholderText(self.tr("None: type a label"))
        if store.task == MULTI_CLASS:
            return
        others = [one for one in store.labels if one.id != label.id]
        self.parent_box.set_labels(others)
        possible = {one.id for one in possible_parents(label.id, store.labels, store.rules)}
        # a contradiction that came with a merge is shown as it is
        forbidden = {one.id for one in others} - possible - {label.parent}
        self.parent_box.pale(forbidden, self.tr("Rules forbid it; choose it to read why"))
        self.parent_box.choose(label.parent)

    def _on_parent_changed(self) -> None:
        store, label = self._session.store, self._label
        parent = next((one for one in store.labels if one.id == self.parent_box.label_id()), None)
        said = ""
        if parent is not None and parent.id != label.parent:
            try:
                check_parent(label.id, parent.id, store.labels, store.rules)
                said = consequences.of_parent(store, label, parent)
            except ProjectError as error:
                said = f"{error.sentence} {error.next_step}"
        self._say_of_parent(said)

    def _on_unknown_parent(self, typed: str) -> None:
        self._say_of_parent(
            self.tr("There is no label “{}”.").format(typed) + " " + self.tr("Choose one of the list, or no parent.")
        )

    def _say_of_parent(self, said: str) -> None:
        if said != self.parent_words.text():
            self.parent_words.setText(said)
            self.parent_words.setVisible(bool(said))
            self.parent_box.setAccessibleDescription(said)
            self.resized.emit()

    def _show_rules(self) -> None:
        store = self._session.store
        names = names_of(store.labels)
        said = [words_of(rule, names) for rule in store.rules if self._label.id in rule.label_ids]
        children = [one.name for one in store.labels if one.parent == self._label.id]
        if children:
            said.append(self.tr("Parent of {}").format(", ".join(f"“{one}”" for one in children)))
        left = len(said) - _SHOWN_RULES
        shown = said[:_SHOWN_RULES] + ([self.tr("and {} more").format(left)] if left > 0 else [])
        self.rules.setText("\n".join(shown) if shown else self.tr("In no rule"))

    # examples

    def _show_examples(self) -> None:
        self.strip.show_images(self._examples)
        # widgets that are made later come last else
        order: list[QWidget] = [self.pin, *self.strip.pictures, self.rules_button]
        for one, following in pairwise(order):
            QWidget.setTabOrder(one, following)
        self.pinned.setText(self.tr("{} of {} pinned").format(len(self._examples), EXAMPLES_LIMIT))
        fresh = [one for one in self._chosen if one not in self._examples]
        count = self._chosen_count
        text = self.tr("Pin the chosen image") if count <= 1 else self.tr("Pin {:,} chosen images").format(count)
        self.pin.setText(text)
        room = EXAMPLES_LIMIT - len(self._examples)
        self.pin.setEnabled(bool(fresh) and count <= EXAMPLES_LIMIT and len(fresh) <= room)
        tip = ""
        if not count:
            tip = self.tr("Choose images first")
        elif not fresh:
            tip = self.tr("The chosen images are pinned already")
        elif not self.pin.isEnabled():
            tip = self.tr("There is room for {}").format(counted(room, self.tr("image"), self.tr("images")))
        self.pin.setToolTip(tip)

    def _on_pin(self) -> None:
        self._examples = list(dict.fromkeys([*self._examples, *self._chosen]))
        self._show_examples()
        self.resized.emit()

    def _on_unpinned(self, image_id: int) -> None:
        place = self._examples.index(image_id)
        self._examples.remove(image_id)
        self._show_examples()
        self.resized.emit()
        # the keys go on with the next picture
        left = self.strip.pictures
        (left[min(place, len(left) - 1)] if left else self.pin).setFocus()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Ctrl with Return is for the editor, which is done then."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if event.key() == Qt.Key.Key_Escape or (
                is_return and event.modifiers() & Qt.KeyboardModifier.ControlModifier
            ):
                event.ignore()
                return True
        return False


def _row(*parts: QWidget | None) -> QHBoxLayout:
    """Parts beside each other; None stretches, and so does a box to choose from."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.SPACE)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part, 1 if isinstance(part, QComboBox) else 0)
    return row
