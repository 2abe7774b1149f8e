"""Schedules and groups of the optimiser against torch's own."""

import random

import pytest
import torch
from torch import nn

from core.learning.training.optimizers import build_optimizer, set_rates
from core.learning.training.schedules import Plateau, is_warming_up, learning_rate, momentum
from core.recipes.recipe import TrainingConfig


def follow(kind, total, **options):
    """The rates of a torch schedule from 0.1, step by step."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = kind(optimizer, **options)
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "adam"])
@pytest.mark.parametrize(("total", "warm_up"), [(1, 0.2), (4, 0.2), (50, 0.2), (101, 0.3)])
def test_one_cycle_with_its_momentum_is_torchs(total, warm_up, optimizer):
    config = TrainingConfig(
        optimizer=optimizer, learning_rate=0.1, warm_up=warm_up, cycle_momentum=True, bias_rate=2.0, weight_decay=0.1
    )
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    ours, theirs = build_optimizer(module, config), build_optimizer(module, config)
    rates = [0.1 * group["rate"] for group in theirs.param_groups]
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        theirs, rates, total_steps=total, pct_start=warm_up, div_factor=100, final_div_factor=1000
    )
    for step in range(total):
        set_rates(ours, learning_rate=learning_rate(config, step, total), momentum=momentum(config, step, total))
        for one, other in zip(ours.param_groups, theirs.param_groups, strict=True):
            assert one["lr"] == pytest.approx(other["lr"], rel=1e-9)
            if optimizer == "sgd":
                assert one["momentum"] == pytest.approx(other["momentum"])
            else:
                assert one["betas"] == pytest.approx(other["betas"])
        theirs.step()
        if step < total - 1:
            scheduler.step()


def test_momentum_stands_still_unless_it_is_asked_to_cycle():
    for config in (TrainingConfig(momentum=0.7), TrainingConfig(momentum=0.7, schedule="cosine", cycle_momentum=True)):
        assert [momentum(config, step, 9) for step in range(9)] == [0.7] * 9


@pytest.mark.parametrize("warm_up", [0, 1, 7])
def test_cosine_with_warm_up_is_torchs(warm_up):
    config = TrainingConfig(schedule="cosine", learning_rate=0.1, warm_up_steps=warm_up, minimum_rate=0.002)
    schedulers = torch.optim.lr_scheduler
    expected = follow(schedulers.CosineAnnealingLR, 30 - warm_up, T_max=30 - warm_up, eta_min=0.002)
    if warm_up:
        start = 1 / warm_up
        expected = follow(schedulers.LinearLR, warm_up, start_factor=start, total_iters=warm_up - 1) + expected
    assert [learning_rate(config, step, 30) for step in range(30)] == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_the_warm_up_of_other_schedules_ends_at_the_peak(schedule):
    config = TrainingConfig(schedule=schedule, learning_rate=0.3, warm_up_steps=3)
    rates = [learning_rate(config, step, 6, peak=0.6) for step in range(6)]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.6, 0.6, 0.6])


@pytest.mark.parametrize("seed", range(20))
def test_the_plateau_is_torchs(seed):
    rng = random.Random(seed)
    config = TrainingConfig(
        learning_rate=0.1,
        plateau_factor=rng.choice([0.1, 0.5]),
        plateau_patience=rng.randint(0, 3),
        plateau_threshold=rng.choice([0.0, 0.001, 0.02]),
        minimum_rate=rng.choice([0.0, 0.004]),
    )
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        mode="max",
        factor=config.plateau_factor,
        patience=config.plateau_patience,
        threshold=config.plateau_threshold,
        threshold_mode="abs",
        min_lr=config.minimum_rate,
    )
    plateau, metric, lowered = Plateau.of(config), 0.3, 0
    for _ in range(60):
        metric += rng.gauss(0.001, 0.01)
        before = plateau.rate
        plateau.update(metric)
        scheduler.step(metric)
        lowered += plateau.rate < before
        assert plateau.rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    assert lowered


def test_the_warm_up_is_over_in_the_twelfth_of_sixty_epochs():
    config = TrainingConfig(warm_up=0.2)
    assert next(epoch for epoch in range(1, 61) if not is_warming_up(config, epoch * 10, 600)) == 12
    config = TrainingConfig(schedule="plateau", warm_up_steps=30)
    assert next(epoch for epoch in range(1, 61) if not is_warming_up(config, epoch * 10, 600)) == 3
    assert not is_warming_up(TrainingConfig(schedule="constant"), 1, 10)


class Parts(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        self.head = nn.Sequential(nn.MultiheadAttention(2, 1), nn.Linear(2, 3))


def test_backbone_and_biases_have_rates_of_their_own_and_only_matrices_decay():
    config = TrainingConfig(learning_rate=0.1, backbone_rate=0.1, bias_rate=2.0, weight_decay=0.01, optimizer="sgd")
    module = Parts()
    optimizer = build_optimizer(module, config)
    set_rates(optimizer, learning_rate=0.5, momentum=0.8)
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    given = {
        names[id(parameter)]: (group["weight_decay"], group["lr"], group["momentum"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert given == {
        "backbone.0.weight": (0.01, pytest.approx(0.05), 0.8),
        "backbone.0.bias": (0.0, pytest.approx(0.1), 0.8),
        "backbone.1.weight": (0.0, pytest.approx(0.05), 0.8),
        "backbone.1.bias": (0.0, pytest.approx(0.1), 0.8),
        "head.0.in_proj_weight": (0.01, 0.5, 0.8),
        "head.0.in_proj_bias": (0.0, 1.0, 0.8),
        "head.0.out_proj.weight": (0.01, 0.5, 0.8),
        "head.0.out_proj.bias": (0.0, 1.0, 0.8),
        "head.1.weight": (0.01, 0.5, 0.8),
        "head.1.bias": (0.0, 1.0, 0.8),
    }


@pytest.mark.parametrize(
    ("name", "kind"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
def test_the_optimiser_is_the_named_one(name, kind):
    optimizer = build_optimizer(nn.Linear(2, 2), TrainingConfig(optimizer=name, momentum=0.8, learning_rate=0.2))
    assert type(optimizer) is kind
    assert {group["lr"] for group in optimizer.param_groups} == {0.2}
    for group in optimizer.param_groups:
        assert (group["momentum"] if name == "sgd" else group["betas"][0]) == 0.8
