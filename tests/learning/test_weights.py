import argparse
import os
import pickle
import urllib.error
from pathlib import Path

import huggingface_hub
import pytest
import timm
import torch
import torchvision
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import save_file

from core.errors import WeightsError
from core.learning.models import weights
from core.learning.models.backbone import build_backbone


@pytest.fixture
def source():
    torch.manual_seed(5)
    return timm.create_model("test_resnet")


@pytest.fixture
def backbone():
    torch.manual_seed(6)
    return build_backbone("test_resnet", 64)


def assert_loaded(backbone, source) -> None:
    given = source.state_dict()
    for name, tensor in backbone.state_dict().items():
        torch.testing.assert_close(tensor, given[name], rtol=1e-3, atol=1e-3)


def test_half_precision_becomes_float32_and_the_classifier_is_left_out(backbone, source, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({name: value.half() for name, value in source.state_dict().items()}, path)
    weights.load_file(backbone, path)
    assert_loaded(backbone, source)
    assert {one.dtype for one in backbone.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3, "args": argparse.Namespace(lr=0.1)},
        lambda state: {"model": {f"module.{name}": value for name, value in state.items()}},
    ],
)
def test_a_pth_file_of_tensors_is_loaded(backbone, source, tmp_path, wrap):
    path = tmp_path / "weights.pth"
    torch.save(wrap(source.state_dict()), path)
    weights.load_file(backbone, path)
    assert_loaded(backbone, source)


class Code:
    def __reduce__(self):
        return os.mkdir, ("should-not-exist",)


def test_a_pth_file_that_would_run_code_is_refused_and_does_not_run(backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    for write in (lambda: path.write_bytes(pickle.dumps(Code(), protocol=2)), lambda: torch.save({"a": Code()}, path)):
        write()
        with pytest.raises(WeightsError, match="might run code") as caught:
            weights.load_file(backbone, path)
        assert "safetensors" in caught.value.next_step
    assert not Path("should-not-exist").exists()


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth", "weights.txt"])
@pytest.mark.parametrize("content", [b"", b"root:x:0:0\n" * 50, b"\x80\x02"])
def test_a_file_of_something_else_is_said(backbone, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=name) as caught:
        weights.load_file(backbone, path)
    assert "safetensors" in caught.value.next_step


def test_a_missing_file_is_said(backbone, tmp_path):
    with pytest.raises(WeightsError, match="no weights file"):
        weights.load_file(backbone, tmp_path / "gone.safetensors")


def test_what_does_not_fit_is_listed(backbone, source, tmp_path):
    path = tmp_path / "weights.safetensors"
    state = source.state_dict()
    del state["conv1.0.weight"]
    state["bn1.bias"] = torch.zeros(3)
    save_file(state, path)
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    with pytest.raises(WeightsError, match="do not fit test_resnet") as caught:
        weights.load_file(backbone, path)
    assert "conv1.0.weight is missing" in caught.value.sentence
    assert f"bn1.bias is 3 instead of {source.bn1.bias.numel()}" in caught.value.sentence
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())


def test_weights_of_another_network_are_listed_in_short(backbone, tmp_path):
    path = tmp_path / "other.safetensors"
    save_file(timm.create_model("test_efficientnet").state_dict(), path)
    with pytest.raises(WeightsError, match=r"and \d+ more"):
        weights.load_file(backbone, path)


def test_a_vision_transformer_takes_weights_of_another_image_size(tmp_path):
    path = tmp_path / "vit.safetensors"
    saved = timm.create_model("test_vit", img_size=96).state_dict()
    save_file(saved, path)
    backbone = build_backbone("test_vit", 64)
    weights.load_file(backbone, path)
    loaded = backbone.state_dict()
    assert torch.equal(loaded["patch_embed.proj.weight"], saved["patch_embed.proj.weight"])
    assert loaded["pos_embed"].shape != saved["pos_embed"].shape


def not_here(*_args, **_options):
    raise LocalEntryNotFoundError("not in the cache")


def test_pretrained_weights_are_found_by_timms_address(backbone, source, tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    save_file(source.state_dict(), path)
    asked = []

    def download(repository, file, *, local_files_only=False, **_options):
        asked.append((repository, file, local_files_only))
        if local_files_only:
            not_here()
        return str(path)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(weights, "_ask_for", lambda address: None)
    weights.load_pretrained(backbone)
    assert_loaded(backbone, source)
    repository = "timm/test_resnet.r160_in1k"
    assert asked == [(repository, "model.safetensors", True), (repository, "model.safetensors", False)]


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError("Name or service not known"),
        TimeoutError("timed out"),
        ConnectionRefusedError(111, "Connection refused"),
    ],
)
def test_being_offline_is_said_with_both_ways_out(backbone, monkeypatch, error):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", not_here)
    monkeypatch.setattr(urllib.request, "urlopen", fail)
    with pytest.raises(WeightsError, match="weights of test_resnet could not be downloaded") as caught:
        weights.load_pretrained(backbone)
    assert "Pick a weights file, or train from scratch" in caught.value.next_step


def test_a_refusal_of_the_hub_is_said_likewise(backbone, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", not_here)
    monkeypatch.setattr(weights, "_ask_for", lambda address: None)
    with pytest.raises(WeightsError, match=r"could not be downloaded \(not in the cache\)"):
        weights.load_pretrained(backbone)


def test_a_backbone_without_published_weights_says_so(monkeypatch):
    backbone = build_backbone("resnet10t", 64)
    monkeypatch.setitem(backbone.pretrained_cfg, "hf_hub_id", None)
    with pytest.raises(WeightsError, match="no pretrained weights of resnet10t") as caught:
        weights.load_pretrained(backbone)
    assert "train from scratch" in caught.value.next_step


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty folder in the place of torch's own, and no network."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(weights, "_ask_for", lambda address: None)
    return tmp_path / "hub" / "checkpoints"


def test_torchvisions_weights_are_downloaded_once_and_checked(hub, monkeypatch):
    torch.manual_seed(7)
    published = torchvision.models.resnet18()
    backbone = build_backbone("torchvision/resnet18", 64)
    asked = []

    def download(address, path, *, hash_prefix, progress):
        asked.append((address, hash_prefix, progress))
        torch.save(published.state_dict(), path)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    for _ in range(2):
        weights.load_pretrained(backbone)
    assert_loaded(backbone, published)
    address = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url
    assert asked == [(address, "f37072fd", False)]
    assert [path.name for path in hub.iterdir()] == ["resnet18-f37072fd.pth"]


@pytest.mark.parametrize(
    "error",
    [urllib.error.URLError("Name or service not known"), RuntimeError('invalid hash value (expected "f3")')],
)
def test_torchvisions_weights_out_of_reach_are_said_likewise(hub, monkeypatch, error):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(WeightsError, match="weights of torchvision/resnet18 could not be downloaded") as caught:
        weights.load_pretrained(build_backbone("torchvision/resnet18", 64))
    assert "Pick a weights file" in caught.value.next_step
