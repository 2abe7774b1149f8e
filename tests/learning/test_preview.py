"""Drawn examples of augmentation."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.images.decode import decode
from core.jobs.events import ImageSkipped, PreviewFinished
from core.jobs.follow import Follower
from core.jobs.job import PreviewJob
from core.learning.preview import preview
from core.paths import child_environment
from core.recipes.recipe import AugmentationConfig


@pytest.fixture
def paths(tmp_path):
    rng = np.random.default_rng(0)
    paths = [str(tmp_path / f"{number}.png") for number in range(3)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(path)
    return paths


@pytest.fixture
def draw(tmp_path, tiny):
    def draw(paths, *, copies=3, seed=0, commands=(), frozen=False, **augmentation):
        recipe = replace(tiny, augmentation=AugmentationConfig(**{"flip": False, **augmentation}))
        recipe = replace(recipe, model=replace(recipe.model, frozen=frozen))
        (tmp_path / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
        events, left = [], list(commands)
        preview(
            PreviewJob(paths=tuple(paths), copies=copies, seed=seed),
            tmp_path,
            events.append,
            lambda: left.pop(0) if left else "continue",
        )
        file = tmp_path / "examples.npz"
        return (np.load(file)["images"] if file.exists() else None), events

    return draw


def squashed(path):
    return np.asarray(Image.fromarray(decode(Path(path))).resize((32, 32), Image.Resampling.BILINEAR))


def test_the_first_copy_is_the_image_and_the_others_are_varied(draw, paths):
    images, events = draw(paths, crop_scale=0.3, rand_augment=2)
    assert (images.shape, images.dtype) == ((3, 3, 32, 32, 3), np.uint8)
    for number, path in enumerate(paths):
        np.testing.assert_array_equal(images[number, 0], squashed(path))
        assert len({copy.tobytes() for copy in images[number]}) == 3
    (event,) = events
    assert isinstance(event, PreviewFinished)
    assert event.file == "examples.npz"


def test_examples_depend_on_the_seed_alone(draw, paths):
    first, again, other = (draw(paths, crop_scale=0.3, mixup=0.5, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_without_augmentation_all_copies_are_the_image(draw, paths):
    images, _ = draw(paths)
    assert (images == images[:, :1]).all()


def test_a_frozen_backbone_sees_images_that_are_not_varied(draw, paths):
    images, _ = draw(paths, frozen=True, crop_scale=0.3, rand_augment=2, mixup=1.0)
    assert (images == images[:, :1]).all()


def test_mixed_images_lie_between_those_of_the_job(draw, paths):
    images, _ = draw(paths, copies=8, mixup=1.0)
    plain = images[:, 0].astype(int)
    assert (images[:, 1:] >= plain.min(axis=0)).all()
    assert (images[:, 1:] <= plain.max(axis=0)).all()
    assert (images[:, 1:] != images[:, :1]).any()


def test_broken_images_are_named_and_left_out(draw, paths):
    Path(paths[1]).write_bytes(b"broken")
    images, (skipped, finished) = draw(paths)
    assert isinstance(skipped, ImageSkipped)
    assert skipped.path == paths[1]
    assert isinstance(finished, PreviewFinished)
    np.testing.assert_array_equal(images[1, 0], squashed(paths[2]))


def test_without_a_readable_image_there_are_no_examples(draw, tmp_path):
    images, events = draw([str(tmp_path / "gone.png")])
    assert images.shape == (0, 3, 32, 32, 3)
    assert isinstance(events[-1], PreviewFinished)


def test_a_request_to_stop_is_obeyed_between_images(draw, paths):
    images, events = draw(paths, commands=["continue", "stop"])
    assert images is None
    assert not events


def test_a_worker_draws_examples(tiny, paths, tmp_path):
    (tmp_path / "recipe.toml").write_text(tiny.to_toml(), encoding="utf-8")
    PreviewJob(paths=tuple(paths), copies=2).save(tmp_path)
    command = [sys.executable, "-m", "core.jobs.worker", str(tmp_path)]
    subprocess.run(command, env=child_environment(), capture_output=True, check=True)
    assert isinstance(Follower(tmp_path).read()[-1], PreviewFinished)
    assert np.load(tmp_path / "examples.npz")["images"].shape == (3, 2, 32, 32, 3)
