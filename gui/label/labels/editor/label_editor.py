"""A small window at a label: all that is known of it, and ways to merge and delete it."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.labels import Label, Rule
from core.project.labels.palette import next_color
from gui.commands import command_of_key
from gui.label.labels.editor import consequences
from gui.label.labels.editor.color_field import ColorField
from gui.label.labels.editor.editor_parts import SWATCH, KeyEdit
from gui.label.labels.editor.knowledge_form import KnowledgeForm
from gui.label.labels.editor.label_questions import delete
from gui.label.tagging.label_keys import spoken
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, primary
from gui.widgets.error_row import ErrorRow


class LabelEditor(QFrame):
    """Adds a label, or changes one as one step of undo.

    A click elsewhere keeps what was changed, Escape leaves everything as it was. Its parent is the window: as a child
    of the panel it would pass Return on as "Rest absent, reviewed, next".

    Signals:
        added: id of the new label.
        merge_wanted: id of the label that is to be merged into another.
        rules_wanted: the rules are to be seen.
        shortcuts_wanted: the keys of commands are to be changed.
    """

    added = Signal(int)
    merge_wanted = Signal(int)
    rules_wanted = Signal()
    shortcuts_wanted = Signal()

    def __init__(
        self,
        session: Session,
        label: Label | None,
        parent: QWidget,
        *,
        chosen_images: Sequence[int] = (),
        conflicts_key: str = "",
    ) -> None:
        """Make it.

        Args:
            session: with the project.
            label: to be changed; None for a new one.
            parent: the window.
            chosen_images: ids of images that can be pinned as examples.
            conflicts_key: that shows the images that break rules.
        """
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._label = label
        self._conflicts_key = conflicts_key
        store = session.store
        self._name = QLineEdit("" if label is None else label.name)
        self._name.setPlaceholderText(self.tr("Name"))
        self._name.setAccessibleName(self.tr("Name of the label"))
        self._key = KeyEdit("" if label is None else label.shortcut)
        self._color = ColorField(next_color([one.color for one in store.labels]) if label is None else label.color)
        self._knows: KnowledgeForm | None = None
        if label is not None:
            self._knows = KnowledgeForm(session, label, chosen_images)
        self._consequences = QLabel()
        self._consequences.setTextFormat(Qt.TextFormat.PlainText)
        self._consequences.setProperty("tone", "secondary")
        self._consequences.setWordWrap(True)
        self._consequences.hide()
        self._error = ErrorRow()
        self._way_out = QPushButton()
        self._way_out.hide()
        self._taken_from: int | None = None
        self._done = primary(QPushButton(self.tr("Add") if label is None else self.tr("Done")))
        self._delete = flat(QPushButton(self.tr("Delete")))
        self._merge = flat(QPushButton(self.tr("Merge into…")))
        self._delete.setVisible(label is not None)
        self._merge.setVisible(label is not None and len(store.labels) > 1)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._content = QWidget()
        self._wide = max(13 * (SWATCH + 4), 42 * self.fontMetrics().averageCharWidth())
        first = QHBoxLayout()
        first.setSpacing(theme.SPACE)
        first.addWidget(self._name, 1)
        first.addWidget(self._key)
        last = QHBoxLayout()
        last.setSpacing(theme.SPACE // 2)
        last.addWidget(self._delete)
        last.addWidget(self._merge)
        last.addStretch(1)
        last.addWidget(self._done)
        way = QHBoxLayout()
        way.addStretch(1)
        way.addWidget(self._way_out)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE)
        self._column.addLayout(first)
        self._column.addWidget(self._color)
        if self._knows is not None:
            self._column.addWidget(self._knows)
        self._column.addWidget(self._consequences)
        self._column.addWidget(self._error)
        self._column.addLayout(way)
        self._column.addLayout(last)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._content)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setProperty("surface", "window")
        self._content.setProperty("surface", "window")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        layout.addWidget(self._scroll)

    def _connect(self) -> None:
        self._name.returnPressed.connect(self._on_done_clicked)
        self._name.textChanged.connect(self._show_consequences)
        self._key.key_changed.connect(self._check_key)
        self._done.clicked.connect(self._on_done_clicked)
        self._delete.clicked.connect(self._on_delete_clicked)
        self._merge.clicked.connect(self._on_merge_clicked)
        self._way_out.clicked.connect(self._on_way_out_clicked)
        # a dialog ends a popup, so the popup hides, with all that was typed, until the dialog is gone
        self._color.dialog_opens.connect(self.hide)
        self._color.dialog_closed.connect(lambda: self.open_at(self.pos()))
        self._color.resized.connect(self._fit)
        self._session.project_closed.connect(self.close)
        if self._knows is not None:
            self._knows.resized.connect(self._fit)
            self._knows.rules_wanted.connect(self._on_rules_wanted)

    def open_at(self, place: QPoint) -> None:
        """Show it with its top leading corner at a place of the screen, or as near as there is room."""
        self._fit_at(place)
        self.show()
        self._name.setFocus()
        self._name.selectAll()

    def _fit(self) -> None:
        self._fit_at(self.pos())

    def _fit_at(self, place: QPoint) -> None:
        screen = QGuiApplication.screenAt(place) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        margins = 2 * theme.PANEL
        self._column.activate()
        self._content.setFixedWidth(max(self._wide, self._column.totalMinimumSize().width()))
        wanted = max(self._column.totalHeightForWidth(self._content.width()), self._column.totalSizeHint().height())
        self._content.setFixedHeight(wanted)
        height = min(wanted, room.height() - margins)
        # what finds no room is scrolled to
        bar = self._scroll.verticalScrollBar().sizeHint().width() if height < wanted else 0
        self._scroll.setFixedSize(self._content.width() + bar, height)
        self.setFixedSize(self._scroll.width() + margins, height + margins)
        left = min(place.x(), room.right() - self.width())
        top = min(place.y(), room.bottom() - self.height())
        self.move(max(room.left(), left), max(room.top(), top))

    # what is said while it is typed

    def _show_consequences(self) -> None:
        label, name = self._label, self._name.text().strip()
        said = ""
        if label is not None and name and name != label.name:
            said = consequences.renaming(self._session.store, label, name)
        self._consequences.setText(said)
        self._consequences.setVisible(bool(said))
        self._fit()

    def _check_key(self) -> bool:
        """Whether the key is free; else who has it, and a way to get it."""
        key = self._key.key
        self._error.clear()
        self._way_out.hide()
        self._taken_from = None
        command = command_of_key(key)
        own = None if self._label is None else self._label.id
        other = next(
            (one for one in self._session.store.labels if key and one.shortcut.casefold() == key.casefold()
             and one.id != own), None
        )  # fmt: skip
        if other is not None and self._label is not None:
            self._taken_from = other.id
            self._error.show_text(
                self.tr("The key “{}” belongs to “{}”.").format(spoken(key), other.name),
                next_step=self.tr("Choose another, or take it."),
            )
            self._offer(self.tr("Take it from “{}”").format(other.name))
        elif other is not None:
            self._error.show_text(
                self.tr("The key “{}” belongs to “{}”.").format(spoken(key), other.name),
                next_step=self.tr("Choose another."),
            )
        elif command is not None:
            self._error.show_text(
                self.tr("The key “{}” belongs to “{}”.").format(spoken(key), command.text),
                next_step=self.tr("Choose another, or give the command another key."),
            )
            self._offer(self.tr("Edit shortcuts…"))
        self._fit()
        return other is None and command is None

    def _offer(self, text: str) -> None:
        self._way_out.setText(text.replace("&", "&&"))
        self._way_out.show()

    def _on_way_out_clicked(self) -> None:
        if self._taken_from is None:
            self.close()
            self.shortcuts_wanted.emit()
            return
        self._save(takes_key=True)

    def _show_error(self, error: ProjectError) -> None:
        self._error.show_error(error)
        self._fit()

    # what is done

    def _on_done_clicked(self) -> None:
        if self._check_key():
            self._save(takes_key=False)

    def _save(self, *, takes_key: bool) -> bool:
        """Keep what was typed and close; false where something is wrong, which is shown."""
        session, store, label = self._session, self._session.store, self._label
        try:
            session.refuse_while_busy()
            if not self._name.text().strip():
                raise ProjectError("A label needs a name.", next_step="Type one first.")
            if label is None:
                # no key typed means the next free one
                color = self._color.color
                session.apply(store.add_label(self._name.text(), color=color, shortcut=self._key.key or None))
                self.close()
                self.added.emit(store.labels[-1].id)
                return True
            self._change(label, takes_key=takes_key)
        except ProjectError as error:
            self._show_error(error)
            return False
        self.close()
        return True

    def _change(self, label: Label, *, takes_key: bool) -> None:
        store, knows = self._session.store, self._knows
        assert knows is not None
        # refused before anything is written
        parent = knows.parent_id()
        text = self.tr("Label “{}” changed").format(self._name.text().strip())
        if takes_key and self._taken_from is not None:
            text = self.tr("Key “{}” given to “{}”").format(spoken(self._key.key), self._name.text().strip())
        with store.step(text):
            if takes_key and self._taken_from is not None:
                store.change_label(self._taken_from, shortcut="")
            changes = store.change_label(
                label.id,
                name=self._name.text(),
                color=self._color.color,
                shortcut=self._key.key,
                description=knows.description(),
                parent=parent,
                examples=knows.examples(),
            )
        told = text if takes_key else changes.text
        if changes and parent and parent != label.parent:
            broken = consequences.breaking(store, Rule(0, "implies", (label.id, parent)))
            told = ". ".join(filter(None, (told, consequences.broken_now(broken, self._conflicts_key))))
        self._session.apply(replace(changes, text=told) if changes else changes)

    def _on_delete_clicked(self) -> None:
        assert self._label is not None
        said = consequences.deleting(self._session.store, self._label)
        if said and self._delete.property("armed") is None:
            # annotations go with it: one more press, with the number and the way back in sight
            self._delete.setProperty("armed", True)
            self._delete.setText(self.tr("Delete anyway"))
            self._error.show_text(said, next_step=self.tr("Undo brings it back."))
            self._fit()
            return
        self.close()
        delete(self._session, self._label)

    def _on_merge_clicked(self) -> None:
        assert self._label is not None
        self.close()
        self.merge_wanted.emit(self._label.id)

    def _on_rules_wanted(self) -> None:
        if self._check_key() and self._save(takes_key=False):
            self.rules_wanted.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click elsewhere keeps what was changed of a label; of one to be added nothing."""
        if self.rect().contains(event.position().toPoint()):
            super().mousePressEvent(event)
            return
        if self._label is not None:
            self._leave(self._label)
        self.close()

    def _leave(self, label: Label) -> None:
        session = self._session
        try:
            if session.is_busy or not self._check_key():
                session.message.emit(self.tr("“{}” stays as it was.").format(label.name))
            else:
                self._change(label, takes_key=False)
        except ProjectError as error:
            session.message.emit(self.tr("“{}” stays as it was: {}").format(label.name, error.sentence))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves everything as it was; Ctrl with Return is done, also where Return is a new line."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_return and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._on_done_clicked()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
