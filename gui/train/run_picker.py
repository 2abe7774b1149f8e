"""Choosing a run to start from, of this or another project."""

import functools
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.jobs.job import JOB_FILE
from core.project.runs.run_list import Run
from gui import background
from gui.train.run_facts import RunFacts, read_facts
from gui.train.words import figure, run_line
from gui.widgets import theme
from gui.widgets.buttons import primary


class RunPicker(QDialog):
    """The runs with a model in a project's folder.

    Signals:
        picked: RunFacts.
    """

    picked = Signal(object)

    def __init__(self, project: Path, parent: QWidget | None = None) -> None:
        """Ask.

        Args:
            project: folder of the project whose runs are shown first.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Start from a run"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 360)
        self._project = project
        self._runs: list[RunFacts] = []
        text = QLabel(
            self.tr(
                "Training goes on from what a run has learnt. Labels of the same name keep it; new ones start fresh."
            )
        )
        text.setWordWrap(True)
        self._place = QLabel()
        self._place.setProperty("tone", "secondary")
        other = QPushButton(self.tr("Another project…"))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Runs with a model"))
        self._nothing = QLabel(self.tr("No run with a model there."))
        self._nothing.setProperty("tone", "secondary")
        self._nothing.hide()
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setWordWrap(True)
        cancel = QPushButton(self.tr("Cancel"))
        self._take = primary(QPushButton(self.tr("Start from it")))
        self._take.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._take)
        place = QHBoxLayout()
        place.addWidget(self._place, 1)
        place.addWidget(other)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(text)
        layout.addLayout(place)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._nothing)
        layout.addLayout(buttons)

        other.clicked.connect(self._on_other_clicked)
        self._list.currentRowChanged.connect(lambda row: self._take.setEnabled(row >= 0))
        self._list.activated.connect(self._on_activated)
        self._take.clicked.connect(self._on_accepted)
        cancel.clicked.connect(self.reject)
        self._list.setFocus()
        self._read()

    def _read(self) -> None:
        self._take.setEnabled(False)
        self._place.setText(self._place.fontMetrics().elidedText(str(self._project), Qt.TextElideMode.ElideMiddle, 340))
        self._place.setToolTip(str(self._project))
        read = functools.partial(runs_with_model, self._project)
        background.run(self, read, self._on_read, self._on_failed, key="runs")

    def _on_read(self, runs: list[RunFacts]) -> None:
        self._runs = runs
        self._list.clear()
        for facts in runs:
            text = run_line(facts.run.id, figure(facts.best_map, facts.best_top1), facts.title)
            item = QListWidgetItem(text)
            item.setToolTip(text)
            self._list.addItem(item)
        self._list.setVisible(bool(runs))
        self._nothing.setVisible(not runs)
        if runs:
            self._list.setCurrentRow(0)

    def _on_failed(self, error: MultihotError) -> None:
        self._nothing.setText(str(error))
        self._nothing.show()

    def _on_other_clicked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder of a project"), str(self._project.parent))
        if chosen:
            self._project = Path(chosen)
            self._read()

    def _on_activated(self, index: QModelIndex) -> None:
        self._on_accepted()

    def _on_accepted(self) -> None:
        row = self._list.currentRow()
        if row >= 0:
            self.picked.emit(self._runs[row])
            self.accept()


def runs_with_model(project: Path) -> list[RunFacts]:
    """The runs with a model in a project's folder, newest first; it may be open elsewhere. Off the GUI thread.

    Args:
        project: a folder; one that is no project has no runs.
    """
    found = []
    for folder in sorted((project / "runs").glob("*"), reverse=True):
        job = folder / JOB_FILE
        if folder.name.isdecimal() and job.is_file():
            facts = read_facts(Run(int(folder.name), "", job.stat().st_mtime, folder))
            found += [facts] if facts.has_model else []
    return found
