import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from core.errors import RecipeError
from core.recipes.catalogue import DEFAULT, catalogue, recipe
from core.recipes.keys import Rule
from core.recipes.recipe import Recipe, from_toml
from gui import background
from gui.train.key_field import KeyField
from gui.train.number_box import NumberBox
from gui.train.recipe_book import copy_recipe
from gui.train.recipe_keys import SECTIONS, Key, value_of
from gui.train.recipe_saver import FileChangedError, RecipeSaver
from gui.train.workspace import RECIPE, RUNS


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
    assert "divisible by 32" in own._editor.rows["input.size"].error()
    assert own._editor._error.text() == "1 value is not saved: input.size."
    assert field.control.property("wrong")
    assert own._editor.recipe.input.size == 224
    field.control.setValue(256)
    assert own._editor.rows["input.size"].error() == ""
    assert own._editor._error.text() == ""
    assert not field.control.property("wrong")
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).input.size == 256)


def test_values_that_do_not_go_together_are_told(own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("loss"))
    own._editor.fields["loss.name"].control.setCurrentText("cross_entropy")
    assert "one label per image" in own._editor.rows["loss.name"].error()
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
    assert own._editor._title_wrong.text() == "A recipe needs a title."
    assert own._editor._title_wrong.isVisible()
    assert own._editor.recipe.title == "Mine"


def section(own, name):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index(name))
    return own._editor.rows


def typed(qtbot, field, text, *, enter=True):
    field.control.selectAll()
    qtbot.keyClicks(field.control, text)
    if enter:
        qtbot.keyClick(field.control, Qt.Key.Key_Return)


def test_each_wrong_value_is_told_at_its_own_field_and_what_goes_is_saved(qtbot, cards, own):
    rows = section(own, "model")
    typed(qtbot, rows["model.attention_heads"].field, "5")
    rows["model.head"].field.control.setCurrentText("csra")
    typed(qtbot, rows["model.embedding"].field, "77")
    own._editor._title.selectAll()
    qtbot.keyClick(own._editor._title, Qt.Key.Key_Delete)
    assert "cannot be 5. Allowed: 1, 2, 4, 6, 8." in rows["model.attention_heads"].error()
    assert rows["model.head"].error().startswith("Not saved yet: “model.attention_heads”")
    assert "divisible by 8" in rows["model.embedding"].error()
    assert own._editor._title_wrong.isVisible()
    assert own._editor._error.text() == "3 values are not saved: model.head, model.embedding, title."
    # to mend the one that is in the way saves both
    typed(qtbot, rows["model.attention_heads"].field, "4")
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).model.head == "csra")
    assert from_toml(cards.entry.file).model.attention_heads == 4
    assert rows["model.head"].error() == rows["model.attention_heads"].error() == ""
    assert rows["model.embedding"].field.text() == "77"


def test_a_value_that_goes_with_none_does_not_hold_up_the_others(qtbot, cards, own):
    rows = section(own, "model")
    typed(qtbot, rows["model.attention_heads"].field, "5")
    rows["model.head"].field.control.setCurrentText("csra")
    typed(qtbot, rows["model.embedding"].field, "80")
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).model.embedding == 80)
    assert rows["model.head"].field.text() == "csra"
    assert own._editor.recipe.model.head != "csra"


def test_done_does_not_drop_what_is_not_saved(qtbot, own):
    rows = section(own, "model")
    typed(qtbot, rows["model.embedding"].field, "77", enter=False)
    click(qtbot, own._edit)
    assert own._edit.isChecked()
    assert own._unsaved.isVisible()
    assert "model.embedding" in own._unsaved._text.text()
    click(qtbot, own._unsaved.no)
    assert own._editor.isVisible()
    assert rows["model.embedding"].field.text() == "77"
    click(qtbot, own._edit)
    click(qtbot, own._unsaved.yes)
    assert own._table.isVisible()
    click(qtbot, own._edit)
    qtbot.waitUntil(lambda: own._editor.isVisible())
    assert rows["model.embedding"].field.text() == "0"
    assert rows["model.embedding"].error() == ""


def test_what_is_not_saved_is_there_again_after_another_recipe_was_looked_at(qtbot, train, cards, own):
    rows = section(own, "model")
    typed(qtbot, rows["model.embedding"].field, "77")
    name = cards.entry.recipe.name
    train._setup.choose("resnet18-224")
    assert own._table.isVisible()
    train._setup.choose(name)
    qtbot.waitUntil(lambda: own._editor.isVisible())
    assert rows["model.embedding"].field.text() == "77"
    assert "divisible by 8" in rows["model.embedding"].error()


