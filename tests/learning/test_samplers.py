"""Which images an epoch draws."""

import math

import numpy as np
import pytest
import torch

from core.learning.data.augmentation import Augmentation
from core.learning.data.batches import EpochOrder, FeatureBatches, ImageBatches
from core.learning.data.pixel_cache import Pixels
from core.learning.data.samplers import Balanced, NewLabels, Shuffled, sampler_of
from core.recipes.recipe import AugmentationConfig


def states_of(counts, *, total=None):
    """One label per image, so many images of each, then images without any."""
    total = total or sum(counts)
    states = np.zeros((total, len(counts)), np.int8)
    start = 0
    for label, count in enumerate(counts):
        states[start : start + count, label] = 1
        start += count
    return states


def draw(sampler, seed=0):
    images = sampler.draw(np.random.default_rng(seed))
    assert images.dtype == np.int64
    assert len(images) == sampler.length
    return images


def test_shuffled_gives_each_image_once():
    images = draw(Shuffled(20))
    assert sorted(images) == list(range(20))
    assert list(images) != list(range(20))


def test_balanced_gives_every_label_an_image_in_every_round():
    states = states_of([50, 10, 1], total=70)
    sampler = Balanced(states)
    assert sampler.length == 70 // 3 * 3
    rounds = np.concatenate([states[draw(sampler, seed)].reshape(-1, 3, 3) for seed in range(5)])
    assert (rounds.sum(axis=1) == 1).all()
    # the order within the rounds is random too
    assert len(np.unique(rounds.argmax(axis=2), axis=0)) == 6


def test_balanced_goes_through_all_images_of_a_label_before_it_repeats_one():
    images = draw(Balanced(states_of([50, 10, 1], total=70)))
    times = np.bincount(images, minlength=70)
    assert set(times[:50]) == {0, 1}
    assert times[:50].sum() == 23
    assert set(times[50:60]) == {2, 3}
    assert times[60] == 23
    assert (times[61:] == 0).all()


def test_balanced_counts_an_image_for_each_label_it_has_and_unknown_ones_not():
    states = np.array([[1, 1], [1, -1], [-1, 0], [0, -1]], np.int8)
    images = draw(Balanced(states))
    assert len(images) == 4
    assert set(images) == {0, 1}
    assert (images == 0).sum() == 3


def test_a_label_that_never_occurs_takes_no_part():
    states = states_of([4, 0, 2])
    assert Balanced(states).length == 6
    assert sorted(np.bincount(draw(Balanced(states)), minlength=6)[4:]) == [1, 2]


def test_more_labels_than_images_make_one_round():
    states = np.ones((2, 5), np.int8)
    assert Balanced(states).length == 5


@pytest.mark.parametrize(("old", "new", "ratio"), [(90, 10, 3), (99, 1, 9), (10, 10, 1), (35, 10, 1)])
def test_new_labels_come_once_to_the_root_of_the_others(old, new, ratio):
    is_new = np.arange(old + new) < new
    sampler = NewLabels(is_new)
    assert ratio == int(math.sqrt(old / new))
    assert sampler.length == (old + new) // (1 + ratio) * (1 + ratio)
    rounds = is_new[draw(sampler)].reshape(-1, 1 + ratio)
    assert (rounds.sum(axis=1) == 1).all()
    times = np.bincount(draw(sampler), minlength=old + new)
    assert times[:new].max() - times[:new].min() <= 1
    assert times[new:].max() - times[new:].min() <= 1


def test_the_sampler_of_a_recipe_is_plain_where_there_is_nothing_to_choose():
    states = states_of([6, 3], total=10)
    assert isinstance(sampler_of("shuffled", states), Shuffled)
    assert isinstance(sampler_of("balanced", states), Balanced)
    assert isinstance(sampler_of("balanced", np.zeros_like(states)), Shuffled)
    assert isinstance(sampler_of("new_labels", states, new_labels=[1]), NewLabels)
    assert isinstance(sampler_of("new_labels", states), Shuffled)
    # six of ten: the rule would draw no others
    assert isinstance(sampler_of("new_labels", states, new_labels=[0]), Shuffled)
    assert isinstance(sampler_of("new_labels", states_of([6, 0]), new_labels=[1]), Shuffled)


@pytest.mark.parametrize("name", ["shuffled", "balanced", "new_labels"])
def test_epochs_are_repeatable_enterable_and_of_as_many_batches_as_said(name):
    states = states_of([14, 3], total=23)
    order = EpochOrder(sampler_of(name, states, new_labels=[1]), batch_size=4, seed=5)
    first = list(order.batches(2))
    assert len(first) == order.steps_per_epoch
    places = np.concatenate([start + np.arange(len(images)) for start, images in first])
    assert places.tolist() == list(range(len(places)))
    assert all(2 <= len(images) <= 4 for _, images in first)
    for again in (list(order.batches(2)), first[:2] + list(order.batches(2, skip=2))):
        for one, other in zip(first, again, strict=True):
            assert one[0] == other[0]
            np.testing.assert_array_equal(one[1], other[1])
    other = np.concatenate([images for _, images in order.batches(3)])
    assert not np.array_equal(other, np.concatenate([images for _, images in first]))


def test_batches_follow_their_sampler():
    states = states_of([30, 2])
    features = torch.arange(32.0)[:, None, None, None]
    data = FeatureBatches(features, states, sampler=Balanced(states), batch_size=8, seed=0)
    batches = list(data.batches(1))
    assert len(batches) == data.steps_per_epoch == 4
    assert sum(batch.targets[:, 1].sum().item() for batch in batches) == 16
    for batch in batches:
        assert batch.targets[:, 1].tolist() == (batch.inputs.flatten() >= 30).float().tolist()


def test_an_image_that_comes_again_in_an_epoch_is_varied_anew(tmp_path):
    file = tmp_path / "pixels.npy"
    np.save(file, np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8))
    states = states_of([1, 1])
    sampler = Balanced(np.repeat(states, 4, axis=1))
    assert sampler.length == 8
    data = ImageBatches(
        Pixels([file], np.array([[0, 0], [0, 1]])),
        np.arange(2),
        states,
        sampler=sampler,
        augmentation=Augmentation(AugmentationConfig(crop_scale=0.3), size=32),
        batch_size=4,
        seed=0,
        workers=0,
    )
    batches = list(data.batches(1))
    images = torch.cat([batch.inputs for batch in batches]).numpy()
    assert torch.cat([batch.targets for batch in batches]).sum(dim=0).tolist() == [4, 4]
    assert len({image.tobytes() for image in images}) == 8
    # and the same way again when a run is resumed within the epoch
    (later,) = data.batches(1, skip=1)
    assert torch.equal(later.inputs, batches[1].inputs)
