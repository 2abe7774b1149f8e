import pytest

from core.project.files.fingerprints import file_hash
from core.project.files.scan import scan_folder
from core.project.query import parse
from gui.shell import image_check
from gui.shell.image_check import ImageCheck


@pytest.fixture
def check(session, monkeypatch):
    monkeypatch.setattr(image_check, "DELAY_MS", 10)
    one = ImageCheck(session)
    yield one
    one.cancel()


def test_sizes_problems_and_content_of_images_that_nobody_looked_at_become_known(session, check, qtbot):
    store = session.store
    broken = int(store.image_ids[7])
    store.image_path(broken).write_bytes(b"no image")
    check._start()
    with qtbot.waitSignal(session.facts_read) as read:
        pass
    assert read.args == [frozenset(store.image_ids.tolist())]
    assert (store.widths[1], store.heights[1]) == (80, 48)
    assert list(store.problems) == [broken]
    qtbot.waitUntil(lambda: len(store.content_hashes()) == 12)
    assert store.content_hashes()[3] == file_hash(store.image_path(3))
    qtbot.waitUntil(check.is_idle)
    assert session.jobs.items() == []


def test_what_decoding_showed_is_not_forgotten_for_what_the_header_says(session, check, qtbot):
    store = session.store
    check._start()
    qtbot.waitUntil(lambda: len(check._sizes) > 0)
    first = int(store.image_ids[0])
    store.set_image_facts(first, width=0, height=0, problem="It is cut off.")
    qtbot.waitUntil(check.is_idle)
    assert store.problems[first] == "It is cut off."
    assert store.widths[1] == 80


def test_the_check_is_told_goes_on_where_it_was_and_ends_with_the_project(session, check, qtbot, monkeypatch):
    monkeypatch.setattr(image_check, "BATCH", 5)
    monkeypatch.setattr(image_check, "HASH_BATCH", 5)
    store = session.store
    told = []
    session.jobs.changed.connect(lambda: told.extend((job.name, job.fraction) for job in session.jobs.items()))
    taken = check._on_hashed

    def take_and_cancel(hashed):
        taken(hashed)
        check.cancel()

    monkeypatch.setattr(check, "_on_hashed", take_and_cancel)
    check._start()
    qtbot.waitUntil(lambda: len(store.content_hashes()) >= 5)
    monkeypatch.undo()
    assert session.jobs.items() == []
    assert ("Checking images…", 5 / 12) in told
    assert ("Reading images, to know them again", 0) in told
    known = store.content_hashes()
    assert len(known) == 5
    check._start()
    qtbot.waitUntil(lambda: len(check._hashes) > 0)
    assert set(check._hashes) == set(store.image_ids.tolist()) - set(known)
    session.close()
    assert check.is_idle()


def test_an_image_without_a_file_holds_up_nothing(session, check, qtbot):
    store = session.store
    store.image_path(2).unlink()
    check._start()
    qtbot.waitUntil(check.is_idle)
    assert set(store.content_hashes()) == set(store.image_ids.tolist()) - {2}
    assert "no longer in" in store.problems[2]


def test_images_that_are_added_are_checked_too(session, check, qtbot, draw_images, tmp_path):
    check._start()
    qtbot.waitUntil(check.is_idle)
    more = draw_images(tmp_path / "more", 3)
    session.apply(session.store.add_images(more, scan_folder(more)))
    qtbot.waitUntil(lambda: len(session.store.content_hashes()) == 15)
    assert (session.store.widths > 0).all()


def test_nothing_is_written_while_a_large_change_is_being_saved(session, check, qtbot):
    check._start()
    session._is_busy = True
    qtbot.waitUntil(lambda: check._next.interval() == image_check.BUSY_MS)
    assert not session.store.content_hashes()
    session._is_busy = False
    qtbot.waitUntil(lambda: len(session.store.content_hashes()) == 12)


def test_the_filter_shows_unreadable_images_that_the_check_finds(window, label, qtbot):
    store = window.session.store
    broken = int(store.image_ids[3])
    label.model.set_query(parse("unreadable", ()))
    assert label.model.rowCount() == 0
    store.set_image_facts(broken, width=0, height=0, problem="It is empty.")
    window.session.facts_read.emit(frozenset({broken}))
    qtbot.waitUntil(lambda: label.model.rowCount() == 1)
