"""Runs to be reported, with scores and events written before, as if they had been trained."""

import numpy as np
import pytest
from PIL import Image

from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.events import EpochEnded, Note, RunFinished, RunStarted
from core.jobs.train import prepare_training
from core.jobs.writer import EventWriter
from core.labels import MULTI_LABEL, LabelState, Split
from core.project.files.scan import scan_folder
from core.project.runs.snapshot import Snapshot
from core.project.store import Store
from core.recipes.catalogue import recipe

EPOCHS = 3
IMAGES = 40


@pytest.fixture
def make_run(tmp_path):
    """Makes a project of drawn images with a finished run; a third of the first label's scores is wrong."""

    def make(names=("cat", "dog"), *, task=MULTI_LABEL, tuned_on="validation", with_test=True, unknown=False):
        images = tmp_path / "secret folder" / "images"
        (images / "sub").mkdir(parents=True)
        for number in range(IMAGES):
            Image.new("RGB", (30 + number, 24), (number * 6, 90, 0)).save(images / "sub" / f"{number:02d}.png")
        rng = np.random.default_rng(0)
        with Store.create(tmp_path / "pets", task=task) as store:
            store.add_images(images, scan_folder(images))
            ids = [store.add_label(name) and store.labels[-1].id for name in names]
            for number, image in enumerate(store.image_ids.tolist()):
                if task == MULTI_LABEL:
                    states = {label: LabelState(int(rng.random() < 0.5)) for label in ids}
                    if unknown and number % 4 == 0:
                        states.pop(ids[0])
                else:
                    states = {ids[number % len(ids)]: LabelState.PRESENT}
                store.set_states([image], states, reviewed=True)
            chosen = recipe("resnet18-frozen" if task == MULTI_LABEL else "mobilenetv3-large-224", task=task)
            run = prepare_training(store, chosen.with_overrides(["model.pretrained=false"]))
        snapshot = Snapshot.load(run.folder / "snapshot.npz")
        scores = np.where(snapshot.states == 1, 0.9, 0.2) - 0.1 * rng.random(snapshot.states.shape)
        scores[::3, :1] = 1 - scores[::3, :1]
        if task != MULTI_LABEL:
            scores /= scores.sum(axis=1, keepdims=True)
        splits = snapshot.splits if with_test else np.minimum(snapshot.splits, Split.VALIDATION)
        Predictions(
            snapshot.image_ids, splits, scores.astype(np.float32), snapshot.states, snapshot.label_names, task
        ).save(run.folder / "predictions.npz")
        if tuned_on:
            ThresholdSet.alike(snapshot.label_names, np.full(len(names), 0.45), objective="f1", tuned_on=tuned_on).save(
                run.folder / "thresholds.json"
            )
        _write_events(run, snapshot)
        return run

    return make


def _write_events(run, snapshot):
    write = EventWriter(run.folder)
    write(Note(sentence="A note of the run."))
    write(
        RunStarted(
            run=run.id, recipe=run.recipe, device="CPU, 2 threads", epochs=EPOCHS, steps_per_epoch=3, train_images=28,
            validation_images=6, labels=snapshot.label_names, parameters=11_000_000,
        )
    )  # fmt: skip
    for epoch in range(1, EPOCHS + 1):
        write(
            EpochEnded(
                epoch=epoch, step=epoch * 3, train_loss=1 / epoch, validation_loss=1.1 / epoch,
                validation_map=0.3 * epoch, average_precision=(0.5,) * len(snapshot.label_names), is_best=True,
                learning_rate=0.1, images_per_second=9.0, seconds=1.0, eta_seconds=9.0,
            )
        )  # fmt: skip
    write(
        RunFinished(
            epochs=EPOCHS, best_epoch=EPOCHS, validation_map=0.9, stopped=False, skipped_images=0, seconds=125.0
        )
    )
    write.close()
