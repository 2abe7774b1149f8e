import os
from pathlib import Path

import pytest

from core.errors import FormatError
from core.formats import class_folders
from core.formats.apply import import_annotations
from core.formats.class_folders import recognised
from core.formats.reading import format_of
from core.labels import LabelState, Split
from core.project.files.scan import ScannedImage, scan_folder
from core.project.store import Store

NONE, TRAIN, VALIDATION, TEST = Split.UNASSIGNED, Split.TRAIN, Split.VALIDATION, Split.TEST


def facts(*paths: str) -> dict[str, tuple[str | None, int]] | None:
    """Of each path the label that is present, None when all are unknown, and the split; None for no class folders."""
    annotations = recognised(Path("shop"), paths)
    if annotations is None:
        return None
    found = {}
    for path, states, split in zip(annotations.filenames, annotations.states, annotations.splits, strict=True):
        present = [name for name, state in zip(annotations.label_names, states, strict=True) if state == 1]
        assert sorted(states) == [*[0] * (len(states) - 1), 1] or (states == LabelState.UNKNOWN).all()
        found[path] = (present[0] if present else None, int(split))
    return found


@pytest.mark.parametrize("validation", ["val", "valid", "Validation"])
def test_folders_name_splits_and_classes(validation):
    assert facts("train/kiwi/1.jpg", "train/apple/1.jpg", f"{validation}/kiwi/2.jpg", "test/apple/deep/3.jpg") == {
        "train/kiwi/1.jpg": ("kiwi", TRAIN),
        "train/apple/1.jpg": ("apple", TRAIN),
        f"{validation}/kiwi/2.jpg": ("kiwi", VALIDATION),
        "test/apple/deep/3.jpg": ("apple", TEST),
    }


def test_classes_without_splits():
    assert facts("kiwi/1.jpg", "apple/1.jpg") == {"kiwi/1.jpg": ("kiwi", NONE), "apple/1.jpg": ("apple", NONE)}


def test_an_image_outside_the_classes_has_no_known_label():
    found = facts("cover.jpg", "manual/a/1.jpg", "train/a/1.jpg", "train/b/1.jpg", "val/b/2.jpg", "test/3.jpg")
    assert found["cover.jpg"] == (None, NONE)
    assert found["manual/a/1.jpg"] == (None, NONE)
    assert found["test/3.jpg"] == (None, TEST)
    assert facts("cover.jpg", "a/1.jpg", "b/1.jpg")["cover.jpg"] == (None, NONE)


def test_train_without_validation_keeps_its_images_free_for_both():
    found = facts("train/a/1.jpg", "train/b/1.jpg", "test/a/2.jpg")
    assert [split for _, split in found.values()] == [NONE, NONE, TEST]
    assert [name for name, _ in found.values()] == ["a", "b", "a"]


def test_classes_are_in_natural_order_and_the_same_in_any_case():
    annotations = recognised(Path("shop"), ["train/c10/1.jpg", "train/C2/1.jpg", "val/c2/2.jpg"])
    assert annotations.label_names == ("C2", "c10")
    assert annotations.states.tolist() == [[0, 1], [1, 0], [1, 0]]


@pytest.mark.parametrize("paths", [(), ("1.jpg", "2.jpg"), ("a/1.jpg", "a/2.jpg"), ("1.jpg", "a/1.jpg")])
def test_what_does_not_name_two_classes_is_not_recognised(paths):
    assert facts(*paths) is None


def test_folders_that_name_no_two_classes_are_a_sentence(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(FormatError, match="folder of images for each of several classes"):
        class_folders.read(tmp_path)


def test_a_name_that_no_label_may_have_is_a_sentence():
    with pytest.raises(FormatError, match="printable"):
        recognised(Path("shop"), ["a\nb/1.jpg", "c/1.jpg"])


def test_the_format_of_a_folder_is_found_out(tmp_path):
    assert format_of(tmp_path) == "class-folders"
    assert format_of(tmp_path / "a.csv") == "csv"
    (tmp_path / "splits.csv").touch()
    assert format_of(tmp_path) == "csv"


PATHS = ("train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg", "val/dog/1.jpg")


def made(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_importing_them_labels_reviews_and_splits_the_images(tmp_path):
    root = made(tmp_path / "photos", *PATHS)
    with Store.create(tmp_path / "project", task="multi-class") as store:
        store.add_images(root, scan_folder(root))
        report = import_annotations(store, class_folders.read(root))
        assert (report.matched, report.unmatched, report.refused) == (4, (), ())
        assert store.paths == list(PATHS)
        assert store.states.tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]
        assert store.splits.tolist() == [0, 0, 1, 1]
        assert store.reviewed.all()
        store.undo()
        assert store.labels == ()


def test_the_very_files_are_meant_where_another_folder_has_the_same_names(tmp_path):
    root = made(tmp_path / "photos", *PATHS)
    with Store.create(tmp_path / "project", task="multi-class") as store:
        store.add_images(tmp_path / "other", [ScannedImage("train/cat/1.jpg", 1, 1), ScannedImage("1.jpg", 1, 1)])
        # added from deeper than what is imported
        store.add_images(root / "train", scan_folder(root / "train"))
        report = import_annotations(store, class_folders.read(root))
        assert report.matched == 2
        assert report.unmatched == ("val/cat/1.jpg", "val/dog/1.jpg")
        assert store.states.tolist() == [[-1, -1], [-1, -1], [1, 0], [0, 1]]


def test_a_copy_elsewhere_is_matched_by_path_and_never_by_bare_name(tmp_path):
    root = made(tmp_path / "copy", *PATHS)
    with Store.create(tmp_path / "project", task="multi-class") as store:
        store.add_images(tmp_path / "photos", [ScannedImage(name, 1, 1) for name in ("train/cat/1.jpg", "x/1.jpg")])
        import_annotations(store, class_folders.read(root))
        assert store.states.tolist() == [[1, 0], [-1, -1]]


@pytest.mark.shared_data
def test_real_class_folders(tmp_path):
    root = Path(os.environ.get("MULTIHOT_TEST_DATA", "")) / "data" / "grocery"
    if not os.environ.get("MULTIHOT_TEST_DATA") or not root.is_dir():
        pytest.skip("MULTIHOT_TEST_DATA does not name the folder of real images")
    found = scan_folder(root)
    with Store.create(tmp_path / "project", task="multi-class") as store:
        store.add_images(root, found)
        report = import_annotations(store, class_folders.read(root))
        assert report.matched == len(found)
        assert (store.states.sum(axis=1) == 1).all()
        assert set(store.splits.tolist()) == {TRAIN, VALIDATION, TEST}
