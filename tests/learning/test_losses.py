"""The losses of many labels against timm, torch and formulas written out here, element by element."""

import math

import pytest
import torch
from timm.loss import AsymmetricLossMultiLabel
from torch.autograd import gradcheck
from torch.nn import functional

from core.learning.losses import (
    asymmetric_angular_margin_loss,
    asymmetric_loss,
    binary_cross_entropy,
    compute_scale,
    positive_weights,
)


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


ASYMMETRIC = [
    {"gamma_positive": 0.0, "gamma_negative": 4.0, "clip": 0.05},
    {"gamma_positive": 1.0, "gamma_negative": 2.0, "clip": 0.0},
    {"gamma_positive": 0.5, "gamma_negative": 0.5, "clip": 0.3},
    {"gamma_positive": 0.0, "gamma_negative": 7.0, "clip": 0.05},
    {"gamma_positive": 0.0, "gamma_negative": 0.0, "clip": 0.05},
]


@pytest.mark.parametrize("setting", ASYMMETRIC)
@pytest.mark.parametrize("detach", [True, False])
@pytest.mark.parametrize("soft", [False, True])
def test_asymmetric_and_its_gradient_are_timms(setting, detach, soft):
    generator = torch.Generator().manual_seed(1)
    logits = (torch.randn(9, 6, generator=generator) * 3).requires_grad_()
    targets = torch.rand(9, 6, generator=generator)
    targets = targets if soft else (targets < 0.3).float()
    for ours, theirs in (("sum", "sum"), ("mean", "batchmean"), ("none", "none")):
        reference = AsymmetricLossMultiLabel(
            gamma_neg=setting["gamma_negative"],
            gamma_pos=setting["gamma_positive"],
            clip=setting["clip"],
            disable_torch_grad_focal_loss=detach,
            reduction=theirs,
        )(logits, targets)
        value = asymmetric_loss(logits, targets, **setting, detach_focal_weight=detach, reduction=ours)
        torch.testing.assert_close(value, reference, rtol=1e-4, atol=1e-6)
        (expected,) = torch.autograd.grad(reference.sum(), logits)
        (gradient,) = torch.autograd.grad(value.sum(), logits)
        # timm's is no number where a power below 1 of exactly 0 meets a loss of 0
        torch.testing.assert_close(gradient, expected.nan_to_num(), rtol=1e-3, atol=1e-5)


def test_asymmetric_has_the_published_defaults():
    logits, targets = torch.tensor([[0.7, -1.1]]), torch.tensor([[1.0, 0.0]])
    p = sigmoid(-1.1)
    expected = -math.log(sigmoid(0.7)) - math.log(1 - p + 0.05) * (p - 0.05) ** 4
    assert asymmetric_loss(logits, targets).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("target", "gamma"), [(1.0, 2.0), (0.0, 3.0)])
def test_a_detached_focal_weight_only_scales_the_gradient(target, gamma):
    logits = torch.tensor([[-1.3, 0.2, 2.0]], dtype=torch.float64, requires_grad=True)
    targets = torch.full_like(logits, target)
    asymmetric_loss(logits, targets, gamma_positive=2.0, gamma_negative=3.0, clip=0.0).backward()
    wrongness = torch.sigmoid(logits.detach() * (1 - 2 * target))
    torch.testing.assert_close(logits.grad, wrongness**gamma * wrongness * (1 - 2 * target))


def test_an_easy_negative_costs_asymmetric_nothing():
    logits = torch.tensor([[-3.0, -2.9]], requires_grad=True)
    loss = asymmetric_loss(logits, torch.zeros(1, 2), gamma_negative=1.0, reduction="none")
    loss.sum().backward()
    # sigmoid(-3) is 0.047, sigmoid(-2.9) 0.052
    assert (loss[0, 0], logits.grad[0, 0]) == (0, 0)
    assert loss[0, 1] > 0
    assert logits.grad[0, 1] > 0


