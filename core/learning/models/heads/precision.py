"""Where half precision has too few digits."""

import contextlib

import torch


def full_precision(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Keep mixed precision out of a block: cosines are multiplied by a scale of up to 30 afterwards.

    Args:
        device: of the tensors in the block; on the meta device there is no mixed precision to keep out.
    """
    if not torch.amp.is_autocast_available(device.type):
        return contextlib.nullcontext()
    return torch.autocast(device.type, enabled=False)
