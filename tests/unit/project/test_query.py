import numpy as np
import pytest

from core.labels import Label, LabelState, Review, Split
from core.project.query import PathIndex, Query, QueryData, QueryError, parse, term
from core.project.query.tree import HasState, LabelName

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


def data(**changed):
    count = len(STATES)
    return QueryData(**{
        "labels": LABELS,
        "states": np.asfortranarray(STATES),
        "review": np.array([Review.REVIEWED, Review.TO_DO, Review.UNSURE, Review.REVIEWED], np.int8),
        "reviewed_at": np.array([20.0, np.nan, np.nan, 10.0]),
        "flagged": np.array([False, False, True, True]),
        "splits": np.array([Split.TRAIN, Split.TEST, Split.UNASSIGNED, Split.VALIDATION], np.int8),
        "image_ids": np.array([10, 11, 12, 13], np.int64),
        "paths": PathIndex.of(["beach/1.jpg", "beach/2.jpg", "Town/3.JPG", "town/4.jpg"]),
        "problems": {12: "It is empty."},
        "notes": {},
        "widths": np.zeros(count, np.int32),
        "heights": np.zeros(count, np.int32),
        "sizes": np.zeros(count, np.int64),
        "rules": (),
        "disputes": {},
        **changed,
    })  # fmt: skip


def rows(text, **changed):
    return np.flatnonzero(parse(text, LABELS).matches(data(**changed))).tolist()


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
        ("unreviewed", [1]),
        ("unlabeled", [2]),
        ("unreadable", [2]),
        ("split:train", [0]),
        ("split:train split:test", []),
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
            assert parse(term(label.name, state), LABELS).tree == HasState(LabelName(label.id, label.name), state)


def test_a_label_that_was_deleted_since_lets_nothing_through():
    query = parse("-king", LABELS)
    assert not query.matches(data(labels=LABELS[:1], states=STATES[:, :1])).any()


def test_only_an_empty_filter_is_false():
    assert not Query()
    assert all(parse(text, LABELS) for text in ("ace", "reviewed", "split:none", "name:x"))
