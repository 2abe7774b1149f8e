"""How the reviewed images grew, as a curve of steps over the days or hours."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.project.statistics import SECONDS, Progress
from gui.widgets import theme
from gui.widgets.own_keys import keep_keys

_MINUTE, _HOUR, _DAY = SECONDS["minute"], SECONDS["hour"], SECONDS["day"]
# distances of the marks on the axis, in seconds
_DISTANCES = (
    _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR,
    12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 91 * _DAY, 182 * _DAY, 365 * _DAY, 1825 * _DAY,
)  # fmt: skip
_MARK = 3
_EMPTY = Progress("day", np.zeros(0), np.zeros(0, np.int64), 0)


class ProgressChart(QWidget):
    """The curve, with axes; the arrow keys and the mouse read it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._progress = _EMPTY
        self._offset = 0.0
        self._place: int | None = None
        self.setFont(theme.tabular(theme.smaller(self.font())))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Reviewed images over time"))
        keep_keys(self)

    def show_progress(self, progress: Progress, *, utc_offset: float) -> None:
        """Show another curve.

        Args:
            progress: the curve.
            utc_offset: of the clock that the axis shows, in seconds.
        """
        self._progress, self._offset = progress, utc_offset
        if self._place is not None and self._place >= len(progress.starts):
            self._place = None
        self.setAccessibleDescription(self.in_words())
        self.update()

    def in_words(self, place: int | None = None) -> str:
        """The whole curve, or one of its steps, in a sentence."""
        progress = self._progress
        if not len(progress.starts):
            return (
                self.tr("No time of a review is known.") if progress.earlier else self.tr("No image is reviewed yet.")
            )
        if place is None:
            return self.tr("{:,} images reviewed from {} to {}").format(
                progress.total, self._when(progress.starts[0]), self._when(progress.starts[-1])
            )
        before = int(progress.counts[place - 1]) if place else progress.earlier
        return self.tr("{}: {:,} reviewed, {:,} by then").format(
            self._when(progress.starts[place]), int(progress.counts[place]) - before, int(progress.counts[place])
        )

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(320, 10 * QFontMetrics(self.font()).height())

    def minimumSizeHint(self) -> QSize:
        """Some marks of each axis."""
        return QSize(180, 9 * QFontMetrics(self.font()).height())

    # where things are

    def _plot(self) -> QRectF:
        metrics = QFontMetrics(self.font())
        left = metrics.horizontalAdvance(f"{self._top():,}") + 2 * theme.SPACE
        return QRectF(self.rect()).adjusted(left, metrics.height(), -theme.PANEL, -metrics.height() - theme.SPACE)

    def _top(self) -> int:
        """The end of the axis of images."""
        return -(-max(self._progress.total, 1) // self._image_step()) * self._image_step()

    def _image_step(self) -> int:
        """A round distance for marks, so that there is room for each of them."""
        lines = self.height() / QFontMetrics(self.font()).height() - 2
        rough = max(self._progress.total, 1) / min(max(lines / 2, 1), 5)
        power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
        return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough))

    def _range(self) -> tuple[float, float]:
        starts = self._progress.starts
        return float(starts[0]), float(starts[-1]) + SECONDS[self._progress.step]

    def _x(self, plot: QRectF, times: NDArray[np.float64]) -> NDArray[np.float64]:
        first, last = self._range()
        return plot.left() + (times - first) / (last - first) * plot.width()

    def _y(self, plot: QRectF, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return plot.bottom() - counts / self._top() * plot.height()

    def _place_at(self, x: float) -> int | None:
        plot, count = self._plot(), len(self._progress.starts)
        if not count or not plot.left() <= x <= plot.right():
            return None
        return min(int((x - plot.left()) / max(plot.width(), 1) * count), count - 1)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axes, curve and the step that is read."""
        painter = QPainter(self)
        palette, plot = self.palette(), self._plot()
        if not len(self._progress.starts):
            painter.setPen(theme.secondary(palette))
            inner = self.rect().adjusted(theme.PANEL, 0, -theme.PANEL, 0)
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.in_words())
        else:
            self._paint_image_axis(painter, plot)
            self._paint_time_axis(painter, plot)
            self._paint_curve(painter, plot)
            self._paint_place(painter, plot)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(theme.accent(palette), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_image_axis(self, painter: QPainter, plot: QRectF) -> None:
        palette, metrics = self.palette(), painter.fontMetrics()
        painter.setPen(theme.secondary(palette))
        title = QRectF(theme.SPACE / 2, 0, self.width() - theme.SPACE, metrics.height())
        painter.drawText(title, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute), self.tr("Images"))
        step = self._image_step()
        for count in range(0, self._top() + 1, step):
            y = plot.bottom() - count / self._top() * plot.height()
            painter.setPen(theme.hairline(palette))
            painter.drawLine(QPointF(plot.left(), round(y) + 0.5), QPointF(plot.right(), round(y) + 0.5))
            if count == self._top() and plot.top() < metrics.height() / 2 + metrics.ascent():
                # the name of the axis stands there
                continue
            painter.setPen(theme.secondary(palette))
            place = QRectF(0, y - metrics.height() / 2, plot.left() - theme.SPACE / 2, metrics.height())
            painter.drawText(place, int(_RIGHT), f"{count:,}")

    def _paint_time_axis(self, painter: QPainter, plot: QRectF) -> None:
        palette, metrics = self.palette(), painter.fontMetrics()
        first, last = self._range()
        widest = max(metrics.horizontalAdvance(text) for text in ("00:00", self._mark(first, _DAY)))
        fitting = max(int(plot.width() // (widest + theme.PANEL)), 1)
        distance = next((one for one in _DISTANCES if (last - first) / one <= fitting), _DISTANCES[-1])
        distance = max(distance, SECONDS[self._progress.step])
        # round times of the clock, not of the world's
        mark = math.ceil((first + self._offset) / distance) * distance - self._offset
        until = plot.left()
        while mark <= last:
            x = plot.left() + (mark - first) / (last - first) * plot.width()
            painter.setPen(theme.secondary(palette))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + _MARK))
            text = self._mark(mark, distance)
            room = metrics.horizontalAdvance(text) + 2
            left = min(max(x - room / 2, 0), self.width() - room - 2)
            if left >= until:
                place = QRectF(left, plot.bottom() + _MARK, room, metrics.height())
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)
                until = left + room
            mark += distance

    def _paint_curve(self, painter: QPainter, plot: QRectF) -> None:
        progress, palette = self._progress, self.palette()
        before = np.concatenate([[progress.earlier], progress.counts[:-1]])
        # thousands of days without a review are one line
        rises = np.flatnonzero(progress.counts != before)
        x = self._x(plot, progress.starts[rises])
        low, high = self._y(plot, before[rises].astype(np.float64)), self._y(plot, progress.counts[rises].astype(float))
        points = [QPointF(plot.left(), float(self._y(plot, np.array([progress.earlier], float))[0]))]
        for at, bottom, top in zip(x.tolist(), low.tolist(), high.tolist(), strict=True):
            points += [QPointF(at, bottom), QPointF(at, top)]
        points.append(QPointF(plot.right(), points[-1].y()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        below = theme.accent(palette)
        below.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(below)
        painter.drawPolygon(QPolygonF([*points, plot.bottomRight(), plot.bottomLeft()]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.accent(palette), 2))
        painter.drawPolyline(QPolygonF(points))

    def _paint_place(self, painter: QPainter, plot: QRectF) -> None:
        if self._place is None or not self.hasFocus():
            return
        palette, metrics = self.palette(), painter.fontMetrics()
        middle = self._progress.starts[self._place] + SECONDS[self._progress.step] / 2
        x = float(self._x(plot, np.array([middle]))[0])
        y = float(self._y(plot, np.array([self._progress.counts[self._place]], float))[0])
        painter.setPen(QPen(theme.secondary(palette), 1))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.text())
        painter.drawEllipse(QPointF(x, y), 4, 4)
        text = self.in_words(self._place)
        wide = metrics.horizontalAdvance(text) + theme.SPACE
        left = min(max(x - wide / 2, plot.left()), max(plot.right() - wide, plot.left()))
        place = QRectF(left, plot.top() - metrics.height(), wide, metrics.height() + 2)
        painter.fillRect(place, palette.window())
        painter.setPen(palette.text().color())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)

    # words

    def _clock(self, seconds: float) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds + self._offset)

    def _when(self, seconds: float) -> str:
        time, locale = self._clock(seconds), QLocale()
        day = f"{time.day} {locale.monthName(time.month, QLocale.FormatType.ShortFormat)} {time.year}"
        return day if self._progress.step == "day" else f"{day}, {time.hour:02}:{time.minute:02}"

    def _mark(self, seconds: float, distance: int) -> str:
        time, locale = self._clock(seconds), QLocale()
        month = locale.monthName(time.month, QLocale.FormatType.ShortFormat)
        if distance >= 91 * _DAY:
            return f"{month} {time.year}"
        if distance >= _DAY or (time.hour == 0 and time.minute == 0):
            return f"{time.day} {month}"
        return f"{time.hour:02}:{time.minute:02}"

    # reading it

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the step under the mouse."""
        place = self._place_at(event.position().x())
        text = "" if place is None else self.in_words(place)
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is read any more."""
        QToolTip.hideText()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from step to step."""
        count, now = len(self._progress.starts), self._place
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and count:
            step = -1 if key == Qt.Key.Key_Left else 1
            self._go(count - 1 if now is None else min(max(now + step, 0), count - 1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and count:
            self._go(0 if key == Qt.Key.Key_Home else count - 1)
        else:
            super().keyPressEvent(event)

    def _go(self, place: int) -> None:
        self._place = place
        self.setAccessibleDescription(self.in_words(place))
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys come here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they no longer do."""
        super().focusOutEvent(event)
        self.update()


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
