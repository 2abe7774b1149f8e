"""Label: give every image its labels."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from core.labels import PRESENT, LabelState
from gui.commands import Commands
from gui.label.advice import Advice
from gui.label.choosing import Choosing
from gui.label.filter.filter_bar import FilterBar
from gui.label.foot_bar import FootBar
from gui.label.going import Going
from gui.label.images.compare.compare import Compare
from gui.label.images.grid.grid import Grid
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.loupe.chips import ChipInfo
from gui.label.images.loupe.loupe import Loupe
from gui.label.labels.list.label_panel import LabelPanel
from gui.label.review.image_panel import ImagePanel
from gui.label.review.scores.model_scores import ModelScores
from gui.label.review.sidebar import Sidebar
from gui.label.showing import Mode, Showing
from gui.label.tagging.annotator import Annotator
from gui.label.tagging.tagging import NEED_IMAGES, Tagging
from gui.label.viewing import Viewing
from gui.project.new_images_bar import NewImagesBar
from gui.session import Session
from gui.widgets.panel import line

if TYPE_CHECKING:
    from gui.label.review.statistics.statistics_page import StatisticsPage

_NEED_IMAGES = (
    *NEED_IMAGES, "image.accept", "image.next", "image.previous", "image.next_unreviewed", "image.note", "view.grid",
    "view.loupe", "view.compare", "view.zoom", "view.rotate_left", "view.rotate_right", "view.look",
    "view.reset_look", "view.facts", "view.link", "image.reviewed", "image.keep_mine", "image.take_theirs",
)  # fmt: skip
_NEED_LABEL = (
    "edit.refresh_filter", "edit.order", "labels.pin",
    "edit.select_all", "edit.select_none", "edit.invert_selection", "edit.clear_filter", "edit.save_filter",
    "view.zoom_in", "view.zoom_out", "view.zoom_actual", "view.side_panel", "view.sidebar", "view.sections",
    "view.statistics", "labels.add", "labels.edit", "labels.merge", "labels.delete", "labels.up", "labels.down",
    "labels.rules", "labels.guide", "image.advance",
)  # fmt: skip


class LabelWorkspace(QWidget):
    """Images in the middle, queues and folders at the left, labels and facts at the right, the filter above.

    Signals:
        folder_wanted: there are no images and the person wants to add some.
        label_actions_changed: list of QAction, one per label, for the menu and the palette.
    """

    folder_wanted = Signal()
    label_actions_changed = Signal(object)

    def __init__(
        self, session: Session, commands: Commands, *, news: NewImagesBar | None = None, parent: QWidget | None = None
    ) -> None:
        """Make it.

        Args:
            session: of the window.
            commands: of the window.
            news: a bar to be shown above the images.
            parent: of the workspace.
        """
        super().__init__(parent)
        self._session = session
        self._commands = commands
        self._news = news
        self._is_active = False
        self._painted_from: Mode = "grid"

        # make
        self.annotator = Annotator(session, self)
        self.scores = ModelScores(session, self)
        self.advice = Advice(session, self.scores, self)
        self.model = ImageModel(session, self)
        self.grid = Grid(session, self.model)
        self.loupe = Loupe(session, self.model, self.grid)
        self.compare = Compare(session, self.model, self.grid, looks=self.loupe.looks)
        self.filter_bar = FilterBar(session, self.model)
        self.label_panel = LabelPanel(session, self.annotator, commands)
        self.image_panel = ImagePanel(session, self.annotator)
        self.sidebar = Sidebar(session, self.model, self.scores, commands)
        self.showing = Showing(
            session, self.model, commands, grid=self.grid, loupe=self.loupe, compare=self.compare,
            make_statistics=self._make_statistics, parent=self,
        )  # fmt: skip
        self.tagging = Tagging(
            session, commands, self.annotator, self,
            images=self.showing.page, current_label=self.label_panel.list.current_label,
        )  # fmt: skip
        self.going = Going(
            session, self.model, self.annotator, grid=self.grid, compare=self.compare, showing=self.showing,
            parent=self,
        )  # fmt: skip
        self.foot = FootBar(session, commands)
        self.choosing = Choosing(
            session, self.model, self.annotator, grid=self.grid, compare=self.compare, showing=self.showing,
            foot=self.foot, parent=self,
        )  # fmt: skip
        self.viewing = Viewing(self.showing, loupe=self.loupe, compare=self.compare, foot=self.foot, parent=self)
        self._middle = QWidget()
        self._side = QWidget()
        self.splitter = QSplitter()

        self._lay_out()
        self._connect()
        self._connect_commands()
        commands.bind("images", [self.showing.pages, self.label_panel])
        self.tagging.bind([self.showing.pages, self.label_panel])
        self._show_task()
        self._show_scores()
        self.showing.refresh()
        self._enable()

    # what the window asks for

    def activate(self) -> None:
        """The workspace is shown: its commands hold, and keys go to the images."""
        self._is_active = True
        self._enable()
        self.showing.set_active(True)
        self.showing.focus()

    def deactivate(self) -> None:
        """Another workspace is shown: no command changes what is not seen."""
        self._is_active = False
        self.tagging.painter.stop()
        self.image_panel.keep()
        self._enable()
        self.showing.set_active(False)

    @property
    def label_actions(self) -> list[QAction]:
        """One action per label, in their order."""
        return self.tagging.actions.actions

    @property
    def statistics(self) -> "StatisticsPage":
        """The page of numbers; made when it is first asked for."""
        return self.showing.statistics

    def has_loupe(self) -> bool:
        """Whether one image is shown large."""
        return self.showing.is_seen("loupe")

    def is_idle(self) -> bool:
        """Whether everything that is to be seen is there."""
        return self._session.thumbnails.is_idle()

    def set_bare(self, bare: bool) -> bool:
        """Show an image and nothing else, as on the full screen; the panels come back afterwards as they were.

        Args:
            bare: whether that is wanted where images are looked at.

        Returns:
            Whether it is so now.
        """
        is_large = bare and (self.showing.is_seen("loupe") or self.showing.is_seen("compare"))
        for widget in (self.filter_bar, self.foot):
            widget.setVisible(not is_large)
        self._side.setVisible(not is_large and self._commands["view.side_panel"].isChecked())
        self.sidebar.set_bare(is_large)
        self.loupe.set_bare(is_large)
        return is_large

    # how it is made

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if self._news is not None:
            column.addWidget(self._news)
        column.addWidget(self.filter_bar)
        column.addWidget(line())
        column.addWidget(self.tagging.paint_bar)
        column.addWidget(self.showing.pages, 1)
        column.addWidget(line())
        column.addWidget(self.foot)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(0)
        side.addWidget(self.label_panel, 1)
        side.addWidget(line())
        side.addWidget(self.image_panel)
        self._side.setMinimumWidth(220)
        for part in (self.sidebar, self._middle, self._side):
            self.splitter.addWidget(part)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([self.sidebar.sizeHint().width(), 1000, 272])
        for place in (0, 1):
            self.splitter.setCollapsible(place, False)
        self.splitter.setHandleWidth(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    def _make_statistics(self) -> "StatisticsPage":
        from gui.label.review.statistics.statistics_page import StatisticsPage

        page = StatisticsPage(self._session)
        page.closed.connect(lambda: self.showing.show("grid"))
        page.filter_wanted.connect(self.show_filter)
        return page

    def _connect(self) -> None:
        session, grid, annotator = self._session, self.grid, self.annotator
        self.showing.changed.connect(self._on_page_changed)
        self.showing.no_images.clicked.connect(self.folder_wanted)
        self.showing.no_match.clicked.connect(self.filter_bar.clear)
        self.filter_bar.left.connect(self.showing.focus)
        if self._news is not None:
            self._news.left.connect(self.showing.focus)
        grid.opened.connect(lambda: self.showing.show("loupe"))
        grid.size_step_wanted.connect(self.foot.step_size)
        grid.painted.connect(self.tagging.painter.touch)
        self.tagging.painter.watch(grid.viewport())
        self.tagging.painting_changed.connect(self._on_painting_changed)
        self.foot.size_changed.connect(grid.set_thumbnail_size)
        self.loupe.closed.connect(lambda: self.showing.show("grid"))
        self.loupe.step_wanted.connect(self.going.step)
        self.loupe.chip_clicked.connect(self._on_chip_clicked)
        self.loupe.set_chips(self.advice.chips)
        self.sidebar.filter_wanted.connect(self.show_filter)
        self.sidebar.statistics_wanted.connect(lambda: self.showing.show("statistics"))
        self.sidebar.left.connect(self.showing.focus)
        self.image_panel.left.connect(self.showing.focus)
        self.label_panel.filter_wanted.connect(self.show_filter)
        self.label_panel.set_suggestions(self._suggested)
        self.label_panel.set_conflicts(self._conflicting)
        self.label_panel.set_shown_counts(self._shown_counts)
        self.model.visible_changed.connect(self.label_panel.refresh_counts)
        grid.delegate.set_conflicts(self.advice.is_broken)
        self.scores.changed.connect(self._show_scores)
        self.advice.changed.connect(self._on_advice_changed)
        self.tagging.suggester.set_source(self.scores.suggestions)
        self.tagging.suggester.changed.connect(self._show_suggestion)
        self.tagging.actions.changed.connect(self.label_actions_changed)
        # F2 and the like are then about the label whose key was pressed
        self.tagging.actions.triggered.connect(self.label_panel.list.choose)
        annotator.label_given.connect(grid.delegate.flash)
        annotator.label_given.connect(self.going.on_if_wanted)
        self.tagging.painter.stroke_made.connect(grid.delegate.flash)
        session.project_opened.connect(self._show_task)
        self._commands.shortcuts_changed.connect(self._show_turn_keys)
        self._show_turn_keys()
        session.project_closed.connect(self._on_project_closed)
        session.images_requested.connect(self._on_images_requested)

    def _connect_commands(self) -> None:
        going, grid, showing, viewing = self.going, self.grid, self.showing, self.viewing
        looks = self.loupe.looks
        handlers: dict[str, Callable[[], object]] = {
            "image.accept": going.accept,
            "image.reviewed": going.reviewed,
            "image.next": lambda: going.step(1),
            "image.previous": lambda: going.step(-1),
            "image.next_unreviewed": going.to_unreviewed,
            "edit.select_all": grid.selectAll,
            "edit.select_none": grid.clearSelection,
            "edit.invert_selection": grid.invert_selection,
            "edit.filter": self._focus_filter,
            "edit.clear_filter": self.filter_bar.clear,
            "edit.save_filter": self.filter_bar.save,
            "edit.refresh_filter": self.model.refresh,
            "edit.order": self.filter_bar.open_orders,
            "labels.pin": self.label_panel.pin_current,
            "image.note": self._write_note,
            "image.keep_mine": lambda: self.image_panel.decide(mine=True),
            "image.take_theirs": lambda: self.image_panel.decide(mine=False),
            "view.grid": lambda: showing.show("grid"),
            "view.loupe": lambda: showing.show("loupe"),
            "view.compare": lambda: showing.toggle("compare"),
            "view.statistics": lambda: showing.toggle("statistics"),
            "view.zoom": viewing.toggle_zoom,
            "view.zoom_in": lambda: viewing.zoom_by(1),
            "view.zoom_out": lambda: viewing.zoom_by(-1),
            "view.zoom_actual": viewing.zoom_actual,
            "view.rotate_left": lambda: looks.rotate(-1),
            "view.rotate_right": lambda: looks.rotate(1),
            "view.look": viewing.toggle_look,
            "view.reset_look": looks.reset,
            "view.facts": viewing.toggle_facts,
            "model.score": self.scores.score_all,
        }
        self._commands.handle(handlers)
        self._commands["view.sections"].triggered.connect(grid.set_sections)
        self._commands["view.link"].triggered.connect(self.compare.linked.setChecked)
        self.compare.linked.toggled.connect(self._commands["view.link"].setChecked)
        self._commands["view.link"].setChecked(self.compare.linked.isChecked())
        self._commands["view.side_panel"].triggered.connect(self._side.setVisible)
        self._commands["view.side_panel"].setChecked(True)

    # what is shown

    def show_filter(self, text: str) -> None:
        """Show the images that pass a filter, in the grid."""
        self.filter_bar.show_filter(text)
        self.showing.show("grid")

    def _on_page_changed(self) -> None:
        # only the grid has images to paint on
        if self.showing.mode != "grid":
            self.tagging.painter.stop()
        self._enable()

    def _enable(self) -> None:
        is_active = self._is_active and self._session.has_project
        for name in _NEED_LABEL:
            self._commands[name].setEnabled(is_active)
        for name in _NEED_IMAGES:
            self._commands[name].setEnabled(is_active and self.model.rowCount() > 0)
        self.tagging.actions.set_enabled(is_active)

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
        self.showing.show("loupe" if len(image_ids) == 1 else "grid")

    def _write_note(self) -> None:
        self._commands["view.side_panel"].setChecked(True)
        self._side.show()
        self.image_panel.focus_note()

    def _on_painting_changed(self, on: bool) -> None:
        if on:
            self._painted_from = self.showing.mode
            if self._painted_from != "grid":
                self.showing.show("grid")
                self._session.message.emit(self.tr("Click the images to paint: Escape brings back what was seen."))
        elif self._is_active and self._session.has_project and self.showing.mode == "grid":
            self.showing.show(self._painted_from)
        self.grid.set_painting(on)

    # what the model and the rules say

    def _show_scores(self) -> None:
        scores = self.scores
        self.model.set_scores(scores.probabilities, scores.thresholds)
        self.tagging.suggester.changed.emit()
        self._on_advice_changed()

    def _on_advice_changed(self) -> None:
        # no room is kept for suggestions where no label is unknown
        is_open = self.scores.run_id is not None and int(self._session.store.states.min(initial=1)) < 0
        self.grid.delegate.set_suggestions(self.scores.suggestions_of if is_open else None)
        self.grid.viewport().update()
        self.loupe.refresh_chips()
        self.label_panel.refresh_advice()

    def _shown_counts(self) -> NDArray[np.int64] | None:
        """On how many of the shown images each label is present (C,); None where all are shown."""
        return self.filter_bar.label_counts()[PRESENT] if self.model.is_filtered else None

    def _suggested(self) -> dict[int, float]:
        """What the model suggests for the one image that is chosen, by label id."""
        targets = self.annotator.targets
        return dict(self.scores.suggestions(int(targets[0]))) if len(targets) == 1 else {}

    def _conflicting(self) -> set[int]:
        """Ids of the labels that break a rule on the one image that is chosen."""
        targets = self.annotator.targets
        if len(targets) != 1:
            return set()
        return {label_id for one in self.advice.violations(int(targets[0])) for label_id in one.label_ids}

    def _show_suggestion(self) -> None:
        current = self.tagging.suggester.current() if self._session.has_project else None
        self.loupe.set_current_suggestion(None if current is None else current[0])

    def _on_chip_clicked(self, chip: ChipInfo) -> None:
        """What is only proposed becomes true; what is true goes on to the next state; a broken rule is mended."""
        if chip.kind == "conflict":
            self.annotator.fix()
        elif chip.kind == "present":
            self.annotator.cycle(chip.label.id)
        else:
            self.annotator.set_state(chip.label.id, LabelState.PRESENT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves buttons and panels for the images."""
        if event.key() == Qt.Key.Key_Escape:
            self.showing.focus()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The sidebar folds where there is little room."""
        super().resizeEvent(event)
        self.sidebar.fit(event.size().width())

    # another project

    def _on_project_closed(self) -> None:
        # the next project begins with an overview
        self.showing.show("grid")

    def _show_turn_keys(self) -> None:
        self.viewing.show_keys(self._commands.key("view.rotate_left"), self._commands.key("view.rotate_right"))

    def _show_task(self) -> None:
        """Say what the keys do where an image has one label."""
        text = self.tr("Rest absent, reviewed, next")
        tip = self.tr("Labels still unknown become absent, the image is reviewed, and the next one comes")
        key_tip = self.tr("Yes, no, unknown for the chosen images")
        if self.annotator.is_choice:
            text = self.tr("Reviewed, next")
            tip = self.tr("The image is reviewed with the label it has, and the next one comes")
            key_tip = self.tr("Chosen for the images, or taken back")
        self._commands["image.accept"].setText(text)
        self._commands.set_tip("image.accept", tip)
        self.tagging.actions.set_tip(key_tip)
