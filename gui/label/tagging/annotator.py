"""What the keys and clicks of Label do to the chosen images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.labels import MULTI_CLASS, LabelState
from core.project.changes import Changes
from gui.session import Session

MIXED = 2
"""Shown for a label whose state differs among the chosen images."""

_NEXT = {
    LabelState.UNKNOWN: LabelState.PRESENT,
    LabelState.PRESENT: LabelState.ABSENT,
    LabelState.ABSENT: LabelState.UNKNOWN,
}


class Annotator(QObject):
    """Edits the chosen images; each edit is one step of undo, however many images are chosen.

    In a multi-class project the labels are a choice of one: giving one reviews the image, taking it back undoes both.

    Signals:
        targets_changed: other images are chosen.
        label_given: tuple of image ids, label id; a label was made present.
    """

    targets_changed = Signal()
    label_given = Signal(object, int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._targets: tuple[int, ...] = ()
        self._sources: list[int] = []
        session.project_closed.connect(self._on_project_closed)

    @property
    def targets(self) -> tuple[int, ...]:
        """Ids of the chosen images."""
        return self._targets

    def set_targets(self, image_ids: Sequence[int]) -> None:
        """Choose images."""
        targets = tuple(image_ids)
        if targets != self._targets:
            self._targets = targets
            self.targets_changed.emit()

    def states(self) -> NDArray[np.int8]:
        """State of each label on the chosen images (C,) in {1, 0, -1, MIXED}; unknown when none is chosen."""
        store = self._session.store
        if not self._targets:
            return np.full(len(store.labels), LabelState.UNKNOWN, np.int8)
        states = store.states[store.rows_of(self._targets)]
        same = (states == states[0]).all(axis=0)
        return np.where(same, states[0], MIXED).astype(np.int8)

    @property
    def is_choice(self) -> bool:
        """Whether an image has one label, so that there is nothing but to choose it."""
        return self._session.has_project and self._session.store.task == MULTI_CLASS

    def cycle(self, label_id: int) -> None:
        """Make a label present, absent, unknown in turn; present when the chosen images differ.

        In a multi-class project it is chosen, or taken back where it was.
        """
        if not self._has_targets():
            return
        store = self._session.store
        column = [label.id for label in store.labels].index(label_id)
        before = int(self.states()[column])
        if self.is_choice and before == LabelState.PRESENT:
            count = len(self._targets)
            images = "1 image has" if count == 1 else f"{count:,} images have"
            self.clear(text=f"“{store.labels[column].name}” taken back: {images} no label and no review now")
            return
        if self.is_choice:
            self.set_state(label_id, LabelState.PRESENT)
            return
        state = LabelState.PRESENT if before == MIXED else _NEXT[LabelState(before)]
        self.set_state(label_id, state)

    def set_state(self, label_id: int, state: LabelState) -> None:
        """Give one label a state on the chosen images."""
        if not self._has_targets():
            return
        # nothing is left to be said of an image that has its one label
        reviewed = True if self.is_choice and state == LabelState.PRESENT else None
        changes = self._session.store.set_states(self._targets, {label_id: state}, reviewed=reviewed)
        self._apply(changes)
        if changes and state == LabelState.PRESENT:
            self.label_given.emit(self._targets, label_id)

    def accept(self) -> None:
        """The images are reviewed, and labels still unknown become absent unless one of them is to be chosen."""
        if self._has_targets():
            fill = None if self.is_choice else LabelState.ABSENT
            self._apply(self._session.store.set_states(self._targets, {}, reviewed=True, fill_unknown=fill))

    def repeat(self) -> None:
        """Give the chosen images the known labels of the image labeled before."""
        if not self._has_targets():
            return
        source = next((one for one in reversed(self._sources) if one not in self._targets), None)
        if source is None:
            self._session.message.emit(self.tr("Nothing to repeat yet: label an image first."))
            return
        store = self._session.store
        row = store.states[store.row_of(source)]
        known = {
            label.id: LabelState(int(state))
            for label, state in zip(store.labels, row, strict=True)
            if state != LabelState.UNKNOWN
        }
        count = len(self._targets)
        text = f"Labels repeated on {count:,} {_images(count)}"
        reviewed = True if self.is_choice and LabelState.PRESENT in known.values() else None
        self._apply(store.set_states(self._targets, known, reviewed=reviewed, text=text))

    def clear(self, *, text: str = "") -> None:
        """Make all labels unknown again on the chosen images, which are then to be reviewed.

        Args:
            text: what is said of it, in place of the usual words.
        """
        if not self._has_targets():
            return
        store = self._session.store
        unknown = {label.id: LabelState.UNKNOWN for label in store.labels}
        count = len(self._targets)
        text = text or f"Labels of {count:,} {_images(count)} cleared"
        self._apply(store.set_states(self._targets, unknown, reviewed=False, text=text))

    def unreview(self) -> None:
        """Put the chosen images back among those to be reviewed."""
        if self._has_targets():
            count = len(self._targets)
            text = f"{count:,} {_images(count)} to be reviewed again"
            self._apply(self._session.store.set_states(self._targets, {}, reviewed=False, text=text))

    def _has_targets(self) -> bool:
        if not self._targets:
            self._session.message.emit(self.tr("Choose an image first."))
        return bool(self._targets)

    def _apply(self, changes: Changes) -> None:
        if changes:
            last = self._targets[-1]
            others = [one for one in self._sources if one != last]
            self._sources = [*others[-8:], last]
        self._session.apply(changes)

    def _on_project_closed(self) -> None:
        self._sources.clear()
        self.set_targets(())


def _images(count: int) -> str:
    return "image" if count == 1 else "images"
