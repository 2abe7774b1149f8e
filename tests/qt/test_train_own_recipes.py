import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox

from core.errors import RecipeError
from core.recipes.catalogue import DEFAULT, catalogue, recipe
from core.recipes.keys import Rule
from core.recipes.recipe import Recipe, from_toml
from gui import background
from gui.train.key_field import KeyField
from gui.train.number_box import NumberBox
from gui.train.recipe_book import copy_recipe
from gui.train.recipe_keys import SECTIONS, Key, value_of
from gui.train.recipe_saver import RecipeSaver
from gui.train.workspace import RECIPE


@pytest.fixture
def cards(train):
    return train._setup._cards


@pytest.fixture
def page(train):
    train._tabs.setCurrentIndex(RECIPE)
    return train._recipe_page


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.fixture
def own(qtbot, annotated, train, page):
    """The page with a copy of a recipe in its editor."""
    click(qtbot, page._duplicate)
    qtbot.waitUntil(lambda: page._editor.isVisible())
    return page


# one's own recipes


def test_duplicate_and_edit_writes_a_file_and_opens_it(annotated, train, cards, own):
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


def test_a_valid_value_is_saved_and_seen_everywhere_at_once(qtbot, annotated, train, cards, own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("input"))
    field = own._editor.fields["input.size"]
    facts = cards.entry.facts
    field.control.setValue(448)
    assert cards.entry.recipe.input.size == 448
    assert cards.entry.facts != facts
    assert train._setup.recipe.input.size == 448
    file = cards.entry.file
    qtbot.waitUntil(lambda: from_toml(file).input.size == 448)
    qtbot.waitUntil(lambda: own._editor._state.text().startswith("Saved"))


def test_a_value_that_is_not_allowed_is_told_and_not_saved(qtbot, cards, own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("input"))
    field = own._editor.fields["input.size"]
    field.control.setValue(225)
    assert "divisible by 32" in own._editor._error.text()
    assert field.control.property("wrong")
    assert own._editor.recipe.input.size == 224
    field.control.setValue(256)
    assert own._editor._error.text() == ""
    assert not field.control.property("wrong")
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


def test_ones_own_is_deleted_after_a_question(qtbot, annotated, cards, own):
    file = cards.entry.file
    click(qtbot, own._delete)
    click(qtbot, own._question.no)
    assert file.exists()
    click(qtbot, own._delete)
    click(qtbot, own._question.yes)
    qtbot.waitUntil(lambda: not file.exists())
    qtbot.waitUntil(lambda: cards.entry.recipe.name == DEFAULT[annotated.store.task])
    assert not own._delete.isVisible()
    assert own._table.isVisible()


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
