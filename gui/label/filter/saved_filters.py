"""Filters that are kept under names: the star beside the field, and the line that asks for a name."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from core.project.changes import Changes
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button
from gui.widgets.icons import icon


class SavedFilters(QToolButton):
    """A star, full where the filter is kept; its menu shows, renames and deletes what is kept.

    Signals:
        wanted: text of a filter that was chosen.
        name_wanted: the name of a saved filter that is to have another, empty to save the one that is shown.
    """

    wanted = Signal(str)
    name_wanted = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._text = ""
        self._saved: dict[str, str] = {}
        like = icon_button("star", self.tr("Saved filters"))
        self.setIcon(like.icon())
        self.setIconSize(like.iconSize())
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_of_filters = QMenu(self)
        self.setMenu(self.menu_of_filters)
        self.menu_of_filters.aboutToShow.connect(self.fill)
        session.changed.connect(self._on_session_changed)
        session.project_opened.connect(self._read)
        session.project_closed.connect(self._read)
        self._read()

    def saved(self) -> dict[str, str]:
        """The saved filters by name."""
        return self._saved

    def show_text(self, text: str) -> None:
        """Say which filter is shown."""
        self._text = text.strip()
        self._show()

    def name(self) -> str:
        """Under which name the filter that is shown is kept; empty where it is not."""
        return next((name for name, text in self.saved().items() if text and text == self._text), "")

    def fill(self) -> None:
        """Fill the menu."""
        menu, saved, now = self.menu_of_filters, self.saved(), self.name()
        menu.clear()
        add = menu.addAction(icon("star"), self.tr("Save this filter…"))
        add.setEnabled(bool(self._text) and not now)
        add.triggered.connect(lambda: self.name_wanted.emit(""))
        menu.addSeparator()
        for name, text in saved.items():
            action = menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(name == now)
            action.setToolTip(text)
            action.triggered.connect(lambda _checked=False, text=text: self.wanted.emit(text))
        menu.setToolTipsVisible(True)
        if not saved:
            none = menu.addAction(self.tr("No filter is saved yet"))
            none.setEnabled(False)
            return
        menu.addSeparator()
        for words, do in ((self.tr("Rename"), self.name_wanted.emit), (self.tr("Delete"), self.delete)):
            sub = menu.addMenu(words)
            for name in saved:
                action = sub.addAction(name.replace("&", "&&") + ("…" if do != self.delete else ""))
                action.triggered.connect(lambda _checked=False, name=name, do=do: do(name))

    def delete(self, name: str) -> None:
        """Forget a saved filter."""
        self._session.edit(lambda store: store.delete_filter(name), images=1)

    def keep(self, name: str, text: str, *, before: str = "") -> None:
        """Keep a filter.

        Args:
            name: for it.
            text: of it.
            before: the name it had, which is forgotten.
        """
        self._session.edit(lambda store: store.save_filter(name, text, before=before), images=1)

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.filters:
            self._read()

    def _read(self) -> None:
        self._saved = self._session.store.saved_filters if self._session.has_project else {}
        self._show()

    def _show(self) -> None:
        name = self.name()
        self.setIcon(icon("star-fill" if name else "star"))
        tip = self.tr("Saved filters")
        self.setAccessibleName(self.tr("Saved filters; this one is “{}”").format(name) if name else tip)
        self.setToolTip(self.tr("Saved as “{}”").format(name) if name else tip)


class NameRow(QWidget):
    """Asks for the name of a filter, in the place of its chips.

    Signals:
        named: str; the name, which is not empty.
        left: it was put away.
    """

    named = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._taken: frozenset[str] = frozenset()
        self._before = ""
        self._words = QLabel()
        self.field = QLineEdit()
        self.field.setMaximumWidth(40 * self.fontMetrics().averageCharWidth())
        self.field.setAccessibleName(self.tr("Name of the filter"))
        self._words.setBuddy(self.field)
        self._save = QPushButton(self.tr("Save"))
        self._cancel = flat(QPushButton(self.tr("Cancel")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._words)
        layout.addWidget(self.field, 1)
        layout.addWidget(self._save)
        layout.addWidget(self._cancel)
        layout.addStretch(1)
        self.hide()
        self.field.textChanged.connect(self._on_text_changed)
        self.field.returnPressed.connect(self._on_save)
        self._save.clicked.connect(self._on_save)
        self._cancel.clicked.connect(self.leave)

    def ask(self, *, before: str, proposal: str, taken: frozenset[str]) -> None:
        """Ask for a name.

        Args:
            before: the name the filter has; empty for a new one.
            proposal: a name.
            taken: names of saved filters, which would be replaced.
        """
        self._before, self._taken = before, taken
        self._words.setText(self.tr("New name of “{}”").format(before) if before else self.tr("Save filter as"))
        self.field.setText(proposal)
        self._on_text_changed()
        self.show()
        self.field.selectAll()
        self.field.setFocus()

    def leave(self) -> None:
        """Put it away."""
        if not self.isHidden():
            self.hide()
            self.left.emit()

    def _on_text_changed(self) -> None:
        name = self.field.text().strip()
        self._save.setEnabled(bool(name))
        self._save.setText(self.tr("Replace") if name in self._taken and name != self._before else self.tr("Save"))

    def _on_save(self) -> None:
        name = self.field.text().strip()
        if name:
            self.hide()
            self.named.emit(name)
            self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape puts it away."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)
