"""Events as lines, and a follower that reads each of them once."""

import math
import os

import pytest

from core.jobs.events import EpochEnded, ExportFinished, Progress, RunFailed, RunPaused, RunStarted, decode
from core.jobs.follow import Follower
from core.jobs.writer import EventWriter

EPOCH = EpochEnded(
    epoch=1, step=10, train_loss=0.5, validation_loss=None, validation_map=0.25, average_precision=(0.5, None),
    is_best=True, learning_rate=0.1, images_per_second=10.0, seconds=3.0, eta_seconds=9.0,
)  # fmt: skip
STARTED = RunStarted(
    run=1, recipe="r", device="CPU", epochs=2, steps_per_epoch=5, train_images=50, validation_images=10,
    labels=("ä", "b c"), parameters=1000,
)  # fmt: skip


def progress(number):
    return Progress(stage="Reading – images", done=number, total=0)


@pytest.fixture
def events_file(tmp_path):
    return tmp_path / "events.jsonl"


@pytest.mark.parametrize("event", [EPOCH, STARTED, progress(1), RunPaused(epoch=1, step=2)])
def test_an_event_is_read_as_it_was_written(event):
    assert decode(event.encode()) == event


def test_numbers_that_are_not_finite_become_none():
    failed = ExportFinished(path="m", max_abs_difference=math.inf, decisions_equal=False, images_checked=1)
    assert decode(failed.encode()).max_abs_difference is None


@pytest.mark.parametrize("line", ["", "{", "[]", "3", '{"type": "Tea"}', '{"type": "Progress"}', '{"stage": "a"}'])
def test_a_line_that_is_no_event_is_none(line):
    assert decode(line) is None


def test_fields_of_a_newer_version_are_dropped():
    line = progress(1).encode().replace('"done"', '"colour": 3, "done"')
    assert decode(line).done == 1


def test_a_text_with_line_ends_stays_one_line():
    failed = RunFailed(sentence="a", next_step="b", traceback="c\nd\r\ne\u2028f")
    assert "\n" not in failed.encode()
    assert decode(failed.encode()) == failed


def test_a_follower_waits_for_the_file(tmp_path, events_file):
    follower = Follower(tmp_path)
    assert follower.read() == []
    events_file.write_text(progress(1).encode() + "\n")
    assert follower.read() == [decode(events_file.read_text())]
    assert follower.read() == []


def test_a_torn_line_is_waited_for_even_within_a_character(tmp_path, events_file):
    follower = Follower(tmp_path)
    line = progress(1).encode().encode() + b"\n"
    cut = line.index("–".encode()) + 1
    events_file.write_bytes(line[:cut])
    assert follower.read() == []
    with events_file.open("ab") as file:
        file.write(line[cut:])
    assert [event.stage for event in follower.read()] == ["Reading – images"]


def test_lines_that_are_no_events_are_skipped(tmp_path, events_file):
    events_file.write_bytes(b'{"type": "Tea"}\n\xff\xfe\n\n' + progress(1).encode().encode() + b"\n")
    assert [event.done for event in Follower(tmp_path).read()] == [1]


def test_a_limit_bounds_a_turn_and_loses_nothing(tmp_path):
    writer = EventWriter(tmp_path)
    for number in range(10):
        writer(progress(number))
    writer.close()
    follower = Follower(tmp_path)
    turns = [[event.done for event in follower.read(limit=4)] for _ in range(4)]
    assert turns == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], []]


def test_a_file_that_became_shorter_is_read_from_its_start(tmp_path, events_file):
    follower = Follower(tmp_path)
    events_file.write_text((progress(1).encode() + "\n") * 3)
    assert len(follower.read()) == 3
    events_file.write_text(progress(2).encode() + "\n")
    assert [event.done for event in follower.read()] == [2]


def test_a_writer_ends_the_line_that_a_dead_one_left(tmp_path, events_file):
    events_file.write_bytes(progress(1).encode().encode()[:20])
    writer = EventWriter(tmp_path)
    writer(progress(2))
    writer.close()
    assert [event.done for event in Follower(tmp_path).read()] == [2]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
def test_a_full_disk_is_not_kept_from_whoever_writes(tmp_path, events_file):
    events_file.symlink_to("/dev/full")
    writer = EventWriter(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        writer(RunPaused(epoch=1, step=1))
    assert writer.outcome is None
    writer.close()
