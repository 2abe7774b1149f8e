import pytest

from core.project.query import parse
from gui.shell import image_check
from gui.shell.image_check import ImageCheck


@pytest.fixture
def check(session):
    one = ImageCheck(session)
    yield one
    one.cancel()


def is_known(store, image_id):
    return store.image_facts(int(image_id)).width is not None or int(image_id) in store.problems


def test_sizes_and_problems_of_images_that_nobody_looked_at_become_known(session, check, qtbot):
    store = session.store
    broken = int(store.image_ids[7])
    store.image_path(broken).write_bytes(b"no image")
    check._start()
    qtbot.waitUntil(lambda: all(is_known(store, one) for one in store.image_ids))
    facts = store.image_facts(int(store.image_ids[1]))
    assert (facts.width, facts.height) == (80, 48)
    assert list(store.problems) == [broken]
    qtbot.waitUntil(lambda: session.jobs.items() == [])


def test_what_decoding_showed_is_not_forgotten_for_what_the_header_says(session, check, qtbot):
    store = session.store
    check._start()
    first = int(store.image_ids[0])
    check._next.stop()
    check._ask()
    store.set_image_facts(first, width=0, height=0, problem="It is cut off.")
    qtbot.waitUntil(lambda: is_known(store, store.image_ids[1]))
    assert store.problems[first] == "It is cut off."


def test_the_check_is_told_and_ends_with_the_project(session, check, qtbot, monkeypatch):
    monkeypatch.setattr(image_check, "BATCH", 5)
    check._start()
    check._ask()
    assert [job.name for job in session.jobs.items()] == ["Checking images…"]
    session.close()
    assert session.jobs.items() == []
    qtbot.wait(50)


def test_the_filter_shows_unreadable_images_that_the_check_finds(window, label, qtbot):
    store = window.session.store
    broken = int(store.image_ids[3])
    label.model.set_query(parse("unreadable", ()))
    assert label.model.rowCount() == 0
    store.set_image_facts(broken, width=0, height=0, problem="It is empty.")
    window.session.facts_read.emit(frozenset({broken}))
    assert label.model.rowCount() == 1