def test_half_a_number_is_not_saved(qtbot, cards, own):
    rows = section(own, "training")
    rows["training.adapt"].field.control.setChecked(False)
    field = rows["training.learning_rate"].field
    before = own._editor.recipe.training.learning_rate
    typed(qtbot, field, "1e-", enter=False)
    assert own._editor.recipe.training.learning_rate == before
    assert own._editor._state.text().startswith("Not saved yet")
    qtbot.keyClick(field.control, Qt.Key.Key_Return)
    assert "Allowed: a number above 0" in rows["training.learning_rate"].error()
    # to press Enter once more would not help
    assert "Not saved yet" not in own._editor._state.text()
    assert own._editor.recipe.training.learning_rate == before
    assert field.text() == "1e-"
    typed(qtbot, field, "1e-4")
    assert rows["training.learning_rate"].error() == ""
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).training.learning_rate == 1e-4)


def test_what_is_being_typed_is_taken_when_something_else_is_looked_at(qtbot, train, own):
    rows = section(own, "loss")
    typed(qtbot, rows["loss.margin"].field, "0.25", enter=False)
    train._tabs.setCurrentIndex(RUNS)
    assert own._editor.recipe.loss.margin == 0.25


def test_what_is_being_typed_is_saved_when_the_project_is_closed(qtbot, annotated, cards, own):
    rows = section(own, "loss")
    file = cards.entry.file
    typed(qtbot, rows["loss.margin"].field, "0.25", enter=False)
    annotated.close()
    background.cancel_all()
    assert from_toml(file).loss.margin == 0.25


def test_a_form_says_which_values_are_allowed(own):
    rows = section(own, "input")
    assert "A whole number from 32 up to 2048 divisible by 32." in rows["input.size"]._meaning.text()
    assert "csra:" in section(own, "model")["model.head"]._meaning.text()


def test_the_rate_of_sgd_can_be_typed_because_the_data_does_not_choose_it(own):
    rows = section(own, "training")
    rows["training.adapt"].field.control.setChecked(True)
    rows["training.optimizer"].field.control.setCurrentText("sgd")
    assert rows["training.learning_rate"].field.isEnabled()
    rows["training.optimizer"].field.control.setCurrentText("adamw")
    assert not rows["training.learning_rate"].field.isEnabled()
    assert "Untick" in rows["training.learning_rate"]._meaning.text()


def test_what_was_set_goes_into_the_copy_and_is_set_no_more(qtbot, annotated, train, cards, page):
    form = train._setup._form
    form._other.setText("backbone=mobilenetv2_100 size=96")
    click(qtbot, page._duplicate)
    qtbot.waitUntil(lambda: page._editor.isVisible())
    assert form._other.text() == ""
    assert cards.entry.recipe.input.size == 96
    section(page, "input")["input.size"].field.control.setValue(128)
    assert train._setup.recipe.input.size == 128
    assert "128 px" in page._facts.text()


def test_epochs_that_were_set_stay_in_the_copy(qtbot, annotated, train, cards, page):
    train._setup.choose("efficientnet-b0-224")
    qtbot.waitUntil(lambda: bool(train._setup.adapted[1]))
    train._setup._form._epochs.setValue(7)
    batch_size = train._setup.adapted[0].training.batch_size
    click(qtbot, page._duplicate)
    qtbot.waitUntil(lambda: page._editor.isVisible())
    training = train._setup.adapted[0].training
    assert (training.epochs, training.batch_size, training.adapt) == (7, batch_size, False)


def test_a_value_that_settings_override_is_told_in_the_form(train, own):
    rows = section(own, "input")
    train._setup._form._other.setText("size=96")
    assert "Settings, at the left, set it to 96" in rows["input.size"].note()
    train._setup._form._other.clear()
    assert rows["input.size"].note() == ""


def changed_elsewhere(qtbot, own, cards):
    """The page after its file was changed by another program and a value of it here."""
    rows = section(own, "augmentation")
    file = cards.entry.file
    file.write_text(file.read_text(encoding="utf-8").replace("cutout = 0.0", "cutout = 0.25"), encoding="utf-8")
    rows["augmentation.mixup"].field.control.setValue(0.5)
    qtbot.waitUntil(lambda: own._editor._mine.isVisible())
    assert "was changed by another program" in own._editor._error.text()
    assert "Saved" not in own._editor._state.text()
    return file, rows


def test_what_another_program_wrote_is_shown_on_request(qtbot, cards, own):
    file, rows = changed_elsewhere(qtbot, own, cards)
    click(qtbot, own._editor._theirs)
    qtbot.waitUntil(lambda: rows["augmentation.cutout"].field.text() == "0.25")
    assert rows["augmentation.mixup"].field.text() == "0"
    assert not own._editor._mine.isVisible()
    rows["augmentation.mixup"].field.control.setValue(0.75)
    qtbot.waitUntil(lambda: from_toml(file).augmentation.mixup == 0.75)
    assert from_toml(file).augmentation.cutout == 0.25


def test_what_another_program_wrote_is_written_over_on_request(qtbot, cards, own):
    file, _ = changed_elsewhere(qtbot, own, cards)
    click(qtbot, own._editor._mine)
    qtbot.waitUntil(lambda: from_toml(file).augmentation.mixup == 0.5)
    assert from_toml(file).augmentation.cutout == 0
    qtbot.waitUntil(lambda: own._editor._state.text().startswith("Saved"))
    assert not own._editor._mine.isVisible()


