"""Starting the window: what catches a crash, the application, the theme, the window."""

import faulthandler
import logging
import logging.handlers
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from core.errors import MultihotError
from core.paths import user_folder
from gui import background
from gui.garbage import GarbageCollector
from gui.main_window import MainWindow
from gui.widgets import theme
from gui.widgets.icons import icon

_log = logging.getLogger(__name__)
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def make_application(arguments: list[str]) -> QApplication:
    """The one QApplication, with names, scaling and theme set."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    QApplication.setOrganizationName("Multihot")
    QApplication.setApplicationName("Multihot")
    QApplication.setDesktopFileName("multihot")
    app = QApplication([sys.argv[0], *arguments])
    theme.apply(app)
    app.setWindowIcon(icon("stack-fill"))
    return app


def run(project: Path | None) -> int:
    """Open the window and stay until it is closed.

    Args:
        project: folder of a project to open; None for the welcome.

    Returns:
        The exit status.
    """
    # threads that decode hand the interpreter back after 1 ms, not 5: the window waits for it at every call into Qt
    sys.setswitchinterval(0.001)
    log_file = start_log()
    app = make_application([])
    crashes = CrashReporter(log_file)
    window = MainWindow()
    crashes.install(window)
    interrupt = _Interrupt(window)
    window.show()
    garbage = GarbageCollector()
    garbage.start()
    window.session.project_closed.connect(garbage.collect_all)
    if project is None:
        background.run(window, _import_ahead, lambda _: None, lambda _: None)
    else:
        window.open_project(project)
    status = app.exec()
    window.shut_down()
    garbage.stop()
    interrupt.close()
    crashes.uninstall()
    return status


def _import_ahead() -> None:
    """Import what the first project needs while the person looks at the welcome; none of it touches Qt."""
    import core.images.thumbnails
    import core.project.store  # noqa: F401


def start_log() -> Path:
    """Write the log, and what a fault of the interpreter leaves, to files in the user's folder."""
    folder = user_folder() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "window.log"
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # stays open for as long as the program runs: the fault handler writes to its number
    faults = (folder / "faults.log").open("a", encoding="utf-8")
    faulthandler.enable(faults)
    qInstallMessageHandler(_on_qt_message)
    return path


class CrashReporter(QObject):
    """Logs an error that nobody expected, from whatever thread, and shows it.

    What a person can meet anywhere, such as a full disk at any edit, is told as the sentence that it is.
    """

    _crashed = Signal(str)
    _told = Signal(object)

    def __init__(self, log_file: Path) -> None:
        super().__init__()
        self._log_file = log_file
        self._window: MainWindow | None = None
        self._is_shown = False
        # a queued signal brings the text from any thread to this one
        self._crashed.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._told.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def install(self, window: MainWindow) -> None:
        """Catch what goes wrong from now on."""
        self._window = window
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Leave errors to the interpreter again."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        self._window = None

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        if isinstance(error, MultihotError):
            _log.warning("%s", error, exc_info=(kind, error, trace))
            self._told.emit(error)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        _log.error("a bug\n%s", details)
        sys.stderr.write(details)
        self._crashed.emit(details)

    def _on_thread_exception(self, told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            self._on_exception(told.exc_type, told.exc_value, told.exc_traceback)

    def _tell(self, error: MultihotError) -> None:
        if not self._is_shown and self._window is not None:
            self._is_shown = True
            self._window.show_error(error).finished.connect(self._on_dialog_finished)

    def _show(self, details: str) -> None:
        # an error in a paint event comes again at once: one dialog is enough
        if self._is_shown or self._window is None:
            return
        from gui.shell.crash_dialog import CrashDialog

        self._is_shown = True
        dialog = CrashDialog(details, str(self._log_file), self._window)
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def _on_dialog_finished(self) -> None:
        self._is_shown = False


class _Interrupt:
    """Ctrl+C in the terminal closes the window; Python's own handler would wait for the next event."""

    def __init__(self, window: MainWindow) -> None:
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._on_activated)
        self._window = window

    def _on_activated(self) -> None:
        if signal.SIGINT in self._reading.recv(64):
            # who presses Ctrl+C wants no question; a run goes on, as it does when the window is killed
            self._window.shut_down()
            self._window.close()

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, self._before)
        self._notifier.setEnabled(False)
        self._reading.close()
        self._writing.close()


def _on_qt_message(kind: QtMsgType, _context: object, message: str) -> None:
    _log.log(_QT_LEVELS.get(kind, logging.WARNING), "Qt: %s", message)
    if kind == QtMsgType.QtFatalMsg:
        # Qt ends the process now: the last words belong where the person looks
        print(f"The window cannot be opened. {message}\n“multihot doctor” says what is missing.", file=sys.stderr)
