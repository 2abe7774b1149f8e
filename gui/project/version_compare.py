"""What changed between a version and another, label by label."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.labels import LabelState
from core.project.versions import VersionDifference
from gui.project.plain_table import PlainTable
from gui.widgets import theme
from gui.widgets.buttons import pressed_with_focus

# the state that images in a column of the table came to; None for all that changed
_BECAME = (None, LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN, None)
_NAMED = 6


class VersionCompare(QWidget):
    """A sentence, a table with a row per label, and the images that any of its numbers counts.

    Signals:
        images_wanted: tuple of ids of images to be looked at.
    """

    images_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._difference: VersionDifference | None = None
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        titles = (self.tr("Label"), self.tr("Present"), self.tr("Absent"), self.tr("Unknown"), self.tr("Images"))
        self.table = PlainTable(self.tr("Labels that changed: on how many images each became what"), titles)
        for column, tip in enumerate(
            (
                self.tr("Labels whose annotations changed"),
                self.tr("Images on which the label became present"),
                self.tr("Images on which the label became absent"),
                self.tr("Images on which the label became unknown"),
                self.tr("Images on which the label changed"),
            )
        ):
            item = self.table.horizontalHeaderItem(column)
            if item is not None:
                item.setToolTip(tip)
        self.show_button = QPushButton(self.tr("Show these images"))
        self.show_button.setToolTip(self.tr("The images of the number that is chosen; Enter and a double click, too"))
        self.all_button = QPushButton(self.tr("Show all images that changed"))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(self.show_button)
        buttons.addWidget(self.all_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        for button in (self.show_button, self.all_button):
            pressed_with_focus(button)

        self.table.activated.connect(self._on_activated)
        self.show_button.clicked.connect(lambda: self._on_activated(self.table.currentIndex()))
        self.all_button.clicked.connect(self._on_all_clicked)
        self.hide()

    def show_difference(self, difference: VersionDifference, earlier: str, later: str) -> None:
        """Show what the second of two states has that the first has not.

        Args:
            difference: of the two.
            earlier: the name of the first.
            later: the name of the second.
        """
        self._difference = difference
        self.summary.setText(self.tr("From {} to {}: {}").format(earlier, later, summary_of(self, difference)))
        rows = [(one.name, one.present, one.absent, one.unknown, one.images) for one in difference.labels]
        self.table.show_rows(rows, keys=[one.label_id for one in difference.labels])
        self.table.setVisible(bool(rows))
        self.show_button.setVisible(bool(rows))
        self.all_button.setVisible(bool(len(_all_images(difference))))
        self.show()

    def clear(self) -> None:
        """There is nothing to show any more."""
        self._difference = None
        self.hide()

    def _on_activated(self, index: QModelIndex) -> None:
        label_id = self.table.chosen()
        if self._difference is None or label_id is None or not index.isValid():
            return
        images = self._difference.images_of(label_id, _BECAME[index.column()])
        if len(images):
            self.images_wanted.emit(tuple(images.tolist()))

    def _on_all_clicked(self) -> None:
        if self._difference is not None:
            self.images_wanted.emit(_all_images(self._difference))


def summary_of(widget: QWidget, difference: VersionDifference) -> str:
    """The numbers of a difference in a sentence.

    Args:
        widget: in whose language.
        difference: of two states of a project.
    """
    if not difference:
        return widget.tr("nothing changed.")
    changes = sum(one.images for one in difference.labels)
    images = len(difference.changed_images)
    parts = []
    if changes:
        parts.append(widget.tr("{} annotations on {} images").format(f"{changes:,}", f"{images:,}"))
    for text, count in (
        (widget.tr("review or flag of {} images"), len(difference.review_images)),
        (widget.tr("notes on {} images"), len(difference.note_images)),
        (widget.tr("{} images added"), len(difference.added_images)),
        (widget.tr("{} images removed"), len(difference.removed_images)),
    ):
        if count:
            parts.append(text.format(f"{count:,}"))
    for text, names in (
        (widget.tr("labels added: {}"), difference.added_labels),
        (widget.tr("labels deleted: {}"), difference.removed_labels),
        (widget.tr("labels renamed: {}"), tuple(f"{a} → {b}" for a, b in difference.renamed_labels)),
    ):
        if names:
            parts.append(text.format(", ".join(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")))
    if difference.rules_changed:
        parts.append(widget.tr("other rules"))
    return "; ".join(parts) + "."


def _all_images(difference: VersionDifference) -> tuple[int, ...]:
    """Ids of the images that are there and on which anything changed."""
    removed = set(difference.removed_images.tolist())
    changed = {
        *difference.changed_images.tolist(), *difference.review_images.tolist(), *difference.note_images.tolist(),
    }  # fmt: skip
    return tuple(sorted(changed - removed))
