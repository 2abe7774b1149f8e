"""The losses of one label per image, against torch and values derived by hand."""

import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional

from core.learning.losses import cross_entropy, influence_balanced_loss

COUNTS = torch.tensor([40, 10, 3, 0, 7])
# none is 0, where their size has no slope
FEATURES = torch.linspace(-2.1, 3, 9 * 4).view(9, 4)


def balanced(logits, targets, *, features=None, epoch=6, **options):
    features = FEATURES[: len(logits)].to(logits.dtype) if features is None else features
    counts = COUNTS[: logits.shape[1]]
    return influence_balanced_loss(logits, targets, features, class_counts=counts, epoch=epoch, **options)


EVERY_LOSS = [
    cross_entropy,
    lambda logits, targets, **options: cross_entropy(logits, targets, label_smoothing=0.1, **options),
    lambda logits, targets, **options: cross_entropy(
        logits, targets, class_weights=torch.linspace(0.5, 2, logits.shape[1]), label_smoothing=0.2, **options
    ),
    balanced,
]


def example(count=9, labels=5, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randint(0, labels, (count,), generator=generator)
    return torch.randn(count, labels, generator=generator, dtype=dtype) * 2, classes


def one_hot(classes, labels=5):
    return functional.one_hot(classes, labels).float()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 1.0, 2.0, 0.1, 3.0])])
def test_cross_entropy_is_torchs_own(smoothing, weights):
    logits, classes = example()
    expected = functional.cross_entropy(logits, classes, weight=weights, label_smoothing=smoothing, reduction="none")
    options = {"class_weights": weights, "label_smoothing": smoothing}
    torch.testing.assert_close(cross_entropy(logits, one_hot(classes), **options, reduction="none"), expected)
    torch.testing.assert_close(cross_entropy(logits, one_hot(classes), **options), expected.sum())
    torch.testing.assert_close(cross_entropy(logits, one_hot(classes), **options, reduction="mean"), expected.sum() / 9)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 1.0, 2.0, 0.1, 3.0])])
def test_cross_entropy_of_soft_targets_is_torchs_own(smoothing, weights):
    logits, classes = example()
    targets = 0.3 * one_hot(classes) + 0.7 * one_hot(classes.flip(0))
    expected = functional.cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing, reduction="mean")
    value = cross_entropy(logits, targets, class_weights=weights, label_smoothing=smoothing, reduction="mean")
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_an_unknown_label_is_left_out_of_the_softmax(smoothing):
    logits, classes = example()
    known = torch.rand(9, 5, generator=torch.Generator().manual_seed(1)) < 0.7
    known[torch.arange(9), classes] = True
    losses = cross_entropy(logits, one_hot(classes), known=known, label_smoothing=smoothing, reduction="none")
    for row in range(9):
        left = known[row].nonzero().flatten()
        place = (left == classes[row]).nonzero().flatten()
        expected = functional.cross_entropy(logits[row, left][None], place, label_smoothing=smoothing)
        torch.testing.assert_close(losses[row], expected)


@pytest.mark.parametrize("loss", EVERY_LOSS)
@pytest.mark.parametrize("hidden", [float("nan"), float("inf"), -float("inf"), 3e38, 0.0])
def test_unknown_elements_have_exactly_no_gradient_and_no_say(loss, hidden):
    known = torch.tensor([[True, False, True, True, True], [False, True, True, True, False]])
    targets = torch.tensor([[1.0, 1.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 1.0, 1.0]])
    plain = torch.tensor([[0.3, 0.0, -0.5, 1.0, 0.2], [0.0, 0.1, 0.2, -1.0, 0.0]], requires_grad=True)
    logits = torch.where(known, plain.detach(), hidden).requires_grad_()
    value, expected = loss(logits, targets, known=known), loss(plain, targets, known=known)
    assert value == expected > 0
    value.backward()
    expected.backward()
    assert (logits.grad[~known] == 0).all()
    assert torch.equal(logits.grad, plain.grad)
    assert (logits.grad[known] != 0).all()


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_negative_targets_are_unknown_without_a_mask_as_well(loss):
    logits = torch.tensor([[0.3, 0.2, -0.5]])
    masked = loss(logits, torch.tensor([[1, 0, 0]]), known=torch.tensor([[True, False, True]]))
    assert loss(logits, torch.tensor([[1, -1, 0]])) == masked


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_an_image_without_a_known_positive_costs_nothing(loss):
    logits, _ = example(count=3)
    logits.requires_grad_()
    targets = torch.tensor([[0.0, 0, 0, 0, 1], [0.0, 0, 0, 0, 0], [0.0, 1, 0, 0, 0]])
    known = torch.ones(3, 5, dtype=torch.bool)
    known[0, 4] = False
    losses = loss(logits, targets, known=known, reduction="none")
    losses.sum().backward()
    assert losses[:2].tolist() == [0, 0]
    assert (logits.grad[:2] == 0).all()
    assert losses[2] > 0
    assert (logits.grad[2] != 0).all()


