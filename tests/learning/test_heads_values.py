"""What the heads compute, against timm, against torch's own layers and against sums written out here."""

import math

import numpy as np
import pytest
import torch
from timm.layers.ml_decoder import TransformerDecoderLayerOptimal
from torch import nn
from torch.nn import functional

from core.errors import RecipeError
from core.learning.models.heads import (
    CosineHead,
    CSRAHead,
    GraphReweighting,
    LinearHead,
    MLDecoderHead,
    MLGCNHead,
    Query2LabelHead,
)
from core.learning.models.heads.choice import build_head
from core.learning.models.heads.label_branch import GraphAttention, fold_branches
from core.learning.models.heads.query2label import sine_positions
from core.learning.models.label_graph import LabelGraph
from core.recipes.catalogue import recipe
from core.recipes.recipe import ModelConfig

CHANNELS = 12
ALL = ["linear", "cosine", "ml_decoder", "ml_decoder_cosine", "query2label", "csra", "ml_gcn"]


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(3)


def features_of(*, images: int = 3, channels: int = CHANNELS, size: tuple[int, int] = (3, 4)) -> torch.Tensor:
    return torch.randn(images, channels, *size)


def graph_of(num_labels: int, *, width: int = 6) -> LabelGraph:
    rng = np.random.default_rng(num_labels)
    links = (rng.random((num_labels, num_labels)) < 0.4) * rng.random((num_labels, num_labels)) + np.eye(num_labels)
    return LabelGraph(links.astype(np.float32), rng.normal(size=(num_labels, width)).astype(np.float32), "drawn")


@pytest.mark.parametrize("num_labels", [1, 5, 80, 101])
@pytest.mark.parametrize("graph", ["none", "gat", "gcn"])
@pytest.mark.parametrize("name", ALL)
def test_every_head_gives_logits_and_a_gradient_to_all_that_learns(name, graph, num_labels):
    config = ModelConfig(head=name, graph=graph, embedding=16, attention_heads=2, dropout=0.1, label_vectors="x")
    if (name, graph) in (("ml_gcn", "gat"), ("ml_gcn", "gcn")):
        with pytest.raises(RecipeError, match="label graph itself"):
            build_head(config, channels=CHANNELS, num_labels=num_labels, scale=10.0, graph=None)
        return
    head = build_head(config, channels=CHANNELS, num_labels=num_labels, scale=10.0, graph=graph_of(num_labels))
    features = features_of().requires_grad_()
    assert torch.isfinite(head(features)).all()
    # without dropout, which may by chance leave nothing of a graph of one node
    logits = head.eval()(features)
    assert logits.shape == (3, num_labels)
    (logits * torch.randn_like(logits)).sum().backward()
    assert torch.isfinite(features.grad).all()
    assert features.grad.abs().sum() > 0
    for key, parameter in head.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
        else:
            assert key.endswith("queries"), "nothing else stays as it was drawn"


@pytest.mark.parametrize("name", ["cosine", "ml_decoder_cosine"])
@pytest.mark.parametrize("graph", ["none", "gat"])
def test_cosines_stay_between_minus_one_and_one_and_are_scaled(name, graph):
    config = ModelConfig(head=name, graph=graph, embedding=16)
    scaled = build_head(config, channels=CHANNELS, num_labels=7, scale=23.0, graph=graph_of(7)).eval()
    features = 100 * features_of(images=50)
    cosines = scaled.head(features)
    assert cosines.abs().max() <= 1
    assert cosines.std() > 0.05
    torch.testing.assert_close(scaled(features), 23 * cosines)
    assert not [key for key, _ in scaled.named_parameters() if key.endswith("head.bias")]


def test_cosines_of_ml_decoder_keep_their_digits_in_mixed_precision():
    head = MLDecoderHead(CHANNELS, 5, embed_dim=16, cosine=True).eval()
    with torch.autocast("cpu", torch.bfloat16):
        inside = head(features_of())
    assert inside.dtype == torch.float32


def test_only_plain_heads_take_the_backbones_own_neck():
    assert not ModelConfig(head="linear").uses_map
    assert not ModelConfig(head="cosine").uses_map
    assert ModelConfig(head="cosine", pooling="average+max").uses_map
    assert ModelConfig(head="linear", graph="gcn").uses_map
    assert all(ModelConfig(head=name).uses_map for name in ALL[2:])


