"""Any filter: what numpy says of it is what a plain loop over the images says, and its text is read as itself."""

import dataclasses
import functools
import math
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.labels import Label, LabelState, Review, Rule, Split
from core.project.labels.rules import violations_of
from core.project.query import PathIndex, Query, QueryData, QueryError, completions, counts, parse, parts, without
from core.project.query.tree import (
    And,
    Compares,
    Disagrees,
    HasFlag,
    HasId,
    HasNote,
    HasProbability,
    HasState,
    InFolder,
    InSplit,
    IsKnown,
    IsNamed,
    LabelName,
    Not,
    Or,
    Sort,
    all_of,
    any_of,
    negated,
)
from core.project.query.words import COMPARISONS, FIELDS, FLAGS, SORTS

NAMES = (
    "cat",
    "red card",
    "reviewed",
    "-1",
    "split:x",
    '5" plate',
    "or",
    "a(b)",
    ")",
    "known(cat)",
    "Straße",
    "!",
    "?q",
)
LABELS = tuple(Label(2 * i + 1, name, "#000000") for i, name in enumerate(NAMES))
RULES = (Rule(1, "exclusive", (1, 3, 5), "group"), Rule(2, "implies", (7, 9)), Rule(3, "never", (1, 7)))
PATHS = (
    "a.jpg", "b/a1.jpg", "b/a10.jpg", "b/a2.jpg", "B/x y/c.png", "bc/(1).jpg", "b/x y/z/straße.jpg", "c*d/é?.jpg",
    "07/7.jpg", "7/07.jpg",
)  # fmt: skip
NOTES = ("blurred", "is it a King?", "a*b", "", "Blur and more")
COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip

# a busy machine is no fault of a filter
often = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

names = st.sampled_from([LabelName(label.id, label.name) for label in LABELS])
patterns = st.one_of(
    st.text("ab1*?/ \"().|&<'ß", min_size=1, max_size=5),
    st.sampled_from(["b/*", "*", "a?.jpg", "b", ".", "x y", "blur*"]),
).map(str.casefold)
numbers = st.one_of(st.integers(-3, 12).map(float), st.floats(allow_nan=False, allow_infinity=False))
leaf_nodes = st.one_of(
    st.builds(HasState, names, st.sampled_from(LabelState)),
    st.builds(IsKnown, names),
    st.builds(HasFlag, st.sampled_from(sorted(FLAGS))),
    st.builds(InSplit, st.frozensets(st.sampled_from(Split), min_size=1)),
    st.builds(InFolder, patterns),
    st.builds(IsNamed, patterns),
    st.builds(HasNote, patterns),
    st.builds(HasId, st.frozensets(st.integers(0, 30), min_size=1).map(lambda ids: tuple(sorted(ids)))),
    st.builds(Compares, st.sampled_from(sorted(FIELDS)), st.sampled_from(COMPARISONS), numbers),
    st.builds(HasProbability, names, st.sampled_from(COMPARISONS), st.floats(0, 1)),
    st.builds(Disagrees, st.none() | names),
)
trees = st.recursive(
    leaf_nodes,
    lambda nodes: st.one_of(
        st.builds(negated, nodes),
        st.builds(all_of, st.lists(nodes, min_size=1, max_size=4)),
        st.builds(any_of, st.lists(nodes, min_size=1, max_size=4)),
    ),
    max_leaves=12,
)
orders = st.lists(
    st.one_of(
        st.builds(Sort, st.sampled_from(sorted(SORTS)), st.none(), st.booleans()),
        st.builds(Sort, st.just("prob"), names, st.booleans()),
    ),
    max_size=3,
).map(tuple)


def draw(seed):
    rng = np.random.default_rng(seed)
    count, width = len(PATHS), len(LABELS)
    scores = rng.choice([np.nan, 0.0, 0.25, 0.5, 0.75, 1.0], (count, width)).astype(np.float32)
    has_note = rng.random(count) < 0.5
    ids = np.sort(rng.choice(30, count, replace=False)).astype(np.int64)
    return QueryData(
        labels=LABELS,
        states=np.asfortranarray(rng.choice(np.array([1, 0, -1], np.int8), (count, width), p=[0.1, 0.3, 0.6])),
        review=rng.choice(np.array(list(Review), np.int8), count),
        reviewed_at=rng.choice([np.nan, 1.0, 2.0], count),
        flagged=rng.random(count) < 0.5,
        splits=rng.choice(np.array(list(Split), np.int8), count),
        image_ids=ids,
        paths=PathIndex.of(PATHS),
        problems={int(ids[0]): "It is empty.", 99: "Nobody's."},
        notes={int(ids[i]): NOTES[i % len(NOTES)] for i in np.flatnonzero(has_note)},
        widths=rng.choice(np.array([0, 2, 3, 300], np.int32), count),
        heights=rng.choice(np.array([0, 2, 4, 300], np.int32), count),
        sizes=rng.choice(np.array([0, 5, 10**6, 3_000_000_000]), count),
        rules=RULES,
        disputes={(int(ids[3]), 1): LabelState.ABSENT, (int(ids[3]), 3): LabelState.PRESENT},
        scores=None if seed % 5 == 0 else scores,
        thresholds=None if seed % 3 == 0 else rng.choice([0.25, 0.5, 0.7, np.nan], width),
    )


