"""The page of errors: which labels are taken for which."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.inspect.confusion_view import ConfusionView
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page


class ErrorsPage(Page):
    """The confusion matrix of a multi-class run.

    Signals:
        taken_for_asked: columns of a label, and of the one for which images of it are taken, which are to be shown.
    """

    taken_for_asked = Signal(int, int)

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.confusion = ConfusionView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.confusion)
        self.confusion.cell_chosen.connect(self.taken_for_asked)

    def show_scores(self) -> None:
        """Show the matrix of other scores."""
        if self.inspection.scored is not None and self.inspection.scored.is_multi_class:
            self.confusion.model.show_scores(self.inspection.scored)