@pytest.mark.parametrize("kind", [LinearHead, CosineHead])
def test_average_and_maximum_are_added(kind):
    features = features_of()
    head = kind(CHANNELS, 4, pooling="average+max")
    pooled = features.flatten(2).mean(2) + features.flatten(2).max(2).values
    plain = kind(CHANNELS, 4)
    plain.load_state_dict(head.state_dict())
    torch.testing.assert_close(head(features), plain(pooled[:, :, None, None]))


def head_of(*settings: str) -> nn.Module:
    """The head of a recipe over a graph of 5 labels."""
    one = recipe("sample-tiny").with_overrides(settings)
    return build_head(one.model, channels=CHANNELS, num_labels=5, scale=10.0, graph=graph_of(5)).eval()


@pytest.mark.parametrize("name", ["linear", "cosine"])
@pytest.mark.parametrize("graph", ["none", "gcn"])
def test_a_recipe_says_how_its_head_pools(name, graph):
    settings = [f"head={name}", f"graph={graph}"]
    average, both = head_of(*settings), head_of(*settings, "pooling=average+max")
    both.load_state_dict(average.state_dict())
    features = features_of()
    mean, largest = features.mean((2, 3), keepdim=True), features.amax((2, 3), keepdim=True)
    torch.testing.assert_close(average(features), average(mean))
    if graph == "none":
        torch.testing.assert_close(both(features), average(mean + largest))
    else:
        # factors may turn a largest value into a smallest
        weighed = features * average.get_submodule("factors" if name == "linear" else "head.factors")()[:, None, None]
        inner = average.get_submodule("head" if name == "linear" else "head.head")
        pooled = weighed.mean((2, 3), keepdim=True) + weighed.amax((2, 3), keepdim=True)
        torch.testing.assert_close(both(features), (1 if name == "linear" else 10) * inner(pooled))
    assert not torch.allclose(both(features), average(features), atol=1e-3)


@pytest.mark.parametrize("layer", ["gcn", "gat"])
def test_a_recipe_says_whether_factors_are_squashed_and_which_layers_make_them(layer):
    plain, squashed = (head_of("head=csra", f"graph={layer}", f"graph_sigmoid={one}") for one in ("false", "true"))
    squashed.load_state_dict(plain.state_dict())
    assert isinstance(plain.factors.nodes.first, GraphAttention) == (layer == "gat")
    factors = plain.factors()
    assert not ((factors > 0) & (factors < 1)).all(), "something to squash"
    torch.testing.assert_close(squashed.factors(), 1 / (1 + (-factors).exp()))
    features = features_of()
    expected = plain.head(features / (1 + (-factors).exp())[:, None, None])
    torch.testing.assert_close(squashed(features), expected)


def test_a_recipe_says_how_much_attention_counts_in_csra():
    heads = [head_of("head=csra", "attention_heads=2", f"attention_weight={weight}") for weight in (0.0, 0.1, 0.7)]
    for head in heads[1:]:
        head.load_state_dict(heads[0].state_dict())
    features = features_of()
    none, little, much = (head(features) for head in heads)
    # an average of two heads, and then the same attention of both, so much of it
    scores = torch.einsum("nshw,acs->nachw", features, functional.normalize(heads[0].weight, dim=2))
    torch.testing.assert_close(none, scores.mean((3, 4)).sum(1))
    assert (little - none).abs().min() > 1e-3
    torch.testing.assert_close(much - none, 7 * (little - none), rtol=1e-3, atol=1e-4)
    # which is at least the average and at most the largest score
    ratio = (much - none) / 0.7
    assert (ratio >= none - 1e-4).all()
    assert (ratio <= scores.amax((3, 4)).sum(1) + 1e-4).all()


@pytest.mark.parametrize("name", ALL)
def test_a_recipe_says_how_much_is_dropped_while_training(name):
    settings = [f"head={name}", "embedding=16"]
    without, almost_all = head_of(*settings).train(), head_of(*settings, "dropout=0.9").train()
    shares = [one.p for one in almost_all.modules() if isinstance(one, nn.Dropout)]
    assert shares.count(0.9) == 1
    assert 0.9 not in [one.p for one in without.modules() if isinstance(one, nn.Dropout)]


