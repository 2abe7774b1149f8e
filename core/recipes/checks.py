"""Values of a recipe that are each allowed, but do not go together."""

from typing import TYPE_CHECKING, Final

from core.errors import RecipeError

if TYPE_CHECKING:
    from core.recipes.recipe import Recipe

TASKS: Final = ("multi-label", "multi-class")
_MULTI_CLASS_LOSSES: Final = ("cross_entropy", "influence_balanced")
_HEADS_BEHIND_A_GRAPH: Final = ("linear", "cosine", "ml_decoder", "ml_decoder_cosine", "csra")
_NUMBERS_OF_CSRA_HEADS: Final = (1, 2, 4, 6, 8)


def check(recipe: "Recipe") -> None:
    """Refuse a recipe whose values do not go together.

    Raises:
        RecipeError: names the value and what would go.
    """
    if recipe.task not in TASKS:
        raise RecipeError(f"“task” cannot be “{recipe.task}”.", next_step=f"Allowed: {', '.join(TASKS)}.")
    loss, model, search = recipe.loss, recipe.model, recipe.search
    if recipe.task == "multi-class" and loss.name not in _MULTI_CLASS_LOSSES:
        raise RecipeError(
            f"The loss {loss.name} is not for one label per image.",
            next_step=f"Choose {' or '.join(_MULTI_CLASS_LOSSES)}.",
        )
    if recipe.task == "multi-label" and loss.name in _MULTI_CLASS_LOSSES:
        raise RecipeError(
            f"The loss {loss.name} is for one label per image only.",
            next_step="Choose binary_cross_entropy, asymmetric or asymmetric_angular_margin.",
        )
    if recipe.task == "multi-class" and loss.reduction == "element_mean":
        raise RecipeError(
            "“loss.reduction” cannot be “element_mean” for one label per image, whose loss is one of the whole image.",
            next_step="Choose mean or sum.",
        )
    if model.graph != "none" and model.head not in _HEADS_BEHIND_A_GRAPH:
        raise RecipeError(
            f"The head {model.head} cannot stand behind a graph of labels.",
            next_step=f"Choose {', '.join(_HEADS_BEHIND_A_GRAPH)}, or the graph none.",
        )
    if model.head == "csra" and model.attention_heads not in _NUMBERS_OF_CSRA_HEADS:
        raise RecipeError(
            f"“model.attention_heads” cannot be {model.attention_heads}.",
            next_step=f"Allowed: {', '.join(map(str, _NUMBERS_OF_CSRA_HEADS))}.",
        )
    if search.method != "none" and search.low >= search.high:
        raise RecipeError("“search.low” must be below “search.high”.", next_step="Give the search a range.")
