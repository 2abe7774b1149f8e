"""How long the window stands still in Inspect for what it does in one go, with 100,000 images and 80 labels."""

import os
import time
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, Split

pytestmark = pytest.mark.benchmark

IMAGES, LABELS = 100_000, 80
GOAL_MS = 50


def fastest(name, work, *, tries=5):
    """The fastest of some tries in milliseconds: the others tell what else the machine did."""
    taken = []
    for _ in range(tries):
        start = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - start))
    print(f"{name}: {min(taken):.1f} ms")
    return min(taken)


@pytest.fixture(scope="module")
def one_class(tmp_path_factory):
    from core.project.runs.run_list import Run
    from gui.inspect.scored_split import load_scored_split

    rng = np.random.default_rng(0)
    present = np.arange(LABELS) == rng.integers(LABELS, size=IMAGES)[:, np.newaxis]
    raw = np.exp(rng.normal(0, 1, present.shape) + 2 * present)
    folder = tmp_path_factory.mktemp("run")
    Predictions(
        image_ids=np.arange(1, IMAGES + 1),
        splits=np.full(IMAGES, Split.VALIDATION, np.int8),
        probabilities=(raw / raw.sum(axis=1, keepdims=True)).astype(np.float32),
        states=present.astype(np.int8),
        label_names=tuple(f"label {number}" for number in range(LABELS)),
        task=MULTI_CLASS,
    ).save(folder / "predictions.npz")
    return load_scored_split(Run(1, "tiny", 0.0, folder), Split.VALIDATION)


def test_a_run_of_one_label_per_image_is_shown_at_once(qapp, one_class):
    from gui.inspect.image_groups import label_groups
    from gui.inspect.inspection import Inspection
    from gui.session import Session

    inspection = Inspection(Session())
    print()
    taken = [fastest("another run", lambda: inspection.show(one_class))]
    for key in ("wrong", "confident", "loss"):
        (group,) = [group for group in label_groups(inspection) if group.key == key]
        taken.append(fastest(f"images of “{key}”", group.images))
    inspection.clear()
    assert max(taken) < GOAL_MS


def test_changes_since_a_run_are_counted_at_once(qapp, one_class):
    from gui.inspect.fixes import Fixes
    from gui.session import Session

    states = np.concatenate([one_class.predictions.states, np.full((IMAGES, 1), -1, np.int8)], axis=1)
    labels = [SimpleNamespace(id=number) for number in range(LABELS + 1)]
    session = Session()
    session._store = SimpleNamespace(image_ids=one_class.predictions.image_ids, states=states, labels=labels)
    scored = SimpleNamespace(everything=one_class.everything, label_ids=np.arange(LABELS))
    fixes = Fixes(session)
    print()
    assert fastest("one more label in the project", lambda: fixes.count(scored)) < GOAL_MS
    assert fixes.count(scored) == 0
    session._store = None


def test_files_of_a_project_are_told_at_once(tmp_path):
    from core.project.files.appearance import image_files as to_look_at
    from core.project.files.scan import ScannedImage
    from core.project.store import Store
    from core.report.examples import image_files

    (tmp_path / "photos").mkdir()
    files = [ScannedImage(f"folder {number % 50}/{number:06d}.jpg", 1, 1) for number in range(IMAGES)]
    with Store.create(tmp_path / "project") as store:
        store.add_images(tmp_path / "photos", files)
        few = store.image_ids[::3000].tolist()
        print()
        assert fastest("files of a report", lambda: image_files(store, few)) < GOAL_MS
        assert fastest("files for slices", lambda: to_look_at(store, store.image_ids)) < GOAL_MS
