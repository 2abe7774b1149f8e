"""Taking over what the other project says, as one step of undo."""

import collections
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import MULTI_CLASS, LabelState, Review
from core.project.changes import Changes
from core.project.edits import KEEP, changes_of
from core.project.files.scan import ScannedImage
from core.project.merging.plan import MergePlan, joined_note
from core.project.store import Store
from core.project.words import images as _images

Winner = Literal["mine", "theirs", "queue"]
"""Who is right where the two contradict each other; "queue" keeps mine and asks later."""


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """What to take over of one label.

    Attributes:
        additions: whether to take over what only they say.
        conflicts: who is right.
    """

    additions: bool = True
    conflicts: Winner = "queue"


@dataclass(frozen=True)
class MergeChoices:
    """What to take over.

    Attributes:
        labels: by label id there; a label that is not there has the choice a new `LabelChoice` has.
        reviews: whether images to do here become reviewed or unsure, and get a flag, where they are so there.
        notes: whether notes are joined.
        images: whether images that are only there are added, with what is said of them.
    """

    labels: Mapping[int, LabelChoice] = field(default_factory=dict)
    reviews: bool = True
    notes: bool = True
    images: bool = False

    def of(self, label_id: int) -> LabelChoice:
        """The choice for a label there."""
        return self.labels.get(label_id, LabelChoice())


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes:
        changes: for those who show the project.
        additions: states that were taken over, by label id there.
        taken: conflicts in which they were right, by label id there.
        kept: conflicts in which mine stayed, by label id there.
        queued: conflicts that are to be decided, by label id there.
        disputed: ids of the images with such conflicts.
        reviews: images whose review state or flag was taken over.
        notes: images whose note grew.
        images: images that were added.
        images_missing: images that were not, as their files are not there or may not be read.
    """

    changes: Changes
    additions: dict[int, int]
    taken: dict[int, int]
    kept: dict[int, int]
    queued: dict[int, int]
    disputed: tuple[int, ...]
    reviews: int
    notes: int
    images: int
    images_missing: int


@dataclass(frozen=True, eq=False)
class _Said:
    """What they say of images here: ids (n,), states (n, k), and rows there (n,)."""

    ids: NDArray[np.int64]
    states: NDArray[np.int8]
    rows: NDArray[np.int64]

    def and_then(self, other: "_Said") -> "_Said":
        """This, and the same of further images."""
        return _Said(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.states, other.states]),
            np.concatenate([self.rows, other.rows]),
        )


def apply_merge(store: Store, plan: MergePlan, choices: MergeChoices) -> Merged:
    """Merge the other project into this one, as one step of undo; images that were added stay when it is undone.

    Args:
        store: the project that `plan` was made for; what changed in it since is taken as it is now.
        plan: what was found.
        choices: what to take over.

    Raises:
        ProjectError: a label is gone, or the disk is full; nothing changed.
    """
    text = f"“{plan.theirs.name}” merged: {_images(len(plan.join.mine))}"
    with store.step(text) as edits:
        label_ids = _label_ids(store, plan)
        said = _Said(plan.mine.image_ids[plan.join.mine], plan.states, plan.join.theirs)
        _take_knowledge(store, plan, label_ids)
        added, missing = _add_images(store, plan) if choices.images else (None, 0)
        if added is not None:
            said = said.and_then(added)
        counts, disputes = _take_states(store, plan, choices, label_ids, said)
        reviews = _take_reviews(store, plan, said) if choices.reviews else 0
        notes = _take_notes(store, plan, said) if choices.notes else 0
        disputed = sorted({image_id for image_id, _ in disputes})
        if disputes:
            store.add_disputes(disputes, text)
            store.set_review(disputed, Review.UNSURE)
        store.set_content_hashes(_hashes(plan, added))
    changes = changes_of(edits, text)
    if added is not None and len(added.ids):
        changes = replace(changes, text=text, images=True)
    return Merged(
        changes=changes,
        additions=counts["additions"],
        taken=counts["taken"],
        kept=counts["kept"],
        queued=counts["queued"],
        disputed=tuple(disputed),
        reviews=reviews,
        notes=notes,
        images=0 if added is None else len(added.ids),
        images_missing=missing,
    )


def _label_ids(store: Store, plan: MergePlan) -> list[int]:
    """The labels here, new ones added, in the order of the columns of the plan's states."""
    here = {label.id for label in store.labels}
    found: list[int] = []
    for column in plan.columns.tolist():
        label = plan.theirs.labels[column]
        target = plan.targets[label.id]
        if isinstance(target, int):
            if target not in here:
                raise ProjectError("A label of this project is gone.", next_step="Compare the projects again.")
            found.append(target)
            continue
        colors = {one.color.lower() for one in store.labels}
        store.add_label(str(target), color=None if label.color.lower() in colors else label.color)
        found.append(store.labels[-1].id)
        if label.description:
            store.change_label(found[-1], description=label.description)
    return found


