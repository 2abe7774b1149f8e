"""Every command of the window: one table from which the menus, the shortcut sheet and the palette are made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from gui.widgets.buttons import with_shortcut
from gui.widgets.icons import icon

Scope = Literal["window", "images"]
MENUS = ("File", "Edit", "View", "Labels", "Image", "Model", "Tools", "Help")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the window can do.

    Attributes:
        id: menu and name, such as "edit.undo".
        text: in the menu and the palette, in sentence case.
        shortcuts: in portable text, the first is shown; on macOS Ctrl is the command key.
        tip: what it does, when the text does not say it all.
        icon: name of an icon, or empty.
        scope: "images" holds only while the grid, the viewer or the list of labels has the focus, so that single
            letters can be typed elsewhere.
        checkable: whether it is on or off.
        needs_project: whether it makes sense only with an open project.
    """

    id: str
    text: str
    shortcuts: tuple[str, ...] = ()
    tip: str = ""
    icon: str = ""
    scope: Scope = "window"
    checkable: bool = False
    needs_project: bool = True

    @property
    def menu(self) -> str:
        """The menu it is found in."""
        return self.id.partition(".")[0].capitalize()


SEPARATOR = None

TABLE: tuple[Command | None, ...] = (
    Command("file.new", "New project…", ("Ctrl+N",), "Start a project from a folder of images", needs_project=False),
    Command("file.open", "Open project…", ("Ctrl+O",), icon="folder-open", needs_project=False),
    Command("file.sample", "New sample project…", (), "Draw a small project to try everything on", needs_project=False),
    SEPARATOR,
    Command("file.add_images", "Add images from folder…", ("Ctrl+U",), "Read a folder and those in it", "folder-plus"),
    Command("file.find_moved", "Find moved images…", (), "Say where a folder of images is now"),
    Command("file.import", "Import annotations…", ("Ctrl+Shift+I",), "Read labels of images from a CSV file"),
    Command("file.export", "Export annotations…", ("Ctrl+Shift+E",), "Write labels of all images to a CSV file"),
    SEPARATOR,
    Command("file.close", "Close project", ("Ctrl+W",)),
    Command("file.quit", "Quit", ("Ctrl+Q",), needs_project=False),
    Command("edit.undo", "Undo", ("Ctrl+Z",), icon="arrow-u-up-left"),
    Command("edit.redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), icon="arrow-u-up-right"),
    SEPARATOR,
    Command("edit.select_all", "Select all images", ("Ctrl+A",), scope="images"),
    Command("edit.select_none", "Select no images", ("Ctrl+Shift+A",), scope="images"),
    Command("edit.invert_selection", "Invert selection", ("Ctrl+I",), scope="images"),
    SEPARATOR,
    Command("edit.filter", "Filter images", ("Ctrl+F",), "Show only some images", "funnel"),
    Command("edit.clear_filter", "Show all images", ("Ctrl+Shift+F",), "Clear the filter"),
    Command("view.label", "Label", ("Ctrl+1",), "Give images their labels", "tag"),
    Command("view.train", "Train", ("Ctrl+2",), "Train a model and watch it", "chart-line"),
    Command("view.inspect", "Inspect", ("Ctrl+3",), "See how good it is and set thresholds", "magnifying-glass"),
    Command("view.export", "Export", ("Ctrl+4",), "Write one ONNX file that decides", "export"),
    SEPARATOR,
    Command("view.grid", "Grid", ("G",), "Many images at once", "squares-four", "images", checkable=True),
    Command("view.loupe", "Loupe", ("E",), "One image, large", "image", "images", checkable=True),
    SEPARATOR,
    Command("view.zoom", "Fit or 100 %", ("Z",), "Switch between the whole image and its pixels", scope="images"),
    Command("view.zoom_in", "Larger", ("Ctrl++", "Ctrl+="), "Larger thumbnails, or zoom in", "magnifying-glass-plus"),
    Command("view.zoom_out", "Smaller", ("Ctrl+-",), "Smaller thumbnails, or zoom out", "magnifying-glass-minus"),
    Command("view.zoom_actual", "100 %", ("Ctrl+0",), "One image pixel on one screen pixel"),
    SEPARATOR,
    Command("view.side_panel", "Side panel", ("F9",), "Show or hide the labels", "layout", checkable=True),
    Command("view.full_screen", "Full screen", ("F11",), checkable=True, needs_project=False),
    SEPARATOR,
    Command("view.system", "Colours of the system", checkable=True, needs_project=False),
    Command("view.light", "Light colours", checkable=True, needs_project=False),
    Command("view.dark", "Dark colours", checkable=True, needs_project=False),
    Command("labels.add", "Add label…", ("N",), "Add a label to the project", "plus", "images"),
    Command("labels.edit", "Edit label…", ("F2",), "Name, colour and key of the chosen label", "pencil", "images"),
    Command("labels.up", "Move label up", ("Alt+Up",), scope="images"),
    Command("labels.down", "Move label down", ("Alt+Down",), scope="images"),
    SEPARATOR,
    Command("image.accept", "Rest absent, reviewed, next", ("Return", "Enter"), scope="images", icon="check",
            tip="Labels still unknown become absent, the image is reviewed, and the next one comes"),
    Command("image.advance", "Go on after choosing a label", (), scope="images", checkable=True,
            tip="Where an image has one label: its key gives it, and the next image comes"),
    Command("image.next", "Next image", ("Space",), "Leave unknown labels unknown", "caret-right", "images"),
    Command("image.previous", "Previous image", ("Backspace",), "", "caret-left", "images"),
    Command("image.next_unreviewed", "Next unreviewed image", ("Ctrl+J",), "", "skip-forward", "images"),
    SEPARATOR,
    Command("image.repeat", "Repeat last labels", ("R",), "Give the labels of the image labeled before", "repeat",
            "images"),
    Command("image.clear", "All labels unknown", ("Delete",), "Take all labels of the selection back", "eraser",
            "images"),
    Command("image.unreview", "Not reviewed", ("U",), "Put the selection back among those to be reviewed", "",
            "images"),
    Command("model.train", "Train a model…", (), "Choose a recipe and press Train", "play"),
    Command("model.inspect", "Inspect a run…", (), "Look at precision and recall per label", "magnifying-glass"),
    Command("model.tune", "Tune thresholds…", (), "Choose the thresholds for an objective", "sliders-horizontal"),
    Command("model.export", "Export a model…", (), "Write one ONNX file", "export"),
    Command("tools.palette", "Find a command…", ("Ctrl+K", "Ctrl+Shift+P"), icon="command", needs_project=False),
    SEPARATOR,
    Command("tools.warm_worker", "Keep training ready", (), checkable=True, needs_project=False,
            tip="Keep a process with the training code in memory, so that Train starts at once (about 0.7 GB)"),
    SEPARATOR,
    Command("tools.open_folder", "Open project folder", (), "In the system's file manager", "folder-open"),
    Command("tools.open_logs", "Open log folder", needs_project=False),
    Command("help.shortcuts", "Keyboard shortcuts", ("F1", "Ctrl+?", "Ctrl+/"), icon="keyboard", needs_project=False),
    Command("help.about", "About Multihot", icon="info", needs_project=False),
)  # fmt: skip


class Commands(QObject):
    """The window's actions, by id."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        for command in TABLE:
            if command is not None:
                self._actions[command.id] = _action(command, window)

    def __getitem__(self, command_id: str) -> QAction:
        return self._actions[command_id]

    def menu(self, name: str) -> Iterator[QAction | None]:
        """The actions of a menu in order, with None for a separator."""
        shown, gap = False, False
        for command in TABLE:
            if command is None:
                gap = shown
            elif command.menu == name:
                if gap:
                    yield None
                shown, gap = True, False
                yield self._actions[command.id]
            else:
                gap = False

    def bind(self, scope: Scope, widgets: Sequence[QWidget]) -> None:
        """Make the commands of a scope hold while one of the widgets, or a child of it, has the focus."""
        for command in TABLE:
            if command is not None and command.scope == scope:
                for widget in widgets:
                    widget.addAction(self._actions[command.id])

    def set_project_open(self, is_open: bool) -> None:
        """Enable what needs a project, or disable it."""
        for command in TABLE:
            if command is not None and command.needs_project:
                self._actions[command.id].setEnabled(is_open)

    def all(self) -> list[tuple[Command, QAction]]:
        """Every command with its action, in the order of the table."""
        return [(command, self._actions[command.id]) for command in TABLE if command is not None]


def command_of_key(key: str) -> Command | None:
    """The command that a single letter belongs to, so that no label takes it."""
    keyed = (command for command in TABLE if command is not None)
    return next((one for one in keyed if key.casefold() in [text.casefold() for text in one.shortcuts]), None)


def shortcut_text(action: QAction) -> str:
    """The first shortcut of an action, as this system writes it."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def _action(command: Command, window: QWidget) -> QAction:
    text = QCoreApplication.translate("Commands", command.text)
    tip = QCoreApplication.translate("Commands", command.tip) if command.tip else text.removesuffix("…")
    action = QAction(text, window)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(one) for one in command.shortcuts])
    action.setCheckable(command.checkable)
    action.setToolTip(with_shortcut(tip, command.shortcuts[0] if command.shortcuts else ""))
    action.setStatusTip("")
    if command.icon:
        action.setIcon(icon(command.icon))
    if command.scope == "images":
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    else:
        window.addAction(action)
    return action
