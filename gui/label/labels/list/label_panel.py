"""The labels of the project, at the right of the images."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLineEdit, QPushButton, QStackedWidget, QWidget

from core.errors import ProjectError
from core.labels import EXAMPLES_LIMIT, MULTI_CLASS, Label
from core.project.words import images
from gui.commands import Commands
from gui.label.labels.editor.label_editor import LabelEditor
from gui.label.labels.editor.label_questions import DeleteQuestion, MergeQuestion
from gui.label.labels.list.label_guide import LabelGuide
from gui.label.labels.list.label_list import LabelList
from gui.label.labels.list.label_menu import label_menu
from gui.label.labels.list.label_model import Conflicts, LabelModel, Suggestions
from gui.label.labels.rules.rules_window import show_rules
from gui.label.tagging.annotator import Annotator
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import action_button, flat, with_icon
from gui.widgets.elided import Elided
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import Panel

FIND_FROM = 21
"""Labels from which on there is a field to find one."""


class LabelPanel(Panel):
    """Rows that show and set the states of the chosen images; the place where labels are made and changed.

    Signals:
        filter_wanted: text of a filter; the images that pass it are to be shown.
    """

    filter_wanted = Signal(str)

    def __init__(
        self, session: Session, annotator: Annotator, commands: Commands, parent: QWidget | None = None
    ) -> None:
        super().__init__("Labels", parent=parent, margins=False)
        self._session = session
        self._annotator = annotator
        self._commands = commands
        self._model = LabelModel(session, annotator, self)
        self._tip: LabelGuide | None = None

        # make
        self.list = LabelList(self._model)
        self.find_field = QLineEdit()
        self.find_field.setPlaceholderText(self.tr("Find a label"))
        self.find_field.setAccessibleName(self.tr("Find a label"))
        self.find_field.setToolTip(self.tr("Return gives the best match its next state"))
        self.find_field.setClearButtonEnabled(True)
        self.find_field.installEventFilter(self)
        self._none = QLabel(self.tr("No label has these letters."))
        self._none.setProperty("tone", "secondary")
        self._none.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        self._none.setWordWrap(True)
        self._chosen = Elided()
        self._chosen.setProperty("tone", "secondary")
        self._chosen.setFont(theme.tabular(theme.smaller(self._chosen.font())))
        self._empty = EmptyState("tag", self.tr("No labels yet"), "", self.tr("Add label"))
        self._add = with_icon(flat(QPushButton(self.tr("Add label"))), "plus")
        self._key = QLabel()
        self._key.setProperty("tone", "secondary")

        self._lay_out()
        self._connect()
        self._show_keys()
        self._show_task()
        self._show_chosen()
        self._on_model_reset()

    def _lay_out(self) -> None:
        find = QHBoxLayout()
        find.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE // 2)
        find.addWidget(self.find_field)
        self._find_row = QWidget()
        self._find_row.setLayout(find)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._empty)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.SPACE // 2, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        foot.addWidget(self._add)
        foot.addStretch(1)
        foot.addWidget(self._key)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        # what stands above comes first for Tab, too
        self.header.addWidget(self._chosen)
        self._rules_button = action_button(self._commands["labels.rules"])
        self.header.addWidget(self._rules_button)
        self.header.addWidget(action_button(self._commands["labels.edit"]))
        self.body.setSpacing(0)
        self.body.addWidget(self._find_row)
        self.body.addWidget(self._none)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._foot)
        QWidget.setTabOrder(self.find_field, self.list)

    def _connect(self) -> None:
        commands, session, rows = self._commands, self._session, self.list
        rows.cycled.connect(self._annotator.cycle)
        rows.menu_wanted.connect(self._on_menu_wanted)
        rows.order_wanted.connect(self._on_order_wanted)
        rows.guide_wanted.connect(self._on_guide_wanted)
        rows.guide_unwanted.connect(self._close_tip)
        self.find_field.textChanged.connect(self._on_find_changed)
        self._add.clicked.connect(self.add_label)
        self._empty.clicked.connect(self.add_label)
        commands.handle(
            {
                "labels.add": self.add_label,
                "labels.edit": self.edit_current,
                "labels.merge": self.merge_current,
                "labels.delete": self.delete_current,
                "labels.guide": self.show_guide,
                "labels.rules": self.show_rules,
                "labels.up": lambda: self._move(-1),
                "labels.down": lambda: self._move(1),
            }
        )
        commands.shortcuts_changed.connect(self._show_keys)
        self._model.modelReset.connect(self._on_model_reset)
        self._annotator.targets_changed.connect(self._show_chosen)
        session.project_opened.connect(self._show_keys)
        session.project_closed.connect(self._show_chosen)

    # what others say

    def set_suggestions(self, suggest: Suggestions) -> None:
        """Say where suggestions for the current image come from: a function that gives probabilities by label id."""
        self._model.set_suggestions(suggest)

    def set_conflicts(self, breaking: Conflicts) -> None:
        """Say which labels break a rule on the current image: a function that gives their ids."""
        self._model.set_conflicts(breaking)

    def set_shown_counts(self, count: Callable[[], NDArray[np.int64] | None]) -> None:
        """Say on how many of the shown images each label is present, see `LabelModel.set_shown_counts`."""
        self._model.set_shown_counts(count)

    def refresh_counts(self) -> None:
        """Other images are shown."""
        self._model.refresh_counts()

    def refresh_advice(self) -> None:
        """Other suggestions or conflicts are known."""
        self._model.refresh_advice()

    # what can be done to labels

    def add_label(self) -> None:
        """Ask for a new label."""
        editor = LabelEditor(self._session, None, self.window())
        editor.added.connect(self._on_added)
        editor.shortcuts_wanted.connect(self._commands["tools.shortcuts"].trigger)
        corner = self._empty if not self._model.labels else self._foot
        editor.open_at(corner.mapToGlobal(QPoint(theme.SPACE, theme.SPACE)))

    def edit(self, label_id: int) -> None:
        """Open the editor of a label, below its row."""
        row = self._model.row_of(label_id)
        if row < 0:
            return
        self._close_tip()
        editor = LabelEditor(
            self._session, self._model.labels[row], self.window(), chosen_images=self._annotator.targets.tolist(),
            conflicts_key=self._conflicts_key(),
        )  # fmt: skip
        editor.merge_wanted.connect(self.merge)
        editor.rules_wanted.connect(self.show_rules)
        editor.shortcuts_wanted.connect(self._commands["tools.shortcuts"].trigger)
        editor.open_at(self.list.place_of(label_id) + QPoint(theme.SPACE, 0))

    def edit_current(self) -> None:
        """Open the editor of the label that is chosen in the list."""
        label = self._current()
        if label is not None:
            self.edit(label.id)

    def merge(self, label_id: int) -> None:
        """Ask into which label this one is to be merged."""
        row = self._model.row_of(label_id)
        if row >= 0 and len(self._model.labels) < 2:
            self._session.message.emit(self.tr("There is no other label to merge it into."))
        elif row >= 0:
            MergeQuestion(self._session, self._model.labels[row], self.window()).open()

    def merge_current(self) -> None:
        """Ask into which label the one that is chosen in the list is to be merged."""
        label = self._current()
        if label is not None:
            self.merge(label.id)

    def delete_current(self) -> None:
        """Ask whether the label that is chosen in the list is to go."""
        label = self._current()
        if label is not None:
            DeleteQuestion(self._session, label, self.window()).open()

    def pin_current(self) -> None:
        """Pin the chosen images as examples of the label that is chosen in the list; one step of undo."""
        label, targets = self._current(), self._annotator.targets
        if label is None:
            return
        fresh = [one for one in targets[: EXAMPLES_LIMIT + 1].tolist() if one not in label.examples]
        if not len(targets):
            self._session.message.emit(self.tr("Choose the images first that show what “{}” means.").format(label.name))
        elif len(targets) > EXAMPLES_LIMIT:
            self._session.message.emit(
                self.tr("{} are chosen, and a label has at most {} examples: choose fewer.").format(
                    images(len(targets)), EXAMPLES_LIMIT
                )
            )
        elif not fresh:
            self._session.message.emit(self.tr("They are pinned to “{}” already.").format(label.name))
        else:
            examples = (*label.examples, *fresh)
            try:
                self._session.edit(lambda store: store.change_label(label.id, examples=examples), images=1)
            except ProjectError as error:
                self._session.message.emit(f"{error.sentence} {error.next_step}")

    def show_guide(self) -> None:
        """Show what the label that is chosen in the list means, until a key is pressed."""
        label = self._current()
        if label is not None:
            self._close_tip()
            guide = LabelGuide(self._session, label, self.window(), advised=self._advised(label))
            guide.show_beside(self._row_place(label))

    def show_rules(self) -> None:
        """Show the rules of the project, where labels can have any."""
        if not self._session.has_project:
            return
        if self._session.store.task == MULTI_CLASS:
            self._session.message.emit(self.tr("An image has one label in this project, so there is no rule to add."))
            return
        show_rules(self._session, self.window(), edit_label=self.edit, conflicts_key=self._conflicts_key)

    def _conflicts_key(self) -> str:
        return self._commands.key("view.queue_conflicts")

    def _current(self) -> Label | None:
        """The chosen label, else the one that was given last, else the first, which is chosen then."""
        label = self.list.current_label()
        if label is not None:
            return label
        labels = {one.id: one for one in self._model.labels}
        if not labels:
            key = self._commands.key("labels.add") or self._commands["labels.add"].text()
            self._session.message.emit(self.tr("There is no label yet: {} adds the first one.").format(key))
            return None
        given = (one for one in reversed(self._annotator.given) if one in labels)
        label = labels[next(given, self._model.labels[0].id)]
        self.list.choose(label.id)
        return label

    def _move(self, step: int) -> None:
        if self._current() is not None:
            self.list.move_current(step)

    def _on_added(self, label_id: int) -> None:
        self.find_field.clear()
        self.list.choose(label_id)

    def _on_order_wanted(self, label_ids: list[int]) -> None:
        if self._session.has_project:
            self._session.edit(lambda store: store.reorder_labels(label_ids), images=1)

    def _on_menu_wanted(self, label_id: int, place: QPoint) -> None:
        row = self._model.row_of(label_id)
        if row < 0:
            return
        menu = label_menu(self._model.labels[row], self._commands, len(self._annotator.targets), self)
        menu.pin_wanted.connect(self.pin_current)
        menu.filter_wanted.connect(self.filter_wanted)
        menu.popup(place)

    # the guide under the mouse

    def _on_guide_wanted(self, label_id: int) -> None:
        row = self._model.row_of(label_id)
        if row < 0 or QApplication.activePopupWidget() is not None or QApplication.mouseButtons():
            return
        if self._tip is not None and self._tip.label_id == label_id:
            return
        self._close_tip()
        label = self._model.labels[row]
        tip = str(self._model.data(self._model.index(row), Qt.ItemDataRole.ToolTipRole))
        key = self._commands.key("labels.guide")
        if key:
            tip += "\n" + self.tr("{} shows this without the mouse").format(key)
        self._tip = LabelGuide(self._session, label, self.window(), advised=self._advised(label), tip=tip)
        self._tip.destroyed.connect(self._on_tip_destroyed)
        self._tip.show_beside(self._row_place(label))

    def _close_tip(self) -> None:
        tip, self._tip = self._tip, None
        if tip is not None:
            tip.close()

    def _on_tip_destroyed(self) -> None:
        self._tip = None

    def _advised(self, label: Label) -> list[str]:
        row = self._model.row_of(label.id)
        said = []
        suggested = self._model.suggestion(row)
        if self._model.is_conflict(row):
            said.append(self.tr("Breaks a rule on this image"))
        if suggested is not None:
            said.append(self.tr("Suggested for this image, probability {}").format(f"{suggested:.2f}"))
        return said

    def _row_place(self, label: Label) -> QRect:
        rect = self.list.visualRect(self._model.index(self._model.row_of(label.id)))
        return QRect(self.list.viewport().mapToGlobal(rect.topLeft()), rect.size())

    # what is shown

    def _show_task(self) -> None:
        is_choice = self._annotator.is_choice
        self.set_title(self.tr("Labels · one per image") if is_choice else self.tr("Labels"))
        several = self.tr("Then its key sets it: 1 for yes, again for no, again for unknown.")
        one = self.tr("Then its key gives it to an image, in place of another label.")
        key = self._commands.key("labels.add")
        first = self.tr("Press {} to add the first one.").format(key) if key else ""
        self._empty.set_texts(self.tr("No labels yet"), f"{first} {one if is_choice else several}".strip())
        self._rules_button.setVisible(not is_choice)

    def _show_keys(self) -> None:
        key = self._commands.key
        self._key.setText(key("labels.add"))
        parts = [
            self.tr("Space: chosen or not") if self._annotator.is_choice else self.tr("Space: yes, no, unknown"),
            self.tr("Menu key: more"),
        ]
        for command_id in ("labels.up", "labels.down", "labels.edit", "labels.guide"):
            if key(command_id):
                parts.append(f"{key(command_id)}: {self._commands[command_id].text().removesuffix('…')}")
        self._model.set_keys("; ".join([*parts, self.tr("Escape: back to the images")]))
        self._show_task()

    def _show_chosen(self) -> None:
        count = len(self._annotator.targets)
        tip = self.tr("Keys and clicks give labels to {}").format(images(count)) if count else ""
        self._chosen.say(images(count) if count else "", tip=tip)

    def _on_model_reset(self) -> None:
        self._close_tip()
        has_labels = bool(self._model.labels)
        self._stack.setCurrentWidget(self.list if has_labels else self._empty)
        self._foot.setVisible(has_labels)
        is_long = len(self._model.labels) >= FIND_FROM
        self._find_row.setVisible(is_long)
        if not is_long:
            self.find_field.clear()
        self._on_find_changed(self.find_field.text())

    # finding a label

    def _on_find_changed(self, typed: str) -> None:
        best = self.list.show_matching(typed)
        if best is not None:
            self.list.choose(best.id)
        self._none.setVisible(bool(self._model.labels) and not self.list.shown())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """No key is a command in the field: Return gives the label, arrows go to the rows, Escape leaves."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            kept = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            is_plain = not event.modifiers() & ~kept
            if is_plain and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
                event.accept()
                return True
        return event.type() == QEvent.Type.KeyPress and self._on_find_key(event)

    def _on_find_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            label = self.list.current_label()
            if self.find_field.text() and label in self.list.shown() and label is not None:
                self._annotator.cycle(label.id)
                self.find_field.selectAll()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            shown = self.list.shown()
            if shown and self.list.current_label() not in shown:
                self.list.choose(shown[0].id)
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        elif key == Qt.Key.Key_Escape:
            if not self.find_field.text():
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            self.find_field.clear()
        else:
            return False
        return True
