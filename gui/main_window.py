"""The window: rail, workspaces, menus, status bar, and the one way it ends."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import DamagedProjectError, MultihotError
from core.paths import user_folder
from core.project.changes import Changes
from gui import background
from gui.commands import Commands
from gui.session import Session
from gui.shell.image_check import ImageCheck
from gui.shell.rail import WORKSPACES, Rail
from gui.shell.status_bar import StatusBar
from gui.shell.welcome import Welcome
from gui.shell.window_menus import WindowMenus
from gui.widgets import theme
from gui.widgets.panel import line

# what the first screen of a project need not wait for comes so much later
_LATER_MS = 150

# workspaces that finish an edit when they are left
_KEEP_EDITS = ("label", "inspect")

if TYPE_CHECKING:
    from gui.project.project_commands import ProjectCommands
    from gui.train.controller import TrainingController


class MainWindow(QMainWindow):
    """Owns the session and everything that is seen.

    Attributes:
        session: the open project and the settings.
        commands: every action, by id.
        controller: the runs of the open project; None until the first project was opened and seen.
        menus: what the menus hold, and the lists of commands.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = Session(self)
        self.commands = Commands(self)
        self.controller: TrainingController | None = None
        self._workspaces: dict[str, QWidget] = {}
        self._current: str | None = None
        self._is_shut_down = False
        self._later = QTimer(self, singleShot=True, interval=_LATER_MS)
        self._later.timeout.connect(self._on_later)

        # make
        self.rail = Rail(self.commands)
        self.status = StatusBar(self.session)
        self.welcome = Welcome(self.session, self.commands)
        self._project_commands: ProjectCommands | None = None
        self._rail_line, self._status_line = line(vertical=True), line()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self.menus = WindowMenus(self)

        # lay out
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(0)
        top.addWidget(self.rail)
        top.addWidget(self._rail_line)
        top.addWidget(self._pages, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top, 1)
        column.addWidget(self._status_line)
        column.addWidget(self.status)
        self.setCentralWidget(body)
        self.setWindowTitle("Multihot")
        self.setAcceptDrops(True)
        # a screen of 1366 x 768 is smaller than the window likes to be; some room is for its frame
        room = self.screen().availableGeometry().size() - QSize(24, 48)
        self.resize(QSize(1280, 800).boundedTo(room))

        # connect
        self._connect_session()
        self._image_check = ImageCheck(self.session, self)
        self._connect_commands()
        self._show_scheme()
        self._on_project_closed()
        geometry = QSettings().value("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    # workspaces

    def show_workspace(self, name: str) -> None:
        """Show one of "label", "train", "inspect" and "export", building it when it is seen for the first time."""
        if not self.session.has_project:
            return
        workspace = self._workspaces.get(name) or self._build(name)
        if self._current in _KEEP_EDITS and self._current != name:
            self._workspaces[self._current].deactivate()  # type: ignore[attr-defined]
        self._current = name
        self._pages.setCurrentWidget(workspace)
        self.rail.set_current(name)
        workspace.activate()  # type: ignore[attr-defined]
        self._show_bare()
        self._show_undo()

    @property
    def current_workspace(self) -> str | None:
        """Name of the workspace that is seen; None while the welcome is."""
        return self._current

    def workspace(self, name: str) -> QWidget | None:
        """A workspace by name; None when it was not seen yet."""
        return self._workspaces.get(name)

    def _build(self, name: str) -> QWidget:
        # a workspace is imported when it is first seen: the window is there before numpy, and Label before pyqtgraph
        workspace: QWidget
        if name == "label":
            from gui.label.workspace import LabelWorkspace

            label = LabelWorkspace(self.session, self.commands, news=self.project_commands.news)
            label.folder_wanted.connect(self.commands["file.add_images"].trigger)
            label.label_actions_changed.connect(self.menus.set_label_actions)
            label.showing.changed.connect(self._show_bare)
            self.menus.set_label_actions(label.label_actions)
            workspace = label
        elif name == "train":
            from gui.train.workspace import TrainWorkspace

            workspace = TrainWorkspace(self.session, self._make_controller())
        elif name == "inspect":
            from gui.inspect.workspace import InspectWorkspace

            workspace = InspectWorkspace(self.session)
        else:
            from gui.export.workspace import ExportWorkspace

            workspace = ExportWorkspace(self.session)
        self._workspaces[name] = workspace
        self._pages.addWidget(workspace)
        return workspace

    # projects

    def open_project(self, folder: Path) -> bool:
        """Open a project; what stands in the way is said on the welcome, or over the project that is open.

        Args:
            folder: of the project.

        Returns:
            Whether it is open now.
        """
        self.welcome.clear_error()
        try:
            self.session.open(folder)
        except DamagedProjectError as error:
            from gui.project.rescue_dialog import show_rescue

            show_rescue(self, folder, damage=error.sentence)
            return False
        except MultihotError as error:
            self._show_error(error)
            return False
        return True

    def show_filter(self, text: str) -> None:
        """Show the images that pass a filter, in Label."""
        self.show_workspace("label")
        self._workspaces["label"].show_filter(text)  # type: ignore[attr-defined]

    def _show_error(self, error: MultihotError) -> None:
        if self.session.has_project:
            self.show_error(error)
        else:
            self.welcome.show_error(error)

    def show_error(self, error: MultihotError) -> QMessageBox:
        """Tell an error over everything else; returns the open box."""
        box = QMessageBox(QMessageBox.Icon.Warning, "Multihot", error.sentence, parent=self)
        box.setInformativeText(error.next_step)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        return box

    @property
    def project_commands(self) -> "ProjectCommands":
        """What is done with a project as a whole; made with the first one."""
        if self._project_commands is None:
            from gui.project.project_commands import ProjectCommands

            self._project_commands = ProjectCommands(self, self.commands)
        return self._project_commands

    def new_project(self, images: Path | None = None) -> None:
        """Ask for a new project, with a folder of images already chosen or not."""
        from gui.shell.new_project import NewProjectDialog

        dialog = NewProjectDialog(self.session, images, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        reader = self.project_commands.folder_import
        dialog.accepted.connect(lambda: reader.start(dialog.images, takes_labels=dialog.takes_labels))
        dialog.open()

    def _on_new(self) -> None:
        self.new_project()

    def _on_open(self) -> None:
        from gui.shell.new_project import projects_folder

        start = projects_folder()
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Open project"), str(start if start.is_dir() else Path.home())
        )
        if folder:
            self.open_project(Path(folder))

    def _on_sample(self) -> None:
        from core.sample import make_sample_project
        from gui.shell.new_project import projects_folder, proposed_project

        folder = projects_folder() / "sample"
        if _is_project(folder):
            self.open_project(folder)
            return
        folder = proposed_project(Path("sample"))
        self.session.jobs.set("sample", name=self.tr("Drawing the sample project"))
        self.session.message.emit(self.tr("Drawing 600 pictures in {}").format(folder))

        def made(path: Path) -> None:
            self.session.jobs.remove("sample")
            self.open_project(path)

        def failed(error: MultihotError) -> None:
            self.session.jobs.remove("sample")
            self._show_error(error)

        background.run(self, lambda: make_sample_project(folder), made, failed, key="sample")

    def _on_project_opened(self) -> None:
        assert self.project_commands is not None
        self.commands.set_project_open(True)
        self.rail.set_enabled(True)
        self.setWindowTitle(f"{self.session.store.name} – Multihot")
        self._show_dot()
        self.show_workspace("label")
        if self.controller is None:
            self._later.start()

    def _on_later(self) -> None:
        # most of what it needs is no matter of Qt, and imported in a thread
        def imported(_: None) -> None:
            self._make_controller()

        background.run(self, _import_jobs, imported, lambda _: None)

    def _make_controller(self) -> "TrainingController":
        """Take up the runs of the project."""
        self._later.stop()
        if self.controller is None:
            from gui.train.controller import TrainingController

            self.controller = TrainingController(self.session, self)
            self.controller.run_started.connect(self._show_dot)
            self.controller.run_state_changed.connect(self._show_dot)
            self._show_dot()
        return self.controller

    def _on_project_closed(self) -> None:
        self._current = None
        self._pages.setCurrentWidget(self.welcome)
        self.commands.set_project_open(False)
        self.rail.set_current(None)
        self.rail.set_enabled(False)
        self.rail.set_dot("train", False)
        self.setWindowTitle("Multihot")

    def _on_session_changed(self, changes: Changes) -> None:
        self._show_undo()
        if changes.runs:
            self._show_dot()

    def _show_undo(self) -> None:
        store = self.session.store
        for name, word, text in (
            ("edit.undo", self.tr("Undo"), store.undo_text),
            ("edit.redo", self.tr("Redo"), store.redo_text),
        ):
            # what it takes back is seen in Label only; Inspect has steps of its own
            self.commands[name].setEnabled(text is not None and self._current == "label")
            self.commands[name].setText(word if text is None else f"{word}: {text}")

    def _show_dot(self) -> None:
        self.rail.set_dot("train", self.controller is not None and bool(self.controller.running()))

    # menus and commands

    def _connect_session(self) -> None:
        session = self.session
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)
        session.settings_changed.connect(self._show_scheme)
        session.workspace_requested.connect(self.show_workspace)
        self.rail.chosen.connect(self.show_workspace)
        self.welcome.project_chosen.connect(self.open_project)

    def _connect_commands(self) -> None:
        session = self.session
        handlers: dict[str, Callable[[], object]] = {
            "file.new": self._on_new,
            "file.open": self._on_open,
            "file.sample": self._on_sample,
            "file.close": session.close,
            "file.quit": self.close,
            "edit.undo": session.undo,
            "edit.redo": session.redo,
            "model.train": functools.partial(self.show_workspace, "train"),
            "model.inspect": functools.partial(self.show_workspace, "inspect"),
            "model.tune": self._on_tune,
            "model.export": functools.partial(self.show_workspace, "export"),
            "tools.palette": self.menus.show_palette,
            "tools.open_folder": lambda: _open_folder(session.store.folder),
            "tools.open_logs": lambda: _open_folder(user_folder() / "logs"),
            "tools.shortcuts": self.menus.edit_shortcuts,
            "help.shortcuts": self.menus.show_shortcuts,
            "help.about": self.menus.show_about,
        }
        for name in WORKSPACES:
            handlers[f"view.{name}"] = functools.partial(self.show_workspace, name)
        self.commands.handle(handlers)
        self.commands["view.full_screen"].triggered.connect(self._on_full_screen)
        self.commands["tools.warm_worker"].triggered.connect(lambda on: session.change_settings(warm_worker=on))

    def _show_scheme(self) -> None:
        settings = self.session.settings
        self.commands[f"view.{settings.color_scheme}"].setChecked(True)
        self.commands["tools.warm_worker"].setChecked(settings.warm_worker)
        theme.set_scheme(settings.color_scheme)

    def _on_tune(self) -> None:
        self.show_workspace("inspect")
        self._workspaces["inspect"].ask_objective()  # type: ignore[attr-defined]

    def _on_full_screen(self, on: bool) -> None:
        self.setWindowState(
            self.windowState() | Qt.WindowState.WindowFullScreen
            if on
            else self.windowState() & ~Qt.WindowState.WindowFullScreen
        )
        self._show_bare()

    def _show_bare(self) -> None:
        """On the full screen an image that is looked at has all of it."""
        label = self._workspaces.get("label")
        if label is None:
            return
        wanted = self.commands["view.full_screen"].isChecked() and self._current == "label"
        is_bare = label.set_bare(wanted)  # type: ignore[attr-defined]
        for widget in (self.rail, self._rail_line, self.status, self._status_line, self.menuBar()):
            widget.setVisible(not is_bare)

    # the end

    def shut_down(self) -> None:
        """The one way the window ends: everything is let go, runs go on in their own processes."""
        if self._is_shut_down:
            return
        self._is_shut_down = True
        QSettings().setValue("window/geometry", self.saveGeometry())
        self.session.close()
        background.cancel_all()

    def _may_close(self) -> bool:
        inspect = self.workspace("inspect")
        unwritten = "" if inspect is None else inspect.unwritten()  # type: ignore[attr-defined]
        if unwritten:
            buttons = QMessageBox.StandardButton
            text = self.tr("{} Close all the same, and lose what was moved?").format(unwritten)
            if QMessageBox.question(self, self.tr("Not saved"), text) != buttons.Yes:
                return False
        running = [] if self.controller is None else self.controller.running()
        if not running:
            return True
        from gui.shell.closing_question import ClosingQuestion

        assert self.controller is not None
        question = ClosingQuestion(self.controller, self)
        question.exec()
        question.deleteLater()
        if question.answer == "stop":
            for run_id in self.controller.running():
                self.controller.stop(run_id)
        return question.answer != "stay"

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask only while a run is going on."""
        if self._is_shut_down or self._may_close():
            self.shut_down()
            event.accept()
        else:
            event.ignore()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A folder is welcome."""
        if _dropped_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a project, add images to the open one, or begin a new one."""
        folder = _dropped_folder(event)
        if folder is None:
            return
        event.acceptProposedAction()
        if _is_project(folder):
            self.open_project(folder)
        elif self.session.has_project:
            self.project_commands.folder_import.start(folder)
        else:
            self.new_project(folder)


def _dropped_folder(event: QDropEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((path for path in paths if path.is_dir()), None)


def _import_jobs() -> None:
    import core.jobs.start
    import core.jobs.train  # noqa: F401


def _is_project(folder: Path) -> bool:
    from core.project.disk.database import FILE_NAME, has_backups

    # one whose file is missing is opened, too: it offers its backups
    return (folder / FILE_NAME).exists() or has_backups(folder)


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
