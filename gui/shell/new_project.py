"""A new project from a folder of images: which images, and where the project goes."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.typed_path import typed_path

_GENERIC = {"images", "image", "img", "imgs", "photos", "pictures", "data", "files"}


def projects_folder() -> Path:
    """Where projects are proposed to go: a folder of ours in the person's documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home()) / "Multihot"


def proposed_project(images: Path) -> Path:
    """A folder that does not exist yet, named like the folder of images."""
    # a name that every second folder of images has says nothing
    name = (images.parent.name if images.name.casefold() in _GENERIC else images.name) or "project"
    folder = projects_folder() / name
    number = 2
    while folder.exists():
        folder = folder.with_name(f"{name} {number}")
        number += 1
    return folder


class NewProjectDialog(QDialog):
    """Two folders and what will be done with them; accepted when the project is open.

    Attributes:
        images: the folder of images that was chosen.
    """

    def __init__(self, session: Session, images: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._is_proposed = True
        self.setWindowTitle(self.tr("New project"))
        title = QLabel(self.tr("New multi-label project"))
        title.setProperty("tone", "title")
        self.images_field = QLineEdit()
        self.images_field.setPlaceholderText(self.tr("Folder with your images"))
        self.images_field.setAccessibleName(self.tr("Folder of images"))
        self._choose_images = QPushButton(self.tr("Choose…"))
        self.project_field = QLineEdit()
        self.project_field.setPlaceholderText(self.tr("Folder for labels and runs"))
        self.project_field.setAccessibleName(self.tr("Folder of the project"))
        self._choose_project = QPushButton(self.tr("Choose…"))
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("tone", "secondary")
        self._error = ErrorRow()
        cancel = QPushButton(self.tr("Cancel"))
        self.create_button = primary(QPushButton(self.tr("Create project")))
        self.create_button.setDefault(True)

        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE)
        for row, (words, field, button) in enumerate(
            (
                (self.tr("Images"), self.images_field, self._choose_images),
                (self.tr("Project"), self.project_field, self._choose_project),
            )
        ):
            grid.addWidget(QLabel(words), row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(button, row, 2)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.create_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.GROUP)
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addWidget(self._note)
        layout.addWidget(self._error)
        layout.addStretch(1)
        layout.addLayout(buttons)
        self.setMinimumWidth(600)

        self.images_field.textChanged.connect(self._on_images_changed)
        self.project_field.textEdited.connect(self._on_project_edited)
        self.project_field.textChanged.connect(self._explain)
        self._choose_images.clicked.connect(self._on_choose_images_clicked)
        self._choose_project.clicked.connect(self._on_choose_project_clicked)
        cancel.clicked.connect(self.reject)
        self.create_button.clicked.connect(self._on_create_clicked)
        self._explain()
        if images is not None:
            self.images_field.setText(str(images))

    @property
    def images(self) -> Path:
        """The folder of images that was chosen."""
        return typed_path(self.images_field.text())

    @property
    def project(self) -> Path:
        """The folder that the project goes to."""
        return typed_path(self.project_field.text())

    def _on_images_changed(self) -> None:
        if self._is_proposed and self.images_field.text().strip():
            self.project_field.setText(str(proposed_project(self.images)))
        self._explain()

    def _on_project_edited(self) -> None:
        self._is_proposed = False

    def _on_choose_images_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"), self.images_field.text())
        if folder:
            self.images_field.setText(folder)

    def _on_choose_project_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for the project"), str(projects_folder()))
        if folder:
            self._is_proposed = False
            self.project_field.setText(folder)

    def _explain(self) -> None:
        self._error.clear()
        images, project = self.images_field.text().strip(), self.project_field.text().strip()
        self.create_button.setEnabled(bool(images and project))
        note = self.tr("Images stay where they are; nothing is copied. The project holds labels, runs and models.")
        if images and project and self.project.absolute().is_relative_to(self.images.absolute()):
            note = self.tr(
                "The project will lie inside the folder of images; its own folder is left out when it is read."
            )
        self._note.setText(note)

    def _on_create_clicked(self) -> None:
        if not self.images.is_dir():
            self._error.show_text(f"There is no folder {self.images}.", next_step=self.tr("Choose another one."))
            return
        try:
            self._session.create(self.project)
        except MultihotError as error:
            self._error.show_error(error)
            return
        self.accept()
