"""What is to become of a training when the window closes."""

from typing import Literal

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.train.controller import TrainingController
from gui.widgets import theme
from gui.widgets.buttons import flat, primary

Answer = Literal["stay", "keep", "stop"]


class ClosingQuestion(QDialog):
    """Asks while a run is going on; when none is any more there is nothing to ask, and the window closes.

    Attributes:
        answer: "stay", "keep" training in the background, or "stop".
    """

    def __init__(self, controller: TrainingController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Training is going on"))
        self.answer: Answer = "stay"
        self._controller = controller
        self._text = QLabel()
        self._text.setProperty("tone", "title")
        explanation = QLabel(
            self.tr("It can go on without the window; open the project again to see how far it has come.")
        )
        explanation.setWordWrap(True)
        cancel = flat(QPushButton(self.tr("Cancel")))
        stop = QPushButton(self.tr("Stop and keep best"))
        keep = primary(QPushButton(self.tr("Keep training in background")))
        keep.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addStretch(1)
        for button in (cancel, stop, keep):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.GROUP)
        layout.addWidget(self._text)
        layout.addWidget(explanation)
        layout.addLayout(buttons)

        cancel.clicked.connect(self.reject)
        stop.clicked.connect(lambda: self._answer("stop"))
        keep.clicked.connect(lambda: self._answer("keep"))
        controller.run_state_changed.connect(self._on_state_changed)
        self._on_state_changed()

    def _answer(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()

    def _on_state_changed(self) -> None:
        running = self._controller.running()
        if not running:
            self._answer("keep")
            return
        name = self.tr("Run {} is").format(running[0]) if len(running) == 1 else self.tr("Runs are")
        self._text.setText(self.tr("{} still training").format(name))
