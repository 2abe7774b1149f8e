"""What the model suggests for the image that is looked at, one suggestion after the other."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from core.labels import LabelState
from gui.label.tagging.annotator import Annotator
from gui.session import Session

Source = Callable[[int], Sequence[tuple[int, float]]]
"""From the id of an image to label ids with their probabilities, the highest first; only labels unknown there."""

_MOST_IMAGES = 2_000


class Suggester(QObject):
    """Steps through the suggestions of the current image and says yes or no to them.

    Signals:
        changed: another suggestion is pointed out, or none.
    """

    changed = Signal()

    def __init__(self, session: Session, annotator: Annotator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._annotator = annotator
        self._source: Source | None = None
        self._place = 0
        annotator.targets_changed.connect(self._begin)
        session.current_image_changed.connect(self._begin)
        session.changed.connect(self.changed)

    def set_source(self, source: Source | None) -> None:
        """Where suggestions come from; None for nowhere."""
        self._source = source
        self._begin()

    def all(self) -> list[tuple[int, float]]:
        """Label ids and probabilities suggested for the current image, the highest first."""
        image_id = self._image()
        return [] if image_id is None else self._of(image_id)

    def current(self) -> tuple[int, float] | None:
        """The suggestion that is pointed out: label id and probability."""
        found = self.all()
        return found[self._place % len(found)] if found else None

    def next(self) -> None:
        """Point out the next suggestion, after the last the first again."""
        if len(self._found_or_said()) > 1:
            self._place = (self._place + 1) % len(self.all())
            self.changed.emit()

    def accept(self) -> None:
        """The label that is pointed out is present."""
        self._answer(LabelState.PRESENT)

    def refuse(self) -> None:
        """The label that is pointed out is absent."""
        self._answer(LabelState.ABSENT)

    def _answer(self, state: LabelState) -> None:
        if not self._found_or_said():
            return
        current = self.current()
        assert current is not None
        targets = self._annotator.targets
        if len(targets) > _MOST_IMAGES:
            self._session.message.emit(
                self.tr("Suggestions are answered for at most {} images at once: choose fewer.").format(_MOST_IMAGES)
            )
            return
        # the one after it moves up to its place
        self._place = min(self._place, max(0, len(self.all()) - 2))
        images = [one for one in targets.tolist() if any(label_id == current[0] for label_id, _ in self._of(one))]
        self._annotator.set_state(current[0], state, images=images)
        self.changed.emit()

    def _found_or_said(self) -> list[tuple[int, float]]:
        found = self.all()
        if not found and self._image() is None:
            self._session.message.emit(self.tr("Choose an image first."))
        elif not found:
            self._session.message.emit(self.tr("The model suggests nothing here."))
        return found

    def _image(self) -> int | None:
        targets = self._annotator.targets
        if not self._session.has_project or not len(targets):
            return None
        current = self._session.current_image
        return current if current is not None and bool((targets == current).any()) else int(targets[0])

    def _of(self, image_id: int) -> list[tuple[int, float]]:
        return [] if self._source is None else list(self._source(image_id))

    def _begin(self) -> None:
        self._place = 0
        self.changed.emit()
