"""Schedule, average, optimiser, seeds, order, augmentation and pixel cache, each against something independent."""

import errno
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.images.decode import decode
from core.images.preprocessing import Preprocessing
from core.learning.data.augmentation import Augmentation
from core.learning.data.batches import FeatureBatches, ImageBatches
from core.learning.data.pixel_cache import load_pixels
from core.learning.data.samplers import Shuffled
from core.learning.data.seeds import seed_of
from core.learning.training.checkpoint import Counters, save_best, save_last
from core.learning.training.ema import Ema
from core.learning.training.optimizers import build_optimizer
from core.learning.training.schedules import learning_rate, one_cycle
from core.recipes.recipe import AugmentationConfig, TrainingConfig


@pytest.mark.parametrize("total", [1, 2, 4, 7, 20, 101])
@pytest.mark.parametrize("warm_up", [0.2, 0.3])
def test_one_cycle_is_torchs(total, warm_up):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=total, pct_start=warm_up, div_factor=100, final_div_factor=1000
    )
    for step in range(total):
        expected = optimizer.param_groups[0]["lr"]
        assert one_cycle(step, total, peak=0.1, warm_up=warm_up) == pytest.approx(expected, rel=1e-9)
        optimizer.step()
        if step < total - 1:
            scheduler.step()


def test_one_cycle_has_no_hole_where_its_summit_is_the_first_step():
    assert one_cycle(0, 5, peak=0.1, warm_up=0.2) == 0.1


def test_a_constant_schedule_is_constant():
    config = TrainingConfig(schedule="constant", learning_rate=0.3)
    assert [learning_rate(config, step, 9) for step in range(9)] == [0.3] * 9


def averages(values, decay, **options):
    """Of a parameter and a buffer that take these values one after the other, the first of them from the start."""
    module = nn.BatchNorm1d(1)
    nn.init.constant_(module.weight, values[0])
    module.running_mean.fill_(-values[0])
    ema = Ema(module, decay, **options)
    found = []
    for value in values[1:]:
        nn.init.constant_(module.weight, value)
        module.running_mean.fill_(-value)
        module.num_batches_tracked += 1
        ema.update(module)
        assert ema.module.running_mean.item() == -ema.module.weight.item()
        found.append(ema.module.weight.item())
    # a count is not averaged
    assert ema.module.num_batches_tracked == len(found)
    return found


def test_an_average_with_a_plain_decay_is_that_worked_out_by_hand():
    # 8, then each time three quarters of it and a quarter of 0, 4 and 16
    assert averages([8.0, 0.0, 4.0, 16.0], 0.75, warm_up=False) == [6.0, 5.5, 8.125]


def test_an_average_that_warms_up_is_that_worked_out_by_hand():
    # shares kept: 2/11, 3/12, 4/13, and 5/14 would be above the decay of 0.35
    expected = [2.0, 2.0 / 4 + 4.0 * 3 / 4, (3.5 * 4 + 10.0 * 9) / 13, 8.0 * 0.35 + 28.0 * 0.65]
    assert averages([11.0, 0.0, 4.0, 10.0, 28.0], 0.35, warm_up=True) == pytest.approx(expected, rel=1e-6)


def test_the_papers_two_decays_differ_over_a_run_on_voc():
    # 60 epochs of 59 whole batches: of the first weights 0.9993^3540 = 0.0838 and 0.9997^3540 = 0.3457 are left
    for decay, left in ((0.9993, 0.0838), (0.9997, 0.3457)):
        assert averages([1.0] + [0.0] * 3540, decay, warm_up=False)[-1] == pytest.approx(left, abs=2e-4)
        assert averages([1.0] + [0.0] * 3540, decay, warm_up=True)[-1] < 1e-6


def test_the_average_of_a_short_run_has_forgotten_its_start():
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 100.0)
    ema = Ema(module, 0.9997)
    nn.init.constant_(module.weight, 1.0)
    for _ in range(100):
        ema.update(module)
    assert ema.module.weight.item() == pytest.approx(1.0, abs=1e-3)


