"""Sharpness-aware minimisation against steps derived by hand and against the base optimiser."""

import copy

import pytest
import torch
from torch import nn

from core.learning.training.sam import SAM, frozen_statistics


def update(sam, loss):
    sam.zero_grad()
    loss().backward()
    sam.first_step()
    sam.zero_grad()
    loss().backward()
    sam.second_step()


def test_two_steps_on_a_quadratic_are_those_derived_by_hand():
    """f = ½(3a² + b²) from (1, 4), learning rate 0.1, radius 0.5.

    The gradient (3, 4) has norm 5: e = (0.3, 0.4), gradient there (3.9, 4.4), and so to (0.61, 3.56). There it is
    (1.83, 3.56), of norm √16.0225 = 4.00281…
    """
    a, b = nn.Parameter(torch.tensor(1.0).double()), nn.Parameter(torch.tensor([4.0]).double())
    # the norm is one over all groups
    sam = SAM(torch.optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.1), 0.5)

    def loss():
        return 0.5 * (3 * a**2 + b**2).sum()

    update(sam, loss)
    assert (a.item(), b.item()) == pytest.approx((0.61, 3.56), rel=1e-12)
    norm = 16.0225**0.5
    expected = 0.61 - 0.1 * 3 * (0.61 + 0.5 * 1.83 / norm), 3.56 - 0.1 * (3.56 + 0.5 * 3.56 / norm)
    update(sam, loss)
    assert (a.item(), b.item()) == pytest.approx(expected, rel=1e-12)


def test_an_adaptive_step_on_a_quadratic_is_that_derived_by_hand():
    """f = ½(3a² + b²) from (1, 2): g = (3, 2), |w|·g = (3, 4) of norm 5, e = 0.5 · w²g / 5 = (0.3, 0.8)."""
    a, b = nn.Parameter(torch.tensor(1.0).double()), nn.Parameter(torch.tensor(2.0).double())
    update(SAM(torch.optim.SGD([a, b], lr=0.1), 0.5, True), lambda: 0.5 * (3 * a**2 + b**2))
    assert (a.item(), b.item()) == pytest.approx((1 - 0.1 * 3 * 1.3, 2 - 0.1 * 2.8), rel=1e-12)


def test_an_adaptive_radius_does_not_change_when_weights_are_rescaled():
    """Of f(w) and h(v) = f(v / 10) the climb is to the same place."""

    def climb(start, scale):
        weight = nn.Parameter(torch.tensor(start).double() * scale)
        sam = SAM(torch.optim.SGD([weight], lr=0.1), 0.3, adaptive=True)
        ((weight / scale - 7) ** 4).sum().backward()
        sam.first_step()
        return (weight / scale).tolist()

    assert climb([1.0, 2.0], 10.0) == pytest.approx(climb([1.0, 2.0], 1.0), rel=1e-9)


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_without_a_radius_it_is_the_base_optimiser(kind, adaptive):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    plain = copy.deepcopy(net)
    inputs = torch.randn(6, 4)
    base = kind(plain.parameters(), lr=0.1)
    sam = SAM(kind(net.parameters(), lr=0.1), 0.0, adaptive=adaptive)
    for _ in range(5):
        update(sam, lambda: net(inputs).square().sum())
        base.zero_grad()
        plain(inputs).square().sum().backward()
        base.step()
    for one, other in zip(net.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_climb_is_as_long_as_the_radius_and_the_way_back_exact():
    torch.manual_seed(0)
    net = nn.Linear(5, 3)
    before = [one.detach().clone() for one in net.parameters()]
    sam = SAM(torch.optim.SGD(net.parameters(), lr=0.0), 0.05)
    net(torch.randn(7, 5)).square().sum().backward()
    norm = sam.first_step()
    gradients = torch.cat([one.grad.flatten() for one in net.parameters()])
    climbed = torch.cat([(one - was).flatten() for one, was in zip(net.parameters(), before, strict=True)])
    assert norm.item() == pytest.approx(gradients.norm().item())
    assert climbed.norm().item() == pytest.approx(0.05, rel=1e-4)
    torch.testing.assert_close(climbed, 0.05 * gradients / norm, rtol=1e-3, atol=1e-7)
    sam.second_step()
    assert all(torch.equal(one, was) for one, was in zip(net.parameters(), before, strict=True))


def test_a_factor_on_the_loss_does_not_change_the_climb():
    """So that the gradients of a GradScaler need not be scaled back first."""
    ends = []
    for factor in (1.0, 65536.0):
        weight = nn.Parameter(torch.tensor([1.0, -2.0]))
        sam = SAM(torch.optim.SGD([weight], lr=0.1), 0.1)
        (factor * weight.pow(4).sum()).backward()
        sam.first_step()
        ends.append(weight.detach().clone())
    torch.testing.assert_close(*ends)


def test_parameters_without_gradient_stay_put():
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    update(SAM(torch.optim.SGD([used, unused], lr=0.1), 0.1), lambda: used.square().sum())
    assert unused.tolist() == [1, 1]
    assert used[0].item() < 1


def test_an_overflow_can_be_undone():
    weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    sam = SAM(torch.optim.SGD([weight], lr=0.1), 0.1)
    weight.grad = torch.tensor([float("inf"), 1.0])
    assert not sam.first_step().isfinite()
    sam.restore()
    assert weight.tolist() == [1, 2]


def test_steps_out_of_order_are_refused_and_lose_no_weights():
    weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    sam = SAM(torch.optim.SGD([weight], lr=0.1), 0.1)
    with pytest.raises(RuntimeError, match=r"backward\(\)"):
        sam.first_step()
    weight.square().sum().backward()
    for too_early in (sam.second_step, sam.restore):
        with pytest.raises(RuntimeError, match="first_step comes before"):
            too_early()
    assert weight.tolist() == [1, 2]
    sam.first_step()
    with pytest.raises(RuntimeError, match="twice"):
        sam.first_step()
    sam.restore()
    assert weight.tolist() == [1, 2]
    # and in order again it goes on
    update(sam, lambda: weight.square().sum())
    assert weight[0].item() < 1


def test_a_negative_radius_is_refused():
    with pytest.raises(ValueError, match="rho"):
        SAM(torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1), -0.1)


def test_statistics_of_batch_norm_are_frozen_only_inside():
    from timm.layers import BatchNormAct2d

    torch.manual_seed(0)
    net = nn.Sequential(nn.BatchNorm2d(3), BatchNormAct2d(3), nn.BatchNorm2d(3, track_running_stats=False))
    images = torch.randn(4, 3, 5, 5) * 3 + 1
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with frozen_statistics(net):
        inside = net(images)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    outside = net(images)
    # normalised by the batch in both
    torch.testing.assert_close(inside, outside)
    assert not torch.equal(net[0].running_mean, before["0.running_mean"])
    assert net[1].num_batches_tracked == 1
    assert not net[2].track_running_stats
    net.eval()
    with frozen_statistics(net[:2]):
        evaluated = net(images)
    torch.testing.assert_close(evaluated, net(images))
