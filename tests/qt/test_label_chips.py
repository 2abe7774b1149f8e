"""The chips under the picture: what is said of it, and what might be."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from core.labels import Label, LabelState
from gui.label.images.loupe.chip_row import ChipRow
from gui.label.images.loupe.chips import ChipInfo

ACE, KING, RED = (Label(number, name, "#2468d6") for number, name in enumerate(("ace", "king", "red card"), start=1))
INFOS = (
    ChipInfo(ACE, "present"),
    ChipInfo(RED, "hint", "usually also red card", 0.97),
    ChipInfo(KING, "suggestion", probability=0.934),
    ChipInfo(ACE, "conflict", "ace and king never go together"),
)


@pytest.fixture
def row(qtbot):
    one = ChipRow()
    qtbot.addWidget(one)
    one.resize(900, 40)
    one.show()
    qtbot.waitExposed(one)
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    return one


def texts(row):
    return [one.text() for one in row.chips() if one.isVisible()]


def focused(row):
    return next((one.text() for one in [*row.chips(), row._more] if one.hasFocus()), None)


def test_conflicts_come_first_then_what_is_present_suggested_and_hinted_at(row):
    row.set_infos(INFOS)
    assert texts(row) == ["ace and king never go together", "ace", "king 0.93", "usually also red card"]
    assert [one.accessibleName() for one in row.chips()] == [
        "Conflict: ace and king never go together",
        "ace, present",
        "king, suggested, probability 0.93",
        "Hint: usually also red card (0.97)",
    ]


def test_kinds_are_told_apart_in_black_and_white(row):
    """Each kind has a sign of its own, and one that is present is filled."""
    row.set_infos(INFOS)
    assert len({chip._glyph() for chip in row.chips()}) == 4


def test_a_click_says_which_chip_it_was(row, qtbot):
    row.set_infos(INFOS)
    for chip in row.chips():
        with qtbot.waitSignal(row.chip_clicked) as clicked:
            qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
        assert clicked.args == [chip.info]


def test_the_row_is_one_stop_of_tab_and_arrows_go_along_it(row, qtbot):
    row.set_infos(INFOS)
    assert [chip.focusPolicy() for chip in row.chips()].count(Qt.FocusPolicy.TabFocus) == 1
    row.chips()[0].setFocus()
    for key, text in (
        (Qt.Key.Key_Right, "ace"),
        (Qt.Key.Key_End, "usually also red card"),
        (Qt.Key.Key_Right, "ace and king never go together"),
        (Qt.Key.Key_Left, "usually also red card"),
        (Qt.Key.Key_Home, "ace and king never go together"),
        (Qt.Key.Key_Down, "ace"),
        (Qt.Key.Key_Right, "king 0.93"),
    ):
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert focused(row) == text
    # Tab comes back to where it was
    assert [chip.text() for chip in row.chips() if chip.focusPolicy() == Qt.FocusPolicy.TabFocus] == ["king 0.93"]
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
        with qtbot.waitSignal(row.chip_clicked) as clicked:
            qtbot.keyClick(QApplication.focusWidget(), key)
        assert clicked.args[0].kind == "suggestion"
    with qtbot.waitSignal(row.left):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)


def test_right_to_left_the_chips_begin_at_the_right_and_the_left_arrow_goes_on(row, qtbot):
    row.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    row.set_infos(INFOS)
    first, second = row.chips()[:2]
    assert first.geometry().right() == row.rect().right()
    assert second.geometry().right() < first.geometry().left()
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Left)
    assert second.hasFocus()
    row.grab()


def test_the_current_suggestion_is_pointed_out_and_said(row):
    row.set_infos(INFOS)
    before = row.grab().toImage()
    row.set_current_suggestion(KING.id)
    assert row.grab().toImage() != before
    assert row.chips()[2].accessibleName().endswith("current suggestion")
    row.set_current_suggestion(None)
    assert not row.chips()[2].accessibleName().endswith("current suggestion")
    assert row.grab().toImage() == before


def test_what_finds_no_room_is_counted_and_shown_on_demand(row, qtbot):
    row.resize(200, 40)
    many = [ChipInfo(Label(number, f"label {number}", "#d03030"), "present") for number in range(9)]
    row.set_infos(many)
    shown = len(texts(row))
    assert 1 <= shown < 9
    assert row._more.text() == f"+{9 - shown}"
    assert "label 8" in row._more.toolTip()
    assert all(one.geometry().right() <= 200 for one in [*row.chips()[:shown], row._more])
    low = row.sizeHint().height()
    row._more.setFocus()
    qtbot.keyClick(row._more, Qt.Key.Key_Space)
    assert len(texts(row)) == 9
    assert row._more.isHidden()
    assert focused(row) == f"label {shown}"
    assert row.sizeHint().height() > low
    row.close_rest()
    assert len(texts(row)) == shown


def test_the_current_suggestion_is_seen_however_little_room_there_is(row):
    row.resize(220, 40)
    infos = [ChipInfo(Label(number, f"label {number}", "#d03030"), "present") for number in range(9)]
    row.set_infos([*infos, ChipInfo(Label(30, "queen", "#d03030"), "suggestion", probability=0.8)])
    assert "queen 0.80" not in texts(row)
    row.set_current_suggestion(30)
    assert "queen 0.80" in texts(row)


def test_the_focus_stays_while_chips_come_and_go(row, qtbot):
    row.set_infos(INFOS)
    row.chips()[3].setFocus()
    row.set_infos(INFOS[:2])
    assert focused(row) == "usually also red card"
    with qtbot.waitSignal(row.left):
        row.set_infos([])


def test_larger_letters_have_more_room(row, qtbot):
    row.set_infos(INFOS)
    usual = QApplication.font()
    large = QApplication.font()
    large.setPointSizeF(usual.pointSizeF() * 2)
    QApplication.setFont(large)
    try:
        larger = ChipRow()
        qtbot.addWidget(larger)
        larger.resize(row.size())
        larger.set_infos(INFOS)
        assert larger.sizeHint().height() > row.sizeHint().height() * 1.4
        assert larger.chips()[0].width() > row.chips()[0].width() * 1.4
    finally:
        QApplication.setFont(usual)


# in the loupe


@pytest.fixture
def loupe(window, label, qtbot):
    window.commands["view.loupe"].trigger()
    qtbot.waitUntil(label.loupe.canvas.hasFocus)
    return label.loupe


def test_the_labels_that_are_present_are_shown_and_follow_keys_and_images(window, label, loupe, qtbot):
    assert texts(loupe.chips) == []
    qtbot.keyClick(loupe.canvas, "1")
    assert texts(loupe.chips) == ["ace"]
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    assert texts(loupe.chips) == []
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Left)
    assert texts(loupe.chips) == ["ace"]


def test_others_say_what_the_chips_are(window, label, loupe, qtbot):
    labels = window.session.store.labels
    asked = []

    def source(image_id):
        asked.append(image_id)
        return [ChipInfo(labels[0], "suggestion", probability=0.8)]

    loupe.set_chips(source)
    assert texts(loupe.chips) == ["ace 0.80"]
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    assert asked[-1] == window.session.current_image
    image = window.session.current_image
    with qtbot.waitSignal(loupe.chip_clicked) as clicked:
        qtbot.mouseClick(loupe.chips.chips()[0], Qt.MouseButton.LeftButton)
    assert clicked.args[0].label == labels[0]
    # a click leaves the keys with the picture
    assert loupe.canvas.hasFocus()
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Tab)
    while not loupe.chips.isAncestorOf(QApplication.focusWidget()):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    with qtbot.waitSignal(loupe.chip_clicked):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert window.session.current_image == image
    assert not window.session.store.reviewed.any()
    # letters and digits are commands here as well
    qtbot.keyClick(QApplication.focusWidget(), "2")
    store = window.session.store
    assert store.states[store.row_of(image), 1] == LabelState.PRESENT
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert loupe.canvas.hasFocus()


def test_bare_there_is_only_the_picture_and_the_chips(loupe, qtbot):
    height = loupe.canvas.height()
    loupe.set_bare(True)
    assert loupe.is_bare()
    assert not loupe._strip.isVisible()
    assert loupe.chips.isVisible()
    qtbot.waitUntil(lambda: loupe.canvas.height() > height)
    loupe.set_bare(False)
    assert loupe._strip.isVisible()


def test_the_picture_does_not_jump_when_an_image_has_no_chips(loupe, qtbot):
    height = loupe.canvas.height()
    qtbot.keyClick(loupe.canvas, "1")
    QApplication.processEvents()
    assert loupe.canvas.height() == height


def test_every_control_of_the_loupe_has_a_name(loupe):
    loupe.toggle_look()
    loupe.toggle_facts()
    loupe.looks.rotate(1)
    loupe.chips.set_infos(INFOS)
    tabbed = [
        one
        for one in loupe.findChildren(QWidget)
        if one.isVisibleTo(loupe) and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert len(tabbed) > 8
    unnamed = [one for one in tabbed if not one.accessibleName() and not getattr(one, "text", lambda: "")()]
    assert not unnamed


def test_tab_comes_to_the_chips_right_behind_the_picture(window, label, qtbot):
    store = window.session.store
    label.showing.show("loupe")
    qtbot.keyClick(label.loupe.canvas, "1")
    assert store.states[0, 0] == LabelState.PRESENT
    qtbot.keyClick(label.loupe.canvas, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is label.loupe.chips.chips()[0]
