"""A worker with pretended jobs, started by the tests as a process of its own; what it does is named by a variable."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from core.deploy.report import ExportReport
from core.errors import WeightsError
from core.evaluation.predictions import Predictions
from core.evaluation.suggestions import Suggestions, identity_of
from core.evaluation.threshold_file import ThresholdSet
from core.images.heat_maps import HeatMapStore
from core.jobs.events import (
    EpochEnded,
    ExplainFinished,
    ExportFinished,
    ImageExplained,
    ImageSkipped,
    ImagesScored,
    PreviewFinished,
    Progress,
    RunFinished,
    RunPaused,
    RunStarted,
    ScoreFinished,
    StepEnded,
)
from core.jobs.job import ExplainJob, ExportJob, PreviewJob, ScoreJob, TrainJob
from core.jobs.worker import main
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import from_toml

STEPS = 4
EPOCHS = 3


def train(folder, emit, control):
    how = os.environ.get("PRETEND", "learn")
    if how == "refuse":
        raise WeightsError("The weights do not fit.", next_step="Choose others.")
    if how == "stumble":
        raise ZeroDivisionError("a mistake of ours")
    job, snapshot = TrainJob.load(folder), Snapshot.load(folder / "snapshot.npz")
    resumed = (folder / "last.ckpt").exists()
    emit(Progress(stage="Reading images", done=1, total=2))
    labels = snapshot.label_names
    emit(
        RunStarted(
            run=job.run_id, recipe="pretended", device="CPU", epochs=EPOCHS, steps_per_epoch=STEPS, train_images=8,
            validation_images=2, labels=labels, parameters=1_000_000, epochs_done=1 if resumed else 0,
        )
    )  # fmt: skip
    if how == "hang":
        time.sleep(600)
    if how == "flood":
        for step in range(1, 200_001):
            emit(
                StepEnded(epoch=1, step=step, loss=1 / step, learning_rate=0.1, images_per_second=9.0, eta_seconds=9.0)
            )
    for epoch in range(2 if resumed else 1, EPOCHS + 1):
        for step in range((epoch - 1) * STEPS + 1, epoch * STEPS + 1):
            emit(
                StepEnded(epoch=epoch, step=step, loss=1 / step, learning_rate=0.1, images_per_second=9, eta_seconds=9)
            )
        emit(
            EpochEnded(
                epoch=epoch, step=epoch * STEPS, train_loss=1 / epoch, validation_loss=1.1 / epoch,
                validation_map=0.2 * epoch, average_precision=tuple(0.1 * epoch for _ in labels), is_best=True,
                learning_rate=0.1, images_per_second=9.0, seconds=1.0, eta_seconds=9.0,
            )
        )  # fmt: skip
        while how == "wait" and not resumed and control() == "continue":
            time.sleep(0.01)
        if control() == "pause":
            (folder / "last.ckpt").touch()
            emit(RunPaused(epoch=epoch, step=epoch * STEPS))
            return
        if control() == "stop":
            break
    write_scores(folder, snapshot)
    score = 0.2 * epoch
    emit(
        RunFinished(
            epochs=epoch, best_epoch=epoch, validation_map=score, stopped=epoch < EPOCHS, skipped_images=0, seconds=1.0
        )
    )  # fmt: skip


def write_scores(folder, snapshot):
    probabilities = np.where(snapshot.states == 1, 0.8, 0.3).astype(np.float32)
    names = snapshot.label_names
    Predictions(snapshot.image_ids, snapshot.splits, probabilities, snapshot.states, names).save(
        folder / "predictions.npz"
    )
    ThresholdSet.alike(names, np.full(len(names), 0.55), objective="f1", tuned_on="validation").save(
        folder / "thresholds.json"
    )


def export(folder, emit, control):
    how = os.environ.get("PRETEND", "learn")
    job = ExportJob.load(folder)
    emit(Progress(stage="Exporting", done=0, total=1))
    if how == "refuse":
        raise WeightsError("The exported model differs.", next_step="Please report this.")
    while how == "wait" and control() == "continue":
        time.sleep(0.01)
    if control() != "continue":
        return
    emit(Progress(stage="Verifying", done=1, total=2))
    Path(job.out).write_bytes(b"onnx")
    ExportReport(
        path=job.out, bytes=4, labels=3, images_checked=2, images_split="validation", max_abs_difference=2e-7,
        decisions=6, decisions_different=0, map_torch=0.6, map_onnx=0.6, milliseconds_torch=9.0, milliseconds_onnx=3.0,
        seconds=1.0,
    ).save(folder / "report.json")  # fmt: skip
    emit(ExportFinished(path=job.out, max_abs_difference=2e-7, decisions_equal=True, images_checked=2))


def preview(folder, emit, control):
    job = PreviewJob.load(folder)
    if os.environ.get("PRETEND") == "refuse":
        raise WeightsError("No image can be read.", next_step="Look for them.")
    size = from_toml(folder / "recipe.toml").input.size
    images = np.empty((len(job.paths), job.copies, size, size, 3), np.uint8)
    images[:] = np.arange(job.copies, dtype=np.uint8)[:, None, None, None] * 20 + job.seed
    np.savez(folder / "examples.npz", images=images)
    emit(PreviewFinished(file="examples.npz"))


def explain(folder, emit, control):
    """Of label k, place k speaks for it; nothing does for the last label."""
    how = os.environ.get("PRETEND", "learn")
    job = ExplainJob.load(folder)
    if how == "refuse":
        raise WeightsError("The weights are gone.", next_step="Train again.")
    store = HeatMapStore(Path(job.heat_maps), model=Path(job.run_folder) / "predictions.npz")
    maps = np.eye(3, 4, dtype=np.float32).reshape(3, 2, 2)
    maps[2] = 0
    for image_id, path in zip(job.image_ids, job.paths, strict=True):
        if how == "hang":
            time.sleep(600)
        if how == "skip":
            emit(ImageSkipped(path=path, sentence="It is damaged."))
        else:
            store.put(image_id, Path(path), maps)
            emit(ImageExplained(image_id=image_id))
    emit(ExplainFinished(images=len(job.image_ids), skipped_images=0))


def score(folder, emit, control):
    """Of all images the first label has 0.9, the others 0.1; one after the other, so that one can be asked to end."""
    how = os.environ.get("PRETEND", "learn")
    job = ScoreJob.load(folder)
    if how == "refuse":
        raise WeightsError("The weights are gone.", next_step="Train again.")
    run = Path(job.run_folder)
    names = Snapshot.load(run / "snapshot.npz").label_names
    kept = Suggestions.of_run(run, names)
    scores = np.full((1, len(names)), 0.1, np.float32)
    scores[0, 0] = 0.9
    total, skipped = len(job.image_ids), 0
    for done, (image_id, path) in enumerate(zip(job.image_ids, job.paths, strict=True), 1):
        if Path(path).is_file():
            identity = np.array([identity_of(Path(path))], np.int64)
            kept = kept.with_more(np.array([image_id]), identity, scores)
            kept.save(run / "suggestions.npz")
        else:
            skipped += 1
            emit(ImageSkipped(path=path, sentence="It is missing."))
        emit(ImagesScored(done=done, total=total, kept=done - skipped, images_per_second=4.0, eta_seconds=9.0))
        while how == "wait" and control() == "continue":
            time.sleep(0.01)
        if how == "hang":
            time.sleep(600)
        if control() != "continue":
            break
    stopped = done < total
    emit(ScoreFinished(images=done - skipped, skipped_images=skipped, stopped=stopped, seconds=1.0))


if __name__ == "__main__":
    RUNNERS = {"train": train, "export": export, "preview": preview, "explain": explain, "score": score}
    sys.exit(main(runners=RUNNERS, warm_up=lambda: None))
