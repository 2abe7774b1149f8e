"""Heat maps: the places of an image that speak for each label."""

import math
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from core.errors import JobError, ModelError
from core.images.decode import decode
from core.images.heat_maps import HeatMapStore
from core.jobs.events import ExplainFinished, ImageExplained, ImageSkipped
from core.jobs.job import ExplainJob
from core.jobs.worker import RUNNERS
from core.learning import explain as explaining
from core.learning.data.batches import to_tensor
from core.learning.explain import explain, heat_maps
from core.learning.models.net import Net, build_net, preprocessing_of
from core.learning.trained import load_trained
from core.recipes.recipe import ModelConfig

LABELS = 4
HEADS = (
    {"head": "linear"},
    {"head": "linear", "pooling": "average+max"},
    {"head": "linear", "graph": "gat"},
    {"head": "cosine", "frozen": True},
    {"head": "cosine", "graph": "gcn"},
    {"head": "ml_decoder", "embedding": 32},
    {"head": "ml_decoder_cosine", "embedding": 32, "graph": "gat"},
    {"head": "query2label", "embedding": 32},
    {"head": "csra", "attention_heads": 2},
    {"head": "ml_gcn"},
)


def make_net(recipe, *, seed=0, size=96, labels=LABELS, **model):
    torch.manual_seed(seed)
    changed = replace(recipe, model=replace(recipe.model, **model), input=replace(recipe.input, size=size))
    return build_net(changed, labels).eval()


def noise(count=2, size=96, seed=0):
    return to_tensor(np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8))


def scaled(maps):
    """Maps (N, C, h, w) without what speaks against a label, the largest value of each 1."""
    positive = np.maximum(maps, 0)
    largest = positive.max(axis=(2, 3), keepdims=True)
    return positive / np.where(largest > 0, largest, 1)


def test_of_a_linear_head_it_is_the_class_activation_map(tiny):
    net, images = make_net(tiny), noise()
    with torch.no_grad():
        places = net.backbone.forward_features(net.normalised(images)).numpy()
    # Zhou et al. 2016: the classifier's weights applied at every place
    activation = np.einsum("cs,nshw->nchw", net.head.linear.weight.detach().numpy(), places)
    maps = heat_maps(net, images).numpy()
    assert maps.dtype == np.float32
    assert maps.shape == (2, LABELS, 3, 3)
    assert (maps == 0).any()
    np.testing.assert_allclose(maps, scaled(activation), atol=1e-4)


@pytest.mark.parametrize("model", HEADS, ids=lambda model: "-".join(map(str, model.values())))
def test_of_any_head_the_channels_weigh_what_they_add_to_the_logit(tiny, model, monkeypatch):
    net, images = make_net(tiny, **model), noise(count=1)
    maps = heat_maps(net, images).numpy()
    assert maps.min() >= 0
    assert set(np.unique(maps.max(axis=(2, 3)))) <= {0.0, 1.0}
    places = net.backbone.forward_features(net.normalised(images)).double()
    # single precision has too few digits for small steps, and heads of cosines ask for it
    monkeypatch.setattr(torch.Tensor, "float", lambda tensor: tensor)
    net.head.double()
    # a little more of one channel everywhere changes a logit by the sum of its gradient over all places
    more = 1e-6 * torch.eye(places.shape[1])[:, :, None, None]
    change = net.head(net.head_input(places + more)) - net.head(net.head_input(places - more))
    expected = np.einsum("sc,nshw->nchw", change.numpy(), places.numpy())
    np.testing.assert_allclose(maps, scaled(expected), atol=1e-3)


class Colours(nn.Module):
    """A backbone whose channels are how red, green and blue each part of 16 × 16 px is."""

    pretrained_cfg: ClassVar = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0), "architecture": "colours"}
    num_features = 3

    def forward_features(self, inputs: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(inputs, 16)

    def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
        return features.mean(dim=(2, 3))


def test_the_corner_with_the_evidence_lights_up_for_its_label_alone():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:16, 48:, 0] = 255
    picture[48:, :16, 1] = 200
    head = nn.Sequential(nn.Flatten(), nn.Linear(3, 3))
    head[1].weight.data = torch.eye(3)
    net = Net(ModelConfig(), backbone=Colours(), head=head)
    red, green, blue = heat_maps(net, to_tensor(picture[None]))[0].numpy()
    np.testing.assert_array_equal(red, np.eye(4)[[0]].T @ np.eye(4)[[3]])
    np.testing.assert_array_equal(green, np.eye(4)[[3]].T @ np.eye(4)[[0]])
    assert not blue.any()


def as_numpy(module):
    return {name: tensor.detach().double().numpy() for name, tensor in module.state_dict().items()}


def layer_norm(x, weight, bias):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-6) * weight + bias


def gelu(x):
    erf = np.vectorize(math.erf)
    return x * (1 + erf(x / np.sqrt(2))) / 2


