"""A filter's text in pieces: brackets, links, signs, labels, questions, orders."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.labels import Label
from core.project.query import questions
from core.project.query.errors import QueryError
from core.project.query.names import LabelNames, meant
from core.project.query.tree import Disagrees, HasFlag, LabelName, Leaf, Sort
from core.project.query.words import DISAGREE, FIELDS, FLAGS, FUNCTIONS, KEYS, LINKS

Kind = Literal["(", ")", "and", "or", "not", "-", "?"]

_SPACE = re.compile(r"\s*")
_QUESTION = re.compile(
    rf"(?P<key>{'|'.join(KEYS)}):|(?P<function>{'|'.join(FUNCTIONS)})\(|"
    rf"(?P<field>{'|'.join(FIELDS)})\s*(?P<comparison><=|>=|==|!=|=|<|>|≤|≥|≠)\s*",
    re.IGNORECASE,
)
_WORD = re.compile(r'[^\s"()|]+')
_MARKS: dict[str, Kind] = {"(": "(", ")": ")", "|": "or", "!": "not", "-": "-", "?": "?"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter.

    Attributes:
        what: a mark or link of the language, a label, a question or an order.
        start: its first character.
        end: the character behind it.
    """

    what: Kind | LabelName | Leaf | Sort
    start: int
    end: int


def tokens(text: str, labels: Sequence[Label]) -> Iterator[Token]:
    """The pieces of a filter.

    Words of the language come first; else what stands there may be a label, also one whose name has brackets or a sign
    in it.

    Raises:
        QueryError: a piece is neither a word of the language nor a label.
    """
    names = LabelNames(labels)
    place = _skip_space(text, 0)
    while place < len(text):
        token = _token(text, place, names)
        if not isinstance(token.what, str):
            _check_end(text, token)
        yield token
        place = _skip_space(text, token.end)


def _token(text: str, place: int, names: LabelNames) -> Token:
    if text[place] == '"':
        label, end = names.quoted(text, place)
        return Token(label, place, end)
    question = _QUESTION.match(text, place)
    if question is not None:
        return _question(text, question, names)
    found = names.longest(text, place, is_asked=place > 0 and text[place - 1] == "?")
    if found is not None:
        return Token(found[0], place, found[1])
    if text.startswith("||", place):
        return Token("or", place, place + 2)
    if text[place] in _MARKS:
        return _mark(text, place, names)
    match = _WORD.match(text, place)
    assert match is not None  # all that is no word was looked at above
    word = match[0].casefold()
    if word in LINKS:
        return Token(_link(word), place, match.end())
    if word in FLAGS:
        return Token(HasFlag(word), place, match.end())
    if word == DISAGREE:
        return Token(Disagrees(None), place, match.end())
    if text.startswith("(", match.end()):
        raise QueryError(
            f"“{match[0]}” asks for nothing in brackets.",
            next_step=meant(word, {one: f"{one}(…)" for one in FUNCTIONS})
            or "Write known(…), prob(…) or disagree(…), or a space before the bracket.",
            start=place,
            end=match.end() + 1,
        )
    raise names.unknown(match[0], place, match.end())


def _question(text: str, question: re.Match[str], names: LabelNames) -> Token:
    start, end = question.span()
    if question["key"] is not None:
        what, end = questions.of_key(question["key"].casefold(), text, start, end, names=names)
    elif question["function"] is not None:
        what, end = questions.of_function(question["function"].casefold(), text, start, end, names=names)
    else:
        what, end = questions.of_field(question["field"].casefold(), question["comparison"], text, start, end)
    return Token(what, start, end)


def _mark(text: str, place: int, names: LabelNames) -> Token:
    mark = _MARKS[text[place]]
    if mark in ("-", "?") and _ends(text, place + 1):
        raise names.unknown(mark, place, place + 1)
    return Token(mark, place, place + 1)


def _link(word: str) -> Kind:
    return "and" if word == "and" else "or" if word == "or" else "not"


def _check_end(text: str, token: Token) -> None:
    """Refuse what hangs together with a label or a question, as in `cat"dog"`."""
    if _ends(text, token.end):
        return
    if text[token.end] == '"':
        raise QueryError(
            "A quotation mark stands in the middle of a word.",
            next_step='Write names with spaces as "red card".',
            start=token.end,
            end=token.end + 1,
        )
    raise QueryError(
        f"There is no space between “{text[token.start : token.end]}” and “{text[token.end]}”.",
        next_step="Put a space between them.",
        start=token.start,
        end=token.end + 1,
    )


def _ends(text: str, place: int) -> bool:
    """Whether nothing hangs together with what stands before a place."""
    return place == len(text) or text[place].isspace() or text[place] in ")|"


def _skip_space(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return place if space is None else space.end()
