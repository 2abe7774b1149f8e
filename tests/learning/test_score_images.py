"""Scoring images with a trained network: what is kept, what is scored again, and what ends it."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import JobError
from core.evaluation.predictions import Predictions
from core.evaluation.suggestions import Suggestions, identity_of
from core.jobs.events import ImageSkipped, ImagesScored, RunFinished, ScoreFinished
from core.jobs.job import ScoreJob
from core.jobs.score import prepare_scoring
from core.jobs.worker import RUNNERS
from core.jobs.writer import EventWriter
from core.labels import MULTI_CLASS
from core.learning import score_images as scoring
from core.learning.score_images import score_images
from core.project.runs.run_list import Run
from tests.learning.conftest import LABELS, draw

IDS = np.arange(500, 540)


@pytest.fixture
def trained(training, tiny, snapshot):
    """The folder of a run of one epoch."""
    return training.run("0001", replace(tiny, training=replace(tiny.training, epochs=1)), snapshot)


@pytest.fixture
def paths(tmp_path):
    """Forty images that the run has not seen."""
    return draw(tmp_path / "new", len(IDS), seed=1)[0]


def score(run, ids, paths, *, control=lambda: "continue", **values):
    job = ScoreJob(run_folder=str(run), image_ids=tuple(map(int, ids)), paths=tuple(paths), threads=1, **values)
    events = []
    score_images(job, run, events.append, control)
    return events


def kept(run):
    return Suggestions.load(run / "suggestions.npz")


def test_images_of_the_training_get_the_probabilities_that_the_training_kept(trained, snapshot):
    said = Predictions.load(trained / "predictions.npz")
    score(trained, snapshot.image_ids, snapshot.paths)
    np.testing.assert_array_equal(kept(trained).image_ids, said.image_ids)
    np.testing.assert_allclose(kept(trained).probabilities, said.probabilities, atol=1e-6)
    assert kept(trained).label_names == LABELS


@pytest.mark.parametrize("model", [{"frozen": True}, {"head": "linear", "graph": "gat"}])
def test_other_networks_are_scored_as_in_their_training(training, tiny, snapshot, model):
    recipe = replace(
        tiny, model=replace(tiny.model, **model), training=replace(tiny.training, epochs=1, learning_rate=0.001)
    )
    run = training.run("0001", recipe, snapshot)
    score(run, snapshot.image_ids, snapshot.paths)
    said = Predictions.load(run / "predictions.npz").probabilities
    np.testing.assert_allclose(kept(run).probabilities, said, atol=1e-5)


def test_of_a_multi_class_run_the_probabilities_of_an_image_add_up_to_one(training, tiny, snapshot, paths):
    classes = np.eye(3, dtype=np.int8)[np.arange(44) % 3]
    recipe = replace(
        tiny, task=MULTI_CLASS, training=replace(tiny.training, epochs=1), loss=replace(tiny.loss, name="cross_entropy")
    )
    run = training.run("0001", recipe, replace(snapshot, states=classes, task=MULTI_CLASS))
    score(run, IDS, paths)
    np.testing.assert_allclose(kept(run).probabilities.sum(axis=1), 1, atol=1e-5)


def test_how_far_it_is_is_told_with_speed_and_time_left(trained, paths):
    *before, last = score(trained, IDS, paths)
    assert (last.images, last.skipped_images, last.stopped) == (len(IDS), 0, False)
    told = before[-1]
    assert isinstance(told, ImagesScored)
    assert (told.done, told.total, told.kept) == (len(IDS), len(IDS), len(IDS))
    assert told.images_per_second > 0
    assert told.eta_seconds == 0


def test_an_image_that_cannot_be_read_is_named_and_left_out(trained, paths):
    Path(paths[3]).write_bytes(b"no image")
    Path(paths[7]).unlink()
    events = score(trained, IDS, paths)
    assert [event.path for event in events if isinstance(event, ImageSkipped)] == [paths[3], paths[7]]
    assert (events[-1].images, events[-1].skipped_images) == (len(IDS) - 2, 2)
    np.testing.assert_array_equal(kept(trained).image_ids, np.delete(IDS, [3, 7]))


def test_images_that_cannot_be_read_at_all_leave_no_file(trained, tmp_path):
    events = score(trained, [1, 2], [str(tmp_path / "a.png"), str(tmp_path / "b.png")])
    assert events[-1].skipped_images == 2
    assert not (trained / "suggestions.npz").exists()


def test_what_is_stopped_keeps_what_was_done(trained, paths, monkeypatch):
    monkeypatch.setattr(scoring, "_BATCH", 16)
    events = score(trained, IDS, paths, control=lambda: "stop")
    assert (events[-1].images, events[-1].stopped) == (16, True)
    np.testing.assert_array_equal(kept(trained).image_ids, IDS[:16])


def test_what_goes_wrong_leaves_what_was_done(trained, paths, monkeypatch):
    monkeypatch.setattr(scoring, "_BATCH", 16)
    real, calls = scoring._score, []

    def out_of_memory(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return real(*arguments)

    monkeypatch.setattr(scoring, "_score", out_of_memory)
    with pytest.raises(MemoryError):
        score(trained, IDS, paths)
    assert len(kept(trained).image_ids) == 16


def test_it_is_written_on_the_way(trained, paths, monkeypatch):
    monkeypatch.setattr(scoring, "_BATCH", 8)
    monkeypatch.setattr(scoring, "_KEEP_EVERY_S", 0)
    monkeypatch.setattr(scoring, "_KEEP_SHARE", 0)
    seen = []

    def control():
        seen.append(len(kept(trained).image_ids))
        return "continue"

    score(trained, IDS, paths, control=control)
    assert seen == [8, 16, 24, 32, 40]


def test_a_folder_that_cannot_be_written_is_told_of(trained, paths, monkeypatch):
    def full(_self, _path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Suggestions, "save", full)
    with pytest.raises(JobError, match="cannot be kept"):
        score(trained, IDS, paths)


def finish(run):
    with_events = EventWriter(run)
    with_events(RunFinished(epochs=1, best_epoch=1, validation_map=0.5, stopped=False, skipped_images=0, seconds=1.0))
    with_events.close()
    return Run(1, "tiny", 0.0, run)


def test_only_what_is_new_or_was_changed_is_scored_again(trained, snapshot, paths):
    run = finish(trained)
    ids = [*snapshot.image_ids.tolist(), *IDS.tolist()]
    files = [*snapshot.paths, *paths]
    folder = prepare_scoring(run, ids[:-5], files[:-5], threads=1)
    job = ScoreJob.load(folder)
    assert job.image_ids == tuple(IDS[:-5].tolist())
    score_images(job, folder, lambda _: None, lambda: "continue")
    assert prepare_scoring(run, ids[:-5], files[:-5]) is None

    before = kept(trained).probabilities[0].copy()
    draw(Path(paths[0]).parent, 1, seed=9)
    os.utime(paths[0], ns=(1, 1))
    job = ScoreJob.load(prepare_scoring(run, ids, files))
    assert job.image_ids == (500, *IDS[-5:].tolist())
    score_images(job, trained, lambda _: None, lambda: "continue")
    after = kept(trained)
    np.testing.assert_array_equal(after.image_ids, IDS)
    assert tuple(after.identities[0]) == identity_of(Path(paths[0]))
    assert not np.array_equal(after.probabilities[0], before)


def test_a_damaged_file_is_made_anew(trained, paths):
    (trained / "suggestions.npz").write_bytes(b"PK damaged")
    score(trained, IDS[:4], paths[:4])
    assert kept(trained).image_ids.tolist() == [500, 501, 502, 503]


def test_a_run_without_a_model_scores_nothing(trained, paths):
    with pytest.raises(JobError, match="has no model"):
        prepare_scoring(Run(1, "tiny", 0.0, trained), IDS.tolist(), paths)


def test_the_worker_knows_the_job(trained, paths):
    ScoreJob(run_folder=str(trained), image_ids=(1,), paths=(paths[0],), threads=1).save(trained)
    events = []
    RUNNERS["score"](trained, events.append, lambda: "continue")
    assert isinstance(events[-1], ScoreFinished)
