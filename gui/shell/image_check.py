"""Reading width and height of images that nobody looked at yet, while there is nothing else to do."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from core.errors import ImageError, MultihotError
from core.project.changes import Changes
from gui import background
from gui.session import Session

BATCH = 100
"""Images per request, so that other work in the background comes between, and the project closes at once."""
LOOKED_AT = 1000
"""Images whose facts are looked up at a time on the GUI thread, about 10 ms."""
DELAY_MS = 500

Fact = tuple[int, int, int, str | None]
"""Id, width and height in pixels, and what is wrong."""


class ImageCheck(QObject):
    """Fills in the facts of the open project, from its first image to its last."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._row = 0
        self._request: background.Request | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._ask)
        session.project_opened.connect(self._start)
        session.project_closed.connect(self.cancel)
        session.changed.connect(self._on_session_changed)

    def cancel(self) -> None:
        """Stop until there are other images; what was read stays."""
        self._next.stop()
        if self._request is not None:
            self._request.cancel()
            self._request = None
        self._session.jobs.remove("check")

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.images:
            self._start()

    def _start(self) -> None:
        # again with each batch of a folder that is read: the check begins when that is done
        self.cancel()
        self._row = 0
        self._next.start(DELAY_MS)

    def _ask(self) -> None:
        """Look for images without facts and have their headers read."""
        store = self._session.store
        end = min(self._row + LOOKED_AT, len(store.image_ids))
        wanted: list[int] = []
        while self._row < end and len(wanted) < BATCH:
            image_id = int(store.image_ids[self._row])
            self._row += 1
            if self._is_unknown(image_id):
                wanted.append(image_id)
        if wanted:
            paths = [Path(path) for path in store.image_paths(wanted)]
            if self._row < len(store.image_ids):  # a few images are done before anybody reads that they are checked
                self._session.jobs.set(
                    "check",
                    name=self.tr("Checking images…"),
                    fraction=self._row / len(store.image_ids),
                    cancel=self.cancel,
                )
            self._request = background.run_with_progress(
                self,
                lambda request: _read(request, wanted, paths),
                self._on_read,
                self._on_failed,
                on_progress=None,
                key="check",
            )
        elif self._row < len(store.image_ids):
            self._next.start(0)
        else:
            self.cancel()

    def _is_unknown(self, image_id: int) -> bool:
        store = self._session.store
        return image_id not in store.problems and store.image_facts(image_id).width is None

    def _on_read(self, facts: list[Fact]) -> None:
        store = self._session.store
        for image_id, width, height, problem in facts:
            # who decoded the image meanwhile knows more than its header says
            if self._is_unknown(image_id):
                store.set_image_facts(image_id, width=width, height=height, problem=problem)
        self._session.facts_read.emit(frozenset(fact[0] for fact in facts))
        self._next.start(0)

    def _on_failed(self, error: MultihotError) -> None:
        self._session.message.emit(str(error))
        self.cancel()


def _read(request: background.Request, image_ids: Sequence[int], paths: Sequence[Path]) -> list[Fact]:
    from core.images.decode import image_size

    facts: list[Fact] = []
    for image_id, path in zip(image_ids, paths, strict=True):
        if request.is_cancelled():
            break
        try:
            width, height = image_size(path)
        except ImageError as error:
            facts.append((image_id, 0, 0, error.sentence))
        else:
            facts.append((image_id, width, height, None))
    return facts
