"""What a training writes so that nothing is lost: the best weights, and all it needs to go on."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.errors import JobError
from core.files import write_atomically

#: The weights that are kept, of the whole network.
BEST_FILE = "best.safetensors"
#: Everything that a resumed training needs.
LAST_FILE = "last.ckpt"

_FORMAT = 2
"""To be raised with every change of what a checkpoint holds, the network's parts included."""


@dataclass
class Counters:
    """How far a training is.

    Attributes:
        step: optimiser updates done.
        epochs: whole epochs done, their validation included.
        epoch_loss: sum over the images of the epoch under way.
        epoch_images: images of the epoch under way seen so far.
        epoch_seconds: spent on the epoch under way.
        seconds: spent on training in all, pauses excluded.
        best_epoch: the epoch whose weights are kept; 0 for none yet.
        best_map: their mAP on validation; None when it is not defined.
        best_top1: their top-1 on validation; None when it is not defined.
        best_loss: their loss on validation.
        early_stopped: whether the training has ended before its last epoch, for want of gain.
    """

    step: int = 0
    epochs: int = 0
    epoch_loss: float = 0.0
    epoch_images: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    best_epoch: int = 0
    best_map: float | None = None
    best_top1: float | None = None
    best_loss: float = float("inf")
    early_stopped: bool = False


def save_best(path: Path, state: dict[str, Tensor]) -> None:
    """Write weights, replacing those that are there in one step."""
    # safetensors stores no strides, and channels-last tensors have others than usual
    plain = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    write_atomically(path, safetensors.torch.save(plain))


def load_best(path: Path) -> dict[str, Tensor]:
    """Read what `save_best` wrote.

    Raises:
        JobError: the file is missing or damaged.
    """
    try:
        state: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise JobError(f"The run's weights in {path} are missing or damaged.", next_step="Train again.") from error
    return state


def save_last(path: Path, counters: Counters, state: dict[str, Any]) -> None:
    """Write the state of a training: dictionaries and lists of tensors and numbers."""
    # not straight into the file: of a full disk torch says something that nobody can make sense of
    buffer = io.BytesIO()
    torch.save({"format": _FORMAT, "counters": asdict(counters), "state": state}, buffer)
    write_atomically(path, buffer.getvalue())


def load_last(path: Path, device: torch.device) -> tuple[Counters, dict[str, Any]]:
    """Read what `save_last` wrote; no code in the file is ever run.

    Raises:
        JobError: the file is damaged, or of another version of the program.
    """
    try:
        stored = torch.load(path, map_location=device, weights_only=True)
        # the first format had no number
        if stored.get("format", 1) == _FORMAT:
            return Counters(**stored["counters"]), stored["state"]
    except Exception as error:  # the zip reader, the unpickler and torch each have errors of their own
        raise JobError(
            f"The checkpoint {path} is damaged, so the run cannot go on.", next_step="Discard the run and train again."
        ) from error
    raise JobError(
        f"The checkpoint {path} was written by another version of Multihot, so the run cannot go on.",
        next_step="Discard the run and train again, or resume it with the version that it was paused in.",
    )
