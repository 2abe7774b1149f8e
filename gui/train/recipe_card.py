"""One recipe as a card."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.train.recipe_book import RecipeEntry
from gui.widgets import icons, theme

_DOT = 14
_SIGN = 14
_GAP = 2


@dataclass(frozen=True)
class _Line:
    text: str
    font: QFont
    is_quiet: bool


class RecipeCard(QAbstractButton):
    """A recipe's title, purpose and facts, with the dot of a radio button; painted, so that many cost little."""

    def __init__(self, entry: RecipeEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # as narrow as the column
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._lines: list[_Line] = []
        self.show_entry(entry)

    def show_entry(self, entry: RecipeEntry) -> None:
        """Show a recipe, or the same one after a change."""
        self.entry = entry
        bold = QFont(self.font())
        bold.setBold(True)
        small = theme.tabular(theme.smaller(self.font()))
        self._lines = [_Line(entry.recipe.title, bold, is_quiet=False)]
        self._lines += [_Line(entry.recipe.purpose, QFont(self.font()), is_quiet=False)]
        self._lines += [_Line(text, small, is_quiet=True) for text in (entry.facts, *entry.remarks)]
        self.setAccessibleName(" ".join(line.text for line in self._lines))
        self.setToolTip(entry.recipe.name)
        needs = self.tr("Pretrained weights are downloaded once.") if entry.needs_download else ""
        self.setAccessibleDescription(needs)
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as it is, or as a column."""
        return QSize(self.width() if self.width() > 100 else 280, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The texts wrap elsewhere."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        # a layout that asks for the height of a width gives cards of one column too much or too little
        self.setFixedHeight(self._places(self.sizeHint().width())[-1].bottom() + 1 + theme.SPACE)

    def _places(self, width: int) -> list[QRect]:
        left = theme.SPACE + _DOT + theme.SPACE
        top, places = theme.SPACE, []
        for row, line in enumerate(self._lines):
            room = width - left - theme.SPACE - (_SIGN + theme.SPACE if row == 0 and self.entry.needs_download else 0)
            bounds = QFontMetrics(line.font).boundingRect(
                QRect(0, 0, room, 10_000), Qt.TextFlag.TextWordWrap.value, line.text
            )
            places.append(QRect(left, top, room, bounds.height()))
            top += bounds.height() + _GAP
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the dot, the focus and the texts."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        ground = QColor(theme.accent(palette))
        ground.setAlpha(38 if self.isChecked() else 0)
        if not self.isChecked() and self.underMouse():
            ground = QColor(palette.midlight().color())
        painter.setBrush(ground)
        ring = theme.accent(palette) if self.isChecked() or self.hasFocus() else QColor(Qt.GlobalColor.transparent)
        painter.setPen(QPen(ring, 1, Qt.PenStyle.SolidLine if self.isChecked() else Qt.PenStyle.DotLine))
        painter.drawRoundedRect(frame, 6, 6)
        self._paint_dot(painter)
        for line, place in zip(self._lines, self._places(self.width()), strict=True):
            painter.setFont(line.font)
            painter.setPen(theme.secondary(palette) if line.is_quiet else palette.text().color())
            painter.drawText(place, Qt.TextFlag.TextWordWrap.value, line.text)
        if self.entry.needs_download:
            sign = QRectF(self.width() - theme.SPACE - _SIGN, theme.SPACE + 2, _SIGN, _SIGN)
            icons.paint(painter, "download-simple", sign, theme.secondary(palette))

    def _paint_dot(self, painter: QPainter) -> None:
        palette = self.palette()
        dot = QRectF(theme.SPACE, theme.SPACE + 2, _DOT, _DOT)
        if self.isChecked():
            painter.setPen(QPen(theme.accent(palette), 4))
            painter.setBrush(QColor(Qt.GlobalColor.white))
            painter.drawEllipse(dot.adjusted(2, 2, -2, -2))
        else:
            painter.setPen(QPen(palette.dark().color(), 1))
            painter.setBrush(palette.base())
            painter.drawEllipse(dot.adjusted(0.5, 0.5, -0.5, -0.5))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be pressed."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is elsewhere."""
        super().leaveEvent(event)
        self.update()