class Transformer:
    """timm's smallest vision transformer by hand, in double precision, for one image."""

    def __init__(self, net):
        self.net = net
        self.heads = net.backbone.blocks[0].attn.num_heads
        self.values = as_numpy(net.backbone)
        self.head = as_numpy(net.head)

    def part(self, prefix):
        return {name.removeprefix(prefix): one for name, one in self.values.items() if name.startswith(prefix)}

    def tokens(self, images):
        with torch.no_grad():
            backbone = self.net.backbone
            inputs = backbone.patch_embed(self.net.normalised(images))
            return backbone.norm_pre(backbone._pos_embed(inputs))[0].double().numpy()

    def attention_of(self, x, block):
        p = self.part(f"blocks.{block}.")
        y = layer_norm(x, p["norm1.weight"], p["norm1.bias"])
        qkv = (y @ p["attn.qkv.weight"].T + p["attn.qkv.bias"]).reshape(len(x), 3, self.heads, -1)
        q, k, _ = qkv.transpose(1, 2, 0, 3)
        scores = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2]))
        return scores / scores.sum(axis=2, keepdims=True)

    def after(self, x, attention, block):
        p = self.part(f"blocks.{block}.")
        y = layer_norm(x, p["norm1.weight"], p["norm1.bias"])
        qkv = (y @ p["attn.qkv.weight"].T + p["attn.qkv.bias"]).reshape(len(x), 3, self.heads, -1)
        seen = (attention @ qkv.transpose(1, 2, 0, 3)[2]).transpose(1, 0, 2).reshape(len(x), -1)
        x = x + p.get("ls1.gamma", 1) * (seen @ p["attn.proj.weight"].T + p["attn.proj.bias"])
        y = layer_norm(x, p["norm2.weight"], p["norm2.bias"])
        y = gelu(y @ p["mlp.fc1.weight"].T + p["mlp.fc1.bias"]) @ p["mlp.fc2.weight"].T + p["mlp.fc2.bias"]
        return x + p.get("ls2.gamma", 1) * y

    def logits(self, x):
        x = layer_norm(x, self.values["norm.weight"], self.values["norm.bias"])
        return self.head["linear.weight"] @ x[0] + self.head["linear.bias"]


def test_of_a_class_token_it_is_weighted_attention_rolled_out(tiny):
    net, images = make_net(tiny, backbone="test_vit", size=48), noise(count=1, size=48)
    nn.init.normal_(net.head.linear.weight)
    byhand = Transformer(net)
    x, blocks = byhand.tokens(images), len(net.backbone.blocks)
    count = len(x)
    assert count == 10
    assert blocks > 1
    reached = np.eye(count)
    for block in range(blocks - 1):
        attention = byhand.attention_of(x, block)
        reached = (attention.mean(axis=0) + np.eye(count)) / 2 @ reached
        x = byhand.after(x, attention, block)
    last = byhand.attention_of(x, blocks - 1)
    with torch.no_grad():
        np.testing.assert_allclose(
            byhand.logits(byhand.after(x, last, blocks - 1)), net(images)[0].numpy(), rtol=1e-3, atol=1e-4
        )
    # the gradient by small steps of every weight of the class token's attention
    relevance = np.zeros((LABELS, count))
    for head in range(byhand.heads):
        for key in range(count):
            step = np.zeros_like(last)
            step[head, 0, key] = 1e-4
            up, down = (byhand.logits(byhand.after(x, last + sign * step, blocks - 1)) for sign in (1, -1))
            gradient = (up - down) / 2e-4
            relevance[:, key] += np.maximum(gradient * last[head, 0, key], 0) / byhand.heads
    expected = (relevance @ reached)[:, 1:].reshape(1, LABELS, 3, 3)
    maps = heat_maps(net, images).numpy()
    np.testing.assert_allclose(maps, scaled(expected), atol=1e-3)
    assert not np.allclose(maps[0, 0], maps[0, 1], atol=0.01)


def test_a_transformer_whose_patches_the_head_sees_is_explained_by_them(tiny):
    net, images = make_net(tiny, backbone="test_vit", size=48, head="csra"), noise(size=48)
    assert heat_maps(net, images).shape == (2, LABELS, 3, 3)
    assert all(part.fused_attn for part in net.backbone.modules() if hasattr(part, "fused_attn"))


def test_images_of_one_call_do_not_mix(tiny):
    net, images = make_net(tiny, backbone="test_vit", size=48), noise(size=48)
    together = heat_maps(net, images)
    alone = torch.cat([heat_maps(net, images[[row]]) for row in range(2)])
    torch.testing.assert_close(together, alone)


