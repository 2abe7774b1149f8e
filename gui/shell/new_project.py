"""A new project from a folder of images: which images, where the project goes, and what is asked of an image."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.formats.annotations import Annotations
from core.formats.class_folders import recognised
from core.labels import MULTI_CLASS, MULTI_LABEL, Split, Task
from core.project.files.scan import scan_folder
from gui import background
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.typed_path import typed_path

_TYPING_MS = 250
_NAMED = 5

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

    Where the folders of the images name labels, it offers to take them; where they name splits, too, it proposes it.
    """

    def __init__(self, session: Session, images: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._is_proposed = True
        self._is_task_proposed = True
        self._request: background.Request | None = None
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self.setWindowTitle(self.tr("New project"))
        title = QLabel(self.tr("New project"))
        title.setProperty("tone", "title")
        self.images_field = QLineEdit()
        self.images_field.setPlaceholderText(self.tr("Folder with your images"))
        self.images_field.setAccessibleName(self.tr("Folder of images"))
        self._choose_images = QPushButton(self.tr("Choose…"))
        self.project_field = QLineEdit()
        self.project_field.setPlaceholderText(self.tr("Folder for labels and runs"))
        self.project_field.setAccessibleName(self.tr("Folder of the project"))
        self._choose_project = QPushButton(self.tr("Choose…"))
        self.several_button = QRadioButton(self.tr("Any number of labels per image"))
        self.several_button.setChecked(True)
        self.one_button = QRadioButton(self.tr("One label per image"))
        self.folders_box = QCheckBox(self.tr("Take labels from the folders of the images"))
        self._found = QLabel()
        self._found.setWordWrap(True)
        self._found.setProperty("tone", "secondary")
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
        choice = QHBoxLayout()
        choice.setSpacing(theme.GROUP)
        choice.addWidget(self.several_button)
        choice.addWidget(self.one_button)
        choice.addStretch(1)
        grid.addWidget(QLabel(self.tr("Labels")), 2, 0)
        grid.addLayout(choice, 2, 1, 1, 2)
        grid.addWidget(self.folders_box, 3, 1, 1, 2)
        grid.addWidget(self._found, 4, 1, 1, 2)
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
        self._typing.timeout.connect(self._look_for_labels)
        self.several_button.clicked.connect(self._on_task_clicked)
        self.one_button.clicked.connect(self._on_task_clicked)
        self.folders_box.toggled.connect(self._on_folders_toggled)
        self.finished.connect(self._stop_looking)
        cancel.clicked.connect(self.reject)
        self.create_button.clicked.connect(self._on_create_clicked)
        self._explain()
        self._forget_labels()
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

    @property
    def task(self) -> Task:
        """Whether an image has any number of labels or one."""
        return MULTI_CLASS if self.one_button.isChecked() else MULTI_LABEL

    @property
    def takes_labels(self) -> bool:
        """Whether the folders of the images name their labels."""
        return self.folders_box.isChecked()

    def _on_images_changed(self) -> None:
        self._forget_labels()
        self._typing.start()
        if self._is_proposed and self.images_field.text().strip():
            self.project_field.setText(str(proposed_project(self.images)))
        self._explain()

    def _forget_labels(self) -> None:
        self._stop_looking()
        self._show_labels(None)

    def _stop_looking(self) -> None:
        self._typing.stop()
        if self._request is not None:
            self._request.cancel()
            self._request = None

    def _look_for_labels(self) -> None:
        root = self.images

        def look(request: background.Request) -> Annotations | None:
            if not root.is_dir():
                return None
            found = scan_folder(root, cancelled=request.is_cancelled)
            return recognised(root, [image.relative_path for image in found])

        # what is wrong with the folder is said when the project is to be made
        self._request = background.run_with_progress(
            self, look, self._show_labels, lambda _: None, on_progress=None, key="labels"
        )

    def _show_labels(self, annotations: Annotations | None) -> None:
        """Offer what the folders name; None where they name nothing."""
        has_splits = annotations is not None and bool((annotations.splits != Split.UNASSIGNED).any())
        self.folders_box.setVisible(annotations is not None)
        self._found.setVisible(annotations is not None)
        self._found.setText("" if annotations is None else self._described(annotations))
        # folders without splits may be albums as well as labels
        self.folders_box.setChecked(has_splits)
        self._grow()

    def _grow(self) -> None:
        """Make room for what was not shown before; Qt asks a window for it only when it is first shown."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _described(self, annotations: Annotations) -> str:
        names = annotations.label_names
        more = self.tr(" and {:,} more").format(len(names) - _NAMED) if len(names) > _NAMED else ""
        text = self.tr("{names}{more}.").format(names=", ".join(names[:_NAMED]), more=more)
        counts = [int((annotations.splits == split).sum()) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)]
        if any(counts):
            parts = zip(counts, (self.tr("train"), self.tr("validation"), self.tr("test")), strict=True)
            splits = ", ".join(f"{count:,} {split}" for count, split in parts if count)
            text += " " + self.tr("Splits: {}.").format(splits)
        return text

    def _on_task_clicked(self) -> None:
        self._is_task_proposed = False

    def _on_folders_toggled(self, on: bool) -> None:
        if self._is_task_proposed:
            (self.one_button if on else self.several_button).setChecked(True)

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
        self._note.setText(note + " " + self.tr("How many labels an image has cannot be changed later."))

    def _on_create_clicked(self) -> None:
        if not self.images.is_dir():
            self._error.show_text(f"There is no folder {self.images}.", next_step=self.tr("Choose another one."))
            return
        try:
            self._session.create(self.project, task=self.task)
        except MultihotError as error:
            self._error.show_error(error)
            return
        self.accept()
