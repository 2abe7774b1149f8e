"""Reading a filter. AND binds tighter than OR; NOT and - take what follows at once."""

from collections.abc import Sequence

from core.labels import Label, LabelState
from core.project.query.errors import QueryError
from core.project.query.query import Query
from core.project.query.tokens import Token, tokens
from core.project.query.tree import HasState, LabelName, Node, Sort, all_of, any_of, negated

_DEEPEST = 50


def parse(text: str, labels: Sequence[Label]) -> Query:
    """Read a filter.

    Args:
        text: what was typed; empty lets everything through.
        labels: of the project.

    Returns:
        The filter.

    Raises:
        QueryError: it cannot be read; says what is wrong, where, and what to write.
    """
    return _Parser(list(tokens(text, labels)), len(text)).query()


class _Parser:
    """Goes through the tokens once."""

    def __init__(self, found: list[Token], length: int) -> None:
        self._tokens = found
        self._length = length
        self._place = 0
        self._depth = 0
        self._sorts: list[Sort] = []

    def query(self) -> Query:
        node = self._either()
        token = self._next()
        if token is not None:
            raise _error("A closing bracket has no partner.", "Remove it, or open one before it.", token)
        return Query(node, tuple(self._sorts))

    def _next(self) -> Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _either(self) -> Node | None:
        """What is linked by OR; None when there is nothing but an order."""
        nodes = [self._both()]
        link = None
        while (token := self._next()) is not None and token.what == "or":
            link = self._take()
            self._check_side(nodes[-1], link)
            nodes.append(self._both())
        if link is not None:
            self._check_side(nodes[-1], link)
        sides = [node for node in nodes if node is not None]
        return any_of(sides) if sides else None

    def _check_side(self, node: Node | None, link: Token) -> None:
        if node is None:
            raise _error("OR needs a condition on both sides.", "Write as in cat OR dog.", link)

    def _both(self) -> Node | None:
        nodes: list[Node] = []
        link = None
        while (token := self._next()) is not None and token.what not in ("or", ")"):
            if token.what == "and":
                if link is not None or not nodes:
                    raise _error("AND needs a condition on both sides.", "Write as in cat AND dog.", token)
                link = self._take()
            elif isinstance(token.what, Sort):
                self._order(self._take(), token.what)
            else:
                nodes.append(self._one())
                link = None
        if link is not None:
            raise _error("AND needs a condition on both sides.", "Write as in cat AND dog.", link)
        return all_of(nodes) if nodes else None

    def _order(self, token: Token, sort: Sort) -> None:
        if self._depth:
            raise _error("An order cannot stand in brackets.", f"Write {sort} at the end of the filter.", token)
        self._sorts.append(sort)

    def _one(self) -> Node:
        """What stands between two links."""
        token = self._take()
        what = token.what
        if isinstance(what, LabelName):
            return HasState(what, LabelState.PRESENT)
        if isinstance(what, Sort):
            raise _error("NOT cannot stand in front of an order.", "Write sort:-name for the other way round.", token)
        if not isinstance(what, str):
            return what
        if what == "(":
            return self._in_brackets(token)
        if what == "?":
            return self._unknown(token)
        return self._negated(token)

    def _in_brackets(self, opening: Token) -> Node:
        self._deepen(opening)
        node = self._either()
        self._depth -= 1
        if self._next() is None:
            raise _error("A bracket has no partner.", "Close it with a bracket.", opening)
        closing = self._take()
        if node is None:
            raise QueryError(
                "There is nothing between the brackets.",
                next_step="Write a condition between them, or remove them.",
                start=opening.start,
                end=closing.end,
            )
        return node

    def _unknown(self, sign: Token) -> Node:
        token = self._next()
        if token is not None and isinstance(token.what, LabelName):
            self._take()
            return HasState(token.what, LabelState.UNKNOWN)
        raise _error("A question mark asks for a label that is unknown.", "Write as in ?cat.", sign)

    def _negated(self, sign: Token) -> Node:
        token = self._next()
        if token is None or token.what in (")", "and", "or"):
            raise _error("NOT needs a condition behind it.", "Write as in NOT cat.", sign)
        if sign.what == "-" and isinstance(token.what, LabelName):
            self._take()
            return HasState(token.what, LabelState.ABSENT)
        self._deepen(sign)
        node = negated(self._one())
        self._depth -= 1
        return node

    def _deepen(self, token: Token) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _error(
                f"The filter has more than {_DEEPEST} brackets or negations in each other.",
                "Write it with fewer of them.",
                token,
            )


def _error(sentence: str, next_step: str, token: Token) -> QueryError:
    return QueryError(sentence, next_step=next_step, start=token.start, end=token.end)
