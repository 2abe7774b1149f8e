import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import Label, Split
from core.project.runs.checks import check_trainable, training_warnings

LABELS = tuple(Label(index, name, "#000000") for index, name in enumerate(("cat", "dog", "gloves"), start=1))


def annotations(*rows: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a split and three states, each ten times."""
    table = np.repeat(np.array(rows, np.int8).reshape(-1, 4), 10, axis=0)
    return table[:, 1:], table[:, 0]


GOOD = [(split, *states) for split in (0, 1, 2) for states in ((1, 0, 1), (0, 1, 0))]


def test_good_annotations_bring_no_warning():
    states, splits = annotations(*GOOD)
    check_trainable(states, splits, LABELS)
    assert training_warnings(states, splits, LABELS) == []


def test_labels_that_cannot_be_learnt_or_measured_are_named():
    states, splits = annotations((0, 1, -1, 0), (0, 0, 1, 0), (1, 0, -1, 1))
    assert training_warnings(states, splits, LABELS) == [
        "“gloves” has no positive image in train and cannot be learnt.",
        "“dog” has no negative image in train and will be predicted everywhere.",
        "“cat” and “dog” have no positive image in validation and will not be measured.",
    ]


def test_too_few_images_are_counted():
    states, splits = annotations(*GOOD)
    warnings = training_warnings(states[::8], splits[::8], LABELS)
    assert warnings[0] == "Only 8 images are annotated: label at least 20."
    assert warnings[1] == "“cat”, “dog” and “gloves” have fewer than 5 positive images in train."


def test_many_labels_are_cut_short():
    labels = [Label(index, f"l{index}", "#000000") for index in range(9)]
    states = np.zeros((30, 9), np.int8)
    (warning,) = training_warnings(states, np.zeros(30, np.int8), labels)
    assert warning == ("“l0”, “l1”, “l2”, “l3”, “l4” and 4 more have no positive image in train and cannot be learnt.")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "No image has a label"),
        ([(0, -1, -1, -1)], "No image has a label"),
        ([(0, 1, 0, 0), (0, 0, 1, 0)], "in validation"),
        ([(1, 1, 0, 0), (1, 0, 1, 0)], "in train"),
        ([(0, 1, 1, 1), (1, 0, 0, 0)], "nothing to tell apart"),
        ([(0, 1, -1, -1), (0, -1, 0, 0), (1, 0, 0, 0)], "nothing to tell apart"),
    ],
)
def test_annotations_that_teach_nothing_are_refused(rows, sentence):
    states, splits = annotations(*rows)
    with pytest.raises(ProjectError, match=sentence):
        check_trainable(states, splits, LABELS)


def test_a_project_without_labels_is_refused():
    with pytest.raises(ProjectError, match="no labels"):
        check_trainable(np.zeros((4, 0), np.int8), np.full(4, Split.TRAIN, np.int8), ())


def test_one_label_per_image_needs_two_classes_in_train():
    ruled_out = annotations((0, 0, 0, 0), (1, 0, 0, 0))
    with pytest.raises(ProjectError, match="No image has a label"):
        check_trainable(*ruled_out, LABELS, task="multi-class")
    alike = annotations((0, 1, 0, 0), (1, 1, 0, 0))
    with pytest.raises(ProjectError, match="same label"):
        check_trainable(*alike, LABELS, task="multi-class")
    states, splits = annotations((0, 1, 0, 0), (0, 0, 1, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 0))
    check_trainable(states, splits, LABELS, task="multi-class")
    assert training_warnings(states, splits, LABELS, task="multi-class") == [
        "“gloves” has no positive image in train and cannot be learnt."
    ]
