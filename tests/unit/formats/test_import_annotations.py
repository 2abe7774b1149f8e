import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import multihot_csv
from core.formats.annotations import Annotations
from core.formats.apply import import_annotations
from core.labels import LabelState, Split
from core.project.files.scan import ScannedImage, scan_folder
from core.project.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project") as store:
        add(store, tmp_path / "photos", "a.jpg", "b.jpg", "sub/a.jpg", "sub/c.jpg")
        yield store


def add(store: Store, root: Path, *names: str) -> None:
    root.mkdir(exist_ok=True)
    store.add_images(root, [ScannedImage(name, 1, 1) for name in names])


def annotations(states: dict[str, list[int]], *, labels: tuple[str, ...] = ("cat", "dog")) -> Annotations:
    matrix = np.array(list(states.values()), np.int8).reshape(len(states), len(labels))
    return Annotations("labels.csv", tuple(states), labels, matrix, np.full(len(states), -1, np.int8))


def test_names_are_matched_by_path_and_else_by_a_base_name_that_is_unique(store):
    report = import_annotations(
        store,
        annotations({"a.jpg": [1, 0], "images/b.jpg": [0, 1], "c.jpg": [1, 1], "no.jpg": [0, 0], "x/a.jpg": [0, 0]}),
    )

    assert store.states.tolist() == [[1, 0], [0, 1], [-1, -1], [1, 1]]
    assert report.matched == 3
    assert report.unmatched == ("no.jpg",)
    assert report.ambiguous == ("x/a.jpg",)
    assert report.labels_added == ("cat", "dog")
    assert report.changes.text == "labels.csv imported: 3 images"


def test_two_names_of_one_image_are_not_both_imported(store):
    report = import_annotations(store, annotations({"x/b.jpg": [0, 0], "b.jpg": [1, 1]}))
    assert store.states[1].tolist() == [1, 1]
    assert report.ambiguous == ("x/b.jpg",)


def test_a_name_in_two_folders_of_images_is_ambiguous(store, tmp_path):
    add(store, tmp_path / "more", "b.jpg")
    report = import_annotations(store, annotations({"a.jpg": [1, 0], "b.jpg": [1, 0]}))
    assert report.ambiguous == ("b.jpg",)
    assert store.states[1].tolist() == [-1, -1]


def test_an_import_is_one_step_of_undo_but_splits_stay(store):
    store.add_label("Dog")
    store.set_states([1], {1: LabelState.PRESENT})
    with_splits = annotations({"a.jpg": [1, 0], "b.jpg": [0, 1]})
    with_splits.splits[:] = [Split.TRAIN, Split.TEST]
    report = import_annotations(store, with_splits)

    assert [label.name for label in store.labels] == ["Dog", "cat"]
    assert report.labels_added == ("cat",)
    assert store.states.tolist() == [[0, 1], [1, 0], [-1, -1], [-1, -1]]
    assert store.splits.tolist() == [0, 2, -1, -1]
    assert (report.changes.labels, report.changes.splits) == (True, True)
    assert report.changes.annotations == frozenset({1, 2})

    store.undo()
    assert store.states.tolist() == [[1], [-1], [-1], [-1]]
    assert store.splits.tolist() == [0, 2, -1, -1]
    store.redo()
    assert store.states.tolist() == [[0, 1], [1, 0], [-1, -1], [-1, -1]]


def test_what_the_file_does_not_know_stays_as_it_is(store):
    import_annotations(store, annotations({"a.jpg": [1, 0]}))
    import_annotations(store, annotations({"a.jpg": [-1, 1]}))
    assert store.states[0].tolist() == [1, 1]


def test_an_image_with_all_labels_known_is_reviewed(store):
    store.set_states([4], {}, reviewed=True)
    import_annotations(store, annotations({"a.jpg": [1, 0], "b.jpg": [1, -1], "c.jpg": [-1, -1]}))
    assert store.reviewed.tolist() == [True, False, False, True]
    import_annotations(store, annotations({"b.jpg": [0]}, labels=("DOG",)))
    assert store.reviewed.tolist() == [True, True, False, True]


def test_splits_alone_review_nothing(store):
    splits = Annotations("splits.csv", ("a.jpg",), (), np.empty((1, 0), np.int8), np.array([1], np.int8))
    import_annotations(store, splits)
    report = import_annotations(store, splits)
    assert store.splits[0] == Split.VALIDATION
    assert not store.reviewed.any()
    assert (report.splits_set, report.splits_kept) == (0, 0)


def test_an_image_keeps_the_split_it_has(store):
    store.set_splits({1: Split.TEST, 2: Split.TRAIN})
    file = annotations({"a.jpg": [1, 0], "b.jpg": [0, 1], "c.jpg": [0, 1]})
    file.splits[:] = Split.TRAIN
    report = import_annotations(store, file)
    assert store.splits.tolist() == [Split.TEST, Split.TRAIN, Split.UNASSIGNED, Split.TRAIN]
    assert (report.splits_set, report.splits_kept) == (1, 1)
    assert report.changes.splits


def test_importing_the_same_again_changes_nothing(store):
    file = annotations({"a.jpg": [1, 0]})
    import_annotations(store, file)
    report = import_annotations(store, file)
    assert not report.changes
    assert report.matched == 1


