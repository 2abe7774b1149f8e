"""The field in which a filter is typed: it says what may come next, and marks what is wrong."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QInputMethodEvent, QKeyEvent, QMouseEvent, QPalette, QTextCharFormat
from PySide6.QtWidgets import QLineEdit, QWidget

from core.labels import Label
from core.project.query import completions
from core.project.query.words import written
from gui.label.filter.completion_popup import SHOWN, CompletionPopup, Offer
from gui.widgets.icons import icon

_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN - 1, Qt.Key.Key_PageUp: 1 - SHOWN}
# behind these the filter goes on without a space
_OPEN = (":", "(", "<", ">", "=")


class FilterField(QLineEdit):
    """A line whose popup lists labels, words, folders and saved filters that fit what is typed.

    Return takes the chosen row, Tab the chosen or the first one; without a chosen row Return is that of the filter.

    Signals:
        left: Escape was pressed and there was nothing to close.
        taken: a completion is in the text now, or a saved filter.
    """

    left = Signal()
    taken = Signal()

    def __init__(
        self,
        *,
        labels: Callable[[], Sequence[Label]],
        folders: Callable[[], Sequence[str]],
        saved: Callable[[], Mapping[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        """Make it.

        Args:
            labels: gives those of the project.
            folders: gives those that images are in.
            saved: gives the saved filters by name.
            parent: of the field.
        """
        super().__init__(parent)
        self._labels, self._folders, self._saved = labels, folders, saved
        self._mark: tuple[int, int] | None = None
        self.popup = CompletionPopup(self)
        self.setAccessibleName(self.tr("Filter"))
        self.setClearButtonEnabled(True)
        self.addAction(icon("magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self.popup.chosen.connect(self._take)
        self.textEdited.connect(self._on_text_edited)
        self.textChanged.connect(self._on_text_changed)

    # what may come next

    def offer(self) -> None:
        """Show what may stand at the cursor, also where nothing is typed yet."""
        self.popup.show_offers(self._offers(), self)
        self._say_current()

    def place(self) -> int:
        """How many characters stand before the cursor; Qt counts in units of 16 bits."""
        return len(_units(self.text())[: 2 * self.cursorPosition()].decode("utf-16-le", "replace"))

    def is_offering(self) -> bool:
        """Whether the popup is shown."""
        return self.popup.isVisible()

    def _offers(self) -> list[Offer]:
        text, place = self.text(), self.place()
        labels = self._labels()
        colors = {written(label.name): label.color for label in labels}
        names = {written(label.name): label.name for label in labels}
        found = []
        for one in completions(text, place, labels, self._folders()):
            bare = one.text.rstrip(">").rstrip(")")
            shown = names.get(bare, one.text)
            color = colors.get(bare, "")
            glyph = "" if color else "folder" if one.text.startswith("folder:") else "text-aa"
            found.append(Offer(one.text, one.start, one.end, shown, one.explanation, color, glyph))
        typed = text[:place].strip().casefold()
        saved = [
            Offer(one, 0, len(text), name, one, icon="star")
            for name, one in self._saved().items()
            if typed in name.casefold()
        ]
        first = [one for one in saved if one.shown.casefold().startswith(typed)]
        return [*first, *found, *(one for one in saved if one not in first)]

    def _on_text_edited(self) -> None:
        place = self.place()
        before = self.text()[:place]
        if not before or before[-1].isspace() or before[-1] == ")":
            self.popup.hide()
            return
        offers = self._offers()
        # what is there already helps nobody
        if all(one.text.casefold() == self.text()[one.start : one.end].casefold() for one in offers):
            offers = []
        self.popup.show_offers(offers, self)
        self._say_current()

    def _take(self, offer: Offer) -> None:
        text = self.text()
        behind = text[offer.end :]
        new = offer.text
        if not new.endswith(_OPEN) and offer.icon != "star":
            new += "" if behind[:1].isspace() or behind[:1] == ")" else " "
        self.popup.hide()
        self.setText(text[: offer.start] + new + behind)
        self.setCursorPosition(len(_units(text[: offer.start] + new)) // 2)
        self.taken.emit()
        if new.endswith((":", "(")):
            self.offer()

    def _say_current(self) -> None:
        """Let a screen reader hear the chosen row, which never has the focus."""
        offer = self.popup.current() if self.is_offering() else None
        self.setAccessibleDescription("" if offer is None else f"{offer.shown}, {offer.explanation}")

    # what is wrong

    def mark(self, start: int, end: int) -> None:
        """Underline a part of the text; where nothing stands, what is before it."""
        if start >= end or start >= len(self.text()):
            start = max(0, min(start, len(self.text())) - 1)
            end = max(end, start + 1)
        self._mark = (start, end)
        self._format()

    def unmark(self) -> None:
        """Underline nothing."""
        if self._mark is not None:
            self._mark = None
            self._format()

    def select_mark(self) -> None:
        """Choose what is underlined, so that it can be typed anew."""
        if self._mark is not None:
            start, end = (len(_units(self.text()[:one])) // 2 for one in self._mark)
            self.setFocus()
            self.setSelection(start, end - start)

    @property
    def marked(self) -> tuple[int, int] | None:
        """The first character that is underlined, and the one behind the last."""
        return self._mark

    def _format(self) -> None:
        # the way in which input methods underline what they compose, which a line has no other for
        attributes = []
        if self._mark is not None:
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wrong = self.palette().color(QPalette.ColorRole.BrightText)
            look.setUnderlineColor(wrong)
            look.setForeground(wrong)
            start, end = (len(_units(self.text()[:one])) // 2 for one in self._mark)
            kind = QInputMethodEvent.AttributeType.TextFormat
            attributes.append(QInputMethodEvent.Attribute(kind, start - self.cursorPosition(), end - start, look))
        QCoreApplication.sendEvent(self, QInputMethodEvent("", attributes))

    def _on_text_changed(self, text: str) -> None:
        self.unmark()
        if not text:
            self.popup.hide()

    # keys

    def event(self, event: QEvent) -> bool:
        """Tab takes a row before it goes to the next control."""
        is_tab = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab and not event.modifiers()
        if is_tab and event.type() == QEvent.Type.KeyPress and self.is_offering():
            offer = self.popup.current() or self.popup.first()
            if offer is not None:
                self._take(offer)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move in the popup, Return takes a row, Escape closes it; all else is typed."""
        key = Qt.Key(event.key())
        offer = self.popup.current() if self.is_offering() else None
        if key in _STEPS and self.is_offering():
            self.popup.step(_STEPS[key])
            self._say_current()
        elif key == Qt.Key.Key_Down:
            self.offer()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and offer is not None:
            self._take(offer)
        elif key == Qt.Key.Key_Escape:
            if self.is_offering():
                self.popup.hide()
            else:
                self.left.emit()
        else:
            if key in (
                Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End
            ):  # fmt: skip
                self.popup.hide()
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The cursor goes elsewhere."""
        self.popup.hide()
        super().mousePressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing is typed here now."""
        self.popup.hide()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """The popup goes with the field."""
        self.popup.hide()
        super().hideEvent(event)


def _units(text: str) -> bytes:
    """A text as Qt counts it."""
    return text.encode("utf-16-le", "surrogatepass")
