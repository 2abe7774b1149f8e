"""Which images are seen: a line of text that says it, with chips and menus that write the text."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from core.labels import MULTI_CLASS, Label, LabelState
from core.project.changes import Changes
from core.project.query import Part, PathIndex, Query, QueryError, counts, parse, parts, term
from gui import background
from gui.label.filter.filter_chips import FilterChips
from gui.label.filter.filter_field import FilterField
from gui.label.filter.filter_menus import fill_orders, fill_terms, order_name
from gui.label.filter.filter_text import renamed, with_order, with_term
from gui.label.filter.saved_filters import NameRow, SavedFilters
from gui.label.images.grid.image_model import ImageModel
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, with_icon
from gui.widgets.error_row import ErrorRow
from gui.widgets.icons import icon

TYPING_MS = 200
# so many paths are put in order in a thread
_MANY_PATHS = 5_000
# letters beside each other, from which on the order is said in words
_WIDE = 80
_UNFINISHED = (":", "(", "<", ">", "=", "-", "?")


class FilterBar(QWidget):
    """A field for the filter's language; what is wrong in it is said below it, else its terms are chips there.

    Signals:
        left: Return or Escape was pressed; the images should have the focus again.
    """

    left = Signal()

    def __init__(self, session: Session, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._labels: tuple[Label, ...] = ()
        self._counts: NDArray[np.int64] | None = None
        self._renames = ""
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)

        # make
        self.saved = SavedFilters(session)
        self.field = FilterField(labels=lambda: self._labels, folders=self._folders, saved=self.saved.saved)
        self._menu_button = icon_button("funnel", self.tr("Add a term to the filter"))
        self._menu = _menu_of(self._menu_button)
        self._order_button = icon_button("sort-ascending", self.tr("Order of the images"))
        self._order_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._orders = _menu_of(self._order_button)
        self._refresh = with_icon(flat(QPushButton()), "arrows-clockwise")
        self._count = QLabel()
        self._count.setProperty("tone", "secondary")
        self._count.setFont(theme.tabular(self._count.font()))
        self.chips = FilterChips()
        self._error = ErrorRow()
        self._choose = flat(QPushButton(self.tr("Select it")))
        self._choose.setToolTip(self.tr("Select what is wrong, to type it anew"))
        self.name_row = NameRow()

        self._lay_out()
        self._connect()
        self._take_labels()
        self._show_error(None)
        self._show_parts()
        self._on_visible_changed()

    # what others ask for

    def clear(self) -> None:
        """Show all images."""
        self.show_filter("")

    def show_filter(self, text: str) -> None:
        """Write a filter into the field and show the images that pass it."""
        with QSignalBlocker(self.field):
            self.field.setText(text)
        self.field.unmark()
        self.field.popup.hide()
        self._apply()

    def insert(self, text: str) -> None:
        """Add a term; one that is not finished is to be typed on."""
        if not text or text.endswith(_UNFINISHED):
            before = self.field.text().rstrip()
            self.field.setText(f"{before} {text}".lstrip())
            self.field.setFocus()
            self.field.offer()
        else:
            self.show_filter(with_term(self.field.text(), text, self._labels))

    def forget(self) -> None:
        """Empty the field and leave the images as they are: they were chosen elsewhere."""
        self._typing.stop()
        with QSignalBlocker(self.field):
            self.field.clear()
        self._show_error(None)
        self._show_parts()

    def open_orders(self) -> None:
        """Let the order of the images be chosen."""
        self._order_button.showMenu()

    def save(self) -> None:
        """Ask for a name to keep the filter under."""
        text = self.field.text().strip()
        if not text:
            self._session.message.emit(self.tr("Write a filter first; then it can be saved."))
            self.field.setFocus()
        elif self._apply():
            self._on_name_wanted("")
        else:
            self._session.message.emit(self.tr("A filter that cannot be read is not saved: mend it first."))
            self.field.setFocus()

    def label_counts(self) -> NDArray[np.int64]:
        """How many of the shown images have each state of each label, int64 (3, C); `[state]` is a `LabelState`.

        Counted when it is asked for, some 10 ms for 100,000 images of 80 labels; it is new after
        `ImageModel.visible_changed` and `Session.changed`.
        """
        if self._counts is None:
            passing = np.zeros(len(self._session.store.image_ids), np.bool_)
            passing[self._model.rows] = True
            self._counts = counts(self._model.query_data(), passing)
        return self._counts

    # how it is made

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE // 2)
        row.addWidget(self.field, 1)
        row.addWidget(self._menu_button)
        row.addWidget(self._order_button)
        row.addWidget(self.saved)
        row.addWidget(self._refresh)
        row.addSpacing(theme.SPACE // 2)
        row.addWidget(self._count)
        wrong = QHBoxLayout()
        wrong.setSpacing(theme.SPACE)
        wrong.addWidget(self._error, 1)
        wrong.addWidget(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        layout.setSpacing(theme.SPACE - 2)
        layout.addLayout(row)
        layout.addWidget(self.chips)
        layout.addLayout(wrong)
        layout.addWidget(self.name_row)

    def _connect(self) -> None:
        session, model = self._session, self._model
        session.project_opened.connect(self._take_labels)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_project_changed)
        self.field.textChanged.connect(self._on_text_changed)
        self.field.returnPressed.connect(self._on_return_pressed)
        self.field.left.connect(self.left)
        self.field.taken.connect(self._apply)
        self._typing.timeout.connect(self._on_typing_timeout)
        self._refresh.clicked.connect(model.refresh)
        self._choose.clicked.connect(self.field.select_mark)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._orders.aboutToShow.connect(self._fill_orders)
        self.chips.changed.connect(self.show_filter)
        self.chips.part_wanted.connect(self._choose_part)
        self.saved.wanted.connect(self.show_filter)
        self.saved.name_wanted.connect(self._on_name_wanted)
        self.name_row.named.connect(self._on_named)
        self.name_row.left.connect(self.left)
        model.visible_changed.connect(self._on_visible_changed)

    # what the project has

    def _take_labels(self) -> None:
        """Take over the labels, and show terms that find something in this project."""
        before = self._labels
        self._labels = self._session.store.labels if self._session.has_project else ()
        if self.field.text() and before != self._labels:
            self.show_filter(renamed(self.field.text(), before, self._labels))
        # where an image has one label nothing is learnt from one that it has not, or from an unknown one
        is_choice = self._session.has_project and self._session.store.task == MULTI_CLASS
        states = (LabelState.PRESENT,) if is_choice else (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)
        terms = [term(label.name, state) for label, state in zip(self._labels, states, strict=False)]
        self.field.setPlaceholderText("  ".join((self.tr("Filter:"), *terms, "unreviewed", "split:train")))

    def _folders(self) -> Sequence[str]:
        return self._model.query_data().paths.folders if self._session.has_project else ()

    def _has_scores(self) -> bool:
        return self._session.has_project and self._model.query_data().scores is not None

    def _on_project_changed(self, changes: Changes) -> None:
        self._counts = None
        if changes.labels:
            self._take_labels()

    def _on_project_closed(self) -> None:
        self.name_row.hide()
        self.clear()

    # what is typed

    def _on_text_changed(self) -> None:
        if self.field.text():
            self._typing.start()
        else:
            self._apply()

    def _on_typing_timeout(self) -> None:
        # a word that can still become one is not wrong yet
        self._apply(is_typing=self.field.is_offering())

    def _on_return_pressed(self) -> None:
        if self._apply():
            self.left.emit()

    def _apply(self, *, is_typing: bool = False) -> bool:
        self._typing.stop()
        if not self._session.has_project:
            self._show_error(None)
            self._model.set_query(Query())
            self._show_parts()
            return True
        text = self.field.text()
        try:
            query = parse(text, self._labels)
        except QueryError as error:
            if not (is_typing and error.start <= self.field.place() <= error.end):
                self._show_error(error)
            return False
        self._show_error(None)
        self._show_need(query)
        if not self._is_put_in_order_elsewhere(query, text):
            self._model.set_query(query, text)
        self._show_parts()
        return True

    def _is_put_in_order_elsewhere(self, query: Query, text: str) -> bool:
        """Whether the paths are put in order in a thread first, which takes long for very many."""
        by_name = any(sort.key == "name" for sort in query.sorts)
        if not by_name or len(self._session.store.image_ids) < _MANY_PATHS:
            return False
        paths = self._model.query_data().paths
        if "natural_rank" in vars(paths):
            return False

        def rank() -> PathIndex:
            assert paths.natural_rank is not None
            return paths

        def done(_paths: PathIndex) -> None:
            if self._session.has_project and self.field.text() == text:
                self._model.set_query(query, text)

        background.run(self, rank, done, lambda error: self._session.message.emit(str(error)), key="rank")
        return True

    # what is shown

    def _show_error(self, error: QueryError | None) -> None:
        if error is None:
            self._error.clear()
            self.field.unmark()
        else:
            self._error.show_error(error)
            self.field.mark(error.start, error.end)
            self.chips.hide()
        self._choose.setVisible(error is not None)
        self.field.setToolTip("" if error is None else str(error))
        if self.field.property("wrong") != (error is not None):
            self.field.setProperty("wrong", error is not None)
            self.field.style().polish(self.field)

    def _show_need(self, query: Query) -> None:
        """Say why a filter that asks a model finds nothing, where no model said anything."""
        if "prob" in query.needs and not self._has_scores():
            self._error.show_text(
                self.tr("No model has said anything of these images yet, so that no image passes by its answers."),
                next_step=self.tr("Train one, or choose Model › Suggest labels for all images."),
            )
        elif not self.field.property("wrong"):
            self._error.clear()

    def _show_parts(self) -> None:
        """Show the terms of a filter that can be read, its order, and whether it is saved."""
        text = self.field.text()
        query = self._model.query
        found: list[Part] = []
        if self._session.has_project and text:
            query, found = parse(text, self._labels), parts(text, self._labels)
        self.chips.show_parts(text, found, self._labels)
        self.saved.show_text(text)
        sorts = query.sorts if text else ()
        name = order_name(sorts)
        is_down = bool(sorts) and sorts[0].descending
        self._order_button.setIcon(icon("sort-descending" if is_down else "sort-ascending"))
        self._order_button.setText(name)
        said = self.tr("Order of the images: {}").format(name) + (self.tr(", turned round") if is_down else "")
        self._order_button.setAccessibleName(said)
        self._order_button.setToolTip(said)

    def _on_visible_changed(self) -> None:
        self._counts = None
        # scores may have come
        self._show_need(self._model.query)
        count = self._model.rowCount()
        total = len(self._session.store.image_ids) if self._session.has_project else 0
        if self._model.is_chosen:
            words = self.tr("{count} shown from elsewhere").format(count=f"{count:,}")
            self._count.setText(words)
            self.chips.show_chosen(self.tr("{count} chosen elsewhere").format(count=f"{count:,}"))
        elif self._model.is_filtered:
            self._count.setText(self.tr("{count} of {total}").format(count=f"{count:,}", total=f"{total:,}"))
        else:
            self._count.setText(f"{total:,} image" + ("" if total == 1 else "s"))
        stale = self._model.stale
        self._refresh.setVisible(stale > 0 or self._model.is_order_stale)
        words = self.tr("{count} no longer match").format(count=f"{stale:,}") if stale else self.tr("Order is old")
        self._refresh.setText(words)
        self._refresh.setToolTip(
            self.tr("Ask the filter again and hide them") if stale else self.tr("Put the images in order again")
        )

    def _choose_part(self, part: Part) -> None:
        self.field.mark(part.start, part.end)
        self.field.select_mark()
        self.field.unmark()

    # menus and names

    def _fill_menu(self) -> None:
        fill_terms(self._menu, self.insert, labels=self._labels, folders=self._folders(), has_scores=self._has_scores())

    def _fill_orders(self) -> None:
        fill_orders(
            self._orders, self._choose_order, sorts=self._model.query.sorts, labels=self._labels,
            has_scores=self._has_scores(),
        )  # fmt: skip

    def _choose_order(self, order: str) -> None:
        self.show_filter(with_order(self.field.text(), order, self._labels))

    def _on_name_wanted(self, before: str) -> None:
        self._renames = before
        proposal = before or self.field.text().strip()[:40]
        self.name_row.ask(before=before, proposal=proposal, taken=frozenset(self.saved.saved()))

    def _on_named(self, name: str) -> None:
        text = self.saved.saved().get(self._renames, "") if self._renames else self.field.text().strip()
        self.saved.keep(name, text, before=self._renames)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the room to the field where there is little of it."""
        super().resizeEvent(event)
        is_wide = self.width() >= _WIDE * self.fontMetrics().averageCharWidth()
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if is_wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        self._order_button.setToolButtonStyle(style)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the focus back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()


def _menu_of(button: QToolButton) -> QMenu:
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    button.setMenu(menu)
    return menu
