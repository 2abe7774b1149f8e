"""How far the review of the chosen images came, and their flag."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from core.labels import Review
from gui.widgets import theme
from gui.widgets.buttons import icon_button
from gui.widgets.flow import Flow
from gui.widgets.icons import icon

_WORDS = {Review.TO_DO: "To do", Review.REVIEWED: "Reviewed", Review.UNSURE: "Unsure"}


class _Choice(QToolButton):
    """One of several; a line below it says that all have it, a dotted one that some have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._is_some = False
        self.setText(text)
        self.setAutoRaise(True)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_share(self, count: int, total: int) -> None:
        """Say how many of the chosen images have it."""
        self.setChecked(0 < count == total)
        self._is_some = 0 < count < total
        self.update()

    @property
    def is_some(self) -> bool:
        """Whether some of the images have it, and some do not."""
        return self._is_some

    def nextCheckState(self) -> None:
        """What is checked hangs on the images, not on the press."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line."""
        super().paintEvent(event)
        if self.isChecked() or self._is_some:
            painter = QPainter(self)
            style = Qt.PenStyle.SolidLine if self.isChecked() else Qt.PenStyle.DotLine
            painter.setPen(QPen(theme.accent(self.palette()), 2, style))
            line = QRectF(self.rect()).adjusted(theme.SPACE / 2, 0, -theme.SPACE / 2, -1.5)
            painter.drawLine(line.bottomLeft(), line.bottomRight())


class ReviewButtons(QWidget):
    """To do, reviewed, unsure; and whether there is a flag.

    Signals:
        review_wanted: Review; for all chosen images.
        flag_wanted: bool; for all chosen images.
    """

    review_wanted = Signal(object)
    flag_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choices = {review: _Choice(self.tr(words)) for review, words in _WORDS.items()}
        self.flag = icon_button("flag", self.tr("Flag"), checkable=True)
        self._mixed = QLabel()
        self._mixed.setProperty("tone", "secondary")
        self._mixed.setWordWrap(True)
        self._are_all_flagged = False
        # with large letters they take two rows
        row = Flow([*self.choices.values(), self.flag], gap=theme.SPACE // 2)
        policy = row.sizePolicy()
        policy.setHeightForWidth(True)
        row.setSizePolicy(policy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(row)
        layout.addWidget(self._mixed)
        for review, button in self.choices.items():
            button.clicked.connect(lambda _checked=False, review=review: self.review_wanted.emit(review))
        self.flag.clicked.connect(self._on_flag_clicked)
        self.show_counts((0, 0, 0), 0)

    def show_counts(self, counts: Sequence[int], flagged: int) -> None:
        """Show the state of the chosen images.

        Args:
            counts: images by `Review`.
            flagged: images with a flag.
        """
        total = sum(counts)
        self.setEnabled(total > 0)
        for review, button in self.choices.items():
            button.show_share(counts[review], total)
            words = button.text()
            said = self.tr("{}, some of the images").format(words) if button.is_some else words
            button.setAccessibleName(self.tr("Review: {}").format(said))
        self._are_all_flagged = 0 < flagged == total
        is_some = 0 < flagged < total
        self.flag.setChecked(self._are_all_flagged)
        self.flag.setIcon(icon("flag-fill" if flagged else "flag"))
        words = self.tr("Take the flag off") if self._are_all_flagged else self.tr("Flag")
        self.flag.setToolTip(self.tr("{} (some have one)").format(words) if is_some else words)
        self.flag.setAccessibleName(self.tr("Flag, some of the images") if is_some else self.tr("Flag"))
        mixed = [f"{counts[one]:,} {_WORDS[one].lower()}" for one in _WORDS if counts[one]]
        mixed = mixed if len(mixed) > 1 else []
        if is_some:
            mixed.append(self.tr("{} flagged").format(f"{flagged:,}"))
        self._mixed.setText(", ".join(mixed))
        self._mixed.setVisible(bool(mixed))

    def mixed_text(self) -> str:
        """What is said of images that differ; empty where they do not."""
        return self._mixed.text()

    def _on_flag_clicked(self) -> None:
        is_on = not self._are_all_flagged
        # what is shown follows the images
        self.flag.setChecked(self._are_all_flagged)
        self.flag_wanted.emit(is_on)
