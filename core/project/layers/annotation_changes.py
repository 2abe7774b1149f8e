"""Changing what is said of the images of an open project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.labels import MULTI_CLASS, LabelState, Review
from core.project.changes import Changes
from core.project.edits import KEEP, AnnotationEdit, DisputeEdit, LabelEdit, NoteEdit, RuleEdit, changes_of
from core.project.labels.one_class import one_class
from core.project.layers.image_changes import ImageChanges
from core.project.layers.steps import serial
from core.project.state import ProjectState
from core.project.words import images as _images

_STATE_WORDS = {LabelState.PRESENT: "set", LabelState.ABSENT: "ruled out", LabelState.UNKNOWN: "cleared"}
_REVIEW_WORDS = {Review.TO_DO: "to be reviewed again", Review.REVIEWED: "reviewed", Review.UNSURE: "unsure"}


class AnnotationChanges(ImageChanges):
    """The open project, with states, reviews, flags, notes and disputes."""

    @serial
    def set_states(
        self,
        image_ids: ArrayLike,
        states: Mapping[int, LabelState],
        *,
        reviewed: bool | None = None,
        fill_unknown: LabelState | None = None,
        text: str | None = None,
    ) -> Changes:
        """Give the same states to some images, as one step of undo.

        In a multi-class project a label that becomes present makes all others absent.

        Args:
            image_ids: the images.
            states: the state of each label to set, by label id.
            reviewed: the reviewed flag to set; None leaves it.
            fill_unknown: the state for every label that is unknown afterwards; None leaves them unknown.
            text: what happened; None makes it from the states.

        Raises:
            ProjectError: the project is multi-class and several labels were to be present.
        """
        label_ids = [label.id for label in self.labels]
        ids = np.unique(np.asarray(image_ids, np.int64))
        wanted = np.full((1, len(label_ids)), KEEP, np.int8)
        for label_id, state in states.items():
            wanted[0, label_ids.index(label_id)] = state
        if self.task == MULTI_CLASS:
            wanted = one_class(wanted, columns=np.arange(len(label_ids)), labels=len(label_ids))
        values = np.where(wanted == KEEP, self.states_of(ids), wanted)
        if fill_unknown is not None:
            values[values == LabelState.UNKNOWN] = fill_unknown
        text = text or self._text_of(states, reviewed=reviewed, images=len(ids))
        with self.step(text) as edits:
            made = len(edits)
            self._set(ids, np.array(label_ids, np.int64), values, reviewed=reviewed, text=text)
            if self.disputes:
                chosen = set(ids.tolist())
                # who gives an image its one label has decided about the others, too
                is_choice = self.task == MULTI_CLASS and LabelState.PRESENT in states.values()
                said = [one for one in self.disputes if one[0] in chosen and (is_choice or one[1] in states)]
                self.settle_disputes(said)
        return changes_of(edits[made:], text)

    @serial
    def set_matrix(
        self,
        image_ids: ArrayLike,
        label_ids: ArrayLike,
        states: NDArray[np.int8],
        *,
        reviewed: bool | NDArray[np.bool_] | None,
        text: str,
    ) -> Changes:
        """Set a matrix of states, as one step of undo; fast for 100,000 images.

        In a multi-class project a label that becomes present makes all others of the image absent.

        Args:
            image_ids: n images, each once.
            label_ids: k labels, each once.
            states: int8 (n, k) in {1, 0, -1, KEEP}.
            reviewed: the reviewed flag to set, one for all or bool (n,); None leaves it.
            text: what happened.

        Raises:
            ProjectError: the project is multi-class and several labels of an image were to be present.
        """
        ids, labels = np.asarray(image_ids, np.int64), np.asarray(label_ids, np.int64)
        if len(np.unique(ids)) < len(ids):
            raise ValueError("an image comes twice")
        if self.task == MULTI_CLASS:
            every = [label.id for label in self.labels]
            columns = np.array([every.index(label_id) for label_id in labels.tolist()], np.int64)
            labels, states = np.array(every, np.int64), one_class(states, columns=columns, labels=len(every))
        before = self._content.states_of(self.rows_of(ids), labels)
        after = np.where(states == KEEP, before, states)
        with self.step(text) as edits:
            made = len(edits)
            self._set(ids, labels, after, reviewed=reviewed, text=text)
            if self.disputes:
                self._settle_changed(ids, labels, before != after)
        return changes_of(edits[made:], text)

    @serial
    def set_review(self, image_ids: ArrayLike, review: Review) -> Changes:
        """Say how far the review of some images came, as one step of undo."""
        ids = np.unique(np.asarray(image_ids, np.int64))
        text = f"{_images(len(ids))} {_REVIEW_WORDS[review]}"
        return self._mark(
            ids, review=np.full(len(ids), review, np.int8), flagged=self.flagged[self.rows_of(ids)], text=text
        )

    @serial
    def set_flag(self, image_ids: ArrayLike, flagged: bool) -> Changes:
        """Put a flag on some images or take it off, as one step of undo."""
        ids = np.unique(np.asarray(image_ids, np.int64))
        text = f"{_images(len(ids))} flagged" if flagged else f"Flag taken off {_images(len(ids))}"
        return self._mark(ids, review=self.review[self.rows_of(ids)], flagged=np.full(len(ids), flagged), text=text)

    def set_note(self, image_id: int, text: str) -> Changes:
        """Write a note on an image, in place of the one that is there; empty for none."""
        return self.set_notes({image_id: text})

    @serial
    def set_notes(self, notes: Mapping[int, str]) -> Changes:
        """Write notes on images, by image id, as one step of undo."""
        after = [(image_id, text.strip()) for image_id, text in notes.items()]
        self.rows_of([image_id for image_id, _ in after])
        after = [(image_id, text) for image_id, text in after if self.notes.get(image_id, "") != text]
        if not after:
            return Changes()
        before = tuple((image_id, self.notes.get(image_id, "")) for image_id, _ in after)
        what = "Note written" if any(text for _, text in after) else "Note deleted"
        return self._do(NoteEdit(before, tuple(after)), f"{what} on {_images(len(after))}")

    @serial
    def add_disputes(self, disputes: Mapping[tuple[int, int], LabelState], text: str) -> Changes:
        """Keep what another project says otherwise, by image id and label id, until somebody decides."""
        return self._dispute({pair: int(state) for pair, state in disputes.items()}, text)

    @serial
    def settle_disputes(self, pairs: Iterable[tuple[int, int]]) -> Changes:
        """Forget what another project says of some labels on some images; the states stay as they are."""
        settled = {pair: int(LabelState.UNKNOWN) for pair in pairs if pair in self.disputes}
        return self._dispute(settled, f"{len(settled):,} conflict{'' if len(settled) == 1 else 's'} settled")

    @serial
    def restore(self, state: ProjectState, *, text: str) -> Changes:
        """Bring back labels, rules and annotations as they were, as one step of undo.

        Images that came later keep what was said of them, except of labels that there were not yet.

        Args:
            state: of this project.
            text: what happened.
        """
        with self.step(text) as edits:
            made = len(edits)
            deleted = {row.id for row in self._content.label_rows.values() if row.deleted}
            self._restore_rows(state)
            self._restore_annotations(state)
            self._clear_revived(state, deleted)
        return changes_of(edits[made:], text)

    # how it is done

    def _restore_rows(self, state: ProjectState) -> None:
        now = self._content.label_rows
        labels = {row.id: row for row in state.label_rows}
        labels.update({row.id: replace(row, deleted=True) for row in now.values() if row.id not in labels})
        changed = [row for row in labels.values() if now.get(row.id) != row]
        if changed:
            before = tuple(now.get(row.id, replace(row, deleted=True)) for row in changed)
            self._do(LabelEdit(before, tuple(changed)), "")
        there = self._content.rule_rows
        rules = {row.id: row for row in state.rule_rows}
        rules.update({row.id: replace(row, deleted=True) for row in there.values() if row.id not in rules})
        moved = [row for row in rules.values() if there.get(row.id) != row]
        if moved:
            self._do(RuleEdit(tuple(there.get(row.id, replace(row, deleted=True)) for row in moved), tuple(moved)), "")

    def _restore_annotations(self, state: ProjectState) -> None:
        ids, _, places = np.intersect1d(self.image_ids, state.image_ids, assume_unique=True, return_indices=True)
        label_ids = np.array(sorted(self._content.label_rows), np.int64)
        after = np.full((len(ids), len(label_ids)), LabelState.UNKNOWN, np.int8)
        known = label_ids <= state.matrix.shape[1]
        after[:, known] = state.matrix[np.ix_(places, label_ids[known] - 1)]
        self._record(
            ids, label_ids, after, review=state.review[places], flagged=state.flagged[places], text="",
            reviewed_at=state.reviewed_at[places],
        )  # fmt: skip
        notes = {one: state.notes.get(one, "") for one in ids.tolist() if one in state.notes or one in self.notes}
        self.set_notes(notes)

    def _clear_revived(self, state: ProjectState, deleted: set[int]) -> None:
        """Of labels that come back nothing is known on images that came later, whatever was said before they went."""
        rows = self._content.label_rows
        revived = np.array([label_id for label_id in sorted(deleted) if not rows[label_id].deleted], np.int64)
        later = np.setdiff1d(self.image_ids, state.image_ids, assume_unique=True)
        unknown = np.full((len(later), len(revived)), LabelState.UNKNOWN, np.int8)
        self._set(later, revived, unknown, reviewed=None, text="")

    def _settle_changed(self, ids: NDArray[np.int64], label_ids: NDArray[np.int64], changed: NDArray[np.bool_]) -> None:
        rows = {image_id: row for row, image_id in enumerate(ids.tolist())}
        columns = {label_id: column for column, label_id in enumerate(label_ids.tolist())}
        self.settle_disputes(
            [
                (image_id, label_id)
                for image_id, label_id in self.disputes
                if image_id in rows and label_id in columns and changed[rows[image_id], columns[label_id]]
            ]
        )

    def _dispute(self, wanted: Mapping[tuple[int, int], int], text: str) -> Changes:
        unknown = int(LabelState.UNKNOWN)
        every = self._content.every_dispute()
        now = {pair: int(every.get(pair, unknown)) for pair in wanted}
        changed = [pair for pair in wanted if now[pair] != wanted[pair]]
        if not changed:
            return Changes()
        before = tuple((*pair, now[pair]) for pair in changed)
        return self._do(DisputeEdit(before, tuple((*pair, wanted[pair]) for pair in changed)), text)

    def _mark(
        self, ids: NDArray[np.int64], *, review: NDArray[np.int8], flagged: NDArray[np.bool_], text: str
    ) -> Changes:
        none = np.empty(0, np.int64)
        return self._record(ids, none, np.empty((len(ids), 0), np.int8), review=review, flagged=flagged, text=text)

    def _fill(
        self, images: NDArray[np.bool_], label_ids: Sequence[int], state: LabelState, *, reviewed: bool | None
    ) -> None:
        """Give some images (N,) the same state of some labels."""
        ids = self.image_ids[images]
        states = np.full((len(ids), len(label_ids)), state, np.int8)
        self._set(ids, np.array(label_ids, np.int64), states, reviewed=reviewed, text="")

    def _set(
        self,
        ids: NDArray[np.int64],
        label_ids: NDArray[np.int64],
        after: NDArray[np.int8],
        *,
        reviewed: bool | NDArray[np.bool_] | None,
        text: str,
    ) -> Changes:
        """Set states (n, k) and whether the images are reviewed."""
        rows = self.rows_of(ids)
        review = self.review[rows]
        if reviewed is not None:
            is_reviewed = np.broadcast_to(np.asarray(reviewed, np.bool_), len(ids))
            review = np.where(is_reviewed, np.int8(Review.REVIEWED), np.int8(Review.TO_DO))
        return self._record(ids, label_ids, after, review=review, flagged=self.flagged[rows], text=text)

    def _record(
        self,
        ids: NDArray[np.int64],
        label_ids: NDArray[np.int64],
        after: NDArray[np.int8],
        *,
        review: NDArray[np.int8],
        flagged: NDArray[np.bool_],
        text: str,
        reviewed_at: NDArray[np.float64] | None = None,
    ) -> Changes:
        """Make an edit of states (n, k), review (n,) and flags (n,); it holds what really changes."""
        rows = self.rows_of(ids)
        before = self._content.states_of(rows, label_ids)
        old_review, old_flagged = self.review[rows], self.flagged[rows]
        differs = before != after
        images = differs.any(axis=1) | (old_review != review) | (old_flagged != flagged)
        labels = differs.any(axis=0)
        if not images.any():
            return Changes()
        part = np.ix_(images, labels)
        times = self._content.times_of(rows, review) if reviewed_at is None else reviewed_at
        edit = AnnotationEdit(
            ids[images], label_ids[labels], before[part], after[part], old_review[images], review[images],
            old_flagged[images], flagged[images], self.reviewed_at[rows][images], times[images],
        )  # fmt: skip
        return self._do(edit, text)

    def _text_of(self, states: Mapping[int, LabelState], *, reviewed: bool | None, images: int) -> str:
        if not states:
            if reviewed is None:
                return f"Unknown labels of {_images(images)} filled in"
            return f"{_images(images)} reviewed" if reviewed else f"{_images(images)} to be reviewed again"
        if len(states) > 1:
            return f"{len(states)} labels set on {_images(images)}"
        ((label_id, state),) = states.items()
        return f"“{self._content.label_rows[label_id].name}” {_STATE_WORDS[state]} on {_images(images)}"
