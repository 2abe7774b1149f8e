import math

import pytest
import timm
import torch

from core.errors import RecipeError
from core.learning.losses import compute_scale
from core.learning.models.backbone import channels_of
from core.learning.models.heads.cosine import CosineHead
from core.learning.models.heads.linear import LinearHead
from core.learning.models.net import build_net, preprocessing_of
from core.recipes.catalogue import recipe


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "test_vit", "test_convnext", "test_nfnet", "test_resnet"])
@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("head", ["linear", "cosine"])
def test_any_timm_backbone_gives_logits_at_any_multiple_of_32(name, size, head):
    one = recipe("sample-tiny").with_overrides([f"backbone={name}", f"size={size}", f"head={head}"])
    net = build_net(one, 5)
    images = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8)
    features = net.features(images)
    assert features.shape == (2, channels_of(net.backbone), 1, 1)
    logits = net(images)
    assert logits.shape == (2, 5)
    logits.sum().backward()
    assert all(torch.isfinite(one.grad).all() for one in net.parameters() if one.grad is not None)


def test_the_neck_is_timms_own():
    net = build_net(recipe("sample-tiny").with_overrides(["backbone=mobilenetv3_small_050"]), 3).eval()
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    reference = timm.create_model("mobilenetv3_small_050", num_classes=3).eval()
    reference.load_state_dict(net.backbone.state_dict(), strict=False)
    with torch.no_grad():
        reference.classifier.weight.copy_(net.head.linear.weight)
        reference.classifier.bias.copy_(net.head.linear.bias)
    mean, std = (torch.tensor(reference.pretrained_cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
    expected = reference((images / 255 - mean) / std)
    torch.testing.assert_close(net(images), expected, rtol=1e-4, atol=1e-5)


def test_normalisation_comes_from_timm():
    net = build_net(recipe("sample-tiny"), 3)
    preprocessing = preprocessing_of(net, 64)
    assert preprocessing.mean == (0.5, 0.5, 0.5)
    assert (preprocessing.width, preprocessing.height) == (64, 64)


def test_a_frozen_backbone_keeps_its_batch_norm_and_has_no_gradients():
    net = build_net(recipe("sample-tiny").with_overrides(["frozen=true"]), 3)
    before = {name: value.clone() for name, value in net.backbone.state_dict().items()}
    net.train()
    net(torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in net.backbone.state_dict().items())
    assert all(parameter.grad is None for parameter in net.backbone.parameters())
    assert all(parameter.grad is not None for parameter in net.head.parameters())


def test_a_cosine_head_gives_cosines():
    head = CosineHead(6, 4)
    features = torch.randn(3, 6, 2, 5)
    pooled = features.mean(dim=(2, 3))
    expected = [
        [
            sum(a * b for a, b in zip(x, w, strict=True)) / (math.dist(x, [0] * 6) * math.dist(w, [0] * 6))
            for w in head.weight.tolist()
        ]
        for x in pooled.tolist()
    ]
    torch.testing.assert_close(head(features), torch.tensor(expected), rtol=1e-4, atol=1e-5)
    assert [name for name, _ in head.named_parameters()] == ["weight"], "no bias"
    torch.testing.assert_close(head.weight.norm(dim=1), torch.ones(4))
    assert head(head.weight[:, :, None, None] * 1e3).abs().max() <= 1


def test_a_cosine_head_keeps_its_digits_in_mixed_precision():
    head, features = CosineHead(64, 5), torch.randn(2, 64, 1, 1)
    with torch.autocast("cpu", torch.bfloat16):
        inside = head(features)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, head(features))


def test_a_linear_head_averages_the_feature_map():
    head, features = LinearHead(6, 4), torch.randn(3, 6, 2, 5)
    torch.testing.assert_close(head(features), head.linear(features.mean(dim=(2, 3))))


def test_cosines_are_scaled_by_the_recipes_scale_or_by_one_from_the_labels():
    one = recipe("sample-tiny").with_overrides(["head=cosine"])
    assert build_net(one, 80).scale == compute_scale(80)
    assert build_net(one.with_overrides(["scale=23"]), 80).scale == 23.0
    assert build_net(one.with_overrides(["head=linear", "scale=23"]), 80).scale == 1.0
    net = build_net(one.with_overrides(["scale=23"]), 3)
    features = torch.randn(2, channels_of(net.backbone), 1, 1)
    torch.testing.assert_close(net.head(features), 23 * net.head.head(features))


def test_an_unknown_backbone_is_answered_with_similar_names():
    with pytest.raises(RecipeError, match="no backbone “resnet18x”") as caught:
        build_net(recipe("sample-tiny").with_overrides(["backbone=resnet18x"]), 3)
    assert "https" not in str(caught.value)
    with pytest.raises(RecipeError, match="no backbone"):
        build_net(recipe("sample-tiny").with_overrides(["backbone=hf-hub:somebody/model"]), 3)
