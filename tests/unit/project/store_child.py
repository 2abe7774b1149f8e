"""A process that edits a project until it is killed, and how its edits are told again without it."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import ProjectError
from core.labels import MULTI_LABEL
from core.project.store import Store
from tests.unit.project.store_edits import EDITS, MOVES, Edit, do, draw
from tests.unit.project.store_model import Model
from tests.unit.project.store_said import RefusedError

IMAGES = 200

Round = tuple[int, int]
"""The seed of a process, and how many edits it made."""


def new_model(images: int = IMAGES) -> Model:
    """A project with images and no labels."""
    model = Model(MULTI_LABEL)
    model.add_images(images)
    return model


def edits_of(seed: int, model: Model) -> Iterator[Edit]:
    """Edits without end; the caller makes each of them in the model before he asks for the next."""
    rng = random.Random(seed)
    while True:
        drawn = draw(rng, model, rng.choice(EDITS + MOVES))
        if drawn is not None:
            yield drawn


def make(model: Model, edit: Edit) -> bool:
    """Make an edit in a model; False when it is refused."""
    try:
        getattr(model, edit[0])(*edit[1])
    except RefusedError:
        return False
    return True


def told_again(rounds: Sequence[Round]) -> Model:
    """The model after the edits of several processes, one after the other."""
    model = new_model()
    for seed, count in rounds:
        edits = edits_of(seed, model)
        for _ in range(count):
            make(model, next(edits))
    return model


def edit_until_killed(folder: str, rounds: Sequence[Round], seed: int) -> None:
    """Edit a project and print a line after each edit that returned."""
    model = told_again(rounds)
    store = Store.open(Path(folder))
    for edit in edits_of(seed, model):
        is_made = make(model, edit)
        try:
            do(store, edit)
        except ProjectError:
            assert not is_made
        else:
            assert is_made
        print("made", flush=True)
