import json

import numpy as np
import pytest

from core import files
from core.errors import MultihotError
from core.evaluation.threshold_file import BY_HAND, UNTUNED, Origin, ThresholdBook, ThresholdSet
from core.labels import Split

NAMES = ("cat", "émeu")
TUNED = ThresholdSet(
    NAMES, np.array([0.1 + 0.2, 1 / 3]), (Origin("f1", "validation", shrunk=True), Origin("precision=0.9", "train"))
)


def named(name, value=0.5):
    return ThresholdSet.alike(NAMES, np.full(2, value), objective="f1", tuned_on="train", name=name)


@pytest.fixture
def book():
    return ThresholdBook((named("wide", 0.2), named("narrow", 0.8)), "wide")


def test_all_sets_come_back_as_they_were(tmp_path, book):
    path = tmp_path / "thresholds.json"
    book.with_set(TUNED).choosing("narrow").save(path)
    loaded = ThresholdBook.load(path)
    assert (loaded.names, loaded.chosen) == (("main", "narrow", "wide"), "narrow")
    assert loaded.named("main").origins == TUNED.origins
    np.testing.assert_array_equal(loaded.named("main").values, TUNED.values)
    assert ThresholdSet.load(path).name == ThresholdSet.of_run(tmp_path, NAMES).name == "narrow"
    content = json.loads(path.read_text())
    # what reads a file of one set finds the chosen one
    assert (content["values"], content["objective"], content["tuned_on"]) == ([0.8, 0.8], "f1", "train")


def test_a_file_from_before_sets_had_names_is_read(tmp_path):
    path = tmp_path / "thresholds.json"
    path.write_text(
        '{"label_names": ["cat", "émeu"], "values": [0.2, 0.3], "objective": "f1", "tuned_on": "validation"}'
    )
    (only,) = ThresholdBook.of_run(tmp_path, NAMES).sets
    assert (only.name, only.objective, only.tuned_on, only.title) == ("main", "f1", "validation", "best F1")
    assert only.origins == (Origin("f1", "validation"),) * 2
    path.write_text('{"label_names": ["a"], "values": [0.2], "objective": "manual", "tuned_on": "train"}')
    (moved,) = ThresholdBook.load(path).sets
    assert (moved.by_hand, moved.tuned_on, moved.title) == (True, "train", "best F1")


def test_a_run_without_a_file_has_one_set_of_halves(tmp_path):
    book = ThresholdBook.of_run(tmp_path, NAMES)
    assert (book.names, book.current.values.tolist()) == (("main",), [0.5, 0.5])
    assert (book.current.objective, book.current.tuned_on, book.current.title) == ("0.5", None, "")


def test_sets_are_added_replaced_removed_renamed_and_chosen(book):
    assert book.names == ("narrow", "wide")
    more = book.with_set(named("third"))
    assert (more.names, more.chosen) == (("narrow", "third", "wide"), "third")
    assert book.with_set(named("narrow", 0.7)).current.values.tolist() == [0.7, 0.7]
    assert (book.without("wide").names, book.without("wide").chosen) == (("narrow",), "narrow")
    assert book.without("narrow").chosen == "wide"
    assert (book.renamed("wide", " broad ").names, book.renamed("wide", "broad").chosen) == (
        ("broad", "narrow"),
        "broad",
    )
    assert book.renamed("narrow", "small").chosen == "wide"
    assert book.renamed("wide", "wide").names == book.names
    assert book.choosing("narrow").current.values.tolist() == [0.8, 0.8]


@pytest.mark.parametrize(
    ("do", "sentence"),
    [
        (lambda book: book.choosing("none"), "no set of thresholds named “none”. It has narrow, wide"),
        (lambda book: book.without("none"), "no set of thresholds named “none”"),
        (lambda book: book.without("wide").without("narrow"), "“narrow” is the only set"),
        (lambda book: book.renamed("wide", "narrow"), "has a set of thresholds named “narrow” already"),
        (lambda book: book.renamed("wide", "  "), "needs a name"),
    ],
)
def test_what_cannot_be_done_with_sets_is_told(book, do, sentence):
    with pytest.raises(MultihotError) as told:
        do(book)
    assert sentence in str(told.value)


def test_a_set_is_saved_beside_the_others_and_becomes_the_chosen_one(tmp_path, book):
    path = tmp_path / "thresholds.json"
    book.save(path)
    named("narrow", 0.6).save(path)
    loaded = ThresholdBook.load(path)
    assert (loaded.names, loaded.chosen, loaded.current.values.tolist()) == (("narrow", "wide"), "narrow", [0.6, 0.6])
    path.write_text("{")
    TUNED.save(path)
    assert ThresholdBook.load(path).names == ("main",)
    ThresholdSet.default(("dog",)).save(path)
    assert ThresholdBook.load(path).label_names == ("dog",)


def test_a_book_that_cannot_be_written_leaves_the_old_one(tmp_path, book, monkeypatch):
    path = tmp_path / "thresholds.json"
    book.save(path)
    before = path.read_bytes()

    def full(_file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        book.choosing("narrow").save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


GOOD = {"label_names": ["a"], "values": [0.2], "objective": "f1", "tuned_on": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"others": [{}]},
        {"others": 3},
        {"others": [GOOD]},
        {"others": [{**GOOD, "name": "b", "label_names": ["b"]}]},
        {"name": " "},
        {"objective": "best"},
        {"tuned_on": 3},
        {"origins": []},
        {"origins": ["f1"]},
        {"origins": [{"objective": "f1"}]},
        {"origins": [{"objective": "precision=7", "tuned_on": "train"}]},
    ],
)
def test_a_damaged_book_is_named(tmp_path, changes):
    path = tmp_path / "thresholds.json"
    path.write_text(json.dumps({**GOOD, **changes}))
    with pytest.raises(MultihotError, match=r"thresholds\.json.*tune the thresholds again"):
        ThresholdBook.load(path)


def test_thresholds_of_other_labels_are_told(tmp_path, book):
    book.save(tmp_path / "thresholds.json")
    with pytest.raises(MultihotError, match="other labels"):
        ThresholdBook.of_run(tmp_path, ("dog",))


def test_a_set_tells_what_all_its_labels_have_in_common():
    assert (TUNED.objective, TUNED.tuned_on, TUNED.tuned_splits) == (
        "mixed", "train and validation", (Split.TRAIN, Split.VALIDATION),
    )  # fmt: skip
    assert (TUNED.title, TUNED.seeks_f, TUNED.by_hand) == ("best F1 and precision of at least 0.90", False, False)
    alike = named("a")
    assert (alike.objective, alike.tuned_on, alike.title, alike.seeks_f) == ("f1", "train", "best F1", True)
    both = ThresholdSet.alike(NAMES, np.full(2, 0.5), objective="f2", tuned_on="train and validation")
    assert both.tuned_splits == (Split.TRAIN, Split.VALIDATION)
    moved = alike.moved(1, 0.9)
    assert (moved.values.tolist(), moved.origins) == ([0.5, 0.9], (Origin("f1", "train"), BY_HAND))
    assert (moved.objective, moved.tuned_on, moved.title, moved.by_hand) == ("mixed", "train", "best F1", True)
    assert alike.values.tolist() == [0.5, 0.5]
    assert ThresholdSet.default(NAMES).moved(0, 0.4).counts == ((BY_HAND, 1), (UNTUNED, 1))
    many = ThresholdSet(("a", "b", "c"), np.zeros(3), tuple(Origin(one, "train") for one in ("f1", "f2", "recall=0.9")))
    assert many.title == "different objectives"
