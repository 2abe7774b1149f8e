"""The line at the bottom: what the project holds, what just happened, what goes on."""

import time

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from core.project.changes import Changes
from gui.jobs import JobItem
from gui.session import Session
from gui.widgets import icons, theme
from gui.widgets.buttons import icon_button
from gui.widgets.elided import Elided, wrapped

HEIGHT = 30
"""Of the bar, where letters are no larger than usual."""
NAME_LETTERS = 40
"""Room for the name of a project, and for that of a job."""
MESSAGE_MS = 8000
COUNT_MS = 60


class StatusBar(QWidget):
    """Project facts and saved state at the left, the last message in the middle, jobs at the right."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._saved = ""
        self._said = ""
        self._facts = Elided()
        self._facts.setProperty("tone", "secondary")
        self._facts.setFont(theme.tabular(self._facts.font()))
        self._mark = QLabel()
        self._message = Elided()
        # it takes the room that is left, and never more
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._jobs = JobView(session)
        self._forget = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._recount = QTimer(self, singleShot=True, interval=COUNT_MS)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, 0, theme.SPACE, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._facts)
        layout.addWidget(self._mark)
        layout.addSpacing(theme.SPACE)
        layout.addWidget(self._message, 1)
        layout.addWidget(self._jobs)
        self._fit_height()

        self._forget.timeout.connect(self._forget_message)
        self._recount.timeout.connect(self._show_facts)
        session.message.connect(self.say)
        session.changed.connect(self._on_session_changed)
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self._show_facts)
        self._show_facts()

    def say(self, sentence: str) -> None:
        """Show a sentence for some seconds."""
        self._message.say(sentence)
        self._forget.start()

    def facts(self) -> str:
        """What is said of the project."""
        return self._said

    def message(self) -> str:
        """The sentence that is shown now."""
        return self._message.text()

    def changeEvent(self, event: QEvent) -> None:
        """Larger letters need a higher bar."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_height()

    def _fit_height(self) -> None:
        # always the same, so that nothing moves when a job begins
        self.setFixedHeight(max(HEIGHT, self.fontMetrics().height() + 2 * theme.SPACE))

    def _forget_message(self) -> None:
        self._message.say("")

    def _on_project_opened(self) -> None:
        self._saved = self.tr("saved")
        self._forget_message()
        self._show_facts()

    def _on_session_changed(self, _changes: Changes) -> None:
        # a change is told of after it was committed
        self._saved = self.tr("saved {time}").format(time=time.strftime("%H:%M"))
        self._recount.start()

    def _show_facts(self) -> None:
        self._recount.stop()
        self._mark.setVisible(self._session.has_project)
        if not self._session.has_project:
            self._said = ""
            self._facts.say("")
            self._forget_message()
            return
        store = self._session.store
        count = len(store.image_ids)
        reviewed = int(store.reviewed.sum())
        images = f"{count:,} image" + ("" if count == 1 else "s")
        rest = f"  ·  {images}  ·  {reviewed:,} reviewed  ·  {self._saved}"
        self._said = store.name + rest
        name = _short(self._facts, store.name, Qt.TextElideMode.ElideMiddle)
        self._facts.say(name + rest, tip=self._said if name != store.name else "")
        self._facts.setAccessibleName(self._said)
        color = theme.true_positive_pen(self.palette()).color()
        self._mark.setPixmap(icons.pixmap("check", 14, color, ratio=self.devicePixelRatioF()))
        self._mark.setToolTip(self.tr("Every edit is on disk before it is shown."))