@pytest.mark.parametrize(("name", "groups", "width"), [("ml_decoder", 2, 24), ("ml_decoder_cosine", 3, 32)])
def test_a_recipe_says_how_many_queries_ml_decoder_has_and_how_wide_it_is(name, groups, width):
    settings = [f"head={name}", f"groups={groups}", f"embedding={width}"]
    part = next(one for one in head_of(*settings).modules() if isinstance(one, MLDecoderHead))
    assert part.queries.shape == (groups, width)
    assert (part.bias is None) == (name == "ml_decoder_cosine")
    assert head_of("head=query2label", f"embedding={width}").queries.shape == (5, width)


# ML-Decoder


@pytest.mark.parametrize(("num_labels", "millions"), [(20, 6.530), (80, 6.622), (500, 6.961)])
def test_ml_decoder_has_as_many_parameters_as_the_authors(num_labels, millions):
    with torch.device("meta"):
        head = MLDecoderHead(1280, num_labels)
    assert sum(one.numel() for one in head.parameters()) / 1e6 == pytest.approx(millions, abs=5e-4)


@pytest.mark.parametrize(
    ("num_labels", "num_groups", "groups", "per_group"),
    [
        (1, None, 1, 1),
        (5, None, 5, 1),
        (100, None, 100, 1),
        (101, None, 100, 2),
        (9605, None, 100, 97),
        (80, 30, 30, 3),
    ],
)
def test_ml_decoder_gives_every_label_a_place(num_labels, num_groups, groups, per_group):
    head = MLDecoderHead(8, num_labels, num_groups, 16)
    assert (len(head.queries), head.labels_per_group) == (groups, per_group)
    assert head(features_of(channels=8)).shape == (3, num_labels)


def layer_of_timm(head: MLDecoderHead) -> nn.Module:
    """timm's copy of the authors' layer with the weights of ours."""
    layer = TransformerDecoderLayerOptimal(head.queries.shape[1]).eval()
    pairs = {
        "norm1": head.norm_queries,
        "multihead_attn": head.attention,
        "norm2": head.norm_attention,
        "linear1": head.feed_forward[0],
        "linear2": head.feed_forward[3],
        "norm3": head.norm_feed_forward,
    }
    for name, module in pairs.items():
        layer.get_submodule(name).load_state_dict(module.state_dict())
    return layer


@pytest.mark.parametrize("num_labels", [5, 80, 101, 250])
def test_ml_decoder_is_the_authors(num_labels):
    head = MLDecoderHead(CHANNELS, num_labels, embed_dim=32).eval()
    nn.init.normal_(head.bias)
    for one in (head.norm_queries, head.norm_attention, head.norm_feed_forward):
        nn.init.normal_(one.weight)
        nn.init.normal_(one.bias)
    features = features_of()
    memory = functional.relu(head.embed(features.flatten(2).transpose(1, 2))).transpose(0, 1)
    answers = layer_of_timm(head)(head.queries[:, None].expand(-1, 3, -1), memory)
    # the group layer of the authors: W (L, E, labels per group), one matrix after the other, the first C columns
    weight = head.weight.reshape(len(head.queries), head.labels_per_group, 32).transpose(1, 2)
    columns = torch.cat([answers[group] @ weight[group] for group in range(len(weight))], dim=1)
    expected = columns[:, :num_labels] + head.bias
    torch.testing.assert_close(head(features), expected, rtol=1e-4, atol=1e-5)


