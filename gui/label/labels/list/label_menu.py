"""The menu of a label in the list."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from core.labels import Label, LabelState
from core.project.query import term
from core.project.words import images
from gui.commands import Commands
from gui.widgets.icons import icon


class LabelMenu(QMenu):
    """What can be done to a label; it is gone once it is closed.

    Signals:
        pin_wanted: the chosen images are to be pinned as examples.
        filter_wanted: text of a filter.
    """

    pin_wanted = Signal()
    filter_wanted = Signal(str)


def label_menu(label: Label, commands: Commands, chosen: int, parent: QWidget) -> LabelMenu:
    """The menu of a label, which is the current one of the list.

    Args:
        label: which one.
        commands: of the window; they act on the current label.
        chosen: how many images are chosen.
        parent: of the menu.
    """
    menu = LabelMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    for command_id in ("labels.edit", "labels.merge", "labels.delete", "labels.guide"):
        menu.addAction(commands[command_id])
    menu.addSeparator()
    text = menu.tr("Pin the chosen image as an example")
    if chosen > 1:
        text = menu.tr("Pin the chosen {} as examples").format(images(chosen))
    pin = menu.addAction(icon("push-pin"), text)
    pin.setEnabled(chosen > 0)
    pin.triggered.connect(menu.pin_wanted)
    menu.addSeparator()
    for words, state in (
        (menu.tr("Show images with it"), LabelState.PRESENT),
        (menu.tr("Show images without it"), LabelState.ABSENT),
        (menu.tr("Show images where it is unknown"), LabelState.UNKNOWN),
    ):
        text = term(label.name, state)
        menu.addAction(words).triggered.connect(lambda _checked=False, text=text: menu.filter_wanted.emit(text))
    menu.addSeparator()
    for command_id in ("labels.up", "labels.down"):
        menu.addAction(commands[command_id])
    return menu
