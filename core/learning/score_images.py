"""Scoring images with a trained network, as those of its training were scored, many at a time."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import ImageError, JobError
from core.evaluation.suggestions import SUGGESTIONS_FILE, Suggestions, identity_of
from core.images.decode import decode
from core.images.preprocessing import Preprocessing
from core.jobs.events import Event, ImageSkipped, ImagesScored, ScoreFinished
from core.jobs.job import Command, ScoreJob
from core.learning.data.batches import to_tensor
from core.learning.models.net import Net, preprocessing_of
from core.learning.trained import load_trained
from core.learning.training.device import Device, choose_device
from core.learning.training.scoring import predict
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import Recipe, from_toml

_BATCH = 32
# batches that are decoded ahead of the network
_AHEAD = 4
_INTERVAL_S = 0.1
# writing the file anew costs the more the more it holds: a twentieth of the time at most
_KEEP_EVERY_S = 5.0
_KEEP_SHARE = 20


class _Read(NamedTuple):
    """An image as the network takes it in.

    Attributes:
        place: in the job.
        identity: of its file, from before it was read.
        pixels: uint8 (H, W, 3), or what is wrong with the file.
    """

    place: int
    identity: tuple[int, int]
    pixels: NDArray[np.uint8] | ImageError


def score_images(job: ScoreJob, folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    """Score images in the job's order and keep the probabilities in the run's `suggestions.npz`, beside what is there.

    The file is written every few seconds and at the end, each time as a whole, so that whatever ends the job leaves
    what was done. An image that cannot be read is named and left out.

    Args:
        job: what was asked for.
        folder: of the job; nothing but events is written there.
        emit: takes the events; the last is ScoreFinished.
        control: asked between the batches; anything but "continue" ends the job and keeps what is done.

    Raises:
        MultihotError: the run cannot be read, or the file cannot be written.
    """
    began = time.monotonic()
    threads = job.threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    run = Path(job.run_folder)
    recipe = from_toml(run / "recipe.toml")
    device = choose_device(job.device, threads=threads)
    net = load_trained(run, recipe)
    net.fold()
    net.to(device.place).to(memory_format=torch.channels_last)
    preprocessing = preprocessing_of(net, recipe.input.size)
    book = _Book(run, Snapshot.load(run / "snapshot.npz").label_names)
    report = _Report(len(job.paths), emit)
    stopped = False
    with ThreadPoolExecutor(threads) as pool:
        batches = _batches(job.paths, preprocessing, pool)
        try:
            for batch in batches:
                for one in batch:
                    if isinstance(one.pixels, ImageError):
                        emit(ImageSkipped(path=job.paths[one.place], sentence=one.pixels.sentence))
                readable = [one for one in batch if not isinstance(one.pixels, ImageError)]
                if readable:
                    book.add(
                        [job.image_ids[one.place] for one in readable], readable, _score(net, readable, recipe, device)
                    )
                report.add(len(batch), skipped=len(batch) - len(readable), kept=book.kept)
                stopped = control() != "continue" and report.done < report.total
                if stopped:
                    break
        finally:
            pool.shutdown(cancel_futures=True)
            book.keep()
    report.tell(kept=book.kept)
    emit(
        ScoreFinished(
            images=report.done - report.skipped,
            skipped_images=report.skipped,
            stopped=stopped,
            seconds=time.monotonic() - began,
        )
    )


def _batches(paths: tuple[str, ...], preprocessing: Preprocessing, pool: ThreadPoolExecutor) -> Iterator[list[_Read]]:
    """The images in order, some batches of them decoded ahead."""

    def read(place: int) -> _Read:
        path = Path(paths[place])
        identity = identity_of(path)
        try:
            return _Read(place, identity, preprocessing.prepare(decode(path)))
        except ImageError as error:
            return _Read(place, identity, error)

    places = iter(range(len(paths)))
    waiting: deque[list[Future[_Read]]] = deque()
    while True:
        while len(waiting) < _AHEAD and (batch := list(islice(places, _BATCH))):
            waiting.append([pool.submit(read, place) for place in batch])
        if not waiting:
            return
        yield [one.result() for one in waiting.popleft()]


def _score(net: Net, readable: list[_Read], recipe: Recipe, device: Device) -> NDArray[np.float32]:
    """Probabilities float32 (n, C) of images, as `predictions.npz` has them."""
    pixels = np.stack([np.asarray(one.pixels) for one in readable])
    return predict(
        net,
        lambda rows: to_tensor(pixels[rows]).to(device.place, non_blocking=True),
        np.arange(len(readable)),
        task=recipe.task,
        batch_size=_BATCH,
        progress=lambda _done, _total: None,
    )


class _Book:
    """What is kept with the run, and what waits to be kept.

    Attributes:
        kept: images of this job whose scores are in the file.
    """

    def __init__(self, run: Path, label_names: tuple[str, ...]) -> None:
        self._path = run / SUGGESTIONS_FILE
        self._suggestions = Suggestions.of_run(run, label_names)
        self._waiting: list[tuple[list[int], list[tuple[int, int]], NDArray[np.float32]]] = []
        self._next_s = time.monotonic() + _KEEP_EVERY_S
        self.kept = 0

    def add(self, image_ids: list[int], read: list[_Read], probabilities: NDArray[np.float32]) -> None:
        """Take in a batch, and write if it is time to."""
        self._waiting.append((image_ids, [one.identity for one in read], probabilities))
        if time.monotonic() >= self._next_s:
            self.keep()

    def keep(self) -> None:
        """Write what waits.

        Raises:
            JobError: the file cannot be written.
        """
        if not self._waiting:
            return
        began = time.monotonic()
        ids, identities, probabilities = zip(*self._waiting, strict=True)
        more = np.array([one for part in ids for one in part], np.int64)
        self._suggestions = self._suggestions.with_more(
            more, np.array([one for part in identities for one in part], np.int64), np.concatenate(probabilities)
        )
        try:
            self._suggestions.save(self._path)
        except OSError as error:
            raise JobError(
                f"The scores cannot be kept in {self._path}: {error.strerror}.",
                next_step="Free some space, or give yourself the right to write there.",
            ) from error
        self._waiting.clear()
        self.kept += len(more)
        now = time.monotonic()
        self._next_s = now + max(_KEEP_EVERY_S, _KEEP_SHARE * (now - began))


class _Report:
    """Tells how far the job has come.

    Attributes:
        done: images so far, those that could not be read among them.
        skipped: those that could not.
        total: images of the job.
    """

    def __init__(self, total: int, emit: Callable[[Event], None]) -> None:
        self.done, self.skipped, self.total = 0, 0, total
        self._emit = emit
        self._began = self._emitted = time.monotonic()

    def add(self, images: int, *, skipped: int, kept: int) -> None:
        """Images were done."""
        self.done += images
        self.skipped += skipped
        if time.monotonic() - self._emitted >= _INTERVAL_S:
            self.tell(kept=kept)

    def tell(self, *, kept: int) -> None:
        """Say it."""
        speed = self.done / max(time.monotonic() - self._began, 1e-9)
        self._emit(
            ImagesScored(
                done=self.done,
                total=self.total,
                kept=kept,
                images_per_second=speed,
                eta_seconds=(self.total - self.done) / speed if self.done else None,
            )
        )
        self._emitted = time.monotonic()