def losses():
    for setting in SETTINGS:
        yield lambda scores, targets, setting=setting, **options: asymmetric_angular_margin_loss(
            scores, targets, **arguments(setting), **options
        )
    yield binary_cross_entropy
    yield lambda scores, targets, **options: binary_cross_entropy(scores, targets, label_smoothing=0.1, **options)
    yield lambda scores, targets, **options: binary_cross_entropy(
        scores, targets, positive_weights=torch.tensor([2.5]), **options
    )
    for setting in ASYMMETRIC:
        yield lambda scores, targets, setting=setting, **options: asymmetric_loss(
            scores, targets, **setting, detach_focal_weight=False, **options
        )


SMOOTH_LOSSES = list(losses())
# its gradient is not that of its value
EVERY_LOSS = [*SMOOTH_LOSSES, asymmetric_loss]


@pytest.mark.parametrize("loss", SMOOTH_LOSSES)
@pytest.mark.parametrize("soft", [False, True])
def test_gradients_agree_with_differences(loss, soft):
    generator = torch.Generator().manual_seed(2)
    scores = (torch.rand(3, 4, generator=generator, dtype=torch.float64) * 1.6 - 0.8).requires_grad_()
    targets = torch.rand(3, 4, generator=generator, dtype=torch.float64)
    targets = targets if soft else (targets < 0.5).double()
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


@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 1.0, 3.0, 20.0])])
@pytest.mark.parametrize("soft", [False, True])
def test_binary_cross_entropy_is_torchs_own_on_known_elements(weights, soft):
    generator = torch.Generator().manual_seed(3)
    logits, targets = torch.randn(7, 4, generator=generator), torch.rand(7, 4, generator=generator)
    targets = targets if soft else (targets < 0.5).float()
    known = torch.rand(7, 4, generator=generator) < 0.8
    expected = functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights, reduction="none")
    for mask in (None, known):
        elements = expected if mask is None else expected * mask
        options = {"known": mask, "positive_weights": weights}
        torch.testing.assert_close(binary_cross_entropy(logits, targets, **options, reduction="none"), elements)
        torch.testing.assert_close(binary_cross_entropy(logits, targets, **options), elements.sum())
        torch.testing.assert_close(
            binary_cross_entropy(logits, targets, **options, reduction="mean"), elements.sum() / 7
        )


def test_positive_weights_balance_a_labels_two_sides():
    counts, known = torch.tensor([10, 50, 0, 20, 3]), torch.tensor([100, 60, 40, 20, 4])
    weights = positive_weights(counts, known)
    assert weights.dtype == torch.float32
    torch.testing.assert_close(weights, torch.tensor([9.0, 0.2, 1.0, 1.0, 1 / 3]))
    # at a logit of 0 a positive pulls up as hard in all as the negatives pull down
    targets = (torch.arange(100)[:, None] < counts).float()
    logits = torch.zeros(100, 5, requires_grad=True)
    binary_cross_entropy(logits, targets, known=torch.arange(100)[:, None] < known, positive_weights=weights).backward()
    torch.testing.assert_close(logits.grad.sum(dim=0)[[0, 1, 4]], torch.zeros(3), rtol=0, atol=1e-5)


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


@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("gammas", [(0.0, 0.0), (0.5, 0.5), (1.0, 4.0)])
@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_plain_logits_of_a_hundred_stay_finite_and_exact(target, gammas, clip):
    logits = torch.tensor([[-100.0, 100.0]], requires_grad=True)
    targets = torch.full((1, 2), target)
    value = binary_cross_entropy(logits, targets)
    value.backward()
    assert value.item() == pytest.approx(100)
    torch.testing.assert_close(logits.grad, torch.tensor([[-target, 1 - target]]))
    logits.grad = None
    loss = asymmetric_loss(
        logits,
        targets,
        gamma_positive=gammas[0],
        gamma_negative=gammas[1],
        clip=clip,
        detach_focal_weight=False,
        reduction="none",
    )
    loss.sum().backward()
    assert torch.isfinite(logits.grad).all()
    # a positive at -100 is wholly wrong whatever the exponent; so is a negative at 100, which clipping makes cheaper
    exponent = target * gammas[0] + (1 - target) * gammas[1]
    assert loss[0, 0].item() == pytest.approx(100 * target * target**exponent)
    per_negative = -math.log(clip) if clip else 100.0
    assert loss[0, 1].item() == pytest.approx((1 - target) * per_negative * ((1 - target) * (1 - clip)) ** exponent)


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
