"""The labels of the project, at the right of the images."""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QWidget

from gui.commands import Commands, shortcut_text
from gui.label.labels.label_editor import LabelEditor
from gui.label.labels.label_list import LabelList, LabelModel
from gui.label.tagging.annotator import Annotator
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import action_button, flat, with_icon
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import Panel


class LabelPanel(Panel):
    """Rows that show and set the states of the chosen images; the place where labels are made and changed."""

    def __init__(
        self, session: Session, annotator: Annotator, commands: Commands, parent: QWidget | None = None
    ) -> None:
        super().__init__("Labels", parent=parent, margins=False)
        self._session = session
        self._annotator = annotator
        self._model = LabelModel(session, annotator, self)
        self.list = LabelList(self._model)
        self._empty = EmptyState(
            "tag",
            self.tr("No labels yet"),
            "",
            self.tr("Add label"),
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._empty)
        self._add = with_icon(flat(QPushButton(self.tr("Add label"))), "plus")
        key = QLabel(shortcut_text(commands["labels.add"]))
        key.setProperty("tone", "secondary")
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.SPACE // 2, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        foot.addWidget(self._add)
        foot.addStretch(1)
        foot.addWidget(key)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        self.body.setSpacing(0)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._foot)
        self.header.addWidget(action_button(commands["labels.edit"]))

        self.list.cycled.connect(annotator.cycle)
        self.list.edit_wanted.connect(self.edit)
        self.list.order_wanted.connect(self._on_order_wanted)
        self._add.clicked.connect(self.add_label)
        self._empty.clicked.connect(self.add_label)
        commands["labels.add"].triggered.connect(self.add_label)
        commands["labels.edit"].triggered.connect(self._on_edit_triggered)
        commands["labels.up"].triggered.connect(lambda: self.list.move_current(-1))
        commands["labels.down"].triggered.connect(lambda: self.list.move_current(1))
        self._model.modelReset.connect(self._on_model_reset)
        session.project_opened.connect(self._show_task)
        self._show_task()
        self._on_model_reset()

    def add_label(self) -> None:
        """Ask for a new label."""
        editor = LabelEditor(self._session, None, self.window())
        editor.added.connect(self.list.choose)
        corner = self._empty if not self._model.labels else self._foot
        editor.open_at(corner.mapToGlobal(QPoint(theme.SPACE, theme.SPACE)))

    def edit(self, label_id: int) -> None:
        """Open the editor of a label, below its row."""
        row = self._model.row_of(label_id)
        if row < 0:
            return
        editor = LabelEditor(self._session, self._model.labels[row], self.window())
        place = self.list.visualRect(self._model.index(row)).bottomLeft() + QPoint(theme.SPACE, 0)
        editor.open_at(self.list.viewport().mapToGlobal(place))

    def _show_task(self) -> None:
        is_choice = self._annotator.is_choice
        self.set_title(self.tr("Labels · one per image") if is_choice else self.tr("Labels"))
        several = self.tr("Then its key sets it: 1 for yes, again for no, again for unknown.")
        one = self.tr("Then its key gives it to an image, in place of another label.")
        first = self.tr("Press N to add the first one.")
        self._empty.set_texts(self.tr("No labels yet"), f"{first} {one if is_choice else several}")

    def _on_edit_triggered(self) -> None:
        label = self.list.current_label()
        if label is None:
            self._session.message.emit(self.tr("Click a label first, or right-click it."))
        else:
            self.edit(label.id)

    def _on_order_wanted(self, label_ids: list[int]) -> None:
        self._session.apply(self._session.store.reorder_labels(label_ids))

    def _on_model_reset(self) -> None:
        has_labels = bool(self._model.labels)
        self._stack.setCurrentWidget(self.list if has_labels else self._empty)
        self._foot.setVisible(has_labels)
