import json
from dataclasses import replace

import numpy as np
import pytest

from core.labels import LabelState, Split
from core.project.files.scan import ScannedImage
from core.project.runs.snapshot import Snapshot, take_snapshot
from core.project.runs.snapshot_difference import LabelChanges, SnapshotDifference, snapshot_difference

PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN


@pytest.fixture
def before(store):
    """Four images of train; cat, dog and cow are present on the first."""
    store.set_states([1], {1: PRESENT, 2: PRESENT, 3: PRESENT})
    store.set_states([2, 3, 4], {1: ABSENT, 2: ABSENT, 3: ABSENT})
    store.set_splits(dict.fromkeys([1, 2, 3, 4], Split.TRAIN))
    return take_snapshot(store)


def test_alike_snapshots_differ_in_nothing(before, tmp_path):
    before.save(tmp_path / "snapshot.npz")
    found = snapshot_difference(before, Snapshot.load(tmp_path / "snapshot.npz"))
    assert found == SnapshotDifference((), (), 0, (), (), (), ())
    assert found.lines() == []


def test_every_kind_of_change_is_told(store, before):
    store.change_label(1, name="kitten")
    store.delete_label(2)
    store.add_label("horse")
    store.reorder_labels([4, 3, 1])
    store.set_states([2, 3], {1: PRESENT})
    store.set_states([1], {1: UNKNOWN, 3: ABSENT})
    store.add_images(store.roots()[0], [ScannedImage("new.jpg", 1, 1)])
    store.set_states([5], {1: PRESENT})
    store.set_splits({5: Split.TEST})
    after = take_snapshot(store)
    found = snapshot_difference(before, after)
    assert [path.rpartition("/")[2] for path in found.added_images] == ["new.jpg"]
    assert found.removed_images == ()
    assert (found.added_labels, found.removed_labels) == (("horse",), ("dog",))
    assert found.renamed_labels == (("cat", "kitten"),)
    assert found.changed_labels == (LabelChanges("cow", 0, 1, 0), LabelChanges("kitten", 2, 0, 1))
    assert found.lines() == [
        "+ 1 image",
        "- label “dog”",
        "+ label “horse”",
        "~ label “cat” renamed to “kitten”",
        "~ label “cow” now absent on 1 image",
        "~ label “kitten” now present on 2 images, unknown on 1 image",
    ]
    back = snapshot_difference(after, before)
    assert back.removed_images == found.added_images
    assert (back.added_labels, back.removed_labels) == (("dog",), ("horse",))
    assert json.loads(json.dumps(found.to_dict()))["changed_labels"][1] == {
        "name": "kitten", "present": 2, "absent": 0, "unknown": 1,
    }  # fmt: skip


def test_an_image_in_another_split_is_told(before):
    moved = replace(before, splits=np.array([0, 0, 2, 1], np.int8))
    assert snapshot_difference(before, moved).lines() == ["~ 2 images in another split"]
