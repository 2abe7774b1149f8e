"""What the keys and clicks of Label do to the chosen images."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from core.labels import MULTI_CLASS, Label, LabelState, Review
from core.project.changes import Changes
from core.project.edits import changes_of
from core.project.labels import rules
from core.project.words import images as count_images
from gui.label.tagging.conflict_words import KeySource, broken_by, complete, mend, told_of_rules
from gui.label.tagging.unsure import Unsure
from gui.session import Session

if TYPE_CHECKING:
    from core.project.store import Store

MIXED = 2
"""Shown for a label whose state differs among the chosen images."""

NEXT = {
    LabelState.UNKNOWN: LabelState.PRESENT,
    LabelState.PRESENT: LabelState.ABSENT,
    LabelState.ABSENT: LabelState.UNKNOWN,
}
"""What the key of a label makes of its state."""

STATE_WORDS = {
    int(LabelState.PRESENT): "present",
    int(LabelState.ABSENT): "absent",
    int(LabelState.UNKNOWN): "unknown",
    MIXED: "mixed",
}
"""What is said of a state, also to those who do not see its glyph."""

_GIVEN = {LabelState.PRESENT: "set", LabelState.ABSENT: "ruled out", LabelState.UNKNOWN: "left unknown"}
_FLASHED = 500
_REMEMBERED = 50
_NONE = np.empty(0, np.int64)


class Annotator(QObject):
    """Edits the chosen images; each edit is one step of undo, however many images are chosen.

    In a multi-class project the labels are a choice of one: giving one reviews the image, taking it back undoes both.

    Signals:
        targets_changed: other images are chosen.
        label_given: tuple of image ids, some of them where they are many, and label id; it was made present.

    Attributes:
        fix_key: says which key mends rules, for what is said where an edit breaks one.
    """

    targets_changed = Signal()
    label_given = Signal(object, int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._targets = _NONE
        self._states: NDArray[np.int8] | None = None
        self._sources: list[int] = []
        self._given: list[int] = []
        self._has_changed = False
        self.fix_key: KeySource = str
        self._unsure = Unsure(session, self)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)

    @property
    def targets(self) -> NDArray[np.int64]:
        """Ids of the chosen images (n,); not to be written to."""
        return self._targets

    def set_targets(self, image_ids: ArrayLike) -> None:
        """Choose images."""
        targets = np.array(image_ids, np.int64)
        if not np.array_equal(targets, self._targets):
            self._targets = targets
            self._states = None
            self.targets_changed.emit()

    def states(self) -> NDArray[np.int8]:
        """State of each label on the chosen images (C,) in {1, 0, -1, MIXED}; unknown when none is chosen."""
        if self._states is None:
            self._states = self._read_states()
        return self._states

    @property
    def is_choice(self) -> bool:
        """Whether an image has one label, so that there is nothing but to choose it."""
        return self._session.has_project and self._session.store.task == MULTI_CLASS

    @property
    def advances(self) -> bool:
        """Whether the next image comes once a label was given; kept apart for the two kinds of projects."""
        settings = self._session.settings
        return settings.advance if self.is_choice else settings.advance_several

    def set_advances(self, on: bool) -> None:
        """Let the next image come once a label was given, or not, in projects of this kind."""
        self._session.change_settings(**{"advance" if self.is_choice else "advance_several": on})

    @property
    def given(self) -> tuple[int, ...]:
        """Ids of labels in the order in which people last said something of them, the newest last."""
        return tuple(self._given)

    @property
    def has_changed(self) -> bool:
        """Whether the last edit changed something; False while it is still being made."""
        return self._has_changed

    # one label

    def cycle(self, label_id: int) -> None:
        """Make a label present, absent, unknown in turn; present when the chosen images differ.

        In a multi-class project it is chosen, or taken back where it was.
        """
        if not self._has_targets():
            return
        before = int(self.states()[self._column(label_id)])
        if self.is_choice and before == LabelState.PRESENT:
            count = len(self._targets)
            images = "1 image has" if count == 1 else f"{count:,} images have"
            self.clear(text=f"“{self._label(label_id).name}” taken back: {images} no label and no review now")
        elif self.is_choice:
            self.set_state(label_id, LabelState.PRESENT)
        else:
            self.set_state(label_id, LabelState.PRESENT if before == MIXED else NEXT[LabelState(before)])

    def set_state(self, label_id: int, state: LabelState, *, images: ArrayLike | None = None) -> None:
        """Give one label a state.

        Args:
            label_id: the label.
            state: what it is to be.
            images: ids of the images; None for those that are chosen.
        """
        targets = self._targets if images is None else np.array(images, np.int64)
        if not self._has_targets(targets):
            return
        self.give(targets, {label_id: state})
        if state == LabelState.PRESENT and self._has_changed:
            self.label_given.emit(tuple(targets[:_FLASHED].tolist()), label_id)

    def give(self, images: NDArray[np.int64], states: Mapping[int, LabelState], *, text: str | None = None) -> bool:
        """Set some labels of any images.

        Args:
            images: ids (n,).
            states: by label id.
            text: what happened; None makes it from the states.

        Returns:
            Whether it is done; not while another change is being saved.
        """
        reviewed = None
        if self.is_choice and LabelState.PRESENT in states.values():
            # nothing is left to be said of an image that has its one label
            reviewed = True
        elif self.is_choice and set(states.values()) == {LabelState.UNKNOWN}:
            reviewed = False
            states = {label.id: LabelState.UNKNOWN for label in self._session.store.labels}
        given = self._given
        # before the edit, whose changes show what was given last
        self._remember(states)
        is_made = self._edit(images, lambda store: store.set_states(images, states, reviewed=reviewed, text=text))
        if not is_made:
            self._given = given
        return is_made

    def give_chosen(self, states: Mapping[int, LabelState]) -> None:
        """Set several labels of the chosen images; where an image has one label, the first present one counts.

        Args:
            states: by label id.
        """
        if not self._has_targets():
            return
        text = f"{len(states)} labels given to {count_images(len(self._targets))}"
        if self.give(self._targets, self._choosable(states), text=text) and self._has_changed:
            self._flash(states)

    def add_label(self, name: str, state: LabelState) -> None:
        """Add a label to the project and give it to the chosen images, if any, in one step of undo.

        Args:
            name: of the new label.
            state: what it is to be.

        Raises:
            ProjectError: the name is taken, or can be none.
        """
        targets, is_choice = self._targets, self.is_choice
        if not len(targets):
            self._session.edit(lambda store: store.add_label(name), images=1)
            return

        def work(store: "Store") -> Changes:
            text = f"“{name}” added and {_GIVEN[state]} on {count_images(len(targets))}"
            with store.step(text) as edits:
                store.add_label(name)
                reviewed = True if is_choice and state == LabelState.PRESENT else None
                store.set_states(targets, {store.labels[-1].id: state}, reviewed=reviewed)
                self._remember([store.labels[-1].id])
                return changes_of(edits, text)

        self._edit(targets, work)

    # whole images

    def accept(self) -> bool:
        """The images are reviewed, and what is unknown becomes what present labels imply, else absent.

        Where an image has one label, it is only reviewed.

        Returns:
            Whether it is done; not while another change is being saved.
        """
        targets = self._targets
        if not self._has_targets():
            return False
        if self.is_choice:
            return self._edit(targets, lambda store: store.set_states(targets, {}, reviewed=True))

        return self._edit(targets, lambda store: complete(store, targets))

    def review(self) -> bool:
        """The images are reviewed; what is unknown stays unknown.

        Returns:
            Whether it is done; not while another change is being saved.
        """
        targets = self._targets
        return self._has_targets() and self._edit(targets, lambda store: store.set_review(targets, Review.REVIEWED))

    def clear(self, *, text: str = "") -> None:
        """Make all labels unknown again on the chosen images, which are then to be reviewed.

        Args:
            text: what is said of it, in place of the usual words.
        """
        targets = self._targets
        if not self._has_targets():
            return
        text = text or f"Labels of {count_images(len(targets))} cleared"
        unknown = {label.id: LabelState.UNKNOWN for label in self._session.store.labels}
        self._edit(targets, lambda store: store.set_states(targets, unknown, reviewed=False, text=text))

    def unsure(self) -> None:
        """Put the chosen images among those to be looked at again, or back to where they were if all are."""
        if self._has_targets():
            self._edit(self._targets, self._unsure.toggled(self._targets))

    def flag(self) -> None:
        """Put a flag on the chosen images, or take it off where all have one."""
        targets = self._targets
        if self._has_targets():
            store = self._session.store
            are_flagged = bool(store.flagged[store.rows_of(targets)].all())
            self._edit(targets, lambda store: store.set_flag(targets, not are_flagged))

    def unreview(self) -> None:
        """Put the chosen images back among those to be reviewed."""
        targets = self._targets
        if self._has_targets():
            self._edit(targets, lambda store: store.set_review(targets, Review.TO_DO))

    def fix(self) -> None:
        """Change labels of the chosen images until no rule is broken; what was said last is kept."""
        targets, keep = self._targets, self.given
        if not self._has_targets():
            return
        store = self._session.store
        broken = rules.violating(store.states_of(targets), store.labels, store.rules)
        if not broken.any():
            self._say(self.tr("The chosen images break no rule."))
            return
        images = targets[broken]

        self._edit(images, lambda store: mend(store, images, keep))

    # from image to image

    def repeat(self) -> None:
        """Give the chosen images the known labels of the image labeled before."""
        if not self._has_targets():
            return
        source = next((one for one in reversed(self._sources) if not (self._targets == one).any()), None)
        if source is None:
            self._say(self.tr("Nothing to repeat yet: label an image first."))
            return
        store = self._session.store
        known = {
            label.id: LabelState(int(state))
            for label, state in zip(store.labels, store.states_of([source])[0], strict=True)
            if state != LabelState.UNKNOWN
        }
        self.give(self._targets, known, text=f"Labels repeated on {count_images(len(self._targets))}")

    def shared(self) -> list[tuple[Label, LabelState]]:
        """The labels whose state is known and the same on all chosen images."""
        return [
            (label, LabelState(int(state)))
            for label, state in zip(self._session.store.labels, self.states(), strict=True)
            if state not in (LabelState.UNKNOWN, MIXED)
        ]

    def paste(self, states: Mapping[int, LabelState]) -> bool:
        """Give the chosen images labels that were copied.

        Args:
            states: by label id; where an image has one label, the first present one counts.

        Returns:
            Whether it is done; not without images, nor while another change is being saved.
        """
        if not self._has_targets():
            return False
        text = f"Labels pasted on {count_images(len(self._targets))}"
        return self.give(self._targets, self._choosable(states), text=text)

    # how it is done

    def _flash(self, states: Mapping[int, LabelState]) -> None:
        given = next((label_id for label_id, state in states.items() if state == LabelState.PRESENT), None)
        if given is not None:
            self.label_given.emit(tuple(self._targets[:_FLASHED].tolist()), given)

    def _choosable(self, states: Mapping[int, LabelState]) -> Mapping[int, LabelState]:
        """What can be given at once: in a multi-class project the first present label alone."""
        if not self.is_choice:
            return states
        present = [label_id for label_id, state in states.items() if state == LabelState.PRESENT]
        return {present[0]: LabelState.PRESENT} if present else {}

    def _read_states(self) -> NDArray[np.int8]:
        store = self._session.store
        if not len(self._targets):
            return np.full(len(store.labels), LabelState.UNKNOWN, np.int8)
        is_all = len(self._targets) == len(store.image_ids)
        states = store.states if is_all else store.states_of(self._targets)
        low, high = states.min(axis=0), states.max(axis=0)
        return np.where(low == high, low, MIXED).astype(np.int8)

    def _edit(self, images: NDArray[np.int64], work: Callable[["Store"], Changes]) -> bool:
        """Make an edit, at once or, of very many images, in a thread; whether it is made."""
        self._has_changed = False
        last, is_one = int(images[-1]), len(images) == 1

        def remembered(store: "Store") -> Changes:
            before = broken_by(store, last) if is_one else []
            changes = work(store)
            if is_one and changes:
                changes = told_of_rules(store, last, changes, before=before, key=self.fix_key())
            if changes:
                self._has_changed = True
                self._sources = [*[one for one in self._sources if one != last][-8:], last]
            return changes

        return self._session.edit(remembered, images=len(images))

    def _remember(self, label_ids: Mapping[int, LabelState] | Sequence[int]) -> None:
        self._given = [*(one for one in self._given if one not in label_ids), *label_ids][-_REMEMBERED:]

    def _has_targets(self, targets: NDArray[np.int64] | None = None) -> bool:
        some = len(self._targets if targets is None else targets) > 0
        if not some:
            self._say(self.tr("Choose an image first."))
        return some

    def _column(self, label_id: int) -> int:
        return [label.id for label in self._session.store.labels].index(label_id)

    def _label(self, label_id: int) -> Label:
        return self._session.store.labels[self._column(label_id)]

    def _say(self, text: str) -> None:
        self._session.message.emit(text)

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.annotations or changes.labels or changes.images:
            self._states = None

    def _on_project_closed(self) -> None:
        self._sources.clear()
        self._given.clear()
        self._states = None
        self.set_targets(_NONE)
