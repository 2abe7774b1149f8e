"""Facts about the chosen image, below the labels."""

from pathlib import PurePosixPath

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from core.labels import Split
from core.project.changes import Changes
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
    """Name, size, split and review of the chosen image, or how many are chosen."""

    def __init__(self, session: Session, annotator: Annotator, parent: QWidget | None = None) -> None:
        super().__init__("Image", parent=parent)
        self._session = session
        self._annotator = annotator
        self._name = _value()
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._name.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._size = _value()
        self._split = _value()
        self._review = _value()
        self._problem = ErrorRow()
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(theme.PANEL)
        form.setVerticalSpacing(theme.SPACE // 2)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, value in (
            (self.tr("Name"), self._name),
            (self.tr("Size"), self._size),
            (self.tr("Split"), self._split),
            (self.tr("Review"), self._review),
        ):
            label = QLabel(title)
            label.setProperty("tone", "secondary")
            form.addRow(label, value)
        self.body.addLayout(form)
        self.body.addWidget(self._problem)

        annotator.targets_changed.connect(self._refresh)
        session.changed.connect(self._on_session_changed)
        session.thumbnails.loaded.connect(self._on_facts_read)
        session.facts_read.connect(self._on_facts_read)
        self._refresh()

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.annotations or changes.splits or changes.images:
            self._refresh()

    def _on_facts_read(self, image_ids: frozenset[int]) -> None:
        if image_ids.intersection(self._annotator.targets[:1].tolist()):
            self._refresh()

    def _refresh(self) -> None:
        targets = self._annotator.targets
        if not len(targets) or not self._session.has_project:
            self.set_title("Image")
            self._show("–", "–", "–", "–")
            self._problem.clear()
            return
        store = self._session.store
        rows = store.rows_of(targets)
        splits = [SPLIT_WORDS[Split(int(one))] for one in sorted(set(store.splits[rows].tolist()))]
        reviewed = int(store.reviewed[rows].sum())
        self._problem.clear()
        if len(targets) > 1:
            self.set_title("Images")
            self._show(f"{len(targets):,} chosen", "–", ", ".join(splits), f"{reviewed:,} of {len(targets):,}")
            return
        self.set_title("Image")
        image_id = int(targets[0])
        facts = store.image_facts(image_id)
        size = _bytes(facts.size)
        if facts.width and facts.height:
            size = f"{facts.width} × {facts.height}, {size}"
        path = store.paths[int(rows[0])]
        self._show(PurePosixPath(path).name, size, splits[0], self.tr("reviewed") if reviewed else self.tr("to do"))
        self._name.setToolTip(str(store.image_path(image_id)))
        problem = store.problems.get(image_id)
        if problem is not None:
            self._problem.show_text(problem)

    def _show(self, name: str, size: str, split: str, review: str) -> None:
        for label, text in ((self._name, name), (self._size, size), (self._split, split), (self._review, review)):
            label.setText(text)


def _value() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    return label


def _bytes(count: int) -> str:
    if count < 1_000_000:
        return f"{count / 1_000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB"
