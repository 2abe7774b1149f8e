"""Augmentation of images and mix-up of batches."""

import numpy as np
import pytest
import torch

from core.learning.data.augmentation import Augmentation
from core.learning.data.batches import Batch
from core.learning.data.mixup import mixup
from core.recipes.recipe import AugmentationConfig


def noise(height=40, width=40, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


EVERYTHING = AugmentationConfig(flip=True, crop_scale=0.5, rand_augment=2, cutout=0.5)


def test_the_same_seed_varies_an_image_the_same_way():
    augmentation = Augmentation(EVERYTHING, size=40)
    varied = [augmentation(noise(), seed=seed) for seed in range(10)]
    again = [Augmentation(EVERYTHING, size=40)(noise(), seed=seed) for seed in range(10)]
    assert all(np.array_equal(one, other) for one, other in zip(varied, again, strict=True))
    assert len({one.tobytes() for one in varied}) == 10


@pytest.mark.parametrize("writable", [True, False])
def test_the_given_pixels_are_left_as_they_are(writable):
    pixels = noise()
    before = pixels.copy()
    pixels.flags.writeable = writable
    for seed in range(20):
        result = Augmentation(EVERYTHING, size=40)(pixels, seed=seed)
        assert (result.shape, result.dtype) == (pixels.shape, np.uint8)
    np.testing.assert_array_equal(pixels, before)


def rectangle(before, after):
    """Rows and columns that changed, and their colours."""
    changed = (before != after).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return rows, columns, np.unique(after[changed], axis=0)


def test_cutout_paints_a_rectangle_of_its_size_in_one_colour_clipped_at_the_edge():
    # no channel of a random colour is likely to be that of all four hundred pixels around it
    pixels = noise(height=50, width=100)
    augmentation = Augmentation(AugmentationConfig(flip=False, cutout=1.0, cutout_size=0.4), size=50)
    colours, whole, middles = [], 0, []
    for seed in range(300):
        rows, columns, colour = rectangle(pixels, augmentation(pixels, seed=seed))
        assert len(colour) == 1
        assert np.array_equal(rows, np.arange(rows[0], rows[-1] + 1))
        assert len(rows) <= 20
        assert len(columns) <= 40
        assert len(rows) == 20 or rows[0] == 0 or rows[-1] == 49
        assert len(columns) == 40 or columns[0] == 0 or columns[-1] == 99
        # a middle inside the image leaves at least half of each side
        assert len(rows) >= 10
        assert len(columns) >= 20
        whole += (len(rows), len(columns)) == (20, 40)
        colours.append(colour[0])
        middles.append((rows.mean() / 50, columns.mean() / 100))
    # the middle is within 0.2 of no edge: 0.6 x 0.6
    assert 0.28 < whole / 300 < 0.44
    assert len(np.unique(colours, axis=0)) > 290
    np.testing.assert_allclose(np.mean(middles, axis=0), 0.5, atol=0.05)


def test_cutout_changes_the_share_of_images_that_is_asked_for():
    pixels = noise()
    augmentation = Augmentation(AugmentationConfig(flip=False, cutout=0.25), size=40)
    changed = [not np.array_equal(augmentation(pixels, seed=seed), pixels) for seed in range(400)]
    assert 0.18 < np.mean(changed) < 0.32


def test_cutout_comes_before_the_flip():
    pixels = noise()
    both = Augmentation(AugmentationConfig(flip=True, cutout=1.0), size=40)
    alone = Augmentation(AugmentationConfig(flip=False, cutout=1.0), size=40)
    flipped = 0
    for seed in range(40):
        cut = alone(pixels, seed=seed)
        result = both(pixels, seed=seed)
        assert np.array_equal(result, cut) or np.array_equal(result, cut[:, ::-1])
        flipped += np.array_equal(result, cut[:, ::-1])
    assert 8 < flipped < 32


def batch_of(count=6, labels=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randint(0, 256, (count, 3, 4, 4), generator=generator).to(torch.uint8)
    targets = (torch.rand(count, labels, generator=generator) < 0.5).float()
    known = torch.rand(count, labels, generator=generator) < 0.8
    return Batch(inputs.contiguous(memory_format=torch.channels_last), targets * known, known)


def partners(batch, mixed):
    """For every example of a mixed batch the share of its own pixels and its partner, found by least squares."""
    own, found = batch.inputs.double().flatten(1), []
    for number, image in enumerate(mixed.inputs.double().flatten(1)):
        best = None
        # an example blended with itself is any other's with share 1 as well
        for partner in sorted(range(len(own)), key=lambda one: one != number):
            direction = own[number] - own[partner]
            length = direction.square().sum()
            share = 1.0 if length == 0 else ((image - own[partner]) @ direction / length).item()
            error = (share * own[number] + (1 - share) * own[partner] - image).abs().max().item()
            if best is None or error < best[2]:
                best = share, partner, error
        found.append(best)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_mixup_blends_pairs_in_one_proportion_and_their_targets_alike(seed):
    batch = batch_of()
    mixed = mixup(batch, alpha=1.0, seed=seed)
    assert (mixed.inputs.dtype, mixed.targets.dtype, mixed.known.dtype) == (torch.uint8, torch.float32, torch.bool)
    assert mixed.inputs.is_contiguous(memory_format=torch.channels_last)
    pairs = partners(batch, mixed)
    assert max(error for _, _, error in pairs) < 0.6
    blended = [share for number, (share, partner, _) in enumerate(pairs) if partner != number]
    assert len(blended) >= 2
    assert max(blended) - min(blended) < 0.01
    assert sorted(partner for _, partner, _ in pairs) == list(range(6))
    share = np.mean(blended)
    for number, (_, partner, _) in enumerate(pairs):
        known = batch.known[number] & batch.known[partner]
        assert torch.equal(mixed.known[number], known)
        expected = share * batch.targets[number] + (1 - share) * batch.targets[partner]
        torch.testing.assert_close(mixed.targets[number], torch.where(known, expected, 0.0), rtol=0, atol=0.01)


def test_mixup_repeats_itself_and_draws_another_proportion_for_another_seed():
    batch = batch_of()
    first, again, other = (mixup(batch, alpha=0.8, seed=seed) for seed in (3, 3, 4))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first.inputs, other.inputs)


def test_the_proportions_are_those_of_the_beta_distribution():
    inputs = torch.tensor([[0.0], [1.0]])
    batch = Batch(inputs[:, :, None, None], inputs.clone(), torch.ones(2, 1, dtype=torch.bool))
    shares = []
    for seed in range(2000):
        mixed = mixup(batch, alpha=0.5, seed=seed)
        # features of 0 and 1 and their targets move alike
        torch.testing.assert_close(mixed.inputs.flatten(1), mixed.targets)
        if mixed.targets[0, 0] > 0:
            shares.append(1 - mixed.targets[0, 0].item())
    assert 900 < len(shares) < 1100
    # Beta(a, a) has variance 1 / (4 (2 a + 1))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)
    assert np.var(shares) == pytest.approx(1 / 8, abs=0.01)


def test_mixup_of_two_unknowns_keeps_no_trace_of_their_targets():
    known = torch.tensor([[True], [False]])
    batch = Batch(torch.zeros(2, 1, 1, 1), torch.ones(2, 1), known)
    for seed in range(10):
        mixed = mixup(batch, alpha=1.0, seed=seed)
        assert ((mixed.targets > 0) == mixed.known).all()
