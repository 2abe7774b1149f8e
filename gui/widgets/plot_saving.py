"""Asking where a plot is saved to, and saving it."""

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.errors import MultihotError
from core.files import write_atomically

translate = QCoreApplication.translate

_FOLDER = "plots/folder"
# what a file may not be called on one system or another
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\s]+')


def ask_and_save(plot: QWidget, ending: str, content: Callable[[], bytes]) -> None:
    """Ask for a file and write it; the dialog asks again where there is one already.

    Args:
        plot: its accessible name is the name that is offered.
        ending: of the file, without the dot.
        content: makes what is written.
    """
    dialog = QFileDialog(plot.window(), translate("plot", "Save plot"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # added before the dialog looks whether there is such a file
    dialog.setDefaultSuffix(ending)
    dialog.setNameFilter(f"{ending.upper()} (*.{ending})")
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog.setDirectory(str(QSettings().value(_FOLDER, documents)))
    dialog.selectFile(file_name(plot.accessibleName(), ending))
    is_chosen = bool(dialog.exec())
    chosen = Path(dialog.selectedFiles()[0]) if is_chosen else None
    dialog.deleteLater()
    if chosen is None:
        return
    try:
        save(chosen, content())
    except MultihotError as error:
        QMessageBox.warning(plot.window(), translate("plot", "Save plot"), f"{error.sentence} {error.next_step}")
    else:
        QSettings().setValue(_FOLDER, str(chosen.parent))


def file_name(title: str, ending: str) -> str:
    """A name for the file of a plot that every system takes."""
    return f"{_NO_NAME.sub(' ', title).strip(' .') or translate('plot', 'plot')}.{ending}"


def save(path: Path, content: bytes) -> None:
    """Write a file in one step.

    Raises:
        MultihotError: it cannot be written.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        raise MultihotError(
            translate("plot", "{} cannot be written: {}.").format(path, error.strerror),
            next_step=translate("plot", "Choose another place."),
        ) from error
