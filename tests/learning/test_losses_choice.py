"""The loss that a recipe asks for, with every key of its section."""

import numpy as np
import pytest
import torch

from core.learning.data.batches import targets_of
from core.learning.losses import (
    asymmetric_angular_margin_loss,
    asymmetric_loss,
    binary_cross_entropy,
    cross_entropy,
    influence_balanced_loss,
)
from core.learning.losses.choice import LabelCounts, loss_of
from core.recipes.recipe import LossConfig

COUNTS = LabelCounts(positives=torch.tensor([30, 5, 12]), known=torch.tensor([50, 45, 40]))
LOGITS = torch.tensor([[1.4, -2.0, 0.3], [-0.2, 3.1, -1.0]])
TARGETS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
KNOWN = torch.tensor([[True, True, False], [True, True, True]])
FEATURES = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
SCALE = 4.0


def binary(**options):
    return binary_cross_entropy(LOGITS, TARGETS, known=KNOWN, **options)


def margin(**options):
    return asymmetric_angular_margin_loss(LOGITS / SCALE, TARGETS, known=KNOWN, scale=SCALE, **options)


def asymmetric(**options):
    return asymmetric_loss(LOGITS, TARGETS, known=KNOWN, **options)


def softmax(**options):
    return cross_entropy(LOGITS, TARGETS, known=KNOWN, **options)


def influence(**options):
    values = {"class_counts": COUNTS.positives, "epoch": 6, **options}
    return influence_balanced_loss(LOGITS, TARGETS, FEATURES, known=KNOWN, **values)


CHOICES = [
    ("binary_cross_entropy", binary, {}, {}),
    ("binary_cross_entropy", binary, {"label_smoothing": 0.1}, {"label_smoothing": 0.1}),
    (
        "binary_cross_entropy",
        binary,
        {"balance_positives": True},
        {"positive_weights": torch.tensor([20 / 30, 40 / 5, 28 / 12])},
    ),
    ("asymmetric_angular_margin", margin, {"clip": 0.0}, {}),
    *(
        ("asymmetric_angular_margin", margin, {"clip": 0.05, **one}, {"clip": 0.05, **one})
        for one in (
            {},
            {"margin": 0.2},
            {"positive_weight": 0.9},
            {"gamma_positive": 1.0},
            {"gamma_negative": 3.0},
            {"label_smoothing": 0.1},
        )
    ),
    ("asymmetric", asymmetric, {"gamma_negative": 4.0}, {}),
    *(
        ("asymmetric", asymmetric, {"gamma_negative": 4.0, **one}, one)
        for one in ({"gamma_negative": 2.0}, {"gamma_positive": 1.0}, {"clip": 0.2}, {"detach_focal_weight": False})
    ),
    ("cross_entropy", softmax, {}, {}),
    ("cross_entropy", softmax, {"label_smoothing": 0.2}, {"label_smoothing": 0.2}),
    ("influence_balanced", influence, {}, {}),
    ("influence_balanced", influence, {"influence_alpha": 10.0}, {"alpha": 10.0}),
    ("influence_balanced", influence, {"influence_start": 6}, {"start_epoch": 6}),
]


def gradient(loss):
    """Of a function of logits."""
    logits = LOGITS.clone().requires_grad_()
    (found,) = torch.autograd.grad(loss(logits), logits)
    return found


@pytest.mark.parametrize("detach", [True, False])
def test_whether_the_focal_weight_is_detached_is_seen_in_the_gradient(detach):
    config = LossConfig(name="asymmetric", gamma_negative=4.0, clip=0.05, detach_focal_weight=detach)
    chosen = loss_of(config, scale=1.0, counts=COUNTS)

    def by_definition(logits):
        # all known, positive exponent 0; clipped and weighted as METHOD.md, section 1.3
        kept = (1 - logits.sigmoid() + 0.05).clamp(max=1)
        weight = (1 - kept) ** 4
        losses = -TARGETS * logits.sigmoid().log()
        losses = losses - (1 - TARGETS) * (weight.detach() if detach else weight) * kept.log()
        return losses[KNOWN].sum()

    found = gradient(lambda logits: chosen(logits, TARGETS, known=KNOWN, reduction="sum"))
    torch.testing.assert_close(found, gradient(by_definition))
    assert not found[0, 2]


@pytest.mark.parametrize(("name", "function", "keys", "options"), CHOICES)
def test_a_recipes_keys_reach_its_loss(name, function, keys, options):
    loss = loss_of(LossConfig(name=name, **keys), scale=SCALE, counts=COUNTS)
    for reduction in ("sum", "mean"):
        value = loss(LOGITS, TARGETS, known=KNOWN, reduction=reduction, features=FEATURES, epoch=6)
        torch.testing.assert_close(value, function(**options, reduction=reduction))


def test_each_key_that_is_tried_makes_a_difference():
    values = {
        (name, str(keys)): loss_of(LossConfig(name=name, **keys), scale=SCALE, counts=COUNTS)(
            LOGITS, TARGETS, known=KNOWN, reduction="sum", features=FEATURES, epoch=6
        ).item()
        for name, _, keys, _ in CHOICES
        # no gradient flows through a value
        if "detach_focal_weight" not in keys and keys != {"influence_start": 6}
    }
    assert len({round(value, 6) for value in values.values()}) == len(values)


def test_only_the_influence_balanced_loss_needs_features_and_scores_without_them():
    needing = [
        name
        for name in dict.fromkeys(name for name, *_ in CHOICES)
        if loss_of(LossConfig(name=name), scale=1.0, counts=COUNTS).needs_features
    ]
    assert needing == ["influence_balanced"]
    loss = loss_of(LossConfig(name="influence_balanced"), scale=1.0, counts=COUNTS)
    assert loss(LOGITS, TARGETS, known=KNOWN, reduction="sum") == softmax()


def test_labels_are_counted_where_they_are_known():
    states = np.array([[1, 0, -1], [1, -1, -1], [0, 1, -1]], np.int8)
    counts = LabelCounts.of(*targets_of(states))
    assert counts.positives.tolist() == [2, 1, 0]
    assert counts.known.tolist() == [3, 2, 0]