class JobView(QWidget):
    """The job that was started last; a click opens the list of all."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._row: JobRow | None = None
        self._more = _quiet()
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACE)
        self._layout.addWidget(self._more)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Show all jobs"))
        session.jobs.changed.connect(self._on_jobs_changed)
        self._on_jobs_changed()

    def _on_jobs_changed(self) -> None:
        items = self._session.jobs.items()
        self.setVisible(bool(items))
        self._more.setVisible(len(items) > 1)
        self._more.setText(f"+{len(items) - 1}")
        if not items:
            if self._row is not None:
                self._row.deleteLater()
                self._row = None
        elif self._row is None or self._row.key != items[-1].key:
            if self._row is not None:
                self._row.deleteLater()
            self._row = JobRow(items[-1])
            self._layout.addWidget(self._row)
        else:
            self._row.show_item(items[-1])

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Open the list."""
        popup = JobList(self._session, self)
        popup.adjustSize()
        corner = self.mapToGlobal(QPoint(self.width(), 0))
        popup.move(corner - QPoint(popup.width(), popup.height() + theme.SPACE))
        popup.show()


class JobRow(QWidget):
    """One job: name, bar, per cent, time left, cancel.

    Signals:
        cancelled: cancel was pressed.
    """

    cancelled = Signal()

    def __init__(self, item: JobItem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = item.key
        self._item = item
        self._name = QLabel()
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        self._left = _quiet()
        self._left.setFont(theme.tabular(self._left.font()))
        self._cancel = icon_button("x", self.tr("Cancel"))
        self._cancel.setIconSize(QSize(12, 12))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._name)
        layout.addWidget(self._bar)
        layout.addWidget(self._left)
        layout.addWidget(self._cancel)
        self._cancel.clicked.connect(self._on_cancel_clicked)
        self.show_item(item)

    def show_item(self, item: JobItem) -> None:
        """Show how far the job is."""
        self._item = item
        if item.name != self._name.accessibleName():
            name = _short(self._name, item.name, Qt.TextElideMode.ElideRight)
            self._name.setText(name)
            self._name.setAccessibleName(item.name)
            self._name.setToolTip(wrapped(item.name) if name != item.name else "")
        self._bar.setRange(0, 0 if item.fraction is None else 1000)
        if item.fraction is not None:
            self._bar.setValue(round(item.fraction * 1000))
        parts = [] if item.fraction is None else [f"{item.fraction:.0%}".replace("%", " %")]
        if item.eta_seconds is not None:
            parts.append(time_left(item.eta_seconds))
        self._left.setText("  ".join(parts))
        self._cancel.setVisible(item.cancel is not None)
        self._cancel.setEnabled(True)
        self._cancel.setToolTip(self.tr("Cancel {name}").format(name=item.name))

    def _on_cancel_clicked(self) -> None:
        self._cancel.setEnabled(False)
        if self._item.cancel is not None:
            self._item.cancel()
        self.cancelled.emit()


class JobList(QFrame):
    """All jobs, in a popup above the status bar."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._rows: dict[str, JobRow] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(theme.PANEL, theme.SPACE, theme.SPACE, theme.SPACE)
        self._layout.setSpacing(theme.SPACE // 2)
        session.jobs.changed.connect(self._on_jobs_changed)
        self._on_jobs_changed()

    def _on_jobs_changed(self) -> None:
        items = {item.key: item for item in self._session.jobs.items()}
        if not items:
            self.close()
            return
        for key in set(self._rows) - set(items):
            self._rows.pop(key).deleteLater()
        for key, item in items.items():
            if key in self._rows:
                self._rows[key].show_item(item)
            else:
                self._rows[key] = JobRow(item)
                self._layout.addWidget(self._rows[key])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.setPen(QPen(QGuiApplication.palette().dark().color(), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def time_left(seconds: float) -> str:
    """A time in words: "40 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _short(label: QLabel, name: str, mode: Qt.TextElideMode) -> str:
    """A name, cut where it would push all else aside."""
    metrics = label.fontMetrics()
    return metrics.elidedText(name, mode, NAME_LETTERS * metrics.averageCharWidth())


def _quiet() -> QLabel:
    label = QLabel()
    label.setProperty("tone", "secondary")
    return label
