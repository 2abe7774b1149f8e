import math

import numpy as np
import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from core.errors import RecipeError
from core.learning.losses import compute_scale
from core.learning.models import weights
from core.learning.models.backbone import as_map, build_backbone, channels_of
from core.learning.models.heads.cosine import CosineHead
from core.learning.models.heads.linear import LinearHead
from core.learning.models.label_graph import label_graph_of
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


@pytest.mark.parametrize(
    ("name", "last", "pooled", "channels"),
    [("alexnet", "classifier.6", 4096, 256), ("googlenet", "fc", 1024, 1024), ("resnet18", "fc", 512, 512)],
)
def test_torchvisions_networks_are_torchvisions_own(name, last, pooled, channels):
    torch.manual_seed(0)
    # published GoogLeNet has its inputs transformed; its auxiliary classifiers are there to train it only
    options = {"aux_logits": False, "init_weights": False, "transform_input": True} if name == "googlenet" else {}
    reference = torchvision.models.get_model(name, num_classes=3, **options)
    for module in reference.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    images = torch.randint(0, 256, (4, 3, 96, 96), dtype=torch.uint8)
    images[1::2] //= 4
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    inputs = (images / 255 - mean) / std
    # statistics as after some training: with those of a fresh network hardly anything would reach the last layer
    reference.train()(inputs)
    reference.eval()
    one = recipe("sample-tiny").with_overrides([f"backbone=torchvision/{name}", "size=96"])
    net = build_net(one, 3).eval()
    weights.load_state(net.backbone, reference.state_dict(), source="torchvision")
    with torch.no_grad():
        net.head.linear.weight.copy_(reference.get_submodule(last).weight)
        net.head.linear.bias.copy_(reference.get_submodule(last).bias)
    assert net.features(images).shape == (4, pooled, 1, 1)
    expected = reference(inputs)
    assert expected.std(dim=0).min() > 2e-4, "images are told apart"
    torch.testing.assert_close(net(images), expected, rtol=1e-4, atol=1e-5)
    whole = build_net(one.with_overrides(["pooling=average+max"]), 3).eval().features(images)
    assert whole.shape[:2] == (4, channels)
    assert whole.shape[2] > 1


@pytest.mark.parametrize(
    "name",
    [
        "mobilenetv3_small_050", "ghostnet_050", "fasternet_t0", "lcnetv2_small", "vgg11", "convnext_atto",
        "hgnet_tiny", "beit_base_patch16_224", "mambaout_femto", "efficientvit_b0", "tiny_vit_5m_224",
        "efficientnet_b0", "regnetz_b16", "resnet18", "torchvision/alexnet", "torchvision/googlenet",
    ],
)  # fmt: skip
def test_a_backbone_without_its_neck_has_all_that_makes_the_map_and_no_more(name):
    with torch.device("meta"):
        backbone = build_backbone(name, 224, neck=False).eval()
        used = set()
        for part, module in backbone.named_modules():
            if next(module.parameters(recurse=False), None) is not None and "." in part:
                module.register_forward_hook(lambda *_, part=part: used.add(part.partition(".")[0]))
            elif part:
                module.register_forward_hook(lambda *_, part=part: used.add(part))
        shape = backbone.forward_features(torch.zeros(1, 3, 224, 224)).shape
        whole = build_backbone(name, 224).eval().forward_features(torch.zeros(1, 3, 224, 224)).shape
    assert shape == whole
    unused = [part for part, module in backbone.named_children() if part not in used and [*module.parameters()]]
    assert unused == []


def test_torchvisions_networks_have_their_published_sizes():
    with torch.device("meta"):
        sizes = [
            sum(one.numel() for one in build_backbone(f"torchvision/{name}", 256).parameters())
            for name in ("alexnet", "googlenet", "resnet18")
        ]
    # torchvision's own num_params less the last layer: 61 100 840, 6 624 904, 11 689 512
    assert sizes == [61_100_840 - 4_097_000, 6_624_904 - 1_025_000, 11_689_512 - 513_000]


def test_other_networks_of_torchvision_are_refused_with_those_there_are():
    with pytest.raises(RecipeError, match="no backbone “torchvision/vgg16”") as caught:
        build_backbone("torchvision/vgg16", 224)
    assert "torchvision/googlenet" in caught.value.next_step
    with pytest.raises(RecipeError, match="cannot take images of 32 × 32 px") as caught:
        build_backbone("torchvision/alexnet", 32)
    assert "64 px" in caught.value.next_step


