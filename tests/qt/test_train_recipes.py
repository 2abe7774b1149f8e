from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from core.labels import MULTI_CLASS
from core.project.store import Store
from core.recipes.catalogue import DEFAULT, catalogue, recipe
from gui import background
from gui.session import Session
from gui.train.controller import TrainingController
from gui.train.options import AUTOMATIC, RUN, VECTORS_FILE
from gui.train.recipe_book import EVERY, OWN, SUGGESTED, entry_of, read_book, recipe_facts
from gui.train.recipe_keys import SECTIONS
from gui.train.run_picker import RunPicker, runs_with_model
from gui.train.workspace import RECIPE, RUNS, TrainWorkspace

GRAPH = "efficientnetv2-s-gan"


@pytest.fixture
def cards(train):
    return train._setup._cards


@pytest.fixture
def page(train):
    train._tabs.setCurrentIndex(RECIPE)
    return train._recipe_page


def seen(cards):
    return [card.entry.recipe.name for card in cards._cards if card.isVisible()]


def visible_texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


# what is offered


def test_the_recipes_of_the_projects_task_are_offered_with_what_they_cost_for_its_labels(session, cards):
    names = {card.entry.recipe.name for card in cards._cards}
    assert names == {one.name for one in catalogue(session.store.task)}
    assert cards.entry.recipe.name == DEFAULT[session.store.task]
    more = recipe_facts(cards.entry.recipe, num_labels=1000)
    assert cards.entry.facts == recipe_facts(cards.entry.recipe, num_labels=3) != more


def test_a_multi_class_project_is_offered_the_recipes_with_one_label_per_image(tmp_path):
    book = read_book(tmp_path, task=MULTI_CLASS, num_labels=5)
    assert {entry.recipe.task for entry in book.entries} == {MULTI_CLASS}
    assert book.entries[0].recipe.name == DEFAULT[MULTI_CLASS]


def test_a_family_is_shown_at_a_time_and_a_search_goes_through_all(qtbot, cards):
    assert cards._family.currentText() == SUGGESTED
    few = seen(cards)
    assert 1 < len(few) < 8
    cards._family.setCurrentText("Paper")
    assert GRAPH in seen(cards)
    # the chosen one is named where it is not among those shown
    assert cards.entry.recipe.name not in seen(cards)
    assert cards._elsewhere.text() == f"Chosen: {cards.entry.recipe.title}"
    assert "papers" in cards._family.toolTip()
    cards._family.setCurrentText(EVERY)
    assert len(seen(cards)) == len(cards._cards)
    cards._family.setCurrentText(SUGGESTED)
    cards._search.setText("Graph attention")
    assert GRAPH in seen(cards)
    assert few[0] not in seen(cards)
    cards._search.setText("no such thing")
    assert seen(cards) == []
    assert "no such thing" in cards._nothing.text()
    assert cards._elsewhere.isVisible()
    click(qtbot, cards._elsewhere)
    assert seen(cards) == few
    assert not cards._elsewhere.isVisible()
    qtbot.waitUntil(lambda: not cards._card(cards.entry.recipe.name).visibleRegion().isEmpty())


def test_a_card_says_where_label_vectors_come_from_and_what_was_published():
    entry = entry_of(recipe(GRAPH), num_labels=20)
    published, vectors = entry.remarks
    assert published == "Published: mAP 96.00 % on VOC 2007, 87.70 % on COCO, 66.85 % on NUS-WIDE"
    assert "come together in your images" in vectors
    with_file = entry_of(recipe(GRAPH).with_overrides(["label_vectors=/data/glove.6B.300d.txt"]), num_labels=20)
    assert with_file.remarks[1] == "Label vectors: glove.6B.300d.txt"
    assert entry.needs_download
    assert not entry_of(recipe("sample-tiny"), num_labels=20).needs_download


def test_the_cards_are_as_high_as_their_texts(qtbot, train, cards):
    cards._family.setCurrentText(EVERY)
    for card in cards._cards:
        assert card.width() <= cards._scroll.viewport().width()
        assert card._places(card.width())[-1].bottom() < card.height()


