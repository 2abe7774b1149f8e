from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.jobs.job import TrainJob
from core.labels import Split
from core.learning.models.initialise import load_run, with_vectors_of
from core.learning.models.label_graph import GRAPH_FILE, LabelGraph, label_graph_of
from core.learning.models.net import build_net
from core.learning.training.begin import begin
from core.learning.training.checkpoint import save_best
from core.project.runs.snapshot import Snapshot

OLD = ("apple", "pear", "plum", "fig")
NEW = ("quince", "Plum", "apple", "cherry", "FIG")
IMAGES = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


ANEW = (
    "The labels, or the vectors that describe them, are not those of the other run, so that the layers over the label "
    "graph start anew."
)
GOES_ON = (
    "The layers over the label graph go on, over links that come from the training images of this run: where those are "
    "others, answers differ at first."
)


class Runs:
    """Makes folders of runs, and networks to start from them."""

    def __init__(self, folder: Path, recipe) -> None:
        self.folder = folder
        self.recipe = recipe

    def graph(self, settings, names, *, seed: int):
        states = np.random.default_rng(seed).choice([1, 0], (30, len(names))).astype(np.int8)
        return label_graph_of(self.recipe.with_overrides(settings).model, names, states)

    def net(self, settings, names, *, seed: int, graph=None):
        torch.manual_seed(seed)
        recipe = self.recipe.with_overrides(settings)
        net = build_net(recipe, len(names), graph=graph or self.graph(settings, names, seed=seed)).eval()
        # the statistics of a fresh network would hide a backbone that was not taken over
        for name, buffer in net.backbone.named_buffers():
            if name.endswith("running_mean"):
                torch.nn.init.normal_(buffer)
        return net

    def run(self, settings, names=OLD, *, graph=None):
        net = self.net(settings, names, seed=4, graph=graph)
        folder = self.folder / "0007"
        folder.mkdir()
        (folder / "recipe.toml").write_text(self.recipe.with_overrides(settings).to_toml(), encoding="utf-8")
        save_best(folder / "best.safetensors", net.state_dict())
        self.graph(settings, names, seed=4).save(folder / GRAPH_FILE)
        rows = np.arange(len(names))
        empty = np.zeros((0, len(names)), np.int8)
        Snapshot(np.zeros(0, np.int64), (), empty, np.zeros(0, np.int8), rows, names).save(folder / "snapshot.npz")
        return net, folder

    def start(self, settings, folder, names=NEW, *, graph=None):
        config = self.recipe.with_overrides(settings).model
        graph = graph or self.graph(settings, names, seed=5)
        net = self.net(settings, names, seed=5, graph=with_vectors_of(folder, graph, config=config, label_names=names))
        return net, load_run(net, folder, names)


@pytest.fixture
def runs(tmp_path, tiny):
    return Runs(tmp_path, replace(tiny, name="tiny"))


def logits(net):
    with torch.inference_mode():
        return net(IMAGES)


@pytest.mark.parametrize(
    "settings",
    [
        ["head=linear"],
        ["head=cosine", "scale=11"],
        ["head=cosine", "scale=11", "pooling=average+max"],
        ["head=ml_decoder", "embedding=16"],
        ["head=ml_decoder_cosine", "embedding=16", "scale=11", "dropout=0.1"],
        ["head=query2label", "embedding=16"],
        ["head=csra", "attention_heads=2"],
    ],
    ids=lambda settings: " ".join(settings),
)
def test_labels_of_the_same_name_answer_as_they_did(runs, settings):
    old, folder = runs.run(settings)
    net, initialised = runs.start(settings, folder)
    assert initialised.matched == ("Plum", "apple", "FIG")
    assert initialised.new == ("quince", "cherry")
    assert initialised.notes == ()
    torch.testing.assert_close(logits(net)[:, [1, 2, 4]], logits(old)[:, [2, 0, 3]])
    assert not torch.allclose(logits(net)[:, 0], logits(old)[:, 1])


