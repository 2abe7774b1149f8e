"""What may be typed at a place in a filter."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.labels import Label
from core.project.query.words import (
    DISAGREE,
    FIELDS,
    FLAGS,
    FUNCTIONS,
    KEYS,
    LINKS,
    SORTS,
    SPLITS,
    written,
    written_value,
)

_SEPARATORS = " \t\r\n()|"
_CALL = re.compile(rf"(?P<sort>sort:-?)?(?P<name>{'|'.join(FUNCTIONS)})\Z", re.IGNORECASE)
_PROBABILITY = re.compile(r'(?<!sort:)(?<!sort:-)\bprob\((?:[^()"]*|"(?:[^"]|"")*")\)\Z', re.IGNORECASE)
_KEY = re.compile(rf"(?P<key>{'|'.join(KEYS)}):(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_SIGN_WORDS = {"": "is present", "-": "is absent", "?": "is unknown"}
_COMPARISON_WORDS = {
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
    "=": "exactly",
    "!=": "anything but",
}
_FIELD_STARTS = {"labels": ">=", "known": "<", "width": "<", "height": "<", "size": ">", "aspect": ">"}
_MOST = 100


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may be put in place of characters `start` to `end` of a filter.

    Attributes:
        text: what to put there; it needs a space behind it unless it ends in a colon, a bracket or a comparison.
        start: the first character to be replaced.
        end: the one behind the last.
        explanation: what it means, in some words.
    """

    text: str
    start: int
    end: int
    explanation: str


@dataclass(frozen=True, slots=True)
class _Place:
    """The word at the cursor.

    Attributes:
        typed: up to the cursor, without a sign.
        start: its first character, behind the sign.
        end: where it ends, behind the cursor.
        sign: in front of it.
        call: the word before the bracket that it stands in, or None.
        in_sort: whether that is a part of `sort:`.
    """

    typed: str
    start: int
    end: int
    sign: str
    call: str | None
    in_sort: bool


def completions(text: str, cursor: int, labels: Sequence[Label], folders: Sequence[str]) -> list[Completion]:
    """What may stand at the cursor: labels, words, folders, splits, orders, comparisons; the likeliest first.

    Args:
        text: the filter so far.
        cursor: characters in front of it.
        labels: of the project.
        folders: in which images are.
    """
    place = _place(text, cursor)
    if _PROBABILITY.search(text, 0, cursor) or place.typed.casefold() in FIELDS:
        return [
            Completion(text[place.start : cursor] + one, place.start, cursor, words)
            for one, words in _COMPARISON_WORDS.items()
        ]
    key = _KEY.match(place.typed) if place.call is None else None
    if key is not None:
        return _values(key["key"].casefold(), key["value"], place, folders)
    typed = place.typed.removeprefix('"').replace('""', '"')
    found = list(_labels(place, labels))
    if place.call is None and place.sign != "?" and not place.typed.startswith('"'):
        found.extend(_words(is_first=not text[: place.start].strip("( \t\r\n")))
    return _ranked(typed, found, place)


def _place(text: str, cursor: int) -> _Place:
    start, in_quotes, call, in_sort = 0, False, None, False
    for place, letter in enumerate(text[:cursor]):
        if letter == '"':
            in_quotes = not in_quotes
        elif letter in _SEPARATORS and not in_quotes:
            match = _CALL.match(text[start:place].lstrip("-!")) if letter == "(" else None
            is_inside = letter.isspace() and call is not None and not text[start:place].strip()
            if not is_inside:
                call = None if match is None else match["name"].casefold()
                in_sort = match is not None and match["sort"] is not None
            start = place + 1
    end = cursor
    while end < len(text) and text[end] not in _SEPARATORS and text[end] != '"':
        end += 1
    if in_quotes and text.startswith('"', end):
        end += 1
    if call is not None and text.startswith(")", end):
        end += 1
    sign = ""
    while call is None and start < cursor and text[start] in "-?!":
        sign = text[start]
        start += 1
    return _Place(text[start:cursor], start, end, sign, call, in_sort)


def _labels(place: _Place, labels: Sequence[Label]) -> Iterator[tuple[str, str, str]]:
    """The name, the term and the meaning of each label."""
    for label in labels:
        if place.call is None:
            yield label.name, written(label.name), f"“{label.name}” {_SIGN_WORDS.get(place.sign, 'is present')}"
        else:
            closed = written(label.name) + ")"
            is_compared = place.call == "prob" and not place.in_sort
            yield label.name, closed + (">" if is_compared else ""), FUNCTIONS[place.call]


def _words(*, is_first: bool) -> Iterator[tuple[str, str, str]]:
    """Each word of the language, how it is written, and its meaning."""
    yield from ((word, word, meaning) for word, meaning in FLAGS.items())
    yield DISAGREE, DISAGREE, FUNCTIONS[DISAGREE]
    yield from ((key, f"{key}:", meaning) for key, meaning in KEYS.items())
    yield from ((field, field + _FIELD_STARTS[field], meaning) for field, meaning in FIELDS.items())
    yield from ((word, f"{word}(", meaning) for word, meaning in FUNCTIONS.items())
    yield from ((word, word.upper(), meaning) for word, meaning in LINKS.items() if word == "not" or not is_first)


def _values(key: str, value: str, place: _Place, folders: Sequence[str]) -> list[Completion]:
    found: list[tuple[str, str, str]] = []
    before = f"{key}:"
    if key == "split":
        chosen, comma, value = value.rpartition(",")
        before += chosen + comma
        found = [(word, word, f"images in {word}" if word != "none" else "images in no split") for word in SPLITS]
        found = [one for one in found if one[0] not in chosen.casefold().split(",")]
    elif key == "sort":
        minus = "-" if value.startswith("-") else ""
        before, value = before + minus, value[len(minus) :]
        found = [("prob", "prob(", "by what a model says of a label"), *((one, one, SORTS[one]) for one in SORTS)]
        if minus:
            found = [(one, one_text, f"{meaning}, turned round") for one, one_text, meaning in found]
    elif key == "folder":
        value = value.removeprefix('"')
        found = [(one, written_value(one), "images in it and below") for one in folders if one]
        if "" in folders:
            found.append((".", ".", "images in no folder"))
    elif key == "note":
        found = [("*", "*", "images with a note")]
    return _ranked(value, [(one, before + one_text, meaning) for one, one_text, meaning in found], place)


def _ranked(typed: str, found: Iterable[tuple[str, str, str]], place: _Place) -> list[Completion]:
    """Those that begin with what is typed, then those of which a word does, then those that contain it."""
    typed = typed.casefold()
    ranked: tuple[list[Completion], ...] = ([], [], [])
    starts_word = re.compile(rf"(?<![^\W_]){re.escape(typed)}")
    for name, text, explanation in found:
        folded = name.casefold()
        if typed in folded:
            rank = 0 if folded.startswith(typed) else 1 if starts_word.search(folded) else 2
            ranked[rank].append(Completion(text, place.start, place.end, explanation))
    return [one for part in ranked for one in part][:_MOST]
