import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from core.labels import Label, LabelState, Split
from gui.label.filter.filter_text import renamed, with_order, with_term

_Key = Qt.Key
LABELS = tuple(Label(number, name, "#336699") for number, name in enumerate(("ace", "king", "red card"), 1))


@pytest.fixture
def bar(window, label, qtbot):
    """The filter bar; ace on 0 to 3, king absent on 2 to 5, 4 in train; the field has the focus."""
    store = window.session.store
    ids = store.image_ids.tolist()
    ace, king, _ = (one.id for one in store.labels)
    window.session.apply(store.set_states(ids[:4], {ace: LabelState.PRESENT}))
    window.session.apply(store.set_states(ids[2:6], {king: LabelState.ABSENT}))
    window.session.apply(store.set_splits({ids[4]: Split.TRAIN}))
    label.filter_bar.field.setFocus()
    return label.filter_bar


def offered(bar):
    return [one.shown for one in bar.field.popup.model.offers] if bar.field.is_offering() else []


def rows(label):
    return label.model.rows.tolist()


def chips(bar):
    return [] if bar.chips.isHidden() else [chip.text() for chip in bar.chips.chips]


# completion


def test_what_is_typed_is_completed_with_arrows_and_return(bar, label, qtbot):
    qtbot.keyClicks(bar.field, "re")
    assert offered(bar)[:2] == ["red card", "reviewed"]
    assert bar.field.hasFocus()
    qtbot.keyClick(bar.field, _Key.Key_Down)
    qtbot.keyClick(bar.field, _Key.Key_Return)
    assert bar.field.text() == '"red card" '
    assert bar.field.hasFocus()
    assert not bar.field.is_offering()
    assert rows(label) == []


def test_tab_takes_the_likeliest_completion_and_keeps_the_focus(bar, label, qtbot):
    qtbot.keyClicks(bar.field, "-k")
    qtbot.keyClick(bar.field, _Key.Key_Tab)
    assert bar.field.text() == "-king "
    assert bar.field.hasFocus()
    assert rows(label) == [2, 3, 4, 5]


def test_return_without_a_chosen_row_is_that_of_the_filter(bar, label, qtbot):
    qtbot.keyClicks(bar.field, "ace")
    qtbot.keyClick(bar.field, _Key.Key_Return)
    assert rows(label) == [0, 1, 2, 3]
    assert not bar.field.is_offering()
    assert not bar.field.hasFocus()


def test_escape_closes_the_completion_first_and_then_leaves(bar, label, qtbot):
    qtbot.keyClicks(bar.field, "a")
    assert bar.field.is_offering()
    qtbot.keyClick(bar.field, _Key.Key_Escape)
    assert not bar.field.is_offering()
    assert bar.field.hasFocus()
    qtbot.keyClick(bar.field, _Key.Key_Escape)
    assert not bar.field.hasFocus()


