import contextlib
import os
import shutil
import sqlite3

import numpy as np
import pytest
from PIL import Image

from core.images import quality
from core.images.decode import decode
from core.images.thumbnails import ThumbnailStore
from core.project.files import appearance
from core.project.files.appearance import image_files, look_at
from core.project.files.scan import scan_folder
from core.project.store import Store


@pytest.fixture
def photos(tmp_path):
    """Six photos in two folders: one damaged; the first is black and the last white."""
    folder = tmp_path / "photos"
    (folder / "beach").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(5):
        noise = rng.integers(0, 20, (60, 80 + number, 3), dtype=np.uint8) + np.uint8(number * 55)
        path = folder / ("beach" if number > 2 else "") / f"{number}.png"
        Image.fromarray(noise).resize((400 + number, 300)).save(path)
    (folder / "broken.jpg").write_bytes(b"no image")
    return folder


@pytest.fixture
def store(tmp_path, photos):
    with Store.create(tmp_path / "project") as store:
        store.add_images(photos, scan_folder(photos))
        yield store


def test_every_image_is_described_and_unreadable_ones_are_counted(store, photos):
    told = []
    files = image_files(store, store.image_ids[::-1])
    looks = look_at(files, progress=told.append)
    assert [path.rpartition(os.sep)[2] for path in files.paths] == [
        "4.png", "3.png", "broken.jpg", "2.png", "1.png", "0.png",
    ]  # fmt: skip
    assert looks.folders == ("beach", "beach", ".", ".", ".", ".")
    assert looks.left_out == 1
    assert np.isnan([looks.widths[2], looks.heights[2], looks.brightness[2], looks.sharpness[2]]).all()
    readable = [0, 1, 3, 4, 5]
    assert looks.widths[readable].tolist() == [404, 403, 402, 401, 400]
    assert looks.heights[readable].tolist() == [300] * 5
    for row in readable:
        image = decode(photos / files.names[row])
        assert looks.brightness[row] == pytest.approx(quality.brightness(image), abs=0.01)
    assert (looks.sharpness[readable] > 0).all()
    assert told == [0, 6]


def test_a_second_look_opens_no_image_until_a_file_changes(store, photos, monkeypatch):
    files = image_files(store, store.image_ids)
    first = look_at(files)
    opened = []
    look = appearance._look
    monkeypatch.setattr(appearance, "_look", lambda path, *rest: opened.append(path) or look(path, *rest))
    again = look_at(files)
    assert opened == []
    assert np.array_equal(first.sharpness, again.sharpness, equal_nan=True)
    Image.new("RGB", (30, 40), "white").save(photos / "1.png")
    (photos / "2.png").unlink()
    changed = look_at(files)
    assert opened == [str(photos / "1.png")]
    place = files.paths.index(str(photos / "1.png"))
    assert (changed.widths[place], changed.heights[place], changed.brightness[place]) == (30, 40, 1)
    assert changed.left_out == 2
    assert np.isnan(changed.widths[files.paths.index(str(photos / "2.png"))])


def test_thumbnails_that_are_there_are_used_and_missing_ones_are_kept(store, photos, monkeypatch):
    made = []
    make = ThumbnailStore.make
    monkeypatch.setattr(ThumbnailStore, "make", lambda self, path, size: made.append(path) or make(self, path, size))
    with ThumbnailStore(store.folder / "cache" / "thumbnails.sqlite") as thumbnails:
        make(thumbnails, photos / "0.png", 64)
        make(thumbnails, photos / "1.png", 320)
        look_at(image_files(store, store.image_ids))
        assert photos / "1.png" not in made
        assert photos / "0.png" in made
        assert thumbnails.get_any(photos / "2.png", 100).shape == (96, 128, 3)
        assert thumbnails.get_any(photos / "1.png", 129).shape[1] == 320
        assert thumbnails.get_any(photos / "1.png", 321) is None
        assert thumbnails.get_any(photos / "gone.png", 1) is None


def test_after_a_cancel_the_rest_is_left_out_and_what_was_found_is_kept(store, monkeypatch):
    monkeypatch.setattr(appearance, "_AT_ONCE", 2)
    files = image_files(store, store.image_ids)
    answers = iter([False, True])
    looks = look_at(files, cancelled=lambda: next(answers))
    assert np.isfinite(looks.widths).tolist() == [True, True, False, False, False, False]
    told = []
    look_at(files, progress=told.append)
    assert told[0] == 2


def test_a_damaged_cache_is_begun_anew(store):
    files = image_files(store, store.image_ids)
    look_at(files)
    path = store.folder / "cache" / "appearance.sqlite"
    path.write_bytes(b"not a database, though long enough to be taken for one" * 100)
    assert look_at(files).left_out == 1
    with contextlib.closing(sqlite3.connect(path)) as kept:
        assert kept.execute("SELECT count(*) FROM appearance").fetchone() == (6,)


def test_no_images_are_no_work(store):
    looks = look_at(image_files(store, []))
    assert (len(looks.widths), looks.left_out, looks.folders) == (0, 0, ())


def test_where_nothing_can_be_written_images_are_looked_at_each_time(store):
    files = image_files(store, store.image_ids)
    expected = look_at(files)
    shutil.rmtree(store.folder / "cache")
    (store.folder / "cache").write_text("no folder", encoding="utf-8")
    for _ in range(2):
        looks = look_at(files)
        np.testing.assert_array_equal(looks.brightness, expected.brightness)
        assert looks.folders == expected.folders


def test_what_is_known_is_left_as_it_is_while_another_program_holds_it(store, monkeypatch):
    monkeypatch.setattr(appearance, "_WAIT_SECONDS", 0.01)
    files = image_files(store, store.image_ids)
    expected = look_at(files)
    path = store.folder / "cache" / "appearance.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        before = path.read_bytes()
        # now from the thumbnails, which are JPEG
        np.testing.assert_allclose(look_at(files).brightness, expected.brightness, atol=1e-3)
        assert path.read_bytes() == before
