"""What the box for labels lists: labels that match what was typed, several at once, one that could be added."""

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.labels import Label, LabelState
from gui.label.tagging.annotator import STATE_WORDS
from gui.label.tagging.label_keys import spoken, written

_ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """A label that can be given, several at once, or one that is to be added under the name that was typed.

    Attributes:
        label: which one; None for several, and for one that there is not yet.
        name: what is shown.
        places: of the letters of the name that were found.
        state: what the chosen images have, or `MIXED`.
        count: of images that have the label.
        is_guess: whether a letter of the name was typed wrong.
        several: ids of labels that were typed one after the other, and the states they are to get.
    """

    label: Label | None
    name: str
    places: tuple[int, ...] = ()
    state: int = int(LabelState.UNKNOWN)
    count: int = 0
    is_guess: bool = False
    several: tuple[tuple[int, LabelState], ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the label is to be added."""
        return self.label is None and not self.several


class RowModel(QAbstractListModel):
    """The labels that match, the best first.

    Attributes:
        rows: what is listed.
        longest_count: of the numbers of images, as they are written.
        longest_key: of the keys, as they are written.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.longest_count = self.longest_key = ""

    def show_rows(self, rows: list[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        shown = [(row.count, row.label) for row in rows if row.label is not None]
        self.longest_count = max((f"{count:,}" for count, _ in shown), key=len, default="")
        self.longest_key = max((written(label.shortcut) for _, label in shown if label.shortcut), key=len, default="")
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many labels match."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a screen reader says of a row; the delegate paints it itself."""
        row = self.rows[index.row()]
        if row.several:
            said = self.tr("Give {}").format(row.name)
        elif row.label is None:
            said = self.tr("Add label “{}”").format(row.name)
        else:
            said = row.name
        if role == Qt.ItemDataRole.DisplayRole:
            return said
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if row.label is None:
                return said
            key = self.tr(", key {}").format(spoken(row.label.shortcut)) if row.label.shortcut else ""
            return f"{row.name}, {STATE_WORDS[row.state]}, {row.count:,} images{key}"
        return None
