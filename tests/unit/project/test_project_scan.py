import os
import sys
from pathlib import Path

import pytest

from core.errors import ProjectError
from core.project.files.scan import ScannedImage, natural_key, scan_folder


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"12345")


def paths(found: list[ScannedImage]) -> list[str]:
    return [image.relative_path for image in found]


def test_images_are_found_in_natural_order_files_before_folders(tmp_path):
    make(tmp_path, "img10.jpg", "IMG2.JPG", "img1.png", "b/x.webp", "a/2/x.tif", "a/y.gif", "notes.txt", "c/z")
    assert paths(scan_folder(tmp_path)) == ["img1.png", "IMG2.JPG", "img10.jpg", "a/y.gif", "a/2/x.tif", "b/x.webp"]


def test_size_and_time_of_change_are_noted(tmp_path):
    make(tmp_path, "a.jpg")
    os.utime(tmp_path / "a.jpg", ns=(5, 7_000_000_000))
    assert scan_folder(tmp_path) == [ScannedImage("a.jpg", 5, 7_000_000_000)]


def test_hidden_files_and_folders_are_left_out(tmp_path):
    make(tmp_path, ".a.jpg", ".hidden/b.jpg", "c.jpg")
    assert paths(scan_folder(tmp_path)) == ["c.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_only_files_and_links_to_them_are_images(tmp_path):
    make(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    (tmp_path / "link to a pipe.jpg").symlink_to("pipe.jpg")
    assert paths(scan_folder(tmp_path)) == ["a.jpg", "link.jpg"]


def test_a_project_among_the_images_is_left_out(tmp_path):
    make(tmp_path, "a.jpg", "project/project.sqlite", "project/images/b.jpg")
    assert paths(scan_folder(tmp_path)) == ["a.jpg"]


def test_a_project_that_lies_in_its_folder_of_images_hides_only_its_own_folders(tmp_path):
    make(tmp_path, "a.jpg", "project.sqlite", "runs/0001/plot.png", "cache/c.png", "more/b.jpg", "more/runs/d.jpg")
    assert paths(scan_folder(tmp_path)) == ["a.jpg", "more/b.jpg", "more/runs/d.jpg"]


def test_links_in_a_circle_end(tmp_path):
    make(tmp_path, "sub/a.jpg")
    try:
        (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("this system gives no links to ordinary users")
    assert paths(scan_folder(tmp_path)) == ["sub/a.jpg"]


def test_files_that_cannot_be_looked_at_are_left_out_and_logged(tmp_path, caplog):
    make(tmp_path, "a.jpg")
    try:
        (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
        (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    except OSError:
        pytest.skip("this system gives no links to ordinary users")
    assert paths(scan_folder(tmp_path)) == ["a.jpg"]
    assert "gone.jpg" in caplog.text
    assert "loop.jpg" in caplog.text


def test_progress_is_told_and_a_cancelled_scan_keeps_what_it_found(tmp_path, monkeypatch):
    monkeypatch.setattr("core.project.files.scan._PROGRESS_EVERY", 2)
    make(tmp_path, *(f"{index}.jpg" for index in range(7)))
    told: list[int] = []
    assert len(scan_folder(tmp_path, progress=told.append)) == 7
    assert told == [0, 2, 4, 6, 7]
    assert len(scan_folder(tmp_path, cancelled=lambda: len(told) > 5, progress=told.append)) == 0
    told.clear()
    assert len(scan_folder(tmp_path, cancelled=lambda: 4 in told, progress=told.append)) == 4


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are always Unicode there")
def test_a_name_that_is_not_unicode_is_left_out_and_logged(tmp_path, caplog):
    make(tmp_path, "a.jpg")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).write_bytes(b"x")
    assert paths(scan_folder(tmp_path)) == ["a.jpg"]
    assert "xff" in caplog.text or "udcff" in caplog.text


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(ProjectError, match="cannot be listed"):
        scan_folder(tmp_path / "missing")


def test_natural_order_compares_any_two_names():
    assert sorted(["b", "a10", "10", "a2", "", "9", "A1", "1a", "٣"], key=natural_key) == [
        "", "1a", "٣", "9", "10", "A1", "a2", "a10", "b"
    ]  # fmt: skip
