"""The questions of the language that are no labels: `split:train`, `labels>=3`, `prob(cat)>0.8` and the like."""

import math
import re

from core.project.query.errors import QueryError
from core.project.query.names import LabelNames, meant, quoted
from core.project.query.tree import (
    Compares,
    Disagrees,
    HasId,
    HasNote,
    HasProbability,
    InFolder,
    InSplit,
    IsKnown,
    IsNamed,
    Leaf,
    Sort,
)
from core.project.query.words import COMPARISON_SPELLINGS, DISAGREE, SORTS, SPLIT_SPELLINGS, SPLITS, UNITS

_VALUE = re.compile(r'[^\s"()|]*')
_BRACKETED = re.compile(r'[^\s"|]*')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_COMPARISON = re.compile(r"\s*(<=|>=|==|!=|=|<|>|≤|≥|≠)\s*")
_LONGEST_NUMBER = 30
# of the number of an image: 64 bits
_MOST_DIGITS = 18
_EXAMPLES = {
    "labels": "labels>=3",
    "known": "known<5",
    "width": "width<300",
    "height": "height>=1080",
    "size": "size>1mb",
    "aspect": "aspect>1.5",
}
_KEY_EXAMPLES = {"folder": "folder:holiday", "note": "note:* or note:blurred"}


def of_key(key: str, text: str, start: int, end: int, *, names: LabelNames) -> tuple[Leaf | Sort, int]:
    """What a word with a colon asks, and where it ends.

    Args:
        key: of `KEYS`.
        text: the filter.
        start: where the word starts.
        end: the place behind the colon.
        names: the labels.

    Raises:
        QueryError: the value is missing or wrong.
    """
    if key == "sort":
        return _sort(text, start, end, names)
    if key in ("split", "id"):
        match = _VALUE.match(text, end)
        assert match is not None
        read = _splits if key == "split" else _ids
        return read(match[0], start, end, match.end()), match.end()
    value, value_end = _text(text, end)
    if not value and key != "name":
        raise QueryError(
            f"“{key}:” needs a text behind it.", next_step=f"Write {_KEY_EXAMPLES[key]}.", start=start, end=value_end
        )
    value = value.casefold()
    if key == "folder":
        return InFolder(value), value_end
    return (IsNamed(value) if key == "name" else HasNote(value)), value_end


def of_function(name: str, text: str, start: int, end: int, *, names: LabelNames) -> tuple[Leaf, int]:
    """What a word with a label in brackets asks, and where it ends.

    Args:
        name: of `FUNCTIONS`.
        text: the filter.
        start: where the word starts.
        end: the place behind the bracket.
        names: the labels.

    Raises:
        QueryError: there is no such label, or the comparison is missing or wrong.
    """
    label, end = names.in_brackets(text, end, before=start)
    if name == "known":
        return IsKnown(label), end
    if name == DISAGREE:
        return Disagrees(label), end
    comparison = _COMPARISON.match(text, end)
    asked = text[start:end]
    if comparison is None:
        raise QueryError(f"“{asked}” is compared with nothing.", next_step=f"Write {asked}>0.8.", start=start, end=end)
    number, number_end = _number(
        text, comparison.end(), {"%": 0.01, "": 1.0}, f"{asked}>0.8", asked=text[start : comparison.end()]
    )
    if number > 1 or number < 0:
        raise QueryError(
            "A probability lies between 0 and 1.",
            next_step=f"Write {asked}>0.8 or {asked}>80%.",
            start=comparison.end(),
            end=number_end,
        )
    return HasProbability(label, COMPARISON_SPELLINGS[comparison[1]], number), number_end


