"""Two changes of a run's sets of thresholds, brought together."""

import numpy as np
import pytest

from core.evaluation.threshold_file import Origin, ThresholdBook, ThresholdSet
from core.evaluation.threshold_merge import merge, same_book

NAMES = ("ace", "king")


def one_set(name, *values, objective="manual"):
    return ThresholdSet(NAMES, np.array(values, np.float64), (Origin(objective),) * 2, name)


def book(*sets, chosen=None):
    return ThresholdBook(sets, chosen or sets[0].name)


BASE = book(one_set("main", 0.5, 0.5), one_set("strict", 0.9, 0.9))


def values(merged):
    return {one.name: one.values.tolist() for one in merged.book.sets}


def test_what_one_side_alone_changed_is_as_that_side_has_it():
    ours = book(one_set("main", 0.4, 0.5), one_set("strict", 0.9, 0.9))
    theirs = book(one_set("main", 0.5, 0.5), one_set("strict", 0.8, 0.9), one_set("new", 0.1, 0.2))
    merged = merge(BASE, ours, theirs)
    assert values(merged) == {"main": [0.4, 0.5], "new": [0.1, 0.2], "strict": [0.8, 0.9]}
    assert (sorted(merged.taken), merged.kept) == (["new", "strict"], ())


def test_nothing_is_taken_where_the_other_side_changed_nothing():
    ours = book(one_set("main", 0.4, 0.5))
    merged = merge(BASE, ours, BASE)
    assert values(merged) == {"main": [0.4, 0.5]}
    assert not merged.taken
    assert same_book(merged.book, ours)


def test_of_a_set_that_both_changed_both_are_kept():
    ours = book(one_set("main", 0.4, 0.5), one_set("strict", 0.9, 0.9))
    theirs = book(one_set("main", 0.3, 0.5, objective="f1"), one_set("strict", 0.9, 0.9), one_set("main 2", 1, 1))
    merged = merge(BASE, ours, theirs)
    assert values(merged)["main"] == [0.4, 0.5]
    assert merged.kept == ("main 3",)
    assert merged.book.named("main 3").values.tolist() == [0.3, 0.5]
    assert merged.book.named("main 3").origins[0].objective == "f1"


def test_the_same_change_on_both_sides_is_no_conflict():
    ours, theirs = (book(one_set("main", 0.4, 0.5), one_set("strict", 0.9, 0.9)) for _ in range(2))
    merged = merge(BASE, ours, theirs)
    assert same_book(merged.book, ours)
    assert not merged.taken
    assert not merged.kept


def test_where_only_the_origin_changed_the_set_changed():
    theirs = book(one_set("main", 0.5, 0.5, objective="f1"), one_set("strict", 0.9, 0.9))
    assert merge(BASE, BASE, theirs).taken == ("main",)


def test_a_set_that_one_side_removed_is_gone_but_not_if_the_other_changed_it():
    without = BASE.without("strict")
    assert values(merge(BASE, without, BASE)) == {"main": [0.5, 0.5]}
    assert values(merge(BASE, BASE, without)) == {"main": [0.5, 0.5]}
    changed = book(one_set("main", 0.5, 0.5), one_set("strict", 0.7, 0.7))
    assert values(merge(BASE, without, changed))["strict"] == [0.7, 0.7]
    assert values(merge(BASE, changed, without))["strict"] == [0.7, 0.7]


def test_something_is_left_where_each_side_removed_another_set():
    ours, theirs = BASE.without("strict"), BASE.without("main")
    assert values(merge(BASE, ours, theirs)) == {"main": [0.5, 0.5]}


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [("main", "strict", "strict"), ("strict", "main", "strict"), ("main", "main", "main")],
)
def test_the_chosen_set_is_that_of_the_side_that_chose(ours, theirs, expected):
    assert merge(BASE, BASE.choosing(ours), BASE.choosing(theirs)).book.chosen == expected


def test_a_chosen_set_that_the_other_side_removed_gives_way():
    assert merge(BASE, BASE.without("main"), BASE).book.chosen == "strict"
    renamed = BASE.renamed("main", "loose")
    assert merge(BASE, renamed, BASE).book.chosen == "loose"
