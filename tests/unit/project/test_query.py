import numpy as np
import pytest

from core.labels import Label, LabelState, Split
from core.project.query import Query, QueryError, parse, term

LABELS = (
    Label(1, "ace", "#000000"),
    Label(2, "king", "#000000"),
    Label(5, "red card", "#000000"),
    Label(6, "reviewed", "#000000"),
    Label(7, "-1", "#000000"),
    Label(8, "split:x", "#000000"),
    Label(9, '5" plate', "#000000"),
)
STATES = np.array(
    [
        [1, -1, 0, -1, -1, -1, -1],
        [1, 0, 1, -1, -1, -1, 1],
        [-1, -1, -1, -1, -1, -1, -1],
        [0, 1, -1, 1, 1, 1, -1],
    ],
    dtype=np.int8,
)


def rows(text):
    passing = parse(text, LABELS).matches(
        STATES,
        np.array([Split.TRAIN, Split.TEST, Split.UNASSIGNED, Split.VALIDATION], np.int8),
        np.array([True, False, False, True]),
        labels=LABELS,
        paths=["beach/1.jpg", "beach/2.jpg", "Town/3.JPG", "town/4.jpg"],
        image_ids=np.array([10, 11, 12, 13], np.int64),
        problems={12: "It is empty."},
    )
    return np.flatnonzero(passing).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2, 3]),
        ("ace", [0, 1]),
        ("-ace", [3]),
        ("?ace", [2]),
        ("ace -king", [1]),
        ("  Ace   ?KING ", [0]),
        ('"red card"', [1]),
        ('-"red card" ace', [0]),
        ('"5"" plate"', [1]),
        ("reviewed", [0, 3]),
        ('"reviewed"', [3]),
        ("unreviewed", [1, 2]),
        ("unlabeled", [2]),
        ("unreadable", [2]),
        ("split:train", [0]),
        ("split:train split:test", [0, 1]),
        ("split:none", [2]),
        ("name:TOWN", [2, 3]),
        ("name:town name:4", [3]),
        ("-1", [3]),
        ('"-1"', [3]),
        ("--1", []),
    ],
)
def test_a_filter_lets_through_what_it_says(text, expected):
    assert rows(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("queen", ["no label “queen”"]),
        ("acee", ["no label “acee”", "mean ace"]),
        ("unreviwed", ["mean unreviewed"]),
        ('"ace', ["quotation mark"]),
        ("split:tarin", ["“tarin” is no split", "train"]),
        ("-", ["no label “-”"]),
    ],
)
def test_what_cannot_be_read_is_told_with_a_way_out(text, words):
    with pytest.raises(QueryError) as caught:
        parse(text, LABELS)
    assert all(word in str(caught.value) for word in words)


def test_a_term_is_read_as_the_label_it_was_made_for():
    for label in LABELS:
        for state in LabelState:
            assert parse(term(label.name, state), LABELS).labels == ((label.id, state),)


def test_a_label_that_was_deleted_since_lets_nothing_through():
    query = parse("-king", LABELS)
    passing = query.matches(
        STATES[:, :1], np.zeros(4, np.int8), np.zeros(4, bool),
        labels=LABELS[:1], paths=["a"] * 4, image_ids=np.arange(4), problems={},
    )  # fmt: skip
    assert not passing.any()


def test_only_an_empty_filter_is_false():
    assert not Query()
    assert all(parse(text, LABELS) for text in ("ace", "reviewed", "split:none", "name:x"))
