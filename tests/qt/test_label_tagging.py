"""What keys of Label do beyond one label on one image: review states, rules, copying, suggestions, many labels."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication

from core.labels import LabelState, Review
from gui.label.tagging import label_keys
from gui.label.tagging.label_keys import key_of, written
from gui.label.tagging.tagging import MIME

PRESENT, ABSENT, UNKNOWN = (int(state) for state in (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN))
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def press(qtbot, label):
    def press(key, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.keyClick(label.window().focusWidget(), key, modifier)

    return press


@pytest.fixture
def store(window):
    return window.session.store


def states(store, row):
    return store.states[row].tolist()


# review


def test_u_says_unsure_and_takes_it_back(store, press):
    press("u")
    assert store.review[0] == Review.UNSURE
    press("u")
    assert store.review[0] == Review.TO_DO


def test_u_makes_a_selection_in_which_some_are_unsure_all_unsure(window, store, press):
    press("u")
    press("a", CTRL)
    press("u")
    assert (store.review == Review.UNSURE).all()
    press("z", CTRL)
    assert store.review.tolist() == [Review.UNSURE] + [Review.TO_DO] * 11


def test_f_flags_a_mixed_selection_and_then_takes_the_flags_off(store, press):
    press("f")
    assert store.flagged.tolist() == [True] + [False] * 11
    press("a", CTRL)
    press("f")
    assert store.flagged.all()
    press("f")
    assert not store.flagged.any()


def test_d_and_a_go_on_and_back(label, press):
    press("d")
    press("d")
    press("a")
    assert label.grid.currentIndex().row() == 1


def test_a_thousand_edits_of_everything_are_one_step_each(window, store, press):
    press("a", CTRL)
    for key in ("1", "f", "u"):
        press(key)
    for _ in range(3):
        press("z", CTRL)
    assert (store.states == UNKNOWN).all()
    assert not store.flagged.any()
    assert (store.review == Review.TO_DO).all()
    assert store.undo_text is None or "label" in store.undo_text.casefold() or "added" in store.undo_text.casefold()


# rules


def test_enter_makes_what_is_implied_present_and_the_rest_absent(window, store, press):
    ace, _, red = (one.id for one in store.labels)
    window.session.apply(store.add_rule("implies", (ace, red)))
    press("1")
    press(Qt.Key.Key_Return)
    assert states(store, 0) == [PRESENT, ABSENT, PRESENT]
    assert store.reviewed[0]


def test_q_fixes_conflicts_and_keeps_the_label_given_last(window, store, press):
    ace, king, _ = (one.id for one in store.labels)
    window.session.apply(store.add_rule("never", (ace, king)))
    press("2")
    press("1")
    press("q")
    assert states(store, 0) == [PRESENT, ABSENT, UNKNOWN]
    press("2")
    press("2")
    assert states(store, 0)[1] == PRESENT
    press("q")
    assert states(store, 0) == [ABSENT, PRESENT, UNKNOWN]


def test_q_fixes_a_selection_in_one_step(window, store, press):
    ace, king, red = (one.id for one in store.labels)
    window.session.apply(store.add_rule("exclusive", (ace, king, red), "card"))
    press("a", CTRL)
    press("3")
    press("2")
    press("q")
    assert store.states.tolist() == [[UNKNOWN, PRESENT, ABSENT]] * 12
    press("z", CTRL)
    assert store.states.tolist() == [[UNKNOWN, PRESENT, PRESENT]] * 12


def test_q_says_what_became_of_which_label(window, store, press):
    ace, king, _ = (one.id for one in store.labels)
    window.session.apply(store.add_rule("never", (ace, king)))
    press("a", CTRL)
    press("2")
    press("1")
    press("q")
    assert window.status.message() == "Rule conflicts of 12 images fixed: “king” ruled out on 12"
    assert store.undo_text == "Rule conflicts of 12 images fixed"


def test_a_label_that_breaks_a_rule_says_which_and_what_mends_it(window, store, press):
    ace, king, _ = (one.id for one in store.labels)
    window.session.apply(store.add_rule("never", (ace, king)))
    press("1")
    press("2")
    assert window.status.message() == "“king” set on 1 image. “ace” and “king” never together. Q mends it."
    press("3")
    assert "never together" not in window.status.message(), "it was said"


def test_q_without_a_conflict_says_so(window, press):
    press("q")
    assert "break no rule" in window.status.message()


# copy and paste


def test_labels_are_copied_as_text_and_pasted_on_a_selection(window, store, label, press):
    press("1")
    press("2")
    press("2")
    press("c", CTRL)
    assert QGuiApplication.clipboard().text() == "ace, -king"
    press("a", CTRL)
    press("v", CTRL)
    assert store.states.tolist() == [[PRESENT, ABSENT, UNKNOWN]] * 12
    press("z", CTRL)
    assert store.states[1].tolist() == [UNKNOWN] * 3


def test_pasting_says_each_time_whether_something_changed(window, store, press):
    press("1")
    press("c", CTRL)
    for _ in range(2):
        press(Qt.Key.Key_Right)
        press("v", CTRL)
        assert window.status.message() == "Pasted: ace."
    press("v", CTRL)
    assert "have these labels already" in window.status.message()


def test_many_labels_are_not_all_named(window, store, press):
    window.session.apply(store.add_labels([f"kind {number}" for number in range(60)]))
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Left)
    press("c", CTRL)
    assert window.status.message() == "Copied: -ace, -king, -red card and 60 more."


def test_a_text_of_another_program_is_pasted_and_strangers_are_named(window, store, press):
    QGuiApplication.clipboard().setText("ACE; red card, joker")
    press("v", CTRL)
    assert states(store, 0) == [PRESENT, UNKNOWN, PRESENT]
    assert "“joker”" in window.status.message()


def test_a_clipboard_without_labels_changes_nothing_and_says_what_to_do(window, store, press):
    QGuiApplication.clipboard().clear()
    press("v", CTRL)
    assert "no labels to paste" in window.status.message()
    QGuiApplication.clipboard().setText("joker")
    press("v", CTRL)
    assert "“joker”" in window.status.message()
    assert (store.states == UNKNOWN).all()


@pytest.mark.parametrize("damaged", [b"\x00", b"[1]", b'[["ace", 7]]', b"{}", b'"ace"'])
def test_a_damaged_clipboard_changes_nothing(window, store, press, damaged):
    data = QMimeData()
    data.setData(MIME, damaged)
    QGuiApplication.clipboard().setMimeData(data)
    press("v", CTRL)
    assert (store.states == UNKNOWN).all()


def test_labels_that_differ_among_the_images_are_not_copied(window, store, press):
    press("1")
    press("a", CTRL)
    press("2")
    press("c", CTRL)
    assert QGuiApplication.clipboard().text() == "king"
    assert "differ" in window.status.message()


# suggestions


@pytest.fixture
def suggested(label, store):
    """Suggests king, then red card, where they are unknown."""

    def source(image_id):
        row = store.states[store.row_of(image_id)]
        return [(store.labels[one].id, p) for one, p in ((1, 0.9), (2, 0.7)) if row[one] == UNKNOWN]

    label.tagging.suggester.set_source(source)
    return label.tagging.suggester


def test_y_accepts_the_suggestion_and_x_refuses_the_next(suggested, store, press):
    press("y")
    assert states(store, 0) == [UNKNOWN, PRESENT, UNKNOWN]
    press("x")
    assert states(store, 0) == [UNKNOWN, PRESENT, ABSENT]


def test_a_full_stop_points_out_the_next_suggestion(suggested, store, press):
    assert suggested.current()[0] == store.labels[1].id
    press(".")
    assert suggested.current()[0] == store.labels[2].id
    press("y")
    assert states(store, 0) == [UNKNOWN, UNKNOWN, PRESENT]
    assert suggested.current()[0] == store.labels[1].id


def test_a_suggestion_is_accepted_where_it_was_made_only(suggested, window, store, press):
    window.session.apply(store.set_states(store.image_ids[1:3].tolist(), {store.labels[1].id: LabelState.ABSENT}))
    press("a", CTRL)
    press("y")
    assert store.states[:, 1].tolist() == [PRESENT, ABSENT, ABSENT] + [PRESENT] * 9


def test_y_without_a_suggestion_says_so(window, store, press):
    press("y")
    assert "suggests nothing" in window.status.message()
    assert (store.states == UNKNOWN).all()


# going on


def test_going_on_is_an_option_in_every_kind_of_project(window, label, store, press):
    assert not window.commands["image.advance"].isChecked()
    press("g", CTRL)
    assert window.session.settings.advance_several
    press("1")
    assert label.grid.currentIndex().row() == 1
    press(Qt.Key.Key_Backspace)
    press("1")
    assert label.grid.currentIndex().row() == 0, "only a label that is given goes on"
    press("g", CTRL)
    press("2")
    assert label.grid.currentIndex().row() == 0


# many labels, many layouts


@pytest.fixture
def thirty(window, store):
    window.session.apply(store.add_labels([f"label {number}" for number in range(4, 31)]))
    return store


def test_shift_and_alt_shift_digits_are_the_keys_of_labels_11_to_30(thirty, press):
    press("1", SHIFT)
    press("0", ALT | SHIFT)
    assert np.flatnonzero(thirty.states[0] == PRESENT).tolist() == [10, 29]


def _native(key, text, code, modifiers=Qt.KeyboardModifier.NoModifier):
    return QKeyEvent(QEvent.Type.KeyPress, key, modifiers, code, 0, 0, text)


@pytest.fixture
def hardware(monkeypatch):
    monkeypatch.setattr(label_keys.sys, "platform", "linux")


def test_the_row_of_digits_of_a_french_keyboard_works_without_shift(hardware, label, thirty):
    send = QApplication.sendEvent
    send(label.grid, _native(Qt.Key.Key_Ampersand, "&", 10))
    send(label.grid, _native(Qt.Key.Key_Eacute, "é", 11))
    assert np.flatnonzero(thirty.states[0] == PRESENT).tolist() == [0, 1]


def test_what_shift_types_on_a_french_keyboard_counts_where_no_label_has_it_with_shift(hardware, label, store):
    QApplication.sendEvent(label.grid, _native(Qt.Key.Key_2, "2", 11, SHIFT))
    assert states(store, 0)[1] == PRESENT


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (_native(Qt.Key.Key_A, "a", 38), "a"),
        (_native(Qt.Key.Key_A, "A", 38, SHIFT), "a"),
        (_native(Qt.Key.Key_Exclam, "!", 10, SHIFT), "Shift+1"),
        (_native(Qt.Key.Key_1, "1", 10, ALT | SHIFT), "Alt+Shift+1"),
        (_native(Qt.Key.Key_Agrave, "à", 19), "0"),
        (_native(Qt.Key.Key_5, "5", 84, Qt.KeyboardModifier.KeypadModifier), "5"),
        (_native(Qt.Key.Key_A, "\x01", 38, CTRL), ""),
        (_native(Qt.Key.Key_F1, "", 67), ""),
        (_native(Qt.Key.Key_Space, " ", 65), ""),
    ],
)
def test_which_key_of_a_label_was_pressed(hardware, event, key):
    assert key_of(event) == key


def test_how_a_key_is_written(hardware):
    assert [written(key) for key in ("a", "1", "Shift+1", "Alt+Shift+0", "ß")] == ["A", "1", "⇧1", "Alt⇧0", "ß"]


def test_a_command_gives_way_to_a_label_that_has_its_key(window, store, label, press):
    window.session.apply(store.change_label(store.labels[0].id, shortcut="f"))
    press("f")
    assert states(store, 0)[0] == PRESENT
    assert not store.flagged.any()
    assert window.commands["image.flag"].shortcut().isEmpty()
    window.session.apply(store.change_label(store.labels[0].id, shortcut="1"))
    press("f")
    assert store.flagged[0]
