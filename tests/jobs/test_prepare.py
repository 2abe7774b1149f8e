"""The folders that the window and the terminal prepare for the worker."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import JobError, ModelError, ProjectError, RecipeError, WeightsError
from core.evaluation.calibration import Calibration
from core.jobs.events import RunFinished
from core.jobs.job import ExportJob, TrainJob
from core.jobs.train import prepare_export, prepare_training
from core.labels import Split
from core.project.files.scan import scan_folder
from core.project.runs.snapshot import Snapshot
from core.project.store import Store
from core.recipes.adapt import adapt
from core.recipes.catalogue import recipe
from core.recipes.recipe import from_toml, set_keys


@pytest.fixture
def store(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(30):
        Image.new("RGB", (4, 4)).save(photos / f"{number}.png")
    with Store.create(tmp_path / "project") as store:
        store.add_images(photos, scan_folder(photos))
        yield store


@pytest.fixture
def labelled(store):
    store.add_label("cat")
    (label,) = store.labels
    states = (store.image_ids[:, None] % 2).astype(np.int8)
    store.set_matrix(store.image_ids, [label.id], states, reviewed=True, text="labelled")
    return store


def finish(run):
    event = RunFinished(epochs=1, best_epoch=1, validation_map=0.5, stopped=False, skipped_images=0, seconds=1.0)
    (run.folder / "events.jsonl").write_text(event.encode() + "\n")


def test_a_run_holds_all_that_a_worker_needs(labelled, tmp_path):
    weights = tmp_path / "w.safetensors"
    weights.touch()
    chosen = recipe("resnet18-frozen").with_overrides(["epochs=3"])
    run = prepare_training(labelled, chosen, device="cpu", weights=weights, seed=5)
    job = TrainJob.load(run.folder)
    assert (job.run_id, job.device, job.weights, job.seed) == (run.id, "cpu", str(weights), 5)
    assert Path(job.cache_folder).is_absolute()
    assert from_toml(run.folder / "recipe.toml") == chosen
    snapshot = Snapshot.load(run.folder / "snapshot.npz")
    assert np.array_equal(snapshot.states, labelled.states)
    assert {Split.TRAIN, Split.VALIDATION} <= set(labelled.splits.tolist())


def test_a_recipe_is_adapted_to_the_number_of_training_images(labelled):
    run = prepare_training(labelled, recipe("mobilenetv3-large-224"), keep={"training.epochs"})
    snapshot = Snapshot.load(run.folder / "snapshot.npz")
    wanted, notes = adapt(
        recipe("mobilenetv3-large-224"), int((snapshot.splits == Split.TRAIN).sum()), keep={"training.epochs"}
    )
    assert wanted.training.epochs == recipe("mobilenetv3-large-224").training.epochs
    assert wanted.training.batch_size < recipe("mobilenetv3-large-224").training.batch_size
    assert from_toml(run.folder / "recipe.toml") == wanted
    assert TrainJob.load(run.folder).notes == notes


def test_what_was_set_is_told_to_the_worker_and_what_of_it_does_nothing_is_noted(labelled):
    settings = ["loss=asymmetric", "label_smoothing=0.1", "mixup=0.2", "sampler=shuffled"]
    keep = set_keys(settings)
    run = prepare_training(labelled, recipe("resnet18-frozen").with_overrides(settings), keep=keep)
    job = TrainJob.load(run.folder)
    assert set(job.keep) == keep
    assert job.notes == (
        "The loss asymmetric does not use loss.label_smoothing.",
        "A frozen backbone sees every image once, as it is: augmentation.mixup cannot vary it.",
    )


def test_a_recipe_of_another_task_is_refused(labelled):
    with pytest.raises(RecipeError, match="is multi-class, and the project is multi-label"):
        prepare_training(labelled, recipe("mobilenetv3-large-224-multi-class"))
    assert labelled.runs() == []


def test_a_run_starts_from_a_finished_run_with_the_same_backbone(labelled, tmp_path):
    first = prepare_training(labelled, recipe("resnet18-224"))
    with pytest.raises(WeightsError, match=r"^Run 1 of project has no model: it was never started"):
        prepare_training(labelled, recipe("resnet18-224"), initial_run=first.folder)
    finish(first)
    with pytest.raises(WeightsError, match="has the backbone resnet18, and the recipe sample-tiny has test_resnet"):
        prepare_training(labelled, recipe("sample-tiny"), initial_run=first.folder)
    # the same network with other published weights
    other = recipe("resnet18-224").with_overrides(["backbone=resnet18.a1_in1k"])
    second = prepare_training(labelled, other, initial_run=first.folder)
    assert TrainJob.load(second.folder).initial_run == str(first.folder)
    assert len(labelled.runs()) == 2
    gone = "Run 1 of project knew labels that are not here: cat."
    assert gone not in TrainJob.load(second.folder).notes
    labelled.change_label(labelled.labels[0].id, name="lion")
    third = prepare_training(labelled, other, initial_run=first.folder)
    assert gone in TrainJob.load(third.folder).notes
    with pytest.raises(WeightsError, match="is missing"):
        prepare_training(labelled, other, initial_run=tmp_path / "nowhere")


def test_the_file_of_label_vectors_is_found_from_anywhere(labelled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph = recipe("efficientnetv2-s-gan-224").with_overrides(["label_vectors=glove.txt"])
    with pytest.raises(RecipeError, match=r"no file .*glove\.txt of label vectors"):
        prepare_training(labelled, graph)
    (tmp_path / "glove.txt").touch()
    run = prepare_training(labelled, graph)
    assert from_toml(run.folder / "recipe.toml").model.label_vectors == str(tmp_path / "glove.txt")
    # nobody reads it where there is no graph
    prepare_training(labelled, recipe("resnet18-224").with_overrides(["label_vectors=nowhere.txt"]))


def test_images_keep_their_split_from_run_to_run(labelled):
    prepare_training(labelled, recipe("resnet18-frozen"), seed=1)
    before = labelled.splits.copy()
    prepare_training(labelled, recipe("resnet18-frozen"), seed=2)
    assert np.array_equal(labelled.splits, before)


def test_what_cannot_be_trained_makes_no_run(store, tmp_path):
    with pytest.raises(ProjectError):
        prepare_training(store, recipe("resnet18-frozen"))
    with pytest.raises(WeightsError, match=r"nowhere\.safetensors"):
        prepare_training(store, recipe("resnet18-frozen"), weights=tmp_path / "nowhere.safetensors")
    assert store.runs() == []


def test_every_export_has_a_folder_of_its_own(labelled, tmp_path):
    run = prepare_training(labelled, recipe("resnet18-frozen"))
    finish(run)
    first, second = (prepare_export(run, tmp_path / "m.onnx", np.array([0.25])) for _ in range(2))
    assert first != second
    job = ExportJob.load(second)
    assert (job.run_folder, job.out, job.thresholds) == (str(run.folder), str(tmp_path / "m.onnx"), (0.25,))
    assert [one.name for one in second.iterdir()] == ["job.json"]


def test_an_export_keeps_its_calibration_beside_it(labelled, tmp_path):
    run = prepare_training(labelled, recipe("resnet18-frozen"))
    finish(run)
    chosen = Calibration(("a",), "platt", np.array([2.0]), np.array([0.5]), "validation")
    folder = prepare_export(run, tmp_path / "m.onnx", [0.25], calibration=chosen)
    assert Calibration.of_run(folder, ("a",)).to_dict() == chosen.to_dict()
    assert ExportJob.load(folder).thresholds == (0.25,)
    without = prepare_export(run, tmp_path / "m.onnx", [0.25], calibration=Calibration.none(("a",)))
    assert [one.name for one in without.iterdir()] == ["job.json"]


def test_an_export_that_cannot_succeed_is_refused(labelled, tmp_path):
    run = prepare_training(labelled, recipe("resnet18-frozen"))
    with pytest.raises(JobError, match="never started"):
        prepare_export(run, tmp_path / "m.onnx", [0.5])
    gone = replace(run, folder=run.folder.with_name("gone"))
    with pytest.raises(JobError, match=r"no model: its folder .*gone is missing"):
        prepare_export(gone, tmp_path / "m.onnx", [0.5])
    finish(run)
    with pytest.raises(ModelError, match="folder is missing"):
        prepare_export(run, tmp_path / "nowhere" / "m.onnx", [0.5])
    with pytest.raises(ModelError, match="it is a folder"):
        prepare_export(run, tmp_path, [0.5])
