"""Having a worker draw augmented examples with a recipe."""

import functools
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import JobError, MultihotError
from core.jobs.events import Event, PreviewFinished, RunFailed
from core.jobs.folder import JobFolder, RunState
from core.jobs.job import PreviewJob
from core.recipes.recipe import AugmentationConfig, Recipe
from gui import background
from gui.train.trainer_thread import TrainerThread

COPIES = 5
# a person who goes through the recipes or turns a spin box waits at one
DEBOUNCE_MS = 500
_MOST_KEPT = 12

Wish = tuple[AugmentationConfig, int, tuple[str, ...], int]


class ExampleDrawer(QObject):
    """Draws what was asked for last, one worker at a time, and keeps what was drawn.

    Signals:
        drawn: uint8 (images, copies, H, W, 3); the first copy of each image is not varied.
        failed: MultihotError.
        started: a worker is at it.
        worker_ended: it has ended; the one that was kept ready may be gone.
    """

    drawn = Signal(object)
    failed = Signal(object)
    started = Signal()
    worker_ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wish: Wish | None = None
        self._recipe: Recipe | None = None
        self._folder: Path | None = None
        self._at_work: Wish | None = None
        self._thread: TrainerThread | None = None
        self._outcome: Event | None = None
        self._kept: OrderedDict[Wish, NDArray[np.uint8]] = OrderedDict()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._start)

    def ask(self, recipe: Recipe, paths: Sequence[str], *, folder: Path, seed: int = 0) -> None:
        """Ask for examples; what was asked before is dropped.

        Args:
            recipe: its augmentation and size count.
            paths: of the images' files.
            folder: where the job's folder is made and deleted again.
            seed: of the augmentation.
        """
        self._wish = (recipe.augmentation, recipe.input.size, tuple(paths), seed)
        self._recipe, self._folder = recipe, folder
        if self._wish in self._kept:
            self._timer.stop()
            self.drawn.emit(self._kept[self._wish])
        elif self._wish != self._at_work:
            self._timer.start()

    def close(self) -> None:
        """Ask for nothing any more; a worker that is at it ends by itself."""
        self._timer.stop()
        self._wish = self._at_work = None
        self._kept.clear()
        if self._thread is not None:
            self._thread.leave()
            self._thread.wait()
            self._thread = None

    def _start(self) -> None:
        if self._wish is None or self._at_work is not None or self._wish in self._kept:
            return
        assert self._recipe is not None
        assert self._folder is not None
        self._at_work = self._wish
        self.started.emit()
        *_, paths, seed = self._wish
        job = PreviewJob(paths=paths, copies=COPIES, seed=seed)
        prepare = functools.partial(_prepare, self._folder, self._recipe, job)
        background.run(self, prepare, functools.partial(self._on_prepared, self._wish), self._on_failed)

    def _on_prepared(self, wish: Wish, folder: Path) -> None:
        if wish != self._at_work:
            remove = functools.partial(shutil.rmtree, folder, ignore_errors=True)
            background.run(self, remove, background.nothing, background.nothing, is_short=True)
            return
        thread = TrainerThread(folder, start_worker=True, parent=self)
        thread.events_read.connect(self._on_events_read)
        thread.finished.connect(functools.partial(self._on_thread_finished, wish, folder))
        self._thread = thread
        self._outcome = None
        thread.start()

    def _on_events_read(self, events: list[Event]) -> None:
        self._outcome = next((one for one in events if isinstance(one, (PreviewFinished, RunFailed))), self._outcome)

    def _on_thread_finished(self, wish: Wish, folder: Path) -> None:
        if wish != self._at_work:
            return
        self._thread = None
        self.worker_ended.emit()
        read = functools.partial(_read_and_delete, folder, self._outcome)
        background.run(self, read, functools.partial(self._on_read, wish), self._on_failed)

    def _on_read(self, wish: Wish, images: NDArray[np.uint8]) -> None:
        if self._at_work != wish:
            return
        self._at_work = None
        self._kept[wish] = images
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        if wish == self._wish:
            self.drawn.emit(images)
        else:
            self._timer.start()

    def _on_failed(self, error: MultihotError) -> None:
        self._at_work = None
        self.failed.emit(error)


def _prepare(folder: Path, recipe: Recipe, job: PreviewJob) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # left behind by a window that was closed meanwhile
        for one in folder.iterdir():
            if JobFolder(one).state() is not RunState.RUNNING:
                shutil.rmtree(one, ignore_errors=True)
        made = Path(tempfile.mkdtemp(dir=folder))
        (made / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
        job.save(made)
    except OSError as error:
        raise JobError(f"No examples can be drawn: {folder} cannot be written ({error.strerror}).") from error
    return made


def _read_and_delete(folder: Path, outcome: Event | None) -> NDArray[np.uint8]:
    try:
        if isinstance(outcome, RunFailed):
            raise JobError(outcome.sentence, next_step=outcome.next_step)
        if not isinstance(outcome, PreviewFinished):
            raise JobError("The process that draws examples ended before it was done.")
        with np.load(folder / outcome.file) as file:
            images: NDArray[np.uint8] = file["images"]
        return images
    finally:
        shutil.rmtree(folder, ignore_errors=True)