@pytest.mark.parametrize("head", ["linear", "csra"])
def test_a_head_behind_a_graph_keeps_its_rows_and_says_that_the_graph_starts_anew(runs, head):
    settings = [f"head={head}", "graph=gat"]
    old, folder = runs.run(settings)
    net, initialised = runs.start(settings, folder)
    fresh = runs.net(settings, NEW, seed=5)
    assert initialised.matched == ("Plum", "apple", "FIG")
    assert initialised.notes == (ANEW,)
    rows = {"linear": lambda one: one.head.head.linear.weight, "csra": lambda one: one.head.head.weight[0]}[head]
    assert torch.equal(rows(net)[[1, 2, 4]], rows(old)[[2, 0, 3]])
    for name, tensor in fresh.head.factors.state_dict().items():
        assert torch.equal(net.head.factors.state_dict()[name], tensor), name


def word_vectors(folder, *, seed):
    rng = np.random.default_rng(seed)
    words = sorted({name.casefold() for name in OLD + NEW})
    path = folder / "vectors.txt"
    path.write_text("".join(f"{word} {' '.join(map(str, rng.normal(size=5)))}\n" for word in words))
    return path


def test_layers_over_the_same_word_vectors_are_taken_over_but_the_graph_is_the_new_one(runs, tmp_path):
    settings = ["head=ml_gcn", f"label_vectors={word_vectors(tmp_path, seed=0)}"]
    old, folder = runs.run(settings)
    net, initialised = runs.start(settings, folder)
    assert (initialised.matched, initialised.notes) == (("Plum", "apple", "FIG"), (GOES_ON,))
    assert torch.equal(net.head.classifiers.first.weight, old.head.classifiers.first.weight)
    assert torch.equal(net.head.classifiers.second.weight, old.head.classifiers.second.weight)
    fresh = runs.net(settings, NEW, seed=5)
    assert torch.equal(net.head.classifiers.adjacency, fresh.head.classifiers.adjacency)
    assert torch.equal(net.head.classifiers.vectors, fresh.head.classifiers.vectors)


def branch_is_fresh(runs, net, settings, names, graph=None):
    fresh, state = runs.net(settings, names, seed=5, graph=graph).state_dict(), net.state_dict()
    branch = [name for name in state if ".first." in name or ".second." in name or name.endswith("vectors")]
    assert len(branch) >= 3
    return all(torch.equal(state[name], fresh[name]) for name in branch)


def test_layers_start_anew_over_other_word_vectors_or_where_they_are_of_another_kind(runs, tmp_path):
    vectors = f"label_vectors={word_vectors(tmp_path, seed=0)}"
    _, folder = runs.run(["head=linear", "graph=gat", vectors])
    other_kind = ["head=linear", "graph=gcn", vectors]
    net, initialised = runs.start(other_kind, folder)
    assert initialised.notes == ("The layers over the label graph start anew.",)
    assert branch_is_fresh(runs, net, other_kind, NEW)
    word_vectors(tmp_path, seed=1)
    net, initialised = runs.start(["head=linear", "graph=gat", vectors], folder)
    assert initialised.notes == (ANEW,)
    assert branch_is_fresh(runs, net, ["head=linear", "graph=gat", vectors], NEW)


def test_a_new_label_does_not_go_on_with_the_dimension_of_an_old_one(runs):
    settings = ["head=ml_gcn"]
    config = runs.recipe.with_overrides(settings).model
    # all labels have dimensions of their own, in this order
    silent = label_graph_of(config, OLD, np.zeros((3, 4), np.int8))
    _, folder = runs.run(settings, graph=silent)
    names = ("apple", "quince", "plum", "fig")
    net, initialised = runs.start(settings, folder, names, graph=silent)
    assert (initialised.matched, initialised.notes) == ((), (ANEW,))
    assert branch_is_fresh(runs, net, settings, names, silent)


def test_classifiers_made_of_cooccurrence_mean_nothing_with_other_labels(runs):
    _, folder = runs.run(["head=ml_gcn"])
    net, initialised = runs.start(["head=ml_gcn"], folder)
    assert (initialised.matched, initialised.new) == ((), NEW)
    assert initialised.notes == (ANEW,)
    fresh = runs.net(["head=ml_gcn"], NEW, seed=5)
    for name, tensor in fresh.head.state_dict().items():
        assert torch.equal(net.head.state_dict()[name], tensor), name


MOVED = ("Fig", "apple", "PLUM", "pear")
GRAPH_HEADS = [
    ["head=ml_gcn"],
    ["head=linear", "graph=gat"],
    ["head=cosine", "graph=gcn", "scale=11", "pooling=average+max"],
    ["head=ml_decoder", "graph=gat", "embedding=16"],
]


