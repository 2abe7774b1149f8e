"""gui.label.tagging.label_sets needs no Qt."""

import pytest

from core.labels import LabelState
from gui.label.tagging.label_sets import read, signed, written

YES, NO, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN
NAMES = ["ace", "king", "red card", "a, b", "-x", 'say "hi"', "?"]


def test_a_set_as_text_is_read_back():
    states = {"ace": YES, "king": NO, "red card": UNKNOWN, "a, b": NO, "-x": NO, 'say "hi"': YES}
    text = written(states.items())
    assert text.startswith('ace, -king, ?red card, -"a, b"')
    assert read(text, NAMES).states == states
    assert read(text, NAMES).strangers == ()


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("ACE; King", {"ace": YES, "king": YES}),
        ("ace\nred card\r\n", {"ace": YES, "red card": YES}),
        ("ace\tking", {"ace": YES, "king": YES}),
        ("ace -king", {"ace": YES, "king": NO}),
        ("- king", {"king": NO}),
        ("−king", {"king": NO}),
        ("-x", {"-x": YES}),
        ("?", {"?": YES}),
        ("  ", {}),
        (",,;", {}),
        ('"ace', {}),
    ],
)
def test_texts_of_other_programs_are_read(text, states):
    assert read(text, NAMES).states == states


def test_names_that_no_label_has_are_named_once():
    assert read("ace, foo, -bar baz, foo", NAMES).strangers == ("foo", "bar baz")


def test_the_sign_of_a_typed_name_says_the_state():
    assert signed("-king", NAMES) == ("king", NO)
    assert signed("? red", NAMES) == ("red", UNKNOWN)
    assert signed("king", NAMES) == ("king", None)
    assert signed("-x", NAMES) == ("-x", None)
