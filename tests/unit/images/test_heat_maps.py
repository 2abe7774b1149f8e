import os

import numpy as np
import pytest

from core.images import heat_maps
from core.images.heat_maps import HeatMapStore


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"pixels")
    return path


@pytest.fixture
def store(tmp_path):
    model = tmp_path / "predictions.npz"
    model.write_bytes(b"scores")
    return HeatMapStore(tmp_path / "maps", model=model)


def drawn(seed=0):
    return np.random.default_rng(seed).random((3, 7, 5), dtype=np.float32)


def test_heat_maps_come_back_in_steps_that_no_eye_sees(store, photo):
    maps = drawn()
    maps[0, 0, :2] = 0, 1
    store.put(1, photo, maps)
    found = store.get(1, photo)
    assert (found.dtype, found[0, 0, 0], found[0, 0, 1]) == (np.float32, 0, 1)
    np.testing.assert_allclose(found, maps, atol=0.51 / 255)


def test_those_of_another_image_file_or_model_are_forgotten(store, photo, tmp_path):
    store.put(1, photo, drawn())
    assert store.get(2, photo) is None
    os.utime(photo, ns=(1, 1))
    assert store.get(1, photo) is None
    store.put(1, photo, drawn())
    os.utime(tmp_path / "predictions.npz", ns=(1, 1))
    assert store.get(1, photo) is None


def test_the_oldest_are_forgotten_where_there_is_no_room(store, photo, tmp_path, monkeypatch):
    for image_id in range(1, 9):
        store.put(image_id, photo, drawn(image_id))
        os.utime(store.folder / f"{image_id}.npz", ns=(image_id, image_id))
    size = max(one.stat().st_size for one in store.folder.iterdir())
    monkeypatch.setattr(heat_maps, "_MOST_BYTES", 4 * size)
    # as the next job begins
    again = HeatMapStore(store.folder, model=tmp_path / "predictions.npz")
    again.put(9, photo, drawn(9))
    kept = [image_id for image_id in range(1, 10) if again.get(image_id, photo) is not None]
    assert 3 <= len(kept) <= 4
    assert kept == list(range(10 - len(kept), 10))
