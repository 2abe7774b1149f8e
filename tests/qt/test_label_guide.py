"""The list of labels: its menu, guide, advice and the field to find a label."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from core.labels import LabelState
from gui.label.labels.list.label_guide import LabelGuide
from gui.label.labels.list.label_menu import LabelMenu

_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def store(window):
    return window.session.store


@pytest.fixture
def panel(label):
    return label.label_panel


@pytest.fixture
def rows(panel):
    return panel.list


@pytest.fixture
def many(window, store):
    """Forty labels more."""
    window.session.apply(store.add_labels([f"thing {number:02d}" for number in range(40)]))
    return store.labels


def menu_of(rows):
    place = rows.visualRect(rows.currentIndex()).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, rows.viewport().mapToGlobal(place))
    QApplication.sendEvent(rows.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, LabelMenu)
    return menu


def choose(qtbot, menu, text):
    (action,) = [one for one in menu.actions() if one.text() == text]
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def test_the_header_says_on_how_many_images_keys_act(label, panel):
    assert panel._chosen.text() == "1 image"
    label.grid.selectAll()
    assert panel._chosen.text() == "12 images"


def test_advice_is_told_of_each_row(panel, rows, store):
    ace, king, _ = (one.id for one in store.labels)
    panel.set_suggestions(lambda: {ace: 0.915})
    panel.set_conflicts(lambda: [king])
    model = rows.model()
    assert model.data(model.index(0), _ACCESSIBLE) == "ace, unknown, 0 images, key 1, suggested, probability 0.92"
    assert model.data(model.index(1), _ACCESSIBLE) == "king, unknown, 0 images, key 2, breaks a rule"


def test_advice_is_asked_anew_for_another_image(label, panel, rows, store, window):
    panel.set_suggestions(lambda: {store.labels[0].id: 0.9} if window.session.current_image == 2 else {})
    model = rows.model()
    assert "suggested" not in model.data(model.index(0), _ACCESSIBLE)
    label.grid.go_to(1)
    assert "suggested" in model.data(model.index(0), _ACCESSIBLE)


def test_the_parent_is_told_of_a_row(rows, store, window):
    ace, _, red = (one.id for one in store.labels)
    window.session.apply(store.change_label(ace, parent=red))
    assert rows.model().data(rows.model().index(0), _ACCESSIBLE).endswith("parent red card")


def test_the_guide_opens_by_key_and_closes_by_any(qtbot, label, rows, store, window):
    ace, king, red = (one.id for one in store.labels)
    window.session.apply(
        store.change_label(ace, description="one pip", parent=red, examples=store.image_ids[:2].tolist())
    )
    window.session.apply(store.add_rule("never", [ace, king]))
    rows.choose(ace)
    qtbot.keyClick(label.grid, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    guide = QApplication.activePopupWidget()
    assert isinstance(guide, LabelGuide)
    for said in ("Key 1", "one pip", "“ace” and “king” never together", "“ace” implies “red card”, its parent"):
        assert said in guide.texts
    qtbot.keyClick(guide, Qt.Key.Key_Space)
    assert QApplication.activePopupWidget() is None
    assert (store.states == LabelState.UNKNOWN).all()


def test_the_guide_comes_where_the_mouse_rests_and_goes_with_it(panel, rows):
    place = rows.visualRect(rows.model().index(1)).center()
    at = rows.viewport().mapToGlobal(place)
    QApplication.sendEvent(rows.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, at))
    assert panel._tip is not None
    assert panel._tip.isVisible()
    assert panel._tip.accessibleName() == "Guide to “king”"
    other = rows.visualRect(rows.model().index(2)).center()
    move = QMouseEvent(
        QEvent.Type.MouseMove, other.toPointF(), rows.viewport().mapToGlobal(other).toPointF(),
        Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(rows.viewport(), move)
    assert panel._tip is None


def test_the_menu_pins_the_chosen_images_in_one_step(qtbot, window, label, rows, store):
    label.annotator.set_targets(store.image_ids[:2])
    rows.choose(store.labels[0].id)
    choose(qtbot, menu_of(rows), "Pin the chosen 2 images as examples")
    assert store.labels[0].examples == tuple(store.image_ids[:2].tolist())
    window.session.undo()
    assert store.labels[0].examples == ()


def test_too_many_images_are_not_pinned(window, label, panel, rows, store):
    label.grid.selectAll()
    rows.choose(store.labels[0].id)
    panel.pin_current()
    assert "a label has at most 6 examples" in window.status.message()
    assert store.labels[0].examples == ()


def test_the_menu_filters_by_the_label(qtbot, panel, rows, store):
    rows.choose(store.labels[2].id)
    with qtbot.waitSignal(panel.filter_wanted) as asked:
        choose(qtbot, menu_of(rows), "Show images without it")
    assert asked.args == ['-"red card"']


def test_few_labels_need_no_field_to_find_one(panel):
    assert not panel.find_field.isVisible()


def test_a_label_is_found_by_letters_and_given_with_return(qtbot, panel, rows, store, many):
    assert panel.find_field.isVisible()
    panel.find_field.setFocus()
    # digits and letters are keys of labels and commands elsewhere
    qtbot.keyClicks(panel.find_field, "g 17")
    assert [one.name for one in rows.shown()] == ["thing 17"]
    assert (store.states == LabelState.UNKNOWN).all()
    qtbot.keyClick(panel.find_field, Qt.Key.Key_Return)
    assert store.states[0].tolist().index(1) == [one.name for one in many].index("thing 17")
    assert not store.reviewed.any()
    qtbot.keyClick(panel.find_field, Qt.Key.Key_Escape)
    assert len(rows.shown()) == len(many)


def test_letters_of_no_label_say_so_and_arrows_lead_to_the_rows(qtbot, panel, rows, many):
    panel.find_field.setFocus()
    qtbot.keyClicks(panel.find_field, "zzz")
    assert panel._none.isVisible()
    panel.find_field.clear()
    assert not panel._none.isVisible()
    qtbot.keyClicks(panel.find_field, "thing 2")
    qtbot.keyClick(panel.find_field, Qt.Key.Key_Down)
    assert rows.hasFocus()
    assert rows.current_label() in rows.shown()