@pytest.mark.parametrize("name", ["test_efficientnet", "test_convnext", "test_vit", "mobilenetv3_small_050"])
def test_the_feature_map_is_the_one_timm_shows(name):
    net = build_net(recipe("sample-tiny").with_overrides([f"backbone={name}", "size=64", "head=csra"]), 4).eval()
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    features = net.features(images)
    assert features.shape[:2] == (2, net.backbone.num_features)
    assert features.shape[2] > 1
    inputs = (images.float() - net.mean) / net.std
    last = net.backbone.forward_features(inputs)
    if name == "test_vit":
        # one token for the whole image comes first, then row after row
        side = features.shape[2]
        assert last.shape[1] == side * side + 1
        torch.testing.assert_close(features[0, :, 1, 2], last[0, 1 + side + 2])
    else:
        torch.testing.assert_close(features, last)


def test_a_feature_map_with_channels_last_is_turned():
    config = ["backbone=swin_tiny_patch4_window7_224", "size=224", "head=csra"]
    with torch.device("meta"):
        net = build_net(recipe("sample-tiny").with_overrides(config), 4)
        features = net.features(torch.zeros(1, 3, 224, 224, dtype=torch.uint8))
    assert features.shape == (1, 768, 7, 7)


@pytest.mark.parametrize(
    ("name", "side"), [("deit_tiny_patch16_224", 14), ("vit_small_patch14_reg4_dinov2.lvd142m", 16)]
)
def test_tokens_for_the_whole_image_are_no_part_of_the_map(name, side):
    one = recipe("sample-tiny").with_overrides([f"backbone={name}", "size=224", "head=ml_decoder"])
    with torch.device("meta"):
        net = build_net(one, 4)
        features = net.features(torch.zeros(1, 3, 224, 224, dtype=torch.uint8))
        logits = net(torch.zeros(1, 3, 224, 224, dtype=torch.uint8))
    assert features.shape == (1, net.backbone.num_features, side, side)
    assert logits.shape == (1, 4)


def test_a_backbone_without_places_is_refused_by_heads_that_need_them():
    net = build_net(recipe("sample-tiny").with_overrides(["backbone=test_vit", "size=64", "head=csra"]), 4)
    with pytest.raises(RecipeError, match="test_vit gives no feature map") as caught:
        as_map(net.backbone, torch.zeros(1, 16, 64))
    assert "linear or cosine" in caught.value.next_step


@pytest.mark.parametrize("settings", [["head=ml_gcn"], ["head=ml_decoder_cosine", "graph=gat", "embedding=16"]])
def test_folding_a_network_changes_none_of_its_answers(settings):
    one = recipe("sample-tiny").with_overrides([*settings, "backbone=test_efficientnet", "size=64"])
    states = np.random.default_rng(0).integers(-1, 2, (40, 6)).astype(np.int8)
    graph = label_graph_of(one.model, tuple("abcdef"), states)
    net = build_net(one, 6, graph=graph).eval()
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    before, scale = net(images), net.scale
    net.fold()
    assert torch.equal(net(images), before)
    assert net.scale == scale
    assert not any("vectors" in name for name in net.state_dict())


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "torchvision/alexnet"])
def test_weights_with_a_neck_load_into_a_network_without(name, tmp_path):
    one = recipe("sample-tiny").with_overrides([f"backbone={name}", "size=64", "head=csra"])
    published = build_backbone(name, 64)
    path = tmp_path / "published.safetensors"
    save_file(published.state_dict(), path)
    net = build_net(one, 3).eval()
    weights.load_file(net.backbone, path)
    for key, tensor in net.backbone.state_dict().items():
        assert torch.equal(tensor, published.state_dict()[key]), key
    assert len(net.backbone.state_dict()) < len(published.state_dict())


def test_the_weights_of_a_run_of_an_older_version_may_have_a_neck():
    one = recipe("sample-tiny").with_overrides(["backbone=mobilenetv3_small_050", "size=64", "head=csra"])
    old, net = build_net(one, 3), build_net(one, 3)
    kept = {f"backbone.{key}": one for key, one in build_backbone("mobilenetv3_small_050", 64).state_dict().items()}
    net.load_run_state({**kept, **old.state_dict()})
    for key, tensor in old.state_dict().items():
        assert torch.equal(net.state_dict()[key], tensor), key
    with pytest.raises(RuntimeError, match=r"backbone\.conv_stem"):
        net.load_run_state({key: one for key, one in old.state_dict().items() if "conv_stem" not in key})
    # a head that does not fit is no neck
    with pytest.raises(RuntimeError, match=r"head\.other"):
        net.load_run_state({**old.state_dict(), "head.other": torch.zeros(1)})


def test_weights_trained_over_a_graph_load_into_a_network_without_one():
    one = recipe("sample-tiny").with_overrides(["head=ml_gcn", "backbone=test_efficientnet", "size=64"])
    states = np.random.default_rng(0).integers(-1, 2, (40, 6)).astype(np.int8)
    trained = build_net(one, 6, graph=label_graph_of(one.model, tuple("abcdef"), states)).eval()
    net = build_net(one, 6).eval()
    net.load_state_dict(trained.state_dict())
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    assert torch.equal(net(images), trained(images))


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
