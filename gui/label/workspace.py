"""Label: give every image its labels."""

import numpy as np
from PySide6.QtCore import QItemSelection, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from core.project.changes import Changes
from gui.commands import Commands
from gui.label.filter.filter_bar import FilterBar
from gui.label.images.grid import Grid
from gui.label.images.image_model import ImageModel
from gui.label.images.loupe import Loupe
from gui.label.labels.label_panel import LabelPanel
from gui.label.review.image_panel import ImagePanel
from gui.label.tagging.annotator import Annotator
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import action_button, with_shortcut
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import line

SMALLEST, LARGEST, SIZE_STEP = 96, 320, 32
_NEED_IMAGES = (
    "image.accept", "image.next", "image.previous", "image.next_unreviewed", "image.repeat", "image.clear",
    "image.unreview", "view.grid", "view.loupe", "view.zoom",
)  # fmt: skip
_NEED_LABEL = (
    "edit.select_all", "edit.select_none", "edit.invert_selection", "edit.clear_filter", "view.zoom_in",
    "view.zoom_out", "view.zoom_actual", "view.side_panel", "labels.add", "labels.edit", "labels.up", "labels.down",
)  # fmt: skip


class LabelWorkspace(QWidget):
    """Grid or loupe in the middle, labels and facts at the right, the filter above.

    Signals:
        folder_wanted: there are no images and the person wants to add some.
        label_actions_changed: list of QAction, one per label, for the menu and the palette.
    """

    folder_wanted = Signal()
    label_actions_changed = Signal(object)

    def __init__(self, session: Session, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._commands = commands
        self._label_actions: list[QAction] = []
        self._is_active = False

        # make
        self.annotator = Annotator(session, self)
        self.model = ImageModel(session, self)
        self.grid = Grid(session, self.model)
        self.loupe = Loupe(session, self.model, self.grid)
        self.filter_bar = FilterBar(session, self.model)
        self.label_panel = LabelPanel(session, self.annotator, commands)
        self._image_panel = ImagePanel(session, self.annotator)
        self._no_images = EmptyState(
            "image-square",
            self.tr("No images yet"),
            self.tr("Drop a folder here or press Ctrl+U. Images stay where they are; nothing is copied."),
            self.tr("Add images from folder…"),
        )
        self._no_match = EmptyState(
            "funnel", self.tr("No image matches the filter"), self.tr("Change it, or show all images."),
            self.tr("Show all images"),
        )  # fmt: skip
        self._pages = QStackedWidget()
        for page in (self.grid, self.loupe, self._no_images, self._no_match):
            self._pages.addWidget(page)
        self._chosen = QLabel()
        self._chosen.setProperty("tone", "secondary")
        self._zoom = QLabel()
        self._zoom.setProperty("tone", "secondary")
        self._zoom.setFont(theme.tabular(self._zoom.font()))
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(SMALLEST, LARGEST)
        self._size.setSingleStep(SIZE_STEP)
        self._size.setPageStep(SIZE_STEP)
        self._size.setValue(session.settings.thumbnail_size)
        self._size.setFixedWidth(120)
        self._size.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._size.setToolTip(self.tr("Size of the thumbnails"))
        self._size.setAccessibleName(self.tr("Size of the thumbnails"))
        self._side = QWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)

        self._lay_out()
        self._connect()
        commands.bind("images", [self._pages, self.label_panel])
        self._show_loupe(False)
        self._on_visible_changed()
        self._make_label_actions()
        self._show_task()
        self._show_advance()

    def activate(self) -> None:
        """The workspace is shown: its commands hold, and keys go to the images."""
        self._is_active = True
        self._enable()
        self._focus_images()

    def deactivate(self) -> None:
        """Another workspace is shown: no command changes what is not seen."""
        self._is_active = False
        self._enable()

    @property
    def label_actions(self) -> list[QAction]:
        """One action per label, in their order."""
        return self._label_actions

    def has_loupe(self) -> bool:
        """Whether one image is shown large."""
        return self._pages.currentWidget() is self.loupe

    def is_idle(self) -> bool:
        """Whether everything that is to be seen is there."""
        return self._session.thumbnails.is_idle()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        foot.setSpacing(theme.SPACE // 2)
        for name in ("view.grid", "view.loupe"):
            button = action_button(self._commands[name])
            button.setIconSize(QSize(18, 18))
            foot.addWidget(button)
        foot.addSpacing(theme.SPACE)
        foot.addWidget(self._chosen)
        foot.addStretch(1)
        foot.addWidget(self._zoom)
        foot.addWidget(self._size)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.filter_bar)
        column.addWidget(line())
        column.addWidget(self._pages, 1)
        column.addWidget(line())
        column.addLayout(foot)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(0)
        side.addWidget(self.label_panel, 1)
        side.addWidget(line())
        side.addWidget(self._image_panel)
        self._side.setMinimumWidth(220)
        self.splitter.addWidget(middle)
        self.splitter.addWidget(self._side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([1000, 272])
        self.splitter.setCollapsible(0, False)
        self.splitter.setHandleWidth(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    def _connect(self) -> None:
        session, commands, annotator = self._session, self._commands, self.annotator
        selection = self.grid.selectionModel()
        selection.selectionChanged.connect(self._on_selection_changed)
        selection.currentChanged.connect(self._on_current_changed)
        self.model.visible_changed.connect(self._on_visible_changed)
        self.grid.opened.connect(lambda: self._show_loupe(True))
        self.grid.size_step_wanted.connect(lambda step: self._size.setValue(self._size.value() + step * SIZE_STEP))
        self._size.valueChanged.connect(self.grid.set_thumbnail_size)
        self._size.sliderReleased.connect(self._keep_size)
        self.loupe.step_wanted.connect(self._go)
        self.loupe.closed.connect(lambda: self._show_loupe(False))
        self.loupe.canvas.zoom_changed.connect(self._on_zoom_changed)
        self.filter_bar.left.connect(self._focus_images)
        self._no_images.clicked.connect(self.folder_wanted)
        self._no_match.clicked.connect(self.filter_bar.clear)
        annotator.label_given.connect(self.grid.delegate.flash)
        annotator.label_given.connect(self._on_label_given)
        session.changed.connect(self._on_session_changed)
        session.project_opened.connect(self._make_label_actions)
        session.project_opened.connect(self._show_task)
        session.settings_changed.connect(self._show_advance)
        session.project_closed.connect(self._on_project_closed)
        session.images_requested.connect(self._on_images_requested)

        commands["image.accept"].triggered.connect(self._accept)
        commands["image.advance"].triggered.connect(lambda on: session.change_settings(advance=on))
        commands["image.next"].triggered.connect(lambda: self._go(1))
        commands["image.previous"].triggered.connect(lambda: self._go(-1))
        commands["image.next_unreviewed"].triggered.connect(self._go_to_unreviewed)
        commands["image.repeat"].triggered.connect(annotator.repeat)
        commands["image.clear"].triggered.connect(annotator.clear)
        commands["image.unreview"].triggered.connect(annotator.unreview)
        commands["edit.select_all"].triggered.connect(self.grid.selectAll)
        commands["edit.select_none"].triggered.connect(self.grid.clearSelection)
        commands["edit.invert_selection"].triggered.connect(self.grid.invert_selection)
        commands["edit.filter"].triggered.connect(self._focus_filter)
        commands["edit.clear_filter"].triggered.connect(self.filter_bar.clear)
        commands["view.grid"].triggered.connect(lambda: self._show_loupe(False))
        commands["view.loupe"].triggered.connect(lambda: self._show_loupe(True))
        commands["view.zoom"].triggered.connect(self._toggle_zoom)
        commands["view.zoom_in"].triggered.connect(lambda: self._zoom_by(1))
        commands["view.zoom_out"].triggered.connect(lambda: self._zoom_by(-1))
        commands["view.zoom_actual"].triggered.connect(self._zoom_actual)
        commands["view.side_panel"].triggered.connect(self._side.setVisible)
        commands["view.side_panel"].setChecked(True)

    # what is chosen

    def _on_selection_changed(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        self._choose_targets()

    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self._session.current_image = self.model.image_id(current.row()) if current.isValid() else None
        self._choose_targets()

    def _choose_targets(self) -> None:
        if not self._session.has_project:
            return
        current = self.grid.currentIndex()
        rows = self.grid.selected_rows()
        if self.has_loupe() and current.isValid():
            rows = np.array([current.row()], np.int64)
        self.annotator.set_targets(self.model.image_ids(rows).tolist())
        count = len(rows)
        text = self.tr("{count} chosen").format(count=f"{count:,}")
        if self.has_loupe() and current.isValid():
            text = f"{self.model.data(current)}   {current.row() + 1:,} / {self.model.rowCount():,}"
        self._chosen.setText(text if count else "")

    # going from image to image

    def _go(self, step: int) -> None:
        row = self.grid.currentIndex().row() + step
        if 0 <= row < self.model.rowCount():
            self.grid.go_to(row)
        elif self.model.rowCount():
            end = self.tr("last") if step > 0 else self.tr("first")
            self._session.message.emit(self.tr("This is the {end} image.").format(end=end))

    def _accept(self) -> None:
        self.annotator.accept()
        self._go_on()

    def _on_label_given(self) -> None:
        if self.annotator.is_choice and self._session.settings.advance:
            self._go_on()

    def _go_on(self) -> None:
        """Show the image after those that are chosen."""
        rows = self.grid.selected_rows()
        if len(rows) > 1 and not self.has_loupe() and rows[-1] + 1 < self.model.rowCount():
            self.grid.go_to(int(rows[-1]) + 1)
        else:
            self._go(1)

    def _go_to_unreviewed(self) -> None:
        waiting = np.flatnonzero(~self._session.store.reviewed[self.model.rows])
        if not len(waiting):
            self._session.message.emit(self.tr("All images that are shown are reviewed."))
            return
        later = waiting[waiting > self.grid.currentIndex().row()]
        self.grid.go_to(int(later[0] if len(later) else waiting[0]))

    # what is shown

    def _show_loupe(self, large: bool) -> None:
        self._commands["view.grid"].setChecked(not large)
        self._commands["view.loupe"].setChecked(large)
        self._size.setVisible(not large)
        self._zoom.setVisible(large)
        if self._pages.currentWidget() in (self.grid, self.loupe):
            if large and not self.grid.currentIndex().isValid() and self.model.rowCount():
                self.grid.go_to(0)
            self._pages.setCurrentWidget(self.loupe if large else self.grid)
        self.loupe.set_active(self.has_loupe())
        self._choose_targets()
        if not large and self.grid.currentIndex().isValid():
            self.grid.scrollTo(self.grid.currentIndex())
        self._focus_images()

    def _on_visible_changed(self) -> None:
        has_images = self._session.has_project and len(self._session.store.image_ids) > 0
        page = self._pages.currentWidget()
        # before a page is shown: a list that gets the focus without a current image takes one and does not select it
        if self.model.rowCount() and not self.grid.currentIndex().isValid():
            row = max(0, self.model.row_of(self._session.current_image))
            self.grid.go_to(row)
        if not has_images:
            self._pages.setCurrentWidget(self._no_images)
        elif not self.model.rowCount():
            self._pages.setCurrentWidget(self._no_match)
        elif page not in (self.grid, self.loupe):
            self._pages.setCurrentWidget(self.loupe if self._commands["view.loupe"].isChecked() else self.grid)
        if has_images and page is self._no_images:
            self._focus_images()
        self._choose_targets()
        self._enable()

    def _enable(self) -> None:
        is_active = self._is_active and self._session.has_project
        for name in _NEED_LABEL:
            self._commands[name].setEnabled(is_active)
        for name in _NEED_IMAGES:
            self._commands[name].setEnabled(is_active and self.model.rowCount() > 0)
        self._commands["image.advance"].setEnabled(is_active and self.annotator.is_choice)
        for action in self._label_actions:
            action.setEnabled(is_active)

    def _focus_images(self) -> None:
        page = self._pages.currentWidget()
        (self.loupe.canvas if page is self.loupe else self.grid).setFocus()

    def _focus_filter(self) -> None:
        self._session.workspace_requested.emit("label")
        self.filter_bar.field.setFocus()
        self.filter_bar.field.selectAll()

    def _on_images_requested(self, image_ids: tuple[int, ...]) -> None:
        if len(image_ids) == 1 and self.model.row_of(image_ids[0]) >= 0:
            self.grid.go_to(self.model.row_of(image_ids[0]))
        elif image_ids:
            self.filter_bar.forget()
            self.model.set_chosen(image_ids)
            self.grid.go_to(self.model.row_of(image_ids[0]))
        self._show_loupe(len(image_ids) == 1)

    # zoom

    def _toggle_zoom(self) -> None:
        if self.has_loupe():
            self.loupe.canvas.toggle_zoom()
        else:
            self._show_loupe(True)

    def _zoom_by(self, step: int) -> None:
        if self.has_loupe():
            self.loupe.canvas.zoom_by(1.25**step)
        else:
            self._size.setValue(self._size.value() + step * SIZE_STEP)
            self._keep_size()

    def _zoom_actual(self) -> None:
        if self.has_loupe():
            self.loupe.canvas.zoom_actual()

    def _on_zoom_changed(self) -> None:
        canvas = self.loupe.canvas
        fitted = self.tr("fit, ") if canvas.is_fitted() else ""
        self._zoom.setText(f"{fitted}{canvas.zoom() * 100:.0f} %")

    def _keep_size(self) -> None:
        self._session.change_settings(thumbnail_size=self._size.value())

    def _on_project_closed(self) -> None:
        # the next project begins with an overview
        self._show_loupe(False)
        self._make_label_actions()

    # labels

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.labels:
            self._make_label_actions()

    def _show_task(self) -> None:
        """Say what the keys do where an image has one label."""
        text = self.tr("Rest absent, reviewed, next")
        tip = self.tr("Labels still unknown become absent, the image is reviewed, and the next one comes")
        if self.annotator.is_choice:
            text = self.tr("Reviewed, next")
            tip = self.tr("The image is reviewed with the label it has, and the next one comes")
        self._commands["image.accept"].setText(text)
        self._commands["image.accept"].setToolTip(with_shortcut(tip, "Return"))

    def _show_advance(self) -> None:
        self._commands["image.advance"].setChecked(self._session.settings.advance)

    def _make_label_actions(self) -> None:
        for action in self._label_actions:
            # it lives until the event loop turns, and two with one key would both be silent
            action.setShortcut(QKeySequence())
            action.deleteLater()
        self._label_actions = []
        for label in self._session.store.labels if self._session.has_project else ():
            action = QAction(label.name.replace("&", "&&"), self)
            action.setShortcut(QKeySequence(label.shortcut))
            # on macOS a label called “Quit” would else become the program's own
            action.setMenuRole(QAction.MenuRole.NoRole)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setToolTip(
                self.tr("Chosen for the images, or taken back")
                if self.annotator.is_choice
                else self.tr("Yes, no, unknown for the chosen images")
            )
            label_id = label.id
            action.triggered.connect(lambda _checked=False, label_id=label_id: self.annotator.cycle(label_id))
            self._pages.addAction(action)
            self.label_panel.addAction(action)
            self._label_actions.append(action)
        self._enable()
        self.label_actions_changed.emit(self._label_actions)