@pytest.mark.parametrize("settings", GRAPH_HEADS, ids=lambda settings: " ".join(settings))
def test_graph_heads_of_the_same_labels_in_any_order_answer_as_they_did(runs, settings):
    old, folder = runs.run(settings)
    order = [3, 0, 2, 1]
    # the same images, so that the links are the same
    states = np.random.default_rng(4).choice([1, 0], (30, 4)).astype(np.int8)[:, order]
    graph = label_graph_of(runs.recipe.with_overrides(settings).model, MOVED, states)
    net, initialised = runs.start(settings, folder, MOVED, graph=graph)
    assert (initialised.matched, initialised.new, initialised.notes) == (MOVED, (), ())
    torch.testing.assert_close(logits(net), logits(old)[:, order])


@pytest.mark.parametrize("settings", GRAPH_HEADS, ids=lambda settings: " ".join(settings))
def test_links_of_new_images_take_the_place_of_the_old_under_layers_that_go_on(runs, settings):
    old, folder = runs.run(settings)
    net, initialised = runs.start(settings, folder, MOVED)
    assert (initialised.matched, initialised.notes) == (MOVED, (GOES_ON,))
    fresh = runs.net(settings, MOVED, seed=5)
    state, before, new = net.state_dict(), old.state_dict(), fresh.state_dict()
    for name, tensor in before.items():
        if name.endswith("vectors"):
            assert torch.equal(state[name], tensor[[3, 0, 2, 1]])
        elif name.endswith("adjacency"):
            assert torch.equal(state[name], new[name])
            assert not torch.allclose(new[name], tensor[[3, 0, 2, 1]][:, [3, 0, 2, 1]])
        elif ".first." in name or ".second." in name:
            assert torch.equal(state[name], tensor), name


def test_the_graph_says_whose_vectors_it_has(runs):
    settings = ["head=ml_gcn"]
    _, folder = runs.run(settings)
    config = runs.recipe.with_overrides(settings).model
    silent = label_graph_of(config, OLD, np.array([[1, 0, 1, 0], [0, 1, 1, 0]], np.int8))
    silent.save(folder / GRAPH_FILE)
    graph = with_vectors_of(folder, runs.graph(settings, MOVED, seed=5), config=config, label_names=MOVED)
    assert graph.labels_without_vector == ("Fig", "PLUM")
    assert graph.source == "which labels come together in the training images, as in the run 0007"
    assert np.array_equal(graph.vectors, silent.vectors[[3, 0, 2, 1]])


def begun(runs, settings, folder, names, states):
    job = TrainJob(run_id=8, device="cpu", threads=1, cache_folder=str(runs.folder), initial_run=str(folder))
    run = runs.folder / "0008"
    run.mkdir()
    rows, splits = np.arange(len(states)), np.full(len(states), Split.TRAIN, np.int8)
    files = tuple(f"{row}.png" for row in rows)
    snapshot = Snapshot(rows, files, states, splits, np.arange(len(names)), names)
    return begin(job, runs.recipe.with_overrides(settings), snapshot, run, resuming=False), run


def test_a_run_keeps_the_vectors_that_it_started_with_in_its_label_graph(runs):
    old, folder = runs.run(["head=ml_gcn"])
    states = np.random.default_rng(9).choice([1, 0], (30, 4)).astype(np.int8)
    made, run = begun(runs, ["head=ml_gcn"], folder, MOVED, states)
    vectors = old.head.classifiers.vectors[[3, 0, 2, 1]]
    assert torch.equal(made.net.head.classifiers.vectors, vectors)
    assert np.array_equal(LabelGraph.load(run / GRAPH_FILE).vectors, vectors.numpy())
    assert torch.equal(made.net.head.classifiers.first.weight, old.head.classifiers.first.weight)
    assert made.notes == (
        "What the head knows of the labels comes from which labels come together in the training images, "
        "as in the run 0007.",
        "All labels go on from what the other run learnt of them.",
        GOES_ON,
    )


def test_more_images_of_new_labels_are_drawn_also_where_labels_come_to_share_queries(runs):
    settings = ["head=ml_decoder", "embedding=16"]
    _, folder = runs.run([*settings, "groups=4"])
    names = ("cherry", *OLD)
    made, _ = begun(runs, [*settings, "groups=3"], folder, names, np.eye(5, dtype=np.int8))
    assert (made.start.matched, made.start.new) == (OLD, ("cherry",))
    assert made.recipe.training.sampler == "new_labels"


