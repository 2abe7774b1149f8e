"""The table of a merge: a row per label of the other project, what both say of it, and what is to be done."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView

from core.project.merging.kappa import kappa_word
from core.project.merging.plan import LabelPlan, MergePlan
from core.project.merging.taking_over import LabelChoice, MergeChoices, Winner
from gui.widgets import theme

Index = QModelIndex | QPersistentModelIndex

THERE, HERE, AGREE, ADD, ONLY_HERE, CONFLICTS, KAPPA, TAKE, SOLVE = range(9)
_NUMBERS = (AGREE, ADD, ONLY_HERE, CONFLICTS)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class MergeModel(QAbstractTableModel):
    """The labels of a plan with the choices for them.

    Attributes:
        choices: by label id there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.choices: dict[int, LabelChoice] = {}
        self._labels: tuple[LabelPlan, ...] = ()
        self._headers = (
            (self.tr("Label there"), self.tr("The label in the other project")),
            (self.tr("Label here"), self.tr("What it is in this project")),
            (self.tr("Agree"), self.tr("Images of which both say the same")),
            (self.tr("Additions"), self.tr("Images of which only the other project says something")),
            (self.tr("Only here"), self.tr("Images of which only this project says something")),
            (self.tr("Conflicts"), self.tr("Images on which it is present in one project and absent in the other")),
            (self.tr("Kappa"), self.tr("Cohen's kappa: 1 is full agreement, 0 is what chance alone would give")),
            (self.tr("Take over"), self.tr("What happens to additions")),
            (self.tr("Who is right"), self.tr("What happens to conflicts")),
        )
        self._winners: dict[Winner, str] = {
            "queue": self.tr("Decide later"),
            "mine": self.tr("This project"),
            "theirs": self.tr("The other one"),
        }

    def show_plan(self, plan: MergePlan) -> None:
        """Show other figures; the choices stay."""
        is_same = [one.label.id for one in plan.labels] == [one.label.id for one in self._labels]
        if not is_same:
            self.beginResetModel()
        self._labels = plan.labels
        if not is_same:
            self.endResetModel()
        elif self._labels:
            # what is chosen in the table stays
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._labels) - 1, SOLVE))

    def label(self, row: int) -> LabelPlan:
        """The label of a row."""
        return self._labels[row]

    def choice(self, row: int) -> LabelChoice:
        """The choice for the label of a row."""
        return self.choices.get(self._labels[row].label.id, LabelChoice())

    def choose(self, rows: Sequence[int], *, additions: bool | None = None, conflicts: Winner | None = None) -> None:
        """Choose for some labels; None leaves a choice as it is."""
        for row in rows:
            old = self.choice(row)
            self.choices[self._labels[row].label.id] = LabelChoice(
                old.additions if additions is None else additions, conflicts or old.conflicts
            )
            self.dataChanged.emit(self.index(row, TAKE), self.index(row, SOLVE))

    def merge_choices(self, *, reviews: bool, notes: bool, images: bool) -> MergeChoices:
        """All that was chosen."""
        return MergeChoices(dict(self.choices), reviews, notes, images)

    def rowCount(self, parent: Index | None = None) -> int:
        """One row per label of the other project."""
        return 0 if parent is not None and parent.isValid() else len(self._labels)

    def columnCount(self, parent: Index | None = None) -> int:
        """The columns."""
        return 0 if parent is not None and parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Names of the columns, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._headers[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in _NUMBERS else _LEFT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts; what is left out is pale, and says so."""
        one, column = self._labels[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), one, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column in _NUMBERS else _LEFT
        if role == Qt.ItemDataRole.ForegroundRole and one.target is None:
            return QApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._headers[column][0]}: {self._text(index.row(), one, column)}"
        return None

    def _text(self, row: int, one: LabelPlan, column: int) -> str:
        if column == THERE:
            return one.label.name
        if column == HERE:
            if one.target is None:
                return self.tr("(left out)")
            return self.tr("{} (new)").format(one.name) if isinstance(one.target, str) else one.name
        if one.target is None:
            return ""
        if column == KAPPA:
            return "–" if math.isnan(one.kappa) else f"{one.kappa:.2f}  {kappa_word(one.kappa)}"
        choice = self.choice(row)
        if column == TAKE:
            return (self.tr("Yes") if choice.additions else self.tr("No")) if one.additions else ""
        if column == SOLVE:
            return self._winners[choice.conflicts] if one.conflicts else ""
        return f"{(one.agreements, one.additions, one.missing, one.conflicts)[column - AGREE]:,}"


class MergeTable(QTableView):
    """Its view; several labels can be chosen at once, Ctrl+A takes all."""

    def __init__(self, model: MergeModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(self.tr("Labels of the other project"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(max(theme.ROW - 2, self.fontMetrics().height() + theme.SPACE))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def rows(self) -> list[int]:
        """The rows that are chosen."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def fit(self) -> None:
        """Make the columns as wide as what is in them, names within bounds."""
        self.resizeColumnsToContents()
        most = self.fontMetrics().averageCharWidth() * 30
        for column in (THERE, HERE):
            self.setColumnWidth(column, min(self.columnWidth(column) + theme.SPACE, most))
