"""The losses against formulas written out here, element by element, in double precision."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from core.learning.losses import asymmetric_angular_margin_loss, binary_cross_entropy, compute_scale


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def naive_angular_margin(cos, y, *, scale, margin, k, gamma_positive, gamma_negative, clip):
    """METHOD 1.1, for one element, with the authors' probability shift."""
    p = sigmoid(scale * (cos - margin))
    q = sigmoid(-scale * (cos + margin))
    if clip > 0 and (gamma_positive > 0 or gamma_negative > 0):
        q = min(q + clip, 1.0)
    weight = (y * q + (1 - y) * p) ** (gamma_positive * y + gamma_negative * (1 - y))
    return -(k / scale * y * math.log(p) + (1 - k) / scale * (1 - y) * math.log(q)) * weight


SETTINGS = [
    {"scale": 17.0, "margin": 0.0, "k": 0.7, "gamma_positive": 1.0, "gamma_negative": 2.0, "clip": 0.0},
    {"scale": 23.0, "margin": 0.0, "k": 0.7, "gamma_positive": 0.0, "gamma_negative": 1.0, "clip": 0.05},
    {"scale": 25.0, "margin": 0.35, "k": 0.8, "gamma_positive": 0.5, "gamma_negative": 1.5, "clip": 0.05},
    {"scale": 7.0, "margin": 0.1, "k": 0.5, "gamma_positive": 0.0, "gamma_negative": 0.0, "clip": 0.05},
]


def arguments(setting):
    return {"positive_weight" if name == "k" else name: value for name, value in setting.items()}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("soft", [False, True])
