"""The optimiser that a recipe asks for."""

import torch
from torch import nn

from core.recipes.recipe import TrainingConfig


def build_optimizer(module: nn.Module, config: TrainingConfig, *, decays_all: bool = False) -> torch.optim.Optimizer:
    """SGD, Adam or AdamW over the parameters that want gradients; those of one dimension have no weight decay.

    A group's `rate` is what its learning rate is as a multiple of the run's: biases and, where the module has a part of
    that name, the backbone may have rates of their own.

    Args:
        module: what is trained.
        config: the recipe's section.
        decays_all: whether those of one dimension have weight decay, too.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        is_vector = parameter.ndim <= 1
        rate = config.backbone_rate if name.startswith("backbone.") else 1.0
        if is_vector and name.endswith("bias"):
            rate *= config.bias_rate
        decay = 0.0 if is_vector and not decays_all else config.weight_decay
        groups.setdefault((decay, rate), []).append(parameter)
    arguments = [
        {"params": parameters, "weight_decay": decay, "rate": rate, "lr": config.learning_rate * rate}
        for (decay, rate), parameters in sorted(groups.items(), key=lambda group: group[0], reverse=True)
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(arguments, lr=config.learning_rate, momentum=config.momentum)
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return kind(arguments, lr=config.learning_rate, betas=(config.momentum, 0.999))


def set_rates(optimizer: torch.optim.Optimizer, *, learning_rate: float, momentum: float) -> None:
    """Use a learning rate and a momentum, or first beta, from now on; groups keep their multiples."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["rate"]
        if "betas" in group:
            group["betas"] = (momentum, group["betas"][1])
        else:
            group["momentum"] = momentum