def _take_knowledge(store: Store, plan: MergePlan, label_ids: Sequence[int]) -> None:
    """Give new labels their parent and examples, and take over the rules in which one of them is; not what contradicts.

    Labels that were here keep what is said of them here.
    """
    theirs = [plan.theirs.labels[column] for column in plan.columns.tolist()]
    here = {label.id: own for label, own in zip(theirs, label_ids, strict=True)}
    new = {own for label, own in zip(theirs, label_ids, strict=True) if isinstance(plan.targets[label.id], str)}
    images = dict(
        zip(
            plan.theirs.image_ids[plan.join.theirs].tolist(),
            plan.mine.image_ids[plan.join.mine].tolist(),
            strict=True,
        )
    )
    for label in theirs:
        own = here[label.id]
        if own in new:
            examples = tuple(images[one] for one in label.examples if one in images)
            if examples:
                store.change_label(own, examples=examples)
            if label.parent in here:
                with contextlib.suppress(ProjectError):
                    store.change_label(own, parent=here[label.parent])
    for rule in plan.theirs.rules:
        own_ids = [here[one] for one in rule.label_ids if one in here]
        if len(own_ids) == len(rule.label_ids) and not new.isdisjoint(own_ids):
            with contextlib.suppress(ProjectError):
                store.add_rule(rule.kind, own_ids, rule.name)


def _take_states(
    store: Store, plan: MergePlan, choices: MergeChoices, label_ids: Sequence[int], said: _Said
) -> tuple[dict[str, dict[int, int]], dict[tuple[int, int], LabelState]]:
    """Set additions and won conflicts; gives the counts by label id there, and what is to be decided."""
    their_ids = [plan.theirs.labels[column].id for column in plan.columns.tolist()]
    chosen = [choices.of(label_id) for label_id in their_ids]
    places = {label.id: column for column, label in enumerate(store.labels)}
    whole = store.states_of(said.ids)
    now = whole[:, [places[label_id] for label_id in label_ids]]
    known = said.states != LabelState.UNKNOWN
    unknown = now == LabelState.UNKNOWN
    conflicts = known & ~unknown & (now != said.states)
    add = known & unknown & np.array([one.additions for one in chosen], np.bool_)
    take, queue = (
        conflicts & np.array([one.conflicts == who for one in chosen], np.bool_) for who in ("theirs", "queue")
    )
    if store.task == MULTI_CLASS:
        add, take, queue = _whole_images(whole, said.states, conflicts, add, take, queue)
    wanted = np.where(add | take, said.states, np.int8(KEEP))
    changed = (wanted != KEEP).any(axis=1)
    if changed.any():
        store.set_matrix(said.ids[changed], label_ids, wanted[changed], reviewed=None, text="")
    counts = {
        name: dict(zip(their_ids, np.count_nonzero(mask, axis=0).tolist(), strict=True))
        for name, mask in (
            ("additions", add),
            ("taken", take),
            ("kept", conflicts & ~take & ~queue),
            ("queued", queue),
        )
    }
    rows, columns = np.nonzero(queue)
    disputes = {
        (image_id, label_ids[column]): LabelState(state)
        for image_id, column, state in zip(
            said.ids[rows].tolist(), columns.tolist(), said.states[rows, columns].tolist(), strict=True
        )
    }
    return counts, disputes