def test_vectors_have_no_weight_decay_and_frozen_parameters_are_left_out():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))
    module[2].requires_grad_(False)
    decayed, plain = build_optimizer(module, TrainingConfig(weight_decay=0.1, optimizer="sgd")).param_groups
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.1, 0.0)
    assert [parameter.ndim for parameter in decayed["params"]] == [4]
    assert [parameter.ndim for parameter in plain["params"]] == [1, 1, 1]
    (every,) = build_optimizer(module, TrainingConfig(weight_decay=0.1, optimizer="sgd"), decays_all=True).param_groups
    assert (every["weight_decay"], len(every["params"])) == (0.1, 4)


def test_seeds_differ_by_every_part():
    seeds = {seed_of(seed, epoch, image) for seed in range(4) for epoch in range(5) for image in range(50)}
    assert len(seeds) == 1000
    assert seed_of(1, 2, 3) == seed_of(1, 2, 3)
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    paths = [str(tmp_path / f"{number}.png") for number in range(7)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (50, 70, 3), dtype=np.uint8)).save(path)
    return paths


PREPROCESSING = Preprocessing(width=32, height=64, mean=(0.5,) * 3, std=(0.5,) * 3)


def load(paths, folder, **options):
    calls = []
    pixels = load_pixels(
        paths,
        PREPROCESSING,
        folder,
        threads=2,
        progress=lambda done, total: calls.append((done, total)) or True,
        **options,
    )
    return pixels, calls


def test_cached_pixels_are_those_of_decode_and_preprocessing(images, tmp_path):
    for _ in range(2):
        pixels, _ = load(images, tmp_path / "cache")
        for number, path in enumerate(images):
            np.testing.assert_array_equal(pixels[number], PREPROCESSING.prepare(decode(Path(path))))
        np.testing.assert_array_equal(pixels.batch(np.array([3, 1])), [pixels[3], pixels[1]])
        assert pixels[0].shape == (64, 32, 3)


def test_only_new_and_changed_images_are_read_again(images, tmp_path):
    _, calls = load(images[:5], tmp_path / "cache")
    assert calls == [(done, 5) for done in range(1, 6)]
    _, calls = load(images, tmp_path / "cache")
    assert calls == [(6, 7), (7, 7)]
    Path(images[2]).write_bytes(Path(images[3]).read_bytes() + b"\0")
    pixels, calls = load(images[::-1], tmp_path / "cache")
    assert calls == [(7, 7)]
    np.testing.assert_array_equal(pixels[4], pixels[3])
    _, calls = load(images, tmp_path / "cache")
    assert not calls


def test_what_was_read_before_a_cancel_is_kept(images, tmp_path):
    assert (
        load_pixels(images, PREPROCESSING, tmp_path / "cache", threads=1, progress=lambda done, total: done < 3) is None
    )
    _, calls = load(images, tmp_path / "cache")
    assert calls[0] == (4, 7)


def test_a_damaged_index_costs_time_and_nothing_else(images, tmp_path):
    load(images, tmp_path / "cache")
    (index,) = (tmp_path / "cache").glob("*/index.json")
    index.write_text("{broken")
    pixels, calls = load(images, tmp_path / "cache")
    assert len(calls) == 7
    np.testing.assert_array_equal(pixels[6], PREPROCESSING.prepare(decode(Path(images[6]))))


def test_broken_images_have_no_pixels_but_a_sentence(images, tmp_path):
    Path(images[1]).write_bytes(b"broken")
    pixels, _ = load([*images, str(tmp_path / "gone.png")], tmp_path / "cache")
    assert sorted(pixels.problems) == [1, 7]
    assert (pixels.places[[1, 7]] == -1).all()
    np.testing.assert_array_equal(pixels[2], PREPROCESSING.prepare(decode(Path(images[2]))))


