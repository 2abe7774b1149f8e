"""The labels of the project and all that a row of their list shows."""

from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from core.labels import Label, LabelState
from core.project.changes import Changes
from core.project.words import images
from gui.label.tagging.annotator import MIXED, STATE_WORDS, Annotator
from gui.label.tagging.label_keys import spoken
from gui.session import Session
from gui.widgets.states import STATE_GLYPHS

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COUNT_MS = 40

_CHECKS = {int(LabelState.PRESENT): Qt.CheckState.Checked, MIXED: Qt.CheckState.PartiallyChecked}

GLYPHS = STATE_GLYPHS | {MIXED: "circle-half-fill"}
# where one is chosen, "no" goes without saying
GLYPHS_OF_CHOICE = GLYPHS | {int(LabelState.PRESENT): "check-circle-fill", int(LabelState.ABSENT): "circle"}

Suggestions = Callable[[], Mapping[int, float]]
"""By label id, how probable a model finds the labels that it suggests for the image that is looked at."""
Conflicts = Callable[[], Collection[int]]
"""Ids of the labels that break a rule on the image that is looked at."""


class LabelModel(QAbstractListModel):
    """The project's labels, with the state that the chosen images have and what is advised of the current one."""

    def __init__(self, session: Session, annotator: Annotator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._annotator = annotator
        self._suggest: Suggestions = dict
        self._break: Conflicts = tuple
        self._advice: tuple[Mapping[int, float], frozenset[int]] | None = None
        self.labels: tuple[Label, ...] = ()
        self.states: NDArray[np.int8] = np.empty(0, np.int8)
        self.counts: NDArray[np.int64] = np.empty(0, np.int64)
        self.shown: NDArray[np.int64] | None = None
        self._count_shown: Callable[[], NDArray[np.int64] | None] = lambda: None
        self._names: dict[int, str] = {}
        self._keys = ""
        self._count = QTimer(self, singleShot=True, interval=_COUNT_MS)
        self._count.timeout.connect(self._on_count_timeout)
        session.project_opened.connect(self._reload)
        session.project_closed.connect(self._reload)
        session.changed.connect(self._on_session_changed)
        session.current_image_changed.connect(self.refresh_advice)
        annotator.targets_changed.connect(self._refresh_states)
        self._reload()

    # what is asked of it

    def set_shown_counts(self, count: Callable[[], NDArray[np.int64] | None]) -> None:
        """Say on how many of the shown images each label is present.

        Args:
            count: gives (C,) images, or None where all are shown; it is asked after edits, too.
        """
        self._count_shown = count
        self.refresh_counts()

    def refresh_counts(self) -> None:
        """Other images are shown."""
        self._count.start()

    def count_words(self, row: int) -> str:
        """On how many images the label of a row is present: of those that are shown, and of all."""
        if self.shown is None or len(self.shown) != len(self.labels):
            return f"{int(self.counts[row]):,}"
        return f"{int(self.shown[row]):,} / {int(self.counts[row]):,}"

    def glyph(self, row: int) -> str:
        """The icon of the state in a row."""
        return (GLYPHS_OF_CHOICE if self._annotator.is_choice else GLYPHS)[int(self.states[row])]

    def row_of(self, label_id: int) -> int:
        """The row of a label, -1 when it is gone."""
        return next((row for row, label in enumerate(self.labels) if label.id == label_id), -1)

    def parent_name(self, row: int) -> str:
        """The name of a label's parent; empty without one."""
        parent = self.labels[row].parent
        return "" if parent is None else self._names.get(parent, "")

    def suggestion(self, row: int) -> float | None:
        """How probable a model finds the label of a row on the current image, where it suggests it."""
        return self._advised()[0].get(self.labels[row].id)

    def is_conflict(self, row: int) -> bool:
        """Whether the label of a row breaks a rule on the current image."""
        return self.labels[row].id in self._advised()[1]

    def set_keys(self, words: str) -> None:
        """Say which keys do something with the current row; it is read out with each."""
        self._keys = words

    # where advice comes from

    def set_suggestions(self, suggest: Suggestions) -> None:
        """Say where suggestions come from; it is asked when rows are painted."""
        self._suggest = suggest
        self.refresh_advice()

    def set_conflicts(self, breaking: Conflicts) -> None:
        """Say where conflicts come from; it is asked when rows are painted."""
        self._break = breaking
        self.refresh_advice()

    def refresh_advice(self) -> None:
        """What is advised of the current image may be something else."""
        self._advice = None
        self._repaint()

    def _advised(self) -> tuple[Mapping[int, float], frozenset[int]]:
        if self._advice is None:
            self._advice = self._suggest(), frozenset(self._break())
        return self._advice

    # how it keeps up

    def _reload(self) -> None:
        self.beginResetModel()
        self._advice = None
        self.labels = self._session.store.labels if self._session.has_project else ()
        self._names = {label.id: label.name for label in self.labels}
        self.states = self._annotator.states() if self._session.has_project else np.empty(0, np.int8)
        self.counts = np.zeros(len(self.labels), np.int64)
        self.endResetModel()
        self._on_count_timeout()

    def _refresh_states(self) -> None:
        if self._session.has_project and len(self.labels) == len(self._session.store.labels):
            self.states = self._annotator.states()
            self.refresh_advice()

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.labels:
            self._reload()
        elif changes.annotations:
            # of images that are added nothing is known: they change no number, and come in many batches
            self._refresh_states()
            # counting 100,000 images x 80 labels takes longer than a key press may
            self._count.start()
        elif changes.rules:
            self.refresh_advice()

    def _on_count_timeout(self) -> None:
        if self._session.has_project and len(self.labels) == len(self._session.store.labels):
            # a column at a time: each is contiguous
            columns = self._session.store.states.T
            present = int(LabelState.PRESENT)
            self.counts = np.array([np.count_nonzero(column == present) for column in columns], np.int64)
            self.shown = self._count_shown()
            self._repaint()

    def _repaint(self) -> None:
        if self.labels:
            self.dataChanged.emit(self.index(0), self.index(len(self.labels) - 1))

    # what the view asks

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many labels there are."""
        return 0 if parent.isValid() else len(self.labels)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be dragged to another place."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        # assistive tools then tell the check state; what checks a row is a click or a key of the list
        return flags | Qt.ItemFlag.ItemIsUserCheckable

    def supportedDropActions(self) -> Qt.DropAction:
        """Labels are moved."""
        return Qt.DropAction.MoveAction

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a screen reader says of a row, and the tip in its guide; the delegate paints it itself."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.labels[index.row()].name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(self._spoken(index.row()))
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return self._keys
        if role == Qt.ItemDataRole.CheckStateRole:
            return _CHECKS.get(int(self.states[index.row()]), Qt.CheckState.Unchecked)
        if role == Qt.ItemDataRole.ToolTipRole:
            tip = self.tr("Click for yes, no, unknown; right-click for more; drag to reorder")
            if self._annotator.is_choice:
                tip = self.tr("Click to choose it, again to take it back; right-click for more; drag to reorder")
            return tip
        return None

    def _spoken(self, row: int) -> list[str]:
        label = self.labels[row]
        said = [label.name, STATE_WORDS[int(self.states[row])], images(int(self.counts[row]))]
        if label.shortcut:
            said.append(self.tr("key {}").format(spoken(label.shortcut)))
        if self.parent_name(row):
            said.append(self.tr("parent {}").format(self.parent_name(row)))
        suggested = self.suggestion(row)
        if suggested is not None:
            said.append(self.tr("suggested, probability {}").format(f"{suggested:.2f}"))
        if self.is_conflict(row):
            said.append(self.tr("breaks a rule"))
        return said
