"""gui.widgets.fuzzy needs no Qt."""

import pytest

from gui.widgets.fuzzy import match, near


def best(names, typed):
    found = [(one.rank, name) for name in names if (one := match(name, typed)) is not None]
    return [name for _, name in sorted(found)]


def test_beginnings_come_before_words_before_parts_before_letters():
    names = ["scatter", "bobcat", "cat", "cat flap", "wild cat", "card ace table", "dog"]
    assert best(names, "cat") == ["cat", "cat flap", "wild cat", "bobcat", "scatter", "card ace table"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("selall", "Select all images"),
        ("all sel", "Select all images"),
        ("CAFE", "café"),
        ("rc", "red card"),
        ("été", "ete 2020"),
        ("  red   card ", "red card"),
    ],
)
def test_words_in_any_order_and_letters_without_accents_are_found(typed, name):
    assert match(name, typed) is not None


def test_letters_that_are_not_there_or_in_another_order_do_not_match():
    assert match("king", "gnik") is None
    assert match("king", "kingx") is None


def test_nothing_typed_matches_everything():
    assert match("king", "  ").places == ()


def test_the_places_say_which_letters_were_found():
    assert match("red card", "rc").places == (0, 4)
    assert match("red card", "card").places == (4, 5, 6, 7)


def test_letters_at_beginnings_of_words_are_better_than_others():
    assert best(["xbxxrxxf", "big roof fan"], "brf")[0] == "big roof fan"


@pytest.mark.parametrize("typed", ["kign", "kng", "kinng", "kong", "iking", "KIGN"])
def test_one_letter_wrong_missing_too_many_or_swapped_is_near(typed):
    assert near("king", typed) is not None


@pytest.mark.parametrize(("text", "typed"), [("king", "gnik"), ("king", "ki"), ("ace", "king")])
def test_what_differs_more_or_is_short_is_not_near(text, typed):
    assert near(text, typed) is None


def test_a_slip_at_the_beginning_of_a_word_is_found_behind_whole_names():
    part, whole = near("old king of hearts", "kign"), near("king", "kign")
    assert part.places == (4, 5, 6, 7)
    assert whole.rank < part.rank
    assert match("xkxixnxg", "king").rank < whole.rank