def plainly(node, data, row):
    """Whether a node lets an image through, by a loop and nothing clever."""
    if isinstance(node, Not):
        return not plainly(node.node, data, row)
    if isinstance(node, And):
        return all(plainly(one, data, row) for one in node.nodes)
    if isinstance(node, Or):
        return any(plainly(one, data, row) for one in node.nodes)
    column = [label.id for label in LABELS].index(node.label.id) if getattr(node, "label", None) else None
    states = data.states[row].tolist()
    path, image_id = PATHS[row].casefold(), int(data.image_ids[row])
    match node:
        case HasState():
            return states[column] == node.state
        case IsKnown():
            return states[column] != LabelState.UNKNOWN
        case HasFlag():
            return {
                "reviewed": data.review[row] == 1,
                "unreviewed": data.review[row] == 0,
                "unsure": data.review[row] == 2,
                "flagged": data.flagged[row],
                "unlabeled": all(state == -1 for state in states),
                "unreadable": image_id in data.problems,
                "conflict": bool(violations_of(data.states[row], LABELS, RULES)),
                "disputed": any(image_id == one for one, _ in data.disputes),
            }[node.word]
        case InSplit():
            return data.splits[row] in node.splits
        case InFolder():
            return is_in_folder(node.pattern, path.rpartition("/")[0])
        case IsNamed():
            if not set(node.pattern) & set("*?"):
                return node.pattern in path
            ends = [path[i:] for i in range(len(path)) if i == 0 or path[i - 1] == "/"]
            return any(described(node.pattern, end) for end in ends)
        case HasNote():
            note = data.notes.get(image_id, "").casefold()
            is_pattern = "*" in node.pattern
            return bool(note) and (described(node.pattern, note, one="") if is_pattern else node.pattern in note)
        case HasId():
            return image_id in node.ids
        case Compares():
            return compares(number_of(node.field, data, row), node.comparison, node.number)
        case HasProbability():
            return compares(math.nan if data.scores is None else data.scores[row, column], node.comparison, node.number)
        case Disagrees():
            return any(differs(data, row, one) for one in (range(len(LABELS)) if column is None else [column]))
    raise AssertionError(node)


def is_in_folder(pattern, folder):
    if pattern == ".":
        return not folder
    parents = [folder[:i] for i in range(1, len(folder) + 1) if i == len(folder) or folder[i] == "/"]
    if not set(pattern) & set("*?"):
        return pattern.rstrip("/") in parents or (not pattern.rstrip("/") and not folder)
    pattern = pattern.rstrip("/")
    if not folder:
        return described(pattern, "")
    return any(described(pattern, one) or described(pattern, f"{one}/") for one in parents)


def described(pattern, text, *, one="?"):
    @functools.cache
    def fits(i, j):
        if i == len(pattern):
            return j == len(text)
        if pattern[i] == "*":
            return fits(i + 1, j) or (j < len(text) and fits(i, j + 1))
        if j == len(text):
            return False
        is_same = text[j] != "/" if pattern[i] == one else pattern[i] == text[j]
        return is_same and fits(i + 1, j + 1)

    return fits(0, 0)


def number_of(field, data, row):
    states = data.states[row].tolist()
    width, height = (float(one[row]) or math.nan for one in (data.widths, data.heights))
    return {
        "labels": states.count(1), "known": len(states) - states.count(-1), "width": width, "height": height,
        "aspect": width / height, "size": int(data.sizes[row]),
    }[field]  # fmt: skip


def compares(value, comparison, number):
    return not math.isnan(value) and bool(COMPARE[comparison](value, number))


def differs(data, row, column):
    if data.scores is None or data.states[row, column] == -1 or math.isnan(data.scores[row, column]):
        return False
    threshold = 0.5 if data.thresholds is None else data.thresholds[column]
    if math.isnan(threshold):
        return False
    return (float(data.scores[row, column]) >= threshold) != (data.states[row, column] == 1)


def value_of(sort, data, row):
    if sort.key == "prob":
        column = [label.id for label in LABELS].index(sort.label.id)
        return math.nan if data.scores is None else float(data.scores[row, column])
    if sort.key == "name":
        return data.paths.natural_rank[row]
    if sort.key == "reviewed":
        return data.reviewed_at[row]
    if sort.key == "disagree":
        far = [
            abs(float(score) - state)
            for score, state in zip(([] if data.scores is None else data.scores[row]), data.states[row], strict=False)
            if state >= 0 and not math.isnan(score)
        ]
        return max(far, default=math.nan)
    return int(data.image_ids[row]) if sort.key == "id" else number_of(sort.key, data, row)


@settings(often, max_examples=300)
@given(trees, st.integers(0, 1000))
def test_a_filter_lets_through_what_a_plain_loop_lets_through(tree, seed):
    data = draw(seed)
    passing = Query(tree).matches(data)
    assert passing.tolist() == [plainly(tree, data, row) for row in range(len(PATHS))]
    found = counts(data, passing)
    for state in LabelState:
        assert found[state].tolist() == (data.states[passing] == state).sum(axis=0).tolist()


