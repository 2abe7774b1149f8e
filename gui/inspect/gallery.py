"""The one gallery below all pages: the images that the page of the moment offers, to be looked at and put right."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from core.labels import LabelState
from gui.inspect.gallery_view import GalleryDelegate, GalleryModel, GalleryView
from gui.inspect.group_bar import GroupBar
from gui.inspect.image_groups import FLIPS, NO_IMAGES, ImageGroup, Images, label_groups
from gui.inspect.inspection import Inspection
from gui.inspect.page import Missed, Page
from gui.widgets import theme
from gui.widgets.calm import Calm
from gui.widgets.panel import line


class Gallery(Page):
    """Groups of images, of which one is shown.

    Attributes:
        model: the images of the chosen group.

    Signals:
        opened: tuple of image ids to be opened in Label, the first one first.
        viewed: images to be shown large, int64 (n,) their ids, int64 (n,) the columns of the labels that they are shown
            for, and the place among them of the first to be seen.
    """

    opened = Signal(object)
    viewed = Signal(object, object, int)

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        thumbnails = inspection.session.thumbnails
        self.model = GalleryModel(inspection.session)
        self._page: Page | None = None
        self._key = ""
        self._has_moved = False
        self._limit = ""
        self._changed = ""
        self._delegate = GalleryDelegate(inspection.session, self.model)
        self._view = GalleryView()
        self._view.setModel(self.model)
        self._view.setItemDelegate(self._delegate)
        self._view.setAccessibleName(self.tr("Images"))
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._empty = QLabel()
        self._empty.setProperty("tone", "secondary")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._bar = GroupBar()
        self._note = QLabel()
        self._note.setProperty("tone", "secondary")
        self._note.setFont(theme.smaller(self._note.font()))
        self._keys = QLabel(self.tr("Enter opens in Label · Space enlarges · F: the model is right"))
        self._keys.setProperty("tone", "secondary")
        self._keys.setFont(theme.smaller(self._keys.font()))
        self._right = self._action(self.tr("The model is right"), "F", self._on_model_is_right)
        self._present = self._action(self.tr("Present"), "P", lambda: self._fix(LabelState.PRESENT))
        self._absent = self._action(self.tr("Absent"), "A", lambda: self._fix(LabelState.ABSENT))
        self._unknown = self._action(self.tr("Unknown"), "U", lambda: self._fix(LabelState.UNKNOWN))
        self._enlarge = self._action(self.tr("Enlarge"), "Space", self._on_enlarge)
        self._menu = QMenu(self._view)
        self._lay_out()

        self._bar.chosen.connect(self.show_group)
        self._view.opened.connect(self._on_view_opened)
        self._view.customContextMenuRequested.connect(self._on_menu_asked)
        thumbnails.loaded.connect(lambda _: self._view.viewport().update())
        inspection.fixes.changed.connect(self._on_annotations_changed)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        top.addWidget(Calm(self._bar), 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.PANEL, 2, theme.PANEL, 2)
        foot.setSpacing(theme.GROUP)
        foot.addWidget(Calm(self._note), 1)
        foot.addWidget(self._keys)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(line())
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._view, 1)
        layout.addWidget(line())
        layout.addLayout(foot)
        self._empty.hide()

    # what is offered

    def show_page(self, page: Page) -> None:
        """Show what a page offers from now on."""
        if self._page is not None:
            self._page.groups_changed.disconnect(self._refresh)
            self._page.group_wanted.disconnect(self.show_group)
        self._page = page
        page.groups_changed.connect(self._refresh)
        page.group_wanted.connect(self.show_group)
        self._refresh()

    def show_group(self, key: str) -> None:
        """Show another group; one that is not offered now is shown as soon as it is."""
        self._key = key
        self._view.verticalScrollBar().setValue(0)
        self._refresh()

    def show_scores(self) -> None:
        """Show nothing without scores."""
        multi_class = self.inspection.scored is not None and self.inspection.scored.is_multi_class
        # an image of one label has it or another one
        for action in (self._absent, self._unknown):
            action.setEnabled(not multi_class)
        self._count_changes()
        if self.inspection.scored is None:
            self._refresh()

    def show_label(self) -> None:
        """Begin with the first image of another label."""
        self._has_moved = False
        self._view.verticalScrollBar().setValue(0)

    def follow(self, label: int | None) -> None:
        """Show what is right and wrong at the thresholds of the moment.

        Who drags a threshold wants to see what changes sides, unless other images were chosen.
        """
        self._has_moved = self._has_moved or label == self.inspection.label
        self._refresh()

    def groups(self) -> tuple[ImageGroup, ...]:
        """What is offered now."""
        return label_groups(self.inspection) if self._page is None else self._page.image_groups()

    def _refresh(self) -> None:
        scored = self.inspection.scored
        groups = self.groups() if scored is not None else ()
        by_key = {one.key: one for one in groups}
        group = by_key.get(self._key) or (by_key.get(FLIPS) if self._has_moved else None) or next(iter(groups), None)
        self._bar.show_choices([(one.key, one.title) for one in groups], "" if group is None else group.key)
        images = NO_IMAGES if group is None else group.images()
        names = () if scored is None else scored.label_names
        kept, current = self._chosen_pairs(), self._pair(self._view.currentIndex().row())
        at = self._view.verticalScrollBar().value()
        if self.model.show_images(images, self._states(images), label_names=names):
            if kept or current:
                # what was chosen may lie in other rows now
                self._view.selectionModel().clear()
                self._choose_pairs(kept, current)
            self._view.verticalScrollBar().setValue(at)
        count, total = len(images.image_ids), 0 if group is None else group.count
        self._view.setVisible(bool(count))
        self._empty.setVisible(not count)
        self._empty.setText("" if group is None else group.empty)
        self._limit = self.tr("The first {:,} of {:,}.").format(count, total) if 0 < count < total else ""
        self._show_note()

    def _states(self, images: Images) -> NDArray[np.int8]:
        scored = self.inspection.scored
        if scored is None:
            return np.zeros(0, np.int8)
        return self.inspection.fixes.now(scored, images.image_ids, images.labels)

    def _on_annotations_changed(self) -> None:
        if self.isVisible():
            self._count_changes()
            self._refresh()
        else:
            self.hear(Missed.SCORES)

    def _count_changes(self) -> None:
        scored = self.inspection.scored
        count = 0 if scored is None else self.inspection.fixes.count(scored)
        one = self.tr("1 annotation changed since this run: train again to count it.")
        many = self.tr("{:,} annotations changed since this run: train again to count them.")
        self._changed = "" if not count else one if count == 1 else many.format(count)

    def _show_note(self) -> None:
        text = " ".join(part for part in (self._limit, self._changed) if part)
        if text != self._note.text():
            self._note.setText(text)

    # what is chosen

    def _pair(self, row: int) -> tuple[int, int] | None:
        """Image and label of a row."""
        if not 0 <= row < self.model.rowCount():
            return None
        return int(self.model.images.image_ids[row]), int(self.model.images.labels[row])

    def _chosen_pairs(self) -> set[tuple[int, int] | None]:
        return {self._pair(index.row()) for index in self._view.selectedIndexes()}

    def _choose_pairs(self, pairs: set[tuple[int, int] | None], current: tuple[int, int] | None) -> None:
        """Select again what is still there."""
        selection = QItemSelection()
        for row in range(self.model.rowCount() if pairs or current else 0):
            index, pair = self.model.index(row), self._pair(row)
            if pair in pairs:
                selection.select(index, index)
            if pair == current:
                self._view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._view.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.Select)

    def _chosen(self) -> NDArray[np.int64]:
        """The rows that are chosen, the current one first."""
        return np.array(self._view.chosen_rows(), np.int64)

    def _ids(self) -> tuple[int, ...]:
        return tuple(self.model.images.image_ids[self._chosen()].tolist())

    def _on_view_opened(self) -> None:
        self.opened.emit(self._ids())

    def _on_enlarge(self) -> None:
        rows = self._chosen()
        if len(rows):
            # one image is where to begin; several are those to be gone through
            among = np.sort(rows) if len(rows) > 1 else np.arange(self.model.rowCount())
            images = self.model.images
            place = int(np.flatnonzero(among == rows[0])[0])
            self.viewed.emit(images.image_ids[among], images.labels[among], place)

    def go_to(self, image_id: int) -> None:
        """Make an image the current one, such as that which was looked at large."""
        rows = np.flatnonzero(self.model.images.image_ids == image_id)
        if len(rows):
            self._view.setCurrentIndex(self.model.index(int(rows[0])))
        self._view.setFocus()

    # putting right

    def _fix(self, state: LabelState) -> None:
        scored, rows = self.inspection.scored, self._chosen()
        if scored is not None and len(rows):
            images = self.model.images
            states = np.full(len(rows), state, np.int8)
            self.inspection.fixes.set(scored, images.image_ids[rows], images.labels[rows], states)

    def _on_model_is_right(self) -> None:
        scored, rows = self.inspection.scored, self._chosen()
        if scored is not None and len(rows):
            images, thresholds = self.model.images, self.inspection.thresholds.values
            self.inspection.fixes.as_predicted(scored, thresholds, images.image_ids[rows], images.labels[rows])

    def _action(self, text: str, key: str, function: Callable[[], None]) -> QAction:
        action = QAction(text, self._view)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: function())
        self._view.addAction(action)
        return action

    def _on_menu_asked(self, place: QPoint) -> None:
        rows, scored = self._chosen(), self.inspection.scored
        if not len(rows) or scored is None:
            return
        self._menu.clear()
        labels = {scored.label_names[label] for label in self.model.images.labels[rows].tolist()}
        of_what = f"“{labels.pop()}”" if len(labels) == 1 else self.tr("{} labels").format(len(labels))
        # the style paints no text of a section
        self._menu.addAction(of_what.replace("&", "&&")).setEnabled(False)
        self._menu.addActions([self._right, self._present])
        if not scored.is_multi_class:
            self._menu.addActions([self._absent, self._unknown])
        self._menu.addSeparator()
        self._menu.addAction(self._enlarge)
        enter = QKeySequence(Qt.Key.Key_Return).toString(QKeySequence.SequenceFormat.NativeText)
        self._menu.addAction(f"{self.tr('Open in Label')}\t{enter}").triggered.connect(self._on_view_opened)
        self._menu.popup(self._view.viewport().mapToGlobal(place))