def test_a_broken_file_is_told_and_leaves_the_others(qtbot, session, train, cards):
    folder = session.store.folder / "recipes"
    folder.mkdir()
    (folder / "broken.toml").write_text("epochs = ", encoding="utf-8")
    (folder / "mine.toml").write_text(replace(recipe("resnet18-224"), name="mine").to_toml(), encoding="utf-8")
    train.activate()
    qtbot.waitUntil(lambda: "mine" in {card.entry.recipe.name for card in cards._cards})
    assert train._setup._problems.text() == "1 recipe of this project cannot be used ›"
    train._tabs.setCurrentIndex(RUNS)
    click(qtbot, train._setup._problems)
    assert "broken.toml" in train._recipe_page._problems.text()
    assert train._recipe_page._problems.isVisible()
    (folder / "broken.toml").unlink()
    train.activate()
    qtbot.waitUntil(lambda: not train._setup._problems.isVisible())
    assert not train._recipe_page._problems.isVisible()
    cards._family.setCurrentText(OWN)
    assert "mine" in seen(cards)


# the page of a recipe


def test_pressing_a_card_shows_its_page_with_every_key(qtbot, train, cards, page):
    train._tabs.setCurrentIndex(RUNS)
    cards._search.setText("graph attention")
    card = cards._card(GRAPH)
    click(qtbot, card)
    assert train._tabs.currentIndex() == RECIPE
    assert page._title.text() == card.entry.recipe.title
    model = page._table.model()
    rows = {model.index(row, 0).data(): model.index(row, 1).data() for row in range(model.rowCount())}
    keys = [key for section in SECTIONS.values() for key in section]
    assert len(rows) == len({key.name for key in keys} | {f"[{name}]" for name in SECTIONS})
    assert rows["graph"] == "gat"
    assert any("Prokofiev & Sovrasov 2022: mAP 96.00 % on VOC 2007" in text for text in visible_texts(page))


def test_keys_are_found_by_their_meaning(page):
    page._filter.setText("mix-up")
    model = page._table.model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["[augmentation]", "mixup"]
    assert "Allowed" in model.index(1, 2).data(Qt.ItemDataRole.ToolTipRole)


def test_what_is_set_beside_the_cards_is_seen_among_the_keys(qtbot, train, page):
    train._setup._form._other.setText("cutout=0.5")
    page._filter.setText("share of the images that a square")
    model = page._table.model()
    assert model.index(1, 1).data() == "0.5 (set)"
    assert model.index(1, 1).data(Qt.ItemDataRole.FontRole).bold()
    assert "In the recipe: 0.0" in model.index(1, 1).data(Qt.ItemDataRole.ToolTipRole)
    # what is not valid is not shown as if it would be trained
    train._setup._form._other.setText("cutout=")
    assert model.index(1, 1).data() == "0.0"


def test_a_value_that_is_not_valid_is_told_at_its_field_before_train_is_pressed(qtbot, annotated, train):
    setup = train._setup
    setup._fold.setChecked(True)
    form = setup._form
    qtbot.waitUntil(lambda: bool(setup.adapted[1]))
    sentence = setup.adapted[1][0]
    assert sentence in visible_texts(setup)
    form._other.setText("cutout=0.5 size=100")
    assert sentence not in visible_texts(setup)
    # the others count
    assert setup.recipe.augmentation.cutout == 0.5
    assert setup.recipe.input.size != 100
    assert not form._remark.isVisible()
    qtbot.keyClick(form._other, Qt.Key.Key_Return)
    assert form._remark.text().startswith("“input.size” cannot be 100.")
    assert form._remark.isVisible()
    assert form._other.property("wrong")
    form._other.setText("cutout=0.5")
    assert not form._remark.isVisible()
    assert not form._other.property("wrong")


def test_each_value_that_is_not_valid_is_told(qtbot, annotated, train):
    form = train._setup._form
    form._other.setText("size=100 cutout=0.5 batch_size=none nonsense=1 batch_size=none")
    qtbot.keyClick(form._other, Qt.Key.Key_Return)
    first, second, third = form._remark.text().split("\n")
    assert first.startswith("“input.size” cannot be 100.")
    assert second.startswith("“training.batch_size” cannot be")
    assert third.startswith("No recipe has a key “nonsense”.")
    assert train._setup.recipe.augmentation.cutout == 0.5
    click(qtbot, train._setup._button)
    assert train._setup._error.text() == form._remark.text()


