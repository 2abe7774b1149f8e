"""All ways to give labels to images: keys, typing, painting, copying, suggestions; and the commands that begin them."""

import json
from collections.abc import Callable, Sequence

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QWidget

from core.labels import Label, LabelState
from gui.commands import Commands
from gui.label.tagging.annotator import MIXED, Annotator
from gui.label.tagging.label_keys import LabelActions
from gui.label.tagging.label_sets import LabelSet, few, read, written
from gui.label.tagging.paint import PaintBar, Painter
from gui.label.tagging.suggester import Suggester
from gui.label.tagging.type_box import TypeBox
from gui.session import Session

MIME = "application/x-multihot-labels"
"""Labels on the clipboard, beside their text: JSON, a list of names and states."""

NEED_IMAGES = (
    "image.unsure", "image.flag", "image.unreview", "image.fix", "image.repeat", "image.clear",
    "image.accept_suggestion", "image.refuse_suggestion", "image.next_suggestion", "labels.type", "labels.paint",
    "edit.copy_labels", "edit.paste_labels",
)  # fmt: skip
"""Commands of this module, which hold while images are shown."""


class Tagging(QObject):
    """Connects the commands, and lets the keys of labels go to the images or to what is painted.

    Attributes:
        actions: one action per label.
        type_box: finds a label by some letters.
        painter: gives labels to images that are clicked.
        paint_bar: to be put above the images.
        suggester: steps through what the model suggests.
    """

    painting_changed = Signal(bool)

    def __init__(
        self,
        session: Session,
        commands: Commands,
        annotator: Annotator,
        parent: QWidget,
        *,
        images: Callable[[], QWidget],
        current_label: Callable[[], Label | None],
    ) -> None:
        """Make everything.

        Args:
            session: of the window.
            commands: of the window.
            annotator: edits the chosen images.
            parent: the workspace, over which the box for labels is shown.
            images: what shows the images at the moment.
            current_label: the label that is chosen in the list of labels.
        """
        super().__init__(parent)
        self._session = session
        self._commands = commands
        self._annotator = annotator
        self._images = images
        self._current_label = current_label
        self._was_painting = False
        self.actions = LabelActions(session, commands, self)
        self.type_box = TypeBox(session, annotator, parent)
        self.painter = Painter(session, annotator, self)
        self.paint_bar = PaintBar(session, self.painter, commands)
        self.suggester = Suggester(session, annotator, self)
        self._leave = QAction(self.tr("Stop painting"), self)
        self._leave.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        self._leave.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._leave.setEnabled(False)
        self._connect()

    def bind(self, widgets: Sequence[QWidget]) -> None:
        """Let keys of labels, and Escape while painting, hold in these widgets and their children."""
        self.actions.bind(widgets)
        for widget in widgets:
            widget.addAction(self._leave)

    def copy(self) -> None:
        """Put the labels of the chosen images on the clipboard, as text and for this program."""
        shared = self._annotator.shared()
        if not len(self._annotator.targets):
            self._say(self.tr("Choose an image first."))
            return
        mixed = int((self._annotator.states() == MIXED).sum())
        apart = self.tr(" Left out, as the images differ: {}.").format(mixed) if mixed else ""
        if not shared:
            self._say(self.tr("There is nothing to copy: no label is known.") + apart)
            return
        named = [(label.name, state) for label, state in shared]
        data = QMimeData()
        data.setText(written(named))
        data.setData(MIME, json.dumps([[name, int(state)] for name, state in named]).encode())
        QGuiApplication.clipboard().setMimeData(data)
        self._say(self.tr("Copied: {}.").format(few(named)) + apart)

    def paste(self) -> None:
        """Give the chosen images the labels on the clipboard."""
        store = self._session.store
        found = _on_clipboard([label.name for label in store.labels])
        ids = {label.name: label.id for label in store.labels}
        strange = ", ".join(f"“{name}”" for name in found.strangers[:5])
        more = len(found.strangers) - 5
        if more > 0:
            strange += self.tr(" and {} more").format(more)
        if not found.states:
            nothing = self.tr("There are no labels to paste: copy them from an image, or as text such as “ace, -king”.")
            self._say(self.tr("No label of this project is called {}.").format(strange) if strange else nothing)
            return
        if not self._annotator.paste({ids[name]: state for name, state in found.states.items()}):
            return
        named = few(list(found.states.items()))
        said = self.tr("Pasted: {}.").format(named)
        if not self._annotator.has_changed and not self._session.is_busy:
            said = self.tr("The chosen images have these labels already: {}.").format(named)
        if strange:
            said += self.tr(" Not labels of this project: {}.").format(strange)
        self._say(said)

    # how it is done

    def _connect(self) -> None:
        commands, annotator, painter = self._commands, self._annotator, self.painter
        self.actions.triggered.connect(self._on_key)
        self.type_box.chosen.connect(self._on_typed)
        self.type_box.added.connect(self._on_added)
        self.type_box.several_chosen.connect(self._on_several)
        self.paint_bar.add_wanted.connect(self.type)
        painter.changed.connect(self._on_painter_changed)
        self._leave.triggered.connect(painter.stop)
        annotator.fix_key = lambda: commands.key("image.fix")
        handlers: dict[str, Callable[[], None]] = {
            "image.unsure": annotator.unsure,
            "image.flag": annotator.flag,
            "image.unreview": annotator.unreview,
            "image.fix": annotator.fix,
            "image.repeat": annotator.repeat,
            "image.clear": annotator.clear,
            "image.accept_suggestion": self.suggester.accept,
            "image.refuse_suggestion": self.suggester.refuse,
            "image.next_suggestion": self.suggester.next,
            "labels.type": self.type,
            "edit.copy_labels": self.copy,
            "edit.paste_labels": self.paste,
        }
        commands.handle(handlers)
        commands["labels.paint"].triggered.connect(self._on_paint)
        commands["image.advance"].triggered.connect(annotator.set_advances)
        self._session.settings_changed.connect(self._show_advance)
        self._session.project_opened.connect(self._show_advance)
        self._show_advance()

    def type(self) -> None:
        """Open the box for labels over the images."""
        self.type_box.open_over(self._images())

    def _on_paint(self, on: bool) -> None:
        if not on:
            self.painter.stop()
            return
        label = self._current_label()
        self.painter.start(None if label is None else label.id)

    def _on_painter_changed(self) -> None:
        is_on = self.painter.is_on
        self._commands["labels.paint"].setChecked(is_on)
        self._leave.setEnabled(is_on)
        if is_on != self._was_painting:
            self._was_painting = is_on
            self.painting_changed.emit(is_on)

    def _on_key(self, label_id: int) -> None:
        if self.painter.is_on:
            self.painter.pick(label_id)
        else:
            self._annotator.cycle(label_id)

    def _on_typed(self, label_id: int, state: LabelState | None) -> None:
        if self.painter.is_on:
            self.painter.set_state(label_id, LabelState.PRESENT if state is None else state)
        elif state is None:
            self._annotator.cycle(label_id)
        else:
            self._annotator.set_state(label_id, state)

    def _on_several(self, states: dict[int, LabelState]) -> None:
        if not self.painter.is_on:
            self._annotator.give_chosen(states)
            return
        for label_id, state in states.items():
            self.painter.set_state(label_id, state)

    def _on_added(self, name: str, state: LabelState) -> None:
        if not self.painter.is_on:
            self._annotator.add_label(name, state)
            return
        self._session.edit(lambda store: store.add_label(name), images=1)
        newest = self._session.store.labels[-1:]
        if newest and newest[0].name == name:
            self.painter.set_state(newest[0].id, state)

    def _show_advance(self) -> None:
        self._commands["image.advance"].setChecked(self._annotator.advances)

    def _say(self, text: str) -> None:
        self._session.message.emit(text)


def _on_clipboard(names: Sequence[str]) -> LabelSet:
    """What the clipboard says of labels of these names."""
    data = QGuiApplication.clipboard().mimeData()
    if data is None:
        return LabelSet({}, ())
    if data.hasFormat(MIME):
        try:
            said = {str(name): LabelState(state) for name, state in json.loads(bytes(data.data(MIME).data()))}
        except (ValueError, TypeError):
            # not of this program after all
            said = {}
        known = {name.casefold(): name for name in names}
        states = {known[name.casefold()]: state for name, state in said.items() if name.casefold() in known}
        return LabelSet(states, tuple(name for name in said if name.casefold() not in known))
    return read(data.text(), names) if data.hasText() else LabelSet({}, ())
