"""A training from its folder to its results: the entry of the worker."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdSet
from core.evaluation.tuning import find_thresholds
from core.jobs.events import Event, Note, RunFinished, RunPaused, RunStarted
from core.jobs.job import Command, TrainJob
from core.labels import Split
from core.learning.data.batches import targets_of
from core.learning.losses.choice import LabelCounts, loss_of
from core.learning.training.begin import begin
from core.learning.training.checkpoint import BEST_FILE, LAST_FILE, Counters, load_best, load_last
from core.learning.training.device import choose_device
from core.learning.training.loop import Loop
from core.learning.training.meter import Stage
from core.learning.training.prepare import Prepared, prepare
from core.learning.training.scoring import Score, predict, score
from core.learning.training.search import Search
from core.learning.training.setup import Setup
from core.learning.training.summary import Summary
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import Recipe, from_toml

_SCORING_BATCH = 32


def train(job: TrainJob, folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    """Train in a run's folder, which holds `snapshot.npz` and `recipe.toml`; goes on where its checkpoint is.

    Writes `best.safetensors`, `last.ckpt`, and in the end `predictions.npz` (all images, with evaluation transforms),
    `thresholds.json` (best F1 on validation, or 0.5 without validation images) and `summary.json`.

    Args:
        job: what was asked for.
        folder: of the run.
        emit: takes the events. The last is RunFinished or RunPaused; none of them when a person stopped it before there
            was a model.
        control: asked at every step; "pause" writes a checkpoint and returns, "stop" keeps the best weights and
            finishes.

    Raises:
        MultihotError: something that a person can mend.
    """
    threads = job.threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    recipe = from_toml(folder / "recipe.toml")
    snapshot = Snapshot.load(folder / "snapshot.npz")
    device = choose_device(job.device, threads=threads)
    # batches are of one size, or of two: the time to find the fastest convolutions is soon repaid
    torch.backends.cudnn.benchmark = device.is_cuda
    resuming = (folder / LAST_FILE).exists()
    begun = begin(job, recipe, snapshot, folder, resuming=resuming)
    net, recipe = begun.net, begun.recipe
    for sentence in begun.notes:
        emit(Note(sentence=sentence))
    net.to(device.place).to(memory_format=torch.channels_last)
    counters = load_last(folder / LAST_FILE, torch.device("cpu"))[0] if resuming else Counters()

    def emit_paused() -> None:
        emit(RunPaused(epoch=counters.epochs, step=counters.step))

    prepared = prepare(
        job,
        recipe,
        snapshot,
        net=net,
        new_labels=begun.start.new,
        device=device,
        threads=threads,
        emit=emit,
        control=control,
    )
    if prepared is None:
        if control() == "pause":
            emit_paused()
        return
    validation_rows = prepared.validation_rows
    counts = LabelCounts.of(*targets_of(snapshot.states[prepared.train_rows]))
    loss = loss_of(recipe.loss, scale=net.scale, counts=counts)

    def validate(module: nn.Module) -> Score:
        states = snapshot.states[validation_rows]
        return score(
            module, prepared.inputs_of, validation_rows, states, loss=loss, task=recipe.task, batch_size=_SCORING_BATCH
        )

    setup = Setup(
        net=net,
        trained=prepared.trained,
        data=prepared.data,
        loss=loss,
        recipe=recipe,
        seed=job.seed,
        device=device,
        folder=folder,
        validate=validate if len(validation_rows) else None,
        emit=emit,
    )
    parameters = sum(one.numel() for one in net.parameters())
    emit(
        RunStarted(
            run=job.run_id,
            recipe=recipe.name,
            device=device.text,
            epochs=recipe.training.epochs,
            steps_per_epoch=prepared.data.steps_per_epoch,
            train_images=len(prepared.train_rows),
            validation_images=len(validation_rows),
            labels=snapshot.label_names,
            parameters=parameters,
            epochs_done=counters.epochs,
        )
    )
    waits = recipe.training.early_stopping or recipe.training.schedule == "plateau"
    if waits and not len(validation_rows) and not resuming:
        emit(Note(sentence="Without validation images nothing tells when to stop early or to lower the learning rate."))
    if recipe.search.method != "none" and begun.start.learning_rate is None and not resuming:
        stage = Stage("Trying learning rates", emit, control)
        searched = Search(setup, stage).run(begun.start)
        if searched is None:
            if stage.command == "pause":
                emit_paused()
            return
        setup = replace(setup, recipe=searched.applied_to(recipe, keep=set(job.keep)))
    loop = Loop(setup, validation_images=len(validation_rows), control=control)
    if resuming:
        loop.resume()
    ended = loop.run()
    if ended == "paused":
        return

    counters = loop.counters
    net.load_state_dict(load_best(folder / BEST_FILE))
    _write_predictions(prepared, recipe, snapshot, folder, emit=emit, control=control)
    summary = Summary(
        map=counters.best_map,
        epochs=counters.epochs,
        best_epoch=counters.best_epoch,
        seconds=counters.seconds,
        parameters=parameters,
        train_images=len(prepared.train_rows),
        validation_images=len(validation_rows),
        skipped_images=prepared.skipped,
        stopped=ended == "stopped",
        top1=counters.best_top1,
    )
    summary.save(folder)
    emit(
        RunFinished(
            epochs=summary.epochs,
            best_epoch=summary.best_epoch,
            validation_map=summary.map,
            stopped=summary.stopped,
            skipped_images=summary.skipped_images,
            seconds=summary.seconds,
            top1=summary.top1,
        )
    )


def _write_predictions(
    prepared: Prepared,
    recipe: Recipe,
    snapshot: Snapshot,
    folder: Path,
    *,
    emit: Callable[[Event], None],
    control: Callable[[], Command],
) -> None:
    """Write what the kept weights say of every image, and the thresholds that suit them."""
    stage = Stage("Scoring images", emit, control)
    rows = prepared.rows
    probabilities = predict(
        prepared.trained, prepared.inputs_of, rows, task=recipe.task, batch_size=_SCORING_BATCH, progress=stage
    )
    predictions = Predictions(
        image_ids=snapshot.image_ids[rows],
        splits=snapshot.splits[rows],
        probabilities=probabilities,
        states=snapshot.states[rows],
        label_names=snapshot.label_names,
        task=snapshot.task,
    )
    predictions.save(folder / PREDICTIONS_FILE)
    thresholds = ThresholdSet.default(snapshot.label_names)
    if not predictions.is_multi_class and predictions.of(Split.VALIDATION).known.any():
        thresholds = find_thresholds(predictions, draws=0).thresholds
    thresholds.save(folder / THRESHOLDS_FILE)
