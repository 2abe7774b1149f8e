"""Patterns with * for any text and ? for one letter; nothing else in them is special, as files have brackets."""

import re
from functools import lru_cache


def is_pattern(text: str) -> bool:
    """Whether a text has * or ?."""
    return "*" in text or "?" in text


@lru_cache(maxsize=64)
def compiled(pattern: str, *, wildcards: str = "*?") -> re.Pattern[str]:
    """The expression whose `match` is true for texts that a pattern describes as a whole.

    A pattern costs at most its length times that of the text: each part between stars is looked for once, at its first
    place behind the part before, and never given back.

    Args:
        pattern: the pattern.
        wildcards: "*" alone leaves ? a question mark.
    """
    one = "[^/]" if "?" in wildcards else re.escape("?")
    first, *rest = [
        "".join(one if letter == "?" else re.escape(letter) for letter in part) for part in re.split(r"\*+", pattern)
    ]
    if not rest:
        return re.compile(first + r"\Z")
    middle = "".join(f"(?>(?s:.*?){part})" for part in rest[:-1] if part)
    return re.compile(f"{first}{middle}(?s:.*){rest[-1]}" + r"\Z")
