"""Which of grid, loupe, compare and statistics is seen, and what stands in their place where there is no image."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from gui.commands import Commands
from gui.label.images.compare.compare import Compare
from gui.label.images.grid.grid import Grid
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.loupe.loupe import Loupe
from gui.session import Session
from gui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    # made and imported when it is first seen
    from gui.label.review.statistics.statistics_page import StatisticsPage

Mode = Literal["grid", "loupe", "compare", "statistics"]
MODES: tuple[Mode, ...] = ("grid", "loupe", "compare", "statistics")


class Showing(QObject):
    """Owns the mode and the stack of pages.

    Signals:
        changed: another page is seen.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        model: ImageModel,
        commands: Commands,
        *,
        grid: Grid,
        loupe: Loupe,
        compare: Compare,
        make_statistics: "Callable[[], StatisticsPage]",
        parent: QObject,
    ) -> None:
        """Make it.

        Args:
            session: of the window.
            model: the images that are shown.
            commands: of the window.
            grid: a page.
            loupe: a page.
            compare: a page.
            make_statistics: makes a page, which the first screen need not wait for.
            parent: of this.
        """
        super().__init__(parent)
        self._session = session
        self._model = model
        self._commands = commands
        self._grid, self._loupe, self._compare = grid, loupe, compare
        self._make_statistics = make_statistics
        self._statistics: StatisticsPage | None = None
        self._mode: Mode = "grid"
        self._is_active = False
        self._active: set[Mode] = set()
        self.no_images = EmptyState(
            "image-square",
            self.tr("No images yet"),
            self.tr("Drop a folder here or press {key}. Images stay where they are; nothing is copied.").format(
                key=commands.key("file.add_images")
            ),
            self.tr("Add images from folder…"),
        )
        self.no_match = EmptyState(
            "funnel", self.tr("No image matches the filter"), self.tr("Change it, or show all images."),
            self.tr("Show all images"),
        )  # fmt: skip
        self.pages = QStackedWidget()
        for page in (grid, loupe, compare, self.no_images, self.no_match):
            self.pages.addWidget(page)
        model.visible_changed.connect(self.refresh)
        self.show("grid")

    @property
    def mode(self) -> Mode:
        """What is to be seen as long as there are images."""
        return self._mode

    def page(self) -> QWidget:
        """The page that is seen now."""
        page = self.pages.currentWidget()
        assert page is not None
        return page

    def is_seen(self, mode: Mode) -> bool:
        """Whether that page is the one that is seen now."""
        page = self._page_of(mode)
        return page is not None and self.pages.currentWidget() is page

    @property
    def statistics(self) -> "StatisticsPage":
        """The page of numbers."""
        if self._statistics is None:
            self._statistics = self._make_statistics()
            self.pages.addWidget(self._statistics)
        return self._statistics

    def show(self, mode: Mode) -> None:
        """See images another way."""
        self._mode = mode
        for one in MODES:
            self._commands[f"view.{one}"].setChecked(one == mode)
        needs_current = mode in ("loupe", "compare")
        if needs_current and not self._grid.currentIndex().isValid() and self._model.rowCount():
            self._grid.go_to(0)
        self._choose_page()
        if mode == "grid" and self._grid.currentIndex().isValid():
            self._grid.scrollTo(self._grid.currentIndex())
        self.focus()

    def toggle(self, mode: Mode) -> None:
        """See images that way, or in the grid again where they are seen so already."""
        self.show("grid" if self._mode == mode else mode)

    def set_active(self, active: bool) -> None:
        """Let the pages decode and count only while they may be seen."""
        self._is_active = active
        self._tell_pages()

    def refresh(self) -> None:
        """Other images are visible: choose one of them where none is, and the page that can show them."""
        # before a page is shown: a list that gets the focus without a current image takes one and does not select it
        if self._model.rowCount() and not self._grid.currentIndex().isValid():
            self._grid.go_to(max(0, self._model.row_of(self._session.current_image)))
        had_images = self.pages.currentWidget() is not self.no_images
        self._choose_page()
        if not had_images and self.pages.currentWidget() is not self.no_images:
            self.focus()

    def focus(self) -> None:
        """Give the focus to the page that is seen."""
        # before the workspace is seen there is no focus to give
        if not self._is_active:
            return
        page = self.page()
        if page is self._loupe or page is self._compare:
            page.focus_image()
        elif self._statistics is not None and page is self._statistics:
            self._statistics.focus_first()
        else:
            page.setFocus()

    def _page_of(self, mode: Mode) -> QWidget | None:
        """The page of a mode; None while it was not made."""
        pages: dict[Mode, QWidget | None] = {
            "grid": self._grid, "loupe": self._loupe, "compare": self._compare, "statistics": self._statistics,
        }  # fmt: skip
        return pages[mode]

    def _choose_page(self) -> None:
        has_images = self._session.has_project and len(self._session.store.image_ids) > 0
        wanted: QWidget | None = self.statistics if self._mode == "statistics" else self._page_of(self._mode)
        if not has_images:
            wanted = self.no_images
        elif not self._model.rowCount() and self._mode != "statistics":
            wanted = self.no_match
        assert wanted is not None
        # the focus goes with the page that had it
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.pages.isAncestorOf(focus)
        is_new = self.pages.currentWidget() is not wanted
        self.pages.setCurrentWidget(wanted)
        self._tell_pages()
        if had_focus and is_new:
            self.focus()
        self.changed.emit()

    def _tell_pages(self) -> None:
        # what is compared is taken from the selection as it is when the page comes
        pages: tuple[tuple[Mode, Loupe | Compare], ...] = (("loupe", self._loupe), ("compare", self._compare))
        for mode, page in pages:
            is_wanted = self._is_active and self.is_seen(mode)
            if is_wanted != (mode in self._active):
                (self._active.add if is_wanted else self._active.discard)(mode)
                page.set_active(is_wanted)
