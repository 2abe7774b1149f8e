"""Values that do not go together, and values that nothing reads."""

import pytest

from core.errors import RecipeError
from core.recipes.catalogue import catalogue, recipe
from core.recipes.checks import idle_settings
from core.recipes.recipe import set_keys


@pytest.mark.parametrize("setting", ["head=ml_gcn", "graph=gcn", "graph=gat"])
def test_labels_that_never_come_together_have_no_graph(setting):
    with pytest.raises(RecipeError, match="never come together"):
        recipe("mobilenetv3-large-224-multi-class").with_overrides([setting])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["loss=asymmetric", "balance_positives=true"], ["The loss asymmetric does not use loss.balance_positives."]),
        (
            ["loss=binary_cross_entropy", "clip=0.1", "margin=0.2", "label_smoothing=0.1"],
            ["The loss binary_cross_entropy does not use loss.clip and loss.margin."],
        ),
        (["loss=asymmetric", "label_smoothing=0"], []),
        (["loss=asymmetric_angular_margin", "label_smoothing=0.1"], []),
        (
            ["frozen=true", "cutout=0.5", "crop_scale=0.5", "rand_augment=2", "flip=true"],
            [
                "A frozen backbone sees every image once, as it is: augmentation.flip, augmentation.crop_scale, "
                "augmentation.rand_augment and augmentation.cutout cannot vary it."
            ],
        ),
        (["frozen=true", "flip=false", "crop_scale=1", "mixup=0"], []),
        (["mixup=0.2"], []),
    ],
)
def test_what_is_set_and_does_nothing_is_said(settings, said):
    changed = recipe("mobilenetv3-large-224").with_overrides(settings)
    assert list(idle_settings(changed, set_keys(settings))) == said


def test_what_a_recipe_says_of_itself_is_not_told():
    for one in catalogue():
        assert idle_settings(one, frozenset()) == ()
        for name, settings in one.variants.items():
            assert idle_settings(one.with_variant(name), set_keys(settings)) == (), (one.name, name)
