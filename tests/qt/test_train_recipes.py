import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox

from core.errors import RecipeError
from core.labels import MULTI_CLASS
from core.project.store import Store
from core.recipes.catalogue import DEFAULT, catalogue, recipe
from core.recipes.keys import Rule
from core.recipes.recipe import Recipe, from_toml
from gui import background
from gui.session import Session
from gui.train.controller import TrainingController
from gui.train.key_field import KeyField
from gui.train.number_box import NumberBox
from gui.train.options import AUTOMATIC, RUN
from gui.train.recipe_book import EVERY, OWN, SUGGESTED, copy_recipe, entry_of, read_book, recipe_facts
from gui.train.recipe_keys import SECTIONS, Key, value_of
from gui.train.recipe_saver import RecipeSaver
from gui.train.run_picker import RunPicker, runs_with_model
from gui.train.workspace import RECIPE, RUNS, TrainWorkspace

GRAPH = "efficientnetv2-s-gan"


@pytest.fixture
def controller(session):
    one = TrainingController(session)
    yield one
    one.close()


@pytest.fixture
def workspace(qtbot, session, controller):
    one = TrainWorkspace(session, controller)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    one.activate()
    qtbot.waitUntil(lambda: one._setup.entry is not None)
    return one


@pytest.fixture
def cards(workspace):
    return workspace._setup._cards


@pytest.fixture
def page(workspace):
    workspace._tabs.setCurrentIndex(RECIPE)
    return workspace._recipe_page


def seen(cards):
    return [card.entry.recipe.name for card in cards._cards if card.isVisible()]


def visible_texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.fixture
def own(qtbot, annotated, workspace, page):
    """The page with a copy of a recipe in its editor."""
    click(qtbot, page._duplicate)
    qtbot.waitUntil(lambda: page._editor.isVisible())
    return page


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


def test_a_family_is_shown_at_a_time_and_a_search_goes_through_all(cards):
    assert cards._family.currentText() == SUGGESTED
    few = seen(cards)
    assert 1 < len(few) < 8
    cards._family.setCurrentText("Paper")
    assert GRAPH in seen(cards)
    # the chosen one is never out of sight
    assert cards.entry.recipe.name in seen(cards)
    cards._family.setCurrentText(EVERY)
    assert len(seen(cards)) == len(cards._cards)
    cards._family.setCurrentText(SUGGESTED)
    cards._search.setText("Graph attention")
    assert GRAPH in seen(cards)
    assert few[0] not in seen(cards)
    cards._search.setText("no such thing")
    assert seen(cards) == []
    assert "no such thing" in cards._nothing.text()
    cards._search.clear()
    assert seen(cards) == few


def test_a_card_says_where_label_vectors_come_from_and_what_was_published():
    entry = entry_of(recipe(GRAPH), num_labels=20)
    published, vectors = entry.remarks
    assert published == "Published: mAP 96 (VOC 2007), 87.7 (COCO), 66.85 (NUS-WIDE)"
    assert "come together in your images" in vectors
    with_file = entry_of(recipe(GRAPH).with_overrides(["label_vectors=/data/glove.6B.300d.txt"]), num_labels=20)
    assert with_file.remarks[1] == "Label vectors: glove.6B.300d.txt"
    assert entry.needs_download
    assert not entry_of(recipe("sample-tiny"), num_labels=20).needs_download


def test_the_cards_are_as_high_as_their_texts(qtbot, workspace, cards):
    cards._family.setCurrentText(EVERY)
    for card in cards._cards:
        assert card.width() <= cards._scroll.viewport().width()
        assert card._places(card.width())[-1].bottom() < card.height()


def test_a_broken_file_is_told_and_leaves_the_others(qtbot, session, workspace, cards):
    folder = session.store.folder / "recipes"
    folder.mkdir()
    (folder / "broken.toml").write_text("epochs = ", encoding="utf-8")
    (folder / "mine.toml").write_text(replace(recipe("resnet18-224"), name="mine").to_toml(), encoding="utf-8")
    workspace.activate()
    qtbot.waitUntil(lambda: "mine" in {card.entry.recipe.name for card in cards._cards})
    assert workspace._setup._problems.text() == "1 recipe of this project cannot be read."
    assert "broken.toml" in workspace._setup._problems._details.toPlainText()
    cards._family.setCurrentText(OWN)
    assert "mine" in seen(cards)


