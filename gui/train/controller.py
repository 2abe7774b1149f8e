"""The runs of the open project that are at work: starting them, following them, and what people ask of them."""

import functools

from PySide6.QtCore import QObject, Signal

from core.jobs.events import Event
from core.jobs.folder import JobFolder, RunState
from core.jobs.start import cool_down, warm_up
from core.jobs.train import prepare_training
from core.project.changes import Changes
from core.project.runs.run_list import Run
from gui import background
from gui.session import Session
from gui.train import words
from gui.train.followed_run import FollowedRun
from gui.train.options import Options


class TrainingController(QObject):
    """Starts runs and follows them, also those that were at work when the project was opened.

    It needs no workspace: a run goes on, and the status bar tells of it, when Train was never shown.

    Signals:
        run_started: id of a run that is followed from now on.
        event_received: id of a run and list[Event], its new events in order; its history has them already.
        run_state_changed: id of a run whose state, or what was asked of it, changed.
    """

    run_started = Signal(object)
    event_received = Signal(object, object)
    run_state_changed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._followed: dict[int, FollowedRun] = {}
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self.close)
        session.settings_changed.connect(self._on_settings_changed)
        if session.has_project:
            self._on_project_opened()

    def followed(self, run_id: int) -> FollowedRun | None:
        """A run that is, or was since the project was opened, at work; None for any other."""
        return self._followed.get(run_id)

    def running(self) -> list[int]:
        """Ids of the runs at work, oldest first."""
        return sorted(key for key, one in self._followed.items() if one.is_running)

    def train(self, options: Options) -> Run:
        """Make a run of the project as it is now, and start it.

        Raises:
            MultihotError: the project cannot be trained on yet, or the weights are missing.
        """
        run = prepare_training(
            self._session.store,
            options.recipe,
            device=options.device,
            weights=options.weights,
            seed=options.seed,
            initial_run=options.initial_run,
            keep=options.keep,
        )
        self._follow(run, start_worker=True)
        text = self.tr("Run {} started").format(run.id)
        self._session.apply(Changes(text=text, runs=True, splits=True))
        return run

    def resume(self, run_id: int) -> None:
        """Go on with a run that is paused or was interrupted."""
        if run_id not in self.running():
            self._follow(self._session.store.run(run_id), start_worker=True)

    def pause(self, run_id: int) -> None:
        """Ask a run to write a checkpoint and free the device."""
        self._followed[run_id].pause()

    def stop(self, run_id: int) -> None:
        """Ask a run to finish its step and keep the best model; asked again, killing it is offered.

        A run that is paused or was interrupted is taken up for that.
        """
        self.resume(run_id)
        self._followed[run_id].stop()

    def kill(self, run_id: int) -> None:
        """End a run's worker at once; its last checkpoint stays."""
        self._followed[run_id].kill()

    def discard(self, run_id: int) -> None:
        """Delete a run and its folder for ever, ending its worker first."""
        one = self._followed.get(run_id)
        if one is not None and one.is_running:
            one.kill(discard=True)
            return
        self._forget(run_id)
        self._session.apply(self._session.store.discard_run(run_id))

    def warm_up(self) -> None:
        """Keep a worker ready if the settings say so, so that the next job starts at once."""
        if self._session.settings.warm_worker and not self.running():
            background.run(self, warm_up, background.nothing, background.nothing)

    def close(self) -> None:
        """Let go of all runs; their workers go on, and are taken up when the project is opened again."""
        for run_id in list(self._followed):
            self._forget(run_id)

    def _follow(self, run: Run, *, start_worker: bool) -> None:
        self._forget(run.id)
        one = FollowedRun(run, start_worker=start_worker, parent=self)
        self._followed[run.id] = one
        one.grew.connect(functools.partial(self._on_grew, one))
        one.changed.connect(functools.partial(self.run_state_changed.emit, run.id))
        one.ended.connect(functools.partial(self._on_ended, one))
        self._tell_jobs(one)
        self.run_started.emit(run.id)

    def _forget(self, run_id: int) -> None:
        one = self._followed.pop(run_id, None)
        if one is not None:
            one.let_go()
            one.deleteLater()
            self._session.jobs.remove(_key(run_id))

    def _tell_jobs(self, one: FollowedRun) -> None:
        run_id, history = one.run.id, one.history
        name = self.tr("Run {}").format(run_id)
        if history.stage is not None:
            name = f"{name} · {history.stage.stage}"
        self._session.jobs.set(
            _key(run_id),
            name=name,
            fraction=history.fraction,
            eta_seconds=history.eta_seconds,
            cancel=functools.partial(self.stop, run_id),
        )

    def _on_grew(self, one: FollowedRun, events: list[Event]) -> None:
        if not one.history.has_ended:
            self._tell_jobs(one)
        self.event_received.emit(one.run.id, events)

    def _on_ended(self, one: FollowedRun) -> None:
        run_id = one.run.id
        self._session.jobs.remove(_key(run_id))
        if one.asked == "discard":
            self.discard(run_id)
            return
        one.asked = ""
        self.run_state_changed.emit(run_id)
        self._session.apply(Changes(text=self._last_words(one), runs=True))
        self.warm_up()

    def _last_words(self, one: FollowedRun) -> str:
        run_id, finished = one.run.id, one.history.finished
        if finished is not None:
            figure = words.figure(finished.validation_map, finished.top1)
            text = self.tr("Run {} stopped: {}") if finished.stopped else self.tr("Run {} finished: {}")
            return text.format(run_id, figure)
        if one.state == RunState.PAUSED:
            return self.tr("Run {} is paused").format(run_id)
        return self.tr("Run {} ended without a model").format(run_id)

    def _on_project_opened(self) -> None:
        runs = self._session.store.runs()
        background.run(
            self, functools.partial(_running, runs), self._on_running_found, background.nothing, key="running"
        )

    def _on_running_found(self, runs: list[Run]) -> None:
        if not self._session.has_project:
            return
        for run in runs:
            if run.id not in self._followed and run.folder.parent.parent == self._session.store.folder:
                self._follow(run, start_worker=False)

    def _on_settings_changed(self) -> None:
        if not self._session.settings.warm_worker:
            background.run(self, cool_down, background.nothing, background.nothing, is_short=True)


def _running(runs: list[Run]) -> list[Run]:
    return [run for run in runs if JobFolder(run.folder).state() is RunState.RUNNING]


def _key(run_id: int) -> str:
    return f"run-{run_id}"
