import sys
import threading

import pytest
from PySide6.QtCore import QObject, QThreadPool

from core.errors import ProjectError
from core.labels import Review
from core.project.store import Store
from gui import background


@pytest.fixture
def parent(qapp):
    one = QObject()
    yield one
    background.cancel_all()


def test_work_is_done_in_another_thread_and_its_result_comes_back_to_this_one(parent, qtbot):
    got = []
    background.run(
        parent,
        threading.current_thread,
        lambda thread: got.append((thread, threading.current_thread())),
        pytest.fail,
    )
    qtbot.waitUntil(lambda: bool(got))
    assert got[0][0] is not threading.main_thread()
    assert got[0][1] is threading.main_thread()


def test_an_error_of_the_person_goes_to_on_error(parent, qtbot):
    def fail():
        raise ProjectError("It is gone.")

    got = []
    background.run(parent, fail, pytest.fail, got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert str(got[0]) == "It is gone."


def test_a_bug_goes_to_the_crash_dialog_and_the_asker_waits_no_longer(parent, qtbot, monkeypatch):
    got, heard = [], []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: got.append(kind))
    background.run(parent, lambda: 1 / 0, pytest.fail, heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert got == [ZeroDivisionError]
    assert isinstance(heard[0], background.UnexpectedError)


def test_what_one_asked_for_is_cancelled_and_what_others_asked_for_is_not(parent, qtbot, busy):
    other, got = QObject(), []
    background.run(parent, lambda: "mine", pytest.fail, pytest.fail)
    background.run(other, lambda: "theirs", got.append, pytest.fail)
    background.cancel_of(parent)
    busy.set()
    qtbot.waitUntil(lambda: got == ["theirs"])
    assert background.wait(5000)


def test_a_newer_request_with_the_same_key_drops_the_older_answer(parent, qtbot):
    gate = threading.Event()
    got = []
    background.run(parent, lambda: gate.wait(5) and "old", got.append, pytest.fail, key="x")
    background.run(parent, lambda: "new", got.append, pytest.fail, key="x")
    qtbot.waitUntil(lambda: got == ["new"])
    gate.set()
    qtbot.wait(50)
    assert got == ["new"]


def test_the_answer_for_an_asker_that_is_gone_is_dropped(parent, qtbot):
    import shiboken6

    gate = threading.Event()
    asker = QObject()
    background.run(asker, lambda: gate.wait(5), pytest.fail, pytest.fail)
    shiboken6.delete(asker)
    gate.set()
    qtbot.wait(50)


def test_progress_comes_back_in_order_and_a_cancelled_function_can_end_early(parent, qtbot):
    got = []
    ended = threading.Event()

    def work(request):
        number = 0
        while not request.is_cancelled():
            number += 1
            request.report(number)
            threading.Event().wait(0.005)
        ended.set()

    request = background.run_with_progress(parent, work, pytest.fail, pytest.fail, on_progress=got.append)
    qtbot.waitUntil(lambda: len(got) > 2)
    request.cancel()
    assert ended.wait(5)
    assert got == list(range(1, len(got) + 1))


@pytest.fixture
def busy(parent):
    """A gate for which all threads of long work wait."""
    gate = threading.Event()
    for _ in range(QThreadPool.globalInstance().maxThreadCount()):
        background.run(parent, lambda: gate.wait(5), lambda _: None, pytest.fail)
    yield gate
    gate.set()


def test_work_that_nobody_waits_for_is_not_begun(parent, qtbot, busy):
    begun, got = [], []
    for number in range(5):
        background.run(parent, lambda one=number: begun.append(one), got.append, pytest.fail, key="x")
    background.run(parent, lambda: begun.append("cancelled"), pytest.fail, pytest.fail).cancel()
    busy.set()
    qtbot.waitUntil(lambda: bool(got))
    assert background.wait(5000)
    assert begun == [4]


def test_short_work_waits_for_no_long_work(parent, qtbot, busy):
    got = []
    background.run(parent, lambda: "written", got.append, pytest.fail, is_short=True)
    qtbot.waitUntil(lambda: got == ["written"])
    assert not busy.is_set()


def test_the_end_waits_for_no_long_work_that_is_not_begun_but_finishes_what_is_short(parent, busy):
    done = []
    for number in range(6):
        background.run(parent, lambda: done.append("long"), pytest.fail, pytest.fail)
        background.run(parent, lambda one=number: done.append(one), pytest.fail, pytest.fail, is_short=True)
    threading.Timer(0.2, busy.set).start()
    background.cancel_all()
    assert sorted(done) == list(range(6))


def test_an_edit_of_many_images_is_made_in_a_thread_and_told_when_it_is_on_disk(qtbot, session, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    threads = []

    def work(store):
        threads.append(threading.get_ident())
        return store.set_review(store.image_ids, Review.UNSURE)

    with qtbot.waitSignal(session.changed) as told:
        session.edit(work, images=12)
        assert session.is_busy
        assert not told.signal_triggered
    assert len(told.args[0].annotations) == 12
    assert not session.is_busy
    assert threads != [threading.get_ident()]
    assert (session.store.review == Review.UNSURE).all()


def test_edits_while_another_is_being_made_follow_it_in_their_order(qtbot, session, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    words = []
    session.message.connect(words.append)
    session.edit(lambda store: store.set_flag(store.image_ids, True), images=12)
    assert session.edit(lambda store: store.set_flag([1], False), images=1)
    assert session.edit(lambda store: store.set_review(store.image_ids, Review.UNSURE), images=12)
    session.undo()
    assert not session.store.flagged.any(), "nothing is seen before it is on disk"
    assert any("as soon as" in word for word in words)
    qtbot.waitUntil(lambda: not session.is_busy and not session._waiting)
    assert session.store.flagged.tolist() == [False] + [True] * 11
    assert (session.store.review == Review.TO_DO).all(), "that was undone"


def test_no_more_edits_wait_than_a_hand_can_mean(qtbot, session, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    session.edit(lambda store: store.set_flag(store.image_ids, True), images=12)
    taken = [session.edit(lambda store: store.set_flag([1], False), images=1) for _ in range(30)]
    assert taken == [True] * 20 + [False] * 10
    qtbot.waitUntil(lambda: not session.is_busy)


def test_after_a_bug_in_an_edit_of_many_images_other_edits_are_made(qtbot, session, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    crashes = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: crashes.append(kind))
    session.edit(lambda store: 1 / 0, images=12)
    qtbot.waitUntil(lambda: not session.is_busy)
    assert crashes == [ZeroDivisionError]
    session.edit(lambda store: store.set_flag([1], True), images=1)
    assert session.store.flagged[0]


def test_a_project_that_closes_finishes_the_edits_that_were_begun(session, project, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    session.edit(lambda store: store.set_flag(store.image_ids, True), images=12)
    session.edit(lambda store: store.set_review(store.image_ids, Review.UNSURE), images=12)
    session.close()
    with Store.open(project) as store:
        assert store.flagged.all()
        assert (store.review == Review.UNSURE).all()
