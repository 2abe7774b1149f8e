"""The head of the run that is looked at: where it is, how it ended, and what can be asked of it."""

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.errors import WeightsError
from core.jobs.events import ImageSkipped, RunFailed
from core.jobs.folder import RunState
from gui.train import words
from gui.train.followed_run import Wish
from gui.train.history import RunHistory
from gui.train.note_lines import NoteLines
from gui.widgets import theme
from gui.widgets.buttons import flat
from gui.widgets.error_row import ErrorRow
from gui.widgets.icons import icon
from gui.widgets.progress_line import ProgressLine
from gui.widgets.question import Question


class RunHeader(QWidget):
    """Two lines: name of the run with its three buttons, then its state; below them a bar of progress, and errors.

    Signals:
        pause_asked, resume_asked, stop_asked, kill_asked, discard_asked, inspect_asked: a button was pressed.
        weights_asked, scratch_asked: another start than the pretrained weights that could not be had is wanted.
    """

    pause_asked = Signal()
    resume_asked = Signal()
    stop_asked = Signal()
    kill_asked = Signal()
    discard_asked = Signal()
    inspect_asked = Signal()
    weights_asked = Signal()
    scratch_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: RunState | None = None
        self._left_out: tuple[ImageSkipped, ...] = ()
        self._title = QLabel()
        bold = self._title.font()
        bold.setBold(True)
        self._title.setFont(bold)
        # as much as there is; what does not fit is elided
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title.installEventFilter(self)
        self._text = QLabel()
        self._text.setFont(theme.tabular(self._text.font()))
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._pause = QPushButton(icon("pause"), self.tr("Pause"))
        self._stop = QPushButton(icon("stop"), self.tr("Stop and keep best"))
        self._discard = flat(QPushButton(icon("trash"), self.tr("Discard")))
        self._bar = ProgressLine()
        self._question = Question(self.tr("Discard this run and its files?"), self.tr("Discard"), self.tr("Keep"))
        self._stuck = Question(
            self.tr("The run does not obey. End its process? Its last checkpoint stays."),
            self.tr("End it"),
            self.tr("Wait"),
        )
        self._notes = NoteLines()
        self._skipped = ErrorRow()
        self._error = ErrorRow()
        self._other_starts = QWidget()
        pick = QPushButton(self.tr("Pick a weights file…"))
        scratch = QPushButton(self.tr("Train from scratch"))
        starts = QHBoxLayout(self._other_starts)
        starts.setContentsMargins(0, 0, 0, 0)
        starts.setSpacing(theme.SPACE)
        starts.addWidget(pick)
        starts.addWidget(scratch)
        starts.addStretch(1)
        self._other_starts.hide()

        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self._title, 1)
        top.addWidget(self._pause)
        top.addWidget(self._stop)
        top.addWidget(self._discard)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self._text)
        layout.addWidget(self._bar)
        layout.addWidget(self._question)
        layout.addWidget(self._stuck)
        layout.addWidget(self._notes)
        layout.addWidget(self._skipped)
        layout.addWidget(self._error)
        layout.addWidget(self._other_starts)

        theme.on_change(self, self._on_palette_changed)
        self._pause.clicked.connect(self._on_pause_clicked)
        self._stop.clicked.connect(self.stop_asked)
        self._discard.clicked.connect(self._question.show)
        self._question.accepted.connect(self.discard_asked)
        self._stuck.accepted.connect(self.kill_asked)
        pick.clicked.connect(self.weights_asked)
        scratch.clicked.connect(self.scratch_asked)
        self._text.linkActivated.connect(lambda _: self.inspect_asked.emit())

    def forget_question(self) -> None:
        """Another run is looked at: what was asked about the last one is void."""
        self._question.hide()

    def show_run(
        self, title: str, state: RunState, history: RunHistory, *, asked: Wish = "", verdict: str = ""
    ) -> None:
        """Show where a run is.

        Args:
            title: "Run 7 · ResNet-18 224".
            state: of its folder.
            history: of its events.
            asked: what was asked of it and is not done yet.
            verdict: how its mAP compares with other runs, such as "best so far, +0.015".
        """
        self._state = state
        running = state == RunState.RUNNING
        self._title.setToolTip(title)
        self._fit_title()
        text = html.escape(words.summary(state, history, asked=asked, verdict=verdict))
        has_model = state in (RunState.FINISHED, RunState.STOPPED)
        link = f' <a href="#">{self.tr("Inspect ›")}</a>' if has_model else ""
        self._text.setText(f"{text}{link}")
        can_resume = state in (RunState.PAUSED, RunState.INTERRUPTED, RunState.PREPARED)
        self._pause.setVisible(running or can_resume)
        self._pause.setEnabled(not asked)
        self._pause.setText(self.tr("Resume") if can_resume else self.tr("Pause"))
        self._pause.setIcon(icon("play" if can_resume else "pause"))
        self._stop.setVisible(running or state in (RunState.PAUSED, RunState.INTERRUPTED))
        self._stop.setEnabled(asked in ("", "stop"))
        has_ended = has_model or state == RunState.FAILED
        words_of_end = self.tr("Delete run") if has_ended else self.tr("Discard")
        self._discard.setText(words_of_end)
        self._discard.setEnabled(asked != "discard")
        self._question.set_texts(
            self.tr("Delete this run and its files?") if has_ended else self.tr("Discard this run and its files?"),
            words_of_end,
        )
        outcomes = (words.early_end(history), words.chosen_rate(history))
        self._notes.show_notes([*filter(None, outcomes), *history.notes])
        self._show_left_out(history.skipped if has_model else ())
        self._bar.setVisible(running)
        self._bar.show_fraction(history.fraction)

    def _fit_title(self) -> None:
        title, room = self._title.toolTip(), self._title.width()
        self._title.setText(self._title.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The buttons leave the title another room."""
        if watched is self._title and event.type() == QEvent.Type.Resize:
            self._fit_title()
        return super().eventFilter(watched, event)

    def show_stuck(self, stuck: bool) -> None:
        """Offer to kill a worker that does not obey, or take the offer back."""
        self._stuck.setVisible(stuck)

    def show_error(self, error: RunFailed | None) -> None:
        """Show why the run ended without a model; None when it did not."""
        if error is None:
            self._error.clear()
        else:
            # the key is for those who train at the command line; here there is a button
            next_step = error.next_step.replace(" (model.pretrained=false)", "")
            self._error.show_text(error.sentence, next_step=next_step, details=error.traceback)
        self._other_starts.setVisible(error is not None and error.error == WeightsError.__name__)

    def _show_left_out(self, skipped: Sequence[ImageSkipped]) -> None:
        if tuple(skipped) == self._left_out:
            # its details may be open
            return
        self._left_out = tuple(skipped)
        if skipped:
            details = "\n".join(f"{one.path}: {one.sentence}" for one in skipped)
            self._skipped.show_text(words.left_out(skipped), details=details)
        else:
            self._skipped.clear()

    def _on_palette_changed(self) -> None:
        # a link keeps the colour it was set in, also when the same text is set again
        text = self._text.text()
        self._text.clear()
        self._text.setText(text)

    def _on_pause_clicked(self) -> None:
        if self._state == RunState.RUNNING:
            self.pause_asked.emit()
        else:
            self.resume_asked.emit()