def test_a_click_takes_a_completion_and_the_field_keeps_the_focus(bar, qtbot):
    qtbot.keyClicks(bar.field, "kin")
    view = bar.field.popup.list
    place = view.visualRect(view.model().index(0, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bar.field.text() == "king "
    assert bar.field.hasFocus()


def test_an_arrow_in_the_empty_field_shows_what_there_is(bar, qtbot):
    qtbot.keyClick(bar.field, _Key.Key_Down)
    assert {"ace", "king", "red card", "unreviewed"} <= set(offered(bar))


def test_a_completion_in_brackets_goes_on_until_the_number(bar, qtbot):
    qtbot.keyClicks(bar.field, "pro")
    qtbot.keyClick(bar.field, _Key.Key_Tab)
    assert bar.field.text() == "prob("
    assert "ace" in offered(bar)
    qtbot.keyClicks(bar.field, "re")
    qtbot.keyClick(bar.field, _Key.Key_Tab)
    assert bar.field.text() == 'prob("red card")>'


def test_two_hundred_labels_are_completed_as_well(window, bar, qtbot):
    store = window.session.store
    for number in range(200):
        store.add_label(f"thing {number:03d}")
    window.session.apply(store.change_label(store.labels[-1].id, name="last thing"))
    qtbot.keyClicks(bar.field, "last")
    assert offered(bar)[0] == "last thing"
    qtbot.keyClick(bar.field, _Key.Key_Tab)
    assert bar.field.text() == '"last thing" '
    bar._fill_menu()
    present = bar._menu.actions()[0].menu().actions()
    assert len(present) < 50
    present[-1].trigger()
    assert bar.field.is_offering()


# errors


def test_what_is_wrong_is_underlined_and_can_be_chosen(bar, qtbot):
    qtbot.keyClicks(bar.field, "ace split:trian king")
    qtbot.keyClick(bar.field, _Key.Key_Return)
    assert bar.field.marked is not None
    start, end = bar.field.marked
    assert bar.field.text()[start:end] in "split:trian"
    assert bar._error.isVisible()
    assert "train" in bar._error.text()
    qtbot.mouseClick(bar._choose, Qt.MouseButton.LeftButton)
    assert bar.field.selectedText() == "ace split:trian king"[start:end]
    bar.field.setText("ace split:train")
    assert bar.field.marked is None
    qtbot.waitUntil(lambda: not bar._error.isVisible())


def test_a_mark_behind_signs_of_two_units_is_where_it_is_seen(window, bar):
    window.session.apply(window.session.store.change_label(window.session.store.labels[0].id, name="🂡 ace"))
    bar.show_filter('"🂡 ace" nonsense')
    assert bar.field.marked is not None
    bar.field.select_mark()
    assert bar.field.selectedText() == "nonsense"


def test_a_word_that_is_still_typed_is_not_called_wrong(bar, qtbot):
    qtbot.keyClicks(bar.field, "ac")
    bar._on_typing_timeout()
    assert not bar._error.isVisible()
    qtbot.keyClicks(bar.field, "xyz")
    bar._on_typing_timeout()
    assert bar._error.isVisible()


# chips


def test_the_terms_of_a_filter_are_chips(bar):
    bar.show_filter("ace -king split:train sort:-name")
    assert chips(bar) == ["ace", "king", "split:train", "by name"]
    assert [chip.accessibleName() for chip in bar.chips.chips][:2] == ["ace present", "king absent"]
    bar.clear()
    assert chips(bar) == []


def test_the_cross_of_a_chip_removes_its_term(bar, label, qtbot):
    bar.show_filter("ace -king")
    assert rows(label) == [2, 3]
    chip = bar.chips.chips[1]
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip.cross().center())
    assert bar.field.text() == "ace"
    assert rows(label) == [0, 1, 2, 3]


def test_a_click_on_a_chip_goes_through_the_states(bar, label, qtbot):
    bar.show_filter("king")
    seen = []
    for _ in range(3):
        qtbot.mouseClick(bar.chips.chips[0], Qt.MouseButton.LeftButton)
        seen.append(bar.field.text())
    assert seen == ["-king", "?king", "king"]


def test_chips_are_changed_and_removed_by_keys_and_keep_the_focus(bar, label, qtbot):
    bar.show_filter("ace king")
    bar.chips.chips[1].setFocus()
    qtbot.keyClick(bar.chips.chips[1], _Key.Key_Space)
    assert bar.field.text() == "ace -king"
    assert bar.chips.chips[1].hasFocus()
    qtbot.keyClick(bar.chips.chips[1], _Key.Key_Delete)
    assert bar.field.text() == "ace"
    assert bar.chips.chips[0].hasFocus()


def test_images_chosen_elsewhere_are_a_chip_that_shows_all_again(window, bar, label, qtbot):
    window.session.show_in_label(window.session.store.image_ids[[7, 2]].tolist())
    assert chips(bar) == ["2 chosen elsewhere"]
    chip = bar.chips.chips[0]
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip.cross().center())
    assert label.model.rowCount() == 12


# menus, orders and names


def test_a_term_from_the_menu_replaces_what_it_excludes(bar, label):
    bar.show_filter("ace reviewed")
    bar.insert("-ace")
    bar.insert("unreviewed")
    bar.insert("split:train")
    assert bar.field.text() == "-ace unreviewed split:train"


def test_the_order_is_chosen_and_turned_round(bar, label):
    bar.show_filter("ace")
    bar._fill_orders()
    next(one for one in bar._orders.actions() if one.text() == "Name").trigger()
    assert bar.field.text() == "ace sort:name"
    assert bar._order_button.text() == "Name"
    bar._fill_orders()
    next(one for one in bar._orders.actions() if one.text() == "Turned round").trigger()
    assert bar.field.text() == "ace sort:-name"
    assert rows(label) == [3, 2, 1, 0]
    bar._fill_orders()
    next(one for one in bar._orders.actions() if one.text() == "As added").trigger()
    assert rows(label) == [0, 1, 2, 3]


def test_a_filter_is_saved_found_renamed_and_deleted(window, bar, label, qtbot):
    store = window.session.store
    bar.show_filter("ace -king")
    bar.save()
    assert bar.name_row.field.hasFocus()
    bar.name_row.field.selectAll()
    qtbot.keyClicks(bar.name_row.field, "Sure aces")
    qtbot.keyClick(bar.name_row.field, _Key.Key_Return)
    assert store.saved_filters == {"Sure aces": "ace -king"}
    assert bar.saved.name() == "Sure aces"
    bar.clear()
    bar.field.setFocus()
    qtbot.keyClicks(bar.field, "sur")
    assert offered(bar)[0] == "Sure aces"
    qtbot.keyClick(bar.field, _Key.Key_Tab)
    assert rows(label) == [2, 3]
    bar._on_name_wanted("Sure aces")
    bar.name_row.field.selectAll()
    qtbot.keyClicks(bar.name_row.field, "Aces")
    qtbot.keyClick(bar.name_row.field, _Key.Key_Return)
    assert store.saved_filters == {"Aces": "ace -king"}
    bar.saved.fill()
    menu = next(one.menu() for one in bar.saved.menu_of_filters.actions() if one.text() == "Delete")
    menu.actions()[0].trigger()
    assert store.saved_filters == {}