def test_the_epochs_that_are_trained_are_shown_where_more_values_set_them(qtbot, annotated, train):
    form = train._setup._form
    train._setup.choose("resnet18-224")
    form._epochs.setValue(60)
    form._other.setText("epochs=4000")
    assert form._epochs.text() == "4000 · in More values"
    assert not form._epochs.isEnabled()
    assert form.options().recipe.training.epochs == 4000
    form._other.setText("epochs=none")
    assert form._epochs.text() == "60"
    form._other.clear()
    assert form._epochs.isEnabled()
    assert form.options().recipe.training.epochs == 60
    form._epochs.setValue(1)
    assert form._epochs.text() == "1"


def test_a_value_is_judged_after_a_pause(qtbot, train):
    form = train._setup._form
    form._other.setText("learning_rate=abc")
    qtbot.waitUntil(lambda: form._remark.text().startswith("“training.learning_rate” cannot be"))


@pytest.mark.parametrize("text", ['foo="', 'label_vectors="/my dir/', "size='"])
def test_an_open_quotation_mark_is_no_crash(qtbot, annotated, train, text):
    form = train._setup._form
    form._other.setText(text)
    click(qtbot, train._setup._button)
    assert "quotation mark" in train._setup._error.text()
    assert annotated.store.runs() == []
    # a copy would lose what was typed
    click(qtbot, train._recipe_page._duplicate)
    assert form._other.text() == text
    assert not (annotated.store.folder / "recipes").exists()


def test_a_backbone_that_may_be_misspelt_is_told(qtbot, train):
    form = train._setup._form
    form._other.setText("backbone=mobilnetv2_100")
    assert form._remark.text().endswith("Did you mean mobilenetv2_100?")
    form._other.setText("backbone=mobilenetv2_100")
    assert form._remark.text() == ""


def test_pressing_the_word_settings_shows_them(qtbot, train):
    setup = train._setup
    click(qtbot, setup._settings_heading)
    assert setup._form.isVisible()
    click(qtbot, setup._settings_heading)
    assert not setup._form.isVisible()


def test_a_file_of_label_vectors_is_picked_for_a_recipe_with_a_graph(qtbot, train, tmp_path, monkeypatch):
    setup = train._setup
    form = setup._form
    setup._fold.setChecked(True)
    assert not form._vectors.isVisible()
    setup.choose(GRAPH)
    assert form._vectors.isVisible()
    assert form._vectors.currentText() == "From your images"
    file = tmp_path / "glove = a 'b'.txt"
    monkeypatch.setattr("gui.train.key_field.QFileDialog.getOpenFileName", lambda *_: (str(file), ""))
    form._vectors.setCurrentIndex(VECTORS_FILE)
    form._vectors.activated.emit(VECTORS_FILE)
    assert form.options().recipe.model.label_vectors == str(file)
    assert "model.label_vectors" in form.options().keep


def test_a_run_with_other_values_is_named_after_them(train):
    setup = train._setup
    setup.choose("resnet18-224")
    title = setup.recipe.title
    assert setup._form.options().recipe.title == title
    setup._form._other.setText("backbone=mobilenetv2_100")
    assert setup._form.options().recipe.title == f"{title} (backbone=mobilenetv2_100)"
    assert train._recipe_page._title.text() == f"{title} · with what is set at the left"


def test_what_is_set_stays_when_the_recipe_is_read_again(qtbot, annotated, train):
    setup = train._setup
    setup.choose("efficientnet-b0-224")
    setup._form._epochs.setValue(7)
    setup._form.show_recipe(replace(setup.entry.recipe, purpose="Another."))
    assert setup.recipe.training.epochs == 7


def test_a_variant_brings_its_published_settings(train, page):
    train._setup.choose(GRAPH)
    form = train._setup._form
    form._variant.setCurrentText("vg500")
    assert form.recipe().input.size == 576
    assert form.recipe().loss.scale == 25
    assert "576 px" in page._facts.text()
    train._setup.choose("resnet18-224")
    assert form.recipe() == recipe("resnet18-224")


# what is chosen from the data


