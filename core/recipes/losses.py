"""What the authors of each loss publish for its keys; a recipe that names a loss has these unless it says otherwise."""

from typing import Any, Final

# a dictionary per loss: keywords of core.recipes.recipe.LossConfig
LOSS_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "binary_cross_entropy": {"name": "binary_cross_entropy", "reduction": "mean"},
    # Ben-Baruch et al. 2020, as trained on COCO
    "asymmetric": {
        "name": "asymmetric",
        "reduction": "sum",
        "gamma_positive": 0.0,
        "gamma_negative": 4.0,
        "clip": 0.05,
        "detach_focal_weight": True,
    },
    # Prokofiev & Sovrasov 2022, as trained on COCO; the clip is that of their code
    "asymmetric_angular_margin": {
        "name": "asymmetric_angular_margin",
        "reduction": "sum",
        "margin": 0.0,
        "positive_weight": 0.7,
        "gamma_positive": 0.0,
        "gamma_negative": 1.0,
        "clip": 0.05,
    },
    "cross_entropy": {"name": "cross_entropy", "reduction": "mean"},
    # Park et al. 2021, with OTX's start and factor
    "influence_balanced": {
        "name": "influence_balanced",
        "reduction": "mean",
        "influence_start": 5,
        "influence_alpha": 1000.0,
    },
}
