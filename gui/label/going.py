"""Going from image to image."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from core.labels import Review
from gui.label.images.compare.compare import Compare
from gui.label.images.grid.grid import Grid
from gui.label.images.grid.image_model import ImageModel
from gui.label.showing import Showing
from gui.label.tagging.annotator import Annotator
from gui.session import Session


class Going(QObject):
    """Moves the current image."""

    def __init__(
        self,
        session: Session,
        model: ImageModel,
        annotator: Annotator,
        *,
        grid: Grid,
        compare: Compare,
        showing: Showing,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._annotator = annotator
        self._grid = grid
        self._compare = compare
        self._showing = showing

    def step(self, step: int) -> None:
        """Go some images on, or back."""
        if self._showing.is_seen("compare"):
            # it goes through the images that are compared
            if not self._compare.step(step):
                self._say_end(step)
            return
        row = self._grid.currentIndex().row() + step
        if 0 <= row < self._model.rowCount():
            self._grid.go_to(row)
        elif self._model.rowCount():
            self._say_end(step)

    def on(self) -> None:
        """Show the image after those that are chosen."""
        rows = self._grid.selected_rows()
        if len(rows) > 1 and self._showing.is_seen("grid") and rows[-1] + 1 < self._model.rowCount():
            self._grid.go_to(int(rows[-1]) + 1)
        else:
            self.step(1)

    def accept(self) -> None:
        """The chosen images are done; show the next."""
        if self._annotator.accept():
            self.on()

    def reviewed(self) -> None:
        """The chosen images are reviewed with what is known of them; show the next."""
        if self._annotator.review():
            self.on()

    def on_if_wanted(self) -> None:
        """A label was given: go on, where that is wanted."""
        if self._annotator.advances:
            self.on()

    def to_unreviewed(self) -> None:
        """Show the next image to do, after the last the first."""
        waiting = self._shown_to_do()
        if not len(waiting):
            self._session.message.emit(self.tr("All images that are shown are reviewed."))
            return
        later = waiting[waiting > self._grid.currentIndex().row()]
        self._grid.go_to(int(later[0] if len(later) else waiting[0]))

    def _shown_to_do(self) -> NDArray[np.int64]:
        """Rows of the model (n,) of images that are to do, as the queue of unreviewed images has them."""
        review = self._session.store.review[self._model.rows]
        return np.flatnonzero(review == int(Review.TO_DO)).astype(np.int64)

    def _say_end(self, step: int) -> None:
        end = self.tr("last") if step > 0 else self.tr("first")
        self._session.message.emit(self.tr("This is the {end} image.").format(end=end))