def image_batches(images, tmp_path, *, seed=0, workers=0, batch_size=3):
    pixels, _ = load(images, tmp_path / "cache")
    states = np.array([[number % 2, -1] for number in range(len(images))], np.int8)
    config = AugmentationConfig(rand_augment=2, crop_scale=0.5)
    return ImageBatches(
        pixels,
        np.arange(len(images))[::-1].copy(),
        states,
        sampler=Shuffled(len(images)),
        augmentation=Augmentation(config, size=64),
        batch_size=batch_size,
        seed=seed,
        workers=workers,
    )


def test_an_epochs_batches_depend_on_seed_and_epoch_and_can_be_entered_anywhere(images, tmp_path):
    data = image_batches(images, tmp_path)
    assert data.steps_per_epoch == 3
    first, again = list(data.batches(2)), list(image_batches(images, tmp_path).batches(2))
    later = list(data.batches(2, skip=1))
    assert [len(batch.inputs) for batch in first] == [3, 2, 2]
    for one, other in zip([*first, *first[1:]], [*again, *later], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    for different in (data.batches(3), image_batches(images, tmp_path, seed=1).batches(2)):
        assert not torch.equal(next(different).inputs, first[0].inputs)


def test_batches_are_the_same_from_worker_processes(images, tmp_path):
    for one, other in zip(
        image_batches(images, tmp_path).batches(1), image_batches(images, tmp_path, workers=2).batches(1), strict=True
    ):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_every_image_comes_once_an_epoch_with_its_own_states(images, tmp_path):
    features = torch.arange(7.0)[:, None, None, None]
    states = np.array([[number % 2, -1 if number == 4 else 1] for number in range(7)], np.int8)
    data = FeatureBatches(features, states, sampler=Shuffled(7), batch_size=3, seed=0)
    for epoch in (1, 2):
        batches = list(data.batches(epoch))
        numbers = torch.cat([batch.inputs.flatten() for batch in batches])
        assert sorted(numbers.tolist()) == list(range(7))
        for batch in batches:
            assert batch.targets.dtype == torch.float32
            for number, targets, known in zip(batch.inputs.flatten().int().tolist(), *batch[1:], strict=True):
                assert known.tolist() == (states[number] != -1).tolist()
                assert targets.tolist() == (states[number] == 1).tolist()


def test_batches_are_of_nearly_one_size_and_never_of_one_image():
    for count in range(2, 40):
        for batch_size in (2, 3, 8):
            data = FeatureBatches(
                torch.zeros(count, 1, 1, 1),
                np.zeros((count, 1), np.int8),
                sampler=Shuffled(count),
                batch_size=batch_size,
                seed=0,
            )
            sizes = [len(batch.inputs) for batch in data.batches(1)]
            assert len(sizes) == data.steps_per_epoch
            assert sum(sizes) == count
            assert min(sizes) >= 2
            assert max(sizes) - min(sizes) <= 1


def test_augmentation_does_only_what_is_asked_for():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    nothing = Augmentation(AugmentationConfig(flip=False), size=32)
    assert all(np.array_equal(nothing(pixels, seed=seed), pixels) for seed in range(20))
    flip = Augmentation(AugmentationConfig(), size=32)
    flipped = [np.array_equal(flip(pixels, seed=seed), pixels[:, ::-1]) for seed in range(200)]
    plain = [np.array_equal(flip(pixels, seed=seed), pixels) for seed in range(200)]
    assert all(one != other for one, other in zip(flipped, plain, strict=True))
    assert 60 < sum(flipped) < 140


@pytest.mark.parametrize(
    "save",
    [
        lambda path: save_best(path, {"a": torch.zeros(1000)}),
        lambda path: save_last(path, Counters(), {"a": torch.zeros(1000)}),
    ],
)
def test_a_full_disk_is_an_error_of_the_disk_and_spares_the_old_checkpoint(save, tmp_path, monkeypatch):
    path = tmp_path / "checkpoint"
    path.write_bytes(b"old")

    def no_space(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(OSError, match="No space left"):
        save(path)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["checkpoint"]
