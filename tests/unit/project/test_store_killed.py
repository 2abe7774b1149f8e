"""A process that is killed amid its edits loses none that returned, and leaves none half made."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from core.labels import MULTI_LABEL
from core.project.store import Store
from core.project.versions import versions
from tests.unit.project.store_child import IMAGES, Round, edits_of, make, new_model, told_again
from tests.unit.project.store_edits import do, hasty, shown
from tests.unit.project.store_model import Model

REPOSITORY = Path(__file__).parents[3]
ROUNDS = int(os.environ.get("MULTIHOT_ROUNDS", "4"))
SEED = int(os.environ.get("MULTIHOT_SEED", "0"))


def new_store(folder: Path, images: int = IMAGES) -> Store:
    store = Store.create(folder, task=MULTI_LABEL)
    do(store, ("add_images", (images,)))
    return store


def killed(folder: Path, rounds: list[Round], seed: int, after: float) -> int:
    """Kill a process that edits a project; gives how many of its edits returned."""
    call = f"from tests.unit.project.store_child import *; edit_until_killed({str(folder)!r}, {rounds!r}, {seed})"
    with subprocess.Popen(
        [sys.executable, "-c", call], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after)
        process.kill()
        lines = (first + process.stdout.read()).splitlines(keepends=True)
    assert set(lines) <= {"made\n"}, "".join(lines)
    return len(lines)


def held(store: Store) -> tuple[dict[str, object], int, list[int]]:
    return shown(store), len(versions(store)), store.image_ids.tolist()


def said(model: Model) -> tuple[dict[str, object], int, list[int]]:
    return model.shown(), len(model.versions), model.images


def check_undo(store: Store, model: Model) -> None:
    """Undo to the beginning and redo to the end."""
    for name, steps in (("undo", len(model.done)), ("redo", len(model.done) + len(model.undone))):
        for _ in range(steps):
            getattr(model, name)()
            getattr(store, name)()
            assert held(store) == said(model)
        assert getattr(store, f"{name}_text") is None


def test_a_killed_process_loses_no_edit_that_returned_and_leaves_none_half_made(tmp_path):
    folder, rng, rounds = tmp_path / "project", random.Random(SEED), []
    new_store(folder).close()
    for seed in range(SEED, SEED + ROUNDS):
        count = killed(folder, rounds, seed, after=rng.uniform(0, 0.3))
        with Store.open(folder) as store:
            found = held(store)
            one_more = [*rounds, (seed, count + 1)]
            rounds.append((seed, count))
            if found != said(told_again(rounds)):
                rounds = one_more
            assert found == said(told_again(rounds))
    with Store.open(folder) as store:
        hasty(store)
        assert store.database.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        check_undo(store, told_again(rounds))


def test_a_thousand_edits_are_undone_after_a_restart(tmp_path):
    model = new_model(images=6)
    with new_store(tmp_path / "project", images=6) as store:
        hasty(store)
        edits = edits_of(SEED, model)
        while len(model.done) < 1000:
            edit = next(edits)
            # what was undone would have to be redone first
            if edit[0] not in ("undo", "redo") and make(model, edit):
                do(store, edit)
    with Store.open(tmp_path / "project") as store:
        hasty(store)
        assert held(store) == said(model)
        for _ in range(1000):
            store.undo()
            model.undo()
            assert held(store) == said(model)
        assert (store.labels, store.rules, store.notes, store.disputes) == ((), (), {}, {})
        assert not store.review.any()
        assert not store.flagged.any()
        assert not store.states.size
