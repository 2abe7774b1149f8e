"""The conditions side by side in a filter, as chips show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.labels import Label
from core.project.query.parser import parse
from core.project.query.tokens import Token, tokens


@dataclass(frozen=True, slots=True)
class Part:
    """A condition or an order in a filter; the filter without it is a filter too.

    Attributes:
        text: as it was typed.
        start: its first character.
        end: the one behind its last.
    """

    text: str
    start: int
    end: int


def parts(text: str, labels: Sequence[Label]) -> list[Part]:
    """The conditions that must all hold, and the orders; one part for all where an OR links them.

    Args:
        text: the filter.
        labels: of the project.

    Raises:
        QueryError: it cannot be read.
    """
    parse(text, labels)
    found = list(tokens(text, labels))
    spans: list[tuple[int, int]] = []
    depth = 0
    start: int | None = None
    for token in found:
        depth += (token.what == "(") - (token.what == ")")
        if not depth and token.what == "or":
            return [Part(text.strip(), found[0].start, found[-1].end)]
        if not depth and token.what == "and":
            continue
        start = token.start if start is None else start
        if not depth and not _is_sign(token):
            spans.append((start, token.end))
            start = None
    return [Part(text[start:end], start, end) for start, end in spans]


def without(text: str, part: Part) -> str:
    """A filter without one of its parts."""
    before, behind = text[: part.start].rstrip(), text[part.end :].lstrip()
    if behind[:4].casefold() in ("and ", "and\t", "and("):
        behind = behind[3:].lstrip()
    elif before.casefold().endswith((" and", ")and")):
        before = before[:-3].rstrip()
    return f"{before} {behind}".strip()


def _is_sign(token: Token) -> bool:
    return token.what in ("not", "-", "?")
