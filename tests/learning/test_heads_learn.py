"""Every head, with the loss of its recipe, learns what can be learnt by heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from core.learning.losses import compute_scale
from core.learning.losses.choice import LabelCounts, loss_of
from core.learning.models.heads.choice import Scaled, build_head
from core.learning.models.label_graph import label_graph_of
from core.recipes.catalogue import catalogue
from core.recipes.recipe import LossConfig, ModelConfig, Recipe

IMAGES, LABELS, CHANNELS, CELLS = 16, ("cat", "dog", "sofa", "sea"), 128, 2
STEPS = 40
# of Adam, where transformers take smaller steps, those whose cosines are multiplied by 15 and more above all
RATES = {"ml_decoder_cosine": 0.0001, "ml_decoder": 0.001, "query2label": 0.001}

CSRA = Recipe(
    name="csra",
    title="CSRA",
    purpose="The one head that no recipe has, with the loss of its authors",
    model=ModelConfig(head="csra", attention_heads=4),
    loss=LossConfig(name="binary_cross_entropy", reduction="element_mean"),
)


def of_one_kind(one):
    """What recipes have in common whose heads learn alike."""
    model, loss = one.model, one.loss
    return one.task, model.head, model.pooling, model.graph, loss


def kinds():
    """A recipe for every head and loss that ship together."""
    first = {of_one_kind(one): one for one in reversed([*catalogue(), CSRA])}
    return sorted(first.values(), key=lambda one: one.name)


def draw(task):
    """Feature maps (N, S, H, W) as a backbone's last activation gives them, and targets (N, C).

    In one place of its own, every label of an image lights up channels that no other label does.
    """
    rng = np.random.default_rng(0)
    if task == "multi-class":
        targets = np.eye(len(LABELS))[np.arange(IMAGES) % len(LABELS)]
    else:
        # every combination of labels once
        targets = np.arange(IMAGES)[:, None] >> np.arange(len(LABELS)) & 1
    features = np.maximum(rng.normal(-0.5, 1.0, (IMAGES, CHANNELS, CELLS, CELLS)), 0)
    for image, label in zip(*targets.nonzero(), strict=True):
        row, column = rng.integers(0, CELLS, 2)
        features[image, label * 16 : (label + 1) * 16, row, column] += 5
    return torch.tensor(features, dtype=torch.float32), torch.tensor(targets, dtype=torch.float32)


@pytest.mark.parametrize("one", kinds(), ids=lambda one: one.name)
def test_a_head_learns_separable_features_by_heart(one):
    features, targets = draw(one.task)
    known = torch.ones_like(targets, dtype=torch.bool)
    states = targets.numpy().astype(np.int8)
    graph = label_graph_of(one.model, LABELS, states) if one.model.uses_graph else None
    torch.manual_seed(0)
    scale = one.loss.scale or compute_scale(len(LABELS))
    # narrow transformers, for speed
    model = replace(one.model, embedding=64)
    head = build_head(model, channels=CHANNELS, num_labels=len(LABELS), scale=scale, graph=graph)
    loss = loss_of(one.loss, scale=scale if isinstance(head, Scaled) else 1.0, counts=LabelCounts.of(targets, known))
    optimizer = torch.optim.Adam(head.parameters(), lr=RATES.get(one.model.head, 0.01))

    def step():
        optimizer.zero_grad()
        value = loss(head(features), targets, known=known, reduction="mean", features=features.mean(dim=(2, 3)))
        value.backward()
        optimizer.step()
        return value.item()

    losses = [step() for _ in range(STEPS)]
    assert losses[-1] < losses[0] / 2
    scores = head.eval()(features).detach()
    assert average_precision_score(targets, scores, average=None).tolist() == [1.0] * len(LABELS)
