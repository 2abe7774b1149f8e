"""`job.json`, the control file and the state that the files of a folder add up to."""

import json
import os
import time

import psutil
import pytest

from core.errors import JobError
from core.jobs import owner
from core.jobs.events import (
    ExplainFinished,
    ExportFinished,
    PreviewFinished,
    Progress,
    RunFailed,
    RunFinished,
    RunPaused,
    ScoreFinished,
)
from core.jobs.folder import JobFolder, RunState
from core.jobs.job import ExportJob, ScoreJob, TrainJob, kind_of

FINISHED = RunFinished(epochs=1, best_epoch=1, validation_map=0.5, stopped=False, skipped_images=0, seconds=1.0)
STOPPED = RunFinished(epochs=1, best_epoch=1, validation_map=0.5, stopped=True, skipped_images=0, seconds=1.0)
EXPORTED = ExportFinished(path="m.onnx", max_abs_difference=0.0, decisions_equal=True, images_checked=1)
PROGRESS = Progress(stage="Reading", done=1, total=2)


def write_events(folder, *events, end="\n"):
    (folder / "events.jsonl").write_text("\n".join(event.encode() for event in events) + end)


def dead_owner(folder, *, events_before=0):
    content = {"pid": os.getpid(), "started": time.time() - 1e6, "events_before": events_before}
    (folder / owner.LOCK_FILE).write_text(json.dumps(content))


@pytest.mark.parametrize(
    "job",
    [
        TrainJob(run_id=3, weights="/a/ü.safetensors", seed=7, cache_folder="/c"),
        ExportJob(run_id=3, run_folder="/r", out="/o.onnx", thresholds=(0.25, 0.5)),
        ScoreJob(run_folder="/r", image_ids=(3, 4), paths=("/ü.png", "/b.png")),
    ],
)
def test_a_job_is_read_as_it_was_saved(tmp_path, job):
    job.save(tmp_path)
    assert type(job).load(tmp_path) == job
    assert kind_of(tmp_path) == job.kind


def test_values_of_a_newer_version_are_left_out(tmp_path):
    (tmp_path / "job.json").write_text('{"kind": "train", "run_id": 1, "cache_folder": "c", "colour": "red"}')
    assert TrainJob.load(tmp_path) == TrainJob(run_id=1, cache_folder="c")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("{", "damaged"),
        ("[]", "describes no job"),
        ("{}", "describes no job"),
        ('{"kind": "export"}', "describes no train job"),
        ('{"kind": "train", "run_id": 1}', "cache_folder"),
    ],
)
def test_a_file_that_is_no_job_is_refused(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "job.json").write_text(content)
    with pytest.raises(JobError, match=sentence):
        TrainJob.load(tmp_path)


def test_what_was_asked_last_counts(tmp_path):
    folder = JobFolder(tmp_path)
    assert folder.command() == "continue"
    folder.send("pause")
    folder.send("stop")
    assert folder.command() == "stop"


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (FINISHED, RunState.FINISHED),
        (EXPORTED, RunState.FINISHED),
        (PreviewFinished(file="examples.npz"), RunState.FINISHED),
        (ExplainFinished(images=1, skipped_images=0), RunState.FINISHED),
        (ScoreFinished(images=1, skipped_images=0, stopped=False, seconds=1.0), RunState.FINISHED),
        (ScoreFinished(images=1, skipped_images=0, stopped=True, seconds=1.0), RunState.STOPPED),
        (STOPPED, RunState.STOPPED),
        (RunPaused(epoch=1, step=9), RunState.PAUSED),
        (RunFailed(sentence="No.", next_step=""), RunState.FAILED),
        (PROGRESS, RunState.INTERRUPTED),
    ],
)
def test_the_last_event_is_the_state_of_a_job_that_nobody_works(tmp_path, last, state):
    write_events(tmp_path, PROGRESS, last)
    dead_owner(tmp_path)
    assert JobFolder(tmp_path).state() is state


def test_a_torn_last_line_counts_as_not_written(tmp_path):
    write_events(tmp_path, PROGRESS, FINISHED, end="")
    dead_owner(tmp_path)
    assert JobFolder(tmp_path).state() is RunState.INTERRUPTED


def test_the_last_word_of_an_earlier_worker_does_not_count(tmp_path):
    write_events(tmp_path, RunPaused(epoch=1, step=9))
    dead_owner(tmp_path, events_before=(tmp_path / "events.jsonl").stat().st_size)
    assert JobFolder(tmp_path).state() is RunState.INTERRUPTED


def test_a_process_that_got_the_number_of_a_dead_worker_is_not_taken_for_it(tmp_path):
    dead_owner(tmp_path)
    assert JobFolder(tmp_path).state() is RunState.INTERRUPTED
    owner.write(tmp_path, os.getpid())
    assert JobFolder(tmp_path).state() is RunState.RUNNING
    assert owner.read(tmp_path).process() == psutil.Process()


def test_a_copied_folder_keeps_its_state(tmp_path):
    write_events(tmp_path, PROGRESS, FINISHED)
    assert JobFolder(tmp_path).state() is RunState.FINISHED


def test_a_damaged_lock_is_no_owner(tmp_path):
    (tmp_path / owner.LOCK_FILE).write_text("{")
    assert JobFolder(tmp_path).state() is RunState.PREPARED


def test_the_state_takes_no_longer_after_many_events(tmp_path):
    line = PROGRESS.encode() + "\n"
    (tmp_path / "events.jsonl").write_text(line * 500_000 + FINISHED.encode() + "\n")
    began = time.perf_counter()
    assert JobFolder(tmp_path).state() is RunState.FINISHED
    assert time.perf_counter() - began < 0.05
