"""The panel of augmented examples in Train."""

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QPushButton, QWidget

from core.errors import MultihotError
from core.recipes.recipe import Recipe
from gui import background
from gui.train.example_drawer import ExampleDrawer
from gui.train.example_strip import ExampleStrip
from gui.widgets.buttons import flat
from gui.widgets.panel import Panel

IMAGES = 3
# longest side of a kept picture: two device pixels for each one of the screen
_SIDE = 208


class ExamplesPanel(Panel):
    """Images of the project as the model will see them; drawn anew when what varies them changes.

    Nothing is drawn while the panel is hidden. Where the settings keep no worker ready, a button asks for it.

    Signals:
        worker_ended: a worker has drawn, and the one that was kept ready may be gone.
    """

    worker_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.set_title(self.tr("What the model will see"))
        self._recipe: Recipe | None = None
        self._paths: tuple[str, ...] = ()
        self._folder: Path | None = None
        self._seed = 0
        self._is_automatic = False
        self._asked_for: object = None
        self._strip = ExampleStrip()
        self._drawer = ExampleDrawer(self)
        self._show = flat(QPushButton(self.tr("Show examples")))
        self.header.addWidget(self._show)
        self.add(self._strip)

        self._drawer.worker_ended.connect(self.worker_ended)
        self._drawer.started.connect(lambda: self._strip.show_text(self.tr("Drawing examples…")))
        self._drawer.drawn.connect(self._on_drawn)
        self._drawer.failed.connect(self._on_failed)
        self._show.clicked.connect(self._on_show_clicked)

    def set_images(self, paths: Sequence[str], folder: Path | None) -> None:
        """Draw with these images from now on.

        Args:
            paths: of image files; the first of them are used.
            folder: where jobs may make their folders.
        """
        if tuple(paths[:IMAGES]) != self._paths or folder != self._folder:
            self._paths, self._folder = tuple(paths[:IMAGES]), folder
            self._refresh()

    def set_automatic(self, is_automatic: bool) -> None:
        """Whether examples are drawn without being asked for."""
        self._is_automatic = is_automatic
        self._refresh()

    def show_recipe(self, recipe: Recipe) -> None:
        """Draw with another recipe, or the same one after a change."""
        self._recipe = recipe
        self._refresh()

    def close_project(self) -> None:
        """Draw nothing any more."""
        self._drawer.close()
        self._paths, self._folder = (), None
        self._asked_for = None
        self._strip.forget()

    def _refresh(self) -> None:
        recipe = self._recipe
        reason = self._why_nothing()
        self._show.setVisible(not reason)
        self._show.setText(self.tr("Vary again") if self._is_automatic else self.tr("Show examples"))
        if reason:
            self._say(reason)
        elif recipe is not None and self.isVisible() and self._wanted() != self._asked_for:
            if self._is_automatic:
                self._ask()
            else:
                self._say(self.tr("Press “Show examples” to see images varied as in training."))

    def _why_nothing(self) -> str:
        if self._recipe is None or not self._paths:
            return self.tr("Label some images to see them as the model will.")
        if self._recipe.model.frozen:
            return self.tr("This recipe looks at each image once, as it is, so it varies none.")
        return ""

    def _say(self, text: str) -> None:
        """Show a sentence in place of examples."""
        self._asked_for = None
        self._strip.forget()
        self._strip.show_text(text)

    def _wanted(self) -> tuple[object, ...]:
        """All that the examples depend on."""
        assert self._recipe is not None
        return (self._recipe.augmentation, self._recipe.input.size, self._paths, self._seed)

    def _ask(self) -> None:
        assert self._recipe is not None
        assert self._folder is not None
        self._asked_for = self._wanted()
        self._drawer.ask(self._recipe, self._paths, folder=self._folder, seed=self._seed)

    def _on_show_clicked(self) -> None:
        if self._is_automatic:
            self._seed += 1
        self._ask()

    def _on_drawn(self, images: NDArray[np.uint8]) -> None:
        if self._asked_for is None:
            # the recipe that is chosen meanwhile varies nothing
            return
        # scaled off the GUI thread: a 640 px recipe draws 15 pictures of 1.2 MB
        background.run(self, functools.partial(_pictures, images), self._on_scaled, self._on_failed, key="scaled")

    def _on_scaled(self, groups: list[list[QImage]]) -> None:
        if self._asked_for is not None and self._recipe is not None:
            self._strip.show_images(groups, is_mixed=self._recipe.augmentation.mixup > 0)

    def _on_failed(self, error: MultihotError) -> None:
        self._strip.forget()
        self._strip.show_text(str(error))

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed while the panel was hidden."""
        super().showEvent(event)
        self._refresh()


def _pictures(images: NDArray[np.uint8]) -> list[list[QImage]]:
    return [[_picture(image) for image in group] for group in images]


def _picture(image: NDArray[np.uint8]) -> QImage:
    height, width = image.shape[:2]
    whole = np.ascontiguousarray(image)
    picture = QImage(whole.data, width, height, width * 3, QImage.Format.Format_RGB888)
    # scaling copies, so the array may go
    return picture.scaled(min(width, _SIDE), min(height, _SIDE)) if width > _SIDE else picture.copy()
