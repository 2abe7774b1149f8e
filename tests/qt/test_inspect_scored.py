"""What Inspect holds of a run's scores, and what is kept so that the window need not look at all images again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from core.evaluation.mistakes import find_mistakes
from core.evaluation.multi_class import confusion_matrix
from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, LabelState, Split
from core.project.runs.run_list import Run
from core.report.examples import image_files
from gui.inspect import compared_runs, scored_split
from gui.inspect.compared_runs import LoadedRuns, compared
from gui.inspect.image_groups import MOST_IMAGES, label_groups
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import Decisions, load_predictions, load_scored_split


def one_of_each(seed, *, images=900, labels=4):
    """Scores of images with one label each, many of them equal; of every ninth image nothing is known."""
    rng = np.random.default_rng(seed)
    present = rng.integers(labels, size=images)
    raw = rng.integers(1, 5, (images, labels)) + 2.0 * (np.arange(labels) == present[:, np.newaxis])
    states = (np.arange(labels) == present[:, np.newaxis]).astype(np.int8)
    states[::9] = LabelState.UNKNOWN
    return Predictions(
        image_ids=np.arange(1, images + 1),
        splits=np.full(images, Split.VALIDATION, np.int8),
        probabilities=(raw / raw.sum(axis=1, keepdims=True)).astype(np.float32),
        states=states,
        label_names=tuple("abcdefgh"[:labels]),
        task=MULTI_CLASS,
    )


@pytest.fixture
def one_class(tmp_path):
    one_of_each(0).save(tmp_path / "predictions.npz")
    return load_scored_split(Run(1, "tiny", 0.0, tmp_path), Split.VALIDATION)


def test_a_run_of_one_label_per_image_comes_with_all_its_decisions(one_class, monkeypatch):
    def fail(*_, **__):
        pytest.fail("all images were looked at in the window's own time")

    for name in ("counts_at", "highest", "confusion_matrix"):
        monkeypatch.setattr(scored_split, name, fail)
    predictions = one_class.predictions
    decisions = Decisions(one_class, np.full(4, 0.5))
    right = np.arange(4) == predictions.probabilities.argmax(axis=1)[:, np.newaxis]
    np.testing.assert_array_equal(decisions.counts.tp, (right & predictions.targets).sum(axis=0))
    np.testing.assert_array_equal(decisions.counts.fp, (right & predictions.known & ~predictions.targets).sum(axis=0))
    expected = confusion_matrix(predictions.probabilities, predictions.targets, predictions.known)
    np.testing.assert_array_equal(one_class.confusion, expected)
    # those that ask may write into what they get
    decisions.counts.tp[:] = -1
    assert (one_class.counts(np.full(4, 0.5)).tp >= 0).all()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("key", "which"), [("confident", "most confident"), ("loss", "highest loss")])
def test_the_worst_of_a_label_are_those_among_all_images(annotated, tmp_path, seed, key, which):
    predictions = one_of_each(seed)
    predictions.save(tmp_path / "predictions.npz")
    inspection = Inspection(annotated)
    inspection.show(load_scored_split(Run(1, "tiny", 0.0, tmp_path), Split.VALIDATION))
    for label in range(4):
        inspection.choose(label)
        (group,) = [one for one in label_groups(inspection) if one.key == key]
        expected = find_mistakes(predictions, 0.5, which, label=label, limit=MOST_IMAGES)
        assert group.images().image_ids.tolist() == predictions.image_ids[expected.rows].tolist()
        assert group.count == expected.total
    inspection.clear()


def test_states_are_compared_once(one_class):
    predictions = one_class.predictions
    for name, expected in (("targets", predictions.states == 1), ("known", predictions.states != -1)):
        kept = getattr(predictions, name)
        assert getattr(predictions, name) is kept
        np.testing.assert_array_equal(kept, expected)
        with pytest.raises(ValueError, match="read-only"):
            kept[0, 0] = True


def test_changes_since_the_run_are_counted_though_labels_and_images_came_and_went(annotated):
    store = annotated.store
    for name in ("queen", "ten"):
        annotated.apply(store.add_label(name))
    ids = [label.id for label in store.labels]
    annotated.apply(store.reorder_labels([ids[3], ids[1], ids[0], ids[4], ids[2]]))
    rng = np.random.default_rng(1)
    inspection = Inspection(annotated)
    for image_ids, label_ids in (
        (store.image_ids, [label.id for label in store.labels]),
        (store.image_ids, [ids[0], ids[1], ids[2]]),
        (store.image_ids[3:9], [ids[2], ids[0]]),
        (np.array([2, 5, 900]), [ids[0], 77, ids[3]]),
    ):
        states = rng.integers(-1, 2, (len(image_ids), len(label_ids))).astype(np.int8)
        names = tuple(str(one) for one in label_ids)
        splits = np.zeros(len(image_ids), np.int8)
        then = Predictions(np.asarray(image_ids), splits, states.astype(np.float32) ** 2, states, names)
        scored = SimpleNamespace(everything=then, label_ids=np.array(label_ids))
        rows = {one: row for row, one in enumerate(store.image_ids.tolist())}
        columns = {label.id: column for column, label in enumerate(store.labels)}
        expected = sum(
            store.states[rows[image], columns[label]] != states[row, column]
            for row, image in enumerate(np.asarray(image_ids).tolist())
            for column, label in enumerate(label_ids)
            if image in rows and label in columns
        )
        assert inspection.fixes.count(scored) == expected > 0


class _Counted:
    """A project's store that counts how often it is asked for all images."""

    def __init__(self, store):
        self._store = store
        self.asked = 0

    def __getattr__(self, name):
        self.asked += name == "image_ids"
        return getattr(self._store, name)


