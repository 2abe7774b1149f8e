"""What is looked at in Inspect: the scores, the thresholds and the chosen labels; all pages listen to it."""

from PySide6.QtCore import QObject, QTimer, Signal

from core.project.runs.run_list import Run
from gui.inspect.fixes import Fixes
from gui.inspect.scored_split import Decisions, ScoredSplit
from gui.inspect.steps import Steps
from gui.inspect.threshold_editor import ThresholdEditor
from gui.session import Session

# what needs a look at all images follows when a threshold rests
REST_MS = 200


class Inspection(QObject):
    """One run on one split, its thresholds, and the labels that are chosen.

    Attributes:
        session: the open project.
        thresholds: those of the run; who moves one calls this editor.
        fixes: annotations that are put right here.
        steps: takes back what was done last, be it a threshold or an annotation.
        scored: the scores; None while there are none.
        decisions: right and wrong ones at the thresholds of the moment; None without scores.
        label: column of the chosen label.
        selected: columns of all labels that are selected, the chosen one first.

    Signals:
        scored_changed: another run or split, or nothing.
        label_changed: another label was chosen, or others were selected.
        moved: column of the label whose threshold moved, or None when any may have; `decisions` have followed.
        rested: no threshold moved for a moment.
        failed: MultihotError, to be told above the pages.
    """

    scored_changed = Signal()
    label_changed = Signal()
    moved = Signal(object)
    rested = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.thresholds = ThresholdEditor(self)
        self.fixes = Fixes(session, self)
        self.steps = Steps(self.thresholds, self.fixes, parent=self)
        self.scored: ScoredSplit | None = None
        self.decisions: Decisions | None = None
        self.label = 0
        self.selected: tuple[int, ...] = (0,)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.rested)
        session.project_closed.connect(self.thresholds.forget)
        self.thresholds.moved.connect(self._on_moved)
        self.thresholds.failed.connect(self.failed)
        self.fixes.failed.connect(self.failed)

    @property
    def run(self) -> Run | None:
        """The run that is looked at."""
        return None if self.scored is None else self.scored.run

    @property
    def label_name(self) -> str:
        """Name of the chosen label; empty without scores."""
        return "" if self.scored is None else self.scored.label_names[self.label]

    def show(self, scored: ScoredSplit) -> None:
        """Look at other scores; the chosen label stays where the labels are the same."""
        same_labels = self.scored is not None and self.scored.label_names == scored.label_names
        self.scored = self.decisions = None
        self.thresholds.show(scored.book, scored.run.folder)
        self.scored = scored
        self.decisions = Decisions(scored, self.thresholds.values)
        if not same_labels:
            self.label, self.selected = 0, (0,)
        self.scored_changed.emit()

    def clear(self) -> None:
        """Look at nothing; thresholds that are not written yet are."""
        self.thresholds.clear()
        self._rest.stop()
        self.scored = self.decisions = None
        self.scored_changed.emit()

    def choose(self, label: int, *others: int) -> None:
        """Choose a label.

        Args:
            label: its column.
            others: columns of further labels that are selected.
        """
        if self.scored is None or (label, *others) == (self.label, *self.selected[1:]):
            return
        # a drag ends with its label
        self.thresholds.settle()
        self.label, self.selected = label, (label, *others)
        self.label_changed.emit()

    def _on_moved(self, label: int | None) -> None:
        if self.decisions is None:
            return
        if label is None:
            self.decisions.move_all(self.thresholds.values)
        else:
            self.decisions.move(label, float(self.thresholds.values[label]))
        self.moved.emit(label)
        self._rest.start()
