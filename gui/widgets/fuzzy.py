"""Finding a name by some letters of it, as the palette of commands and the box for labels do."""

import functools
import unicodedata
from dataclasses import dataclass

_SAME, _START, _WORD, _WITHIN, _WORDS, _LETTERS, _NEAR = range(7)
_APART = 3
_SPREAD = 60
_SHORTEST = 3
"""Letters from which on a slip of the finger is guessed; with fewer nearly everything is near."""


@dataclass(frozen=True, slots=True)
class Match:
    """How well a text matches what was typed, and where.

    Attributes:
        rank: smaller is better.
        places: of the characters that match.
    """

    rank: tuple[int, int]
    places: tuple[int, ...]


def match(text: str, typed: str) -> Match | None:
    """Compare a text with what was typed, whatever the case and the accents.

    Best is the whole text, then its beginning, the beginning of a word, a part, all typed words at beginnings of words
    in any order, and last its letters in order, the fewer gaps the better.

    Args:
        text: a name.
        typed: some letters or words of it; nothing matches everything.

    Returns:
        The match; None when the letters are not there.
    """
    phrase = " ".join(_folded(typed).split())
    folded = _folded(text)
    if not phrase:
        return Match((0, 0), ())
    if folded == phrase:
        return Match((_SAME, 0), tuple(range(len(folded))))
    starts = _word_starts(folded)
    found = [place for place in range(len(folded)) if folded.startswith(phrase, place)]
    if found:
        place = next((one for one in found if one in starts), found[0])
        rank = _START if place == 0 else _WORD if place in starts else _WITHIN
        return Match((rank, len(folded)), tuple(range(place, place + len(phrase))))
    return _match_words(folded, phrase, starts) or _match_letters(folded, phrase.replace(" ", ""), starts)


def near(text: str, typed: str) -> Match | None:
    """Compare a text with what was typed where one letter is wrong, missing, too many, or swapped with the next.

    Args:
        text: a name.
        typed: what `match` finds nothing for.

    Returns:
        The match, worse than any of `match`: with the whole text, else with its beginning or that of a word in it; None
        when more than one letter differs, or when too few were typed to tell.
    """
    phrase = " ".join(_folded(typed).split())
    if len(phrase) < _SHORTEST:
        return None
    folded = _folded(text)
    if _differ_by_one(folded, phrase):
        return Match((_NEAR, 0), tuple(range(len(folded))))
    for start in sorted(_word_starts(folded)):
        for length in (len(phrase), len(phrase) + 1, len(phrase) - 1):
            part = folded[start : start + length]
            # its first letter is right: else short words are near to each other
            if len(part) == length and part[0] == phrase[0] and _differ_by_one(part, phrase):
                return Match((_NEAR, len(folded)), tuple(range(start, start + length)))
    return None


def _differ_by_one(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    same = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        # one is the other and a letter
        return True
    one, other = one[same:], other[same:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[1::-1] and one[2:] == other[2:])
    )


def _match_words(folded: str, phrase: str, starts: frozenset[int]) -> Match | None:
    places: set[int] = set()
    for word in phrase.split():
        place = next((one for one in sorted(starts - places) if folded.startswith(word, one)), None)
        if place is None:
            return None
        places.update(range(place, place + len(word)))
    return Match((_WORDS, len(folded)), tuple(sorted(places)))


def _match_letters(folded: str, letters: str, starts: frozenset[int]) -> Match | None:
    # the cheapest way to find the letters in order: a neighbour costs nothing, the start of a word little
    ways: dict[int, tuple[int, tuple[int, ...]]] = {}
    for number, letter in enumerate(letters):
        following: dict[int, tuple[int, tuple[int, ...]]] = {}
        for place, one in enumerate(folded):
            if one != letter:
                continue
            own = 1 if place in starts else _APART
            if not number:
                following[place] = (own + min(place, _SPREAD), (place,))
                continue
            before = [
                (cost + (0 if last + 1 == place else own + min(place - last, _SPREAD)), way)
                for last, (cost, way) in ways.items()
                if last < place
            ]
            if before:
                cost, way = min(before)
                following[place] = (cost, (*way, place))
        ways = following
    if not ways:
        return None
    cost, way = min(ways.values())
    return Match((_LETTERS, cost * 100 + len(folded)), way)


def _word_starts(folded: str) -> frozenset[int]:
    return frozenset(
        place for place, one in enumerate(folded) if one.isalnum() and (not place or not folded[place - 1].isalnum())
    )


def _folded(text: str) -> str:
    return "".join(map(_letter, text))


@functools.cache
def _letter(one: str) -> str:
    """One character for one, so that places stay."""
    return unicodedata.normalize("NFKD", one.casefold())[:1] or one
