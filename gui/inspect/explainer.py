"""Having a worker find the places of images that speak for each label."""

import functools
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import JobError, MultihotError
from core.evaluation.predictions import PREDICTIONS_FILE
from core.images.heat_maps import HeatMapStore, heat_map_folder
from core.jobs.events import Event, ImageExplained, ImageSkipped, RunFailed
from core.jobs.folder import JobFolder, RunState
from core.jobs.job import ExplainJob
from core.jobs.start import warm_up
from core.project.runs.run_list import Run
from gui import background
from gui.session import Session
from gui.train.trainer_thread import TrainerThread

# a person who goes through images by arrow keys rests at one
DEBOUNCE_MS = 150
# with 80 labels on maps of 16 x 16 places, 5 MB
_MOST_KEPT = 64

Maps = NDArray[np.float32]


class Explainer(QObject):
    """Gets the heat maps of the images asked for last, from the project's cache or by one worker at a time.

    Signals:
        explained: id of an image whose heat maps are there now.
        failed: id of an image, and the MultihotError that there is instead.
    """

    explained = Signal(int)
    failed = Signal(int, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._run: Run | None = None
        self._wish: dict[int, Path] = {}
        self._kept: OrderedDict[int, Maps] = OrderedDict()
        self._failures: dict[int, MultihotError] = {}
        self._work: _Work | None = None
        # those that are asked to end have not ended yet
        self._works: list[_Work] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._look)
        session.project_closed.connect(self.close)

    def ask(self, run: Run, images: Mapping[int, Path]) -> None:
        """Ask for the heat maps of images; what was asked before is dropped.

        Args:
            run: whose model is asked.
            images: ids and files, the one that is looked at first, then those that will probably be next.
        """
        if run != self._run:
            self._drop()
        self._run, self._wish = run, dict(images)
        # what went wrong may have been mended since the image was looked at last
        current = next(iter(images))
        self._failures.pop(current, None)
        self._timer.start()

    def maps(self, image_id: int) -> Maps | None:
        """Heat maps (C, h, w) of an image as the run asked last sees it; None while they are not there."""
        maps = self._kept.get(image_id)
        if maps is not None:
            self._kept.move_to_end(image_id)
        return maps

    def _drop(self) -> None:
        """Ask for nothing any more; a worker that is at it ends by itself."""
        self._timer.stop()
        if self._work is not None:
            self._work.kill()
        self._run, self._wish, self._work = None, {}, None
        self._kept.clear()
        self._failures.clear()

    def close(self) -> None:
        """Ask for nothing any more and wait for the end of the workers; nothing of their jobs is left.

        The project's folder is free then, to be moved or deleted.
        """
        self._drop()
        works, self._works = self._works, []
        for work in works:
            work.end()

    def _look(self) -> None:
        """Look for what is asked for in the cache."""
        if self._run is None:
            return
        found = functools.partial(_read, self._store(), self._missing())
        background.run(self, found, functools.partial(self._on_looked, self._run), self._on_broken, key="cache")

    def _missing(self) -> dict[int, Path]:
        return {one: path for one, path in self._wish.items() if one not in self._kept and one not in self._failures}

    def _store(self) -> HeatMapStore:
        assert self._run is not None
        folder = heat_map_folder(self._session.store.folder.absolute(), self._run.id)
        return HeatMapStore(folder, model=self._run.folder / PREDICTIONS_FILE)

    def _on_looked(self, run: Run, found: Mapping[int, Maps]) -> None:
        if run != self._run:
            return
        for image_id, maps in found.items():
            self._keep(image_id, maps)
        missing = self._missing()
        current = next(iter(self._wish))
        if self._work is not None and current in missing and current not in self._work.left:
            # nobody waits for what it does
            self._work.kill()
            self._work = None
        if missing and self._work is None:
            self._start(missing)

    def _start(self, images: dict[int, Path]) -> None:
        assert self._run is not None
        job = ExplainJob(
            run_folder=str(self._run.folder.absolute()),
            image_ids=tuple(images),
            paths=tuple(map(str, images.values())),
            heat_maps=str(self._store().folder),
        )
        try:
            folder = _prepare(self._session.store.folder.absolute() / "cache" / "explain", job)
        except MultihotError as error:
            self._on_broken(error)
            return
        work = _Work(folder, images, self)
        self._work = work
        self._works.append(work)
        work.explained.connect(functools.partial(self._on_explained, work))
        work.skipped.connect(functools.partial(self._on_skipped, work))
        work.ended.connect(functools.partial(self._on_ended, work))

    def _on_explained(self, work: "_Work", images: Mapping[int, Path]) -> None:
        if work is self._work and self._run is not None:
            read = functools.partial(_read, self._store(), images)
            background.run(self, read, functools.partial(self._on_read, self._run), self._on_broken)

    def _on_read(self, run: Run, found: Mapping[int, Maps]) -> None:
        if run == self._run:
            for image_id, maps in found.items():
                self._keep(image_id, maps)

    def _on_skipped(self, work: "_Work", image_id: int, sentence: str) -> None:
        if work is self._work:
            self._fail(image_id, JobError(sentence))

    def _on_ended(self, work: "_Work", failure: MultihotError | None) -> None:
        if work in self._works:
            self._works.remove(work)
        work.deleteLater()
        if work is not self._work:
            return
        self._work = None
        if self._session.settings.warm_worker:
            # the one that was kept ready may be gone
            background.run(self, warm_up, background.nothing, background.nothing)
        if failure is not None:
            self._on_broken(failure)
        elif self._missing():
            # others were asked for meanwhile
            self._timer.start()

    def _on_broken(self, error: MultihotError) -> None:
        """Nothing that is asked for can be had; asking again tries again."""
        for image_id in self._missing():
            self._fail(image_id, error)

    def _keep(self, image_id: int, maps: Maps) -> None:
        if image_id in self._kept:
            return
        self._kept[image_id] = maps
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        self.explained.emit(image_id)

    def _fail(self, image_id: int, error: MultihotError) -> None:
        self._failures[image_id] = error
        self.failed.emit(image_id, error)


