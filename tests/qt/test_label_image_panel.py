import pytest
from PySide6.QtCore import Qt

from core.labels import LabelState, Review

_Key = Qt.Key


@pytest.fixture
def panel(label):
    """The panel of the chosen image, which is the first."""
    label.grid.go_to(0)
    return label.image_panel


@pytest.fixture
def ids(window):
    """Ids of the images."""
    return window.session.store.image_ids.tolist()


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_says_name_folder_size_and_split(panel, qtbot):
    assert panel._name.text() == "image 00.png"
    assert panel._folder.text() == "photos é"
    assert panel._split.text() == "not yet"
    qtbot.waitUntil(lambda: "64 × 48" in panel._size.text())


def test_review_and_flag_are_set_by_buttons_and_shown(window, panel, ids, qtbot):
    store = window.session.store
    click(qtbot, panel.review.choices[Review.UNSURE])
    assert store.review[0] == Review.UNSURE
    assert panel.review.choices[Review.UNSURE].isChecked()
    assert not panel.review.choices[Review.TO_DO].isChecked()
    click(qtbot, panel.review.flag)
    assert store.flagged[0]
    assert panel.review.flag.isChecked()
    click(qtbot, panel.review.flag)
    assert not store.flagged[0]
    window.session.undo()
    assert panel.review.flag.isChecked()


def test_several_images_show_what_is_mixed_and_are_set_together(window, label, panel, ids, qtbot):
    store = window.session.store
    window.session.apply(store.set_review(ids[:2], Review.REVIEWED))
    window.session.apply(store.set_flag(ids[:1], True))
    label.grid.selectAll()
    assert panel._name.text() == "12 chosen"
    assert not any(button.isChecked() for button in panel.review.choices.values())
    assert panel.review.choices[Review.REVIEWED].is_some
    assert "some" in panel.review.choices[Review.REVIEWED].accessibleName()
    assert panel.review.mixed_text() == "10 to do, 2 reviewed, 1 flagged"
    click(qtbot, panel.review.choices[Review.REVIEWED])
    assert (store.review == Review.REVIEWED).all()
    assert panel.review.choices[Review.REVIEWED].isChecked()
    click(qtbot, panel.review.flag)
    assert store.flagged.all()


# notes


