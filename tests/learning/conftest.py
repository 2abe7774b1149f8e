"""What the tests of learning share: a drawn data set and a recipe that trains on it in moments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.jobs.events import Event
from core.jobs.job import Command, TrainJob
from core.labels import Split
from core.learning.training.trainer import train
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import AugmentationConfig, InputConfig, ModelConfig, Recipe, TrainingConfig

LABELS = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def tiny() -> Recipe:
    """Trains a few epochs on 32 px in about a second."""
    return Recipe(
        name="tiny",
        title="Tiny",
        purpose="Tests.",
        model=ModelConfig(backbone="test_efficientnet", pretrained=False),
        input=InputConfig(size=32),
        training=TrainingConfig(epochs=4, batch_size=8, learning_rate=0.01),
        augmentation=AugmentationConfig(rand_augment=1, crop_scale=0.8),
    )


def draw(folder: Path, count: int, *, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Pictures with squares of the colours their labels name; a few states are unknown."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths, states = [], np.zeros((count, 3), np.int8)
    for number in range(count):
        pixels = rng.integers(90, 160, (40, 48, 3), dtype=np.uint8)
        for label in range(3):
            if rng.random() < 0.5:
                states[number, label] = 1
                x, y = rng.integers(0, 30), rng.integers(0, 24)
                pixels[y : y + 16, x : x + 16] = [255 if one == label else 0 for one in range(3)]
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        paths.append(str(path))
    return paths, states


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """44 images: 24 in train, 12 in validation, 8 in test; one state unknown in each."""
    paths, states = draw(tmp_path / "images", 44)
    states[[3, 30, 40], [0, 1, 2]] = -1
    splits = np.array([Split.TRAIN] * 24 + [Split.VALIDATION] * 12 + [Split.TEST] * 8, np.int8)
    return Snapshot(
        image_ids=np.arange(100, 144),
        paths=tuple(paths),
        states=states,
        splits=splits,
        label_ids=np.array([1, 2, 3]),
        label_names=LABELS,
    )


class Training:
    """Runs trainings in folders of their own and remembers their events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Event] = []

    def run(
        self,
        name: str,
        recipe: Recipe,
        snapshot: Snapshot,
        *,
        commands: Sequence[tuple[int, Command]] = (),
        **job: Any,
    ) -> Path:
        """Train in the run folder of that name; a command is given from so many questions on."""
        run = self.folder / name
        run.mkdir(exist_ok=True)
        (run / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
        snapshot.save(run / "snapshot.npz")
        asked = 0

        def control() -> Command:
            nonlocal asked
            asked += 1
            return next((command for after, command in commands if asked > after), "continue")

        self.events = []
        values = {"run_id": 7, "device": "cpu", "threads": 1, "cache_folder": str(self.folder / "cache"), **job}
        train(TrainJob(**values), run, self.events.append, control)
        return run

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path)