# the page of a recipe


def test_pressing_a_card_shows_its_page_with_every_key(qtbot, workspace, cards, page):
    workspace._tabs.setCurrentIndex(RUNS)
    cards._search.setText("graph attention")
    card = cards._card(GRAPH)
    click(qtbot, card)
    assert workspace._tabs.currentIndex() == RECIPE
    assert page._title.text() == card.entry.recipe.title
    model = page._table.model()
    rows = {model.index(row, 0).data(): model.index(row, 1).data() for row in range(model.rowCount())}
    keys = [key for section in SECTIONS.values() for key in section]
    assert len(rows) == len({key.name for key in keys} | {f"[{name}]" for name in SECTIONS})
    assert rows["graph"] == "gat"
    assert any("Prokofiev & Sovrasov 2022: mAP 96 (VOC 2007)" in text for text in visible_texts(page))


def test_keys_are_found_by_their_meaning(page):
    page._filter.setText("mix-up")
    model = page._table.model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["[augmentation]", "mixup"]
    assert "Allowed" in model.index(1, 2).data(Qt.ItemDataRole.ToolTipRole)


def test_what_is_set_beside_the_cards_is_seen_among_the_keys(qtbot, workspace, page):
    workspace._setup._form._other.setText("cutout=0.5")
    page._filter.setText("share of the images that a square")
    model = page._table.model()
    assert model.index(1, 1).data() == "0.5 (set)"
    assert model.index(1, 1).data(Qt.ItemDataRole.FontRole).bold()
    assert "In the recipe: 0.0" in model.index(1, 1).data(Qt.ItemDataRole.ToolTipRole)
    # what is being typed may not be valid yet
    workspace._setup._form._other.setText("cutout=")
    assert model.index(1, 1).data() == "0.5 (set)"


def test_a_variant_brings_its_published_settings(workspace, page):
    workspace._setup.choose(GRAPH)
    form = workspace._setup._form
    form._variant.setCurrentText("vg500")
    assert form.recipe().input.size == 576
    assert form.recipe().loss.scale == 25
    assert "576 px" in page._facts.text()
    workspace._setup.choose("resnet18-224")
    assert form.recipe() == recipe("resnet18-224")


# what is chosen from the data


def test_what_is_chosen_from_the_data_is_said_before_training(qtbot, annotated, workspace, page):
    setup = workspace._setup
    setup.choose("efficientnet-b0-224")
    qtbot.waitUntil(lambda: bool(setup.adapted[1]))
    adapted, (sentence,) = setup.adapted
    assert sentence in visible_texts(setup)
    assert setup._form._epochs.text() == f"Automatic ({adapted.training.epochs})"
    assert setup.recipe.training.epochs != adapted.training.epochs
    page._filter.setText("passes over")
    assert page._table.model().index(1, 1).data() == f"{adapted.training.epochs} (from your data)"


def test_epochs_that_a_person_sets_are_kept(qtbot, annotated, workspace):
    setup = workspace._setup
    setup.choose("efficientnet-b0-224")
    qtbot.waitUntil(lambda: bool(setup.adapted[1]))
    assert setup._form.options().keep == frozenset()
    setup._form._epochs.setValue(7)
    assert setup.adapted[0].training.epochs == 7
    assert setup._form.options().keep == {"training.epochs"}
    setup._form._other.setText("batch_size=4")
    assert setup._form.options().keep == {"training.epochs", "training.batch_size"}
    assert setup.adapted[0].training.batch_size == 4
    setup._form._epochs.setValue(AUTOMATIC)
    assert setup.adapted[0].training.epochs != 7


# one's own recipes


def test_duplicate_and_edit_writes_a_file_and_opens_it(annotated, workspace, cards, own):
    name = f"my-{DEFAULT[annotated.store.task]}"
    file = annotated.store.folder / "recipes" / f"{name}.toml"
    assert cards.entry.recipe.name == name
    assert cards.entry.file == file
    text = file.read_text(encoding="utf-8")
    for section in SECTIONS.values():
        for key in section:
            assert f"# {key.rule.meaning}" in text
    assert own._edit.text() == "Done"


