"""Pretrained weights: from timm's hub or torchvision's, or from a file that a person has."""

import argparse
import contextlib
import pickle
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import huggingface_hub
import safetensors.torch
import torch

# the error of the client that the hub's library uses; the client's own name differs between versions
from huggingface_hub.errors import HTTPError, LocalEntryNotFoundError  # type: ignore[attr-defined]
from timm.models import clean_state_dict
from torch import Tensor

from core.errors import WeightsError
from core.learning.models.backbone import Backbone
from core.learning.models.torchvision_backbone import PREFIX

_CONNECT_SECONDS = 5.0
_NEXT_STEP = "Pick a weights file, or train from scratch (model.pretrained=false)."


def load_pretrained(backbone: Backbone) -> None:
    """Load the weights that are published for the backbone, downloading them when they are not on this machine yet.

    Raises:
        WeightsError: there are none, the hub cannot be reached, or it refuses.
    """
    name = backbone.pretrained_cfg["architecture"]
    if name.startswith(PREFIX):
        load_file(backbone, _download_torchvision(backbone.pretrained_cfg["url"], name))
        return
    repository = backbone.pretrained_cfg.get("hf_hub_id")
    if not repository:
        raise WeightsError(f"There are no pretrained weights of {name} on timm's hub.", next_step=_NEXT_STEP)
    load_file(backbone, _download(repository, name))


def load_file(backbone: Backbone, path: Path) -> None:
    """Load weights with the backbone's keys from a safetensors file, or a .pth or .pt file of nothing but tensors.

    The classifier's weights are left out and half precision becomes the backbone's own.

    Raises:
        WeightsError: the file cannot be read, may run code when opened, or does not fit; lists what does not.
    """
    load_state(backbone, _read(path), source=path.name)


def load_state(backbone: Backbone, state: dict[str, Tensor], *, source: str) -> None:
    """Load weights with the backbone's keys, fitted to the size of the images where they depend on it.

    Args:
        backbone: takes them.
        state: may hold the classifier's, too.
        source: where they are from, for the error.

    Raises:
        WeightsError: they do not fit; lists what does not.
    """
    state = _without_classifier(state, backbone)
    wanted: dict[str, Tensor] = backbone.state_dict()
    if _misfits(state, wanted):
        # timm converts published checkpoints of some families: other names, positions of another input size
        convert = getattr(sys.modules[type(backbone).__module__], "checkpoint_filter_fn", None)
        if convert is not None:
            state = _without_classifier(convert(state, backbone), backbone)
    misfits = _misfits(state, wanted)
    if misfits:
        name = backbone.pretrained_cfg["architecture"]
        listed = ", ".join(misfits[:5]) + (f" and {len(misfits) - 5} more" if len(misfits) > 5 else "")
        raise WeightsError(
            f"The weights in {source} do not fit {name}: {listed}.",
            next_step="Pick the file of this very backbone, or choose the backbone that the file is of.",
        )
    backbone.load_state_dict(state, strict=False)


def _download(repository: str, name: str) -> Path:
    """The path of the repository's weights on this machine."""
    file = "model.safetensors"
    try:
        return Path(huggingface_hub.hf_hub_download(repository, file, local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    try:
        _ask_for(huggingface_hub.constants.ENDPOINT)
        return Path(huggingface_hub.hf_hub_download(repository, file, etag_timeout=_CONNECT_SECONDS))
    except (HTTPError, OSError, ValueError) as error:
        raise _not_downloaded(name, error) from error


def _download_torchvision(address: str, name: str) -> Path:
    """The path of a file of torchvision's weights on this machine."""
    path = Path(torch.hub.get_dir()) / "checkpoints" / address.rpartition("/")[2]
    if path.exists():
        return path
    try:
        _ask_for(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        # the name ends in the first digits of the file's hash
        digits = path.stem.rpartition("-")[2]
        torch.hub.download_url_to_file(address, str(path), hash_prefix=digits, progress=False)
    # a RuntimeError when the hash is another
    except (OSError, RuntimeError) as error:
        raise _not_downloaded(name, error) from error
    return path


def _not_downloaded(name: str, error: Exception) -> WeightsError:
    reason = (str(getattr(error, "reason", error)).strip() or type(error).__name__).splitlines()[0]
    return WeightsError(
        f"The pretrained weights of {name} could not be downloaded ({reason.rstrip('.')}).", next_step=_NEXT_STEP
    )


def _ask_for(address: str) -> None:
    """Raise an OSError within seconds when nothing answers; the hub's client retries for most of a minute."""
    # any answer will do, a refusal as well: what it means, the hub's client knows better
    with (
        contextlib.suppress(urllib.error.HTTPError),
        urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=_CONNECT_SECONDS),
    ):
        pass


def _read(path: Path) -> dict[str, Tensor]:
    try:
        state = _tensors(path)
    except FileNotFoundError as error:
        raise WeightsError(f"There is no weights file {path}.", next_step=_NEXT_STEP) from error
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path.name} was not loaded: it is damaged, or holds more than tensors and might run code.",
            next_step="Use a safetensors file.",
        ) from error
    # what torch raises on a file that is something else altogether
    except (
        safetensors.SafetensorError,
        OSError,
        RuntimeError,
        EOFError,
        AttributeError,
        TypeError,
        ValueError,
        LookupError,
    ) as error:
        raise WeightsError(f"{path.name} is no file of weights.", next_step="Use a safetensors file.") from error
    if not state or not all(isinstance(one, Tensor) for one in state.values()):
        raise WeightsError(f"{path.name} holds no weights.", next_step="Use a safetensors file with timm's keys.")
    return state


def _tensors(path: Path) -> dict[str, Tensor]:
    """What the file holds, out of the wrapping that a training puts around it."""
    if path.suffix == ".safetensors":
        loaded: dict[str, Tensor] = safetensors.torch.load_file(path)
        return loaded
    # opened here, not by timm, whose versions differ in how they report a file that would run code
    # a training of timm's keeps its arguments, too
    with torch.serialization.safe_globals([argparse.Namespace]):
        checkpoint: Any = torch.load(path, map_location="cpu", weights_only=True)
    for name in ("state_dict_ema", "model_ema", "state_dict", "model"):
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get(name), dict):
            checkpoint = checkpoint[name]
            break
    state: dict[str, Tensor] = clean_state_dict(checkpoint)
    return state


def _without_classifier(state: dict[str, Tensor], backbone: Backbone) -> dict[str, Tensor]:
    names = backbone.pretrained_cfg.get("classifier") or ()
    prefixes = tuple(f"{one}." for one in ((names,) if isinstance(names, str) else names))
    return {key: value for key, value in state.items() if not key.startswith(prefixes)} if prefixes else state


def _misfits(state: dict[str, Tensor], wanted: dict[str, Tensor]) -> list[str]:
    """What the backbone wants and the file does not have in that shape, in words."""
    misfits = []
    for key, tensor in wanted.items():
        if key.endswith("num_batches_tracked"):
            continue
        if key not in state:
            misfits.append(f"{key} is missing")
        elif state[key].shape != tensor.shape:
            misfits.append(f"{key} is {_shape(state[key])} instead of {_shape(tensor)}")
    return misfits


def _shape(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "a number"
