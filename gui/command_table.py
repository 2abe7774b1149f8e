"""Every command of the window: one table from which the menus, the shortcut sheet and the palette are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Scope = Literal["window", "images"]
MENUS = ("File", "Edit", "View", "Labels", "Image", "Model", "Tools", "Help")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the window can do.

    Attributes:
        id: menu and name, such as "edit.undo".
        text: in the menu and the palette, in sentence case.
        shortcuts: by default, in portable text, the first is shown; on macOS Ctrl is the command key.
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
    Command("file.sample", "New sample project…", ("Ctrl+Shift+N",), "Draw a small project to try everything on",
            needs_project=False),
    SEPARATOR,
    Command("file.add_images", "Add images from folder…", ("Ctrl+U",), "Read a folder and those in it", "folder-plus"),
    Command("file.rescan", "Look for changed images", ("F5",), "Find images that are new, changed or gone",
            "arrows-clockwise"),
    Command("file.find_moved", "Find moved images…", ("Ctrl+Shift+O",), "Say where a folder of images is now"),
    Command("file.import", "Import annotations…", ("Ctrl+Shift+I",), "Read labels of images from a CSV file"),
    Command("file.export", "Export annotations…", ("Ctrl+Shift+E",), "Write labels of all images to a CSV file"),
    Command("file.merge", "Merge project…", ("Ctrl+Shift+M",), "Join the labels that someone gave in another copy",
            "git-merge"),
    SEPARATOR,
    Command("file.save_version", "Save version…", ("Ctrl+S",), "Keep all annotations as they are now under a name",
            "floppy-disk"),
    Command("file.versions", "Versions…", ("Ctrl+Shift+S",), "Compare versions and bring one back",
            "clock-counter-clockwise"),
    Command("file.restore_backup", "Restore a backup…", ("Ctrl+Shift+H",),
            "Go back to the project as it was on another day"),
    SEPARATOR,
    Command("file.close", "Close project", ("Ctrl+W",)),
    Command("file.quit", "Quit", ("Ctrl+Q",), needs_project=False),
    Command("edit.undo", "Undo", ("Ctrl+Z",), icon="arrow-u-up-left"),
    Command("edit.redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), icon="arrow-u-up-right"),
    SEPARATOR,
    Command("edit.copy_labels", "Copy labels", ("Ctrl+C",), "Copy the labels that the chosen images have", "copy",
            "images"),
    Command("edit.paste_labels", "Paste labels", ("Ctrl+V",), "Give the chosen images the labels that were copied",
            "clipboard-text", "images"),
    SEPARATOR,
    Command("edit.select_all", "Select all images", ("Ctrl+A",), scope="images"),
    Command("edit.select_none", "Select no images", ("Ctrl+Shift+A",), scope="images"),
    Command("edit.invert_selection", "Invert selection", ("Ctrl+I",), scope="images"),
    SEPARATOR,
    Command("edit.filter", "Filter images", ("Ctrl+F",), "Show only some images", "funnel"),
    Command("edit.clear_filter", "Show all images", ("Ctrl+Shift+F",), "Clear the filter"),
    Command("edit.refresh_filter", "Filter anew", ("Shift+F5",), "Hide images that no longer match, and sort again",
            "arrows-clockwise"),
    Command("edit.order", "Order of the images…", ("Ctrl+B",), "By name, size, what the model says, and more",
            "sort-ascending"),
    Command("edit.save_filter", "Save filter…", ("Ctrl+D",), "Keep the filter under a name", "bookmark-simple"),
    Command("view.label", "Label", ("Ctrl+1",), "Give images their labels", "tag"),
    Command("view.train", "Train", ("Ctrl+2",), "Train a model and watch it", "chart-line"),
    Command("view.inspect", "Inspect", ("Ctrl+3",), "See how good it is and set thresholds", "magnifying-glass"),
    Command("view.export", "Export", ("Ctrl+4",), "Write one ONNX file that decides", "export"),
    SEPARATOR,
    Command("view.grid", "Grid", ("G",), "Many images at once", "squares-four", "images", checkable=True),
    Command("view.loupe", "Loupe", ("E",), "One image, large", "image", "images", checkable=True),
    Command("view.compare", "Compare", ("C",), "Two to four images side by side", "columns", "images", checkable=True),
    Command("view.link", "Link compared images", ("Shift+C",), "Zoom and move them together", "link-simple", "images",
            checkable=True),
    Command("view.sections", "Sections by folder", ("S",), "Head the images of each folder with its name", "rows",
            "images", checkable=True),
    SEPARATOR,
    Command("view.zoom", "Fit or 100 %", ("Z",), "Switch between the whole image and its pixels", scope="images"),
    Command("view.zoom_in", "Larger", ("Ctrl++", "Ctrl+="), "Larger thumbnails, or zoom in", "magnifying-glass-plus"),
    Command("view.zoom_out", "Smaller", ("Ctrl+-",), "Smaller thumbnails, or zoom out", "magnifying-glass-minus"),
    Command("view.zoom_actual", "100 %", ("Ctrl+0",), "One image pixel on one screen pixel"),
    Command("view.rotate_left", "Rotate view left", ("[",), "Turn what is seen; the file stays as it is",
            "arrow-counter-clockwise", "images"),
    Command("view.rotate_right", "Rotate view right", ("]",), "Turn what is seen; the file stays as it is",
            "arrow-clockwise", "images"),
    Command("view.look", "Brightness and contrast", ("L",), "Change how images look here; the files stay as they are",
            "sun", "images", checkable=True),
    Command("view.reset_look", "Look as in the file", ("Shift+L",), "Take rotation, brightness and contrast back", "",
            "images"),
    Command("view.facts", "Facts of the image", ("I",), "Camera, exposure, size and place of the file", "info",
            "images", checkable=True),
    SEPARATOR,
    Command("view.queue_unreviewed", "Unreviewed images", ("Alt+1",), "Show only images that are to be reviewed",
            "circle-dashed"),
    Command("view.queue_unsure", "Unsure images", ("Alt+2",), "Show only images someone was unsure of", "question"),
    Command("view.queue_conflicts", "Rule conflicts", ("Alt+3",), "Show only images whose labels break a rule",
            "warning"),
    Command("view.queue_disagree", "Disagreement with the model", ("Alt+4",),
            "Show only images that the model sees otherwise, the clearest first", "git-diff"),
    Command("view.queue_flagged", "Flagged images", ("Alt+5",), "Show only images with a flag", "flag"),
    Command("view.queue_disputed", "Disputed images", ("Alt+6",),
            "Show only images that another project labels otherwise", "scales"),
    Command("view.queue_notes", "Images with notes", ("Alt+7",), "Show only images with a note", "note-pencil"),
    Command("view.queue_unreadable", "Unreadable images", ("Alt+8",), "Show only images that cannot be read",
            "prohibit"),
    SEPARATOR,
    Command("view.sidebar", "Queues and folders", ("F8",), "Show or hide the queues and folders", "folders",
            checkable=True),
    Command("view.side_panel", "Side panel", ("F9",), "Show or hide the labels", "layout", checkable=True),
    Command("view.statistics", "Statistics", ("F7",), "Counts of labels, which go together, and progress", "chart-bar",
            checkable=True),
    Command("view.full_screen", "Full screen", ("F11",), checkable=True, needs_project=False),
    Command("view.menu_bar", "Menus", ("F10",), "Go to the menus; arrow keys and letters go on from there",
            needs_project=False),
    SEPARATOR,
    Command("view.system", "Colours of the system", ("Shift+F6",), checkable=True, needs_project=False),
    Command("view.light", "Light colours", ("Shift+F7",), checkable=True, needs_project=False),
    Command("view.dark", "Dark colours", ("Shift+F8",), checkable=True, needs_project=False),
    Command("labels.type", "Type a label…", ("T",), "Give any label by typing some letters of it", "text-t", "images"),
    Command("labels.paint", "Paint labels", ("P",), "Every image that is clicked gets the label", "paint-brush",
            "images", checkable=True),
    SEPARATOR,
    Command("labels.add", "Add label…", ("N",), "Add a label to the project", "plus", "images"),
    Command("labels.edit", "Edit label…", ("F2",), "Name, colour and key of the chosen label", "pencil", "images"),
    Command("labels.merge", "Merge label…", ("Shift+F2",), "Make two labels one", "arrows-in-line-horizontal",
            "images"),
    Command("labels.delete", "Delete label…", ("Shift+Delete",), "Remove the chosen label", "trash", "images"),
    Command("labels.up", "Move label up", ("Alt+Up",), scope="images"),
    Command("labels.down", "Move label down", ("Alt+Down",), scope="images"),
    SEPARATOR,
    Command("labels.rules", "Rules…", ("Ctrl+R",), "Which labels exclude or imply each other", "tree-structure"),
    Command("labels.pin", "Pin as example", ("Shift+P",), "The chosen images show what the chosen label means",
            "push-pin", "images"),
    Command("labels.guide", "Guide to the label", ("Shift+F1",), "What the chosen label means, with examples",
            "book-open", "images"),
    SEPARATOR,
    Command("image.accept", "Rest absent, reviewed, next", ("Return", "Enter"), scope="images", icon="check",
            tip="Labels still unknown become absent, the image is reviewed, and the next one comes"),
    Command("image.reviewed", "Reviewed, next", ("Shift+Return", "Shift+Enter"), scope="images", icon="checks",
            tip="The image is reviewed with what is known of it: unknown labels stay unknown"),
    Command("image.advance", "Go on after choosing a label", ("Ctrl+G",), scope="images", checkable=True,
            tip="The next image comes as soon as a label was given"),
    Command("image.next", "Next image", ("Space", "D"), "Leave unknown labels unknown", "caret-right", "images"),
    Command("image.previous", "Previous image", ("Backspace", "A", "Shift+Space"), "", "caret-left", "images"),
    Command("image.next_unreviewed", "Next unreviewed image", ("Ctrl+J",), "", "skip-forward", "images"),
    SEPARATOR,
    Command("image.unsure", "Unsure", ("U",), "Put the images among those to be looked at again", "question",
            "images"),
    Command("image.flag", "Flag", ("F",), "Mark the images, or take the mark away", "flag", "images"),
    Command("image.note", "Note…", ("M",), "Write something down about the image", "note-pencil", "images"),
    Command("image.unreview", "Not reviewed", ("Shift+U",), "Put the selection back among those to be reviewed", "",
            "images"),
    SEPARATOR,
    Command("image.fix", "Fix rule conflicts", ("Q",), "Change labels until no rule is broken, keeping the last given",
            "wrench", "images"),
    Command("image.keep_mine", "Keep mine", ("Shift+Y",), "What another project says otherwise is put aside", "",
            "images"),
    Command("image.take_theirs", "Take theirs", ("Shift+X",), "Labels become what another project says", "", "images"),
    Command("image.accept_suggestion", "Accept suggestion", ("Y",), "The suggested label is present", "check-circle",
            "images"),
    Command("image.refuse_suggestion", "Refuse suggestion", ("X",), "The suggested label is absent", "x-circle",
            "images"),
    Command("image.next_suggestion", "Next suggestion", (".",), "Leave this one and look at the next", "sparkle",
            "images"),
    SEPARATOR,
    Command("image.repeat", "Repeat last labels", ("R",), "Give the labels of the image labeled before", "repeat",
            "images"),
    Command("image.clear", "All labels unknown", ("Delete",), "Take all labels of the selection back", "eraser",
            "images"),
    Command("model.train", "Train a model…", ("Ctrl+T",), "Choose a recipe and press Train", "play"),
    Command("model.score", "Suggest labels for all images", ("Ctrl+Shift+L",),
            "Let the model look at images it has not seen", "sparkle"),
    Command("model.inspect", "Inspect a run…", ("Ctrl+Shift+R",), "Look at precision and recall per label",
            "magnifying-glass"),
    Command("model.tune", "Tune thresholds…", ("Ctrl+Shift+T",), "Choose the thresholds for an objective",
            "sliders-horizontal"),
    Command("model.export", "Export a model…", ("Ctrl+Shift+X",), "Write one ONNX file", "export"),
    Command("tools.palette", "Find a command…", ("Ctrl+K", "Ctrl+Shift+P"), icon="command", needs_project=False),
    Command("tools.shortcuts", "Edit shortcuts…", ("Ctrl+Shift+K", "Ctrl+,"), "Choose the keys of commands and labels",
            "keyboard", needs_project=False),
    SEPARATOR,
    Command("tools.warm_worker", "Keep training ready", ("Ctrl+Shift+W",), checkable=True, needs_project=False,
            tip="Keep a process with the training code in memory, so that Train starts at once (about 0.7 GB)"),
    SEPARATOR,
    Command("tools.open_folder", "Open project folder", ("Ctrl+Shift+D",), "In the system's file manager",
            "folder-open"),
    Command("tools.open_logs", "Open log folder", ("Ctrl+Shift+B",), needs_project=False),
    Command("help.shortcuts", "Keyboard shortcuts", ("F1", "?", "Ctrl+?", "Ctrl+/"), icon="keyboard",
            needs_project=False),
    Command("help.about", "About Multihot", ("F12",), icon="info", needs_project=False),
)  # fmt: skip


def all_commands() -> Iterator[Command]:
    """The commands of the table in order, without the separators."""
    return (command for command in TABLE if command is not None)