def test_what_is_chosen_from_the_data_is_said_before_training(qtbot, annotated, train, page):
    setup = train._setup
    setup.choose("efficientnet-b0-224")
    qtbot.waitUntil(lambda: bool(setup.adapted[1]))
    adapted, (sentence,) = setup.adapted
    assert sentence in visible_texts(setup)
    assert setup._form._epochs.text() == f"Automatic ({adapted.training.epochs})"
    assert setup.recipe.training.epochs != adapted.training.epochs
    page._filter.setText("passes over")
    assert page._table.model().index(1, 1).data() == f"{adapted.training.epochs} (from your data)"


def test_epochs_that_a_person_sets_are_kept(qtbot, annotated, train):
    setup = train._setup
    setup.choose("efficientnet-b0-224")
    qtbot.waitUntil(lambda: bool(setup.adapted[1]))
    assert setup._form.options().keep == frozenset()
    setup._form._epochs.setValue(7)
    assert setup.adapted[0].training.epochs == 7
    assert setup._form.options().keep == {"training.epochs"}
    assert "7 epochs, as set," in setup.adapted[1][0]
    setup._form._other.setText("batch_size=4")
    assert setup._form.options().keep == {"training.epochs", "training.batch_size"}
    assert setup.adapted[0].training.batch_size == 4
    setup._form._epochs.setValue(AUTOMATIC)
    assert setup.adapted[0].training.epochs != 7


# starting from a run


def test_a_run_of_this_project_is_picked_to_start_from(qtbot, annotated, train, finished_run):
    run = finished_run()
    form = train._setup._form
    form._weights.activated.emit(RUN)
    picker = train.findChild(RunPicker)
    qtbot.waitUntil(lambda: picker._list.count() == 1)
    click(qtbot, picker._take)
    options = form.options()
    assert options.initial_run == run.folder
    assert not options.recipe.model.pretrained
    assert form._weights.currentText() == "Run 1"


def test_picking_no_run_leaves_the_start_as_it_was(qtbot, annotated, train):
    form = train._setup._form
    before = form._weights.currentIndex()
    form._weights.setCurrentIndex(RUN)
    form._weights.activated.emit(RUN)
    picker = train.findChild(RunPicker)
    qtbot.waitUntil(lambda: picker._nothing.isVisible())
    assert not picker._take.isEnabled()
    picker.reject()
    assert form._weights.currentIndex() == before
    assert form.options().initial_run is None


def test_only_runs_with_a_model_are_offered_from_another_projects_folder(annotated, finished_run, tmp_path):
    run = finished_run()
    annotated.store.new_run("unfinished")
    assert [one.run.folder for one in runs_with_model(annotated.store.folder)] == [run.folder]
    assert runs_with_model(tmp_path / "nowhere") == []


def test_a_run_to_start_from_is_forgotten_with_its_project(qtbot, annotated, train, finished_run, tmp_path):
    run = finished_run()
    train._setup.choose_run(run.folder, "Run 1")
    Store.create(tmp_path / "other").close()
    annotated.open(tmp_path / "other")
    assert train._setup._form._weights.currentIndex() != RUN


def test_without_a_project_no_recipe_is_asked_for(qtbot, qapp):
    session = Session()
    controller = TrainingController(session)
    train = TrainWorkspace(session, controller)
    qtbot.addWidget(train)
    train.show()
    assert train._setup.entry is None
    train = next(one for one in train.findChildren(QPushButton) if one.text() == "Train")
    assert not train.isEnabled()
    controller.close()


def test_the_rows_of_images_for_examples_come_from_all_over_the_project(annotated, train):
    paths = train._recipe_page.examples._paths
    store = annotated.store
    rows = [store.paths.index(next(one for one in store.paths if path.endswith(one))) for path in paths]
    np.testing.assert_array_equal(rows, [0, 4, 8])


def test_an_edit_in_another_workspace_reads_no_recipes(qtbot, annotated, train, monkeypatch):
    asked = []

    def read(*arguments, **values):
        asked.append(values["num_labels"])
        return read_book(*arguments, **values)

    monkeypatch.setattr("gui.train.recipe_desk.read_book", read)
    train.hide()
    annotated.apply(annotated.store.add_label("queen"))
    background.cancel_all()
    assert asked == []
    train.show()
    train.activate()
    qtbot.waitUntil(lambda: asked == [4])
