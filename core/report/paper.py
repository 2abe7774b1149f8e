"""A report's page as the small HTML that `QTextDocument` knows, to be painted on A4."""

from base64 import b64encode
from html import escape
from typing import Final, assert_never

from core.report.blocks import Block, Figure, Figures, Gallery, Page, Picture, Table, Text, Tiles

# what fits beside each other on A4, whose text is some 680 px wide
_PICTURES_A_ROW: Final = 4
_PICTURE_PX: Final = 150
_WIDTH_PX: Final = 680
_SMALL_PX: Final = 215

_FEW_COLUMNS: Final = 5
_NAMES_WIDTH: Final = "18%"

_FRAMES: Final = {
    "right": ("✓ right", "#1a7f37"),
    "false alarm": ("✕ false alarm", "#cf222e"),
    "missed": ("○ missed", "#bc6a00"),
}
_STYLE: Final = """
body { color: #1f2328; font-family: sans-serif; font-size: 9pt; }
h1 { font-size: 20pt; margin-bottom: 0; }
h2 { font-size: 14pt; margin-top: 22px; margin-bottom: 6px; }
h3 { font-size: 10pt; margin-top: 12px; margin-bottom: 4px; }
p { margin-top: 4px; margin-bottom: 4px; }
.lead { font-size: 10.5pt; }
.note, .subtitle, .file, .head { color: #57606a; }
.file { font-size: 7pt; }
.value { font-size: 16pt; font-weight: bold; }
"""


def to_paper(page: Page) -> str:
    """HTML for `gui.report_pdf`; plots and pictures are in it as data."""
    sections = "".join(
        f"<h2>{escape(section.title)}</h2>{''.join(map(_block, section.blocks))}" for section in page.sections
    )
    return (
        f'<html><head><meta charset="utf-8"><style>{_STYLE}</style></head><body><h1>{escape(page.title)}</h1>'
        f'<p class="subtitle">{escape(page.subtitle)}</p>{sections}</body></html>'
    )


def _block(block: Block) -> str:
    match block:
        case Text(text, kind):
            if kind != "warning":
                return f'<p class="{kind}">{escape(text)}</p>'
            return (
                '<table width="100%" cellpadding="5" cellspacing="0" style="margin-top: 4px; margin-bottom: 4px;"><tr>'
                f'<td bgcolor="#fff4d6"><b>⚠ Note:</b> {escape(text)}</td></tr></table>'
            )
        case Tiles(figures):
            cells = "".join(
                f'<td bgcolor="#f5f6f8"><span class="value">{escape(value)}</span><br>'
                f'<span class="head">{escape(what)}</span></td>'
                for value, what in figures
            )
            return f'<table width="100%" cellpadding="7" cellspacing="4"><tr>{cells}</tr></table>'
        case Table():
            return _table(block)
        case Figures(caption, figures):
            return _heading(caption) + _plots(figures)
        case Gallery(caption, pictures):
            shown = [_picture(picture) for picture in pictures]
            return _heading(caption) + _grid(shown, columns=_PICTURES_A_ROW)
        case _:
            assert_never(block)


def _heading(text: str) -> str:
    return f"<h3>{escape(text)}</h3>"


def _table(table: Table) -> str:
    # Qt would part the names to give the numbers room
    first = f' width="{_NAMES_WIDTH}"' if len(table.columns) > _FEW_COLUMNS else ""

    def cell(tag: str, text: str, *, is_number: bool, width: str = "") -> str:
        align = "right" if is_number else "left"
        return f'<{tag} align="{align}" valign="top"{width}>{escape(text)}</{tag}>'

    widths = [first, *[""] * len(table.columns)]
    head = "".join(
        cell("th", one.title, is_number=one.is_number, width=width)
        for one, width in zip(table.columns, widths, strict=False)
    )
    rows = []
    for number, row in enumerate(table.rows):
        ground = ' bgcolor="#f5f6f8"' if number % 2 else ""
        cells = [cell("td", text, is_number=one.is_number) for text, one in zip(row, table.columns, strict=True)]
        rows.append(f"<tr{ground}>{''.join(cells)}</tr>")
    return (
        f'{_heading(table.caption)}<table width="100%" cellpadding="3" cellspacing="0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _plots(figures: tuple[Figure, ...]) -> str:
    small = [figure for figure in figures if figure.width <= _SMALL_PX]
    if len(small) == len(figures) and len(figures) > 1:
        return _grid([_plot(figure) for figure in figures], columns=_WIDTH_PX // _SMALL_PX)
    return "".join(f"<p>{_plot(figure)}</p>" for figure in figures)


def _plot(figure: Figure) -> str:
    scale = min(1.0, _WIDTH_PX / figure.width)
    data = b64encode(figure.svg.encode()).decode()
    width, height = round(figure.width * scale), round(figure.height * scale)
    return f'<img src="data:image/svg+xml;base64,{data}" width="{width}" height="{height}">'


def _picture(picture: Picture) -> str:
    words, colour = _FRAMES[picture.kind]
    scale = _PICTURE_PX / max(picture.width, picture.height)
    width, height = round(picture.width * scale), round(picture.height * scale)
    data = b64encode(picture.jpeg).decode()
    # the painter draws the frame of the kind that the source names
    return (
        f'<img src="data:image/jpeg;{picture.kind.replace(" ", "-")};base64,{data}" width="{width}" height="{height}">'
        f'<br><span style="color: {colour}; font-weight: bold;">{words}</span> {escape(picture.text)}'
        f'<br><span class="file">{escape(picture.name)}</span>'
    )


def _grid(cells: list[str], *, columns: int) -> str:
    width = f"{100 // columns}%"
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td valign="top" width="{width}">{cell}</td>' for cell in [*cells, *[""] * columns][start:][:columns]
        )
        + "</tr>"
        for start in range(0, len(cells), columns)
    )
    return f'<table width="100%" cellpadding="4" cellspacing="0" style="margin-bottom: 10px;">{rows}</table>'
