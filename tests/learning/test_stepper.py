"""One optimiser update: half precision that overflows, sharpness-aware minimisation, features and mixed batches."""

import pytest
import torch
from torch import nn

from core.learning.data.batches import Batch
from core.learning.losses.choice import LabelCounts, loss_of
from core.learning.training.device import Device
from core.learning.training.stepper import Stepper

CPU = Device(torch.device("cpu"), "CPU", None)
HALF = Device(torch.device("cpu"), "CPU", torch.float16)


class Small(nn.Module):
    """Has the two parts of a network."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 2))

    def features(self, images):
        return self.backbone(images)

    def forward(self, images):
        return self.head(self.features(images))


class SquaredError:
    """Remembers what it was given."""

    def __init__(self, *, needs_features=False, factor=1.0):
        self.needs_features = needs_features
        self.factor = factor
        self.calls = []

    def __call__(self, logits, targets, *, known, reduction, features=None, epoch=1):
        self.calls.append((logits.detach(), targets, features, epoch))
        assert reduction == "sum"
        return self.factor * ((logits.float() - targets) ** 2 * known).sum()


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    return Batch(torch.rand(6, 3, 8, 8, generator=generator), torch.eye(2).repeat(3, 1), torch.ones(6, 2).bool())


def take_step(net, loss, recipe, batch, *, device=CPU, trained=None, step=3):
    stepper = Stepper(net, trained or net, loss=loss, recipe=recipe, seed=0, device=device)
    return stepper, stepper(batch, epoch=2, step=step, learning_rate=0.1, momentum=0.9)


def copied(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


@pytest.fixture
def sgd(tiny):
    return tiny.with_overrides(["optimizer=sgd", "weight_decay=0", "loss.reduction=mean"])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_step_is_that_of_plain_torch(sgd, batch, reduction):
    net, plain = Small(), Small()
    net.head[2].p = plain.head[2].p = 0.0
    loss = SquaredError()
    _, value = take_step(net, loss, sgd.with_overrides([f"loss.reduction={reduction}"]), batch)
    expected = ((plain(batch.inputs) - batch.targets) ** 2).sum()
    (expected if reduction == "sum" else expected / 6).backward()
    assert value.item() == pytest.approx(expected.item())
    for one, other in zip(net.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other - 0.1 * other.grad)


def test_a_step_by_the_mean_over_known_elements_is_that_of_torchs_mean(sgd, batch):
    known = torch.tensor([[True, False], [False, False], [True, True]]).repeat(2, 1)
    recipe = sgd.with_overrides(["loss=binary_cross_entropy", "reduction=element_mean"])
    counts = LabelCounts.of(batch.targets, known)
    net, plain = Small(), Small()
    net.head[2].p = plain.head[2].p = 0.0
    take_step(net, loss_of(recipe.loss, scale=1.0, counts=counts), recipe, batch._replace(known=known))
    nn.BCEWithLogitsLoss()(plain(batch.inputs)[known], batch.targets[known]).backward()
    for one, other in zip(net.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other - 0.1 * other.grad)
    # and where nothing is known nothing happens
    before = copied(net)
    take_step(net, loss_of(recipe.loss, scale=1.0, counts=counts), recipe, batch._replace(known=known & False))
    for name, parameter in net.named_parameters():
        assert torch.equal(parameter, before[name]), name


def test_sharpness_aware_minimisation_sees_one_batch_twice_and_the_statistics_once(sgd, batch):
    net, once = Small(), Small()
    loss = SquaredError()
    _, value = take_step(net, loss, sgd.with_overrides(["sam_rho=0.5"]), batch)
    take_step(once, SquaredError(), sgd, batch)
    assert len(loss.calls) == 2
    first, second = (logits for logits, *_ in loss.calls)
    # the loss reported is the one before the climb, and the climb raises it: with the same dropout in both
    assert ((first - batch.targets) ** 2).sum() == pytest.approx(value.item())
    assert ((second - batch.targets) ** 2).sum() > value
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        assert torch.equal(getattr(net.backbone[1], name), getattr(once.backbone[1], name))
    assert not torch.equal(net.head[3].weight, once.head[3].weight)


@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_half_precision_that_overflows_changes_no_weight_and_lowers_the_scale(sgd, batch, rho):
    net = Small()
    before = copied(net)
    recipe = sgd.with_overrides([f"sam_rho={rho}"])
    stepper, _ = take_step(net, SquaredError(factor=1e36), recipe, batch, device=HALF)
    for name, parameter in net.named_parameters():
        assert torch.equal(parameter, before[name]), name
    assert stepper.scaler.get_scale() == 32768
    assert net.backbone[1].num_batches_tracked == 1
    assert net.backbone[1].track_running_stats


@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_half_precision_takes_nearly_the_step_of_full(sgd, batch, rho):
    recipe = sgd.with_overrides([f"sam_rho={rho}"])
    half, full = Small(), Small()
    # so small that the first scale of the gradients does not overflow
    take_step(half, SquaredError(factor=0.01), recipe, batch, device=HALF)
    take_step(full, SquaredError(factor=0.01), recipe, batch)
    start = copied(Small())
    ours, exact = (
        torch.cat([(one - start[name]).flatten() for name, one in net.named_parameters()]) for net in (half, full)
    )
    assert (ours - exact).norm() < 0.01 * exact.norm()


def test_a_loss_that_needs_features_gets_the_pooled_inputs_of_the_head(sgd, batch):
    net = Small()
    expected = net.features(batch.inputs).mean((2, 3)).detach()
    loss = SquaredError(needs_features=True)
    take_step(net, loss, sgd, batch)
    _, _, features, epoch = loss.calls[0]
    torch.testing.assert_close(features, expected)
    assert epoch == 2
    # of a frozen backbone the batches are those inputs
    maps = torch.rand(6, 4, 5, 5)
    take_step(net, loss, sgd, batch._replace(inputs=maps), trained=net.head)
    torch.testing.assert_close(loss.calls[1][2], maps.mean((2, 3)))


def test_only_images_are_mixed_and_the_same_ones_at_the_same_step(sgd, batch):
    recipe = sgd.with_overrides(["augmentation.mixup=1"])

    def targets(step, **options):
        loss = SquaredError()
        take_step(Small(), loss, recipe, options.pop("batch", batch), step=step, **options)
        return loss.calls[0][1]

    assert not torch.equal(targets(1), batch.targets)
    assert torch.equal(targets(1), targets(1))
    assert not torch.equal(targets(1), targets(2))
    net = Small()
    maps = batch._replace(inputs=torch.rand(6, 4, 5, 5))
    loss = SquaredError()
    take_step(net, loss, recipe, maps, trained=net.head)
    assert torch.equal(loss.calls[0][1], batch.targets)
