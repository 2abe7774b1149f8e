"""Facts about the chosen image, below the labels: review, note, disputes, and what is wrong with the file."""

from pathlib import PurePosixPath

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QWidget

from core.labels import Review, Split
from core.project.changes import Changes
from gui.label.review.dispute_rows import DisputeRows
from gui.label.review.note_editor import NoteEditor
from gui.label.review.review_buttons import ReviewButtons
from gui.label.tagging.annotator import Annotator
from gui.session import Session
from gui.widgets import theme
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import Panel

SPLIT_WORDS = {
    Split.UNASSIGNED: "not yet",
    Split.TRAIN: "train",
    Split.VALIDATION: "validation",
    Split.TEST: "test",
}


class ImagePanel(Panel):
    """What is known and said of the chosen image, or what several have in common.

    Attributes:
        note: the editor of the note.

    Signals:
        left: the note was left by a key, or the last dispute was decided by one; the images should get the
            focus again.
    """

    left = Signal()

    def __init__(self, session: Session, annotator: Annotator, parent: QWidget | None = None) -> None:
        super().__init__("Image", parent=parent)
        self._session = session
        self._annotator = annotator
        self._name = _Value(self.tr("Name of the image"))
        self._folder = _Value(self.tr("Folder of the image"))
        self._size = _Value(self.tr("Size of the image"))
        self._split = _Value(self.tr("Split of the image"))
        self.review = ReviewButtons()
        self.note = NoteEditor(session)
        self._disputes = DisputeRows(session)
        self._problem = ErrorRow()
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(theme.PANEL)
        self._form.setVerticalSpacing(theme.SPACE // 2)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, value in (
            (self.tr("Name"), self._name),
            (self.tr("Folder"), self._folder),
            (self.tr("Size"), self._size),
            (self.tr("Split"), self._split),
        ):
            label = QLabel(title)
            label.setProperty("tone", "secondary")
            self._form.addRow(label, value)
        self.body.addLayout(self._form)
        for widget in (self.review, self.note, self._disputes, self._problem):
            self.body.addWidget(widget)

        annotator.targets_changed.connect(self._refresh)
        session.changed.connect(self._on_session_changed)
        session.thumbnails.loaded.connect(self._on_facts_read)
        session.facts_read.connect(self._on_facts_read)
        self.review.review_wanted.connect(self._set_review)
        self.review.flag_wanted.connect(self._set_flag)
        self.note.left.connect(self.left)
        self._disputes.left.connect(self.left)
        self._refresh()

    def focus_note(self) -> None:
        """Let the note be written."""
        if not len(self._annotator.targets):
            self._session.message.emit(self.tr("Choose an image first."))
            return
        self.note.setFocus()
        self.note.moveCursor(self.note.textCursor().MoveOperation.End)

    def decide(self, mine: bool) -> None:
        """Keep mine or take theirs where another copy says otherwise of the chosen images."""
        if not len(self._annotator.targets):
            self._session.message.emit(self.tr("Choose an image first."))
            return
        self._disputes.decide(self._annotator.targets, mine=mine)

    def keep(self) -> None:
        """Write what was typed as a note; the workspace is left."""
        self.note.keep()

    def _set_review(self, review: Review) -> None:
        targets = self._annotator.targets
        if len(targets):
            self._session.edit(lambda store: store.set_review(targets, review), images=len(targets))

    def _set_flag(self, flagged: bool) -> None:
        targets = self._annotator.targets
        if len(targets):
            self._session.edit(lambda store: store.set_flag(targets, flagged), images=len(targets))

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.annotations or changes.splits or changes.images or changes.labels:
            self._refresh()

    def _on_facts_read(self, image_ids: frozenset[int]) -> None:
        if image_ids.intersection(self._annotator.targets[:1].tolist()):
            self._refresh()

    def _refresh(self) -> None:
        targets = self._annotator.targets
        if not self._session.has_project:
            targets = targets[:0]
        self.note.show_images(targets)
        self._disputes.show_images(targets)
        self._problem.clear()
        self.set_title(self.tr("Images") if len(targets) > 1 else self.tr("Image"))
        if not len(targets):
            self.review.show_counts((0, 0, 0), 0)
            self._show("–", "–", "–", "–")
            return
        store = self._session.store
        rows = store.rows_of(targets)
        counts = np.bincount(store.review[rows], minlength=len(Review))
        self.review.show_counts(counts.tolist(), int(np.count_nonzero(store.flagged[rows])))
        found = np.flatnonzero(np.bincount(store.splits[rows] + 1, minlength=len(Split))) - 1
        splits = ", ".join(SPLIT_WORDS[Split(int(one))] for one in found)
        if len(targets) > 1:
            sizes = int(store.sizes[rows].sum())
            folders = {store.paths[row].rpartition("/")[0] for row in rows[:500].tolist()}
            is_one = len(folders) == 1 and len(rows) <= 500
            folder = (folders.pop() or "–") if is_one else self.tr("several")
            self._show(self.tr("{} chosen").format(f"{len(targets):,}"), folder, _bytes(sizes), splits)
            return
        image_id = int(targets[0])
        facts = store.image_facts(image_id)
        size = _bytes(facts.size)
        if facts.width and facts.height:
            size = f"{facts.width} × {facts.height}, {size}"
        path, whole = PurePosixPath(store.paths[int(rows[0])]), store.image_path(image_id)
        folder = str(path.parent) if path.parent.name else whole.parent.name
        self._show(path.name, folder, size, splits)
        self._name.setToolTip(str(whole))
        self._folder.setToolTip(str(whole.parent))
        problem = store.problems.get(image_id)
        if problem is not None:
            self._problem.show_text(problem)

    def _show(self, name: str, folder: str, size: str, split: str) -> None:
        for value, text in ((self._name, name), (self._folder, folder), (self._size, size), (self._split, split)):
            value.show_text(text)


class _Value(QLineEdit):
    """A text that can be selected and copied, and that makes no panel wide."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFrame(False)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(name)
        self.setProperty("plain", True)

    def show_text(self, text: str) -> None:
        """Show another text, from its start."""
        # a name in Latin letters stands at the leading side, too
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        self.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setToolTip(text)


def _bytes(count: int) -> str:
    if count < 1_000_000:
        return f"{count / 1_000:.0f} kB"
    if count < 1_000_000_000:
        return f"{count / 1_000_000:.1f} MB"
    return f"{count / 1_000_000_000:.1f} GB"