@pytest.mark.parametrize("loss", EVERY_LOSS)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("shape", [(2, 3), (0, 3)])
def test_all_unknown_gives_zero(loss, reduction, shape):
    logits = torch.ones(shape, requires_grad=True)
    value = loss(logits, torch.ones(shape), known=torch.zeros(shape, dtype=torch.bool), reduction=reduction)
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("loss", EVERY_LOSS)
@pytest.mark.parametrize("soft", [False, True])
def test_gradients_agree_with_differences(loss, soft):
    logits, classes = example(count=4, dtype=torch.float64)
    logits.requires_grad_()
    targets = one_hot(classes).double()
    if soft:
        targets = 0.4 * targets + 0.6 * targets.flip(0)
    known = torch.rand(4, 5, generator=torch.Generator().manual_seed(3)) < 0.8
    assert gradcheck(lambda one: loss(one, targets, known=known), (logits,))


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_logits_of_a_hundred_stay_finite(loss):
    logits = torch.tensor([[-100.0, 100.0, 100.0], [100.0, -100.0, -100.0]], requires_grad=True)
    value = loss(logits, torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    value.backward()
    assert torch.isfinite(value)
    assert value > 50
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_losses_compute_in_float32_inside_autocast(loss):
    logits, classes = example()
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(logits, one_hot(classes))
    assert inside.dtype == torch.float32
    assert inside == loss(logits, one_hot(classes))
    assert loss(logits.bfloat16(), one_hot(classes)).dtype == torch.float32


@pytest.mark.parametrize("loss", EVERY_LOSS)
def test_wrong_shapes_and_reductions_are_refused(loss):
    with pytest.raises(ValueError, match="one shape"):
        loss(torch.zeros(2, 3), torch.zeros(2))
    with pytest.raises(ValueError, match="one shape"):
        loss(torch.zeros(2, 3), torch.zeros(2, 3), known=torch.ones(2, 1, dtype=torch.bool))
    with pytest.raises(ValueError, match="reduction"):
        loss(torch.zeros(2, 3), torch.zeros(2, 3), reduction="average")


def test_influence_balanced_is_the_value_derived_by_hand():
    # softmax is 3/4 and 1/4; weights 1/30 and 1/10 brought to 1 on average are 1/2 and 3/2
    logits = torch.tensor([[math.log(3), 0.0], [math.log(3), 0.0]])
    features = torch.tensor([[1.0, -3.0], [0.0, 2.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    first = 0.5 * math.log(4 / 3) * 1000 / (0.5 * 4 + 0.001)
    second = 1.5 * math.log(4) * 1000 / (1.5 * 2 + 0.001)
    options = {"class_counts": torch.tensor([30, 10]), "epoch": 6}
    losses = influence_balanced_loss(logits, targets, features, **options, reduction="none")
    torch.testing.assert_close(losses, torch.tensor([first, second]))
    mean = influence_balanced_loss(logits, targets, features, **options, reduction="mean")
    assert mean.item() == pytest.approx((first + second) / 2)
    stronger = influence_balanced_loss(logits, targets, features, **options, alpha=3000.0)
    assert stronger.item() == pytest.approx(3 * (first + second))
    # a class without images changes nothing for the others
    more = torch.tensor([[True, True, False]] * 2)
    padded = functional.pad(logits, (0, 1))
    options["class_counts"] = torch.tensor([30, 10, 0])
    torch.testing.assert_close(
        influence_balanced_loss(padded, functional.pad(targets, (0, 1)), features, known=more, **options).item(),
        first + second,
    )


def test_influence_balanced_begins_after_its_plain_epochs():
    logits, classes = example()
    plain = cross_entropy(logits, one_hot(classes))
    for epoch in (1, 5):
        assert balanced(logits, one_hot(classes), epoch=epoch) == plain
        assert influence_balanced_loss(logits, one_hot(classes), None, class_counts=COUNTS, epoch=epoch) == plain
    assert balanced(logits, one_hot(classes), epoch=6) != plain
    assert balanced(logits, one_hot(classes), epoch=2, start_epoch=1) == balanced(logits, one_hot(classes))


def test_the_gradient_flows_through_the_factor_into_the_features_too():
    logits, classes = example(count=4, dtype=torch.float64)
    features = FEATURES[:4].double().requires_grad_()
    targets = one_hot(classes).double()
    assert gradcheck(lambda one: balanced(logits, targets, features=one), (features,))
    balanced(logits, targets, features=features).backward()
    assert (features.grad != 0).all()


def test_features_in_half_precision_are_summed_in_single():
    logits, classes = example()
    features = torch.full((9, 2000), 60.0, dtype=torch.float16)
    torch.testing.assert_close(
        balanced(logits, one_hot(classes), features=features),
        balanced(logits, one_hot(classes), features=features.float()),
    )


def test_features_of_images_without_a_known_positive_have_no_say():
    logits, _ = example(count=2)
    targets = torch.tensor([[1.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 0]])
    features = torch.tensor([[1.0, 2.0], [float("nan"), float("inf")]], requires_grad=True)
    value = balanced(logits, targets, features=features)
    value.backward()
    assert torch.isfinite(value)
    assert (features.grad[1] == 0).all()
    assert (features.grad[0] != 0).all()


@pytest.mark.parametrize("features", [None, torch.zeros(2, 4, 1, 1), torch.zeros(3, 4)])
def test_balancing_without_the_heads_inputs_is_refused(features):
    with pytest.raises(ValueError, match="features"):
        influence_balanced_loss(torch.zeros(2, 3), torch.zeros(2, 3), features, class_counts=COUNTS[:3], epoch=6)
