"""Recipes by name and task, and a project's own beside those that ship."""

import pytest

from core.errors import RecipeError
from core.labels import MULTI_CLASS, MULTI_LABEL
from core.recipes.catalogue import DEFAULT, catalogue, duplicate, own_recipes, project_recipes, recipe
from core.recipes.keys import rules
from core.recipes.recipe import AugmentationConfig, LossConfig, ModelConfig, TrainingConfig, from_toml

ADAPTIVE = ("adaptive-224", "adaptive-frozen-224")
OTX = ("mobilenetv3-large-224", "efficientnet-b0-224", "efficientnetv2-s-224", "deit-tiny-224", "dinov2-small-224")
PAPER = (
    *(f"efficientnetv2-s-{one}" for one in ("asl", "ml-gcn", "q2l", "ml-decoder", "gan", "ml-decoder-aam")),
    "efficientnetv2-l-ml-decoder-aam",
    *(f"tresnet-l-{one}" for one in ("gan", "ml-decoder-aam", "ml-decoder-aam-640")),
    *(f"efficientnetv2-s-{one}-224" for one in ("aam", "gan", "ml-decoder-aam", "gan-ml-decoder-aam")),
    "openimages-pretraining",
)
SLIDES = ("alexnet-frozen", "googlenet-frozen", "resnet18-frozen")


def test_the_catalogue_has_the_recipes_of_otx_the_paper_and_the_slides():
    names = [one.name for one in catalogue()]
    assert names == sorted(names)
    own = {*ADAPTIVE, *(f"{name}-multi-class" for name in ADAPTIVE), "resnet18-224", "sample-tiny"}
    assert set(names) == {*OTX, *(f"{name}-multi-class" for name in OTX), *PAPER, *SLIDES, *own}


def test_recipes_are_listed_by_task():
    assert {one.task for one in catalogue(MULTI_LABEL)} == {MULTI_LABEL}
    names = sorted(f"{name}-multi-class" for name in (*ADAPTIVE, *OTX))
    assert [one.name for one in catalogue(MULTI_CLASS)] == names


@pytest.mark.parametrize("task", [MULTI_LABEL, MULTI_CLASS])
def test_the_usual_recipe_of_a_task_is_of_that_task_and_adapts_to_the_data(task):
    usual = recipe(DEFAULT[task], task=task)
    assert usual.task == task
    assert usual.training.adapt


def test_a_recipe_for_one_label_per_image_may_be_named_without_its_ending():
    assert recipe("deit-tiny-224", task=MULTI_CLASS).name == "deit-tiny-224-multi-class"
    assert recipe("deit-tiny-224", task=MULTI_LABEL).name == "deit-tiny-224"
    assert recipe("deit-tiny-224-multi-class").task == MULTI_CLASS
    # the caller says that it does not fit
    assert recipe("resnet18-224", task=MULTI_CLASS).task == MULTI_LABEL


def test_an_unknown_name_is_answered_with_those_of_the_task():
    with pytest.raises(RecipeError, match="no recipe “nope”") as caught:
        recipe("nope", task=MULTI_CLASS)
    assert "efficientnet-b0-224-multi-class" in caught.value.next_step
    assert "resnet18-224" not in caught.value.next_step


