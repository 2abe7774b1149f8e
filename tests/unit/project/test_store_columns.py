"""How a project is read from its database: in portions, whatever was said of its images."""

import sqlite3

import numpy as np
import pytest

from core.errors import DamagedProjectError
from core.labels import LabelState, Split
from core.project.files.scan import ScannedImage
from core.project.layers import columns
from core.project.store import Store

# a quote and a line break are letters of a file's name elsewhere
NAMES = ["a b.png", "b/\N{SNOWMAN}.png", "b/it's.png", "b/two\nlines.png", "c/last, 1.png"]


@pytest.fixture
def folder(tmp_path):
    """A project of five images, of which three were annotated, the first before there was a second label."""
    with Store.create(tmp_path / "project") as store:
        store.add_images(tmp_path, [ScannedImage(name, 10 + row, row) for row, name in enumerate(NAMES)])
        store.add_labels(["cat"])
        store.set_states([1], {1: LabelState.PRESENT})
        store.add_labels(["dog"])
        store.set_states([4, 5], {2: LabelState.ABSENT}, reviewed=True)
        store.set_flag([5], True)
        store.set_splits({2: Split.TEST})
        store.set_image_facts(3, width=300, height=70_000, problem=None)
    return tmp_path / "project"


def _seen(folder):
    with Store.open(folder) as store:
        return {
            "paths": list(store.paths),
            "ids": store.image_ids.tolist(),
            "states": store.states.tolist(),
            "review": store.review.tolist(),
            "flagged": store.flagged.tolist(),
            "at": [None if np.isnan(one) else one for one in store.reviewed_at.tolist()],
            "splits": store.splits.tolist(),
            "sizes": store.sizes.tolist(),
            "sides": (store.widths.tolist(), store.heights.tolist()),
        }


@pytest.mark.parametrize("portion", [1, 2, 3, 1000])
def test_a_project_is_read_as_it_was_left_however_large_the_portions_are(folder, monkeypatch, portion):
    monkeypatch.setattr(columns, "PORTION", portion)
    seen = _seen(folder)
    assert seen.pop("at")[:3] == [None, None, None]
    assert seen == {
        "paths": NAMES,
        "ids": [1, 2, 3, 4, 5],
        "states": [[1, -1], [-1, -1], [-1, -1], [-1, 0], [-1, 0]],
        "review": [0, 0, 0, 1, 1],
        "flagged": [False, False, False, False, True],
        "splits": [-1, int(Split.TEST), -1, -1, -1],
        "sizes": [10, 11, 12, 13, 14],
        "sides": ([0, 0, 300, 0, 0], [0, 0, 70_000, 0, 0]),
    }


def test_times_of_reviews_are_read_to_the_last_bit(folder):
    with Store.open(folder) as store:
        times = store.reviewed_at.tolist()
        database = folder / "project.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("UPDATE annotation SET reviewed_at = ? WHERE image_id = 4", (1 / 3,))
    connection.commit()
    connection.close()
    assert _seen(folder)["at"] == [None, None, None, 1 / 3, times[4]]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE image SET size = 'much' WHERE id = 2",
        "UPDATE image SET split = 300 WHERE id = 2",
        "UPDATE image SET width = 5000000000 WHERE id = 2",
        "UPDATE annotation SET states = x'0101010101' WHERE image_id = 4",
        "UPDATE annotation SET review = 'yes' WHERE image_id = 4",
        "UPDATE annotation SET image_id = 77 WHERE image_id = 4",
    ],
)
def test_a_row_that_no_program_of_ours_wrote_is_told_as_damage(folder, damage):
    connection = sqlite3.connect(folder / "project.sqlite")
    connection.execute(damage)
    connection.commit()
    connection.close()
    with pytest.raises(DamagedProjectError):
        Store.open(folder)


def test_an_empty_project_is_read(tmp_path):
    with Store.create(tmp_path / "new"):
        pass
    assert _seen(tmp_path / "new")["states"] == []
