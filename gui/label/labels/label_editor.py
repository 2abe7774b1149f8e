"""A small window at a label: name, colour, key, and delete."""

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QColorDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import ProjectError
from core.labels import Label, LabelState
from core.project.palette import PALETTE, next_color
from gui.commands import command_of_key
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, primary
from gui.widgets.error_row import ErrorRow

SWATCH = 22
COLUMNS = 10


class LabelEditor(QFrame):
    """Adds a label, or changes one; it closes when something else is clicked.

    Its parent is the window: as a child of the panel it would pass Return on as "Rest absent, reviewed, next".

    Signals:
        added: id of the new label.
    """

    added = Signal(int)

    def __init__(self, session: Session, label: Label | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._label = label
        self._color = next_color([one.color for one in session.store.labels]) if label is None else label.color
        self._name = QLineEdit("" if label is None else label.name)
        self._name.setPlaceholderText(self.tr("Name"))
        self._name.setAccessibleName(self.tr("Name of the label"))
        self._key = _KeyEdit("" if label is None else label.shortcut)
        self._swatches = QButtonGroup(self)
        self._other = _Swatch(self._color)
        self._more = flat(QPushButton(self.tr("Other colour…")))
        self._error = ErrorRow()
        self._done = primary(QPushButton(self.tr("Add") if label is None else self.tr("Done")))
        self._delete = flat(QPushButton(self.tr("Delete label")))
        self._delete.setVisible(label is not None)

        self.setFixedWidth(COLUMNS * (SWATCH + 4) + 2 * theme.PANEL)
        colors = QGridLayout()
        colors.setSpacing(4)
        for place, color in enumerate(PALETTE):
            swatch = _Swatch(color)
            self._swatches.addButton(swatch)
            colors.addWidget(swatch, place // COLUMNS, place % COLUMNS)
        self._swatches.addButton(self._other)
        other = QHBoxLayout()
        other.setSpacing(4)
        other.addWidget(self._other)
        other.addWidget(self._more)
        other.addStretch(1)
        first = QHBoxLayout()
        first.setSpacing(theme.SPACE)
        first.addWidget(self._name, 1)
        first.addWidget(self._key)
        last = QHBoxLayout()
        last.setSpacing(theme.SPACE)
        last.addWidget(self._delete)
        last.addStretch(1)
        last.addWidget(self._done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(first)
        layout.addLayout(colors)
        layout.addLayout(other)
        layout.addWidget(self._error)
        layout.addLayout(last)
        self._mark(self._color)

        self._name.returnPressed.connect(self._on_done_clicked)
        self._done.clicked.connect(self._on_done_clicked)
        self._delete.clicked.connect(self._on_delete_clicked)
        self._more.clicked.connect(self._on_more_clicked)
        self._swatches.buttonClicked.connect(self._on_swatch_clicked)

    def open_at(self, place: QPoint) -> None:
        """Show it with its top left at a place of the screen, or as near as there is room."""
        self._fit_at(place)
        self.show()
        self._name.setFocus()
        self._name.selectAll()

    def _fit_at(self, place: QPoint) -> None:
        self.adjustSize()
        screen = QGuiApplication.screenAt(place) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        left = min(place.x(), room.right() - self.width())
        top = min(place.y(), room.bottom() - self.height())
        self.move(max(room.left(), left), max(room.top(), top))

    def _mark(self, color: str) -> None:
        """Show the colour that the label gets; one that is not in the palette has a swatch of its own."""
        swatch = next((one for one in self._swatches.buttons() if _color_of(one) == color.casefold()), self._other)
        if swatch is self._other:
            self._other.set_color(color)
        swatch.setChecked(True)
        self._other.setVisible(swatch is self._other)

    def _on_swatch_clicked(self, swatch: QAbstractButton) -> None:
        self._color = _color_of(swatch)

    def _on_more_clicked(self) -> None:
        # a dialog ends a popup, so the popup hides, with all that was typed, until the dialog is gone
        self.hide()
        dialog = QColorDialog(QColor(self._color), self.parentWidget())
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._on_color_selected)
        dialog.finished.connect(lambda: self.open_at(self.pos()))
        dialog.open()

    def _on_color_selected(self, color: QColor) -> None:
        self._color = color.name()
        self._mark(self._color)

    def _on_done_clicked(self) -> None:
        store = self._session.store
        taken = command_of_key(self._key.text())
        if taken is not None:
            self._show_error(
                ProjectError(f"The key “{self._key.text()}” belongs to “{taken.text}”.", next_step="Choose another.")
            )
            return
        try:
            if self._label is None:
                # no key typed means the next free digit
                changes = store.add_label(self._name.text(), color=self._color, shortcut=self._key.text() or None)
                added = store.labels[-1].id
            else:
                changes = store.change_label(
                    self._label.id, name=self._name.text(), color=self._color, shortcut=self._key.text()
                )
                added = self._label.id
        except ProjectError as error:
            self._show_error(error)
            return
        self._session.apply(changes)
        if self._label is None:
            self.added.emit(added)
        self.close()

    def _show_error(self, error: ProjectError) -> None:
        self._error.show_error(error)
        self._fit_at(self.pos())

    def _on_delete_clicked(self) -> None:
        assert self._label is not None
        store = self._session.store
        column = [label.id for label in store.labels].index(self._label.id)
        known = int((store.states[:, column] != LabelState.UNKNOWN).sum())
        if known and self._delete.property("armed") is None:
            # annotations go with it: one more press, with the number and the way back in sight
            self._delete.setProperty("armed", True)
            self._delete.setText(self.tr("Delete anyway"))
            count = f"{known:,} annotation" + ("" if known == 1 else "s")
            self._error.show_text(
                f"{count} of “{self._label.name}” will go with it.", next_step=self.tr("Undo brings them back.")
            )
            self._fit_at(self.pos())
            return
        self._session.apply(store.delete_label(self._label.id))
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves everything as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _color_of(swatch: QAbstractButton) -> str:
    assert isinstance(swatch, _Swatch)
    return swatch.color.casefold()


class _KeyEdit(QLineEdit):
    """A field for one key: what is typed replaces what was there."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.setMaxLength(1)
        self.setFixedWidth(44)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setPlaceholderText(self.tr("key"))
        self.setToolTip(self.tr("Key that sets the label: yes, no, unknown"))
        self.setAccessibleName(self.tr("Key of the label"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().isprintable() and event.text().strip():
            self.setText(event.text().casefold())
            return
        super().keyPressEvent(event)


class _Swatch(QAbstractButton):
    """A colour to choose."""

    def __init__(self, color: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFixedSize(QSize(SWATCH, SWATCH))
        self.set_color(color)

    def set_color(self, color: str) -> None:
        self.color = color
        self.setAccessibleName(color)
        self.setToolTip(color)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.color))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 4, 4)
        if self.isChecked() or self.hasFocus() or self.underMouse():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            color = theme.accent(self.palette()) if self.isChecked() else self.palette().dark().color()
            painter.setPen(QPen(color, 2 if self.isChecked() else 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)
