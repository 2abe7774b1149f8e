"""Labels of an image as a line of text, such as "ace, -king", that can be pasted anywhere and read from anywhere."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.labels import LabelState

LONGEST = 20_000
"""Characters of a text that are read; what is longer is no list of labels."""

SIGNS = {LabelState.PRESENT: "", LabelState.ABSENT: "-", LabelState.UNKNOWN: "?"}
"""What stands before a name that is not present."""
# a minus sign and an en dash come from programs that make typed text nicer
_STATES = {"-": LabelState.ABSENT, "−": LabelState.ABSENT, "–": LabelState.ABSENT, "?": LabelState.UNKNOWN}
_TERM = re.compile(
    r'\s*(?P<sign>[-−–?]?)"(?P<quoted>(?:[^"]|"")*)"\s*(?:[,;\t\r\n]|$)|'
    r"(?P<plain>[^,;\t\r\n]*)(?:[,;\t\r\n]|$)"
)
_NEEDS_QUOTES = re.compile(r'[,;"]|^[-−–?\s]|\s$')


@dataclass(frozen=True, slots=True)
class LabelSet:
    """What a text says of labels.

    Attributes:
        states: of labels of the project, by name.
        strangers: names in the text that no label of the project has.
    """

    states: dict[str, LabelState]
    strangers: tuple[str, ...]


def written(states: Iterable[tuple[str, LabelState]]) -> str:
    """Labels as text: absent ones with a minus sign, unknown ones with a question mark.

    Args:
        states: name and state of each label.
    """
    return ", ".join(SIGNS[state] + _quoted(name) for name, state in states)


def few(states: Sequence[tuple[str, LabelState]], most: int = 3) -> str:
    """Labels as text for a line of few words: the first of them, and how many more there are.

    Args:
        states: name and state of each label.
        most: how many are named.
    """
    more = f" and {len(states) - most:,} more" if len(states) > most else ""
    return written(states[:most]) + more


def read(text: str, names: Sequence[str]) -> LabelSet:
    """Read labels from a text: names between commas, semicolons, tabs or line ends, in any case.

    Names between spaces are read too where each of them is a label.

    Args:
        text: of this program or another.
        names: of the labels of the project.
    """
    known = {name.casefold(): name for name in names}
    states: dict[str, LabelState] = {}
    strangers: dict[str, None] = {}
    for term in _TERM.finditer(text[:LONGEST]):
        if term["quoted"] is not None:
            found = [(term["quoted"].replace('""', '"').strip(), _STATES.get(term["sign"], LabelState.PRESENT))]
        else:
            found = _read_plain(term["plain"].strip(), known)
        for name, state in found:
            if name.casefold() in known:
                states[known[name.casefold()]] = state
            elif name:
                strangers[name] = None
    return LabelSet(states, tuple(strangers))


def signed(text: str, names: Iterable[str]) -> tuple[str, LabelState | None]:
    """Take the sign off a name that was typed.

    Args:
        text: such as "-king".
        names: of the labels; one that begins like the text, sign and all, leaves it as it is.

    Returns:
        The name, and the state that the sign says; None without a sign.
    """
    text = text.strip()
    if text[:1] not in _STATES or any(name.casefold().startswith(text.casefold()) for name in names):
        return text, None
    return text[1:].strip(), _STATES[text[0]]


def _read_plain(term: str, known: dict[str, str]) -> list[tuple[str, LabelState]]:
    one = _read_name(term, known)
    if one[0].casefold() in known:
        return [one]
    several = [_read_name(word, known) for word in term.split()]
    if len(several) > 1 and all(name.casefold() in known for name, _ in several):
        return several
    return [one]


def _read_name(term: str, known: dict[str, str]) -> tuple[str, LabelState]:
    if term.casefold() in known or term[:1] not in _STATES:
        return term, LabelState.PRESENT
    return term[1:].strip(), _STATES[term[0]]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if _NEEDS_QUOTES.search(name) else name
