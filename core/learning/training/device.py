"""What a network is trained on."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from core.errors import JobError


@dataclass(frozen=True)
class Device:
    """A device and how to compute on it.

    Attributes:
        place: torch's name of it.
        text: in words.
        half: the type of mixed precision; None where float32 is best.
    """

    place: torch.device
    text: str
    half: torch.dtype | None

    @property
    def is_cuda(self) -> bool:
        """Whether it is a graphics card of NVIDIA's."""
        return self.place.type == "cuda"

    def autocast(self) -> AbstractContextManager[object]:
        """Mixed precision, where the device has it."""
        return torch.autocast(self.place.type, self.half) if self.half else contextlib.nullcontext()


def choose_device(name: str, *, threads: int) -> Device:
    """Find a device.

    Args:
        name: "auto" takes the graphics card when there is one; "cpu", "cuda", "cuda:1".
        threads: that the CPU computes with.

    Raises:
        JobError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cpu":
        return Device(torch.device(name), f"CPU, {threads} thread{'s' if threads != 1 else ''}", None)
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not number.isdecimal()):
        raise JobError(f"There is no kind of device “{name}”.", next_step="Choose auto, cpu or cuda.")
    if not torch.cuda.is_available() or int(number or 0) >= torch.cuda.device_count():
        raise JobError(f"torch finds no graphics card “{name}” on this machine.", next_step="Choose auto or cpu.")
    # before Ampere bfloat16 is emulated, slowly
    has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    half = torch.bfloat16 if has_bfloat16 else torch.float16
    return Device(torch.device(name), torch.cuda.get_device_name(name), half)
