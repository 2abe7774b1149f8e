"""Painting a report on A4: `python -m gui.report_pdf IN.html OUT.pdf TITLE CREATOR`, in a process of its own.

`core.report.paper` writes the HTML. Plots in it are painted as vectors, and pictures with the frames of Inspect.
"""

import sys
from base64 import b64decode
from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QObject, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QPyTextObject,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from gui.report_pages import paginate, slices_of

RESOLUTION_DPI = 1200
# QTextDocument counts in pixels of a screen
SCREEN_DPI = 96
MARGIN_MM = 15.0
FOOT_PX = 28
FRAME_PX = 2.5
FRAMES = {
    "right": (Qt.PenStyle.SolidLine, "#1a7f37"),
    "false-alarm": (Qt.PenStyle.DashLine, "#cf222e"),
    "missed": (Qt.PenStyle.DotLine, "#bc6a00"),
}


class Images(QPyTextObject):
    """Paints what `<img>` of the document shows.

    Its source is `data:KIND;FRAME;base64,DATA`, FRAME being a key of `FRAMES`; a plot has none.
    """

    def intrinsicSize(self, _document: QTextDocument, _position: int, format: QTextFormat) -> QSizeF:  # noqa: A002
        """The size that the HTML gives, px."""
        image = format.toImageFormat()
        return QSizeF(image.width(), image.height())

    def drawObject(
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        _document: QTextDocument,
        _position: int,
        format: QTextFormat,  # noqa: A002
    ) -> None:
        """Paint a plot or a picture."""
        rect = QRectF(rect)
        head, data = format.toImageFormat().name().removeprefix("data:").split(",", maxsplit=1)
        kind, *frame, _ = head.split(";")
        content = QByteArray(b64decode(data))
        if kind == "image/svg+xml":
            QSvgRenderer(content).render(painter, rect)
            return
        painter.drawImage(rect, QImage.fromData(content))
        if frame:
            style, colour = FRAMES[frame[0]]
            pen = QPen(QColor(colour), FRAME_PX, style, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin)
            painter.save()
            painter.setPen(pen)
            half = FRAME_PX / 2
            painter.drawRect(rect.adjusted(half, half, -half, -half))
            painter.restore()


def paint(html: str, out: Path, *, title: str, creator: str) -> bool:
    """Paint a document, with page numbers.

    Args:
        html: as `QTextDocument` knows it.
        out: the PDF to write.
        title: of the document, which is at the foot of each page, too.
        creator: program that the PDF names.

    Returns:
        Whether the file could be written.
    """
    writer = QPdfWriter(str(out))
    writer.setTitle(title)
    writer.setCreator(creator)
    writer.setResolution(RESOLUTION_DPI)
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    scale = RESOLUTION_DPI / SCREEN_DPI
    page = QSizeF(writer.width() / scale, writer.height() / scale)
    document = QTextDocument()
    images = Images(document)
    document.documentLayout().registerHandler(QTextFormat.ObjectTypes.ImageObject, images)
    document.setDocumentMargin(0)
    document.setHtml(html)
    document.setTextWidth(page.width())
    text_height = page.height() - FOOT_PX
    pages = paginate(slices_of(document, height=text_height), height=text_height)
    painter = QPainter()
    if not painter.begin(writer):
        return False
    painter.scale(scale, scale)
    for number, strips in enumerate(pages, start=1):
        if number > 1:
            writer.newPage()
        y = 0.0
        for top, bottom in strips:
            painter.save()
            painter.translate(0, y - top)
            document.drawContents(painter, QRectF(0, top, page.width(), bottom - top))
            painter.restore()
            y += bottom - top
        _paint_foot(painter, QRectF(0, text_height, page.width(), FOOT_PX), title, f"{number} / {len(pages)}")
    return painter.end()


def _paint_foot(painter: QPainter, rect: QRectF, title: str, number: str) -> None:
    font = QFont("sans-serif")
    font.setPixelSize(10)
    painter.setFont(font)
    painter.setPen(QColor("#57606a"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, title)
    painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, number)


def main(arguments: list[str]) -> int:
    """Paint one file.

    Args:
        arguments: the HTML file, the PDF file, the title and the creator.

    Returns:
        The exit status.
    """
    source, out, title, creator = arguments
    app: QObject = QGuiApplication([sys.argv[0]])
    done = paint(Path(source).read_text(encoding="utf-8"), Path(out), title=title, creator=creator)
    if not done:
        print(f"{out} cannot be written.", file=sys.stderr)
    del app
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
