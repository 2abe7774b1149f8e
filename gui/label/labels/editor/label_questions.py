"""What is asked before a label goes: deleting it, or making one of two."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.labels import MULTI_CLASS, Label
from core.project.changes import Changes
from gui.label.labels.editor import consequences
from gui.label.labels.editor.label_box import LabelBox
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, primary
from gui.widgets.error_row import ErrorRow

_LETTERS = 56


class _Question(QDialog):
    """A sentence with what would change, and two answers."""

    def __init__(self, session: Session, label: Label, parent: QWidget, *, title: str, yes: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._session = session
        self._label = label
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.error = ErrorRow()
        self.yes = primary(QPushButton(yes))
        self.no = flat(QPushButton(self.tr("Cancel")))
        self.column = QVBoxLayout()
        self.column.setSpacing(theme.SPACE)
        self.column.addWidget(self.text)
        answers = QHBoxLayout()
        answers.setSpacing(theme.SPACE)
        answers.addStretch(1)
        answers.addWidget(self.no)
        answers.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.PANEL)
        layout.addLayout(self.column)
        layout.addWidget(self.error)
        layout.addStretch(1)
        layout.addLayout(answers)
        self.setMinimumWidth(_LETTERS * self.fontMetrics().averageCharWidth())
        for button in (self.yes, self.no):
            button.setAutoDefault(False)
        self.no.clicked.connect(self.reject)
        self.yes.clicked.connect(self._on_yes)
        session.project_closed.connect(self.reject)
        session.changed.connect(self._on_changed)

    def labels(self) -> tuple[Label, ...]:
        """The labels that there are."""
        return self._session.store.labels if self._session.has_project else ()

    def _on_changed(self, changes: Changes) -> None:
        """The numbers may be others now, and the label may be gone."""
        now = next((one for one in self.labels() if one.id == self._label.id), None)
        if now is None:
            self.reject()
        elif changes:
            self._label = now
            self.say()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button that has the focus."""
        focused = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(focused, QPushButton):
                focused.click()
            return
        super().keyPressEvent(event)

    def say(self) -> None:
        """Say what would change."""

    def _on_yes(self) -> None:
        try:
            self._session.refuse_while_busy()
            self.act()
        except ProjectError as error:
            self.error.show_error(error)

    def act(self) -> None:
        """Do it."""


class DeleteQuestion(_Question):
    """Asks whether a label is to go, with all that goes with it."""

    def __init__(self, session: Session, label: Label, parent: QWidget) -> None:
        super().__init__(session, label, parent, title="", yes="")
        self.setWindowTitle(self.tr("Delete label"))
        self.yes.setText(self.tr("Delete"))
        self.say()
        self.yes.setFocus()

    def say(self) -> None:
        """Say what goes."""
        said = consequences.deleting(self._session.store, self._label)
        said = said or self.tr("“{}” is on no image and in no rule.").format(self._label.name)
        self.text.setText(said + " " + self.tr("Undo brings it back."))

    def act(self) -> None:
        """Delete it."""
        self.accept()
        delete(self._session, self._label)


class MergeQuestion(_Question):
    """Asks into which other label one is to go."""

    def __init__(self, session: Session, label: Label, parent: QWidget) -> None:
        super().__init__(session, label, parent, title="", yes="")
        self.setWindowTitle(self.tr("Merge label"))
        self.yes.setText(self.tr("Merge"))
        self.box = LabelBox(self.tr("Label that stays"))
        self.box.set_labels([one for one in self.labels() if one.id != label.id])
        caption = QLabel(self.tr("Merge “{}” into").format(label.name))
        caption.setTextFormat(Qt.TextFormat.PlainText)
        caption.setBuddy(self.box)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(caption)
        row.addWidget(self.box, 1)
        self.column.insertLayout(0, row)
        self.box.label_changed.connect(self.say)
        # later, as Return goes on to the dialog, where it would press the button that has the focus then
        self.box.return_pressed.connect(self._on_return, Qt.ConnectionType.QueuedConnection)
        self.say()
        self.box.setFocus()

    def say(self) -> None:
        """Say what changes."""
        into = self._into()
        self.yes.setEnabled(into is not None)
        self.error.clear()
        if into is None:
            text = self.tr("An image has the label that stays where it has either of the two now.")
            self.text.setText(text)
        else:
            said = consequences.merging(self._session.store, self._label, into)
            self.text.setText(said + " " + self.tr("Undo parts them again."))
        self.adjustSize()

    def act(self) -> None:
        """Merge them."""
        into = self._into()
        if into is None:
            return
        source, session = self._label.id, self._session
        self.accept()
        session.edit(lambda store: store.merge_labels(source, into.id), images=len(session.store.image_ids))

    def _on_return(self) -> None:
        # the first Return takes what is typed, the next one is for the button
        if self._into() is not None:
            self.yes.setFocus()

    def _into(self) -> Label | None:
        chosen = self.box.label_id()
        return next((one for one in self.labels() if one.id == chosen), None)


def delete(session: Session, label: Label) -> None:
    """Delete a label at once."""
    many = len(session.store.image_ids) if session.store.task == MULTI_CLASS else 1
    session.edit(lambda store: store.delete_label(label.id), images=many)
