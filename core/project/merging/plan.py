"""Joining what two people said of the same images, in two copies of a project."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import MULTI_CLASS, Label, LabelState, Review, Task
from core.project.labels.label_rows import check_label_name
from core.project.merging.join import Join
from core.project.merging.kappa import cohen_kappa, label_tables
from core.project.merging.sides import Side

Target = int | str | None
"""What a label there is here: the id of a label, the name of a new one, or None to leave it out."""


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """What the two say of one label, on the images that both have.

    Attributes:
        label: the label there.
        target: what it is here.
        name: its name here; empty when it is left out.
        agreements: images of which both say the same.
        additions: images of which only they say something.
        missing: images of which only you say something.
        conflicts: images on which it is present here and absent there, or the other way round.
        kappa: Cohen's kappa on the images of which both say something; NaN where it is not defined.
    """

    label: Label
    target: Target
    name: str
    agreements: int
    additions: int
    missing: int
    conflicts: int
    kappa: float


@dataclass(frozen=True, eq=False)
class MergePlan:
    """What a merge would find; nothing has changed yet.

    Attributes:
        mine: this project, as it was read.
        theirs: the other one.
        join: which image is which.
        targets: what each label there is here, by its id there.
        labels: what the two say of each label, in their order there.
        columns: int64 (k,): the columns there of the labels that are not left out.
        states: int8 (P, k): what they say of the joined images, and of their further copies.
        kappa: of all labels that are not left out together; in multi-class projects of the one label of an image.
        reviews: images to do here that are reviewed or unsure there.
        flags: images with a flag only there.
        notes: images with a note there that is not here.
        several: in a multi-class project, images with several labels there; they stay as they are.
    """

    mine: Side
    theirs: Side
    join: Join
    targets: Mapping[int, Target]
    labels: tuple[LabelPlan, ...]
    columns: NDArray[np.int64]
    states: NDArray[np.int8]
    kappa: float
    reviews: int
    flags: int
    notes: int
    several: int

    @property
    def conflicts(self) -> int:
        """Number of conflicts in all labels."""
        return sum(one.conflicts for one in self.labels)

    @property
    def additions(self) -> int:
        """Number of additions in all labels."""
        return sum(one.additions for one in self.labels)


def default_targets(mine: Side, theirs: Side) -> dict[int, Target]:
    """Labels of the same name regardless of case are the same; the others are new."""
    here = {label.name.casefold(): label.id for label in mine.labels}
    return {label.id: here.get(label.name.casefold(), label.name) for label in theirs.labels}


def plan_merge(mine: Side, theirs: Side, join: Join, targets: Mapping[int, Target] | None = None) -> MergePlan:
    """Compare what two projects say of the images they share; changes nothing, and may be called from any thread.

    Args:
        mine: the open project.
        theirs: the other one.
        join: which image is which.
        targets: what each label there is here; None takes `default_targets`.

    Raises:
        ProjectError: two labels there would be one here, or the name of a new label is none or taken.
    """
    targets = default_targets(mine, theirs) if targets is None else dict(targets)
    _check_targets(mine, theirs, targets)
    chosen = [column for column, label in enumerate(theirs.labels) if targets.get(label.id) is not None]
    columns = np.array(chosen, np.int64)
    states = _theirs(theirs, join, columns, mine.task)
    here = _mine(mine, join, [targets[theirs.labels[column].id] for column in chosen])
    several = np.zeros(len(states), np.bool_)
    if mine.task == MULTI_CLASS:
        several = np.count_nonzero(states == LabelState.PRESENT, axis=1) > 1
        states[several] = LabelState.UNKNOWN
    tables = label_tables(here, states)
    both = tables[:, :2, :2]
    kappas = cohen_kappa(both)
    names = {label.id: label.name for label in mine.labels}
    plans = {
        column: LabelPlan(
            label=theirs.labels[column],
            target=(target := targets[theirs.labels[column].id]),
            name=names[target] if isinstance(target, int) else str(target),
            agreements=int(np.trace(both[place])),
            additions=int(tables[place, 2, :2].sum()),
            missing=int(tables[place, :2, 2].sum()),
            conflicts=int(both[place, 0, 1] + both[place, 1, 0]),
            kappa=float(kappas[place]),
        )
        for place, column in enumerate(chosen)
    }
    left_out = [LabelPlan(label, None, "", 0, 0, 0, 0, float("nan")) for label in theirs.labels]
    review, their_review = mine.review[join.mine], theirs.review[join.theirs]
    flagged, their_flagged = mine.flagged[join.mine], theirs.flagged[join.theirs]
    return MergePlan(
        mine=mine,
        theirs=theirs,
        join=join,
        targets=targets,
        labels=tuple(plans.get(column, left_out[column]) for column in range(len(theirs.labels))),
        columns=columns,
        states=states,
        kappa=_class_kappa(here, states) if mine.task == MULTI_CLASS else float(cohen_kappa(both.sum(axis=0))),
        reviews=int(np.count_nonzero((review == Review.TO_DO) & (their_review != Review.TO_DO))),
        flags=int(np.count_nonzero(~flagged & their_flagged)),
        notes=sum(joined_note(old, new) != old for old, new in _notes(mine, theirs, join)),
        several=int(several.sum()),
    )


def joined_note(mine: str, theirs: str) -> str:
    """Both notes, one below the other; one that holds the other is enough."""
    if theirs in mine:
        return mine
    return theirs if mine in theirs else f"{mine}\n{theirs}"


def _check_targets(mine: Side, theirs: Side, targets: Mapping[int, Target]) -> None:
    here = {label.id: label.name for label in mine.labels}
    taken: dict[Target, str] = {}
    for label in theirs.labels:
        target = targets.get(label.id)
        if target is None:
            continue
        if isinstance(target, str):
            check_label_name(target.strip())
            target = target.strip().casefold()
            if target in {name.casefold() for name in here.values()}:
                raise ProjectError(
                    f"There is a label “{targets[label.id]}” already.",
                    next_step="Choose it instead of a new label, or another name.",
                )
        elif target not in here:
            raise ProjectError("A label of this project is gone.", next_step="Compare the projects again.")
        if target in taken:
            name = here.get(target, target) if isinstance(target, int) else targets[label.id]
            raise ProjectError(
                f"“{taken[target]}” and “{label.name}” would both become “{name}”.",
                next_step="Leave one of them out, or merge them in the other project first.",
            )
        taken[target] = label.name


def _theirs(theirs: Side, join: Join, columns: NDArray[np.int64], task: Task) -> NDArray[np.int8]:
    """What they say of the joined images (P, k); a further copy adds what the first one leaves open."""
    states = np.empty((len(join.theirs), len(columns)), np.int8, order="F")
    for place, column in enumerate(columns.tolist()):
        # a column of `states` lies together in memory
        states[:, place] = theirs.states[:, column][join.theirs]
    pairs, rows = join.further[:, 0], join.further[:, 1]
    while len(pairs):
        # copies of one image after the other, those of different images at once
        pair, first = np.unique(pairs, return_index=True)
        more = theirs.states[rows[first]][:, columns]
        known = states[pair]
        open_ = known == LabelState.UNKNOWN
        if task == MULTI_CLASS:
            open_ &= ~(known == LabelState.PRESENT).any(axis=1, keepdims=True)
        states[pair] = np.where(open_, more, known)
        left = np.ones(len(pairs), np.bool_)
        left[first] = False
        pairs, rows = pairs[left], rows[left]
    return states


def _mine(mine: Side, join: Join, targets: list[Target]) -> NDArray[np.int8]:
    """What I say of the joined images (P, k)."""
    places = {label.id: column for column, label in enumerate(mine.labels)}
    states = np.full((len(join.mine), len(targets)), LabelState.UNKNOWN, np.int8, order="F")
    for place, target in enumerate(targets):
        if isinstance(target, int):
            states[:, place] = mine.states[:, places[target]][join.mine]
        elif mine.task == MULTI_CLASS:
            # where an image has its one label, a new one is absent
            has_label = (mine.states == LabelState.PRESENT).any(axis=1)[join.mine]
            states[has_label, place] = LabelState.ABSENT
    return states


def _class_kappa(mine: NDArray[np.int8], theirs: NDArray[np.int8]) -> float:
    """Kappa of the one label of an image, where both chose one of the joined labels."""
    both = (mine == LabelState.PRESENT).any(axis=1) & (theirs == LabelState.PRESENT).any(axis=1)
    if not both.any():
        return float("nan")
    count = mine.shape[1]
    chosen = [(states[both] == LabelState.PRESENT).argmax(axis=1) for states in (mine, theirs)]
    table = np.bincount(chosen[0] * count + chosen[1], minlength=count * count).reshape(count, count)
    return float(cohen_kappa(table.astype(np.int64)))


def _notes(mine: Side, theirs: Side, join: Join) -> list[tuple[str, str]]:
    """The notes of joined images that have one there: here and there."""
    if not theirs.notes:
        return []
    mine_ids, their_ids = mine.image_ids[join.mine].tolist(), theirs.image_ids[join.theirs].tolist()
    return [
        (mine.notes.get(here, ""), theirs.notes[there])
        for here, there in zip(mine_ids, their_ids, strict=True)
        if there in theirs.notes
    ]
