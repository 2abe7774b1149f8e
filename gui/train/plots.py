"""The live curves of a run."""

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QPalette, QPen
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.train.history import RunHistory
from gui.train.words import score
from gui.widgets import theme
from gui.widgets.panel import Panel
from gui.widgets.plot import Plot, ticks

# steps are told at most ten times a second: drawing more often shows nothing new
DRAW_GAP_MS = 100
# more points than this cannot be told apart on a screen; a longer curve is drawn by the extremes of its stretches
MOST_POINTS = 2_000
# bars of more labels than this are too thin to read; the worst ones are shown
MOST_BARS = 16


class RunPlots(QWidget):
    """Loss, validation mAP, learning rate and AP per label of one run; earlier runs' mAP faint behind.

    `show_history` says what to draw; `refresh` says that it has grown, and may be called at any rate.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = RunHistory()
        self._drawn_steps: tuple[object, ...] = ()
        self._drawn_epochs: tuple[object, ...] = ()
        self._loss = LossPlot()
        self._map = MapPlot()
        self._learning_rate = LearningRatePlot()
        self._labels = LabelBars()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAW_GAP_MS)

        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        parts: list[tuple[str, Plot]] = [
            (self.tr("Loss"), self._loss),
            (self.tr("Mean average precision"), self._map),
            (self.tr("Learning rate"), self._learning_rate),
            (self.tr("AP per label, worst first"), self._labels),
        ]
        for index, (title, plot) in enumerate(parts):
            panel = Panel(title)
            panel.body.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
            panel.add(plot)
            plot.setAccessibleName(title)
            layout.addWidget(panel, index // 2, index % 2)

        self._timer.timeout.connect(self._draw)

    def show_history(self, history: RunHistory) -> None:
        """Draw another run from now on."""
        self._history = history
        self.refresh()

    def show_earlier(self, maps: Sequence[NDArray[np.float64]]) -> None:
        """Put the validation mAP per epoch of earlier runs, float64 (epochs,) each, faint behind."""
        self._map.show_earlier(maps)

    def refresh(self) -> None:
        """The history has grown: draw it soon."""
        if not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        if not self.isVisible():
            return
        history = self._history
        # what did not change is not painted again
        steps, epochs = (history, history.step, len(history.losses)), (history, history.started, history.epoch)
        if epochs != self._drawn_epochs:
            self._map.draw(history)
            self._labels.draw(history)
            self._loss.draw_epochs(history)
        if steps != self._drawn_steps or epochs != self._drawn_epochs:
            self._loss.draw_steps(history)
            self._learning_rate.draw(history)
        self._drawn_steps, self._drawn_epochs = steps, epochs

    def showEvent(self, event: object) -> None:
        """Draw what came while the plots were hidden."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()


class LossPlot(Plot):
    """Training loss, raw faint and smoothed strong, with its mean per epoch; validation loss per epoch, dashed."""

    def __init__(self) -> None:
        super().__init__(x="epoch", y="loss per image")
        self._raw = _curve(self)
        self._smoothed = _curve(self)
        self._train = self.plot(pen=None, symbol="o", symbolSize=5)
        self._validation = self.plot(symbol="d", symbolSize=7)
        self._train_name = _name(self, "train")
        self._validation_name = _name(self, "validation")
        self._history = RunHistory()
        self.restyle(self.palette())

    def draw_epochs(self, history: RunHistory) -> None:
        """Draw the losses per epoch."""
        self._train.setData(history.epochs, history.train_losses)
        self._validation.setData(history.epochs, history.validation_losses, connect="finite")

    def draw_steps(self, history: RunHistory) -> None:
        """Draw the losses per step, and fit the range to all of them."""
        self._history = history
        positions, raw = thinned(history.step_positions, history.losses)
        self._raw.setData(positions, raw)
        self._smoothed.setData(*thinned(history.step_positions, history.smoothed_losses))
        losses = np.concatenate([raw, history.validation_losses])
        finite = losses[np.isfinite(losses)]
        # the first steps can be far above the rest, which is what one looks at
        top = round_up(float(np.quantile(finite, 0.995))) if len(finite) else 1.0
        _set_ranges(self, history, top)
        _place_names(
            (self._train_name, history.step_positions, history.smoothed_losses),
            (self._validation_name, history.epochs, history.validation_losses),
        )

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        strong, other = theme.accent(palette), palette.color(QPalette.ColorRole.Text)
        self._raw.setPen(_pen(strong, alpha=56))
        self._smoothed.setPen(_pen(strong, width=2))
        self._train.setSymbolPen(None)
        self._train.setSymbolBrush(strong)
        self._validation.setPen(_pen(other, style=Qt.PenStyle.DashLine))
        self._validation.setSymbolPen(_pen(other))
        self._validation.setSymbolBrush(palette.color(QPalette.ColorRole.Window))
        self._train_name.setColor(strong)
        self._validation_name.setColor(other)

    def tip(self, x: float, y: float) -> str:
        """The losses at the epoch under the mouse."""
        history = self._history
        lines = []
        if len(history.step_positions):
            nearest = _nearest(history.step_positions, x)
            lines.append(
                self.tr("epoch {:.2f}: loss {:.4f}, smoothed {:.4f}").format(
                    history.step_positions[nearest], history.losses[nearest], history.smoothed_losses[nearest]
                )
            )
        if len(history.epochs):
            nearest = _nearest(history.epochs, x)
            lines.append(
                self.tr("epoch {:.0f}: train {:.4f}, validation {:.4f}").format(
                    history.epochs[nearest], history.train_losses[nearest], history.validation_losses[nearest]
                )
            )
        return "\n".join(lines)


