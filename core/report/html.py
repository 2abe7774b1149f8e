"""A report's page as one HTML file that needs nothing beside it."""

from base64 import b64encode
from html import escape
from typing import Final, assert_never

from core.paths import resources
from core.report.blocks import Block, Figures, Gallery, Page, Picture, Section, Table, Text, Tiles
from core.version import version

GENERATOR: Final = "Multihot report"
"""What the file says that it was made by."""

_FRAMES: Final = {"right": "✓ right", "false alarm": "✕ false alarm", "missed": "○ missed"}
# of a shorter table nobody wants another order
_SORTED_FROM: Final = 4
# 26 rem, as the style has it
_WIDE_PX: Final = 416


def to_html(page: Page) -> str:
    """The whole file; without script it reads the same, only its tables cannot be put in another order."""
    folder = resources() / "report"
    style = (folder / "report.css").read_text(encoding="utf-8")
    script = (folder / "report.js").read_text(encoding="utf-8")
    contents = "".join(
        f'<li><a href="#part-{number}">{escape(section.title)}</a></li>'
        for number, section in enumerate(page.sections, start=1)
    )
    sections = "".join(_section(section, number) for number, section in enumerate(page.sections, start=1))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="{GENERATOR} {escape(version())}">\n'
        f"<title>{escape(page.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<header><h1>{escape(page.title)}</h1><p>{escape(page.subtitle)}</p><nav aria-label="Contents"><ul>{contents}'
        f"</ul></nav></header>\n<main>\n{sections}</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _section(section: Section, number: int) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    heading = f'<h2 id="heading-{number}">{escape(section.title)}</h2>'
    return f'<section id="part-{number}" aria-labelledby="heading-{number}">{heading}\n{blocks}\n</section>\n'


def _block(block: Block) -> str:
    match block:
        case Text(text, kind):
            mark = '<strong class="sign">⚠ Note: </strong>' if kind == "warning" else ""
            return f'<p class="{kind}">{mark}{escape(text)}</p>'
        case Tiles(figures):
            tiles = "".join(f"<div><dd>{escape(v)}</dd><dt>{escape(what)}</dt></div>" for v, what in figures)
            return f'<dl class="tiles">{tiles}</dl>'
        case Table():
            return _table(block)
        case Figures(caption, figures):
            drawn = "".join(figure.svg for figure in figures)
            size = "wide" if any(figure.width > _WIDE_PX for figure in figures) else "small"
            return (
                f'<figure class="{size}"><figcaption>{escape(caption)}</figcaption><div class="scroll">{drawn}'
                "</div></figure>"
            )
        case Gallery(caption, pictures):
            shown = "".join(map(_picture, pictures))
            return f'<h3>{escape(caption)}</h3><ul class="gallery">{shown}</ul>'
        case _:
            assert_never(block)


def _table(table: Table) -> str:
    def cell(tag: str, text: str, *, is_number: bool, scope: str = "") -> str:
        number = ' class="number"' if is_number else ""
        of = f' scope="{scope}"' if scope else ""
        return f"<{tag}{of}{number}><bdi>{escape(text)}</bdi></{tag}>"

    columns = table.columns
    head = "".join(cell("th", one.title, is_number=one.is_number, scope="col") for one in columns)
    rows = "".join(
        f"<tr>{cell('th', row[0], is_number=False, scope='row')}"
        + "".join(cell("td", text, is_number=one.is_number) for text, one in zip(row[1:], columns[1:], strict=True))
        + "</tr>"
        for row in table.rows
    )
    sortable = " data-sortable" if len(table.rows) >= _SORTED_FROM and any(one.is_number for one in columns) else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.caption)}"><table{sortable}>'
        f"<caption><span>{escape(table.caption)}</span></caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    data = b64encode(picture.jpeg).decode()
    kind = picture.kind.replace(" ", "-")
    alt = escape(f"{picture.name}: {_FRAMES[picture.kind]}: {picture.text}")
    return (
        f'<li class="{kind}"><img src="data:image/jpeg;base64,{data}" width="{picture.width}" '
        f'height="{picture.height}" alt="{alt}"><p><strong>{_FRAMES[picture.kind]}</strong> {escape(picture.text)}</p>'
        f'<p class="file"><bdi>{escape(picture.name)}</bdi></p></li>'
    )
