from core.recipes.catalogue import recipe
from core.recipes.figures import figures_text
from core.recipes.recipe import Published


def published(*values, metric="mAP"):
    return [Published(data_set=f"set {n}", metric=metric, value=value, source="x") for n, value in enumerate(values)]


def test_figures_of_a_metric_have_the_same_decimals_and_tell_their_scale():
    assert figures_text(published(96.0, 87.7, 66.85)) == "mAP 96.00 % on set 0, 87.70 % on set 1, 66.85 % on set 2"
    both = [*published(90.1), *published(0.7, metric="IoU")]
    assert figures_text(both) == "mAP 90.10 % on set 0; IoU 0.700 of 1 on set 0"
    assert figures_text([]) == ""


def test_the_figures_of_the_slides_are_on_their_own_scale():
    text = figures_text(recipe("resnet18-frozen").published)
    assert "0.687 of 1" in text
    assert "%" not in text