def test_a_note_is_saved_by_ctrl_return_and_the_images_get_the_focus(window, label, panel, ids, qtbot):
    panel.focus_note()
    qtbot.keyClicks(panel.note, "half")
    qtbot.keyClick(panel.note, _Key.Key_Return)
    qtbot.keyClicks(panel.note, "hidden 1g")
    assert ids[0] not in window.session.store.notes
    qtbot.keyClick(panel.note, _Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.session.store.notes[ids[0]] == "half\nhidden 1g"
    assert (window.session.store.states == LabelState.UNKNOWN).all()


def test_a_note_is_saved_when_the_field_is_left(window, label, panel, ids, qtbot):
    panel.focus_note()
    qtbot.keyClicks(panel.note, "blurred")
    label.grid.setFocus()
    assert window.session.store.notes == {ids[0]: "blurred"}


def test_a_note_stays_with_its_image_when_another_one_is_shown(window, label, panel, ids, qtbot):
    panel.focus_note()
    qtbot.keyClicks(panel.note, "blurred")
    label.grid.go_to(3)
    assert window.session.store.notes == {ids[0]: "blurred"}
    assert panel.note.toPlainText() == ""
    label.grid.go_to(0)
    assert panel.note.toPlainText() == "blurred"


def test_a_note_is_saved_when_the_program_ends(window, panel, ids, qtbot):
    from core.project.store import Store

    folder = window.session.store.folder
    panel.focus_note()
    qtbot.keyClicks(panel.note, "the last thing")
    window.close()
    with Store.open(folder) as store:
        assert store.notes == {ids[0]: "the last thing"}


def test_a_note_that_is_being_written_survives_news_of_the_file(window, panel, ids, qtbot):
    panel.focus_note()
    qtbot.keyClicks(panel.note, "writing")
    window.session.facts_read.emit(frozenset(ids))
    window.session.apply(window.session.store.set_flag(ids[:1], True))
    assert panel.note.toPlainText() == "writing"
    assert panel.note.is_unsaved()


def test_a_note_waits_while_a_long_edit_is_made(window, label, panel, ids, qtbot):
    panel.focus_note()
    qtbot.keyClicks(panel.note, "patient")
    window.session._is_busy = True
    window.session.busy_changed.emit(True)
    label.grid.go_to(1)
    assert window.session.store.notes == {}
    window.session._is_busy = False
    window.session.busy_changed.emit(False)
    assert window.session.store.notes == {ids[0]: "patient"}


def test_an_undone_note_is_gone_from_the_field(window, panel, ids, qtbot):
    window.session.apply(window.session.store.set_note(ids[0], "first"))
    assert panel.note.toPlainText() == "first"
    window.session.undo()
    assert panel.note.toPlainText() == ""


def test_one_note_for_several_images(window, label, panel, ids, qtbot):
    window.session.apply(window.session.store.set_note(ids[4], "old"))
    label.grid.selectAll()
    assert "1 of 12" in panel.note.placeholderText()
    panel.focus_note()
    label.grid.setFocus()
    assert window.session.store.notes == {ids[4]: "old"}
    panel.focus_note()
    qtbot.keyClicks(panel.note, "all alike")
    qtbot.keyClick(panel.note, _Key.Key_Escape)
    assert set(window.session.store.notes.values()) == {"all alike"}
    assert len(window.session.store.notes) == 12


def test_letters_in_the_note_are_no_commands(window, label, panel, qtbot):
    panel.focus_note()
    qtbot.keyClicks(panel.note, "ace 1 g ?")
    assert panel.note.toPlainText() == "ace 1 g ?"
    assert label.model.rowCount() == 12


# disputes


@pytest.fixture
def disputed(window, ids):
    """Another copy says that the first image has an ace and no king, and the second an ace."""
    store = window.session.store
    ace, king, _ = (one.id for one in store.labels)
    window.session.apply(store.set_states(ids[:1], {king: LabelState.PRESENT}))
    pairs = {
        (ids[0], ace): LabelState.PRESENT,
        (ids[0], king): LabelState.ABSENT,
        (ids[1], ace): LabelState.PRESENT,
    }
    window.session.apply(store.add_disputes(pairs, "merged"))
    return store


def test_each_dispute_of_an_image_is_decided_by_itself(window, panel, disputed, ids, qtbot):
    rows = panel._disputes.rows
    assert [row.words for row in rows] == [
        "Another copy says “ace” is present; here it is unknown.",
        "Another copy says “king” is absent; here it is present.",
    ]
    click(qtbot, rows[0].theirs)
    assert disputed.states[0].tolist() == [1, 1, -1]
    # what was decided keeps its place, so that a second click meets nothing else
    rows = panel._disputes.rows
    assert [row.mine.isEnabled() for row in rows] == [False, True]
    assert rows[0].words.startswith("Decided: “")
    click(qtbot, rows[0].mine)
    click(qtbot, rows[1].mine)
    assert disputed.states[0].tolist() == [1, 1, -1]
    assert list(disputed.disputes) == [(ids[1], disputed.labels[0].id)]
    assert not any(row.mine.isEnabled() or row.theirs.isEnabled() for row in panel._disputes.rows)
    window.session.undo()
    window.session.undo()
    assert len(panel._disputes.rows) == 2
    assert disputed.states[0].tolist() == [-1, 1, -1]


def test_the_disputes_of_several_images_are_decided_in_one_step(window, label, panel, disputed, qtbot):
    label.grid.selectAll()
    (row,) = panel._disputes.rows
    assert "3 times, on 2" in row.words
    click(qtbot, row.theirs)
    assert disputed.states[:2].tolist() == [[1, 0, -1], [1, -1, -1]]
    assert not disputed.disputes
    assert "decided" in row.words
    window.session.undo()
    assert "3 times, on 2" in panel._disputes.rows[0].words
    assert len(disputed.disputes) == 3
    assert disputed.states[:2].tolist() == [[-1, 1, -1], [-1, -1, -1]]


def test_what_is_wrong_with_the_file_is_said(window, label, panel, ids, qtbot):
    # a file that is looked at later would be right again
    qtbot.waitUntil(lambda: bool((window.session.store.widths > 0).all()))
    window.session.apply(window.session.store.mark_problems({ids[0]: "The file is gone."}))
    assert panel._problem.text() == "The file is gone."
    label.grid.go_to(1)
    assert panel._problem.text() == ""


def test_the_keyboard_goes_from_one_dispute_to_the_next_and_then_to_the_images(window, label, panel, disputed, qtbot):
    first, second = panel._disputes.rows
    first.theirs.setFocus()
    qtbot.keyClick(first.theirs, _Key.Key_Space)
    assert second.theirs.hasFocus()
    with qtbot.waitSignal(panel.left):
        qtbot.keyClick(second.theirs, _Key.Key_Space)
    assert label.grid.hasFocus()
    assert len(disputed.disputes) == 1


def test_disputes_are_decided_without_leaving_the_images(window, label, panel, disputed, ids, qtbot):
    panel.decide(mine=False)
    assert len(disputed.disputes) == 2
    panel.decide(mine=True)
    assert list(disputed.disputes) == [(ids[1], disputed.labels[0].id)]
    with qtbot.waitSignal(window.session.message) as said:
        panel.decide(mine=True)
    assert said.args == ["Nothing is disputed here."]
    window.session.undo()
    assert [row.mine.isEnabled() for row in panel._disputes.rows].count(True) == 1
    qtbot.keyClick(label.grid, _Key.Key_Right)
    assert [row.mine.isEnabled() for row in panel._disputes.rows] == [True]


def test_a_note_is_on_disk_after_a_pause_and_is_written_on(window, panel, ids, qtbot, monkeypatch):
    panel.note._typing.setInterval(20)
    panel.focus_note()
    qtbot.keyClicks(panel.note, "half ")
    qtbot.waitUntil(lambda: window.session.store.notes == {ids[0]: "half"})
    assert panel.note.hasFocus()
    qtbot.keyClicks(panel.note, "typed")
    qtbot.waitUntil(lambda: window.session.store.notes == {ids[0]: "half typed"})
    assert panel.note.toPlainText() == "half typed"
