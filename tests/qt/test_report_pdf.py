"""The report as a PDF: what is on which page, and the file."""

import io
import itertools
import re
import subprocess

import pytest
from PIL import Image
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QImage, QPainter, QTextDocument, QTextFormat

from core.errors import JobError
from core.report import pdf
from core.report.blocks import Column, Figures, Gallery, Page, Picture, Section, Table, Text, Tiles
from core.report.html import GENERATOR
from core.report.paper import to_paper
from core.report.svg import Canvas
from core.report.write import is_report
from gui.report_pages import Slice, paginate, slices_of
from gui.report_pdf import Images, paint

HEIGHT = 900.0


def picture(kind):
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(data, "JPEG")
    return Picture(data.getvalue(), 60, 40, kind, "a <b>.png", "“ace” is there")


def plot(width=600, height=300):
    canvas = Canvas(width, height)
    canvas.path("line", [0, width], [0, height])
    return canvas.figure("a line")


def page_with(*blocks):
    return Page("Title & more", "subtitle", (Section("A part", blocks),))


def table_of(rows):
    columns = (Column("Label", is_number=False), Column("AP"))
    return Table("A caption", columns, tuple((f"label {row}", f"{row}") for row in range(rows)))


@pytest.fixture
def slices(qapp):
    """Lays out a page and parts it."""

    def part(*blocks):
        document = QTextDocument()
        images = Images(document)
        document.documentLayout().registerHandler(QTextFormat.ObjectTypes.ImageObject, images)
        document.setDocumentMargin(0)
        document.setHtml(to_paper(page_with(*blocks)))
        document.setTextWidth(680)
        return slices_of(document, height=HEIGHT)

    return part


def test_slices_cover_the_document_without_gaps(slices):
    parts = slices(
        Text("words " * 200), Text("careful", kind="warning"), Tiles((("1", "one"), ("2", "two"))), table_of(90),
        Figures("plots", (plot(), plot())), Figures("small", (plot(200, 150),) * 7),
        Gallery("pictures", (picture("right"), picture("false alarm"), picture("missed")) * 3),
    )  # fmt: skip
    assert all(one.bottom > one.top for one in parts)
    assert all(one.bottom == other.top for one, other in itertools.pairwise(parts))


def test_every_slice_is_on_one_page_once(slices):
    parts = slices(table_of(200), Figures("plots", (plot(),) * 5))
    pages = paginate(parts, height=HEIGHT)
    assert len(pages) > 4
    assert all(sum(bottom - top for top, bottom in page) <= HEIGHT for page in pages)
    for one in parts:
        holding = [page for page in pages if any(top <= one.top and one.bottom <= bottom for top, bottom in page)]
        assert holding


def test_a_long_table_repeats_its_head_on_each_page(slices):
    parts = slices(table_of(200))
    (head,) = {one.head for one in parts if one.head is not None}
    pages = paginate(parts, height=HEIGHT)
    assert all(page[0] == head for page in pages[1:])


def test_a_short_table_and_its_caption_are_not_parted(slices):
    parts = slices(Text("words " * 20), *(table_of(8) for _ in range(7)))
    captions = [number for number, one in enumerate(parts) if one.keeps_next and not parts[number - 1].keeps_next]
    pages = paginate(parts, height=HEIGHT)
    assert len(pages) > 1
    for first in captions:
        last = next(number for number in range(first, len(parts)) if not parts[number].keeps_next)
        assert any(top <= parts[first].top and parts[last].bottom <= bottom for page in pages for top, bottom in page)


def test_a_heading_goes_with_what_follows():
    parts = [Slice(0, 80), Slice(80, 90, keeps_next=True), Slice(90, 120)]
    assert paginate(parts, height=100) == [[(0, 80)], [(80, 120)]]


def test_what_is_higher_than_a_page_does_not_leave_an_empty_one():
    assert paginate([Slice(0, 300), Slice(300, 310)], height=100) == [[(0, 300)], [(300, 310)]]


def test_a_picture_gets_the_frame_of_its_kind(qapp):
    document = QTextDocument()
    images = Images(document)
    document.documentLayout().registerHandler(QTextFormat.ObjectTypes.ImageObject, images)
    colours = {}
    for kind in ("right", "false alarm", "missed"):
        document.setHtml(to_paper(page_with(Gallery("pictures", (picture(kind),)))))
        document.setPageSize(QSizeF(400, 400))
        image = QImage(400, 400, QImage.Format.Format_RGB32)
        image.fill("white")
        painter = QPainter(image)
        document.drawContents(painter)
        painter.end()
        colours[kind] = {image.pixelColor(x, y).name() for x in range(200) for y in range(60, 300)}
    assert "#1a7f37" in colours["right"] - colours["missed"] - colours["false alarm"]
    assert "#cf222e" in colours["false alarm"] - colours["right"]
    assert "#bc6a00" in colours["missed"] - colours["right"]


def test_a_process_of_its_own_writes_the_file(tmp_path):
    out = tmp_path / "a report.pdf"
    pdf.write_pdf(page_with(Text("words"), table_of(120), Figures("plot", (plot(),))), out)
    data = out.read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\s", data)) > 2
    assert is_report(out)
    assert [one.name for one in tmp_path.iterdir()] == ["a report.pdf"]


def test_a_painting_that_fails_is_told_and_leaves_the_old_file(tmp_path, monkeypatch):
    out = tmp_path / "report.pdf"
    out.write_text("old")

    def end(command, **_options):
        return subprocess.CompletedProcess(command, 1, "", "first\nno fonts\n")

    monkeypatch.setattr(pdf.subprocess, "run", end)
    with pytest.raises(JobError, match="no fonts"):
        pdf.write_pdf(page_with(Text("words")), out)
    assert out.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.pdf"]


@pytest.mark.qt_log_ignore("QPainter::begin")
def test_a_file_that_cannot_be_written_is_told_by_the_painter(qapp, tmp_path):
    assert not paint("<p>words</p>", tmp_path / "no folder" / "report.pdf", title="t", creator=GENERATOR)
