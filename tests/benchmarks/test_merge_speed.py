"""Comparing two copies of a project of 100,000 images x 80 labels, beside scikit-learn's kappa label by label."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.labels import MULTI_LABEL, Label
from core.project.merging.join import join_images
from core.project.merging.plan import plan_merge
from core.project.merging.sides import Side

IMAGES, LABELS = 100_000, 80

pytestmark = pytest.mark.benchmark


def side(name: str, order: np.ndarray, states: np.ndarray) -> Side:
    files = tuple(f"/{name}/{number}.jpg" for number in order.tolist())
    return Side(
        folder=Path("/") / name,
        name=name,
        task=MULTI_LABEL,
        labels=tuple(Label(number + 1, f"label {number}", "#000000") for number in range(LABELS)),
        image_ids=np.arange(1, IMAGES + 1),
        paths=files,
        files=files,
        sizes=np.full(IMAGES, 5),
        hashes={row + 1: f"{number:064x}" for row, number in enumerate(order.tolist())},
        states=np.asfortranarray(states),
        review=np.zeros(IMAGES, np.int8),
        flagged=np.zeros(IMAGES, np.bool_),
        notes={},
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.fixture(scope="module")
def sides() -> tuple[Side, Side]:
    random = np.random.default_rng(0)
    states = random.choice(np.array([0, 1, -1], np.int8), (IMAGES, LABELS))
    order = random.permutation(IMAGES)
    other = np.where(random.random(states.shape) < 0.1, np.int8(1), states)[order]
    return side("mine", np.arange(IMAGES), states), side("theirs", order, other)


def test_comparing_two_projects_takes_less_than_the_kappas_of_scikit_learn(sides):
    mine, theirs = sides
    join = join_images(mine, theirs)
    assert join is not None

    def kappas() -> list[float]:
        found = []
        for label in range(LABELS):
            one, two = mine.states[join.mine, label], theirs.states[join.theirs, label]
            both = (one >= 0) & (two >= 0)
            found.append(cohen_kappa_score(one[both], two[both]))
        return found

    assert [one.kappa for one in plan_merge(mine, theirs, join).labels] == pytest.approx(kappas())
    plain = min(seconds(kappas) for _ in range(3))
    ours = min(seconds(lambda: plan_merge(mine, theirs, join)) for _ in range(3))
    print(f"comparing {ours:.2f} s, scikit-learn's kappas alone {plain:.2f} s")
    assert ours < plain


def test_joining_images_takes_some_times_a_dictionary_of_their_hashes(sides):
    mine, theirs = sides

    def by_dictionary() -> list[int]:
        rows = {content: row for row, content in enumerate(theirs.hashes.values())}
        return [rows[content] for content in mine.hashes.values()]

    plain = min(seconds(by_dictionary) for _ in range(3))
    ours = min(seconds(lambda: join_images(mine, theirs)) for _ in range(3))
    print(f"joining {ours:.2f} s, a dictionary alone {plain:.2f} s")
    assert ours < 40 * plain
