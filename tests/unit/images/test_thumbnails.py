import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError
from core.images.thumbnails import ThumbnailStore, fitted


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photos" / "photo.jpg"
    path.parent.mkdir()
    Image.new("RGB", (400, 300), (200, 30, 60)).save(path)
    return path


@pytest.fixture
def store(tmp_path):
    with ThumbnailStore(tmp_path / "cache" / "thumbnails.sqlite") as store:
        yield store


def test_a_thumbnail_is_there_once_it_was_made(store, photo):
    assert store.get(photo, 160) is None
    made = store.make(photo, 160)
    kept = store.get(photo, 160)

    assert made.shape == kept.shape == (120, 160, 3)
    assert np.abs(made.astype(int) - kept).max() < 8
    assert store.get(photo, 320) is None


def test_it_lasts_until_the_next_start(tmp_path, photo):
    with ThumbnailStore(tmp_path / "kept.sqlite") as store:
        store.make(photo, 64)
    with ThumbnailStore(tmp_path / "kept.sqlite") as store:
        assert store.get(photo, 64).shape == (48, 64, 3)


def test_nothing_is_written_beside_the_photos(store, photo):
    store.make(photo, 160)
    assert [path.name for path in photo.parent.iterdir()] == ["photo.jpg"]


def test_a_changed_file_needs_a_new_thumbnail(store, photo):
    store.make(photo, 160)
    Image.new("RGB", (300, 400), "blue").save(photo)
    os.utime(photo, ns=(1, 1))

    assert store.get(photo, 160) is None
    store.make(photo, 160)
    assert store.get(photo, 160).shape == (160, 120, 3)


def test_a_vanished_or_damaged_file_has_none(store, photo):
    store.make(photo, 160)
    photo.write_bytes(b"no image")
    with pytest.raises(ImageError):
        store.make(photo, 160)
    photo.unlink()
    assert store.get(photo, 160) is None
    with pytest.raises(ImageError):
        store.make(photo, 160)


def test_threads_share_it(store, photo):
    paths = []
    for number in range(40):
        paths.append(photo.with_name(f"{number}.png"))
        Image.new("RGB", (20 + number, 10), (number, 0, 0)).save(paths[-1])
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda path: store.make(path, 160), paths * 2))
        kept = list(pool.map(lambda path: store.get(path, 160), paths * 2))

    for number, (first, second) in enumerate(zip(made, kept, strict=True)):
        assert first.shape == second.shape == (10, 20 + number % 40, 3)


def test_threads_that_come_and_go_leave_no_connection_each(store, photo):
    store.make(photo, 64)
    for _ in range(5):
        thread = threading.Thread(target=lambda: store.get(photo, 64))
        thread.start()
        thread.join()
    assert len(store._connections) == 1


def test_a_kept_thumbnail_is_scaled_down_into_a_box(store, photo):
    store.make(photo, 192)
    assert store.get_fitted(photo, 192, (100, 100)).shape == (75, 100, 3)
    assert store.get_fitted(photo, 192, (150, 60)).shape == (60, 80, 3)
    assert store.get_fitted(photo, 192, (400, 400)).shape == (144, 192, 3)
    assert store.get_fitted(photo, 320, (100, 100)) is None
    assert fitted(np.zeros((144, 192, 3), np.uint8), (100, 100)).shape == (75, 100, 3)


def test_a_damaged_store_is_begun_anew(tmp_path, photo):
    path = tmp_path / "thumbnails.sqlite"
    path.write_bytes(b"This is no database, whatever its name says. " * 100)
    with ThumbnailStore(path) as store:
        store.make(photo, 64)
        assert store.get(photo, 64) is not None


def test_a_store_that_another_program_holds_does_not_stop_thumbnails(tmp_path, photo, monkeypatch):
    path = tmp_path / "thumbnails.sqlite"
    monkeypatch.setattr("core.images.thumbnails._WAIT_SECONDS", 0.01)
    with ThumbnailStore(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert store.make(photo, 64).shape == (48, 64, 3)
        other.execute("ROLLBACK")
        other.close()
        assert store.get(photo, 64) is None


@pytest.fixture
def held(tmp_path, photo, monkeypatch):
    """A store's file with one thumbnail, which another program holds for itself."""
    monkeypatch.setattr("core.images.thumbnails._WAIT_SECONDS", 0.01)
    path = tmp_path / "thumbnails.sqlite"
    with ThumbnailStore(path) as store:
        store.make(photo, 64)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")
    yield path, other
    other.close()


def test_a_file_that_another_program_holds_is_left_as_it_is(held, photo):
    path, other = held
    before = path.read_bytes()
    with ThumbnailStore(path) as store:
        assert store.get(photo, 64) is None
        assert store.make(photo, 64).shape == (48, 64, 3)
        assert path.read_bytes() == before
        other.execute("ROLLBACK")
        # as soon as it is free
        assert store.get(photo, 64) is not None


def test_where_nothing_can_be_written_thumbnails_are_made_each_time(tmp_path, photo):
    (tmp_path / "cache").write_text("no folder", encoding="utf-8")
    with ThumbnailStore(tmp_path / "cache" / "thumbnails.sqlite") as store:
        assert store.make(photo, 64).shape == (48, 64, 3)
        assert store.get(photo, 64) is None
        assert store.get_any(photo, 64) is None
