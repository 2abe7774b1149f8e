from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RecipeError
from core.recipes.catalogue import catalogue, recipe
from core.recipes.complexity import complexity
from core.recipes.recipe import Published, Recipe, from_toml, set_keys

MINIMAL = 'name = "mine"\ntitle = "Mine"\npurpose = "Testing."\n'


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("one", catalogue(), ids=lambda one: one.name)
def test_a_recipe_of_the_catalogue_has_a_whole_card(one: Recipe):
    assert one.title
    assert one.purpose.endswith(".")
    assert complexity(one, 20) is not None
    assert recipe(one.name) == one


@pytest.mark.parametrize("one", catalogue(), ids=lambda one: one.name)
def test_a_recipe_survives_being_written_and_read(one: Recipe, file):
    changed = replace(one, title='Quotes "and" backslashes \\ and – Ünicode').with_overrides(["learning_rate=3e-05"])
    text = changed.to_toml()
    assert from_toml(file(text)) == changed
    assert "learning_rate = 3e-05  # highest learning rate of the schedule" in text


def test_left_out_keys_have_defaults(file):
    one = from_toml(file(MINIMAL + "[training]\nepochs = 3\n"))
    assert (one.training.epochs, one.training.optimizer, one.loss.name) == (3, "adamw", "binary_cross_entropy")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[training]\nepochs = 0\n", "“training.epochs” cannot be 0. Allowed: a whole number from 1 up to 10000."),
        (
            "[training]\nbatch_size = 8192\n",
            "“training.batch_size” cannot be 8192. Allowed: a whole number from 2 up to 4096.",
        ),
        ("[training]\nepochs = 1.5\n", "“training.epochs” cannot be 1.5. Allowed: a whole number from 1 up to 10000."),
        ("[training]\nepochs = true\n", "“training.epochs” cannot be true."),
        ("[training]\nlearning_rate = nan\n", "“training.learning_rate” cannot be NaN."),
        (
            "[training]\nlearning_rate = inf\n",
            "“training.learning_rate” cannot be Infinity. Allowed: a finite number above",
        ),
        (
            "[training]\nlerning_rate = 1\n",
            "There is no key “training.lerning_rate”. Is it learning_rate? Allowed: adapt, epochs, batch_size,",
        ),
        (
            "[input]\nsize = 230\n",
            "“input.size” cannot be 230. Allowed: a whole number from 32 up to 2048 divisible by 32.",
        ),
        ('[loss]\nname = "hinge"\n', '“loss.name” cannot be "hinge". Allowed: binary_cross_entropy, asymm'),
        ('[model]\nbackbone = ""\n', '“model.backbone” cannot be "". Allowed: a text.'),
        ("[model]\nfrozen = 1\n", "“model.frozen” cannot be 1. Allowed: true or false."),
        ("[model]\nbackbone = 1979-05-27\n", '“model.backbone” cannot be "1979-05-27".'),
        ("training = 3\n", "“training” must be a table."),
        ("[trainig]\n", "There is no key “trainig” in a recipe. Allowed: name, title,"),
        ("family = 1.5\n", "“family” cannot be 1.5. Allowed: a text."),
        ('task = "ranking"\n', "“task” cannot be “ranking”. Allowed: multi-label, multi-class."),
        ('[[published]]\nmetric = "mAP"\n', "Write [[published]] with data_set, metric, value, source below."),
        ("[variants]\nsmall = 224\n", "“variants” must be a table of lists of texts."),
        ('[variants]\nsmall = ["input.size=230"]\n', "“input.size” cannot be 230."),
        ("name = \n", "cannot be read"),
    ],
)
def test_errors_name_file_key_and_what_is_allowed(file, text, said):
    with pytest.raises(RecipeError) as caught:
        from_toml(file(MINIMAL + text))
    assert "mine.toml" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("missing", ["name", "title", "purpose"])