class MapPlot(Plot):
    """Validation mAP per epoch with the best one marked; earlier runs faint behind."""

    def __init__(self) -> None:
        super().__init__(x="epoch", y="validation mAP")
        self._earlier = _curve(self)
        self._map = self.plot(symbol="o", symbolSize=5)
        self._best = self.plot(pen=None, symbol="star", symbolSize=15)
        self._best_name = _name(self, "")
        self._history = RunHistory()
        self.getAxis("left").setTicks([ticks([0, 0.25, 0.5, 0.75, 1], digits=2)])
        self.restyle(self.palette())

    def show_earlier(self, maps: Sequence[NDArray[np.float64]]) -> None:
        """Draw the mAP of other runs, one array (epochs,) each."""
        gap = np.array([np.nan])
        x = [part for one in maps for part in (np.arange(1.0, len(one) + 1), gap)]
        y = [part for one in maps for part in (one, gap)]
        self._earlier.setData(np.concatenate(x or [gap]), np.concatenate(y or [gap]), connect="finite")

    def draw(self, history: RunHistory) -> None:
        """Draw the validation mAP of a run."""
        self._history = history
        self._map.setData(history.epochs, history.validation_maps, connect="finite")
        best = history.best if history.best is not None and history.best.validation_map is not None else None
        self._best.setData([best.epoch] if best else [], [best.validation_map] if best else [])
        self._best_name.setVisible(best is not None)
        _set_ranges(self, history, 1.0)
        if best is not None and best.validation_map is not None:
            self._best_name.setText(score(best.validation_map))
            is_at_border = best.epoch > 0.9 * self.getViewBox().viewRange()[0][1]
            is_at_top = best.validation_map > 0.8
            self._best_name.setAnchor((1 if is_at_border else 0.5, -0.4 if is_at_top else 1.3))
            self._best_name.setPos(best.epoch, best.validation_map)

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        strong = theme.accent(palette)
        self._earlier.setPen(_pen(theme.secondary(palette), alpha=110))
        self._map.setPen(_pen(strong, width=2))
        self._map.setSymbolPen(None)
        self._map.setSymbolBrush(strong)
        self._best.setSymbolPen(None)
        self._best.setSymbolBrush(strong)
        self._best_name.setColor(palette.color(QPalette.ColorRole.Text))

    def tip(self, x: float, y: float) -> str:
        """The mAP of the epoch under the mouse."""
        history = self._history
        if not len(history.epochs):
            return ""
        nearest = _nearest(history.epochs, x)
        best = score(float(history.validation_maps[nearest]))
        text: str = self.tr("epoch {:.0f}: mAP {}").format(history.epochs[nearest], best)
        return text


class LearningRatePlot(Plot):
    """The learning rate, step by step."""

    def __init__(self) -> None:
        super().__init__(x="epoch", y="learning rate")
        self._rate = _curve(self)
        self._history = RunHistory()
        self.restyle(self.palette())

    def draw(self, history: RunHistory) -> None:
        """Draw the learning rate of a run."""
        self._history = history
        rates = history.learning_rates
        self._rate.setData(*thinned(history.step_positions, rates))
        finite = rates[np.isfinite(rates)]
        _set_ranges(self, history, round_up(float(finite.max())) if len(finite) else 1e-3)

    def restyle(self, palette: QPalette) -> None:
        """Colour the curve."""
        self._rate.setPen(_pen(theme.accent(palette)))

    def tip(self, x: float, y: float) -> str:
        """The learning rate at the step under the mouse."""
        history = self._history
        if not len(history.step_positions):
            return ""
        nearest = _nearest(history.step_positions, x)
        rate = history.learning_rates[nearest]
        text: str = self.tr("epoch {:.2f}: learning rate {:.2e}").format(history.step_positions[nearest], rate)
        return text


