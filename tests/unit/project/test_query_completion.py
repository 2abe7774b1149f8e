"""What is offered while a filter is typed."""

import pytest

from core.labels import Label
from core.project.query import completions, parse

LABELS = tuple(
    Label(i + 1, name, "#000000")
    for i, name in enumerate(("cat", "red card", "wildcat", "Reviewed", "a(b)", '5" plate'))
)
FOLDERS = ["", "beach", "beach/day 1", "town/Old beach"]


def offered(typed):
    """The filters that come of typing and choosing; | is the cursor."""
    cursor = typed.index("|")
    text = typed.replace("|", "", 1)
    return [text[: one.start] + one.text + text[one.end :] for one in completions(text, cursor, LABELS, FOLDERS)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ca|", ["cat", '"red card"', "wildcat"]),
        ("CA|", ["cat", '"red card"', "wildcat"]),
        ("dog -wi|", ["dog -wildcat", "dog -width<"]),
        ("?re|", ['?"red card"', '?"Reviewed"']),
        ('"re|', ['"red card"', '"Reviewed"']),
        ('-"red |"', ['-"red card"']),
        ("(wild|", ["(wildcat"]),
        ("wi|ld dog", ["wildcat dog", "width< dog"]),
        ("5|", ['"5"" plate"']),
        ("unrev|", ["unreviewed"]),
        ("spl|", ["split:"]),
        ("split:|", ["split:train", "split:validation", "split:test", "split:none"]),
        ("-split:te|", ["-split:test"]),
        ("split:train,t|", ["split:train,test", "split:train,validation"]),
        ("folder:|", ["folder:beach", 'folder:"beach/day 1"', 'folder:"town/Old beach"', "folder:."]),
        ("folder:day|", ['folder:"beach/day 1"']),
        ('folder:"town/o|"', ['folder:"town/Old beach"']),
        ("sort:-si|", ["sort:-size"]),
        ("sort:pr|", ["sort:prob("]),
        ("sort:-prob(c|", ["sort:-prob(cat)", 'sort:-prob("red card")', "sort:-prob(wildcat)"]),
        ("prob(wild|", ["prob(wildcat)>"]),
        ("known(wild|) cat", ["known(wildcat) cat"]),
        ('disagree("red|', ['disagree("red card")']),
        ("known(a|", ['known("a(b)")', "known(cat)", 'known("red card")', "known(wildcat)", 'known("5"" plate")']),
        ("cat an|", ["cat AND"]),
        ("an|", []),
        ("note:|", ["note:*"]),
        ("name:be|", []),
    ],
)
def test_what_may_be_typed_is_offered_likeliest_first(typed, expected):
    assert offered(typed) == expected


@pytest.mark.parametrize("typed", ["labels|", "prob(cat)|", 'cat prob("red card")|'])
def test_comparisons_are_offered_where_one_is_missing(typed):
    before = typed.removesuffix("|")
    assert offered(typed) == [before + one for one in ("<", "<=", ">", ">=", "=", "!=")]


def test_no_comparison_is_offered_behind_an_order():
    assert "sort:prob(cat)<" not in offered("sort:prob(cat)|")


def test_everything_offered_at_the_start_says_what_it_means_and_begins_a_filter():
    found = completions("", 0, LABELS, FOLDERS)
    assert [one.text for one in found][:4] == ["cat", '"red card"', "wildcat", '"Reviewed"']
    assert all(one.explanation for one in found)
    for one in found:
        if one.text[-1] not in ":(<>=" and one.text != "NOT":
            assert parse(one.text, LABELS)


def test_a_sign_says_which_state_is_meant():
    (one,) = completions("-wildc", 6, LABELS, FOLDERS)
    assert one.explanation == "“wildcat” is absent"
