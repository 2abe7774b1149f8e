from core.recipes.catalogue import catalogue
from core.recipes.difference import KeyDifference, recipe_difference
from core.recipes.recipe import from_toml


def test_only_keys_of_different_values_are_told_in_the_order_of_the_file(tmp_path):
    recipe = next(one for one in catalogue(None) if one.variants and one.published)
    other = recipe.with_overrides(["training.epochs=77", "input.size=96"])
    found = recipe_difference(recipe, other)
    assert set(found) == {
        KeyDifference("input.size", str(recipe.input.size), "96"),
        KeyDifference("training.epochs", str(recipe.training.epochs), "77"),
    }
    text = recipe.to_toml()
    order = [text.index(f"\n{one.key.partition('.')[2]} = {one.before}") for one in found]
    assert order == sorted(order)
    assert recipe_difference(recipe, recipe) == ()
    # what a file leaves out is what it says by default
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    assert recipe_difference(recipe, from_toml(path)) == ()


def test_a_difference_is_two_lines_of_toml():
    recipe = catalogue(None)[0]
    (found,) = recipe_difference(recipe, recipe.with_overrides(["training.epochs=77"]))
    assert found.lines == (f"- training.epochs = {recipe.training.epochs}", "+ training.epochs = 77")
    facts = {one.key: one.lines for one in recipe_difference(*catalogue(None)[:2])}
    assert facts["name"] == tuple(
        f'{sign} name = "{one.name}"' for sign, one in zip("-+", catalogue(None)[:2], strict=True)
    )
