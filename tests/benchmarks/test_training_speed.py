"""Our training loop beside the one that a person would write with timm, torchvision and a DataLoader, and beside the
bare computation: the same network, images, batch and number of threads, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.labels import Split
from core.project.runs.snapshot import Snapshot
from core.recipes.catalogue import recipe

IMAGES = 192
EPOCHS = 3
BATCH = 32

OURS = """
import sys, time
from pathlib import Path
from core.jobs.events import EpochEnded
from core.jobs.job import TrainJob
from core.learning.training.trainer import train
folder = Path(sys.argv[1])
speeds = []
def emit(event):
    if isinstance(event, EpochEnded):
        speeds.append(event.images_per_second)
train(TrainJob(run_id=1, cache_folder=str(folder / "cache")), folder, emit, lambda: "continue")
print(max(speeds))
"""

PLAIN = """
import sys, time, timm, torch
from pathlib import Path
from PIL import Image
from torchvision import transforms
folder, workers = Path(sys.argv[1]), 2
class Images(torch.utils.data.Dataset):
    def __init__(self):
        self.paths = sorted((folder / "images").iterdir())
        self.transform = transforms.Compose([
            transforms.Resize((224, 224)), transforms.RandAugment(2, 9), transforms.RandomHorizontalFlip(),
            transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    def __len__(self):
        return len(self.paths)
    def __getitem__(self, index):
        return self.transform(Image.open(self.paths[index]).convert("RGB")), torch.zeros(4)
def main():
    model = timm.create_model("mobilenetv3_large_100", num_classes=4).train()
    optimizer = torch.optim.AdamW(model.parameters())
    loader = torch.utils.data.DataLoader(Images(), batch_size=BATCH, shuffle=True, num_workers=workers)
    speeds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for images, targets in loader:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(images), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
        speeds.append(len(loader.dataset) / (time.perf_counter() - start))
    print(max(speeds))
if __name__ == "__main__":
    main()
"""

SYNTHETIC = """
import time, torch
from core.learning.losses import binary_cross_entropy
from core.learning.models.net import build_net
from core.learning.training.ema import Ema
from core.learning.training.optimizers import build_optimizer
from core.recipes.catalogue import recipe
one = recipe("mobilenetv3-large-224")
net = build_net(one, 4).to(memory_format=torch.channels_last).train()
optimizer, ema = build_optimizer(net, one.training), Ema(net, 0.99)
images = torch.randint(0, 256, (BATCH, 224, 224, 3), dtype=torch.uint8).permute(0, 3, 1, 2)
speeds = []
for _ in range(EPOCHS):
    start = time.perf_counter()
    for _ in range(STEPS):
        loss = binary_cross_entropy(net(images), torch.zeros(BATCH, 4))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema.update(net)
    speeds.append(BATCH * STEPS / (time.perf_counter() - start))
print(max(speeds))
"""


@pytest.fixture
def folder(tmp_path):
    """A run folder on 192 photos of 500 x 375 px, all in train."""
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    paths = [tmp_path / "images" / f"{number:03}.jpg" for number in range(IMAGES)]
    for path in paths:
        small = Image.fromarray(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8))
        small.resize((500, 375), Image.Resampling.BICUBIC).save(path, quality=90)
    Snapshot(
        image_ids=np.arange(IMAGES),
        paths=tuple(map(str, paths)),
        states=np.zeros((IMAGES, 4), np.int8),
        splits=np.full(IMAGES, Split.TRAIN, np.int8),
        label_ids=np.arange(4),
        label_names=("a", "b", "c", "d"),
    ).save(tmp_path / "snapshot.npz")
    one = recipe("mobilenetv3-large-224").with_overrides(
        ["pretrained=false", f"epochs={EPOCHS}", f"batch_size={BATCH}"]
    )
    (tmp_path / "recipe.toml").write_text(one.to_toml(), encoding="utf-8")
    return tmp_path


def images_per_second(code: str, folder: Path, **environment: str) -> float:
    """The best epoch of a script, which prints it last."""
    root = Path(__file__).resolve().parents[2]
    constants = f"BATCH, EPOCHS, STEPS = {BATCH}, {EPOCHS}, {IMAGES // BATCH}\n"
    script = folder / "script.py"
    script.write_text(constants + code, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
def test_training_is_faster_than_a_plain_loop_and_near_the_bare_computation(folder, capsys):
    # what the job starter gives a worker
    settings = {"OMP_WAIT_POLICY": "PASSIVE"}
    if sys.platform == "linux":
        settings |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40), "MALLOC_TOP_PAD_": str(2**26)}
    ours = images_per_second(OURS, folder, **settings)
    synthetic = images_per_second(SYNTHETIC, folder, **settings)
    plain = images_per_second(PLAIN, folder)
    with capsys.disabled():
        print(
            f"\nmobilenetv3-large, 224 px: ours {ours:.1f} images/s, plain loop {plain:.1f}, bare computation "
            f"{synthetic:.1f}: {ours / plain:.2f} times the plain loop, {ours / synthetic:.2f} of the computation"
        )
    assert ours / plain > 1.5
    assert ours / synthetic > 0.85