class LabelBars(Plot):
    """The latest epoch's AP per label as bars, worst first."""

    def __init__(self) -> None:
        super().__init__(x="AP", y="")
        self._bars = pg.BarGraphItem(x0=[], y=[], height=0.7, width=[])
        self.addItem(self._bars)
        self._shown: tuple[tuple[str, float], ...] = ()
        self.getAxis("left").setStyle(tickLength=0, autoExpandTextSpace=False)
        self.getAxis("bottom").setTicks([ticks([0, 0.25, 0.5, 0.75, 1], digits=2)])
        self.getAxis("left").setTicks([[]])
        self.showGrid(x=True, y=False)
        self.invertY(True)
        self.setXRange(0, 1, padding=0.05)
        self.restyle(self.palette())

    def draw(self, history: RunHistory) -> None:
        """Draw the AP per label of the latest epoch."""
        shown = worst_labels(history)
        if shown == self._shown:
            return
        self._shown = shown
        positions = np.arange(len(shown))
        self._bars.setOpts(x0=np.zeros(len(shown)), y=positions, width=[ap for _, ap in shown], height=0.7)
        self.setYRange(-0.6, max(len(shown), 4) - 0.4, padding=0)
        metrics = self.fontMetrics()
        longest = 90
        names = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, longest) for name, _ in shown]
        self.getAxis("left").setTicks([list(enumerate(names))])
        self.getAxis("left").setWidth(max([40, *(metrics.horizontalAdvance(name) for name in names)]) + 8)

    def restyle(self, palette: QPalette) -> None:
        """Colour the bars."""
        color = QColor(theme.accent(palette))
        color.setAlpha(170)
        self._bars.setOpts(brush=color, pen=QPen(Qt.PenStyle.NoPen))

    def tip(self, x: float, y: float) -> str:
        """The label under the mouse and its AP."""
        row = round(y)
        return "{}: AP {:.3f}".format(*self._shown[row]) if 0 <= row < len(self._shown) else ""


def worst_labels(history: RunHistory) -> tuple[tuple[str, float], ...]:
    """Names and APs of the labels with the lowest AP in the latest epoch, lowest first; those without one left out."""
    if history.started is None or history.epoch is None:
        return ()
    pairs = zip(history.started.labels, history.epoch.average_precision, strict=False)
    known = [(name, ap) for name, ap in pairs if ap is not None]
    return tuple(sorted(known, key=lambda pair: pair[1])[:MOST_BARS])


def thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A curve with at most `MOST_POINTS` points that looks the same: the extremes of each stretch are kept.

    Args:
        x: ascending, float64 (n,).
        y: float64 (n,); NaN counts as no point.

    Returns:
        x and y of the points to draw.
    """
    stretches = MOST_POINTS // 2
    length = len(y) // stretches
    if length < 3:
        return x, y
    whole = len(y) // length * length
    parts = y[:whole].reshape(-1, length)
    pairs = np.stack([np.fmin.reduce(parts, axis=1), np.fmax.reduce(parts, axis=1)], axis=1).ravel()
    starts = np.repeat(x[:whole:length], 2)
    return np.concatenate([starts, x[whole:]]), np.concatenate([pairs, y[whole:]])


def _curve(plot: Plot) -> pg.PlotDataItem:
    return plot.plot(antialias=True, skipFiniteCheck=False, connect="finite")


def _name(plot: Plot, text: str) -> pg.TextItem:
    name = pg.TextItem(text, anchor=(1, 1))
    name.setFont(theme.smaller(plot.font()))
    name.setVisible(False)
    plot.addItem(name, ignoreBounds=True)
    return name


_Line = tuple[pg.TextItem, NDArray[np.float64], NDArray[np.float64]]


def _place_names(*lines: _Line) -> None:
    """Put the name of each line at its end, the names one above the other in the order of the ends."""
    ends = []
    for name, x, y in lines:
        finite = np.flatnonzero(np.isfinite(y))
        name.setVisible(bool(len(finite)))
        if len(finite):
            ends.append((float(y[finite[-1]]), float(x[finite[-1]]), name))
    for rank, (y_end, x_end, name) in enumerate(sorted(ends, key=lambda end: end[0])):
        # beside the line's end while the run goes on, over or under it once it has reached the border
        is_free = x_end < 0.8 * name.getViewBox().viewRange()[0][1]
        is_upper = rank == len(ends) - 1 and len(ends) > 1
        name.setAnchor((-0.1, 0.9 if is_upper else 0.1) if is_free else (1, 1.2 if is_upper else -0.2))
        name.setPos(x_end, y_end)


def round_up(value: float) -> float:
    """The next number above of 1, 1.5, 2, 3, 5, 7 and 10 times a power of ten; 1 for 0 and less.

    A range that ends there seldom changes while a curve grows.
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10) if step * power >= value * (1 - 1e-9))


def _set_ranges(plot: Plot, history: RunHistory, top: float) -> None:
    epochs = history.started.epochs if history.started is not None else 10
    plot.setXRange(0, max(epochs, 1), padding=0.02)
    # room for the lowest tick's number, which pyqtgraph drops when it would reach beyond the axis
    plot.setYRange(0, top, padding=0.07)


def _nearest(positions: NDArray[np.float64], x: float) -> int:
    return int(np.abs(positions - x).argmin())


def _pen(color: QColor, *, alpha: int = 255, style: Qt.PenStyle = Qt.PenStyle.SolidLine, width: int = 1) -> QPen:
    faint = QColor(color)
    faint.setAlpha(alpha)
    # wider ones only on smooth curves: Qt is slow with them on noisy ones
    pen = QPen(faint, width, style)
    pen.setCosmetic(True)
    return pen
