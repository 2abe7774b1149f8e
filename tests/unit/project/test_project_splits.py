import numpy as np
import pytest

from core.labels import LabelState, Split
from core.project.runs.splits import FRACTIONS, stratified_split
from core.project.store import Store


def drawn_states(rng: np.random.Generator, *, images: int, labels: int) -> np.ndarray:
    """States with labels from rare to frequent and a tenth unknown."""
    states = (rng.random((images, labels)) < np.geomspace(0.02, 0.5, labels)).astype(np.int8)
    states[rng.random(states.shape) < 0.1] = LabelState.UNKNOWN
    return states


@pytest.mark.parametrize("seed", range(5))
def test_every_label_is_spread_by_the_fractions(seed):
    states = drawn_states(np.random.default_rng(seed), images=2000, labels=12)
    splits = stratified_split(states, fractions=FRACTIONS, seed=seed)

    assert set(splits.tolist()) == {0, 1, 2}
    for split, fraction in zip(Split, (None, *FRACTIONS), strict=True):
        if fraction is not None:
            assert np.isclose((splits == split).mean(), fraction, atol=0.005)
            share = (states[splits == split] == 1).sum(axis=0) / (states == 1).sum(axis=0)
            assert np.abs(share - fraction).max() < 0.03


def test_rare_labels_are_spread_better_than_by_chance():
    states = drawn_states(np.random.default_rng(1), images=200, labels=40)

    def missing(splits: np.ndarray) -> int:
        return sum(int(((states[splits == split] == 1).sum(axis=0) == 0).sum()) for split in range(3))

    ours = stratified_split(states, fractions=FRACTIONS, seed=0)
    by_chance = [missing(np.random.default_rng(seed).permutation(ours)) for seed in range(20)]
    assert missing(ours) < min(by_chance)


def test_the_seed_decides():
    states = drawn_states(np.random.default_rng(2), images=300, labels=5)
    first, again, other = (stratified_split(states, fractions=FRACTIONS, seed=seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_images_keep_the_split_they_have_and_new_ones_make_up_for_it():
    states = drawn_states(np.random.default_rng(3), images=1000, labels=6)
    existing = np.full(1000, Split.UNASSIGNED, np.int8)
    existing[:300] = Split.TRAIN
    splits = stratified_split(states, fractions=FRACTIONS, seed=0, existing=existing)

    assert (splits[:300] == Split.TRAIN).all()
    assert (existing[300:] == Split.UNASSIGNED).all()
    assert np.allclose(np.bincount(splits) / 1000, FRACTIONS, atol=0.01)


def test_a_split_without_a_share_gets_no_image():
    states = drawn_states(np.random.default_rng(4), images=200, labels=3)
    assert set(stratified_split(states, fractions=(0.8, 0.2, 0.0), seed=0).tolist()) == {0, 1}


@pytest.mark.parametrize("shape", [(0, 3), (0, 0), (10, 0), (1, 1)])
def test_few_images_or_labels_are_divided_too(shape):
    splits = stratified_split(np.zeros(shape, np.int8), fractions=FRACTIONS, seed=0)
    assert len(splits) == shape[0]
    assert (splits != Split.UNASSIGNED).all()


def test_unknown_states_do_not_count_as_positives():
    states = np.full((100, 1), LabelState.UNKNOWN, np.int8)
    states[:20] = 1
    splits = stratified_split(states, fractions=(0.5, 0.5, 0), seed=0)
    assert (splits[:20] == 0).sum() == 10
    assert (splits == 0).sum() == 50


def test_only_annotated_images_are_assigned_and_for_ever(store):
    store.set_states([1, 2, 3], {1: LabelState.PRESENT}, fill_unknown=LabelState.ABSENT)
    assert store.assign_splits().splits
    before = store.splits.tolist()
    assert Split.UNASSIGNED not in before[:3]
    assert before[3] == Split.UNASSIGNED

    store.set_states([4], {1: LabelState.PRESENT})
    assert store.assign_splits(seed=5).text == "1 image put in a split"
    assert store.splits.tolist()[:3] == before[:3]
    assert store.splits[3] != Split.UNASSIGNED
    assert not store.assign_splits(seed=6)


def test_assigned_splits_stay_when_the_edits_around_them_are_undone(store, tmp_path):
    store.set_states([1, 2], {1: LabelState.PRESENT})
    store.set_states([3], {1: LabelState.PRESENT})
    store.undo()
    store.assign_splits()
    splits = store.splits.tolist()

    assert store.redo_text == store.undo_text.replace("2 images", "1 image")
    store.undo()
    assert (store.states == LabelState.UNKNOWN).all()
    store.close()
    with Store.open(tmp_path / "project") as again:
        assert again.splits.tolist() == splits
