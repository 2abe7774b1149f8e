"""The open project: who owns it, and how everything else learns what changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import MultihotError, ProjectError
from core.labels import MULTI_LABEL, Task
from core.memory import give_back
from core.project.changes import Changes
from core.settings import Settings, load_settings, save_settings, settings_path
from gui import background
from gui.jobs import Jobs
from gui.widgets.thumbnails import ThumbnailLoader

if TYPE_CHECKING:
    # numpy and SQLite come with the first project, so that the window is shown before them
    from core.project.store import Store

AT_ONCE = 2_000
"""Images that an edit changes on the GUI thread, within some 20 ms; more are changed in a thread."""
BYTES_PER_IMAGE = 2
"""What an image of a long step takes in the journal, at least."""

_MOST_WAITING = 20


class Session(QObject):
    """The project that is open, what is looked at in it, and the settings.

    An edit is `session.edit(lambda store: store.some_edit(...), images=n)`; views listen to `changed` and decide
    whether to refresh.

    Signals:
        project_opened: `store` is the new project.
        project_closed: there is no project any more.
        changed: Changes; what an edit changed.
        current_image_changed: id of an image, or None.
        current_run_changed: id of the run to look at in Inspect and Export, or None.
        settings_changed: the settings are new.
        message: str; a sentence for the status bar.
        workspace_requested: str; "label", "train", "inspect" or "export" is to be shown.
        images_requested: tuple of image ids to be shown in Label.
        facts_read: frozenset of the ids of images whose size, or what is wrong with them, became known.
        busy_changed: bool; whether an edit of many images is being made.
        travelled: Changes; they were made by undo or redo, and people want to see where.
    """

    project_opened = Signal()
    project_closed = Signal()
    changed = Signal(object)
    current_image_changed = Signal(object)
    current_run_changed = Signal(object)
    settings_changed = Signal()
    message = Signal(str)
    workspace_requested = Signal(str)
    images_requested = Signal(object)
    facts_read = Signal(object)
    busy_changed = Signal(bool)
    travelled = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: Store | None = None
        self._current_image: int | None = None
        self._current_run: int | None = None
        self._is_busy = False
        self._is_closing = False
        self._is_travelling = False
        self._waiting: list[tuple[Callable[[Store], Changes], int, bool]] = []
        self._edit: background.Request | None = None
        self._settings = load_settings(settings_path())
        self.jobs = Jobs(self)
        self.thumbnails = ThumbnailLoader(self)

    @property
    def store(self) -> "Store":
        """The open project.

        Raises:
            ProjectError: none is open.
        """
        if self._store is None:
            raise ProjectError("No project is open.", next_step="Open one first.")
        return self._store

    @property
    def has_project(self) -> bool:
        """Whether a project is open."""
        return self._store is not None

    def open(self, folder: Path) -> None:
        """Open a project in place of the one that is open.

        Raises:
            ProjectError: it cannot be opened; the one that was open stays open.
        """
        if self._store is not None and self._store.folder == folder.resolve():
            return
        from core.project.store import Store

        self._adopt(Store.open(folder))

    def create(self, folder: Path, *, task: Task = MULTI_LABEL) -> None:
        """Make a project in `folder` and open it.

        Args:
            folder: of the project.
            task: whether an image has any number of labels or one.

        Raises:
            ProjectError: there is one already, or the folder cannot be written.
        """
        from core.project.store import Store

        self._adopt(Store.create(folder, task=task))

    def close(self) -> None:
        """Close the project; without one nothing happens."""
        if self._store is None:
            return
        self._set_current(image=None, run=None)
        self.thumbnails.set_store(None)
        # an edit of many images is finished first, and what waits for it is made at once
        self._is_closing = True
        if self._edit is not None:
            background.wait_for_short()
            self._edit.cancel()
            self._end_edit(Changes())
        self._is_closing = False
        store, self._store = self._store, None
        store.close()
        self.project_closed.emit()

    def apply(self, changes: Changes) -> None:
        """Tell everybody what an edit changed; nothing is said of an edit that changed nothing."""
        is_travel, self._is_travelling = self._is_travelling, False
        if not changes:
            return
        self.changed.emit(changes)
        if is_travel:
            self.travelled.emit(changes)
        if changes.text:
            self.message.emit(changes.text)

    @property
    def is_busy(self) -> bool:
        """Whether an edit of many images is being made; others are refused until it is on disk."""
        return self._is_busy

    def refuse_while_busy(self) -> None:
        """Ask before an edit that is made at once and whose refusal is told beside what was typed.

        Raises:
            ProjectError: an edit of many images is being made.
        """
        if self._is_busy:
            raise ProjectError(
                self.tr("A change of many images is still being saved."), next_step=self.tr("Try again in a moment.")
            )

    def edit(self, work: "Callable[[Store], Changes]", *, images: int) -> bool:
        """Make an edit and tell everybody; one of many images is made in a thread and told when it is on disk.

        Args:
            work: calls methods of the store, and nothing of the window.
            images: how many it may change.

        Returns:
            Whether it is made, or will be once those before it are; False where too many wait.
        """
        if self._is_busy:
            return self._wait(work, images)
        store = self.store
        if images <= AT_ONCE or self._is_closing:
            self.apply(work(store))
            return True
        self._is_busy = True
        self.busy_changed.emit(True)
        self.jobs.set("edit", name=self.tr("Saving a change of {count} images").format(count=f"{images:,}"))

        def work_apart() -> Changes:
            try:
                return store.apart(lambda: work(store))
            finally:
                give_back()

        self._edit = background.run(self, work_apart, self._on_edited, self._on_edit_failed, is_short=True)
        return True

    def _wait(self, work: "Callable[[Store], Changes]", images: int) -> bool:
        """Keep an edit until that of many images is on disk: a fast hand goes on meanwhile."""
        is_travel, self._is_travelling = self._is_travelling, False
        if len(self._waiting) >= _MOST_WAITING:
            self.message.emit(self.tr("One moment: the changes before this one are still being saved."))
            return False
        self._waiting.append((work, images, is_travel))
        self.message.emit(self.tr("This is done as soon as the change before it is saved."))
        return True

    def undo(self) -> None:
        """Take back the last edit."""
        self._travel(lambda store: store.undo(), self.store.undo_bytes)

    def redo(self) -> None:
        """Make the last undone edit again."""
        self._travel(lambda store: store.redo(), self.store.redo_bytes)

    @property
    def current_image(self) -> int | None:
        """Id of the image that is looked at."""
        return self._current_image

    @current_image.setter
    def current_image(self, image_id: int | None) -> None:
        self._set_current(image=image_id, run=self._current_run)

    @property
    def current_run(self) -> int | None:
        """Id of the run that Inspect and Export show."""
        return self._current_run

    @current_run.setter
    def current_run(self, run_id: int | None) -> None:
        self._set_current(image=self._current_image, run=run_id)

    def show_in_label(self, image_ids: Sequence[int]) -> None:
        """Ask the window to show these images in Label, the first of them as the current one."""
        self.workspace_requested.emit("label")
        self.images_requested.emit(tuple(int(one) for one in image_ids))

    @property
    def settings(self) -> Settings:
        """What a person chose for the program."""
        return self._settings

    def change_settings(self, **values: object) -> None:
        """Set some settings by name and keep them."""
        self.set_settings(replace(self._settings, **values))  # type: ignore[arg-type]

    def set_settings(self, settings: Settings) -> None:
        """Take over and keep new settings."""
        if settings != self._settings:
            self._settings = settings
            save_settings(settings, settings_path())
            self.settings_changed.emit()

    def _on_edited(self, changes: Changes) -> None:
        self._end_edit(changes)

    def _on_edit_failed(self, error: MultihotError) -> None:
        # a part of it may be on disk
        self._end_edit(Changes(labels=True, images=True, rules=True))
        # told as the same error of an edit on this thread is; of a bug the crash dialog has told
        if not isinstance(error, background.UnexpectedError):
            raise error

    def _travel(self, work: "Callable[[Store], Changes]", size_bytes: int) -> None:
        self._is_travelling = True
        self.edit(work, images=size_bytes // BYTES_PER_IMAGE)

    def _end_edit(self, changes: Changes) -> None:
        self.store.catch_up()
        self._edit, self._is_busy = None, False
        self.jobs.remove("edit")
        # views hear of it before those that waited for the end change something
        self.apply(changes)
        self.busy_changed.emit(False)
        while self._waiting and not self._is_busy:
            work, images, self._is_travelling = self._waiting.pop(0)
            self.edit(work, images=images)

    def _adopt(self, store: "Store") -> None:
        self.close()
        self._store = store
        self.thumbnails.set_store(store)
        self.set_settings(self._settings.with_recent(store.folder))
        self.project_opened.emit()

    def _set_current(self, *, image: int | None, run: int | None) -> None:
        image_changed, run_changed = image != self._current_image, run != self._current_run
        self._current_image, self._current_run = image, run
        if image_changed:
            self.current_image_changed.emit(image)
        if run_changed:
            self.current_run_changed.emit(run)
