"""Parting a text document into pages where neither a row, a plot nor a heading from its text is parted.

Qt's own pages part a table's row between two of its lines, and leave headings at the foot of a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAbstractTextDocumentLayout, QTextBlock, QTextDocument, QTextTable

# a table below this share of a page is not parted
WHOLE = 0.4

Strip = tuple[float, float]
"""Top and bottom of a part of the document, px."""


@dataclass(frozen=True)
class Slice:
    """What is not parted: a paragraph, a plot, a row of a table.

    Attributes:
        top, bottom: px in the document; slices follow each other without a gap.
        keeps_next: whether the next slice is to be on the same page.
        head: the table's head, to be repeated above it on a new page; None where there is none.
    """

    top: float
    bottom: float
    keeps_next: bool = False
    head: Strip | None = None


def slices_of(document: QTextDocument, *, height: float) -> list[Slice]:
    """The slices of a document that is laid out without pages, from top to bottom.

    Args:
        document: to be parted.
        height: of a page, px; a table with a head that is not much of one is not parted at all.
    """
    layout = document.documentLayout()
    # tops with what is known of the slice that begins there
    found: list[tuple[float, bool, Strip | None]] = []
    for child in document.rootFrame():  # type: ignore[attr-defined]  # the stub gives no iterator
        frame = child.currentFrame()
        if isinstance(frame, QTextTable):
            found += _rows(frame, layout, is_whole=layout.frameBoundingRect(frame).height() < WHOLE * height)
        elif child.currentBlock().isValid():
            block = child.currentBlock()
            found.append((layout.blockBoundingRect(block).top(), block.blockFormat().headingLevel() > 0, None))
    bottoms = [top for top, _, _ in found[1:]] + [document.size().height()]
    return [Slice(top, bottom, keeps, head) for (top, keeps, head), bottom in zip(found, bottoms, strict=True)]


def paginate(slices: Sequence[Slice], *, height: float) -> list[list[Strip]]:
    """Put slices on pages.

    Args:
        slices: from top to bottom.
        height: of a page, px. What is higher on its own is cut off below.

    Returns:
        For each page the strips of the document to paint below each other.
    """
    pages: list[list[Strip]] = [[]]
    left = height
    for group in _groups(slices):
        needed = group[-1].bottom - group[0].top
        if needed > left and pages[-1]:
            pages.append([])
            left = height
            if group[0].head is not None:
                _add(pages[-1], group[0].head)
                left -= group[0].head[1] - group[0].head[0]
        for one in group:
            _add(pages[-1], (one.top, one.bottom))
        left -= needed
    return pages


def _groups(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices that stay together."""
    groups: list[list[Slice]] = []
    for number, one in enumerate(slices):
        if number and slices[number - 1].keeps_next:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _add(strips: list[Strip], strip: Strip) -> None:
    """Add a strip to a page; one with what it continues, so that no seam is seen."""
    if strips and strips[-1][1] == strip[0]:
        strips[-1] = (strips[-1][0], strip[1])
    else:
        strips.append(strip)


def _rows(
    table: QTextTable, layout: QAbstractTextDocumentLayout, *, is_whole: bool
) -> list[tuple[float, bool, Strip | None]]:
    """The rows of a table; its head stays with the first two below."""
    padding = table.format().toTableFormat().cellPadding()
    first, heads = layout.frameBoundingRect(table).top(), table.format().toTableFormat().headerRowCount()
    tops = [
        min(layout.blockBoundingRect(_first_block(table, row, column)).top() for column in range(table.columns()))
        - padding
        for row in range(table.rows())
    ]
    tops[0] = first
    head = (tops[0], tops[heads]) if 0 < heads < len(tops) else None
    # a head with a single row is no table
    kept = (len(tops) - 1 if is_whole else min(heads + 1, len(tops) - 1)) if heads else 0
    return [(top, row < kept, head if row > heads else None) for row, top in enumerate(tops)]


def _first_block(table: QTextTable, row: int, column: int) -> QTextBlock:
    return table.cellAt(row, column).firstCursorPosition().block()
