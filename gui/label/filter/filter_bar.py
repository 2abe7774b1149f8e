"""Which images are seen: a line of text that says it, and a menu that writes the text."""

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from core.labels import MULTI_CLASS, LabelState
from core.project.changes import Changes
from core.project.query import FLAGS, SPLITS, Query, QueryError, parse, term
from gui.label.images.image_model import ImageModel
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, with_icon
from gui.widgets.icons import icon

TYPING_MS = 200
_STATES = (("Present", LabelState.PRESENT), ("Absent", LabelState.ABSENT), ("Unknown", LabelState.UNKNOWN))


class FilterBar(QWidget):
    """A field for the filter's language; what is wrong in it is said next to it.

    Signals:
        left: Return or Escape was pressed; the images should have the focus again.
    """

    left = Signal()

    def __init__(self, session: Session, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Filter"))
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icon("magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self._menu_button = icon_button("funnel", self.tr("Insert a term of the filter"))
        self._menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._menu_button)
        self._menu_button.setMenu(self._menu)
        self._error = QLabel()
        self._error.setProperty("tone", "wrong")
        self._refresh = with_icon(flat(QPushButton()), "arrows-clockwise")
        self._count = QLabel()
        self._count.setProperty("tone", "secondary")
        self._count.setFont(theme.tabular(self._count.font()))
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.field, 1)
        layout.addWidget(self._menu_button)
        layout.addWidget(self._error)
        layout.addWidget(self._refresh)
        layout.addWidget(self._count)

        session.project_opened.connect(self._show_hint)
        session.changed.connect(self._on_project_changed)
        self._show_hint()
        self.field.textChanged.connect(self._on_text_changed)
        self.field.returnPressed.connect(self._on_return_pressed)
        self._typing.timeout.connect(self._apply)
        self._refresh.clicked.connect(model.refresh)
        self._menu.aboutToShow.connect(self._fill_menu)
        model.visible_changed.connect(self._on_visible_changed)
        session.project_closed.connect(self.clear)
        self._show_error(None)
        self._on_visible_changed()

    def clear(self) -> None:
        """Show all images."""
        self.field.clear()
        self._apply()

    def insert(self, text: str) -> None:
        """Add a term behind what is there."""
        before = self.field.text().rstrip()
        self.field.setText(f"{before} {text}".strip() + " ")
        self._apply()
        self.field.setFocus()

    def show_filter(self, text: str) -> None:
        """Show the images that pass a filter."""
        self.field.setText(text)
        self._apply()

    def forget(self) -> None:
        """Empty the field and leave the images as they are: they were chosen elsewhere."""
        with QSignalBlocker(self.field):
            self.field.clear()
        self._show_error(None)

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.labels:
            self._show_hint()

    def _show_hint(self) -> None:
        """Show terms that find something in this project."""
        labels = self._session.store.labels if self._session.has_project else ()
        # where an image has one label nothing is learnt from one that it has not, or from an unknown one
        is_choice = self._session.has_project and self._session.store.task == MULTI_CLASS
        states = (LabelState.PRESENT,) if is_choice else (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)
        terms = [term(label.name, state) for label, state in zip(labels, states, strict=False)]
        self.field.setPlaceholderText("  ".join((self.tr("Filter:"), *terms, "unreviewed", "split:train")))

    def _on_text_changed(self) -> None:
        if self.field.text():
            self._typing.start()
        else:
            self._apply()

    def _on_return_pressed(self) -> None:
        if self._apply():
            self.left.emit()

    def _apply(self) -> bool:
        self._typing.stop()
        if not self._session.has_project:
            self._show_error(None)
            self._model.set_query(Query())
            return True
        try:
            query = parse(self.field.text(), self._session.store.labels)
        except QueryError as error:
            self._show_error(error)
            return False
        self._show_error(None)
        self._model.set_query(query)
        return True

    def _show_error(self, error: QueryError | None) -> None:
        self._error.setVisible(error is not None)
        self._error.setText("" if error is None else error.sentence)
        self._error.setToolTip("" if error is None else str(error))
        self.field.setToolTip("" if error is None else str(error))
        if self.field.property("wrong") != (error is not None):
            self.field.setProperty("wrong", error is not None)
            self.field.style().polish(self.field)

    def _on_visible_changed(self) -> None:
        count = self._model.rowCount()
        total = len(self._session.store.image_ids) if self._session.has_project else 0
        if self._model.is_chosen:
            self._count.setText(self.tr("{count} shown from elsewhere").format(count=f"{count:,}"))
        elif self._model.is_filtered:
            self._count.setText(self.tr("{count} of {total}").format(count=f"{count:,}", total=f"{total:,}"))
        else:
            self._count.setText(f"{total:,} image" + ("" if total == 1 else "s"))
        self._refresh.setVisible(self._model.stale > 0)
        self._refresh.setText(self.tr("{count} no longer match").format(count=f"{self._model.stale:,}"))
        self._refresh.setToolTip(self.tr("Ask the filter again and hide them"))

    def _fill_menu(self) -> None:
        self._menu.clear()
        for words, state in _STATES:
            sub = self._menu.addMenu(self.tr(words))
            for label in self._session.store.labels:
                self._add_term(sub, label.name, term(label.name, state))
            sub.setEnabled(bool(self._session.store.labels))
        self._menu.addSeparator()
        for flag, meaning in FLAGS.items():
            self._add_term(self._menu, meaning.capitalize(), flag)
        self._menu.addSeparator()
        sub = self._menu.addMenu(self.tr("Split"))
        for word in SPLITS:
            self._add_term(sub, word.capitalize(), f"split:{word}")
        self._add_term(self._menu, self.tr("File name contains…"), "name:")

    def _add_term(self, menu: QMenu, text: str, inserted: str) -> None:
        action = QAction(text.replace("&", "&&"), menu)
        action.triggered.connect(lambda: self.insert(inserted))
        menu.addAction(action)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the focus back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