def test_angular_margin_is_the_written_out_formula(setting, soft):
    generator = torch.Generator().manual_seed(1)
    cosines = torch.rand(6, 5, generator=generator, dtype=torch.float64) * 2 - 1
    targets = torch.rand(6, 5, generator=generator, dtype=torch.float64)
    targets = targets if soft else (targets < 0.4).double()
    expected = torch.tensor(
        [
            [naive_angular_margin(c, y, **setting) for c, y in zip(row, others, strict=True)]
            for row, others in zip(cosines.tolist(), targets.tolist(), strict=True)
        ],
        dtype=torch.float64,
    )
    loss = {
        reduction: asymmetric_angular_margin_loss(cosines, targets, **arguments(setting), reduction=reduction)
        for reduction in ("none", "sum", "mean")
    }
    torch.testing.assert_close(loss["none"], expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(loss["sum"], expected.sum(), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(loss["mean"], expected.sum() / 6, rtol=1e-9, atol=1e-12)


def test_label_smoothing_moves_zeros_to_e_and_shrinks_the_rest():
    cosines = torch.linspace(-1, 1, 4, dtype=torch.float64)[None]
    setting = SETTINGS[0]
    smoothed = asymmetric_angular_margin_loss(
        cosines, torch.tensor([[0.0, 1.0, 0.0, 1.0]]), **arguments(setting), label_smoothing=0.1, reduction="none"
    )
    by_hand = asymmetric_angular_margin_loss(
        cosines, torch.tensor([[0.1, 0.9, 0.1, 0.9]]), **arguments(setting), reduction="none"
    )
    torch.testing.assert_close(smoothed, by_hand, rtol=1e-6, atol=0)


def test_a_clipped_easy_negative_costs_nothing_at_all():
    cosines = torch.tensor([[-0.9, 0.9]], requires_grad=True)
    loss = asymmetric_angular_margin_loss(cosines, torch.zeros(1, 2), scale=20.0, clip=0.05, reduction="none")
    loss.sum().backward()
    assert loss[0, 0] == 0
    assert cosines.grad[0, 0] == 0
    assert loss[0, 1] > 0
    assert cosines.grad[0, 1] > 0


def losses():
    for setting in SETTINGS:
        yield lambda scores, targets, setting=setting, **options: asymmetric_angular_margin_loss(
            scores, targets, **arguments(setting), **options
        )
    yield binary_cross_entropy
    yield lambda scores, targets, **options: binary_cross_entropy(scores, targets, label_smoothing=0.1, **options)


EVERY_LOSS = list(losses())


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_gradients_agree_with_differences(loss):
    generator = torch.Generator().manual_seed(2)
    scores = (torch.rand(3, 4, generator=generator, dtype=torch.float64) * 1.6 - 0.8).requires_grad_()
    targets = (torch.rand(3, 4, generator=generator) < 0.5).double()
    known = torch.rand(3, 4, generator=generator) < 0.8
    assert gradcheck(lambda one: loss(one, targets, known=known, reduction="sum"), (scores,))


@pytest.mark.parametrize("loss", EVERY_LOSS)
@pytest.mark.parametrize("hidden", [float("nan"), float("inf"), 1e30, 0.0])
def test_unknown_elements_have_no_loss_and_exactly_no_gradient(loss, hidden):
    scores = torch.tensor([[0.3, hidden, -0.5], [hidden, 0.1, 0.2]], requires_grad=True)
    known = torch.tensor([[True, False, True], [False, True, True]])
    values = loss(scores, torch.tensor([[1.0, -1.0, 0.0], [1.0, 1.0, 0.0]]), known=known, reduction="none")
    values.sum().backward()
    assert (values[~known] == 0).all()
    assert (scores.grad[~known] == 0).all()
    assert values[known].sum() > 0
    assert torch.isfinite(scores.grad).all()


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_negative_targets_are_unknown_without_a_mask_as_well(loss):
    scores = torch.tensor([[0.3, 0.2, -0.5]])
    masked = loss(scores, torch.tensor([[1, 0, 0]]), known=torch.tensor([[True, False, True]]), reduction="sum")
    assert loss(scores, torch.tensor([[1, -1, 0]]), reduction="sum") == masked


@pytest.mark.parametrize("loss", EVERY_LOSS)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("shape", [(2, 3), (0, 3)])
def test_all_unknown_gives_zero(loss, reduction, shape):
    scores = torch.ones(shape, requires_grad=True)
    value = loss(scores, torch.ones(shape), known=torch.zeros(shape, dtype=torch.bool), reduction=reduction)
    value.backward()
    assert value == 0
    assert (scores.grad == 0).all()


@pytest.mark.parametrize("loss", [binary_cross_entropy])
def test_cross_entropy_is_torchs_own_on_known_elements(loss):
    generator = torch.Generator().manual_seed(3)
    logits, targets = torch.randn(7, 4, generator=generator), (torch.rand(7, 4, generator=generator) < 0.5).float()
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
    torch.testing.assert_close(loss(logits, targets), expected)
    torch.testing.assert_close(loss(logits, targets, reduction="mean"), expected / 7)


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("gammas", [(0.0, 0.0), (0.5, 0.5), (1.0, 4.0)])
@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_logits_of_a_hundred_stay_finite(scale, gammas, target):
    scores = (torch.tensor([[-100.0, 100.0]]) / scale).requires_grad_()
    loss = asymmetric_angular_margin_loss(
        scores, torch.full((1, 2), target), scale=scale, gamma_positive=gammas[0], gamma_negative=gammas[1]
    )
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(scores.grad).all()
    plain = torch.tensor([[-100.0, 100.0]], requires_grad=True)
    value = binary_cross_entropy(plain, torch.full((1, 2), target))
    value.backward()
    assert value.item() == pytest.approx(100 * (1 - target) + 100 * target)
    assert torch.isfinite(plain.grad).all()


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_losses_compute_in_float32_inside_autocast(loss):
    scores = torch.tensor([[0.31, -0.87]])
    targets = torch.tensor([[1.0, 0.0]])
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(scores, targets, reduction="none")
    assert inside.dtype == torch.float32
    assert torch.equal(inside, loss(scores, targets, reduction="none"))
    assert loss(scores.bfloat16(), targets, reduction="sum").dtype == torch.float32


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_wrong_shapes_and_reductions_are_refused(loss):
    with pytest.raises(ValueError, match="one shape"):
        loss(torch.zeros(2, 3), torch.zeros(2, 1))
    with pytest.raises(ValueError, match="one shape"):
        loss(torch.zeros(2, 3), torch.zeros(2, 3), known=torch.ones(3, dtype=torch.bool))
    with pytest.raises(ValueError, match="reduction"):
        loss(torch.zeros(2, 3), torch.zeros(2, 3), reduction="average")


def test_the_scale_grows_with_the_labels_between_7_and_30():
    assert [compute_scale(count) for count in (1, 2, 3, 10)] == [7.0] * 4
    assert compute_scale(80) == pytest.approx(math.sqrt(5) * math.log(79))
    assert compute_scale(10**6) == 30.0


def test_the_scale_must_be_positive():
    with pytest.raises(ValueError, match="scale"):
        asymmetric_angular_margin_loss(torch.zeros(1, 1), torch.zeros(1, 1), scale=0.0)
