"""Labels that nearly always come along."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.labels import Label, LabelState, Rule
from core.project.labels.hints import Companions

PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN
CAR, WHEEL, SKY = range(3)
LABELS = tuple(Label(number, name, "") for number, name in enumerate(("car", "wheel", "sky"), start=1))


def cars(with_wheel, without, *, unknown=0):
    """Images of cars: so many with a wheel, without one, and of which nobody said."""
    wheels = [PRESENT] * with_wheel + [ABSENT] * without + [UNKNOWN] * unknown
    return np.array([[PRESENT, wheel, ABSENT] for wheel in wheels], np.int8)


def test_a_label_that_nearly_always_comes_along_is_a_hint():
    companions = Companions.of(cars(19, 1))
    assert companions.hints(np.array([PRESENT, UNKNOWN, UNKNOWN])) == [(WHEEL, CAR, 0.95)]


def test_no_hint_of_what_is_known_or_of_a_label_that_is_not_there():
    companions = Companions.of(cars(20, 0))
    assert companions.hints(np.array([PRESENT, ABSENT, UNKNOWN])) == []
    assert companions.hints(np.array([UNKNOWN, UNKNOWN, UNKNOWN])) == []
    assert companions.hints(np.array([ABSENT, UNKNOWN, UNKNOWN])) == []


def test_too_few_images_or_too_small_a_share_make_no_hint():
    row = np.array([PRESENT, UNKNOWN, UNKNOWN])
    assert Companions.of(cars(9, 0, unknown=50)).hints(row) == []
    assert Companions.of(cars(18, 1)).hints(row) == []
    assert Companions.of(cars(18, 1), 0.9, 5).hints(row) == [(WHEEL, CAR, pytest.approx(18 / 19))]
    assert Companions.of(np.zeros((0, 3), np.int8)).hints(row) == []
    assert Companions.of(np.zeros((3, 0), np.int8)).hints(np.zeros(0, np.int8)) == []


def test_the_surest_label_is_named_and_comes_first():
    states = np.array([[1, 1, 1]] * 39 + [[1, 0, 1]] + [[0, 1, 0]] * 40, np.int8)
    companions = Companions.of(states)
    row = np.array([PRESENT, UNKNOWN, UNKNOWN])
    assert companions.hints(row) == [(SKY, CAR, 1.0), (WHEEL, CAR, 0.975)]


@pytest.mark.parametrize(
    "rule", [Rule(1, "implies", (1, 2)), Rule(1, "never", (2, 1)), Rule(1, "exclusive", (1, 2, 3), "group")]
)
def test_what_a_rule_says_already_is_no_hint(rule):
    row = np.array([PRESENT, UNKNOWN, UNKNOWN])
    assert Companions.of(cars(20, 0), labels=LABELS, rules=[rule]).hints(row) == []


def test_what_a_chain_of_parents_says_is_no_hint():
    labels = (Label(1, "car", "", parent=3), Label(2, "wheel", ""), Label(3, "sky", "", parent=2))
    assert Companions.of(cars(20, 0), labels=labels).hints(np.array([PRESENT, UNKNOWN, ABSENT])) == []


@given(
    arrays(np.int8, (30, 4), elements=st.sampled_from([1, 0, -1])),
    st.lists(st.sampled_from([1, 0, -1]), min_size=4, max_size=4),
)
def test_hints_are_what_a_plain_loop_finds(states, row):
    found = Companions.of(states, 0.6, 3).hints(np.array(row, np.int8))
    expected = {}
    for one in range(4):
        for two in range(4):
            if one == two or row[one] != 1 or row[two] != -1:
                continue
            support = [image for image in states if image[one] == 1 and image[two] != -1]
            share = np.mean([image[two] == 1 for image in support]) if len(support) >= 3 else 0
            if share >= 0.6:
                expected[two] = max(expected.get(two, 0), share)
    assert {column: share for column, _, share in found} == pytest.approx(expected)
    shares = [share for _, _, share in found]
    assert shares == sorted(shares, reverse=True)