def test_a_backbone_that_keeps_no_places_apart_is_refused():
    class Mixed(Colours):
        def forward_features(self, inputs: Tensor) -> Tensor:
            return inputs.mean(dim=(2, 3))

        def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
            return features

    net = Net(ModelConfig(), backbone=Mixed(), head=nn.Sequential(nn.Flatten(), nn.Linear(3, 2)))
    with pytest.raises(ModelError, match="keeps no places apart"):
        heat_maps(net, noise(count=1))


@pytest.fixture
def run(training, tiny, snapshot):
    model = replace(tiny.model, head="csra")
    recipe = replace(tiny, model=model, input=replace(tiny.input, size=64), training=replace(tiny.training, epochs=1))
    return training.run("run", recipe, snapshot), recipe


@pytest.fixture
def ask(run, snapshot, tmp_path):
    folder, _ = run

    def ask(rows, *, commands=()):
        job = ExplainJob(
            run_folder=str(folder),
            image_ids=tuple(int(snapshot.image_ids[row]) for row in rows),
            paths=tuple(snapshot.paths[row] for row in rows),
            heat_maps=str(tmp_path / "maps"),
            threads=1,
        )
        events, left = [], list(commands)
        explain(job, tmp_path, events.append, lambda: left.pop(0) if left else "continue")
        return events

    return ask


@pytest.fixture
def kept(run, tmp_path):
    return HeatMapStore(tmp_path / "maps", model=run[0] / "predictions.npz")


def test_a_job_keeps_the_maps_of_each_image_as_it_is_scored(run, ask, kept, snapshot):
    events = ask([5, 3])
    assert [one.image_id for one in events[:-1]] == [105, 103]
    assert isinstance(events[-1], ExplainFinished)
    assert (events[-1].images, events[-1].skipped_images) == (2, 0)
    net = load_trained(*run)
    path = Path(snapshot.paths[5])
    pixels = preprocessing_of(net, 64).prepare(decode(path))
    maps = kept.get(105, path)
    assert (maps.shape, maps.dtype) == ((3, 2, 2), np.float32)
    assert maps.any()
    expected = heat_maps(net, to_tensor(pixels[None]))[0].numpy()
    np.testing.assert_allclose(maps, expected, atol=0.51 / 255)


def test_a_second_look_costs_nothing_until_the_image_changes(ask, kept, snapshot, monkeypatch):
    ask([0, 1])
    path = Path(snapshot.paths[1])
    before = kept.get(101, path)
    with monkeypatch.context() as patched:
        patched.setattr(explaining, "heat_maps", None)
        assert [type(one) for one in ask([0, 1])] == [ImageExplained, ImageExplained, ExplainFinished]
    Image.fromarray(np.full((30, 40, 3), (255, 0, 0), np.uint8)).save(path)
    assert kept.get(101, path) is None
    ask([0, 1])
    assert not np.array_equal(kept.get(101, path), before)


def test_kept_maps_are_forgotten_with_the_model_and_when_they_are_damaged(run, ask, kept, snapshot):
    ask([0, 1])
    first, second = (Path(snapshot.paths[row]) for row in (0, 1))
    (kept.folder / "100.npz").write_bytes(b"PK\x03\x04 damaged")
    assert kept.get(100, first) is None
    assert kept.get(101, second) is not None
    predictions = run[0] / "predictions.npz"
    predictions.write_bytes(predictions.read_bytes() + b"\0")
    assert kept.get(101, second) is None


def test_images_that_cannot_be_read_are_named_and_the_others_go_on(ask, kept, snapshot):
    Path(snapshot.paths[0]).write_bytes(b"broken")
    Path(snapshot.paths[1]).unlink()
    first, second, third, finished = ask([0, 1, 2])
    assert [one.path for one in (first, second)] == list(snapshot.paths[:2])
    assert all(isinstance(one, ImageSkipped) for one in (first, second))
    assert third.image_id == 102
    assert (finished.images, finished.skipped_images) == (1, 2)


def test_a_folder_that_cannot_be_written_is_told(ask, kept):
    kept.folder.write_text("in the way")
    with pytest.raises(JobError, match="cannot be kept in"):
        ask([0])


def test_a_request_to_stop_is_obeyed_between_images(ask, kept, snapshot):
    events = ask([0, 1, 2], commands=["continue", "stop"])
    assert [one.image_id for one in events] == [100]
    assert kept.get(100, Path(snapshot.paths[0])) is not None
    assert kept.get(101, Path(snapshot.paths[1])) is None


def test_the_worker_knows_the_job(run, ask, tmp_path, snapshot):
    folder = tmp_path / "job"
    folder.mkdir()
    job = ExplainJob(run_folder=str(run[0]), image_ids=(100,), paths=snapshot.paths[:1], heat_maps=str(tmp_path / "m"))
    job.save(folder)
    assert ExplainJob.load(folder) == job
    events = []
    RUNNERS[job.kind](folder, events.append, lambda: "continue")
    assert [type(one) for one in events] == [ImageExplained, ExplainFinished]