def test_cosines_of_ml_decoder_are_angles_between_answers_and_rows():
    head = MLDecoderHead(CHANNELS, 7, 3, 32, cosine=True).eval()
    features = features_of()
    memory = functional.leaky_relu(head.embed(features.flatten(2).transpose(1, 2)), 0.2).transpose(0, 1)
    answers = layer_of_timm(head)(head.queries[:, None].expand(-1, 3, -1), memory).transpose(0, 1)
    expected = torch.stack(
        [functional.cosine_similarity(answers[:, label // 3], head.weight[label], dim=1) for label in range(7)], dim=1
    )
    torch.testing.assert_close(head(features), expected, rtol=1e-4, atol=1e-5)


def test_the_queries_of_ml_decoder_are_never_trained():
    head = MLDecoderHead(CHANNELS, 5, embed_dim=16)
    assert not head.queries.requires_grad
    assert head.weight.std().item() == pytest.approx(math.sqrt(2 / (5 + 16)), rel=0.3), "Xavier's"


# Query2Label


def test_sine_positions_by_hand():
    positions = sine_positions(torch.zeros(1, 8, 2, 4)).reshape(2, 4, 8)
    for row, column in ((0, 0), (1, 2)):
        down, right = 2 * math.pi * (row + 1) / 2, 2 * math.pi * (column + 1) / 4
        expected = [math.sin(down), math.cos(down), math.sin(down / 100), math.cos(down / 100)]
        expected += [math.sin(right), math.cos(right), math.sin(right / 100), math.cos(right / 100)]
        np.testing.assert_allclose(positions[row, column].numpy(), expected, atol=1e-6)


def attend(attention, queries, keys, values):
    """Scaled dot-product attention with 4 heads, written out in numpy for one image."""
    weight, bias = attention.in_proj_weight.detach().double().numpy(), attention.in_proj_bias.detach().double().numpy()
    q, k, v = (
        x @ w.T + b for x, w, b in zip((queries, keys, values), np.split(weight, 3), np.split(bias, 3), strict=True)
    )
    heads = []
    for q_one, k_one, v_one in zip(np.split(q, 4, 1), np.split(k, 4, 1), np.split(v, 4, 1), strict=True):
        scores = np.exp(q_one @ k_one.T / math.sqrt(q_one.shape[1]))
        heads.append(scores / scores.sum(1, keepdims=True) @ v_one)
    out = attention.out_proj
    return np.concatenate(heads, 1) @ out.weight.detach().double().numpy().T + out.bias.detach().double().numpy()


def norm(module, x):
    centred = x - x.mean(1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
    return scaled * module.weight.detach().double().numpy() + module.bias.detach().double().numpy()


def linear(module, x):
    return x @ module.weight.detach().double().numpy().T + module.bias.detach().double().numpy()


def layer_of(layer, stream, queries, keys, values):
    stream = norm(layer.norm_attention, stream + attend(layer.attention, queries, keys, values))
    inner = np.maximum(linear(layer.feed_forward[0], stream), 0)
    return norm(layer.norm_feed_forward, stream + linear(layer.feed_forward[3], inner))


def test_query2label_written_out():
    head = Query2LabelHead(CHANNELS, 5, embed_dim=16).eval()
    for parameter in head.parameters():
        nn.init.normal_(parameter, std=0.3)
    features = features_of(images=2)
    positions = sine_positions(torch.zeros(1, 16, 3, 4)).double().numpy()
    queries = head.queries.detach().double().numpy()
    expected = []
    for image in features.double().numpy():
        weight = head.project.weight.detach().double().numpy()[:, :, 0, 0]
        tokens = image.reshape(CHANNELS, -1).T @ weight.T + head.project.bias.detach().double().numpy()
        memory = layer_of(head.encoder, tokens, tokens + positions, tokens + positions, tokens)
        answers = np.zeros_like(queries)
        for layer in head.decoder:
            answers = layer_of(layer, answers, answers + queries, memory + positions, memory)
        products = norm(head.norm, answers) * head.weight.detach().double().numpy()
        expected.append(products.sum(1) + head.bias.detach().double().numpy())
    np.testing.assert_allclose(head(features).detach().numpy(), expected, rtol=1e-3, atol=1e-4)


def test_the_usual_width_of_query2label_is_the_feature_maps():
    assert Query2LabelHead(16, 3).queries.shape == (3, 16)
    assert Query2LabelHead(18, 3)(features_of(channels=18)).shape == (3, 3)


# CSRA


@pytest.mark.parametrize("heads", [1, 2, 4, 6, 8])
def test_csra_written_out(heads):
    head = CSRAHead(CHANNELS, 4, attention_heads=heads, attention_weight=0.3)
    features = features_of(images=2)
    temperatures = {1: [1], 2: [1, None], 4: [1, 2, 4, None], 6: [1, 2, 3, 4, 5, None], 8: [*range(1, 8), None]}[heads]
    expected = torch.zeros(2, 4)
    for image in range(2):
        for label in range(4):
            for weight, temperature in zip(head.weight.detach()[:, label], temperatures, strict=True):
                scores = [
                    float(weight @ features[image, :, row, column] / weight.norm())
                    for row in range(3)
                    for column in range(4)
                ]
                if temperature is None:
                    attended = max(scores)
                else:
                    total = sum(math.exp(temperature * one) for one in scores)
                    attended = sum(math.exp(temperature * one) / total * one for one in scores)
                expected[image, label] += sum(scores) / 12 + 0.3 * attended
    torch.testing.assert_close(head(features), expected, rtol=1e-4, atol=1e-5)


def test_other_numbers_of_attention_heads_are_refused_with_those_allowed():
    config = ModelConfig(head="csra", attention_heads=3)
    with pytest.raises(RecipeError, match="attention_heads cannot be 3") as caught:
        build_head(config, channels=CHANNELS, num_labels=2, scale=1.0, graph=None)
    assert "1, 2, 4, 6, 8" in caught.value.next_step


# heads over the label graph


def test_ml_gcn_written_out():
    graph = graph_of(5)
    head = MLGCNHead(CHANNELS, graph)
    first, second = (one.weight.detach().double().numpy() for one in (head.classifiers.first, head.classifiers.second))
    assert first.shape == (6, 1024)
    hidden = graph.adjacency.astype(float) @ graph.vectors @ first
    classifiers = graph.adjacency @ np.where(hidden > 0, hidden, 0.2 * hidden) @ second
    features = features_of()
    expected = features.numpy().max((2, 3)) @ classifiers.T
    np.testing.assert_allclose(head(features).detach().numpy(), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("sigmoid", [False, True])
def test_graph_reweighting_multiplies_channels_before_any_head(sigmoid):
    graph = graph_of(5)
    inner = CSRAHead(CHANNELS, 5)
    head = GraphReweighting(CHANNELS, graph, inner, layer="gcn", sigmoid=sigmoid)
    nodes = graph.vectors.astype(float)
    for layer in (head.factors.nodes.first, head.factors.nodes.second):
        nodes = graph.adjacency @ nodes @ layer.weight.detach().double().numpy()
        nodes = np.where(nodes > 0, nodes, 0.2 * nodes)
    factors = nodes.max(0)
    if sigmoid:
        factors = 1 / (1 + np.exp(-factors))
    features = features_of()
    expected = inner(features * torch.tensor(factors, dtype=torch.float32)[:, None, None])
    torch.testing.assert_close(head(features), expected, rtol=1e-3, atol=1e-5)


def test_graph_attention_written_out():
    layer = GraphAttention(6, 4).eval()
    graph = graph_of(5)
    messages = graph.vectors.astype(float) @ layer.weight.detach().double().numpy()
    column = layer.attention.detach().double().numpy().reshape(8)
    expected = np.zeros((5, 4))
    for node in range(5):
        neighbours = np.flatnonzero(graph.adjacency[node] > 0)
        scores = np.array([column @ np.concatenate([messages[node], messages[one]]) for one in neighbours])
        shares = np.exp(np.where(scores > 0, scores, 0.2 * scores))
        mixed = shares / shares.sum() @ messages[neighbours]
        expected[node] = np.where(mixed > 0, mixed, np.exp(mixed) - 1)
    said = layer(torch.tensor(graph.vectors), torch.tensor(graph.adjacency))
    np.testing.assert_allclose(said.detach().numpy(), expected, rtol=1e-4, atol=1e-5)


def test_vectors_and_links_are_kept_with_the_weights_but_not_learned():
    head = GraphReweighting(CHANNELS, graph_of(5), LinearHead(CHANNELS, 5))
    kept = {name for name, _ in head.named_buffers()}
    assert kept == {"factors.nodes.vectors", "factors.nodes.adjacency"}
    assert kept <= set(head.state_dict())
    assert not kept & {name for name, _ in head.named_parameters()}


@pytest.mark.parametrize(("name", "graph"), [("ml_gcn", "none"), ("ml_decoder_cosine", "gat"), ("csra", "gcn")])
def test_folding_keeps_the_answers_and_drops_the_graph(name, graph):
    config = ModelConfig(head=name, graph=graph, embedding=16)
    head = build_head(config, channels=CHANNELS, num_labels=5, scale=9.0, graph=graph_of(5)).eval()
    features = features_of()
    before = head(features)
    assert any("adjacency" in key for key in head.state_dict())
    fold_branches(head)
    assert torch.equal(head(features), before)
    assert not any("adjacency" in key or "vectors" in key or "nodes" in key for key in head.state_dict())
    # the values do not ask for gradients any more
    assert not [key for key, one in head.named_buffers() if one.requires_grad]