@settings(often, max_examples=300)
@given(st.none() | trees, orders)
def test_the_text_of_a_filter_is_read_as_that_filter(tree, sorts):
    query = Query(tree, sorts)
    assert parse(str(query), LABELS) == query
    assert parse(f" {query}\n".replace(" OR ", " | "), LABELS) == query or '"' in str(query)


@settings(often, max_examples=200)
@given(orders, st.integers(0, 1000))
def test_an_order_is_that_of_sorted_with_what_is_unknown_last(sorts, seed):
    data = draw(seed)
    if any(sort.key == "random" for sort in sorts):
        return
    rows = list(range(len(PATHS)))
    for sort in reversed(sorts):
        values = {row: value_of(sort, data, row) for row in rows}
        sign = -1 if sort.descending else 1
        rows.sort(key=lambda row: (math.isnan(values[row]), 0 if math.isnan(values[row]) else sign * values[row]))
    assert Query(None, sorts).order(data, np.arange(len(PATHS))).tolist() == rows


PIECES = (
    "cat", '"red card"', '"', "(", ")", "-", "?", "!", " ", " OR ", " and ", "|", "split:", "train", "sort:", "prob(",
    "known(", "disagree", ">", "<=", "0.8", "labels", "name:", "a*", "id:1", ",", "ß", "\t", "reviewed", "))",
)  # fmt: skip


@settings(often, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30), st.integers(0, 60))
def test_whatever_is_typed_is_read_or_told_where_it_is_wrong(text, cursor):
    cursor = min(cursor, len(text))
    for one in completions(text, cursor, LABELS, ["", "b", "b/x y"]):
        assert 0 <= one.start <= cursor <= one.end <= len(text)
    try:
        query = parse(text, LABELS)
    except QueryError as error:
        wrong = error
    else:
        wrong = None
    if wrong is not None:
        assert 0 <= wrong.start < wrong.end <= len(text)
        assert wrong.sentence.endswith(".")
        assert re.search(r"[.?]$", wrong.next_step)
        return
    assert parse(str(query), LABELS) == query
    for part in parts(text, LABELS):
        assert text[part.start : part.end] == part.text
        parse(without(text, part), LABELS)


plain_texts = st.text("ab/", max_size=8).map(lambda text: re.sub("/+", "/", text).strip("/") or "a")


@settings(often, max_examples=300)
@given(st.lists(plain_texts, max_size=6), st.text("ab/*?", min_size=1, max_size=6))
def test_a_pattern_finds_the_paths_it_describes(paths, pattern):
    def passes(path):
        if not set(pattern) & set("*?"):
            return pattern in path
        return any(described(pattern, path[i:]) for i in range(len(path)) if i == 0 or path[i - 1] == "/")

    assert PathIndex.of(paths).named(pattern).tolist() == [passes(path) for path in paths]
    assert PathIndex.of([*paths, "é" * 600]).named(pattern).tolist()[:-1] == [passes(path) for path in paths]


@settings(often, max_examples=100)
@given(st.lists(plain_texts, max_size=4), st.lists(plain_texts, max_size=4))
def test_an_index_that_grew_is_that_of_all_paths(first, more):
    before = PathIndex.of(first)
    before.named("a")
    grown, whole = PathIndex.of(first + more, before), PathIndex.of(first + more)
    assert PathIndex.of(first + more, grown) is grown
    for pattern in ("a", "b*", "a?"):
        assert grown.named(pattern).tolist() == whole.named(pattern).tolist()
        assert grown.in_folder(pattern).tolist() == whole.in_folder(pattern).tolist()
    assert grown.natural_rank.tolist() == whole.natural_rank.tolist()


@settings(often, max_examples=200)
@given(st.lists(st.text("a1230/.-", max_size=8).map(lambda text: text.strip("/")), max_size=6))
def test_natural_order_reads_numbers_as_numbers(paths):
    def key(path):
        pieces = re.split("([0-9]+)", path.replace("/", "\1"))
        # numbers come where digits do: before letters, behind full stops
        return [(ord(letter), 0) for letter in pieces[0]] + [
            one
            for digits, text in zip(pieces[1::2], pieces[2::2], strict=True)
            for one in [(ord("0"), int(digits)), *((ord(letter), 0) for letter in text)]
        ]

    ranks = PathIndex.of(paths).natural_rank.tolist()
    for one, rank in zip(paths, ranks, strict=True):
        for other, other_rank in zip(paths, ranks, strict=True):
            assert (rank < other_rank) == (key(one) < key(other))


@pytest.mark.parametrize("seed", range(3))
def test_images_are_found_in_columns_and_rows_laid_out_either_way(seed):
    data = draw(seed + 1)
    other = dataclasses.replace(data, states=np.ascontiguousarray(data.states))
    for text in ("cat", "labels>=2", "disagree", "conflict", "unlabeled"):
        assert parse(text, LABELS).matches(data).tolist() == parse(text, LABELS).matches(other).tolist()
