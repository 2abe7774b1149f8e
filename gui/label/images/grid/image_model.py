"""The images that pass the filter, in its order, for the grid and the filmstrip."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from core.labels import LabelState, Review
from core.project.changes import Changes
from core.project.files.scan import natural_key
from core.project.layers.row_numbers import row_numbers
from core.project.query import Query, QueryData
from gui.session import Session

Index = QModelIndex | QPersistentModelIndex

FACTS_MS = 400
"""Between two times that a filter is asked again while image files are being read."""


class ImageModel(QAbstractListModel):
    """Rows of the store that pass the filter, in the order it asks for, or by folder and in that order.

    Images that stop passing because of an edit stay until `refresh`, and so do those that would move: else an image
    would vanish between two keys.

    Signals:
        visible_changed: other images are visible, or it is known that some no longer pass.
    """

    visible_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._query = Query()
        self._text = ""
        self._chosen: frozenset[int] | None = None
        self._is_grouped = False
        self._probabilities: NDArray[np.float32] | None = None
        self._thresholds: NDArray[np.float64] | None = None
        self._rows: NDArray[np.int64] = np.empty(0, np.int64)
        self._places: NDArray[np.int32] | None = None
        self._stale = 0
        self._is_order_stale = False
        self._has_new_facts = False
        self._facts = QTimer(self, singleShot=True, interval=FACTS_MS)
        self._facts.timeout.connect(self._on_facts_timeout)
        session.project_opened.connect(self.refresh)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)
        session.facts_read.connect(self._on_facts_read)
        self.refresh()

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the store (n,), in the order they are seen in."""
        return self._rows

    @property
    def query(self) -> Query:
        """The filter."""
        return self._query

    @property
    def text(self) -> str:
        """What was typed for the filter."""
        return self._text

    @property
    def stale(self) -> int:
        """How many visible images no longer pass the filter."""
        return self._stale

    @property
    def is_order_stale(self) -> bool:
        """Whether an edit would put images in another order."""
        return self._is_order_stale

    @property
    def is_filtered(self) -> bool:
        """Whether some images may be hidden."""
        return bool(self._query) or self._chosen is not None

    @property
    def is_chosen(self) -> bool:
        """Whether the images were chosen elsewhere, not by a filter."""
        return self._chosen is not None

    @property
    def is_grouped(self) -> bool:
        """Whether the images of a folder stand together."""
        return self._is_grouped

    def set_query(self, query: Query, text: str = "") -> None:
        """Show the images that pass a filter, in its order.

        Args:
            query: the filter.
            text: what it was read from.
        """
        self._query = query
        self._text = text
        self._chosen = None
        self.refresh()

    def set_chosen(self, image_ids: Sequence[int]) -> None:
        """Show these images only, until there is another filter."""
        self._query = Query()
        self._text = ""
        self._chosen = frozenset(image_ids)
        self.refresh()

    def set_grouped(self, grouped: bool) -> None:
        """Put the images of each folder together, the folders by name."""
        if grouped != self._is_grouped:
            self._is_grouped = grouped
            self.refresh(always=True)

    def set_scores(self, probabilities: NDArray[np.float32] | None, thresholds: NDArray[np.float64] | None) -> None:
        """Let filters and orders ask what a model says.

        Args:
            probabilities: (N, C), NaN where it says nothing; None without a model.
            thresholds: (C,); None for 0.5.
        """
        self._probabilities, self._thresholds = probabilities, thresholds
        if "prob" in self._query.needs:
            self.refresh()

    def query_data(self) -> QueryData:
        """What filters see of the open project."""
        store = self._session.store
        shape = (len(store.image_ids), len(store.labels))
        known = self._probabilities is not None and self._probabilities.shape == shape
        return QueryData.of(store, self._probabilities if known else None, self._thresholds if known else None)

    def refresh(self, *, always: bool = False) -> None:
        """Ask the filter again.

        Args:
            always: tell the views even when the same images come in the same order.
        """
        rows = self._passing()
        self._stale, self._is_order_stale = 0, False
        if always or not np.array_equal(rows, self._rows):
            self.beginResetModel()
            self._set_rows(rows)
            self.endResetModel()
        self.visible_changed.emit()

    def image_id(self, row: int) -> int:
        """Id of the image in a row of this model."""
        return int(self._session.store.image_ids[self._rows[row]])

    def image_ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ids of the images in rows of this model (n,)."""
        ids: NDArray[np.int64] = self._session.store.image_ids[self._rows[rows]]
        return ids

    def row_of(self, image_id: int | None) -> int:
        """The row of an image in this model, -1 when it is not visible."""
        return -1 if image_id is None else int(self.rows_of(np.array([image_id]))[0])

    def rows_of(self, image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of images (n,) in this model, -1 for those that are not visible."""
        if not self._session.has_project or not len(self._rows):
            return np.full(len(image_ids), -1, np.int64)
        ids = self._session.store.image_ids
        if self._places is None or len(self._places) != len(ids):
            self._places = np.full(len(ids), -1, np.int32)
            self._places[self._rows] = np.arange(len(self._rows), dtype=np.int32)
        found = row_numbers(ids, image_ids)
        # the last place stands in for images that are not there
        return np.where(found >= 0, self._places[found], -1).astype(np.int64)

    def section_counts(self) -> list[int]:
        """How many images each folder has, in the order of the rows; all together where they are not grouped."""
        if not len(self._rows):
            return []
        if not self._is_grouped:
            return [len(self._rows)]
        numbers = self.query_data().paths.folder_numbers[self._rows]
        ends = np.append(np.flatnonzero(np.diff(numbers)) + 1, len(numbers))
        counts: list[int] = np.diff(ends, prepend=0).tolist()
        return counts

    def folder(self, row: int) -> str:
        """The folder of the image in a row: below the folder that was added, or that one's name."""
        store = self._session.store
        inside = store.paths[self._rows[row]].rpartition("/")[0]
        return inside or store.image_path(self.image_id(row)).parent.name

    def _set_rows(self, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        self._places = None

    def _passing(self) -> NDArray[np.int64]:
        """The rows that are to be seen."""
        if not self._session.has_project:
            return np.empty(0, np.int64)
        ids = self._session.store.image_ids
        data = self.query_data() if self._query or self._is_grouped else None
        if self._chosen is not None:
            rows = np.flatnonzero(np.isin(ids, np.fromiter(self._chosen, np.int64)))
        elif self._query and data is not None:
            rows = np.flatnonzero(self._query.matches(data))
        else:
            rows = np.arange(len(ids))
        return rows.astype(np.int64) if data is None else self._in_order(rows.astype(np.int64), data)

    def _in_order(self, rows: NDArray[np.int64], data: QueryData) -> NDArray[np.int64]:
        """Ascending rows as the filter and the folders order them."""
        if self._query.is_sorted:
            rows = self._query.order(data, rows)
        if self._is_grouped and len(rows):
            paths = data.paths
            ranks = np.empty(len(paths.folders), np.int32)
            ranks[sorted(range(len(ranks)), key=lambda one: natural_key(paths.folders[one]))] = np.arange(len(ranks))
            rows = rows[np.argsort(ranks[paths.folder_numbers[rows]], kind="stable")]
        return rows

    def _on_project_closed(self) -> None:
        self._query = Query()
        self._text = ""
        self._chosen = None
        self._probabilities = self._thresholds = None
        self.refresh()

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.images:
            self._take_in_images()
        elif self._query.needs & _touched(changes) or (changes.labels and self._query):
            # where nothing is seen nothing can vanish between two keys
            if len(self._rows):
                self._look_for_stale()
            else:
                self.refresh()

    def _look_for_stale(self) -> None:
        data = self.query_data()
        self._stale = int(np.count_nonzero(~self._query.matches(data)[self._rows]))
        self._is_order_stale = self._query.is_sorted and not np.array_equal(
            self._in_order(np.sort(self._rows), data), self._rows
        )
        self.visible_changed.emit()

    def _on_facts_read(self) -> None:
        if not self._query.needs & {"unreadable", "facts"}:
            return
        # image files are read in many small portions
        self._has_new_facts = True
        if not self._facts.isActive():
            self._on_facts_timeout()

    def _on_facts_timeout(self) -> None:
        if self._has_new_facts:
            self._has_new_facts = False
            self.refresh()
            self._facts.start()

    def _take_in_images(self) -> None:
        rows = self._passing()
        count = len(self._rows)
        if len(rows) > count and np.array_equal(rows[:count], self._rows):
            self.beginInsertRows(QModelIndex(), count, len(rows) - 1)
            self._set_rows(rows)
            self.endInsertRows()
            self.visible_changed.emit()
        else:
            self.refresh()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each image."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The name of an image, and what is wrong with it as its tooltip; the delegate paints the rest itself."""
        if not index.isValid() or not self._session.has_project:
            return None
        store = self._session.store
        path = store.paths[self._rows[index.row()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return path
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            problem = store.problems.get(self.image_id(index.row()))
            return path if problem is None else f"{path}\n{problem}"
        return None

    def _spoken(self, row: int) -> str:
        """All that a cell shows, in words."""
        store, store_row = self._session.store, int(self._rows[row])
        present = np.flatnonzero(store.states[store_row] == int(LabelState.PRESENT)).tolist()
        reviews = {Review.REVIEWED: self.tr("reviewed"), Review.UNSURE: self.tr("unsure")}
        parts = [PurePosixPath(store.paths[store_row]).name, *(store.labels[one].name for one in present)]
        review = Review(int(store.review[store_row]))
        if review in reviews:
            parts.append(reviews[review])
        if store.flagged[store_row]:
            parts.append(self.tr("flagged"))
        if self.image_id(row) in store.notes:
            parts.append(self.tr("note"))
        problem = store.problems.get(self.image_id(row))
        if problem is not None:
            parts.append(problem)
        return ", ".join(parts)


def _touched(changes: Changes) -> frozenset[str]:
    """What filters may hang on that an edit changed, in the words of `Query.needs`."""
    touched: set[str] = set()
    if changes.annotations:
        touched |= {"states", "rules", "review", "flagged", "notes", "disputes", "prob"}
    if changes.splits:
        touched.add("splits")
    if changes.rules:
        touched.add("rules")
    return frozenset(touched)