@pytest.mark.parametrize("name", OTX)
def test_otx_is_trained_as_its_documentation_says(name):
    # METHOD.md, section 4
    for one in (recipe(name), recipe(f"{name}-multi-class")):
        training = one.training
        assert (training.schedule, training.plateau_factor, training.plateau_patience) == ("plateau", 0.5, 1)
        assert (training.plateau_threshold, training.early_stopping_gain) == (0.001, 0.001)
        assert (training.epochs, training.batch_size, training.warm_up_steps) == (90, 64, 10)
        assert (training.early_stopping, training.early_stopping_from) == (3, 3)
        assert (training.sam_rho, training.ema_decay) == (0.0, 0.0)
        assert one.input.size == 224
    loss = recipe(name).loss
    assert (loss.name, loss.positive_weight, loss.clip) == ("asymmetric_angular_margin", 0.8, 0.05)
    assert (loss.gamma_positive, loss.gamma_negative, loss.reduction) == (0.0, 1.0, "sum")
    rates = {"mobilenetv3-large-224": 0.0058, "efficientnet-b0-224": 0.0049, "efficientnetv2-s-224": 0.0071}
    assert recipe(name).training.learning_rate == rates.get(name, 0.0001)
    assert (loss.scale, recipe(name).model.head) == ((7.0, "cosine") if name in rates else (1.0, "linear"))
    multi_class = recipe(f"{name}-multi-class")
    assert (multi_class.loss.name, multi_class.training.sampler) == ("cross_entropy", "balanced")


@pytest.mark.parametrize("name", SLIDES)
def test_the_slides_train_the_last_layer_only(name):
    # METHOD.md, section 6
    one = recipe(name)
    training = one.training
    assert one.model.frozen
    assert one.model.backbone == f"torchvision/{name.removesuffix('-frozen')}"
    assert (one.input.size, one.loss.name, one.loss.reduction) == (256, "binary_cross_entropy", "element_mean")
    assert (training.optimizer, training.momentum, training.learning_rate) == ("sgd", 0.9, 0.01)
    assert (training.batch_size, training.epochs, training.schedule) == (20, 10, "constant")
    assert (training.adapt, training.ema_decay, training.sam_rho) == (False, 0.0, 0.0)
    figures = {"alexnet": (0.579, 0.698, 0.626), "googlenet": (0.596, 0.719, 0.613), "resnet18": (0.687, 0.808, 0.722)}
    assert [(figure.metric.split()[0], figure.value) for figure in one.published] == list(
        zip(("IoU", "precision", "recall"), figures[name.removesuffix("-frozen")], strict=True)
    )


def test_a_projects_own_recipe_is_found_beside_the_others(tmp_path):
    duplicate(recipe("sample-tiny"), name="mine", project=tmp_path)
    assert recipe("mine", project=tmp_path).model.backbone == "test_resnet"
    assert recipe("resnet18-224", project=tmp_path) == recipe("resnet18-224")
    with pytest.raises(RecipeError):
        recipe("mine")


def test_a_broken_file_of_a_project_leaves_the_others_be(tmp_path):
    duplicate(recipe("sample-tiny"), name="mine", project=tmp_path)
    folder = tmp_path / "recipes"
    (folder / "broken.toml").write_text("name = ")
    (folder / "wrong.toml").write_text(recipe("sample-tiny").to_toml().replace("epochs = 32", "epochs = 0"))
    (folder / "taken.toml").write_text(recipe("sample-tiny").to_toml())
    (folder / "twin.toml").write_text((folder / "mine.toml").read_text())
    (folder / "evil.toml").write_text((folder / "mine.toml").read_text().replace('"mine"', '"../evil"'))
    (folder / "directory.toml").mkdir()
    (folder / "notes.txt").write_text("Not a recipe.")
    recipes, problems = project_recipes(tmp_path)
    assert [one.name for one in recipes] == ["mine"]
    assert [problem.split()[0].rstrip(":") for problem in problems if "cannot be read" not in problem] == [
        "evil.toml",
        "taken.toml",
        "twin.toml",
        "wrong.toml",
    ]
    assert any("broken.toml cannot be read" in problem for problem in problems)
    assert any("directory.toml cannot be read: Is a directory." in problem for problem in problems)
    assert any("evil.toml: A recipe cannot be named “../evil”." in problem for problem in problems)
    with pytest.raises(RecipeError) as caught:
        recipe("nope", project=tmp_path)
    assert "broken.toml" in caught.value.next_step


