import pytest

from core.errors import ProjectError
from core.project.files.scan import scan_folder
from core.project.store import Store
from gui.shell import folder_import
from gui.shell.folder_import import FolderImport


@pytest.fixture
def more(draw_images, tmp_path):
    return draw_images(tmp_path / "more", 5)


@pytest.fixture
def reader(session):
    return FolderImport(session)


@pytest.fixture
def said(session):
    sentences = []
    session.message.connect(sentences.append)
    return sentences


def test_files_that_were_found_before_are_added_without_looking_again(session, reader, more, said, qtbot, monkeypatch):
    monkeypatch.setattr(folder_import, "scan_folder", None)
    reader.add(more, scan_folder(more)[:3])
    qtbot.waitUntil(lambda: not session.jobs.items())
    assert len(session.store.image_ids) == 15
    assert said[-1] == f"3 images added from {more}"


def test_folders_wait_for_each_other_and_for_a_large_change(session, reader, more, said, qtbot, draw_images, tmp_path):
    third = draw_images(tmp_path / "third", 2)
    session._is_busy = True
    reader.add(more, scan_folder(more))
    reader.start(third)
    qtbot.waitUntil(lambda: reader._next.interval() == folder_import.BUSY_MS)
    assert len(session.store.image_ids) == 12
    session._is_busy = False
    qtbot.waitUntil(lambda: len(session.store.image_ids) == 19)
    qtbot.waitUntil(lambda: not session.jobs.items())
    assert said[-1] == f"2 images added from {third}"


def test_a_full_disk_ends_the_reading_with_its_sentence(session, reader, more, said, qtbot, monkeypatch):
    def full(*_):
        raise ProjectError("The disk is full.", next_step="Free some space.")

    monkeypatch.setattr(Store, "add_images", full)
    reader.start(more)
    qtbot.waitUntil(lambda: not session.jobs.items())
    assert said[-1] == "The disk is full. Free some space."
