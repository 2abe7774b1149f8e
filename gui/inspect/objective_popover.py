"""What thresholds are chosen for, with its numbers: a small window that closes when it is left."""

from dataclasses import replace
from typing import cast

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.evaluation.objectives import Objective
from gui.inspect.tuner import Scope, Tuner
from gui.widgets import theme
from gui.widgets.buttons import primary

_WIDTH = 480


class ObjectivePopover(QFrame):
    """Sets the wish of a tuner, and tunes."""

    def __init__(self, tuner: Tuner, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._tuner = tuner
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(_WIDTH)

        self.kind = QComboBox()
        for text, key in (
            (self.tr("Best F1"), "f1"),
            (self.tr("Best F0.5, precision counts more"), "f0.5"),
            (self.tr("Best F2, recall counts more"), "f2"),
            (self.tr("Precision of at least"), "precision"),
            (self.tr("Recall of at least"), "recall"),
            (self.tr("Least cost of mistakes"), "cost"),
            (self.tr("So many alarms at most"), "capacity"),
            (self.tr("One fixed threshold"), "fixed"),
        ):
            self.kind.addItem(text, key)
        self.precision = _share(0.9, least=0.001)
        self.recall = _share(0.95, least=0.001)
        self.fixed = _share(0.5, least=0)
        self.false_alarm, self.miss = _cost(1), _cost(5)
        self.alarms, self.images = _count(50), _count(1000)
        for number, name in (
            (self.precision, self.tr("Least precision")),
            (self.recall, self.tr("Least recall")),
            (self.fixed, self.tr("Threshold")),
            (self.false_alarm, self.tr("Cost of a false alarm")),
            (self.miss, self.tr("Cost of a miss")),
            (self.alarms, self.tr("Alarms at most")),
            (self.images, self.tr("Among so many images")),
        ):
            number.setAccessibleName(name)
            number.setFont(theme.tabular(number.font()))
            # the style sheet's padding does not reach the text of a spin box
            number.lineEdit().setTextMargins(theme.SPACE - 2, 0, 0, 0)
        self._values = QStackedWidget()
        self._values.addWidget(QWidget())
        self._pages = {
            "precision": self._page(self.precision),
            "recall": self._page(self.recall),
            "cost": self._page(QLabel(self.tr("false alarm")), self.false_alarm, QLabel(self.tr("miss")), self.miss),
            "capacity": self._page(self.alarms, QLabel(self.tr("alarms in")), self.images, QLabel(self.tr("images"))),
            "fixed": self._page(self.fixed),
        }
        self.on = QComboBox()
        for text, key in (
            (self.tr("Validation"), "validation"),
            (self.tr("Train, as the paper does"), "train"),
            (self.tr("Train and validation in 5 folds"), "cross"),
        ):
            self.on.addItem(text, key)
        self.shrink = QComboBox()
        for text, key in (
            (self.tr("Where it helps"), "auto"),
            (self.tr("Always"), "on"),
            (self.tr("Never"), "off"),
        ):
            self.shrink.addItem(text, key)
        explained = QLabel(
            self.tr("The fewer positives a label has, the more its threshold is pulled to that of all labels together.")
        )
        explained.setWordWrap(True)
        explained.setProperty("tone", "secondary")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(theme.PANEL)
        self._form.setVerticalSpacing(theme.SPACE)
        rows: tuple[tuple[str, QWidget, str], ...] = (
            (self.tr("Choose for"), self.kind, self.tr("Choose thresholds for")),
            ("", self._values, ""),
            (self.tr("Tune on"), self.on, self.tr("Images to tune on")),
            (self.tr("Steady rare labels"), self.shrink, self.tr("Pull towards the threshold of all labels")),
            ("", explained, ""),
        )
        for text, field, name in rows:
            self._form.addRow(text, field)
            if name:
                field.setAccessibleName(name)
        self.this = primary(QPushButton(self.tr("This label")))
        self.selected = QPushButton()
        self.all = QPushButton(self.tr("All labels"))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(QLabel(self.tr("Tune")))
        for button in (self.this, self.selected, self.all):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        layout.setSpacing(theme.PANEL)
        layout.addLayout(self._form)
        layout.addLayout(buttons)

        for box in (self.kind, self.on, self.shrink):
            box.currentIndexChanged.connect(self._on_edited)
        for number in (self.precision, self.recall, self.fixed, self.false_alarm, self.miss, self.alarms, self.images):
            number.valueChanged.connect(self._on_edited)
        self.this.clicked.connect(lambda: self._tune("label"))
        self.selected.clicked.connect(lambda: self._tune("selected"))
        self.all.clicked.connect(lambda: self._tune("all"))
        self._show_values()

    def open_below(self, widget: QWidget, *, selected: int, scope: Scope = "label") -> None:
        """Open at a widget, within its screen.

        Args:
            widget: the button that opens it.
            selected: how many labels are selected.
            scope: which labels the primary button tunes.
        """
        self.selected.setText(self.tr("{:,} selected").format(selected))
        self.selected.setVisible(selected > 1)
        for button, key in ((self.this, "label"), (self.selected, "selected"), (self.all, "all")):
            button.setProperty("kind", "primary" if key == scope else "")
            button.style().unpolish(button)
            button.style().polish(button)
        self.adjustSize()
        place = widget.mapToGlobal(QPoint(widget.width() - self.width(), widget.height() + 2))
        room = widget.screen().availableGeometry()
        if place.y() + self.height() > room.bottom():
            place.setY(widget.mapToGlobal(QPoint(0, 0)).y() - self.height() - 2)
        self.move(max(place.x(), room.left()), max(place.y(), room.top()))
        self.show()
        self.kind.setFocus(Qt.FocusReason.PopupFocusReason)

    def _page(self, *widgets: QWidget) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch(1)
        self._values.addWidget(page)
        return page

    def _show_values(self) -> None:
        page = self._pages.get(self.kind.currentData())
        self._form.setRowVisible(self._values, page is not None)
        if page is not None:
            self._values.setCurrentWidget(page)
        tunes = self.kind.currentData() != "fixed"
        for field in (self.on, self.shrink):
            field.setEnabled(tunes)

    def _objective(self) -> Objective:
        kind = self.kind.currentData()
        if kind == "precision":
            return Objective("precision", self.precision.value())
        if kind == "recall":
            return Objective("recall", self.recall.value())
        if kind == "cost":
            return Objective("cost", self.false_alarm.value(), self.miss.value())
        if kind == "capacity":
            return Objective("capacity", self.alarms.value(), self.images.value())
        if kind == "fixed":
            return Objective("fixed", self.fixed.value())
        return Objective.parse(kind)

    def _on_edited(self) -> None:
        # never more alarms than images
        with QSignalBlocker(self.images):
            self.images.setMinimum(max(self.alarms.value(), 1))
        self._show_values()
        self.adjustSize()
        self._tuner.set_wish(
            replace(
                self._tuner.wish,
                objective=self._objective(),
                on=self.on.currentData(),
                shrink=self.shrink.currentData(),
            )
        )

    def _tune(self, scope: str) -> None:
        self.hide()
        self._tuner.tune(cast(Scope, scope))


def _share(value: float, *, least: float) -> QDoubleSpinBox:
    number = QDoubleSpinBox()
    number.setRange(least, 1)
    number.setDecimals(3)
    number.setSingleStep(0.01)
    number.setValue(value)
    return number


def _cost(value: float) -> QDoubleSpinBox:
    number = QDoubleSpinBox()
    number.setRange(0.01, 1e6)
    number.setDecimals(2)
    number.setValue(value)
    number.setMaximumWidth(92)
    return number


def _count(value: int) -> QSpinBox:
    number = QSpinBox()
    number.setRange(0, 10_000_000)
    number.setGroupSeparatorShown(True)
    number.setValue(value)
    number.setMaximumWidth(96)
    return number