@pytest.mark.parametrize(
    ("settings", "loss"),
    [
        (["head=linear"], "influence_balanced"),
        (["head=linear", "pooling=average+max"], "cross_entropy"),
        (["head=ml_decoder", "embedding=16"], "cross_entropy"),
    ],
)
def test_classes_added_are_balanced_with_whatever_head(runs, settings, loss):
    runs.recipe = replace(runs.recipe, task="multi-class").with_overrides(["loss=cross_entropy"])
    _, folder = runs.run(settings)
    made, _ = begun(runs, settings, folder, NEW, np.eye(5, dtype=np.int8))
    assert (made.recipe.loss.name, made.recipe.training.sampler) == (loss, "balanced")
    assert any("influence-balanced" in note for note in made.notes) == (loss == "influence_balanced")


@pytest.mark.parametrize("after", [["head=ml_gcn"], ["head=linear", "graph=gcn"]])
def test_vectors_stay_where_other_layers_are_over_them(runs, after):
    _, folder = runs.run(["head=linear", "graph=gat"])
    net, initialised = runs.start(after, folder, MOVED)
    assert "start anew" in initialised.notes[0] or "only the backbone" in initialised.notes[0]
    assert branch_is_fresh(runs, net, after, MOVED)


def named(numbers):
    return tuple(f"label {number}" for number in numbers)


def test_labels_that_share_queries_keep_what_is_their_own_wherever_they_go(runs):
    settings = ["head=ml_decoder", "embedding=16", "groups=3"]
    old, folder = runs.run(settings, named(range(6)))
    names = ("label 0", "LABEL 4", "label 2", "new", "label 5", "label 3")
    net, initialised = runs.start(settings, folder, names)
    assert (initialised.matched, initialised.new) == (tuple(name for name in names if name != "new"), ("new",))
    (note,) = initialised.notes
    assert "shared a query of ML-Decoder" in note
    assert torch.equal(net.head.queries, old.head.queries)
    kept, came_from = [0, 1, 2, 4, 5], [0, 4, 2, 5, 3]
    assert torch.equal(net.head.weight[kept], old.head.weight[came_from])
    assert torch.equal(net.head.bias[kept], old.head.bias[came_from])
    # with the query that they had
    torch.testing.assert_close(logits(net)[:, [0, 2, 4]], logits(old)[:, [0, 2, 5]])


def test_labels_that_share_the_queries_that_they_did_answer_as_they_did(runs):
    settings = ["head=ml_decoder_cosine", "embedding=16", "groups=3", "scale=11"]
    old, folder = runs.run(settings, named(range(6)))
    names = ("label 3", "label 2", "new", "label 5", "label 1", "label 0")
    net, initialised = runs.start(settings, folder, names)
    assert initialised.notes == ()
    torch.testing.assert_close(logits(net)[:, [0, 1, 3, 4, 5]], logits(old)[:, [3, 2, 5, 1, 0]])


