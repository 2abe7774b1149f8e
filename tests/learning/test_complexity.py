"""What `core.recipes.complexity` says without torch, against counting on torch's meta device and METHOD's table."""

import tomllib

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.learning.models.net import build_net
from core.paths import resources
from core.recipes.catalogue import recipe
from core.recipes.complexity import complexity

BACKBONES = tomllib.loads((resources() / "backbones.toml").read_text(encoding="utf-8"))
# of the layers that make features of the pooled map; heads that take the map leave them out
NECKS = ("conv_head", "norm_head", "classifier")


def network(**model):
    settings = [f"{key}={value}" for key, value in model.items()]
    return recipe("resnet18-224").with_overrides(settings)


def counted(one, num_labels, *, mode):
    """Parameters and GMACs of the network that is built, without computing anything."""
    # attention in parts that can be counted
    with mode, sdpa_kernel(SDPBackend.MATH):
        net = build_net(one, num_labels)
        unused = tuple(f"backbone.{neck}" for neck in NECKS) if one.model.uses_map else ()
        parameters = sum(each.numel() for name, each in net.named_parameters() if not name.startswith(unused))
        # what the graph of labels gives is computed once, before the network is used
        net.eval()
        net.fold()
        images = torch.zeros(1, 3, one.input.size, one.input.size, dtype=torch.uint8)
        with FlopCounterMode(display=False) as counter:
            net(images)
    return parameters, counter.get_total_flops() / 2e9


# 320 px are in no row
@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_is_as_large_as_its_row_says(name):
    one = network(backbone=name, size=320, head="linear")
    parameters, gmacs = counted(one, 20, mode=torch.device("meta"))
    said = complexity(one, 20)
    assert said.parameters == parameters
    assert said.gmacs == pytest.approx(gmacs, rel=0.01)


@pytest.mark.parametrize(
    "model",
    [
        {"head": "cosine"},
        {"head": "linear", "pooling": "average+max"},
        {"head": "ml_decoder"},
        {"head": "ml_decoder_cosine"},
        {"head": "ml_decoder", "groups": 7, "embedding": 64},
        {"head": "query2label"},
        {"head": "query2label", "embedding": 256},
        {"head": "csra", "attention_heads": 4},
        {"head": "ml_gcn"},
        {"head": "cosine", "graph": "gat", "pooling": "average+max"},
        {"head": "ml_decoder_cosine", "graph": "gcn"},
    ],
    ids=lambda model: "-".join(map(str, model.values())),
)
@pytest.mark.parametrize("num_labels", [1, 501])
def test_every_head_is_as_large_as_it_is_said_to_be(model, num_labels):
    one = network(backbone="mobilenetv3_small_100", size=448, **model)
    # cosines switch autocast off, which the meta device does not know; some backbones do not know fake tensors
    parameters, gmacs = counted(one, num_labels, mode=FakeTensorMode())
    said = complexity(one, num_labels)
    assert said.parameters == parameters
    assert said.gmacs == pytest.approx(gmacs, rel=0.01)


# METHOD.md, section 7: parameters in millions with a classifier for 1000 labels, multiply-adds in 1e9 with it
@pytest.mark.parametrize(
    ("backbone", "size", "head", "num_labels", "millions", "gmacs"),
    [
        ("mobilenetv3_large_100", 224, "linear", 1000, 5.483, 0.217),
        ("mobilenetv3_large_100", 448, "linear", 1000, 5.483, 0.854),
        ("efficientnet_b0", 224, "linear", 1000, 5.289, 0.386),
        ("efficientnet_b0", 448, "linear", 1000, 5.289, 1.538),
        ("tf_efficientnetv2_s.in21k", 224, "linear", 1000, 21.458, 2.850),
        ("tf_efficientnetv2_s.in21k", 448, "linear", 1000, 21.458, 11.385),
        ("efficientnetv2_rw_s", 224, "linear", 1000, 23.941, 2.944),
        ("efficientnetv2_rw_s", 448, "linear", 1000, 23.941, 11.758),
        ("tf_efficientnetv2_l.in21k", 224, "linear", 1000, 118.515, 12.231),
        ("tf_efficientnetv2_l.in21k", 448, "linear", 1000, 118.515, 48.855),
        ("tresnet_l", 224, "linear", 1000, 55.989, 10.878),
        ("tresnet_l", 448, "linear", 1000, 55.989, 43.498),
        ("tresnet_v2_l", 224, "linear", 1000, 46.175, 8.814),
        ("tresnet_v2_l", 448, "linear", 1000, 46.175, 35.244),
        ("resnet18", 224, "linear", 1000, 11.690, 1.814),
        ("resnet18", 448, "linear", 1000, 11.690, 7.255),
        ("resnet101", 224, "linear", 1000, 44.549, 7.801),
        ("resnet101", 448, "linear", 1000, 44.549, 31.199),
        ("deit_tiny_patch16_224", 224, "linear", 1000, 5.717, 1.254),
        ("vit_small_patch14_reg4_dinov2.lvd142m", 224, "linear", 1000, 22.0, 6.228),
        ("tf_efficientnetv2_s", 448, "ml_decoder", 80, 20.177 + 6.622, 12.18),
        ("tresnet_v2_l", 448, "ml_decoder", 80, None, 36.15),
        ("tresnet_v2_l", 640, "ml_decoder", 80, None, 73.42),
        ("tresnet_v2_l", 576, "ml_decoder", 500, None, 59.63),
    ],
)
def test_the_facts_agree_with_the_published_ones(backbone, size, head, num_labels, millions, gmacs):
    said = complexity(network(backbone=backbone, size=size, head=head), num_labels)
    assert said.gmacs == pytest.approx(gmacs, rel=0.01)
    if millions is not None:
        assert said.parameters / 1e6 == pytest.approx(millions, rel=0.01)


def test_a_backbone_without_a_row_has_no_facts():
    assert complexity(network(backbone="convnext_tiny"), 20) is None
