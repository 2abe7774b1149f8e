"""What a report consists of, before it is written as HTML for a browser or for paper."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["right", "false alarm", "missed"]
"""What a decision was: a label found, one said wrongly, one overlooked."""


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes:
        text: plain, not HTML.
        kind: `lead` stands out, `warning` is marked as one, `note` is small.
    """

    text: str
    kind: Literal["plain", "lead", "warning", "note"] = "plain"


@dataclass(frozen=True)
class Tiles:
    """Some figures side by side, each with what it is."""

    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its head.
        is_number: whether its cells are aligned to the right.
    """

    title: str
    is_number: bool = True


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is the row's head.

    Attributes:
        caption: what it shows.
        columns: their heads.
        rows: cells as plain texts.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A plot.

    Attributes:
        svg: an `<svg>` element of its own, with its width and height in px.
        width, height: in px.
        alt: what it shows, for people who cannot see it.
    """

    svg: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Figures:
    """Plots that belong together: one, or small ones side by side."""

    caption: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Picture:
    """An image of the project as an example.

    Attributes:
        jpeg: the file's bytes.
        width, height: in px.
        kind: which frame it gets.
        name: of the image file, relative to the folder that was added to the project.
        text: what people and the model said.
    """

    jpeg: bytes
    width: int
    height: int
    kind: Kind
    name: str
    text: str


@dataclass(frozen=True)
class Gallery:
    """Examples of one kind."""

    caption: str
    pictures: tuple[Picture, ...]


Block = Text | Tiles | Table | Figures | Gallery


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """The whole report.

    Attributes:
        title: the heading.
        subtitle: a line below it.
        sections: in an order that a person without prior knowledge can follow.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