def _whole_images(
    whole: NDArray[np.int8],
    theirs: NDArray[np.int8],
    conflicts: NDArray[np.bool_],
    add: NDArray[np.bool_],
    take: NDArray[np.bool_],
    queue: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Decide for each image as a whole, where an image has one label: to be asked, mine, or theirs.

    Args:
        whole: int8 (n, C): what all labels are here.
        theirs: int8 (n, k).
        conflicts: bool (n, k).
        add: bool (n, k): additions that are wanted.
        take: bool (n, k): conflicts in which they are to be right.
        queue: bool (n, k): conflicts that are to be asked later.

    Returns:
        `add`, `take` and `queue`, such that no image gets a second label.
    """
    is_asked = queue.any(axis=1)
    is_mine = (conflicts & ~take & ~queue).any(axis=1) & ~is_asked
    open_ = ~(is_asked | is_mine).reshape(-1, 1)
    take = take & open_
    # an image that has its label gets another only where the conflict about it was decided
    has_label = ((whole == LabelState.PRESENT).any(axis=1) & ~take.any(axis=1)).reshape(-1, 1)
    add = add & open_ & ~(has_label & (theirs == LabelState.PRESENT))
    # one question for an image: that another label is present says that this one is not
    asked = conflicts & is_asked.reshape(-1, 1)
    present = asked & (theirs == LabelState.PRESENT)
    queue = np.where(present.any(axis=1, keepdims=True), present, asked)
    return add, take, queue


def _take_reviews(store: Store, plan: MergePlan, said: _Said) -> int:
    rows = store.rows_of(said.ids)
    to_do = store.review[rows] == Review.TO_DO
    theirs = plan.theirs.review[said.rows]
    touched = np.zeros(len(rows), np.bool_)
    for review in (Review.REVIEWED, Review.UNSURE):
        chosen = to_do & (theirs == review)
        if chosen.any():
            store.set_review(said.ids[chosen].tolist(), review)
        touched |= chosen
    flags = plan.theirs.flagged[said.rows] & ~store.flagged[rows]
    if flags.any():
        store.set_flag(said.ids[flags].tolist(), True)
    return int((touched | flags).sum())


def _take_notes(store: Store, plan: MergePlan, said: _Said) -> int:
    theirs = plan.theirs.notes
    there = zip(said.ids.tolist(), plan.theirs.image_ids[said.rows].tolist(), strict=True)
    joined = {one: joined_note(store.notes.get(one, ""), theirs[other]) for one, other in there if other in theirs}
    new = {one: text for one, text in joined.items() if text != store.notes.get(one, "")}
    store.set_notes(new)
    return len(new)


def _add_images(store: Store, plan: MergePlan) -> tuple[_Said, int]:
    """Add the images that are only there; gives what they say of them, and how many have no file."""
    files: dict[Path, dict[str, tuple[ScannedImage, int]]] = collections.defaultdict(dict)
    rows = plan.join.only_theirs.tolist()
    for row in rows:
        path, whole = plan.theirs.paths[row], plan.theirs.files[row]
        with contextlib.suppress(OSError):
            facts = Path(whole).stat()
            root = Path(whole[: len(whole) - len(path)]).resolve()
            files[root][path] = (ScannedImage(path, facts.st_size, facts.st_mtime_ns), row)
    ids: list[int] = []
    their_rows: list[int] = []
    for root, found in files.items():
        before = len(store.image_ids)
        store.add_images(root, [image for image, _ in found.values()])
        ids.extend(store.image_ids[before:].tolist())
        their_rows.extend(found[path][1] for path in store.paths[before:])
    new_rows = np.array(their_rows, np.int64)
    states = plan.theirs.states[new_rows][:, plan.columns]
    if store.task == MULTI_CLASS:
        states[np.count_nonzero(states == LabelState.PRESENT, axis=1) > 1] = LabelState.UNKNOWN
    return _Said(np.array(ids, np.int64), states, new_rows), len(rows) - len(ids)


def _hashes(plan: MergePlan, added: _Said | None) -> dict[int, str]:
    """What was found out on the way about the content of images here."""
    hashes = dict(plan.join.new_hashes)
    if added is not None:
        there = plan.theirs.image_ids[added.rows].tolist()
        known = plan.join.their_hashes
        hashes |= {here: known[one] for here, one in zip(added.ids.tolist(), there, strict=True) if one in known}
    return hashes
