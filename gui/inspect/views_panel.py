"""The middle of the workspace: the chosen label's curve, the confusion matrix, or more figures."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from gui.inspect.confusion_view import ConfusionView
from gui.inspect.curve_plot import CurvePlot
from gui.inspect.figures_view import FiguresView
from gui.widgets import theme
from gui.widgets.panel import Panel

CONFUSION, CURVE, FIGURES = range(3)
# of a label's name in the button
_NAME_WIDTH = 60
# so that all buttons are read, in multi-label and in multi-class
_WIDTHS = (260, 340)


class ViewsPanel(Panel):
    """Three views, one at a time.

    Attributes:
        curve: of the chosen label.
        confusion: of a multi-class run.
        figures: of the split.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent, margins=False)
        self.curve = CurvePlot()
        self.confusion = ConfusionView()
        self.figures = FiguresView()
        self._stack = QStackedWidget()
        self._buttons = QButtonGroup(self)
        texts = {CONFUSION: self.tr("Confusions"), CURVE: "", FIGURES: self.tr("More figures")}
        curve = QWidget()
        around = QVBoxLayout(curve)
        around.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        around.addWidget(self.curve)
        for view, widget in ((CONFUSION, self.confusion), (CURVE, curve), (FIGURES, self.figures)):
            button = QToolButton()
            button.setText(texts[view])
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._buttons.addButton(button, view)
            self.header.insertWidget(view, button)
            self._stack.addWidget(widget)
        self.header.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self.add(self._stack, 1)
        self._is_multi_class: bool | None = None
        self.show_task(is_multi_class=False)
        self._buttons.idClicked.connect(self._show)

    def show_task(self, *, is_multi_class: bool) -> None:
        """Offer the views of a task; when it changes, the one that says most of it is shown."""
        self._buttons.button(CONFUSION).setVisible(is_multi_class)
        self.setMinimumWidth(_WIDTHS[is_multi_class])
        if self._is_multi_class != is_multi_class:
            self._is_multi_class = is_multi_class
            self._show(CONFUSION if is_multi_class else CURVE)

    def show_label(self, name: str) -> None:
        """Name the label whose curve is shown."""
        button = self._buttons.button(CURVE)
        short = QFontMetrics(button.font()).elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH)
        button.setText(self.tr("Curve of {}").format(short))
        button.setToolTip(self.tr("Precision and recall of “{}” at every threshold").format(name))

    def _show(self, view: int) -> None:
        self._buttons.button(view).setChecked(True)
        self._stack.setCurrentIndex(view)
