"""The guide to a label: what it means, its rules, and images that show it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.labels import Label
from gui.label.labels.editor.label_box import dot
from gui.label.labels.list.examples import ExampleStrip
from gui.label.labels.rules.rule_words import rules_about
from gui.label.tagging.label_keys import spoken
from gui.session import Session
from gui.widgets import theme

_PICTURE = 72
_LETTERS = 44
_DOT = 14


class LabelGuide(QFrame):
    """Beside the list of labels: under the mouse as a tip, by key as a popup that has the focus until it is closed."""

    def __init__(
        self, session: Session, label: Label, parent: QWidget, *, advised: Sequence[str] = (), tip: str = ""
    ) -> None:
        """Make it.

        Args:
            session: with the project.
            label: which one.
            parent: the window.
            advised: what is said of the label on the image that is looked at.
            tip: what the mouse does to the row; with it the guide leaves the focus and the mouse alone.
        """
        super().__init__(parent, Qt.WindowType.ToolTip if tip else Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if tip:
            self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.label_id = label.id
        store = session.store
        self.texts: list[str] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        self._column.setSpacing(theme.SPACE)
        self._width = _LETTERS * self.fontMetrics().averageCharWidth()
        self._column.addLayout(self._head(label))
        if label.description:
            self._add(label.description)
        for said in advised:
            self._add(said, tone="amber")
        for said in rules_about(label.id, store.labels, store.rules):
            self._add(said, tone="secondary")
        children = [one.name for one in store.labels if one.parent == label.id]
        if len(children) > 1:
            self._add(self.tr("Parent of {}").format(", ".join(children)), tone="secondary")
        if label.examples:
            strip = ExampleStrip(session, side=_PICTURE, editable=False)
            strip.show_images(label.examples)
            self._column.addWidget(strip)
            self._width = max(self._width, len(strip.pictures) * (_PICTURE + 4) - 4)
        if not (label.description or label.examples):
            self._add(self.tr("No description and no examples yet: add them in its editor."), tone="secondary")
        if tip:
            self._add(tip, tone="secondary").setFont(theme.smaller(self.font()))
        self.setFixedWidth(self._width + 2 * theme.PANEL)
        self.setAccessibleName(self.tr("Guide to “{}”").format(label.name))
        self.setAccessibleDescription(". ".join(self.texts))

    def show_beside(self, place: QRect) -> None:
        """Show it beside a row, on the side where the images are, or wherever there is room.

        Args:
            place: of the row, on the screen.
        """
        self.setFixedHeight(max(self._column.totalHeightForWidth(self.width()), self._column.sizeHint().height()))
        screen = QGuiApplication.screenAt(place.center()) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        before, after = place.left() - self.width() - theme.SPACE // 2, place.right() + theme.SPACE // 2
        left = before if before >= room.left() else after
        left = min(max(left, room.left()), max(room.left(), room.right() - self.width()))
        top = min(max(place.top(), room.top()), max(room.top(), room.bottom() - self.height()))
        self.move(QPoint(left, top))
        self.show()
        if self.windowType() == Qt.WindowType.Popup:
            self.setFocus()

    def _head(self, label: Label) -> QHBoxLayout:
        color = QLabel()
        color.setPixmap(dot(label.color).pixmap(_DOT, _DOT))
        color.setContentsMargins(0, max(0, (self.fontMetrics().height() - _DOT) // 2 + 1), 0, 0)
        name = QLabel(label.name)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setWordWrap(True)
        font = name.font()
        font.setBold(True)
        name.setFont(font)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(color, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(name, 1)
        if label.shortcut:
            key = QLabel(spoken(label.shortcut))
            key.setProperty("tone", "secondary")
            key.setToolTip(self.tr("Its key"))
            row.addWidget(key, 0, Qt.AlignmentFlag.AlignTop)
            self.texts.append(self.tr("Key {}").format(spoken(label.shortcut)))
        return row

    def _add(self, text: str, *, tone: str = "") -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        if tone == "amber":
            palette = label.palette()
            palette.setColor(QPalette.ColorRole.WindowText, theme.warning(self.palette()))
            label.setPalette(palette)
        elif tone:
            label.setProperty("tone", tone)
        self._column.addWidget(label)
        self.texts.append(text)
        return label

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes it; reading is over."""
        if event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
            self.close()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