def test_a_copy_gets_a_name_that_is_free(tmp_path):
    names = [copy_recipe(recipe("resnet18-224"), tmp_path) for _ in range(3)]
    assert names == ["my-resnet18-224", "my-resnet18-224-2", "my-resnet18-224-3"]
    assert from_toml(tmp_path / "recipes" / "my-resnet18-224-2.toml").name == names[1]


def test_a_valid_value_is_saved_and_seen_everywhere_at_once(qtbot, annotated, workspace, cards, own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("input"))
    field = own._editor.fields["input.size"]
    facts = cards.entry.facts
    field.control.setValue(448)
    assert cards.entry.recipe.input.size == 448
    assert cards.entry.facts != facts
    assert workspace._setup.recipe.input.size == 448
    file = cards.entry.file
    qtbot.waitUntil(lambda: from_toml(file).input.size == 448)
    qtbot.waitUntil(lambda: own._editor._state.text().startswith("Saved"))


def test_a_value_that_is_not_allowed_is_told_and_not_saved(qtbot, cards, own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("input"))
    field = own._editor.fields["input.size"]
    field.control.setValue(225)
    assert "divisible by 32" in own._editor._error.text()
    assert own._editor.recipe.input.size == 224
    field.control.setValue(256)
    assert own._editor._error.text() == ""
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).input.size == 256)


def test_values_that_do_not_go_together_are_told(own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("loss"))
    own._editor.fields["loss.name"].control.setCurrentText("cross_entropy")
    assert "one label per image" in own._editor._error.text()
    assert own._editor.recipe.loss.name != "cross_entropy"


def test_another_loss_brings_its_own_defaults_into_the_form(own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("loss"))
    fields = own._editor.fields
    fields["loss.name"].control.setCurrentText("asymmetric")
    assert fields["loss.gamma_negative"].control.value() == 4
    assert own._editor.recipe.loss.gamma_negative == 4


def test_what_the_data_decides_cannot_be_typed_until_adapt_is_off(own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("training"))
    fields = own._editor.fields
    fields["training.adapt"].control.setChecked(True)
    assert not fields["training.epochs"].isEnabled()
    fields["training.adapt"].control.setChecked(False)
    assert fields["training.epochs"].isEnabled()
    assert not own._editor.recipe.training.adapt


def test_a_title_must_not_be_empty(qtbot, own):
    own._editor._title.selectAll()
    qtbot.keyClicks(own._editor._title, "Mine")
    assert own._editor.recipe.title == "Mine"
    own._editor._title.selectAll()
    qtbot.keyClick(own._editor._title, Qt.Key.Key_Delete)
    assert "needs a title" in own._editor._error.text()
    assert own._editor.recipe.title == "Mine"


def test_the_editor_closes_and_opens_again_with_what_was_saved(qtbot, cards, own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("augmentation"))
    own._editor.fields["augmentation.cutout"].control.setValue(0.5)
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).augmentation.cutout == 0.5)
    click(qtbot, own._edit)
    assert own._table.isVisible()
    click(qtbot, own._edit)
    qtbot.waitUntil(lambda: own._editor.isVisible())
    assert own._editor.fields["augmentation.cutout"].control.value() == 0.5


# the parts of the form


def key(kind, **rule):
    return Key("section", "name", kind, Rule(meaning="what it is", **rule))


@pytest.mark.parametrize(
    ("one", "control", "value", "text"),
    [
        (key(bool), QCheckBox, True, "true"),
        (key(str, choices=("a", "b")), QComboBox, "b", "b"),
        (key(str), QLineEdit, "resnet18", "resnet18"),
        (key(int, low=2, high=4096), QSpinBox, 64, "64"),
        (key(float, above=0.0), NumberBox, 1e-05, "1e-05"),
    ],
)
def test_a_rule_makes_its_field(qtbot, one, control, value, text):
    field = KeyField(one)
    qtbot.addWidget(field)
    assert isinstance(field.control, control)
    field.show_value(value)
    assert field.text() == text


def test_every_key_of_every_recipe_goes_through_its_field_unchanged(qtbot):
    fields = {key: KeyField(key) for section in SECTIONS.values() for key in section}
    for field in fields.values():
        qtbot.addWidget(field)
    for one in catalogue():
        for key_, field in fields.items():
            field.show_value(value_of(one, key_))
            again = Recipe(name="n", title="t", purpose="p", task=one.task, model=one.model, loss=one.loss)
            if key_.section not in ("model", "loss"):
                assert value_of(again.with_overrides([f"{key_.path}={field.text()}"]), key_) == value_of(one, key_)
            else:
                assert value_of(one.with_overrides([f"{key_.path}={field.text()}"]), key_) == value_of(one, key_)


