"""What the dialogs of a project are made of."""

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from core.project.changes import Changes
from gui.session import Session
from gui.widgets import theme


def wrapped(words: str = "", *, tone: str = "") -> QLabel:
    """Text that goes on in the next line; `tone` is one of the style sheet."""
    label = QLabel(words)
    label.setWordWrap(True)
    if tone:
        label.setProperty("tone", tone)
    return label


def column(*parts: QWidget | QHBoxLayout | None, stretched: int | None = None) -> QWidget:
    """Things below each other; None is what is left of the room, or else the part of that number takes it."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.SPACE)
    for place, part in enumerate(parts):
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part, 1 if place == stretched else 0)
        else:
            layout.addLayout(part)
    return page


def widen(dialog: QDialog, report: QPlainTextEdit) -> None:
    """Make a dialog as wide as the longest line of a text in it, as far as the screen goes."""
    letters = max(map(len, report.toPlainText().splitlines()), default=0)
    wanted = report.fontMetrics().horizontalAdvance("0") * (letters + 4) + 4 * theme.GROUP
    room = int(dialog.screen().availableGeometry().width() * 0.96)
    dialog.resize(max(dialog.width(), min(wanted, room)), dialog.height())


def forget_thumbnails_after(session: Session, image_ids: Sequence[int]) -> None:
    """Have thumbnails of some images made anew after the next change of images, which an edit in a thread tells late.

    Called before the edit: what is asked for until then is made from the old files.
    """

    def on_changed(changes: Changes) -> None:
        if changes.images:
            done()
            session.thumbnails.forget(image_ids)

    def done() -> None:
        session.changed.disconnect(on_changed)
        session.project_closed.disconnect(done)

    session.changed.connect(on_changed)
    session.project_closed.connect(done)
