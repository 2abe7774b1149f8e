"""What is to become of the labels that are chosen in the table of a merge."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from core.labels import Label
from core.project.merging.plan import LabelPlan, Target
from core.project.merging.taking_over import LabelChoice, Winner
from gui.widgets import theme

_NEW = "new"
_WINNERS: tuple[Winner, ...] = ("queue", "mine", "theirs")


class ChoiceRow(QWidget):
    """One place for the choices of all chosen labels; where they differ it shows none.

    Signals:
        additions_chosen: bool; whether to take over what only the other project says.
        winner_chosen: str; "mine", "theirs" or "queue".
        target_chosen: int, str or None; what the one chosen label is here.
    """

    additions_chosen = Signal(bool)
    winner_chosen = Signal(str)
    target_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._there = ""
        self.title = QLabel()
        self.title.setProperty("tone", "secondary")
        self.additions = QCheckBox(self.tr("Take over additions"))
        self.winner = QComboBox()
        for text, winner in zip(
            (self.tr("Decide later, in a queue"), self.tr("This project is right"), self.tr("The other one is right")),
            _WINNERS,
            strict=True,
        ):
            self.winner.addItem(text, winner)
        self.winner.setPlaceholderText(self.tr("Different"))
        self.target = QComboBox()
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of the new label"))
        self.name.setAccessibleName(self.tr("Name of the new label"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(theme.PANEL)
        layout.setVerticalSpacing(theme.SPACE // 2)
        layout.addWidget(self.title, 0, 0, 1, 6)
        layout.addWidget(self.additions, 1, 0)
        for column, (text, field) in enumerate(
            ((self.tr("Conflicts"), self.winner), (self.tr("Label here"), self.target)), start=1
        ):
            name = QLabel(text)
            name.setBuddy(field)
            field.setAccessibleName(text)
            layout.addWidget(name, 1, 2 * column - 1, Qt.AlignmentFlag.AlignTrailing)
            layout.addWidget(field, 1, 2 * column)
        layout.addWidget(self.name, 1, 5)
        layout.setColumnStretch(5, 1)

        # by a person only: what the table says is set without a signal
        self.additions.clicked.connect(self._on_additions_clicked)
        self.winner.activated.connect(lambda _index: self.winner_chosen.emit(self.winner.currentData()))
        self.target.activated.connect(self._on_target_activated)
        self.name.editingFinished.connect(self._on_name_edited)

    def show_labels(self, chosen: Sequence[tuple[LabelPlan, LabelChoice]], labels: Sequence[Label], count: int) -> None:
        """Show what is chosen for some labels.

        Args:
            chosen: the labels of the rows that are chosen in the table.
            labels: those of this project.
            count: number of labels in the table.
        """
        self.setEnabled(bool(chosen))
        if len(chosen) == count:
            title = self.tr("For all labels:")
        elif len(chosen) == 1:
            title = self.tr("For “{}”:").format(chosen[0][0].label.name)
        else:
            title = self.tr("For the {} chosen labels:").format(len(chosen))
        self.title.setText(title)
        taken = {choice.additions for _, choice in chosen}
        both = len(taken) > 1
        with QSignalBlocker(self.additions), QSignalBlocker(self.winner):
            self.additions.setTristate(both)
            partly = Qt.CheckState.PartiallyChecked
            self.additions.setCheckState(partly if both else _checked(taken == {True}))
            winners = {choice.conflicts for _, choice in chosen}
            self.winner.setCurrentIndex(self.winner.findData(winners.pop()) if len(winners) == 1 else -1)
        self._show_target(chosen[0][0] if len(chosen) == 1 else None, labels)

    def _show_target(self, one: LabelPlan | None, labels: Sequence[Label]) -> None:
        self.target.setEnabled(one is not None)
        with QSignalBlocker(self.target), QSignalBlocker(self.name):
            self.target.clear()
            self.name.hide()
            if one is None:
                return
            self._there = one.label.name
            for label in labels:
                self.target.addItem(label.name, label.id)
            self.target.addItem(self.tr("New label"), _NEW)
            self.target.addItem(self.tr("Leave it out"), None)
            is_new = isinstance(one.target, str)
            self.target.setCurrentIndex(self.target.findData(_NEW if is_new else one.target))
            if one.target is None:
                self.target.setCurrentIndex(self.target.count() - 1)
            self.name.setText(one.name if is_new else "")
            self.name.setVisible(is_new)

    def _on_additions_clicked(self) -> None:
        # a click goes on from "partly" to yes, and never back to it
        self.additions.setTristate(False)
        self.additions_chosen.emit(self.additions.isChecked())

    def _on_target_activated(self, _index: int) -> None:
        target: Target = self.target.currentData()
        self.target_chosen.emit(self._there if target == _NEW else target)

    def _on_name_edited(self) -> None:
        if self.name.isVisible() and self.name.isModified():
            self.name.setModified(False)
            self.target_chosen.emit(self.name.text().strip())


def _checked(is_checked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if is_checked else Qt.CheckState.Unchecked