def test_an_edit_that_could_not_be_written_outlives_a_look_elsewhere(qtbot, train, cards, own):
    file, rows = changed_elsewhere(qtbot, own, cards)
    name = cards.entry.recipe.name
    train.hide()
    train.show()
    train.activate()
    qtbot.waitUntil(lambda: cards.entry.recipe.augmentation.cutout == 0.25)
    assert own._editor._mine.isVisible()
    train._setup.choose("resnet18-224")
    train._setup.choose(name)
    qtbot.waitUntil(lambda: own._editor._mine.isVisible())
    assert rows["augmentation.mixup"].field.text() == "0.5"
    assert from_toml(file).augmentation.mixup == 0


def test_done_waits_for_the_file_and_stays_where_it_was_not_written(qtbot, cards, own):
    file = cards.entry.file
    rows = section(own, "training")
    rows["training.adapt"].field.control.setChecked(False)
    qtbot.waitUntil(lambda: not own._editor.is_saving(file))
    file.write_text(file.read_text(encoding="utf-8").replace("cutout = 0.0", "cutout = 0.25"), encoding="utf-8")
    typed(qtbot, rows["training.learning_rate"].field, "4e-3", enter=False)
    click(qtbot, own._edit)
    assert own._edit.isChecked()
    qtbot.waitUntil(lambda: own._editor._mine.isVisible())
    assert own._edit.isChecked()
    assert own._edit.text() == "Done"
    assert "was changed by another program" in own._editor._error.text()
    assert rows["training.learning_rate"].field.text() == "0.004"
    click(qtbot, own._editor._mine)
    click(qtbot, own._edit)
    qtbot.waitUntil(lambda: own._table.isVisible())
    assert from_toml(file).training.learning_rate == 4e-3


def test_a_file_that_changed_while_it_was_not_edited_is_read_again(qtbot, train, cards, own):
    rows = section(own, "augmentation")
    file = cards.entry.file
    file.write_text(file.read_text(encoding="utf-8").replace("cutout = 0.0", "cutout = 0.25"), encoding="utf-8")
    train.activate()
    qtbot.waitUntil(lambda: rows["augmentation.cutout"].field.text() == "0.25")


def test_a_copy_of_the_file_with_another_program_does_not_take_its_place(qtbot, train, cards, own):
    file = cards.entry.file
    file.with_name("copy.toml").write_bytes(file.read_bytes())
    train.activate()
    qtbot.waitUntil(lambda: train._setup._problems.isVisible())
    assert "copy.toml" in train._setup._problems.toolTip()
    assert cards.entry.file == file
    assert f"Your own · {file.name}" in cards.entry.remarks


def test_a_backbone_that_is_not_known_is_told_beside_it(qtbot, own):
    rows = section(own, "model")
    typed(qtbot, rows["model.backbone"].field, "nosuchnet")
    assert "“nosuchnet” is not known here" in rows["model.backbone"].note()


def test_the_editor_closes_and_opens_again_with_what_was_saved(qtbot, cards, own):
    own._editor._tabs.setCurrentIndex(list(SECTIONS).index("augmentation"))
    own._editor.fields["augmentation.cutout"].control.setValue(0.5)
    qtbot.waitUntil(lambda: from_toml(cards.entry.file).augmentation.cutout == 0.5)
    click(qtbot, own._edit)
    qtbot.waitUntil(lambda: own._table.isVisible())
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
        (key(int, low=2, high=4096), NumberBox, 64, "64"),
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
    with qtbot.assertNotEmitted(box.committed):
        qtbot.keyClicks(box, "5e-3")
    with qtbot.waitSignal(box.committed):
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 5e-3
    qtbot.keyClicks(box, "x")
    assert box.text() == "5e-3"
    box.setValue(1.0)
    box.stepBy(1)
    assert box.value() == 1.0


def test_a_whole_number_is_stepped_to_those_that_are_allowed(qtbot):
    box = NumberBox(step=32)
    qtbot.addWidget(box)
    box.setRange(32, 2048)
    box.setValue(100)
    box.stepBy(1)
    assert box.text() == "128"
    box.stepBy(-2)
    assert box.text() == "64"
    box.stepBy(-9)
    assert box.text() == "32"


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


@pytest.mark.parametrize("theirs", [None, b"\xff\xfe"])
def test_a_file_that_was_deleted_or_is_no_text_is_written_over_only_when_that_is_asked(qtbot, qapp, tmp_path, theirs):
    file = tmp_path / "mine.toml"
    if theirs is not None:
        file.write_bytes(theirs)
    saver = RecipeSaver(file, "before")
    with qtbot.waitSignal(saver.failed) as failed:
        saver.save("ours")
    assert isinstance(failed.args[0], FileChangedError)
    assert not saver.is_saved
    with qtbot.waitSignal(saver.saved):
        saver.overwrite()
    assert file.read_text(encoding="utf-8") == "ours"
    assert saver.is_saved


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
