"""Starting from what another run has learned."""

from dataclasses import dataclass, replace
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from core.errors import WeightsError
from core.learning.models.backbone import neck_of
from core.learning.models.heads.choice import PlainHead, build_head
from core.learning.models.heads.label_branch import Nodes
from core.learning.models.heads.ml_decoder import MLDecoderHead
from core.learning.models.heads.ml_gcn import MLGCNHead
from core.learning.models.net import Net
from core.learning.models.weights import load_state
from core.project.snapshot import Snapshot
from core.recipes.recipe import CO_OCCURRENCE, ModelConfig, from_toml


@dataclass(frozen=True)
class Initialised:
    """What was taken over from another run.

    Attributes:
        matched: names of the labels whose part of the head was taken over.
        new: names of the labels that start fresh.
        notes: sentences on what else a person should know.
    """

    matched: tuple[str, ...]
    new: tuple[str, ...]
    notes: tuple[str, ...]


def load_run(net: Net, run_folder: Path, label_names: tuple[str, ...]) -> Initialised:
    """Start a network from the kept weights of a run: its backbone, and what its head knows of labels of the same name.

    Args:
        net: with fresh weights; changed in place.
        run_folder: of the run; holds `recipe.toml`, `snapshot.npz` and `best.safetensors`.
        label_names: C names, compared regardless of case.

    Raises:
        WeightsError: the run has no weights, or another backbone.
        MultihotError: its recipe or snapshot cannot be read.
    """
    config = from_toml(run_folder / "recipe.toml").model
    if _architecture(config) != _architecture(net.config):
        raise WeightsError(
            f"The run in {run_folder.name} has the backbone {_architecture(config)}, not {_architecture(net.config)}.",
            next_step="Choose a recipe with that backbone, or another run to start from.",
        )
    old_names = Snapshot.load(run_folder / "snapshot.npz").label_names
    state = _read(run_folder)
    backbone = _below("backbone.", state)
    # the head of the run wanted the whole map, this one does not
    missing = {name: tensor for name, tensor in neck_of(net.backbone).items() if name not in backbone}
    load_state(net.backbone, {**backbone, **missing}, source=f"the run {run_folder.name}")
    notes = ["What the backbone has between its feature map and the head starts fresh."] if missing else []
    if config.head != net.config.head:
        notes.append(f"Its head was {config.head}, now it is {net.config.head}: only the backbone was taken over.")
        return Initialised((), label_names, tuple(notes))
    taken = _load_head(net, _below("head.", state), config=config, old_names=old_names, label_names=label_names)
    return replace(taken, notes=(*notes, *taken.notes))


def _load_head(
    net: Net,
    state: dict[str, Tensor],
    *,
    config: ModelConfig,
    old_names: tuple[str, ...],
    label_names: tuple[str, ...],
) -> Initialised:
    """Take over what fits of a head of the same kind; `state` and `config` are the old one's."""
    # only the names of its parts are of interest
    with torch.device("meta"):
        old_head = build_head(config, channels=8, num_labels=len(old_names), scale=1.0, graph=None)
    notes = []
    branch_fits = _load_branch(net, old_head, state, config=config)
    if branch_fits is False:
        notes.append("The layers over the label graph start fresh.")
    part, prefix = _plain(net.head)[0], _plain(old_head)[1]
    old = _below(prefix, state)
    numbers = {name.casefold(): number for number, name in enumerate(old_names)}
    pairs = [(new, numbers[name.casefold()]) for new, name in enumerate(label_names) if name.casefold() in numbers]
    if isinstance(part, MLDecoderHead):
        movable = _movable(part, old, pairs)
        if len(movable) < len(pairs):
            notes.append("Labels share queries of ML-Decoder here, so that those that moved in the list start fresh.")
        pairs = movable
    own = {name: tensor for name, tensor in part.state_dict().items() if not name.startswith("classifiers.")}
    if not all(_fits(tensor, old[name], part.label_axes.get(name)) for name, tensor in own.items()):
        notes.append("Its head has other sizes: only the backbone was taken over.")
        return Initialised((), label_names, tuple(notes))
    for name, tensor in own.items():
        _copy(old[name], tensor, pairs, axis=part.label_axes.get(name))
    # the classifiers of ML-GCN come out of its branch
    if isinstance(part, MLGCNHead) and not branch_fits:
        pairs = []
    taken = {new for new, _ in pairs}
    return Initialised(
        matched=tuple(name for number, name in enumerate(label_names) if number in taken),
        new=tuple(name for number, name in enumerate(label_names) if number not in taken),
        notes=tuple(notes),
    )


def _load_branch(net: Net, old_head: nn.Module, state: dict[str, Tensor], *, config: ModelConfig) -> bool | None:
    """Take over the layers over the label graph; whether they fit, None where there are none.

    Dimensions of word vectors mean the same in every run, those of vectors from co-occurrence do not.
    """
    nodes = [module for module in net.head.modules() if isinstance(module, Nodes)]
    prefixes = [f"{name}." for name, module in old_head.named_modules() if isinstance(module, Nodes)]
    if not nodes or not prefixes:
        return False if nodes else None
    own, old = dict(nodes[0].named_parameters()), _below(prefixes[0], state)
    same_vectors = config.label_vectors == net.config.label_vectors != CO_OCCURRENCE
    if not same_vectors or any(name not in old or old[name].shape != one.shape for name, one in own.items()):
        return False
    for name, parameter in own.items():
        parameter.data.copy_(old[name])
    return True


def _plain(head: nn.Module) -> tuple[PlainHead, str]:
    """The head without scale, graph and dropout around it, and the prefix of its tensors."""
    name, part = next((name, part) for name, part in head.named_modules() if isinstance(part, PlainHead))
    return part, f"{name}." if name else ""


def _movable(part: MLDecoderHead, old: dict[str, Tensor], pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs of labels whose weights mean the same in the new place.

    A label's row belongs to a query. With one query per label both move together; else only places stay.
    """
    groups, old_groups = len(part.queries), len(old["queries"])
    per_group, old_per_group = part.labels_per_group, len(old["weight"]) // old_groups
    if per_group == old_per_group == 1:
        return pairs
    same = (groups, per_group) == (old_groups, old_per_group)
    return [(new, number) for new, number in pairs if same and new == number]


def _fits(tensor: Tensor, old: Tensor, axis: int | None) -> bool:
    """Whether two tensors have one shape, but for the number of labels."""
    ours, theirs = list(tensor.shape), list(old.shape)
    if axis is not None:
        ours[axis] = theirs[axis] = 0
    return ours == theirs


def _copy(old: Tensor, tensor: Tensor, pairs: list[tuple[int, int]], *, axis: int | None) -> None:
    """Copy a tensor, or the rows of labels along an axis."""
    if axis is None:
        tensor.copy_(old)
    elif pairs:
        new, numbers = torch.tensor(pairs).T
        tensor.index_copy_(axis, new, old.index_select(axis, numbers).to(tensor.dtype))


def _architecture(config: ModelConfig) -> str:
    """The name without the tag that tells weights of the same network apart."""
    return config.backbone.partition(".")[0]


def _below(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _read(run_folder: Path) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = safetensors.torch.load_file(run_folder / "best.safetensors")
    except (OSError, safetensors.SafetensorError) as error:
        raise WeightsError(
            f"The run {run_folder.name} has no weights to start from.", next_step="Choose a run that has finished."
        ) from error
    return state
