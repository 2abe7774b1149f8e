"""Values of a recipe that are each allowed, but do not go together."""

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Final

from core.errors import RecipeError

if TYPE_CHECKING:
    from core.recipes.recipe import Recipe

TASKS: Final = ("multi-label", "multi-class")
_MULTI_CLASS_LOSSES: Final = ("cross_entropy", "influence_balanced")
_HEADS_BEHIND_A_GRAPH: Final = ("linear", "cosine", "ml_decoder", "ml_decoder_cosine", "csra")
_NUMBERS_OF_CSRA_HEADS: Final = (1, 2, 4, 6, 8)
_FOCUSING: Final = ("gamma_positive", "gamma_negative", "clip")
# what each loss reads; all are reduced, and the scale is the head's
_KEYS_OF_LOSSES: Final[dict[str, tuple[str, ...]]] = {
    "binary_cross_entropy": ("label_smoothing", "balance_positives"),
    "asymmetric": (*_FOCUSING, "detach_focal_weight"),
    "asymmetric_angular_margin": (*_FOCUSING, "margin", "positive_weight", "label_smoothing"),
    "cross_entropy": ("label_smoothing",),
    "influence_balanced": ("influence_start", "influence_alpha"),
}
# with the value of each that varies nothing
_AUGMENTATIONS: Final = {"flip": False, "crop_scale": 1.0, "rand_augment": 0, "cutout": 0.0, "mixup": 0.0}


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
    if loss.name == "influence_balanced" and model.uses_map:
        raise RecipeError(
            "The loss influence_balanced weighs images by the one vector that a head sees of each, and here the head "
            "sees a whole feature map.",
            next_step="Choose a linear or cosine head with pooling average and no graph, or the loss cross_entropy.",
        )
    if recipe.task == "multi-class" and model.uses_graph:
        raise RecipeError(
            "Where an image has one label, labels never come together, so that there is no graph of them.",
            next_step="Choose another head than ml_gcn, and the graph none.",
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


def idle_settings(recipe: "Recipe", keep: Set[str]) -> tuple[str, ...]:
    """What a person set, but nothing reads.

    Args:
        recipe: with what was set.
        keep: the keys that were set, such as "augmentation.mixup".

    Returns:
        Sentences. Values that ask for nothing, such as a mix-up of 0, are passed over.
    """
    notes = []
    loss = recipe.loss
    read = _KEYS_OF_LOSSES[loss.name]
    unread = {name for names in _KEYS_OF_LOSSES.values() for name in names} - set(read)
    idle = sorted(f"loss.{name}" for name in unread if f"loss.{name}" in keep and getattr(loss, name))
    if idle:
        notes.append(f"The loss {loss.name} does not use {_listed(idle)}.")
    if recipe.model.frozen:
        varied = [name for name, none in _AUGMENTATIONS.items() if getattr(recipe.augmentation, name) != none]
        idle = [f"augmentation.{name}" for name in varied if f"augmentation.{name}" in keep]
        if idle:
            notes.append(f"A frozen backbone sees every image once, as it is: {_listed(idle)} cannot vary it.")
    return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
