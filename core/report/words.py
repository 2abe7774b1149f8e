"""Numbers and names in plain sentences, for people who have not seen Multihot."""

from collections.abc import Sequence

# marks of Unicode that keep a name written from right to left from turning what stands around it
_ISOLATE, _END = "\u2068", "\u2069"


def named(name: str) -> str:
    """A label's name in a sentence."""
    return f"“{isolated(name)}”"


def isolated(name: str) -> str:
    """A name that has no effect on the direction of the text around it."""
    return f"{_ISOLATE}{name}{_END}"


def names_of(names: Sequence[str], *, most: int = 12) -> str:
    """Names as a list in a sentence; of many the first."""
    shown = [named(name) for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(names) - most + 1:,} more"]
    return listed(shown)


def listed(items: Sequence[str]) -> str:
    """Items as a list in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its word: "1 image", "1,200 images"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def percent(part: int, whole: int) -> str:
    """A share: "91 %", which no line's end parts; never 100 or 0 where it is not all or nothing."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < part < whole and not 1 <= share <= 99:
        return "under 1\u00a0%" if share < 1 else "over 99\u00a0%"
    return f"{share:.0f}\u00a0%"


def score(value: float | None, *, digits: int = 3) -> str:
    """A number in [0, 1]; a dash where there is none (None or NaN)."""
    return "–" if value is None or value != value else f"{value:.{digits}f}"


def duration(seconds: float) -> str:
    """A length of time: "45 s", "10 min", "1 h 05 min"."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def price(*, tp: int, fp: int, fn: int) -> str:
    """What the decisions on a label find and what they cost, in counts: "finds 9 of 10; 1 of 14 alarms is false"."""
    there, alarms = tp + fn, tp + fp
    if not there:
        found = "nothing to find"
    else:
        found = "finds all" if tp == there else f"finds {tp:,} of {there:,}" if tp else f"finds none of {there:,}"
    if not alarms:
        return f"{found}; no alarm"
    if not fp:
        return f"{found}; no alarm is false"
    return f"{found}; {fp:,} of {counted(alarms, 'alarm')} {'is' if fp == 1 else 'are'} false"