def test_saving_can_be_left_by_escape(window, bar, qtbot):
    bar.show_filter("ace")
    bar.save()
    qtbot.keyClick(bar.name_row.field, _Key.Key_Escape)
    assert not bar.name_row.isVisible()
    assert window.session.store.saved_filters == {}


def test_the_labels_of_the_shown_images_are_counted(bar, label):
    bar.show_filter("ace")
    counts = bar.label_counts()
    assert counts[LabelState.PRESENT].tolist() == [4, 0, 0]
    assert counts[LabelState.ABSENT].tolist() == [0, 2, 0]
    assert counts[LabelState.UNKNOWN].tolist() == [0, 2, 4]
    bar.clear()
    assert bar.label_counts()[LabelState.ABSENT].tolist() == [0, 4, 0]


def test_a_renamed_label_keeps_its_place_in_the_filter(window, bar, label):
    store = window.session.store
    bar.show_filter("-king known(ace) sort:prob(ace)")
    window.session.apply(store.change_label(store.labels[0].id, name="my ace"))
    assert bar.field.text() == '-king known("my ace") sort:prob("my ace")'
    assert rows(label) == [2, 3]


def test_the_bar_is_right_to_left_where_the_program_is(bar, label):
    bar.show_filter("ace -king")
    bar.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QApplication.sendEvent(bar.chips._flow, QEvent(QEvent.Type.LayoutRequest))
    first, second = bar.chips.chips
    assert first.x() > second.x()
    assert first.cross().center().x() < first.width() / 2


@pytest.mark.parametrize(
    ("text", "new", "result"),
    [
        ("", "ace", "ace"),
        ("ace", "king", "ace king"),
        ("ace", "?ace", "?ace"),
        ("ace OR king", "flagged", "(ace OR king) flagged"),
        ("ace sort:name", "king", "ace king sort:name"),
        ("nonsense", "king", "nonsense king"),
        ("-reviewed", "unsure", "-reviewed unsure"),
    ],
)
def test_a_term_is_added_where_it_means_what_it_says(text, new, result):
    assert with_term(text, new, LABELS) == result


@pytest.mark.parametrize(
    ("text", "order", "result"),
    [
        ("sort:size ace", "sort:name", "ace sort:name"),
        ("ace OR king sort:size", "sort:-name", "ace OR king sort:-name"),
        ("ace sort:size", "", "ace"),
    ],
)
def test_an_order_takes_the_place_of_the_one_before(text, order, result):
    assert with_order(text, order, LABELS) == result


def test_what_is_no_filter_stays_as_it_is_when_labels_change():
    assert renamed("ace (", LABELS, LABELS) == "ace ("
    assert renamed("(", LABELS, ()) == "("


def test_letters_in_the_field_are_no_commands(bar, qtbot):
    event = QKeyEvent(QEvent.Type.ShortcutOverride, _Key.Key_G, Qt.KeyboardModifier.NoModifier, "g")
    QApplication.sendEvent(bar.field, event)
    assert event.isAccepted()


@pytest.mark.parametrize("text", ["prob(ace)>0.5", "disagree", "sort:-prob(ace)"])
def test_a_filter_that_asks_a_model_says_where_none_answered(bar, window, qtbot, text):
    bar.show_filter(text)
    assert "No model has said anything" in bar._error.text()
    assert "Suggest labels for all images" in bar._error.text()
    shape = window.session.store.states.shape
    bar._model.set_scores(np.zeros(shape, np.float32), np.full(shape[1], 0.5))
    bar._model.refresh()
    assert bar._error.text() == ""
    bar.show_filter("")
    assert bar._error.text() == ""


def test_a_filter_that_cannot_be_read_is_not_saved_and_that_is_said(bar, window, qtbot):
    bar.field.setText("(ace")
    with qtbot.waitSignal(window.session.message) as said:
        bar.save()
    assert "cannot be read" in said.args[0]
    assert bar.name_row.isHidden()
    assert bar.field.hasFocus()


def test_a_second_split_from_the_menu_joins_the_first(bar):
    bar.show_filter("ace split:train")
    bar.insert("split:test")
    assert bar.field.text() == "ace split:train,test"
