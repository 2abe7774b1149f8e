"""What another copy of the project says otherwise of the chosen images, to be decided."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.labels import MULTI_CLASS, LabelState
from core.project.changes import Changes
from core.project.edits import KEEP, changes_of
from core.project.store import Store
from gui.label.tagging.annotator import STATE_WORDS
from gui.session import Session
from gui.widgets import theme

_MOST = 4

Pairs = Mapping[tuple[int, int], LabelState]


class DisputeRows(QWidget):
    """A row for each disputed label of one image, or one row for all of several; hidden where there is none.

    What was decided stays in its place until other images are chosen, so that nothing moves under the mouse.

    Signals:
        left: the last one was decided with the keyboard; the images should have the focus again.
    """

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ids = b""
        self._shown: object = None
        self.rows: list[_Row] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACE)
        self.hide()

    def show_images(self, image_ids: NDArray[np.int64]) -> None:
        """Show what is disputed of some images."""
        pairs = self._pairs(image_ids)
        ids = image_ids.tobytes()
        # a row that is pressed is not taken away under the mouse unless something changed
        shown = (ids if pairs else b"", pairs, self._said(pairs))
        if shown == self._shown and (pairs or ids == self._ids):
            return
        self._shown = shown
        if ids == self._ids and all(row.fits(pairs) for row in self.rows) and pairs.keys() <= self._held():
            self._settle(pairs)
            return
        self._ids = ids
        for row in self.rows:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        if len(image_ids) == 1 and len(pairs) <= _MOST:
            for pair, words in self._said(pairs).items():
                self._add(words, {pair: pairs[pair]})
        elif pairs:
            images = len({image_id for image_id, _ in pairs})
            words = self.tr("Another copy says otherwise {} times, on {} of these images.")
            if len(image_ids) == 1:
                words = self.tr("Another copy says otherwise of {} labels.")
            self._add(words.format(f"{len(pairs):,}", f"{images:,}"), pairs)
        self.setVisible(bool(self.rows))

    def decide(self, image_ids: NDArray[np.int64], *, mine: bool) -> None:
        """Keep mine or take theirs: the first disputed label of one image, or all that is disputed of several."""
        pairs = self._pairs(image_ids)
        if not pairs:
            self._session.message.emit(self.tr("Nothing is disputed here."))
            return
        if len(image_ids) == 1:
            first = next(iter(pairs))
            pairs = {first: pairs[first]}
        (self._keep_mine if mine else self._take_theirs)(pairs)

    def _held(self) -> set[tuple[int, int]]:
        """What the rows are about, decided or not."""
        return {pair for row in self.rows for pair in row.pairs}

    def _settle(self, pairs: Pairs) -> None:
        """Mark rows as decided, or as open again, and hand the focus on to the next open one."""
        focused = next((row for row in self.rows if row.isAncestorOf(QApplication.focusWidget() or self)), None)
        said = self._said(pairs)
        open_rows = [row for row in self.rows if not row.pairs.keys().isdisjoint(pairs)]
        if focused is not None and focused not in open_rows:
            after = self.rows.index(focused)
            following = next((row for row in open_rows if self.rows.index(row) > after), None) or next(
                iter(open_rows), None
            )
            # before its buttons are disabled, as Qt would give the focus to anything
            if following is not None:
                was_mine = focused.mine.hasFocus()
                following.set_open(True)
                (following.mine if was_mine else following.theirs).setFocus()
            else:
                self.left.emit()
        for row in self.rows:
            row.set_open(row in open_rows)
            words = next((said[pair] for pair in row.pairs if pair in said), "")
            if len(row.pairs) == 1:
                row.show_words(words or self.tr("Decided: {}").format(self._state_of(next(iter(row.pairs)))))
            else:
                row.show_words(row.asked if row in open_rows else self.tr("All of it is decided."))

    def _state_of(self, pair: tuple[int, int]) -> str:
        store, (image_id, label_id) = self._session.store, pair
        column = next((place for place, label in enumerate(store.labels) if label.id == label_id), None)
        if column is None:
            return "–"
        state = LabelState(int(store.states[store.row_of(image_id), column]))
        return self.tr("“{label}” is {state}.").format(label=store.labels[column].name, state=STATE_WORDS[state])

    def _add(self, words: str, pairs: Pairs) -> None:
        row = _Row(words, pairs)
        row.mine.clicked.connect(lambda: self._keep_mine(pairs))
        row.theirs.clicked.connect(lambda: self._take_theirs(pairs))
        self.rows.append(row)
        self._layout.addWidget(row)

    def _pairs(self, image_ids: NDArray[np.int64]) -> dict[tuple[int, int], LabelState]:
        if not self._session.has_project or not len(image_ids):
            return {}
        disputes = self._session.store.disputes
        if not disputes:
            return {}
        chosen = set(image_ids.tolist())
        return {pair: state for pair, state in disputes.items() if pair[0] in chosen}

    def _said(self, pairs: Pairs) -> dict[tuple[int, int], str]:
        """What is said of each of a few pairs."""
        if not 0 < len(pairs) <= _MOST:
            return {}
        store = self._session.store
        columns = {label.id: column for column, label in enumerate(store.labels)}
        said = {}
        for (image_id, label_id), theirs in pairs.items():
            if label_id not in columns:
                continue
            column = columns[label_id]
            mine = LabelState(int(store.states[store.row_of(image_id), column]))
            said[image_id, label_id] = self.tr("Another copy says “{label}” is {theirs}; here it is {mine}.").format(
                label=store.labels[column].name, theirs=STATE_WORDS[theirs], mine=STATE_WORDS[mine]
            )
        return said

    def _keep_mine(self, pairs: Pairs) -> None:
        self._session.edit(lambda store: store.settle_disputes(pairs), images=len(pairs))

    def _take_theirs(self, pairs: Pairs) -> None:
        self._session.edit(lambda store: _taken(store, pairs), images=len(pairs))


class _Row(QWidget):
    def __init__(self, words: str, pairs: Pairs) -> None:
        super().__init__()
        # what it says as long as it is open
        self.asked = words
        self.pairs = dict(pairs)
        self._text = text = QLabel(words)
        text.setWordWrap(True)
        self.words = words
        self.mine = QPushButton(self.tr("Keep mine"))
        self.theirs = QPushButton(self.tr("Take theirs"))
        for button in (self.mine, self.theirs):
            button.setAccessibleDescription(words)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE // 2)
        buttons.addWidget(self.mine)
        buttons.addWidget(self.theirs)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(text)
        layout.addLayout(buttons)

    def fits(self, pairs: Pairs) -> bool:
        """Whether all it is about is open, or none of it, and open with what it says."""
        still = [pair for pair in self.pairs if pair in pairs]
        return len(still) in (0, len(self.pairs)) and all(pairs[pair] == self.pairs[pair] for pair in still)

    def set_open(self, on: bool) -> None:
        """Whether it is still to be decided."""
        for button in (self.mine, self.theirs):
            button.setEnabled(on)

    def show_words(self, words: str) -> None:
        """Say something else."""
        self.words = words
        self._text.setText(words)
        for button in (self.mine, self.theirs):
            button.setAccessibleDescription(words)


def _taken(store: Store, pairs: Pairs) -> Changes:
    """Give images the states that another copy gives them, as one step of undo."""
    images = sorted({image_id for image_id, _ in pairs})
    text = f"{len(pairs):,} label{'' if len(pairs) == 1 else 's'} taken from the other copy"
    label_ids = [label.id for label in store.labels]
    rows = {image_id: row for row, image_id in enumerate(images)}
    states = np.full((len(images), len(label_ids)), KEEP, np.int8)
    columns = {label_id: column for column, label_id in enumerate(label_ids)}
    for (image_id, label_id), state in pairs.items():
        if label_id in columns:
            states[rows[image_id], columns[label_id]] = int(state)
    if store.task == MULTI_CLASS:
        # of several that are to be present the first counts, as an image has one label
        present = states == LabelState.PRESENT
        states[present & (np.cumsum(present, axis=1) > 1)] = LabelState.ABSENT
    with store.step(text) as edits:
        made = len(edits)
        store.set_matrix(images, label_ids, states, reviewed=None, text=text)
        store.settle_disputes([pair for pair in pairs if pair in store.disputes])
    return changes_of(edits[made:], text)
