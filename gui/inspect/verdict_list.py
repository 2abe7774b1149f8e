"""The labels of one image in Inspect: what the model says, how sure it is, and what people say."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from core.labels import LabelState
from gui.inspect.verdicts import Verdict
from gui.widgets import icons, theme
from gui.widgets.states import STATE_GLYPHS, state_color

Index = QModelIndex | QPersistentModelIndex

ROW = 30
_EDGE = 12
_NUMBER = 46
_SIGN = 52
_BAR = 8
# of the room beside the numbers and signs: the bar takes what names do not need, and is still read at the largest
_LEAST_NAME, _MOST_NAME = 0.42, 0.66


class VerdictList(QWidget):
    """A row for each label; choosing one is asking why.

    Signals:
        label_chosen: column of the label.
    """

    label_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = VerdictModel()
        self._is_showing = False
        self._view = _View()
        self._view.setModel(self.model)
        self._delegate = _Delegate(self.model)
        self._view.setItemDelegate(self._delegate)
        self._view.setAccessibleName(self.tr("Labels of the image"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(_Header(self.tr("model"), self.tr("people")))
        layout.addWidget(self._view, 1)
        self._view.selectionModel().currentChanged.connect(self._on_current_changed)

    def show_verdicts(self, verdicts: Sequence[Verdict], label: int) -> None:
        """Show what is said of an image, with one label chosen; nothing is signalled.

        Args:
            verdicts: in their order.
            label: column of the chosen label.
        """
        self._is_showing = True
        self.model.show_verdicts(verdicts)
        rows = [row for row, one in enumerate(verdicts) if one.label == label]
        if rows:
            self._view.setCurrentIndex(self.model.index(rows[0]))
        self._is_showing = False

    def step(self, count: int) -> None:
        """Choose the label so many rows further down; it stops at the ends."""
        row = min(max(self._view.currentIndex().row() + count, 0), self.model.rowCount() - 1)
        self._view.setCurrentIndex(self.model.index(row))

    def _on_current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._is_showing:
            self.label_chosen.emit(self.model.verdicts[current.row()].label)


class VerdictModel(QAbstractListModel):
    """The verdicts on one image.

    Attributes:
        verdicts: in their order.
        longest: the name with the most letters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.verdicts: tuple[Verdict, ...] = ()
        self.longest = ""

    def show_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Show others."""
        self.beginResetModel()
        self.verdicts = tuple(verdicts)
        self.longest = max((one.name for one in verdicts), key=len, default="")
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each label."""
        return 0 if parent.isValid() else len(self.verdicts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """The sentence, for screen readers and the tool tip; the delegate paints from the verdicts."""
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.verdicts[index.row()].sentence
        return None


class _View(QListView):
    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of the viewer."""


class _Header(QWidget):
    """Names of the two columns of signs."""

    def __init__(self, model: str, people: str) -> None:
        super().__init__()
        self._texts = (model, people)
        self.setFixedHeight(22)
        self.setFont(theme.smaller(self.font()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Write the names above the signs."""
        painter = QPainter(self)
        painter.setPen(theme.secondary(self.palette()))
        for place, text in enumerate(self._texts):
            left = self.width() - (2 - place) * _SIGN
            painter.drawText(QRectF(left, 0, _SIGN, self.height()), Qt.AlignmentFlag.AlignCenter, text)


class _Delegate(QStyledItemDelegate):
    """Paints a line in the frame colour of right or wrong, the name, a bar, the probability and two signs."""

    def __init__(self, model: VerdictModel) -> None:
        super().__init__()
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The same for all."""
        return QSize(240, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one label."""
        one = self._model.verdicts[index.row()]
        palette: QPalette = option.palette
        rect = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.fillRect(rect, palette.highlight())
        ink = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        pen = _edge(one, palette)
        if pen is not None:
            pen.setWidth(3)
            painter.setPen(pen)
            x = rect.left() + _EDGE / 2
            painter.drawLine(int(x), int(rect.top()) + 4, int(x), int(rect.bottom()) - 4)
        room = rect.width() - _EDGE - _NUMBER - 2 * _SIGN
        painter.setFont(option.font)
        longest = painter.fontMetrics().horizontalAdvance(self._model.longest) + 2 * theme.SPACE
        width = min(max(longest, _LEAST_NAME * room), _MOST_NAME * room)
        name = QRectF(rect.left() + _EDGE, rect.top(), width, ROW)
        painter.setPen(ink)
        text = painter.fontMetrics().elidedText(one.name, Qt.TextElideMode.ElideRight, int(name.width()) - theme.SPACE)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)
        bar = QRectF(name.right(), rect.center().y() - _BAR / 2, rect.width() - name.right() + rect.left(), _BAR)
        bar.setWidth(bar.width() - _NUMBER - 2 * _SIGN - theme.SPACE / 2)
        self._paint_bar(painter, bar, one, ink=ink, palette=palette, selected=selected)
        painter.setFont(theme.tabular(option.font))
        painter.setPen(ink)
        number = QRectF(rect.right() - 2 * _SIGN - _NUMBER, rect.top(), _NUMBER, ROW)
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{one.probability:.3f}")
        said = LabelState.PRESENT if one.predicted else LabelState.ABSENT
        for place, state in enumerate((said, one.now.state)):
            if state is None:
                continue
            left = rect.right() - (2 - place) * _SIGN
            sign = QRectF(left + (_SIGN - 16) / 2, rect.center().y() - 8, 16, 16)
            icons.paint(painter, STATE_GLYPHS[state], sign, ink if selected else state_color(state, palette))
        if one.change:
            # a dot: this is not what the run was measured against
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink if selected else theme.accent(palette))
            painter.drawEllipse(QRectF(rect.right() - _SIGN / 2 + 11, rect.center().y() - 8, 5, 5))
        painter.restore()

    def _paint_bar(
        self, painter: QPainter, bar: QRectF, one: Verdict, *, ink: QColor, palette: QPalette, selected: bool
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QColor(ink)
        ground.setAlphaF(0.25)
        painter.setBrush(ground if selected else palette.mid())
        painter.drawRoundedRect(bar, 3, 3)
        if one.probability > 0:
            filled = QColor(theme.accent(palette)) if one.predicted else theme.secondary(palette)
            painter.setBrush(ink if selected else filled)
            painter.drawRoundedRect(QRectF(bar.x(), bar.y(), bar.width() * one.probability, _BAR), 3, 3)
        if one.threshold is not None:
            painter.setPen(QPen(ink, 2))
            tick = int(bar.x() + bar.width() * one.threshold)
            painter.drawLine(tick, int(bar.top() - 4), tick, int(bar.bottom() + 4))


def _edge(one: Verdict, palette: QPalette) -> QPen | None:
    if one.is_false_alarm:
        return theme.false_positive_pen(palette)
    if one.is_missed:
        return theme.false_negative_pen(palette)
    if one.predicted and one.state == LabelState.PRESENT:
        return theme.true_positive_pen(palette)
    return None