class _Work(QObject):
    """One worker at some images.

    Attributes:
        left: images whose heat maps have not been told of yet, with their files.

    Signals:
        explained: dict of images, with their files, whose heat maps are in the cache now.
        skipped: id of an image that cannot be read, and a sentence about it.
        ended: None, or the MultihotError that ended it; its folder is gone.
    """

    explained = Signal(object)
    skipped = Signal(int, str)
    ended = Signal(object)

    def __init__(self, folder: Path, images: Mapping[int, Path], parent: QObject) -> None:
        super().__init__(parent)
        self.left = dict(images)
        self._folder = folder
        self._failure: MultihotError | None = None
        self._thread = TrainerThread(folder, start_worker=True, parent=self)
        self._thread.events_read.connect(self._on_events_read)
        self._thread.finished.connect(self._on_finished)
        self._thread.start()

    def kill(self) -> None:
        """End the worker; what it has kept stays whole."""
        self._thread.kill()

    def end(self) -> None:
        """End the worker and wait for it, some tenths of a second."""
        self._thread.finished.disconnect(self._on_finished)
        self._thread.kill()
        self._thread.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        self.deleteLater()

    def _on_events_read(self, events: Sequence[Event]) -> None:
        done: dict[int, Path] = {}
        for event in events:
            match event:
                case ImageExplained() if event.image_id in self.left:
                    done[event.image_id] = self.left.pop(event.image_id)
                case ImageSkipped():
                    for image_id in [one for one, path in self.left.items() if str(path) == event.path]:
                        del self.left[image_id]
                        self.skipped.emit(image_id, event.sentence)
                case RunFailed():
                    self._failure = JobError(event.sentence, next_step=event.next_step)
                case _:
                    pass
        if done:
            self.explained.emit(done)

    def _on_finished(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._failure is None and self.left:
            self._failure = JobError(
                "The process that looks at the image ended before it was done.", next_step="Choose the label again."
            )
        self.ended.emit(self._failure)


def _prepare(folder: Path, job: ExplainJob) -> Path:
    """Make the job's folder in `folder`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # left behind by a window that crashed
        for one in folder.iterdir():
            if JobFolder(one).state() is not RunState.RUNNING:
                shutil.rmtree(one, ignore_errors=True)
        made = Path(tempfile.mkdtemp(dir=folder))
        job.save(made)
    except OSError as error:
        raise JobError(
            f"Nothing can be looked for: {folder} cannot be written ({error.strerror}).",
            next_step="Free some space, or give yourself the right to write there.",
        ) from error
    return made


def _read(store: HeatMapStore, images: Mapping[int, Path]) -> dict[int, Maps]:
    """The heat maps that are in the cache."""
    found = {image_id: store.get(image_id, path) for image_id, path in images.items()}
    return {image_id: maps for image_id, maps in found.items() if maps is not None}
