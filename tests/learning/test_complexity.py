"""What `core.recipes.complexity` says without torch, against counting on torch's meta device and METHOD's table."""

import functools
import tomllib

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.labels import MULTI_LABEL
from core.learning.models import net
from core.learning.models.backbone import build_backbone
from core.paths import resources
from core.recipes.catalogue import catalogue, recipe
from core.recipes.complexity import complexity

BACKBONES = tomllib.loads((resources() / "backbones.toml").read_text(encoding="utf-8"))


def with_model(**model):
    settings = [f"{key}={value}" for key, value in model.items()]
    return recipe("resnet18-224").with_overrides(settings)


def counted(one, num_labels):
    """Parameters and GMACs of the network that is built, without computing anything."""
    # attention in parts that can be counted
    with torch.device("meta"), sdpa_kernel(SDPBackend.MATH):
        network = net.build_net(one, num_labels)
        parameters = sum(each.numel() for each in network.parameters())
        # what the graph of labels gives is computed once, before the network is used
        network.eval()
        network.fold()
        images = torch.zeros(1, 3, one.input.size, one.input.size, dtype=torch.uint8)
        with FlopCounterMode(display=False) as counter:
            network(images)
    return parameters, counter.get_total_flops() / 2e9


# 320 px are in no row
@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_is_as_large_as_its_row_says(name):
    one = with_model(backbone=name, size=320, head="linear")
    parameters, gmacs = counted(one, 20)
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
    one = with_model(backbone="mobilenetv3_small_100", size=448, **model)
    parameters, gmacs = counted(one, num_labels)
    said = complexity(one, num_labels)
    assert said.parameters == parameters
    assert said.gmacs == pytest.approx(gmacs, rel=0.01)


HEADS = (
    "head=linear",
    "head=cosine",
    "head=linear pooling=average+max",
    "head=ml_decoder",
    "head=ml_decoder_cosine graph=gcn",
    "head=query2label",
    "head=csra",
    "head=ml_gcn",
    "head=cosine graph=gat",
)


# one recipe of each backbone, of the task that has all heads
@pytest.mark.parametrize(
    "one", {each.model.backbone: each for each in catalogue(MULTI_LABEL)}.values(), ids=lambda one: one.name
)
def test_the_network_of_every_recipes_backbone_with_any_head_holds_nothing_but_what_its_card_counts(one, monkeypatch):
    # with and without its neck is enough
    monkeypatch.setattr(net, "build_backbone", functools.cache(build_backbone))
    for head in HEADS:
        changed = one.with_overrides(["graph=none", "pooling=average", *head.split()])
        with torch.device("meta"):
            parameters = sum(each.numel() for each in net.build_net(changed, 20).parameters())
        assert complexity(changed, 20).parameters == parameters, head


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
    said = complexity(with_model(backbone=backbone, size=size, head=head), num_labels)
    assert said.gmacs == pytest.approx(gmacs, rel=0.01)
    if millions is not None:
        assert said.parameters / 1e6 == pytest.approx(millions, rel=0.01)


def test_a_backbone_without_a_row_has_no_facts():
    assert complexity(with_model(backbone="convnext_tiny"), 20) is None
