import pytest
from PySide6.QtCore import Qt

from core.labels import LabelState, Split


@pytest.fixture
def show(qtbot, label):
    """Types a filter and presses Return; gives back the rows of the store that are seen."""

    def show(text):
        field = label.filter_bar.field
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text) if text else qtbot.keyClick(field, Qt.Key.Key_Delete)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        return label.model.rows.tolist()

    return show


@pytest.fixture
def annotated(window):
    """ace on 0 to 3, king absent on 2 to 5, 0 and 1 reviewed, 4 in train."""
    store = window.session.store
    ids = store.image_ids.tolist()
    ace, king, _ = (label.id for label in store.labels)
    window.session.apply(store.set_states(ids[:4], {ace: LabelState.PRESENT}))
    window.session.apply(store.set_states(ids[2:6], {king: LabelState.ABSENT}))
    window.session.apply(store.set_states(ids[:2], {}, reviewed=True))
    window.session.apply(store.set_splits({ids[4]: Split.TRAIN}))
    return window


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("ace", [0, 1, 2, 3]),
        ("ace -king", [2, 3]),
        ("ACE ?king", [0, 1]),
        ("ace unreviewed", [2, 3]),
        ("reviewed", [0, 1]),
        ("split:train", [4]),
        ("-king split:none", [2, 3, 5]),
        ('?"red card" name:11', [11]),
        ("unlabeled", list(range(6, 12))),
    ],
)
def test_a_filter_shows_the_images_that_pass(annotated, show, text, rows):
    assert show(text) == rows


def test_an_empty_filter_shows_everything_again(annotated, show):
    show("ace")
    assert show("") == list(range(12))


@pytest.mark.parametrize(("text", "word"), [("aec", "ace"), ("split:trian", "train"), ('"red', "partner")])
def test_an_error_is_shown_in_the_field_and_the_images_stay(annotated, label, show, text, word):
    show("ace")
    assert show(text) == [0, 1, 2, 3]
    assert label.filter_bar.field.property("wrong")
    assert word in label.filter_bar.field.toolTip()
    show("ace")
    assert not label.filter_bar.field.property("wrong")


def test_typing_filters_after_a_short_rest(annotated, qtbot, label):
    label.filter_bar.field.setFocus()
    qtbot.keyClicks(label.filter_bar.field, "ace")
    qtbot.waitUntil(lambda: label.model.rowCount() == 4)


def test_a_filter_that_nothing_passes_offers_to_show_all(annotated, qtbot, label, show):
    show("ace name:zzz")
    page = label.showing.page()
    assert page is label.showing.no_match
    qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    assert label.model.rowCount() == 12
    assert label.showing.page() is label.grid


def test_an_image_that_no_longer_passes_stays_until_the_filter_is_asked_again(annotated, qtbot, label, show):
    show("ace")
    qtbot.keyClick(label.grid, "1")
    assert label.model.rowCount() == 4
    assert label.model.stale == 1
    assert "1 no longer" in label.filter_bar._refresh.text()
    qtbot.mouseClick(label.filter_bar._refresh, Qt.MouseButton.LeftButton)
    assert label.model.rowCount() == 3


def test_the_menu_inserts_terms(annotated, label):
    bar = label.filter_bar
    bar._fill_menu()
    absent = bar._menu.actions()[1].menu()
    next(action for action in absent.actions() if action.text() == "red card").trigger()
    assert bar.field.text() == '-"red card"'
    next(action for action in bar._menu.actions() if action.text() == "Flagged").trigger()
    assert bar.field.text() == '-"red card" flagged'


def test_the_current_image_stays_current_when_it_passes(annotated, label, show):
    label.grid.go_to(3)
    show("ace")
    assert label.model.image_id(label.grid.currentIndex().row()) == int(annotated.session.store.image_ids[3])


def test_images_asked_for_by_another_workspace_are_shown_alone(annotated, label):
    ids = annotated.session.store.image_ids[[7, 2]].tolist()
    annotated.session.show_in_label(ids)
    assert label.model.rows.tolist() == [2, 7]
    assert annotated.session.current_image == ids[0]
    assert annotated.current_workspace == "label"
    label.filter_bar.clear()
    assert label.model.rowCount() == 12


def test_one_image_asked_for_is_shown_large(annotated, label):
    annotated.session.show_in_label([int(annotated.session.store.image_ids[5])])
    assert label.has_loupe()
    assert label.grid.currentIndex().row() == 5


def test_the_labels_say_on_how_many_of_the_shown_images_they_are(annotated, label, show, qtbot):
    model = label.label_panel.list.model()
    store = annotated.session.store
    kings = int((store.states[:, 1] == 1).sum())
    shown = len(show("ace"))
    both = int((store.states[label.model.rows, 1] == 1).sum())
    qtbot.waitUntil(lambda: model.count_words(0) == f"{shown} / {shown}")
    assert model.count_words(1) == f"{both} / {kings}"
    show("")
    qtbot.waitUntil(lambda: model.count_words(1) == f"{kings}")


def test_where_nothing_was_seen_undo_brings_the_images_back(annotated, label, show, qtbot):
    shown = show("ace")
    qtbot.keyClick(label.grid, "a", Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(label.grid, "1")
    label.model.refresh()
    assert label.showing.page() is label.showing.no_match
    annotated.session.undo()
    assert label.model.rows.tolist() == shown
    assert label.showing.page() is label.grid
