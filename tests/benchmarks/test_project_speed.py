"""A project of 100,000 images x 80 labels, measured beside the plain SQLite work that nobody can do without."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.labels import LabelState
from core.project.files.scan import ScannedImage
from core.project.store import Store

IMAGES, LABELS = 100_000, 80

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("speed")
    rng = np.random.default_rng(0)
    with Store.create(root / "project") as store:
        store.add_images(root, [ScannedImage(f"sub{i // 1000}/IMG_{i:06}.jpg", 100_000, 1) for i in range(IMAGES)])
        for index in range(LABELS):
            store.add_label(f"label {index}")
        states = (rng.random((IMAGES, LABELS)) < 0.05).astype(np.int8)
        store.set_matrix(store.image_ids, [label.id for label in store.labels], states, reviewed=True, text="drawn")
    return root / "project"


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_opening_costs_a_few_times_the_reading_of_its_rows(folder):
    def read_rows() -> None:
        connection = sqlite3.connect(folder / "project.sqlite")
        connection.execute("SELECT id, root_id, path, split, size, width, height FROM image ORDER BY id").fetchall()
        connection.execute("SELECT image_id, states, review, flagged, reviewed_at FROM annotation").fetchall()
        connection.close()

    plain = min(seconds(read_rows) for _ in range(5))
    ours = min(seconds(lambda: Store.open(folder).close()) for _ in range(5))
    print(f"open {ours * 1e3:.0f} ms, rows alone {plain * 1e3:.0f} ms")
    assert ours < 4 * plain


def test_a_tag_is_durable_in_a_few_times_one_durable_commit(folder, tmp_path):
    connection = sqlite3.connect(tmp_path / "plain.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE annotation (image_id, label_id, state)")
    with Store.open(folder) as store:
        ids, labels = store.image_ids.tolist(), [label.id for label in store.labels]
        plain, ours = [], []
        for index in range(500):
            row = (ids[index * 150], labels[index % LABELS])
            plain.append(seconds(lambda row=row: connection.execute("INSERT INTO annotation VALUES (?, ?, 1)", row)))
            ours.append(seconds(lambda row=row: store.set_states([row[0]], {row[1]: LabelState.UNKNOWN})))
    connection.close()
    (middle, worst), (plain_middle, plain_worst) = (np.percentile(times, [50, 99]) * 1e3 for times in (ours, plain))
    print(f"edit {middle:.2f} ms, p99 {worst:.2f} ms; one plain row {plain_middle:.2f} ms, p99 {plain_worst:.2f} ms")
    # on a machine at rest 5 ms is the goal; on a busy one the plain row waits for the disk as well
    assert middle < max(5, 2 * plain_middle)
    assert worst < max(5, 3 * plain_worst)


def test_a_label_set_on_every_image_costs_a_few_times_the_writing_of_as_many_rows(folder, tmp_path):
    connection = sqlite3.connect(tmp_path / "plain.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE annotation (image_id INTEGER PRIMARY KEY, states BLOB)")
    rows = [(image_id, bytes(LABELS)) for image_id in range(IMAGES)]

    def write_rows() -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT OR REPLACE INTO annotation VALUES (?, ?)", rows)
        connection.execute("COMMIT")

    with Store.open(folder) as store:
        ids = store.image_ids.tolist()
        plain = min(seconds(write_rows) for _ in range(3))
        states = (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)
        ours = min(seconds(lambda state=state: store.set_states(ids, {1: state})) for state in states)
        undone = min(seconds(store.undo) for _ in range(3))
    connection.close()
    print(f"bulk edit {ours * 1e3:.0f} ms, undo {undone * 1e3:.0f} ms, rows alone {plain * 1e3:.0f} ms")
    assert max(ours, undone) < 5 * plain