def test_files_of_a_report_are_found_with_one_look_at_the_images(annotated):
    store = _Counted(annotated.store)
    found = image_files(store, [3, 900, 1])
    assert list(found) == [3, 1]
    assert found[3].path == annotated.store.image_path(3)
    assert store.asked == 1


@pytest.fixture
def runs(tmp_path):
    made = []
    for number in range(1, 6):
        folder = tmp_path / str(number)
        folder.mkdir()
        one_of_each(number, images=90).save(folder / "predictions.npz")
        made.append(Run(number, "tiny", 0.0, folder))
    return made


def test_of_compared_runs_only_those_that_are_compared_are_kept_and_three_at_most(runs, one_class, monkeypatch):
    read = []

    def load(run):
        read.append(run.id)
        return load_predictions(run)

    monkeypatch.setattr(compared_runs, "load_predictions", load)
    loaded = LoadedRuns()
    first, second, *others = runs
    compared(one_class, 0, [first, second], loaded=loaded)
    found = compared(one_class, 1, [first, second], loaded=loaded)
    assert (read, len(found.notes)) == ([1, 2], 2)
    # no longer compared, so read again when it is
    compared(one_class, 1, [second], loaded=loaded)
    compared(one_class, 1, [first, second], loaded=loaded)
    assert read == [1, 2, 1]
    compared(one_class, 1, runs, loaded=loaded)
    assert read == [1, 2, 1, *(one.id for one in others)]
    assert list(loaded._kept) == [3, 4, 5]


def test_a_run_that_another_thread_reads_is_waited_for(runs, monkeypatch):
    goes_on, read = threading.Event(), []

    def slow(run):
        read.append(run.id)
        assert goes_on.wait(10)
        return load_predictions(run)

    monkeypatch.setattr(compared_runs, "load_predictions", slow)
    loaded = LoadedRuns()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(loaded.of, runs[0], Split.VALIDATION) for _ in range(2)]
        while not read:
            time.sleep(0.001)
        goes_on.set()
        assert asked[0].result() is asked[1].result()
    assert read == [1]
