"""Rules of labels: what is refused, who breaks them, and what mends it."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ProjectError
from core.labels import Label, LabelState, Rule
from core.project.labels.rules import (
    Violation,
    chains_of,
    check_parent,
    check_rule,
    excluding,
    fix,
    implied_present,
    violating,
    violations_of,
    with_parents,
)

PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN
ANIMAL, CAT, DOG, KITTEN, CAR = LABELS = tuple(
    Label(number, name, "#888888") for number, name in enumerate(("animal", "cat", "dog", "kitten", "car"), start=1)
)
NAMES = {label.name: label.id for label in LABELS}


def implies(one, two, rule_id=1):
    return Rule(rule_id, "implies", (one.id, two.id))


def never(one, two, rule_id=2):
    return Rule(rule_id, "never", (one.id, two.id))


def group(*labels, name="kind", rule_id=3):
    return Rule(rule_id, "exclusive", tuple(label.id for label in labels), name)


def with_parent(labels, child, parent):
    return tuple(replace(label, parent=parent.id) if label.id == child.id else label for label in labels)


def row(**states):
    return np.array([states.get(label.name, UNKNOWN) for label in LABELS], np.int8)


def refused(rule, rules=(), labels=LABELS):
    with pytest.raises(ProjectError) as error:
        check_rule(rule, labels, rules)
    assert error.value.next_step
    return error.value.sentence


# what is refused


@pytest.mark.parametrize("rule", [implies(CAT, ANIMAL, 0), never(CAT, CAR, 0), group(CAT, DOG, CAR, rule_id=0)])
def test_a_rule_that_makes_sense_is_taken(rule):
    check_rule(rule, LABELS, [implies(KITTEN, CAT), never(DOG, CAR)])


def test_a_rule_of_too_few_labels_is_refused():
    assert "two labels or more" in refused(group(CAT, rule_id=0))
    assert "two labels or more" in refused(group(CAT, CAT, rule_id=0))
    assert "two labels" in refused(Rule(0, "never", (CAT.id,)))
    assert "two labels" in refused(Rule(0, "implies", (CAT.id, DOG.id, CAR.id)))
    assert "“cat” cannot imply itself" in refused(implies(CAT, CAT, 0))
    assert "“cat” cannot exclude itself" in refused(never(CAT, CAT, 0))


def test_a_rule_of_a_deleted_label_is_refused():
    assert "deleted" in refused(Rule(0, "never", (CAT.id, 99)))


def test_a_group_has_a_name_of_its_own():
    assert "needs a name" in refused(group(CAT, DOG, name=" ", rule_id=0))
    assert "“KIND”" in refused(group(CAT, CAR, name="KIND", rule_id=0), [group(CAT, DOG)])
    check_rule(group(CAT, CAR, name="thing", rule_id=0), LABELS, [group(CAT, DOG)])


def test_a_rule_that_exists_already_is_refused():
    assert "already" in refused(implies(CAT, ANIMAL, 0), [implies(CAT, ANIMAL)])
    assert "already" in refused(never(CAR, CAT, 0), [never(CAT, CAR)])
    assert "already" in refused(group(DOG, CAT, name="other", rule_id=0), [group(CAT, DOG)])
    assert "is the parent of" in refused(implies(CAT, ANIMAL, 0), labels=with_parent(LABELS, CAT, ANIMAL))


def test_a_rule_that_is_changed_is_not_compared_with_itself():
    check_rule(group(CAT, DOG, CAR, name="Kind"), LABELS, [group(CAT, DOG)])
    check_rule(implies(ANIMAL, CAT), LABELS, [implies(CAT, ANIMAL)])


def test_labels_do_not_imply_themselves():
    said = refused(implies(ANIMAL, KITTEN, 0), [implies(CAT, ANIMAL)], with_parent(LABELS, KITTEN, CAT))
    assert "animal → kitten → cat → animal" in said


def test_a_label_does_not_imply_what_excludes_it():
    assert "it implies “animal”, which excludes it" in refused(implies(CAT, ANIMAL, 0), [never(ANIMAL, CAT)])
    said = refused(never(KITTEN, ANIMAL, 0), [implies(CAT, ANIMAL)], with_parent(LABELS, KITTEN, CAT))
    assert "“kitten” could never be present: it implies “animal” (kitten → cat → animal), which excludes it" in said


def test_a_label_does_not_imply_two_of_a_group():
    said = refused(group(DOG, CAT, rule_id=0), [implies(KITTEN, CAT), implies(KITTEN, DOG, 5)])
    assert "“kitten” could never be present" in said
    assert "implies “cat” and “dog”, both in the group “kind”" in said


def test_what_was_impossible_before_does_not_forbid_another_rule():
    check_rule(implies(KITTEN, CAR, 0), LABELS, [implies(CAT, ANIMAL), never(CAT, ANIMAL)])


def test_a_parent_is_checked_as_a_rule():
    labels = with_parent(LABELS, CAT, ANIMAL)
    check_parent(KITTEN.id, CAT.id, labels, [])
    # in place of the one it has
    check_parent(CAT.id, DOG.id, labels, [implies(DOG, ANIMAL)])
    for child, parent, rules, said in (
        (CAT, CAT, [], "its own parent"),
        (ANIMAL, CAT, [], "animal → cat → animal"),
        (CAT, DOG, [never(DOG, CAT)], "could never be present"),
    ):
        with pytest.raises(ProjectError, match=said):
            check_parent(child.id, parent.id, labels, rules)


# who breaks them


def test_parents_are_rules_without_a_number_and_are_not_said_twice():
    labels = with_parent(LABELS, CAT, ANIMAL)
    assert with_parents(labels, [never(CAT, CAR)]) == (never(CAT, CAR), Rule(0, "implies", (CAT.id, ANIMAL.id)))
    assert with_parents(labels, [implies(CAT, ANIMAL)]) == (implies(CAT, ANIMAL),)
    assert with_parents(labels, with_parents(labels, [])) == with_parents(labels, [])
    assert with_parents(with_parent(LABELS, CAT, Label(99, "gone", "")), []) == ()


def test_a_violation_names_the_labels():
    rules = [implies(CAT, ANIMAL), never(CAT, CAR), group(CAT, DOG, CAR)]
    assert violations_of(row(cat=PRESENT, animal=PRESENT), LABELS, rules) == []
    assert violations_of(row(cat=PRESENT, animal=UNKNOWN), LABELS, rules) == [
        Violation(rules[0], (CAT.id, ANIMAL.id)),
    ]
    assert violations_of(row(cat=PRESENT, animal=PRESENT, car=PRESENT), LABELS, rules) == [
        Violation(rules[1], (CAT.id, CAR.id)),
        Violation(rules[2], (CAT.id, CAR.id)),
    ]


def test_a_rule_of_a_label_that_is_gone_breaks_nothing():
    rules = [Rule(1, "implies", (CAT.id, 99)), Rule(2, "never", (CAT.id, 99))]
    cat = row(cat=PRESENT)
    assert violations_of(cat, LABELS, rules) == []
    assert not violating(cat[None], LABELS, rules).any()
    assert fix(cat, LABELS, rules, keep=[]) == {}
    assert (implied_present(cat[None], LABELS, rules) == cat).all()


# what mends it


def test_the_newest_label_wins():
    rules = [group(CAT, DOG), implies(CAT, ANIMAL)]
    both = row(cat=PRESENT, dog=PRESENT, animal=PRESENT)
    assert fix(both, LABELS, rules, keep=[DOG.id]) == {CAT.id: ABSENT}
    assert fix(both, LABELS, rules, keep=[DOG.id, CAT.id]) == {DOG.id: ABSENT}
    assert fix(both, LABELS, rules, keep=[]) == {DOG.id: ABSENT}


def test_a_parent_becomes_present_or_the_child_gives_way():
    labels = with_parent(with_parent(LABELS, KITTEN, CAT), CAT, ANIMAL)
    kitten = row(kitten=PRESENT, animal=ABSENT)
    assert fix(kitten, labels, [], keep=[KITTEN.id]) == {CAT.id: PRESENT, ANIMAL.id: PRESENT}
    assert fix(kitten, labels, [], keep=[KITTEN.id, ANIMAL.id]) == {KITTEN.id: ABSENT}
    unknown = row(kitten=PRESENT)
    assert fix(unknown, labels, [], keep=[ANIMAL.id]) == {KITTEN.id: UNKNOWN}


def test_a_label_that_cannot_be_is_absent():
    assert fix(row(cat=PRESENT), LABELS, [implies(CAT, DOG), never(CAT, DOG)], keep=[CAT.id]) == {CAT.id: ABSENT}


def test_what_is_implied_becomes_present_and_what_is_excluded_absent():
    labels = with_parent(with_parent(LABELS, KITTEN, CAT), CAT, ANIMAL)
    rules = [group(CAT, DOG), never(ANIMAL, CAR)]
    states = np.array([row(kitten=PRESENT), row(dog=PRESENT), row(kitten=PRESENT, cat=ABSENT), row()])
    assert implied_present(states, labels, rules).tolist() == [
        row(animal=PRESENT, cat=PRESENT, dog=ABSENT, kitten=PRESENT, car=ABSENT).tolist(),
        row(cat=ABSENT, dog=PRESENT).tolist(),
        # what a person said stays, and says nothing of what it would imply
        row(cat=ABSENT, kitten=PRESENT).tolist(),
        row().tolist(),
    ]
    assert states[0].tolist() == row(kitten=PRESENT).tolist()


# properties

COUNT = 5
STATES = st.sampled_from([1, 0, -1])


@st.composite
def some_rules(draw):
    """Labels with parents and rules of all kinds; not all that the check would take."""
    numbers = st.integers(1, COUNT)
    pairs = st.lists(numbers, min_size=2, max_size=2, unique=True)
    rules = []
    for kind in draw(st.lists(st.sampled_from(["implies", "never", "exclusive"]), max_size=5)):
        members = draw(st.lists(numbers, min_size=2, unique=True) if kind == "exclusive" else pairs)
        rules.append(Rule(len(rules) + 1, kind, tuple(members), "name" if kind == "exclusive" else ""))
    parents = draw(st.lists(st.none() | numbers, min_size=COUNT, max_size=COUNT))
    labels = [
        Label(number, f"label {number}", "", parent=None if parent == number else parent)
        for number, parent in enumerate(parents, start=1)
    ]
    return labels, rules


@st.composite
def sensible_rules(draw):
    """Rules of which each was taken by the check."""
    labels, wanted = draw(some_rules())
    plain = [replace(label, parent=None) for label in labels]
    for place, label in enumerate(labels):
        if label.parent is not None:
            try:
                check_parent(label.id, label.parent, plain, [])
            except ProjectError:
                continue
            plain[place] = label
    taken = []
    for rule in wanted:
        rule = replace(rule, name=f"group {rule.id}" if rule.kind == "exclusive" else "")
        try:
            check_rule(replace(rule, id=0), plain, taken)
        except ProjectError:
            continue
        taken.append(rule)
    return plain, taken


rows = st.lists(STATES, min_size=COUNT, max_size=COUNT)
keeps = st.lists(st.integers(1, COUNT), max_size=COUNT)


def is_broken(states, labels, rules):
    """By a plain loop."""
    present = {label.id for label, state in zip(labels, states, strict=True) if state == 1}
    for label in labels:
        if label.parent is not None and label.id in present and label.parent not in present:
            return True
    for rule in rules:
        if rule.kind == "implies" and rule.label_ids[0] in present and rule.label_ids[1] not in present:
            return True
        if rule.kind != "implies" and sum(one in present for one in rule.label_ids) > 1:
            return True
    return False


@given(some_rules(), st.lists(rows, max_size=6))
def test_violating_is_what_a_plain_loop_finds(known, states):
    labels, rules = known
    matrix = np.array(states, np.int8, order="F").reshape(-1, COUNT)
    expected = [is_broken(one, labels, rules) for one in states]
    assert violating(matrix, labels, rules).tolist() == expected
    assert [bool(violations_of(one, labels, rules)) for one in matrix] == expected


@given(some_rules(), rows, keeps)
def test_nothing_is_broken_after_it_was_fixed(known, states, keep):
    labels, rules = known
    changed = fix(np.array(states, np.int8), labels, rules, keep=keep)
    after = [changed.get(label.id, state) for label, state in zip(labels, states, strict=True)]
    assert not is_broken(after, labels, rules)
    assert all(changed[label_id] != states[label_id - 1] for label_id in changed)
    if not is_broken(states, labels, rules):
        assert changed == {}


@given(some_rules(), rows, keeps)
def test_what_is_to_keep_its_state_keeps_it_if_that_is_possible_and_newer_ones_first(known, states, keep):
    labels, rules = known
    changed = fix(np.array(states, np.int8), labels, rules, keep=keep)
    after = [changed.get(label.id, state) for label, state in zip(labels, states, strict=True)]
    possible = [one for one in product([0, 1], repeat=COUNT) if not is_broken(one, labels, rules)]
    for label_id in dict.fromkeys(reversed(keep)):
        place = label_id - 1
        left = [one for one in possible if one[place] == (states[place] == 1)]
        if left:
            possible = left
            assert after[place] == states[place]


@given(sensible_rules())
def test_each_label_can_be_present_under_rules_that_were_taken(known):
    labels, rules = known
    for place, label in enumerate(labels):
        states = np.full(COUNT, UNKNOWN, np.int8)
        states[place] = PRESENT
        assert fix(states, labels, rules, keep=[]).get(label.id, PRESENT) == PRESENT


@given(some_rules(), st.lists(rows, min_size=1, max_size=6))
def test_what_is_implied_is_only_said_of_unknown_labels(known, states):
    labels, rules = known
    before = np.array(states, np.int8)
    after = implied_present(before, labels, rules)
    assert (after[before != UNKNOWN] == before[before != UNKNOWN]).all()
    for one in after:
        present = {label.id for label, state in zip(labels, one, strict=True) if state == PRESENT}
        for rule in with_parents(labels, rules):
            if rule.kind == "implies" and rule.label_ids[0] in present:
                assert one[rule.label_ids[1] - 1] != UNKNOWN
            if rule.kind != "implies" and present & set(rule.label_ids):
                assert all(one[label_id - 1] != UNKNOWN for label_id in rule.label_ids)


@given(some_rules())
def test_chains_and_exclusions_are_tables_of_what_the_rules_say(known):
    labels, rules = known
    chains, apart = chains_of(labels, rules), excluding(labels, rules)
    for one, two in product(range(COUNT), repeat=2):
        direct = any(r.kind == "implies" and r.label_ids == (one + 1, two + 1) for r in with_parents(labels, rules))
        assert chains[one, two] or not direct
        assert (chains[:, two] | ~(chains[:, one] & chains[one, two])).all()
        together = any(r.kind != "implies" and {one + 1, two + 1} <= set(r.label_ids) for r in rules)
        assert apart[one, two] == (one != two and together)
