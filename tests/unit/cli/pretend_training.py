"""The worker with a training that needs no torch: it writes what a real one writes, of drawn scores."""

import sys
import time
from pathlib import Path

import numpy as np

from core.errors import WeightsError
from core.evaluation.predictions import Predictions
from core.evaluation.suggestions import Suggestions, identity_of
from core.jobs.events import (
    EpochEnded,
    ExportFinished,
    ImageSkipped,
    ImagesScored,
    Progress,
    RunFinished,
    RunStarted,
    ScoreFinished,
)
from core.jobs.job import ExportJob, ScoreJob, TrainJob
from core.jobs.worker import main
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import from_toml


def train(folder, emit, control):
    job, recipe = TrainJob.load(folder), from_toml(folder / "recipe.toml")
    if recipe.model.pretrained and job.weights is None:
        raise WeightsError("They could not be downloaded.", next_step="Pick a file.")
    snapshot = Snapshot.load(folder / "snapshot.npz")
    emit(Progress(stage="Reading images", done=1, total=2))
    labels = snapshot.label_names
    emit(
        RunStarted(
            run=job.run_id, recipe=recipe.name, device=job.device, epochs=recipe.training.epochs, steps_per_epoch=1,
            train_images=1, validation_images=1, labels=labels, parameters=1,
        )
    )  # fmt: skip
    stopped = False
    for epoch in range(1, recipe.training.epochs + 1):
        emit(
            EpochEnded(
                epoch=epoch, step=epoch, train_loss=1.0, validation_loss=None, validation_map=0.5,
                average_precision=(0.5,) * len(labels), is_best=epoch == 1, learning_rate=0.1, images_per_second=1.0,
                seconds=1.0, eta_seconds=1.0,
            )
        )  # fmt: skip
        if recipe.training.epochs == 99:
            time.sleep(0.05)
            stopped = control() == "stop"
        if stopped:
            break
    rng = np.random.default_rng(job.seed)
    Predictions(
        image_ids=snapshot.image_ids,
        splits=snapshot.splits,
        probabilities=rng.random(snapshot.states.shape, dtype=np.float32),
        states=snapshot.states,
        label_names=labels,
    ).save(folder / "predictions.npz")
    emit(
        RunFinished(
            epochs=epoch, best_epoch=1, validation_map=0.5, stopped=stopped, skipped_images=0, seconds=1.0
        )
    )  # fmt: skip


def export(folder, emit, control):
    job = ExportJob.load(folder)
    emit(
        ExportFinished(path=job.out, max_abs_difference=1e-7, decisions_equal=True, images_checked=len(job.thresholds))
    )


def score(folder, emit, control):
    """All images are cats; those that are no files cannot be read."""
    job = ScoreJob.load(folder)
    run = Path(job.run_folder)
    names = Snapshot.load(run / "snapshot.npz").label_names
    found = [(image_id, path) for image_id, path in zip(job.image_ids, job.paths, strict=True) if Path(path).is_file()]
    for path in set(job.paths) - {path for _, path in found}:
        emit(ImageSkipped(path=path, sentence="It is missing."))
    ids, identities = [one for one, _ in found], [identity_of(Path(path)) for _, path in found]
    Suggestions.of_run(run, names).with_more(
        np.array(ids, np.int64), np.array(identities, np.int64).reshape(-1, 2), np.tile([0.9, 0.2], (len(ids), 1))
    ).save(run / "suggestions.npz")
    total = len(job.image_ids)
    emit(ImagesScored(done=total, total=total, kept=len(ids), images_per_second=9.0, eta_seconds=0.0))
    emit(ScoreFinished(images=len(ids), skipped_images=total - len(ids), stopped=False, seconds=1.0))


if __name__ == "__main__":
    sys.exit(main(runners={"train": train, "export": export, "score": score}))