def test_of_two_files_with_one_name_the_one_that_is_named_so_counts(tmp_path):
    path = duplicate(recipe("sample-tiny"), name="my-tiny", project=tmp_path)
    copy = path.with_name("copy.toml")
    copy.write_text(path.read_text().replace("my own", "a copy"))
    recipes, problems = own_recipes(tmp_path)
    assert list(recipes) == [path]
    assert problems == ["copy.toml: There is another recipe “my-tiny”. Give this one another name."]
    assert recipe("my-tiny", project=tmp_path).title.endswith("my own")


def test_copies_of_one_recipe_have_titles_of_their_own(tmp_path):
    original = recipe("sample-tiny")
    for name in ("one", "two", "three"):
        duplicate(original, name=name, project=tmp_path)
    duplicate(recipe("two", project=tmp_path), name="four", project=tmp_path)
    titles = [one.title.removeprefix(original.title) for one in project_recipes(tmp_path)[0]]
    assert sorted(titles) == [", my own", ", my own 2", ", my own 3", ", my own 4"]


def test_the_file_of_a_recipe_names_what_each_key_may_be(tmp_path):
    text = duplicate(recipe("sample-tiny"), name="mine", project=tmp_path).read_text()
    for section, name, choices in (("model", "head", "ml_gcn"), ("loss", "name", "asymmetric_angular_margin")):
        lines = text[text.index(f"[{section}]") :].splitlines()
        row = next(number for number, line in enumerate(lines) if line.startswith(f"{name} ="))
        assert choices in lines[row].partition("#")[2]
        # what each choice does
        assert lines[row - 1].startswith("# ")
        assert choices in lines[row - 1]
    assert "(a whole number from 32 up to 2048 divisible by 32)" in text


def test_a_project_without_own_recipes_has_none(tmp_path):
    assert project_recipes(tmp_path) == ([], [])


def test_own_recipes_are_listed_by_task(tmp_path):
    duplicate(recipe("deit-tiny-224-multi-class"), name="one-each", project=tmp_path)
    duplicate(recipe("deit-tiny-224"), name="many", project=tmp_path)
    assert [one.name for one in project_recipes(tmp_path, MULTI_CLASS)[0]] == ["one-each"]
    assert [one.name for one in project_recipes(tmp_path, MULTI_LABEL)[0]] == ["many"]


def test_a_copy_explains_every_key_and_claims_no_published_figures(tmp_path):
    original = recipe("efficientnetv2-s-ml-decoder-aam")
    path = duplicate(original, name="mine", project=tmp_path)
    text = path.read_text(encoding="utf-8")
    for section in (ModelConfig, LossConfig, TrainingConfig, AugmentationConfig):
        for name, rule in rules(section).items():
            assert f"  # {rule.meaning}" in text, name
    copy = from_toml(path)
    assert (copy.name, copy.published, copy.family) == ("mine", (), "")
    assert (copy.model, copy.loss, copy.training) == (original.model, original.loss, original.training)
    assert copy.variants == original.variants


@pytest.mark.parametrize("name", ["", "a b", "../mine", "mine/yours", ".hidden", "x" * 101])
def test_a_copy_needs_a_name_that_is_one_of_a_file(name, tmp_path):
    with pytest.raises(RecipeError, match="cannot be named"):
        duplicate(recipe("sample-tiny"), name=name, project=tmp_path)
    assert not (tmp_path / "recipes").exists()


@pytest.mark.parametrize("name", ["mine", "Mine", "resnet18-224", "broken"])
def test_a_copy_overwrites_nothing(name, tmp_path):
    path = duplicate(recipe("sample-tiny"), name="mine", project=tmp_path)
    (tmp_path / "recipes" / "broken.toml").write_text("name = ")
    before = path.read_text()
    with pytest.raises(RecipeError, match="already"):
        duplicate(recipe("resnet18-224"), name=name, project=tmp_path)
    assert path.read_text() == before
    assert (tmp_path / "recipes" / "broken.toml").read_text() == "name = "


def test_a_copy_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "recipes").write_text("in the way")
    with pytest.raises(RecipeError, match="cannot be written"):
        duplicate(recipe("sample-tiny"), name="mine", project=tmp_path)