def of_field(name: str, comparison: str, text: str, start: int, end: int) -> tuple[Leaf, int]:
    """What a measure and a comparison ask, and where it ends.

    Args:
        name: of `FIELDS`.
        comparison: as it was typed.
        text: the filter.
        start: where the measure starts.
        end: the place behind the comparison.

    Raises:
        QueryError: the number is missing or wrong.
    """
    units = {"": 1.0} | (UNITS if name == "size" else {"px": 1.0} if name in ("width", "height") else {})
    number, end = _number(text, end, units, _EXAMPLES[name], asked=text[start:end], is_ratio=name == "aspect")
    return Compares(name, COMPARISON_SPELLINGS[comparison], number), end


def _number(
    text: str, start: int, units: dict[str, float], example: str, *, asked: str, is_ratio: bool = False
) -> tuple[float, int]:
    """The number at a place and where it ends; `asked` is what it is compared with."""
    match = _VALUE.match(text, start)
    assert match is not None
    value, end = match[0], match.end()
    if not value:
        raise QueryError(
            f"A number is missing behind “{asked}”.",
            next_step=f"Write one as in {example}.",
            start=start - len(asked),
            end=start,
        )
    number = _value(value, units)
    if number is None and is_ratio:
        across, mark, down = value.replace("/", ":").partition(":")
        parts = _value(across, units), _value(down, units)
        if mark and parts[0] is not None and parts[1]:
            number = parts[0] / parts[1]
    if number is None:
        raise QueryError(f"“{value}” is no number.", next_step=f"Write one as in {example}.", start=start, end=end)
    return number, end


def _value(text: str, units: dict[str, float]) -> float | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    match = _NUMBER.match(text)
    unit = "" if match is None else text[match.end() :].casefold()
    if match is None or unit not in units:
        return None
    # by its inverse: 80 % is to be the same number as 0.8
    value = float(match[0]) * units[unit] if units[unit] >= 1 else float(match[0]) / round(1 / units[unit])
    return value + 0.0 if math.isfinite(value) else None


def _text(text: str, start: int) -> tuple[str, int]:
    """The text behind a colon, in quotation marks or up to a space or a bracket that closes one before the text."""
    if text.startswith('"', start):
        return quoted(text, start)
    match = _BRACKETED.match(text, start)
    assert match is not None
    value, depth = match[0], 0
    for place, letter in enumerate(value):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return value[:place], start + place
    return value, match.end()


def _splits(value: str, start: int, value_start: int, end: int) -> InSplit:
    splits = []
    for word in value.casefold().split(","):
        if word not in SPLIT_SPELLINGS:
            sentence = f"“{word}” is no split." if word else "“split:” needs one of the splits behind it."
            step = meant(word, {one: f"split:{one}" for one in SPLITS})
            step = step or f"Write split: with one of {', '.join(SPLITS)}."
            raise QueryError(sentence, next_step=step, start=value_start if word else start, end=end)
        splits.append(SPLIT_SPELLINGS[word])
    return InSplit(frozenset(splits))


def _ids(value: str, start: int, value_start: int, end: int) -> HasId:
    words = value.split(",")
    if not all(word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS for word in words):
        sentence = f"“{value}” is no number of an image." if value else "“id:” needs a number behind it."
        raise QueryError(sentence, next_step="Write id:12 or id:12,15.", start=value_start if value else start, end=end)
    return HasId(tuple(sorted({int(word) for word in words})))


def _sort(text: str, start: int, end: int, names: LabelNames) -> tuple[Sort, int]:
    descending = text.startswith("-", end)
    place = end + descending
    if text[place : place + 5].casefold() == "prob(":
        label, label_end = names.in_brackets(text, place + 5, before=start)
        return Sort("prob", label, descending), label_end
    match = _VALUE.match(text, place)
    assert match is not None
    word = match[0].casefold()
    if word not in SORTS:
        sentence = f"Images cannot be sorted by “{match[0]}”." if word else "“sort:” needs a word behind it."
        raise QueryError(
            sentence,
            next_step=meant(word, {one: f"sort:{one}" for one in SORTS})
            or names.meant_sort(word)
            or f"Write sort: with prob(label) or one of {', '.join(SORTS)}.",
            start=place if word else start,
            end=match.end(),
        )
    return Sort(word, None, descending), match.end()
