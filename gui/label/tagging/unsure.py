"""Being unsure of images, and no longer being so."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from core.labels import Review
from core.project.changes import Changes
from core.project.edits import changes_of
from core.project.words import images as count_images
from gui.session import Session

if TYPE_CHECKING:
    from core.project.store import Store

_NONE = np.empty(0, np.int64)


class Unsure(QObject):
    """Knows which images were reviewed before somebody was unsure of them, until the project is closed."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._reviewed = _NONE
        session.project_closed.connect(self._on_project_closed)

    def toggled(self, images: NDArray[np.int64]) -> Callable[["Store"], Changes]:
        """The edit that makes images unsure, or, where all are, gives each the review that it had before.

        Args:
            images: ids (n,).
        """
        store = self._session.store
        review = store.review[store.rows_of(images)]
        if not (review == int(Review.UNSURE)).all():
            fresh = images[review != int(Review.UNSURE)]
            reviewed = images[review == int(Review.REVIEWED)]
            self._reviewed = np.union1d(np.setdiff1d(self._reviewed, fresh), reviewed)
            return lambda store: store.set_review(images, Review.UNSURE)
        was_reviewed = np.isin(images, self._reviewed)
        if was_reviewed.all():
            return lambda store: store.set_review(images, Review.REVIEWED)
        if not was_reviewed.any():
            return lambda store: store.set_review(images, Review.TO_DO)

        def work(store: "Store") -> Changes:
            text = f"{count_images(len(images))} no longer unsure"
            with store.step(text) as edits:
                store.set_review(images[was_reviewed], Review.REVIEWED)
                store.set_review(images[~was_reviewed], Review.TO_DO)
                return changes_of(edits, text)

        return work

    def _on_project_closed(self) -> None:
        self._reviewed = _NONE
