from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.learning.models.initialise import load_run
from core.learning.models.label_graph import label_graph_of
from core.learning.models.net import build_net
from core.learning.training.checkpoint import save_best
from core.project.snapshot import Snapshot

OLD = ("apple", "pear", "plum", "fig")
NEW = ("quince", "Plum", "apple", "cherry", "FIG")
IMAGES = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


class Runs:
    """Makes folders of runs, and networks to start from them."""

    def __init__(self, folder: Path, recipe) -> None:
        self.folder = folder
        self.recipe = recipe

    def net(self, settings, names, *, seed: int):
        torch.manual_seed(seed)
        recipe = self.recipe.with_overrides(settings)
        states = np.random.default_rng(seed).choice([1, 0], (30, len(names))).astype(np.int8)
        net = build_net(recipe, len(names), graph=label_graph_of(recipe.model, names, states)).eval()
        # the statistics of a fresh network would hide a backbone that was not taken over
        for name, buffer in net.backbone.named_buffers():
            if name.endswith("running_mean"):
                torch.nn.init.normal_(buffer)
        return net

    def run(self, settings, names=OLD):
        net = self.net(settings, names, seed=4)
        folder = self.folder / "0007"
        folder.mkdir()
        (folder / "recipe.toml").write_text(self.recipe.with_overrides(settings).to_toml(), encoding="utf-8")
        save_best(folder / "best.safetensors", net.state_dict())
        rows = np.arange(len(names))
        empty = np.zeros((0, len(names)), np.int8)
        Snapshot(np.zeros(0, np.int64), (), empty, np.zeros(0, np.int8), rows, names).save(folder / "snapshot.npz")
        return net, folder

    def start(self, settings, folder, names=NEW):
        net = self.net(settings, names, seed=5)
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
def test_a_head_behind_a_graph_keeps_its_rows_and_says_that_the_graph_is_fresh(runs, head):
    settings = [f"head={head}", "graph=gat"]
    old, folder = runs.run(settings)
    net, initialised = runs.start(settings, folder)
    fresh = runs.net(settings, NEW, seed=5)
    assert initialised.matched == ("Plum", "apple", "FIG")
    assert initialised.notes == ("The layers over the label graph start fresh.",)
    rows = {"linear": lambda one: one.head.head.linear.weight, "csra": lambda one: one.head.head.weight[0]}[head]
    assert torch.equal(rows(net)[[1, 2, 4]], rows(old)[[2, 0, 3]])
    for name, tensor in fresh.head.factors.state_dict().items():
        assert torch.equal(net.head.factors.state_dict()[name], tensor), name


def test_layers_over_the_same_word_vectors_are_taken_over_but_the_graph_is_the_new_one(runs, tmp_path):
    path = tmp_path / "vectors.txt"
    rng = np.random.default_rng(0)
    words = {name.casefold() for name in OLD + NEW}
    path.write_text("".join(f"{word} {' '.join(map(str, rng.normal(size=5)))}\n" for word in sorted(words)))
    settings = ["head=ml_gcn", f"label_vectors={path}"]
    old, folder = runs.run(settings)
    net, initialised = runs.start(settings, folder)
    assert (initialised.matched, initialised.notes) == (("Plum", "apple", "FIG"), ())
    assert torch.equal(net.head.classifiers.first.weight, old.head.classifiers.first.weight)
    assert torch.equal(net.head.classifiers.second.weight, old.head.classifiers.second.weight)
    fresh = runs.net(settings, NEW, seed=5)
    assert torch.equal(net.head.classifiers.adjacency, fresh.head.classifiers.adjacency)
    assert torch.equal(net.head.classifiers.vectors, fresh.head.classifiers.vectors)


def test_classifiers_made_of_cooccurrence_mean_nothing_in_another_run(runs):
    _, folder = runs.run(["head=ml_gcn"])
    _, initialised = runs.start(["head=ml_gcn"], folder)
    assert (initialised.matched, initialised.new) == ((), NEW)
    assert initialised.notes == ("The layers over the label graph start fresh.",)


def test_where_labels_share_queries_only_those_that_kept_their_place_are_taken_over(runs):
    settings = ["head=ml_decoder", "embedding=16", "groups=3"]
    names = tuple(f"label {number}" for number in range(6))
    old, folder = runs.run(settings, names)
    moved = ("label 0", "label 4", "label 2", "new", "label 3", "LABEL 5")
    net, initialised = runs.start(settings, folder, moved)
    assert initialised.matched == ("label 0", "label 2", "LABEL 5")
    assert "share queries" in initialised.notes[0]
    torch.testing.assert_close(logits(net)[:, [0, 2, 5]], logits(old)[:, [0, 2, 5]])


def test_another_number_of_labels_per_query_leaves_all_labels_fresh(runs):
    _, folder = runs.run(["head=ml_decoder", "embedding=16", "groups=2"])
    _, initialised = runs.start(["head=ml_decoder", "embedding=16", "groups=2"], folder, NEW)
    assert initialised.matched == ()
    assert "share queries" in initialised.notes[0]


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
