"""The labels of a project as a filter names them."""

import difflib
import re
from collections.abc import Iterable, Sequence

from core.labels import Label
from core.project.query.errors import QueryError
from core.project.query.tree import LabelName
from core.project.query.words import DISAGREE, FIELDS, FLAGS, KEYS, RESERVED, written

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
# where a label's name may end
_END = re.compile(r'(?=[\s()|"]|\Z)')
_CLOSE = re.compile(r"\s*\)")
_PARTS = re.compile("([:<>=!])")
# a longer text is close to no name, and looking for one takes long
_LONGEST_SLIP = 60
# around a name in brackets
_MOST_SPACES = 20


class LabelNames:
    """Finds labels in a filter's text, regardless of case."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._labels = {label.name.casefold(): LabelName(label.id, label.name) for label in labels}
        self._longest = max(map(len, self._labels), default=0)

    def longest(self, text: str, start: int, *, is_asked: bool = False) -> tuple[LabelName, int] | None:
        """The label with the longest name that stands at a place up to a space or a bracket, and where it ends.

        Words of the language are none unless `is_asked`, where nothing but a label may stand. Names with spaces or
        quotation marks are not looked for, nor those that begin with a bracket. A name with a bracket that has no
        partner in it is the last resort: `(dog cat)` ends with a bracket even where a label is called "cat)".
        """
        if text[start] in "()|":
            return None
        found = lone = None
        # its casefolded name may be longer than what is typed, never shorter
        last = min(len(text), start + self._longest)
        for match in _END.finditer(text, start + 1):
            end = match.start()
            if end > last:
                break
            name = text[start:end].casefold()
            if name in self._labels and (is_asked or name not in RESERVED):
                is_whole = name.count("(") == name.count(")")
                found, lone = ((self._labels[name], end), lone) if is_whole else (found, (self._labels[name], end))
            if end < len(text) and (text[end] == '"' or text[end].isspace()):
                break
        return found or lone

    def quoted(self, text: str, start: int) -> tuple[LabelName, int]:
        """The label in quotation marks at a place, and where it ends.

        Raises:
            QueryError: there is no second quotation mark, or no such label.
        """
        name, end = quoted(text, start)
        if name.casefold() not in self._labels:
            raise self.unknown(name, start, end)
        return self._labels[name.casefold()], end

    def in_brackets(self, text: str, start: int, *, before: int) -> tuple[LabelName, int]:
        """The label between brackets, with or without quotation marks, and the place behind the closing one.

        Args:
            text: the filter.
            start: behind the opening bracket.
            before: where the word in front of it starts.

        Raises:
            QueryError: there is no closing bracket, or no such label.
        """
        place = next((i for i in range(start, len(text)) if not text[i].isspace()), len(text))
        if text.startswith('"', place):
            label, end = self.quoted(text, place)
            close = _CLOSE.match(text, end)
            if close is None:
                raise _open_bracket(before, end)
            return label, close.end()
        end = first = text.find(")", place)
        if first < 0:
            raise _open_bracket(before, len(text))
        # a name may have brackets in it
        while 0 <= end <= place + self._longest + _MOST_SPACES:
            name = text[place:end].strip().casefold()
            if name in self._labels:
                return self._labels[name], end + 1
            end = text.find(")", end + 1)
        name = text[place:first].strip()
        if not name:
            raise QueryError(
                "The name of a label is missing.", next_step="Write as in known(cat).", start=before, end=first + 1
            )
        raise self.unknown(name, place, first)

    def unknown(self, name: str, start: int, end: int) -> QueryError:
        """The error that says that there is no such label, with one that may be meant."""
        return QueryError(f"There is no label “{name}”.", next_step=self._suggestion(name), start=start, end=end)

    def meant_sort(self, name: str) -> str:
        """The sentence that proposes to sort by what a model says of a label of this name, or nothing."""
        label = self._labels.get(name.casefold())
        return "" if label is None else f"Did you mean sort:prob({written(label.name)})?"

    def _suggestion(self, name: str) -> str:
        if name.casefold() in FIELDS:
            return f"Write what it compares with, as in {name.casefold()}>=3."
        # as others write it
        if len(several := [one for one in re.split(r"[,;&+]", name) if one]) > 1 or name in {"&", "&&", ",", "+"}:
            known_ones = [
                written(self._labels[one.casefold()].name) for one in several if one.casefold() in self._labels
            ]
            if len(known_ones) == len(several) or not several:
                example = " ".join(known_ones) or "cat dog"
                return f"Write a space between labels that are to be there together, as in {example}."
        known = {label.name: written(label.name) for label in self._labels.values()}
        flags = {word: word for word in (*FLAGS, DISAGREE)}
        # of "wdith<300" the number is no part of the slip, nor is the train of "splt:train"
        start, mark, _ = _PARTS.split(name, maxsplit=1) if _PARTS.search(name) else (name, "", "")
        starts = {f"{one}:": f"{one}:" for one in KEYS} if mark == ":" else {one: one for one in FIELDS if mark}
        return (
            meant(name, known | flags)
            or meant(name.casefold(), {one.casefold(): text for one, text in known.items()} | flags)
            or meant(start + mark if mark == ":" else start, starts)
            or "Write a label's name, reviewed, unreviewed or split:train."
        )


def meant(typed: str, words: dict[str, str]) -> str:
    """The sentence that proposes the closest of some words, or nothing.

    Args:
        typed: what was typed.
        words: how each word is written in a filter.
    """
    close: Iterable[str] = difflib.get_close_matches(typed, words, n=1) if len(typed) <= _LONGEST_SLIP else ()
    return next((f"Did you mean {words[one]}?" for one in close), "")


def quoted(text: str, start: int) -> tuple[str, int]:
    """The text in quotation marks at a place, and the place behind them.

    Raises:
        QueryError: there is no second quotation mark.
    """
    match = _QUOTED.match(text, start)
    if match is None:
        raise QueryError(
            "A quotation mark has no partner.",
            next_step='Write names with spaces as "red card".',
            start=start,
            end=len(text),
        )
    return match[1].replace('""', '"'), match.end()


def _open_bracket(start: int, end: int) -> QueryError:
    return QueryError("A bracket has no partner.", next_step="Write as in known(cat).", start=start, end=end)
