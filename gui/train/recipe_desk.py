"""The recipes of the open project: read, shown, copied and edited."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.errors import RecipeError
from core.labels import LabelState
from core.project.changes import Changes
from core.recipes.recipe import Recipe
from gui import background
from gui.session import Session
from gui.train.examples_panel import IMAGES
from gui.train.recipe_book import RecipeBook, copy_recipe, entry_of, read_book, recipe_facts
from gui.train.recipe_keys import adapted_keys
from gui.train.recipe_page import RecipePage
from gui.train.setup import TrainingSetup


class RecipeDesk(QObject):
    """Stands between the project's recipes and the two places that show them: the cards and the page of the chosen one.

    Signals:
        page_wanted: the page of the chosen recipe is to be seen.
    """

    page_wanted = Signal()

    def __init__(
        self, session: Session, setup: TrainingSetup, *, page: RecipePage, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._setup = setup
        self._page = page
        self._book = RecipeBook()

        session.project_closed.connect(page.examples.close_project)
        session.project_closed.connect(page.commit)
        session.changed.connect(self._on_project_changed)
        session.settings_changed.connect(self._on_settings_changed)
        setup.recipe_changed.connect(self._show_recipe)
        setup.recipe_clicked.connect(self.page_wanted)
        setup.problems_clicked.connect(self._on_problems_clicked)
        page.duplicate_asked.connect(self._on_duplicate_asked)
        page.edited.connect(self._on_edited)
        page.delete_asked.connect(self._on_delete_asked)
        page.read_asked.connect(self.refresh)
        self._on_settings_changed()

    def refresh(self) -> None:
        """Read the recipes again, off the GUI thread, and take images for the examples."""
        if not self._session.has_project:
            return
        store = self._session.store
        read = functools.partial(read_book, store.folder, task=store.task, num_labels=len(store.labels))
        background.run(self, read, self._on_book_read, self._setup.show_error, key="book")
        self._take_images()

    def _on_book_read(self, book: RecipeBook) -> None:
        self._book = book
        self._setup.show_book(book)
        if not book.problems:
            self._page.show_problems(())

    def _take_images(self) -> None:
        """Three annotated images from all over the project; they stay the same while more are annotated."""
        store = self._session.store
        annotated = np.flatnonzero((store.states != LabelState.UNKNOWN).any(axis=1))
        starts = np.searchsorted(annotated, np.arange(IMAGES) * len(store.states) // IMAGES)
        rows = np.unique(annotated[starts[starts < len(annotated)]])
        self._page.examples.set_images(store.image_paths(store.image_ids[rows]), store.folder / "cache" / "examples")

    def _show_recipe(self) -> None:
        entry, recipe = self._setup.entry, self._setup.recipe
        adapted, sentences = self._setup.adapted
        if entry is None or recipe is None or adapted is None or not self._session.has_project:
            return
        facts = recipe_facts(recipe, num_labels=len(self._session.store.labels))
        chosen = adapted_keys(recipe) if sentences else frozenset[str]()
        self._page.show_recipe(entry, adapted, facts=facts, chosen=chosen, as_set=recipe)

    def _on_project_changed(self, changes: Changes) -> None:
        if not self._setup.isVisible():
            # read when the workspace is seen again; an edit in Label must not wait for it
            return
        if changes.labels:
            # the size of the heads depends on how many there are
            self.refresh()
        elif changes.images or changes.annotations:
            self._take_images()

    def _on_settings_changed(self) -> None:
        # who wants no process with torch kept ready wants none started unasked either
        self._page.examples.set_automatic(self._session.settings.warm_worker)

    def _on_problems_clicked(self) -> None:
        self._page.show_problems(self._book.problems)
        self.page_wanted.emit()

    def _on_duplicate_asked(self) -> None:
        recipe = self._setup.recipe_to_copy()
        if recipe is not None:
            copy = functools.partial(copy_recipe, recipe, self._session.store.folder)
            background.run(self, copy, self._on_copied, self._page.show_error)

    def _on_copied(self, name: str) -> None:
        self._page.edit_next(name)
        # what was set is in the copy, where it can be changed
        self._setup.forget_values()
        self._setup.choose_next(name)
        self.page_wanted.emit()
        self.refresh()

    def _on_delete_asked(self, file: Path) -> None:
        delete = functools.partial(_delete, file)
        background.run(self, delete, lambda _: self.refresh(), self._page.show_error)

    def _on_edited(self, recipe: Recipe) -> None:
        if not self._session.has_project:
            # the last of what was typed, saved as the project was closed
            return
        count = len(self._session.store.labels)
        entries = tuple(
            entry_of(recipe, num_labels=count, file=one.file) if one.recipe.name == recipe.name else one
            for one in self._book.entries
        )
        self._on_book_read(replace(self._book, entries=entries))


def _delete(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise RecipeError(f"{file} cannot be deleted: {error.strerror}.") from error