@pytest.mark.parametrize(
    ("before", "after", "answer_alike"),
    [(98, 103, False), (100, 101, False), (150, 250, False), (103, 98, True), (250, 100, True)],
)
def test_labels_of_ml_decoder_go_on_where_more_or_fewer_share_a_query(runs, before, after, answer_alike):
    settings = ["head=ml_decoder", "embedding=16", "groups=0"]
    old, folder = runs.run(settings, named(range(before)))
    names = ("new", *named(range(after - 1)))
    net, initialised = runs.start(settings, folder, names)
    fresh = runs.net(settings, names, seed=5).head
    matched = min(after - 1, before)
    assert initialised.matched == named(range(matched))
    # each has a query of its own again
    assert ("shared a query" not in "".join(initialised.notes)) == answer_alike
    torch.testing.assert_close(net.head.weight[1 : matched + 1], old.head.weight[:matched])
    torch.testing.assert_close(net.head.weight[matched + 1 :], fresh.weight[matched + 1 :])
    torch.testing.assert_close(net.head.bias[1 : matched + 1], old.head.bias[:matched])
    assert torch.equal(net.head.attention.in_proj_weight, old.head.attention.in_proj_weight)
    per_query, old_per_query = -(-after // min(after, 100)), -(-before // min(before, 100))
    answers, before_answers = logits(net), logits(old)
    for query in range(len(net.head.queries)):
        labels = range(query * per_query, min((query + 1) * per_query, after))
        first = next((label - 1 for label in labels if 1 <= label <= matched), None)
        expected = fresh.queries[query] if first is None else old.head.queries[first // old_per_query]
        assert torch.equal(net.head.queries[query], expected)
        if first is not None:
            torch.testing.assert_close(answers[:, first + 1], before_answers[:, first])


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (["head=linear"], ["head=cosine"], "Its head was linear, now it is cosine: only the backbone was taken over."),
        (
            ["head=ml_decoder", "embedding=16"],
            ["head=ml_decoder", "embedding=24"],
            "Its head has other sizes: only the backbone was taken over.",
        ),
        (
            ["head=csra", "attention_heads=2"],
            ["head=csra", "attention_heads=4"],
            "Its head has other sizes: only the backbone was taken over.",
        ),
    ],
)
def test_of_another_head_only_the_backbone_is_taken_over(runs, before, after, sentence):
    old, folder = runs.run(before)
    net, initialised = runs.start(after, folder)
    assert initialised.matched == ()
    assert initialised.new == NEW
    assert initialised.notes == (sentence,)
    fresh = runs.net(after, NEW, seed=5)
    for name, tensor in fresh.head.state_dict().items():
        assert torch.equal(net.head.state_dict()[name], tensor), name
    for name, tensor in old.backbone.state_dict().items():
        assert torch.equal(net.backbone.state_dict()[name], tensor), name


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "torchvision/alexnet"])
def test_a_neck_that_the_other_run_did_not_have_starts_fresh(runs, name):
    wide = [f"backbone={name}", "size=64", "head=csra"]
    narrow = [f"backbone={name}", "size=64", "head=linear"]
    old, folder = runs.run(wide)
    net, initialised = runs.start(narrow, folder)
    assert initialised.notes == (
        "What the backbone has between its feature map and the head starts fresh.",
        "Its head was csra, now it is linear: only the backbone was taken over.",
    )
    for key, tensor in old.backbone.state_dict().items():
        assert torch.equal(net.backbone.state_dict()[key], tensor), key
    fresh = runs.net(narrow, NEW, seed=5).backbone.state_dict()
    neck = set(fresh) - set(old.backbone.state_dict())
    assert neck
    assert all(torch.equal(net.backbone.state_dict()[key], fresh[key]) for key in neck)


def test_a_neck_of_the_other_run_that_is_not_wanted_is_left_out(runs):
    old, folder = runs.run(["backbone=mobilenetv3_small_050", "size=64", "head=linear"])
    net, initialised = runs.start(["backbone=mobilenetv3_small_050", "size=64", "head=csra"], folder)
    assert initialised.notes == ("Its head was linear, now it is csra: only the backbone was taken over.",)
    for key, tensor in net.backbone.state_dict().items():
        assert torch.equal(tensor, old.backbone.state_dict()[key]), key


def test_another_backbone_is_refused(runs):
    _, folder = runs.run(["head=linear"])
    with pytest.raises(WeightsError, match="0007 has the backbone test_efficientnet, not test_resnet") as caught:
        runs.start(["head=linear", "backbone=test_resnet"], folder)
    assert "another run" in caught.value.next_step


def test_weights_of_the_same_network_under_another_tag_fit(runs):
    _, folder = runs.run(["head=linear", "backbone=test_efficientnet.r160_in1k"])
    _, initialised = runs.start(["head=linear"], folder)
    assert len(initialised.matched) == 3


def test_a_vision_transformer_may_have_learned_at_another_size(runs):
    old, folder = runs.run(["head=linear", "backbone=test_vit", "size=64"])
    net, initialised = runs.start(["head=linear", "backbone=test_vit", "size=32"], folder)
    assert initialised.matched == ("Plum", "apple", "FIG")
    assert torch.equal(net.backbone.patch_embed.proj.weight, old.backbone.patch_embed.proj.weight)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"half")])
def test_a_run_without_weights_is_said(runs, damage):
    _, folder = runs.run(["head=linear"])
    damage(folder / "best.safetensors")
    with pytest.raises(WeightsError, match="0007 has no weights to start from"):
        runs.start(["head=linear"], folder)