def test_a_file_about_other_images_is_refused_and_adds_no_label(store):
    with pytest.raises(FormatError, match=r"None of the 2 file names in labels\.csv"):
        import_annotations(store, annotations({"x.jpg": [1, 0], "y.jpg": [1, 0]}))
    assert store.labels == ()


def test_a_file_of_ambiguous_names_says_so(store):
    with pytest.raises(FormatError, match=r"The only file name in labels\.csv .* x/a\.jpg is in several folders"):
        import_annotations(store, annotations({"x/a.jpg": [1, 0]}))
    with pytest.raises(FormatError, match=r"The only file name in labels\.csv is no image of project"):
        import_annotations(store, annotations({"z.jpg": [1, 0]}))


def test_what_was_written_is_read_back_the_same(store, tmp_path):
    store.add_label("cat, big")
    store.add_label("Hündchen")
    store.set_states([1, 3], {1: LabelState.PRESENT})
    store.set_states([1, 2], {2: LabelState.ABSENT})
    # the same relative path in two folders
    add(store, tmp_path / "more", "a.jpg")
    store.set_states([5], {2: LabelState.PRESENT})
    before = store.states.tolist()
    multihot_csv.write(store, tmp_path / "out.csv")
    store.set_states(store.image_ids.tolist(), {1: LabelState.UNKNOWN, 2: LabelState.UNKNOWN})

    report = import_annotations(store, multihot_csv.read(tmp_path / "out.csv"))
    assert store.states.tolist() == before
    assert report.matched == 5


@pytest.mark.parametrize("names", [("a;b;c",), ("a;b", "d,e", "é"), ('say "a;b"', "0"), ("split", "group")])
def test_any_name_of_a_label_is_read_back_the_same(store, tmp_path, names):
    for name in names:
        store.add_label(name)
    store.set_states([1], {1: LabelState.PRESENT})
    multihot_csv.write(store, tmp_path / "out.csv")
    annotations = multihot_csv.read(tmp_path / "out.csv")
    assert annotations.label_names == names
    assert annotations.states.tolist() == store.states.tolist()


def test_the_written_file_has_a_line_for_each_image(store, tmp_path):
    store.add_label("cat")
    store.set_states([1], {1: LabelState.PRESENT})
    store.set_states([2], {1: LabelState.ABSENT})
    multihot_csv.write(store, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "filename,cat\na.jpg,1\nb.jpg,0\nsub/a.jpg,\nsub/c.jpg,\n"


def test_a_place_that_cannot_be_written_is_a_sentence(store, tmp_path):
    with pytest.raises(FormatError, match="cannot be written"):
        multihot_csv.write(store, tmp_path / "missing" / "out.csv")
    with pytest.raises(FormatError, match="is a folder"):
        multihot_csv.write(store, tmp_path)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "images", "labels", "splits"),
    [("playing-cards", 363, 6, [252, 56, 55]), ("ccp-clothing", 1783, 24, [1468, 315, 0])],
)
def test_real_annotations_are_imported_whole(tmp_path, name, images, labels, splits):
    data = Path(os.environ.get("MULTIHOT_TEST_DATA", "")) / "data" / name
    if not os.environ.get("MULTIHOT_TEST_DATA") or not data.is_dir():
        pytest.skip("MULTIHOT_TEST_DATA does not name the folder of real images")
    with Store.create(tmp_path / "project") as store:
        store.add_images(data / "images", scan_folder(data / "images"))
        report = import_annotations(store, multihot_csv.read(data))
        assert (report.matched, len(store.labels), report.unmatched) == (images, labels, ())
        assert store.reviewed.all()
        assert np.bincount(store.splits, minlength=3).tolist() == splits


@pytest.fixture
def one_class(tmp_path: Path) -> Iterator[Store]:
    """A multi-class project."""
    with Store.create(tmp_path / "classes", task="multi-class") as store:
        add(store, tmp_path / "photos", "a.jpg", "b.jpg", "c.jpg")
        yield store


def test_rows_with_several_labels_are_refused_where_an_image_has_one(one_class):
    report = import_annotations(one_class, annotations({"a.jpg": [1, 1], "b.jpg": [1, -1], "c.jpg": [0, -1]}))
    assert report.refused == ("a.jpg",)
    assert report.matched == 2
    assert one_class.states.tolist() == [[-1, -1], [1, 0], [0, -1]]
    assert one_class.reviewed.tolist() == [False, True, False]


def test_an_import_in_which_every_image_has_several_labels_is_refused_whole(one_class):
    with pytest.raises(FormatError, match="has several labels, and those"):
        import_annotations(one_class, annotations({"a.jpg": [1, 1]}))
    assert one_class.labels == ()


def test_an_import_takes_the_place_of_a_class(one_class):
    import_annotations(one_class, annotations({"a.jpg": [1, 0], "b.jpg": [0, 1]}))
    import_annotations(one_class, annotations({"a.jpg": [-1, 1]}))
    assert one_class.states.tolist() == [[0, 1], [0, 1], [-1, -1]]
    one_class.undo()
    assert one_class.states[0].tolist() == [1, 0]
