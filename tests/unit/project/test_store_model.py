"""Any edits, undo, redo, restarts and a killed process: the store holds what a model in plain Python holds."""

import contextlib
import itertools
import os
import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.errors import ProjectError
from core.labels import MULTI_CLASS, MULTI_LABEL, Review
from core.project.changes import Changes
from core.project.disk.database import FILE_NAME
from core.project.merging.join import join_images
from core.project.merging.plan import plan_merge
from core.project.merging.sides import read_other, read_project
from core.project.merging.taking_over import LabelChoice, MergeChoices, apply_merge
from core.project.store import Store
from tests.unit.project.store_edits import EDITS, MOVES, do, draw, hasty, shown
from tests.unit.project.store_model import Model
from tests.unit.project.store_said import PRESENT, LabelIs, RefusedError, RuleIs

# a longer look for bugs, by hand: MULTIHOT_EXAMPLES=2000 pytest ...
EXAMPLES = int(os.environ.get("MULTIHOT_EXAMPLES", "0"))
# a case is made small by hand, too: that takes minutes
PHASES = [Phase.generate, *([Phase.shrink] if os.environ.get("MULTIHOT_SHRINK") else [])]
SETTINGS = settings(
    max_examples=EXAMPLES or 20,
    stateful_step_count=60 if EXAMPLES else 30,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=PHASES,
    suppress_health_check=list(HealthCheck),
)
RANDOM = st.randoms(use_true_random=False)


class Both:
    """A store and the model that it has to agree with."""

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder, self.model = folder, model
        self.store = hasty(Store.open(folder) if folder.exists() else Store.create(folder, task=model.task))

    def do(self, name, arguments, *, apart=False):
        """Do an edit to both: both refuse it or neither does, and what is told of it is what changed.

        Args:
            name: a method of the model.
            arguments: its arguments.
            apart: whether the store makes it in a thread, as it does with edits of many images.
        """
        note(f"{self.folder.name}: {name}{arguments}")
        before = shown(self.store)
        try:
            text = getattr(self.model, name)(*arguments)
        except RefusedError:
            with pytest.raises(ProjectError):
                self._made((name, arguments), apart=apart)
            return
        changes = self._made((name, arguments), apart=apart)
        assert changes.text == text
        check_told(changes, before, shown(self.store), self.store.image_ids.tolist())

    def _made(self, edit, *, apart):
        if not apart:
            return do(self.store, edit)
        before = shown(self.store)
        journal = {"undo": None, "redo": None}
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(self.store.apart, lambda: do(self.store, edit))
            made.exception()
        # nothing is seen of it until it is asked for
        assert shown(self.store) | journal == before | journal
        self.store.catch_up()
        return made.result()

    def check(self):
        assert shown(self.store) == self.model.shown()
        assert self.store.image_ids.tolist() == self.model.images
        assert (np.isnan(self.store.reviewed_at) == (self.store.review != Review.REVIEWED)).all()
        if self.model.task == MULTI_CLASS:
            assert ((self.store.states == PRESENT).sum(axis=1) <= 1).all()

    def restart(self):
        self.store.close()
        self.store = hasty(Store.open(self.folder))


def check_told(changes: Changes, before, after, images):
    """Whoever refreshes only what he is told of shows what there is."""
    labels = [label.id for label in after["labels"]]
    assert changes.labels or before["labels"] == after["labels"]
    assert changes.labels or changes.rules or before["rules"] == after["rules"]
    old = {label.id: column for column, label in enumerate(before["labels"])}
    for row, image in enumerate(images[: len(before["review"])]):
        states = [
            {label: said["states"][row][columns[label]] for label in labels if label in old}
            for said, columns in ((before, old), (after, {label: column for column, label in enumerate(labels)}))
        ]
        others = [
            (
                said["review"][row],
                said["flagged"][row],
                said["notes"].get(image),
                {label: said["disputes"].get((image, label)) for label in labels if label in old},
            )
            for said in (before, after)
        ]
        assert image in changes.annotations or (states[0], others[0]) == (states[1], others[1])