def test_a_recipe_without_a_card_is_refused(file, missing):
    text = "\n".join(line for line in MINIMAL.splitlines() if not line.startswith(missing))
    with pytest.raises(RecipeError, match=f"“{missing}” is missing"):
        from_toml(file(text))


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"gone\.toml cannot be read"):
        from_toml(tmp_path / "gone.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match=r"binary\.toml cannot be read: it is not text in UTF-8\."):
        from_toml(tmp_path / "binary.toml")


def test_overrides_find_short_keys_and_names_of_sections():
    one = recipe("resnet18-224").with_overrides(
        ["epochs=3", "model.head = cosine", "loss=asymmetric_angular_margin", "flip=false"]
    )
    assert one.training.epochs == 3
    assert one.model.head == "cosine"
    assert one.loss.name == "asymmetric_angular_margin"
    assert one.augmentation.flip is False


def test_facts_of_older_versions_are_passed_over(file):
    one = from_toml(file("parameters = 11176512\ngmacs = 1.8\n" + MINIMAL))
    assert one == from_toml(file(MINIMAL))


@pytest.mark.parametrize("settings", [["loss=asymmetric", "clip=0.1"], ["clip=0.1", "loss=asymmetric"]])
def test_another_loss_brings_its_own_defaults_but_for_what_is_set(settings):
    one = recipe("resnet18-224").with_overrides(["label_smoothing=0.1"]).with_overrides(settings)
    # Ben-Baruch et al. 2020: exponents 0 and 4
    assert (one.loss.gamma_positive, one.loss.gamma_negative, one.loss.clip) == (0.0, 4.0, 0.1)
    assert (one.loss.reduction, one.loss.label_smoothing) == ("sum", 0.0)
    again = one.with_overrides(["loss=asymmetric"])
    assert again.loss.clip == 0.1


def test_a_file_that_names_a_loss_has_its_defaults(file):
    one = from_toml(file(MINIMAL + '[loss]\nname = "asymmetric_angular_margin"\ngamma_negative = 2.0\n'))
    # the paper: k 0.7, exponents 0 and 1, margin 0
    assert (one.loss.positive_weight, one.loss.gamma_positive, one.loss.margin) == (0.7, 0.0, 0.0)
    assert (one.loss.gamma_negative, one.loss.reduction, one.loss.clip) == (2.0, "sum", 0.05)


def test_variants_and_published_figures_survive_being_written_and_read(file):
    text = (
        MINIMAL + '[variants]\nvoc = ["scale=17", "epochs=3"]\n'
        '[[published]]\ndata_set = "VOC 2007"\nmetric = "mAP"\nvalue = 95\nsource = "Somebody"\n'
    )
    one = from_toml(file(text))
    assert one.published == (Published(data_set="VOC 2007", metric="mAP", value=95.0, source="Somebody"),)
    assert one.with_variant("voc").loss.scale == 17.0
    assert one.with_variant("voc").training.epochs == 3
    assert from_toml(file(one.to_toml())) == one
    with pytest.raises(RecipeError, match=r"“mine”|mine has no variant “coco”. It has voc\."):
        one.with_variant("coco")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["loss=cross_entropy"], "The loss cross_entropy is for one label per image only."),
        (["head=ml_gcn", "graph=gat"], "The head ml_gcn cannot stand behind a graph of labels."),
        (["head=csra", "attention_heads=3"], "“model.attention_heads” cannot be 3. Allowed: 1, 2, 4, 6, 8."),
        (["search.method=range", "search.low=0.2"], "“search.low” must be below “search.high”."),
    ],
)
def test_values_that_do_not_go_together_are_refused(settings, said):
    with pytest.raises(RecipeError) as caught:
        recipe("resnet18-224").with_overrides(settings)
    assert said in str(caught.value)


def test_a_loss_for_many_labels_is_refused_where_there_is_one_per_image(file):
    with pytest.raises(RecipeError, match="The loss asymmetric is not for one label per image"):
        from_toml(file('task = "multi-class"\n' + MINIMAL + '[loss]\nname = "asymmetric"\n'))


@pytest.mark.parametrize("setting", ["head=ml_decoder", "head=csra", "pooling=average+max"])
def test_balancing_by_influence_is_refused_where_a_head_sees_more_than_one_vector(setting):
    one = recipe("deit-tiny-224-multi-class")
    assert one.with_overrides(["loss=influence_balanced", "head=cosine"]).loss.name == "influence_balanced"
    with pytest.raises(RecipeError, match="the one vector that a head sees of each") as caught:
        one.with_overrides(["loss=influence_balanced", setting])
    assert "cross_entropy" in caught.value.next_step
    assert one.with_overrides([setting]).loss.name == "cross_entropy"


def test_the_loss_of_a_whole_image_has_no_mean_over_elements():
    with pytest.raises(RecipeError, match="“element_mean” for one label per image"):
        recipe("deit-tiny-224-multi-class").with_overrides(["reduction=element_mean"])
    assert recipe("deit-tiny-224").with_overrides(["reduction=element_mean"]).loss.reduction == "element_mean"


def test_keys_that_settings_set_are_told():
    assert set_keys(["epochs=3", "loss=asymmetric"]) == {"training.epochs", "loss.name"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("epochs", "“epochs” is not of the form key=value."),
        ("epochs=many", '“training.epochs” cannot be "many". Allowed: a whole number from 1 up to 10000.'),
        ("epoch=3", "No recipe has a key “epoch”. Is it training.epochs?"),
        ("lr=3", "No recipe has a key “lr”. Is it training.learning_rate?"),
        ("model.epochs=3", "No recipe has a key “model.epochs”. Is it training.epochs?"),
        ("training=3", "No recipe has a key “training”. Allowed: training.adapt, training.epochs,"),
        ("xyz=3", "No recipe has a key “xyz”. Write section.key=value; the sections are model, input,"),
        ("input.xyz=3", "No recipe has a key “input.xyz”. Allowed: input.size."),
        ("frozen=maybe", '“model.frozen” cannot be "maybe". Allowed: true or false.'),
        (
            "head=mlp",
            '“model.head” cannot be "mlp". Allowed: linear, cosine, ml_decoder, ml_decoder_co',
        ),
        ("ema_decay=1", "“training.ema_decay” cannot be 1.0. Allowed: a number from 0.0 below 1.0."),
    ],
)
def test_wrong_overrides_say_what_is_allowed(setting, said):
    with pytest.raises(RecipeError) as caught:
        recipe("resnet18-224").with_overrides([setting])
    assert said in str(caught.value)
