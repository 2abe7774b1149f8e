"""Which images the keys act on: those that are seen and chosen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelectionModel, QObject

from core.project.changes import Changes
from gui.label.foot_bar import FootBar
from gui.label.images.compare.compare import Compare
from gui.label.images.grid.grid import Grid
from gui.label.images.grid.image_model import ImageModel
from gui.label.showing import Showing
from gui.label.tagging.annotator import Annotator
from gui.session import AT_ONCE, Session

# a selection of more pieces takes longer to make than it is worth
_MOST_RUNS = 1_000


class Choosing(QObject):
    """Follows the selection of the grid, the one image of the loupe and the current one of the comparison."""

    def __init__(
        self,
        session: Session,
        model: ImageModel,
        annotator: Annotator,
        *,
        grid: Grid,
        compare: Compare,
        showing: Showing,
        foot: FootBar,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._annotator = annotator
        self._grid = grid
        self._compare = compare
        self._showing = showing
        self._foot = foot
        selection = grid.selectionModel()
        selection.selectionChanged.connect(self.refresh)
        selection.currentChanged.connect(self._on_current_changed)
        showing.changed.connect(self.refresh)
        compare.current_wanted.connect(self._on_compared)
        compare.closed.connect(self._on_compare_closed)
        foot.all_wanted.connect(grid.selectAll)
        session.travelled.connect(self._on_travelled)

    def refresh(self) -> None:
        """Let the keys act on what is seen: the selection, the one image, none behind the statistics."""
        if not self._session.has_project:
            return
        if self._showing.is_seen("compare"):
            if self._compare.current is not None:
                self._on_compared(self._compare.current)
            return
        rows, current = self._grid.selected_rows(), self._grid.currentIndex()
        if self._showing.is_seen("loupe") and current.isValid():
            rows = np.array([current.row()], np.int64)
        elif not self._showing.is_seen("grid"):
            rows = rows[:0]
        self._annotator.set_targets(self._model.image_ids(rows))
        self._say(rows)

    def _on_current_changed(self) -> None:
        current = self._grid.currentIndex()
        self._session.current_image = self._model.image_id(current.row()) if current.isValid() else None
        self.refresh()

    def _on_compared(self, image_id: int) -> None:
        row = self._model.row_of(image_id)
        # the loupe shows it next, while the others stay chosen
        if row != self._grid.currentIndex().row():
            self._grid.selectionModel().setCurrentIndex(
                self._model.index(row), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        self._session.current_image = image_id
        self._annotator.set_targets([image_id])
        self._say([row])

    def _on_compare_closed(self) -> None:
        # where all images were gone through in pairs, the grid goes on where that ended
        if len(self._grid.selected_rows()) < 2 and self._compare.current is not None:
            self._grid.go_to(self._model.row_of(self._compare.current))
        self._showing.show("grid")

    def _on_travelled(self, changes: Changes) -> None:
        """Choose the images of an edit that was undone or redone, where they are shown."""
        # a long one ends when the person may be elsewhere already
        if len(changes.annotations) > AT_ONCE:
            return
        ids = np.fromiter(changes.annotations, np.int64, len(changes.annotations))
        rows = np.sort(self._model.rows_of(ids))
        rows = rows[rows >= 0]
        is_chosen = np.array_equal(rows, self._grid.selected_rows())
        if not len(rows) or is_chosen or not self._showing.is_seen("grid"):
            return
        self._grid.go_to(int(rows[0]))
        breaks = np.flatnonzero(np.diff(rows) > 1)
        starts, ends = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
        if len(rows) > 1 and len(starts) <= _MOST_RUNS:
            self._grid.select_runs(list(zip(starts.tolist(), ends.tolist(), strict=True)))

    def _say(self, rows: NDArray[np.int64] | Sequence[int]) -> None:
        is_grid = self._showing.is_seen("grid")
        text = self.tr("{count} chosen").format(count=f"{len(rows):,}") if len(rows) else ""
        if len(rows) == 1 and not is_grid:
            path = self._model.data(self._model.index(int(rows[0])))
            text = f"{path}   {int(rows[0]) + 1:,} / {self._model.rowCount():,}"
        self._foot.show_chosen(text, shown=self._model.rowCount(), chosen=len(rows), is_grid=is_grid)