def test_a_number_of_any_size_is_typed_and_stepped(qtbot):
    box = NumberBox()
    qtbot.addWidget(box)
    box.setRange(0.0, 1.0)
    box.setValue(1e-4)
    assert box.text() == "0.0001"
    box.stepBy(1)
    assert box.value() == pytest.approx(2e-4)
    box.setValue(1e-4)
    box.stepBy(-1)
    assert box.value() == pytest.approx(9e-5)
    box.selectAll()
    qtbot.keyClicks(box, "5e-3")
    assert box.value() == 5e-3
    qtbot.keyClicks(box, "x")
    assert box.text() == "5e-3"
    box.setValue(1.0)
    box.stepBy(1)
    assert box.value() == 1.0


def test_the_last_of_many_changes_is_on_the_disk(qtbot, qapp, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("0", encoding="utf-8")
    saver = RecipeSaver(file, "0")
    for number in range(50):
        saver.save(str(number + 1))
    background.cancel_all()
    assert file.read_text(encoding="utf-8") == "50"


def test_a_file_that_another_program_changed_is_not_overwritten(qtbot, qapp, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("theirs", encoding="utf-8")
    saver = RecipeSaver(file, "what it held when it was opened")
    with qtbot.waitSignal(saver.failed) as failed:
        saver.save("ours")
    assert isinstance(failed.args[0], RecipeError)
    assert file.read_text(encoding="utf-8") == "theirs"


def test_a_recipe_is_written_by_another_thread(qtbot, qapp, tmp_path, monkeypatch):
    file = tmp_path / "mine.toml"
    file.write_text("0", encoding="utf-8")
    threads = []
    monkeypatch.setattr(
        "gui.train.recipe_saver.write_atomically", lambda *_: threads.append(threading.current_thread())
    )
    saver = RecipeSaver(file, "0")
    with qtbot.waitSignal(saver.saved):
        saver.save("1")
    assert threads != [threading.main_thread()]
    assert len(threads) == 1


# starting from a run


def test_a_run_of_this_project_is_picked_to_start_from(qtbot, annotated, workspace, finished_run):
    run = finished_run()
    form = workspace._setup._form
    form._weights.activated.emit(RUN)
    picker = workspace.findChild(RunPicker)
    qtbot.waitUntil(lambda: picker._list.count() == 1)
    click(qtbot, picker._take)
    options = form.options()
    assert options.initial_run == run.folder
    assert not options.recipe.model.pretrained
    assert form._weights.currentText() == "Run 1"


def test_picking_no_run_leaves_the_start_as_it_was(qtbot, annotated, workspace):
    form = workspace._setup._form
    before = form._weights.currentIndex()
    form._weights.setCurrentIndex(RUN)
    form._weights.activated.emit(RUN)
    picker = workspace.findChild(RunPicker)
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


def test_a_run_to_start_from_is_forgotten_with_its_project(qtbot, annotated, workspace, finished_run, tmp_path):
    run = finished_run()
    workspace._setup.choose_run(run.folder, "Run 1")
    Store.create(tmp_path / "other").close()
    annotated.open(tmp_path / "other")
    assert workspace._setup._form._weights.currentIndex() != RUN


def test_without_a_project_no_recipe_is_asked_for(qtbot, qapp):
    session = Session()
    controller = TrainingController(session)
    workspace = TrainWorkspace(session, controller)
    qtbot.addWidget(workspace)
    workspace.show()
    assert workspace._setup.entry is None
    train = next(one for one in workspace.findChildren(QPushButton) if one.text() == "Train")
    assert not train.isEnabled()
    controller.close()


def test_the_rows_of_images_for_examples_come_from_all_over_the_project(annotated, workspace):
    paths = workspace._recipe_page.examples._paths
    store = annotated.store
    rows = [store.paths.index(next(one for one in store.paths if path.endswith(one))) for path in paths]
    np.testing.assert_array_equal(rows, [0, 4, 8])
