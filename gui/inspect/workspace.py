"""The Inspect workspace: how well each label is predicted, and where its threshold should lie."""

import functools

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.tuning import Tuned, tune
from core.labels import Split
from gui import background
from gui.inspect.figures import Figures, Means, figures_of, means_of
from gui.inspect.gallery import Gallery
from gui.inspect.label_table import LabelTable
from gui.inspect.scored_split import Decisions, ScoredSplit, load_scored_split
from gui.inspect.threshold_editor import ThresholdEditor
from gui.inspect.threshold_panel import ThresholdPanel
from gui.inspect.views_panel import ViewsPanel
from gui.inspect.warning_row import WarningRow
from gui.inspect.words import head_line, taken_for
from gui.session import Session
from gui.train.run_chooser import RunChooser
from gui.train.run_facts import RunFacts
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button
from gui.widgets.empty_state import EmptyState
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import Panel, line

# of the threshold's panel, in a small window and in a wide one
PANEL_WIDTHS = (208, 264)
TABLE_WIDTH = 460
REST_MS = 200


class InspectWorkspace(QWidget):
    """A table of labels; the curve, threshold and wrong images of the chosen one."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._facts: RunFacts | None = None
        self._scored: ScoredSplit | None = None
        self._decisions: Decisions | None = None
        self._label = 0
        self._thresholds = ThresholdEditor(self)

        self._runs = RunChooser(session)
        self._split = QComboBox()
        self._split.setAccessibleName(self.tr("Split"))
        for split in (Split.VALIDATION, Split.TEST, Split.TRAIN):
            self._split.addItem(split.name.capitalize(), split)
        self._head = QLabel()
        self._head.setProperty("tone", "secondary")
        self._head.setWordWrap(True)
        self._undo = icon_button(
            "arrow-counter-clockwise", self.tr("Take back the last move of a threshold"), shortcut="Ctrl+Z"
        )
        self._redo = icon_button("arrow-clockwise", self.tr("Move it again"), shortcut="Ctrl+Shift+Z")
        self._tune = QPushButton(self.tr("Tune all"))
        self._menu = QMenu(self._tune)
        for split in (Split.VALIDATION, Split.TRAIN):
            action = self._menu.addAction(self.tr("Best F1 of each label on {}").format(split.name.lower()))
            action.triggered.connect(functools.partial(self._on_tune_asked, split, None))
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Reset all to 0.5")).triggered.connect(self._on_reset_all)
        self._tune.setMenu(self._menu)
        self._export = flat(QPushButton(self.tr("Export ›")))
        self._error = ErrorRow()
        self._warning = WarningRow()
        self._table = LabelTable()
        self._views = ViewsPanel()
        self._curve = self._views.curve
        self._panel = ThresholdPanel()
        # until there are scores a move would move nothing
        self._enable(False)
        self._gallery = Gallery(session.thumbnails)
        self._empty = EmptyState(
            "gauge",
            self.tr("No run yet"),
            self.tr("Label at least 20 images, then press Train. What the model gets right and wrong is shown here."),
            self.tr("Go to Train"),
        )
        # what needs a look at all images follows when a threshold rests
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._ask_figures)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._lay_out())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)

        session.project_closed.connect(self._on_project_closed)
        self._runs.run_chosen.connect(self._on_run_chosen)
        self._runs.failed.connect(self._error.show_error)
        self._split.activated.connect(lambda _: self._load())
        self._undo.clicked.connect(self._thresholds.undo)
        self._redo.clicked.connect(self._thresholds.redo)
        self._export.clicked.connect(lambda: session.workspace_requested.emit("export"))
        self._empty.clicked.connect(lambda: session.workspace_requested.emit("train"))
        self._thresholds.moved.connect(self._on_threshold_moved)
        self._thresholds.undo_changed.connect(self._on_undo_changed)
        self._thresholds.failed.connect(self._error.show_error)
        self._table.label_selected.connect(self._show_label)
        self._warning.reset_asked.connect(self._on_reset_all)
        self._views.confusion.cell_chosen.connect(self._on_cell_chosen)
        self._curve.score_chosen.connect(self._on_score_chosen)
        self._curve.drag_ended.connect(self._thresholds.settle)
        self._panel.value_changed.connect(self._on_value_changed)
        self._panel.settled.connect(self._thresholds.settle)
        self._panel.tune_asked.connect(lambda: self._on_tune_asked(Split.VALIDATION, self._label))
        self._panel.reset_asked.connect(self._on_reset_asked)
        self._gallery.opened.connect(session.show_in_label)

    def activate(self) -> None:
        """The workspace is shown; what it shows is kept up to date all the time."""

    def _lay_out(self) -> QWidget:
        page = QWidget()
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        top.setSpacing(theme.SPACE)
        top.addWidget(self._runs)
        top.addWidget(self._split)
        top.addWidget(self._head, 1)
        for widget in (self._undo, self._redo, self._tune, self._export):
            top.addWidget(widget)

        self._threshold_panel = Panel(self.tr("Threshold"))
        self._threshold_panel.add(self._panel, 1)
        self._threshold_panel.setMinimumWidth(PANEL_WIDTHS[0])
        self._threshold_panel.setMaximumWidth(PANEL_WIDTHS[1])
        table_panel = Panel(self.tr("Labels"), margins=False)
        table_panel.add(self._table, 1)
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._views, 2)
        row.addWidget(line(vertical=True))
        row.addWidget(self._threshold_panel, 1)
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.setChildrenCollapsible(False)
        upper.addWidget(table_panel)
        upper.addWidget(right)
        upper.setSizes([TABLE_WIDTH, 2 * TABLE_WIDTH])
        upper.setStretchFactor(1, 1)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setChildrenCollapsible(False)
        whole.addWidget(upper)
        whole.addWidget(self._gallery)
        whole.setSizes([440, 220])
        whole.setStretchFactor(0, 1)

        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        error = QVBoxLayout()
        error.setContentsMargins(theme.PANEL, 0, theme.PANEL, 0)
        error.addWidget(self._error)
        layout.addLayout(error)
        layout.addWidget(self._warning)
        layout.addWidget(line())
        layout.addWidget(whole, 1)
        return page

    # which scores are shown

    def _on_project_closed(self) -> None:
        self._thresholds.flush()
        self._rest.stop()
        self._facts = self._scored = self._decisions = None
        self._enable(False)
        self._pages.setCurrentIndex(0)

    def _on_run_chosen(self, facts: RunFacts | None) -> None:
        self._facts = facts
        self._pages.setCurrentIndex(0 if facts is None else 1)
        if facts is not None:
            self._load()

    def _load(self) -> None:
        if self._facts is None:
            return
        self._thresholds.flush()
        # a threshold moved while the scores are read would be lost when they come
        self._enable(False)
        load = functools.partial(load_scored_split, self._facts.run, self._split.currentData())
        background.run(self, load, self._on_loaded, self._error.show_error, key="scores")

    def _enable(self, enabled: bool) -> None:
        for part in (self._panel, self._curve, self._tune):
            part.setEnabled(enabled)

    def _on_loaded(self, scored: ScoredSplit) -> None:
        self._error.clear()
        same_labels = self._scored is not None and self._scored.label_names == scored.label_names
        self._scored = None
        self._thresholds.show(scored.thresholds, scored.run.folder)
        self._scored = scored
        self._decisions = Decisions(scored, self._thresholds.values)
        self._show_task(is_multi_class=scored.is_multi_class)
        self._split.setCurrentIndex(self._split.findData(scored.split))
        self._table.model.show_scores(scored, self._decisions.counts, self._thresholds.values)
        if not same_labels:
            self._label = 0
        self._show_totals()
        self._table.select(self._label)
        self._show_label(self._label)
        self._enable(True)
        if scored.is_multi_class:
            self._views.confusion.model.show_scores(scored)
        self._warning.show_warning("")
        background.run(
            self,
            functools.partial(means_of, scored),
            functools.partial(self._on_means, scored),
            self._error.show_error,
            key="means",
        )

    def _show_task(self, *, is_multi_class: bool) -> None:
        for part in (self._undo, self._redo, self._tune):
            part.setVisible(not is_multi_class)
        self._table.show_task(is_multi_class=is_multi_class)
        self._views.show_task(is_multi_class=is_multi_class)
        self._curve.set_movable(not is_multi_class)
        self._panel.show_task(is_multi_class=is_multi_class)

    def _on_means(self, scored: ScoredSplit, means: Means) -> None:
        if scored is self._scored:
            self._views.figures.show_means(means)
            self._ask_figures()

    def _ask_figures(self) -> None:
        self._rest.stop()
        if self._scored is not None:
            work = functools.partial(figures_of, self._scored, self._thresholds.thresholds)
            done = functools.partial(self._on_figures, self._scored)
            background.run(self, work, done, self._error.show_error, key="figures")

    def _on_figures(self, scored: ScoredSplit, figures: Figures) -> None:
        if scored is not self._scored:
            return
        self._views.figures.show_figures(figures)
        judged = figures.judged
        if judged is None or judged.may_be_chance:
            # what chance may have done is no reason to act
            self._warning.show_warning("")
        else:
            # the images of test are not to choose the thresholds
            self._warning.show_warning(judged.warning, may_reset=judged.may_choose)

    def _show_label(self, label: int) -> None:
        if self._scored is None:
            return
        self._label = label
        self._thresholds.settle()
        name = self._scored.label_names[label]
        self._views.show_label(name)
        if self._scored.is_multi_class:
            self._threshold_panel.set_title(self.tr("{}: decisions").format(name))
            self._panel.show_taken_for(taken_for(self._scored, label))
        else:
            self._threshold_panel.set_title(self.tr("{}: threshold").format(name))
        self._curve.show_curve(self._scored.curve(label) if self._scored.support[label] else None)
        self._show_threshold()

    def _on_cell_chosen(self, label: int, predicted: int) -> None:
        self._table.choose(label)
        self._gallery.show_taken_for(predicted if predicted != label else None)

    def _show_threshold(self) -> None:
        """Everything that follows the chosen label's threshold."""
        if self._scored is None or self._decisions is None:
            return
        label, value = self._label, float(self._thresholds.values[self._label])
        counts = self._decisions.of(label)
        images = self._scored.sizes[self._scored.split]
        self._panel.show_threshold(self._scored.label_names[label], value, counts, images=images)
        # in multi-class the decisions are those of no threshold, so that they lie beside the curve
        has_point = bool(self._scored.support[label]) and not self._scored.is_multi_class
        self._curve.show_point(float(counts.recall[0]), float(counts.precision[0]), visible=has_point)
        self._gallery.show_label(self._scored, label, value, missed=int(counts.fn[0]), false_alarms=int(counts.fp[0]))

    def _show_totals(self) -> None:
        if self._scored is None or self._decisions is None:
            return
        self._table.means.show_means(self._scored, self._decisions.counts)
        self._head.setText(head_line(self._scored, self._thresholds.thresholds))

    # thresholds

    def _on_threshold_moved(self, label: int | None) -> None:
        if self._scored is None or self._decisions is None:
            return
        if label is None:
            self._decisions.move_all(self._thresholds.values)
        else:
            self._decisions.move(label, float(self._thresholds.values[label]))
        self._table.model.show_counts(self._decisions.counts, self._thresholds.values, label=label)
        self._show_totals()
        self._show_threshold()
        self._rest.start()

    def _on_value_changed(self, value: float) -> None:
        if self._scored is not None:
            self._thresholds.set(self._label, value)

    def _on_score_chosen(self, score: float) -> None:
        if self._scored is not None:
            self._thresholds.set(self._label, self._scored.between_scores(self._label, score))

    def _on_reset_asked(self) -> None:
        self._thresholds.settle()
        self._on_value_changed(0.5)
        self._thresholds.settle()

    def _on_reset_all(self) -> None:
        if self._scored is not None:
            self._thresholds.set_all(ThresholdSet.default(self._scored.label_names))

    def _on_tune_asked(self, split: Split, label: int | None) -> None:
        if self._scored is not None:
            work = functools.partial(tune, self._scored.everything, split)
            done = functools.partial(self._on_tuned, self._scored, label)
            background.run(self, work, done, self._error.show_error, key="tune")

    def _on_tuned(self, scored: ScoredSplit, label: int | None, tuned: Tuned) -> None:
        if self._scored is None or self._scored.run != scored.run:
            return
        self._error.clear()
        if label is None:
            self._thresholds.set_all(tuned.thresholds)
        else:
            self._thresholds.settle()
            self._thresholds.set(label, float(tuned.thresholds.values[label]))
            self._thresholds.settle()

    def _on_undo_changed(self) -> None:
        self._undo.setEnabled(self._thresholds.can_undo)
        self._redo.setEnabled(self._thresholds.can_redo)

    def event(self, event: QEvent) -> bool:
        """Keep the keys for undo and redo, which elsewhere take back annotations."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _undo_key(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take back or redo a move of a threshold."""
        key = _undo_key(event)
        if key == QKeySequence.StandardKey.Undo:
            self._thresholds.undo()
        elif key == QKeySequence.StandardKey.Redo:
            self._thresholds.redo()
        else:
            super().keyPressEvent(event)


def _undo_key(event: QKeyEvent) -> QKeySequence.StandardKey | None:
    keys = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
    return next((key for key in keys if event.matches(key)), None)