class Machine(RuleBasedStateMachine):
    """Two people edit a project and a copy of it; the program ends and starts again in between."""

    task = MULTI_LABEL

    def __init__(self):
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.both = Both(self.home / "project", Model(self.task))
        self.copies = 0
        self.copy: Both | None = None

    def teardown(self):
        self.both.store.close()
        if self.copy is not None:
            self.copy.store.close()
        shutil.rmtree(self.home)

    @initialize(images=st.integers(0, 4), labels=st.integers(0, 4))
    def begin(self, images, labels):
        if images:
            self.both.do("add_images", (images,))
        self.both.do("add_labels", (["one", "two", "three", "four"][:labels],))

    @invariant()
    def agrees(self):
        self.both.check()

    @rule(kind=st.sampled_from(EDITS + MOVES), rng=RANDOM)
    def edit(self, kind, rng):
        self._do(self.both, kind, rng)

    @rule(count=st.integers(3, 9), rng=RANDOM)
    def several(self, count, rng):
        for _ in range(count):
            self._do(self.both, rng.choice(EDITS + MOVES), rng)
            self.both.check()

    @rule(back=st.integers(1, 6), forth=st.integers(0, 6))
    def go_back_and_forth(self, back, forth):
        for name in itertools.chain(["undo"] * back, ["redo"] * forth):
            self.both.do(name, ())
            self.both.check()

    @rule()
    def restart(self):
        self.both.restart()

    @rule()
    def make_copy(self):
        if self.copy is not None:
            self.copy.store.close()
        self.copies += 1
        folder = self.home / f"copy {self.copies}"
        folder.mkdir()
        with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as target:
            self.both.store.database.connection.backup(target)
        self.copy = Both(folder, self.both.model.without_history())

    @rule(kind=st.sampled_from(EDITS), rng=RANDOM)
    def edit_copy(self, kind, rng):
        if self.copy is not None:
            self._do(self.copy, kind, rng)
            # the copy brought along what can be undone in the project
            journal = {"undo": None, "redo": None}
            assert shown(self.copy.store) | journal == self.copy.model.shown() | journal

    @rule(wins=st.sampled_from(["mine", "theirs", "queue"]))
    def merge_copy(self, wins):
        if self.copy is None:
            return
        store, name = self.both.store, self.copy.folder.name
        self.copy.store.close()
        mine, theirs = read_project(store.folder), read_other(self.copy.folder, mine=store.folder)
        plan = plan_merge(mine, theirs, join_images(mine, theirs))
        choices = {label.id: LabelChoice(conflicts=wins) for label in theirs.labels}
        before = shown(store)
        merged = apply_merge(store, plan, MergeChoices(choices))
        if self.task == MULTI_CLASS:
            adopt(self.both.model, store, merged.changes.text)
        else:
            assert merged.changes.text == self.both.model.merge(self.copy.model, name, wins=wins)
        check_told(merged.changes, before, shown(store), store.image_ids.tolist())
        self.copy.store = hasty(Store.open(self.copy.folder))

    def _do(self, both, kind, rng):
        drawn = draw(rng, both.model, kind)
        if drawn is not None:
            both.do(*drawn, apart=rng.random() < 0.2)


class OneLabelMachine(Machine):
    """The same, where an image has at most one label."""

    task = MULTI_CLASS


def adopt(model: Model, store: Store, text: str) -> None:
    """Believe a store, as one step of undo, what it made of a merge."""
    if not text:
        return
    model.done.append((text, model.said))
    model.undone.clear()
    state, said = store.state(), model.said.copied()
    for row in state.label_rows:
        said.labels[row.id] = LabelIs(
            row.name, row.color, row.shortcut, row.position, row.deleted, row.description, row.parent, row.examples
        )
    said.rules = {row.id: RuleIs(row.kind, row.label_ids, row.name, row.deleted) for row in state.rule_rows}
    images = state.image_ids.tolist()
    said.states = {
        (images[row], column + 1): int(state.matrix[row, column]) for row, column in np.argwhere(state.matrix != -1)
    }
    said.review = {image: int(review) for image, review in zip(images, state.review, strict=True) if review}
    said.flagged = {image for image, flag in zip(images, state.flagged, strict=True) if flag}
    said.notes = dict(state.notes)
    said.disputes = {pair: int(one) for pair, one in store.disputes.items()}
    model.said = said


@pytest.mark.parametrize("machine", [Machine, OneLabelMachine])
def test_any_edits_undo_redo_restarts_and_merges_agree_with_a_model(machine):
    run_state_machine_as_test(machine, settings=SETTINGS)
