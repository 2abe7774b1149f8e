"""The small language of the filter: `ace -king ?queen "red card" unreviewed split:train name:beach`.

A label's name asks for images where it is present, with `-` in front where it is absent, with `?` where it is unknown.
All terms must hold. A name with a space, or one that is a word of the language, is written in double quotes; a quote in
it is doubled.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.labels import Label, LabelState, Split

SPLITS = {"train": Split.TRAIN, "validation": Split.VALIDATION, "test": Split.TEST, "none": Split.UNASSIGNED}
FLAGS = {
    "reviewed": "images that were reviewed",
    "unreviewed": "images still to be reviewed",
    "unlabeled": "images without any known label",
    "unreadable": "images whose file cannot be read",
}

_TERM = re.compile(r'\s*(?P<sign>[-?]?)(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<word>[^\s"]+))(?=\s|$)')
_SIGNS = {"": LabelState.PRESENT, "-": LabelState.ABSENT, "?": LabelState.UNKNOWN}


class QueryError(MultihotError):
    """A filter that says something that is not in the project or the language."""


@dataclass(frozen=True, slots=True)
class Query:
    """A filter, ready to be asked.

    Attributes:
        labels: state that is asked of labels, by id.
        flags: words of `FLAGS`.
        splits: any of these; empty for all.
        names: texts that the path must contain, casefolded.
    """

    labels: tuple[tuple[int, LabelState], ...] = ()
    flags: frozenset[str] = frozenset()
    splits: frozenset[Split] = frozenset()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.flags or self.splits or self.names)

    def matches(
        self,
        states: NDArray[np.int8],
        splits: NDArray[np.int8],
        reviewed: NDArray[np.bool_],
        *,
        labels: Sequence[Label],
        paths: Sequence[str],
        image_ids: NDArray[np.int64],
        problems: Mapping[int, str],
    ) -> NDArray[np.bool_]:
        """Which images the filter lets through.

        Args:
            states: (N, C) in {1, 0, -1}.
            splits: (N,) values of `Split`.
            reviewed: (N,).
            labels: the C labels, in the order of the columns.
            paths: the N paths.
            image_ids: (N,).
            problems: sentence by image id.

        Returns:
            bool (N,). A label that was deleted since lets nothing through.
        """
        passing = np.ones(len(image_ids), dtype=bool)
        columns = {label.id: column for column, label in enumerate(labels)}
        for label_id, state in self.labels:
            if label_id in columns:
                passing &= states[:, columns[label_id]] == state
            else:
                passing[:] = False
        if "reviewed" in self.flags:
            passing &= reviewed
        if "unreviewed" in self.flags:
            passing &= ~reviewed
        if "unlabeled" in self.flags:
            passing &= (states == LabelState.UNKNOWN).all(axis=1)
        if "unreadable" in self.flags:
            passing &= np.isin(image_ids, np.fromiter(problems, dtype=np.int64))
        if self.splits:
            passing &= np.isin(splits, [int(split) for split in self.splits])
        for name in self.names:
            rows = np.flatnonzero(passing)
            passing[rows] = [name in paths[row].casefold() for row in rows.tolist()]
        return passing


def parse(text: str, labels: Sequence[Label]) -> Query:
    """Read a filter.

    Args:
        text: what was typed; empty lets everything through.
        labels: of the project.

    Returns:
        The filter.

    Raises:
        QueryError: a term is no label and no word of the language; says which.
    """
    by_name = {label.name.casefold(): label.id for label in labels}
    asked: list[tuple[int, LabelState]] = []
    flags: set[str] = set()
    splits: set[Split] = set()
    names: list[str] = []
    position = 0
    while text[position:].strip():
        term = _TERM.match(text, position)
        if term is None:
            raise QueryError("A quotation mark has no partner.", next_step='Write names with spaces as "red card".')
        position = term.end()
        sign, word = term["sign"], term["word"]
        if word is not None and not sign:
            key, colon, value = word.partition(":")
            if word.casefold() in FLAGS:
                flags.add(word.casefold())
                continue
            if colon and key == "split":
                splits.add(_split(value))
                continue
            if colon and key == "name":
                names.append(value.casefold())
                continue
        name = term["quoted"].replace('""', '"') if word is None else word
        # a label may be called "-1": the sign then belongs to the name
        if word is not None and sign and (sign + name).casefold() in by_name:
            sign, name = "", sign + name
        if name.casefold() not in by_name:
            raise QueryError(f"There is no label “{name}”.", next_step=_suggestion(name, labels))
        asked.append((by_name[name.casefold()], _SIGNS[sign]))
    return Query(tuple(asked), frozenset(flags), frozenset(splits), tuple(names))


def term(name: str, state: LabelState) -> str:
    """The term that asks for a state of a label."""
    sign = next(sign for sign, one in _SIGNS.items() if one == state)
    plain = re.fullmatch(r'[^\s"?:-][^\s"]*', name) and name.casefold() not in FLAGS and ":" not in name
    return sign + (name if plain else '"' + name.replace('"', '""') + '"')


def _split(value: str) -> Split:
    if value.casefold() not in SPLITS:
        raise QueryError(f"“{value}” is no split.", next_step=f"Write split: with one of {', '.join(SPLITS)}.")
    return SPLITS[value.casefold()]


def _suggestion(name: str, labels: Sequence[Label]) -> str:
    words = [label.name for label in labels] + list(FLAGS)
    close = difflib.get_close_matches(name, words, n=1)
    return f"Did you mean {close[0]}?" if close else "Write a label's name, reviewed, unreviewed or split:train."
