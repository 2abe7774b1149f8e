"""What is said of a filter that cannot be read."""

from core.errors import MultihotError


class QueryError(MultihotError):
    """A filter that says something that is not in the project or the language.

    Attributes:
        start: the first character that is wrong, counted from 0.
        end: the one behind the last that is wrong; larger than `start` unless something is missing there.
    """

    def __init__(self, sentence: str, *, next_step: str, start: int, end: int) -> None:
        super().__init__(sentence, next_step=next_step)
        self.start = start
        self.end = end
