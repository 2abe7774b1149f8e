"""Starting from what another run has learned."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import WeightsError
from core.learning.models.backbone import neck_of
from core.learning.models.heads.choice import PlainHead, build_head
from core.learning.models.heads.label_branch import Nodes
from core.learning.models.heads.ml_decoder import MLDecoderHead
from core.learning.models.heads.ml_gcn import MLGCNHead
from core.learning.models.label_graph import GRAPH_FILE, LabelGraph
from core.learning.models.net import Net
from core.learning.models.weights import load_state
from core.project.runs.snapshot import Snapshot
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


class _Rows(NamedTuple):
    """Rows of a tensor that were another's: the axis that counts them, and pairs of new and old number."""

    axis: int
    pairs: list[tuple[int, int]]


def with_vectors_of(
    run_folder: Path, graph: LabelGraph, *, config: ModelConfig, label_names: tuple[str, ...]
) -> LabelGraph:
    """A label graph with the label vectors of a run, where the layers that learnt over them can go on.

    Vectors from co-occurrence mean something else for every data set. So where the run has the same head over a graph
    of the same labels, its vectors take the place of the graph's; the links stay.

    Args:
        run_folder: of the run; holds `recipe.toml`, `snapshot.npz` and `label_graph.npz`.
        graph: of the labels.
        config: of the network to be made.
        label_names: C names, compared regardless of case and order.

    Raises:
        MultihotError: the run's recipe, snapshot or label graph cannot be read.
    """
    old_config, old_names = _facts(run_folder)
    made_of, old_made_of = ((one.head, one.graph, one.label_vectors) for one in (config, old_config))
    numbers = {name.casefold(): number for number, name in enumerate(old_names)}
    if made_of != old_made_of or numbers.keys() != {name.casefold() for name in label_names}:
        return graph
    old = LabelGraph.load(run_folder / GRAPH_FILE)
    without = {name.casefold() for name in old.labels_without_vector}
    return replace(
        graph,
        vectors=old.vectors[[numbers[name.casefold()] for name in label_names]],
        source=f"{graph.source}, as in the run {run_folder.name}",
        labels_without_vector=tuple(name for name in label_names if name.casefold() in without),
    )


def load_run(net: Net, run_folder: Path, label_names: tuple[str, ...]) -> Initialised:
    """Start a network from the kept weights of a run: its backbone, and what its head knows of labels of the same name.

    Args:
        net: with fresh weights, over a graph from `with_vectors_of` where it has one; changed in place.
        run_folder: of the run; holds `recipe.toml`, `snapshot.npz` and `best.safetensors`.
        label_names: C names, compared regardless of case.

    Raises:
        WeightsError: the run has no weights, or another backbone.
        MultihotError: its recipe or snapshot cannot be read.
    """
    config, old_names = _facts(run_folder)
    if _architecture(config) != _architecture(net.config):
        raise WeightsError(
            f"The run in {run_folder.name} has the backbone {_architecture(config)}, not {_architecture(net.config)}.",
            next_step="Choose a recipe with that backbone, or another run to start from.",
        )
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
    part, prefix = _plain(net.head)[0], _plain(old_head)[1]
    old = _below(prefix, state)
    own = {name: tensor for name, tensor in part.state_dict().items() if not name.startswith("classifiers.")}
    numbers = {name.casefold(): number for number, name in enumerate(old_names)}
    pairs = [(new, numbers[name.casefold()]) for new, name in enumerate(label_names) if name.casefold() in numbers]
    rows = {name: _Rows(axis, pairs) for name, axis in part.label_axes.items()}
    notes = []
    if isinstance(part, MLDecoderHead):
        queries, all_keep_theirs = _queries(part, old, pairs)
        rows["queries"] = _Rows(0, queries)
        if not all_keep_theirs:
            notes.append(
                "Labels that shared a query of ML-Decoder, or do so now, keep what is their own, but may answer "
                "differently at first."
            )
    if not all(_fits(tensor, old[name], rows.get(name)) for name, tensor in own.items()):
        return Initialised((), label_names, ("Its head has other sizes: only the backbone was taken over.",))
    for name, tensor in own.items():
        _copy(old[name], tensor, rows.get(name))
    if any(isinstance(module, Nodes) for module in net.head.modules()):
        note, goes_on = _load_branch(net, old_head, state, config=config, pairs=pairs)
        notes += note
        # the classifiers of ML-GCN come out of its branch
        if isinstance(part, MLGCNHead) and not goes_on:
            pairs = []
    taken = {new for new, _ in pairs}
    return Initialised(
        matched=tuple(name for number, name in enumerate(label_names) if number in taken),
        new=tuple(name for number, name in enumerate(label_names) if number not in taken),
        notes=tuple(notes),
    )


def _load_branch(
    net: Net, old_head: nn.Module, state: dict[str, Tensor], *, config: ModelConfig, pairs: list[tuple[int, int]]
) -> tuple[list[str], bool]:
    """Take over the layers over the label graph, if they fit; what to say of it, and whether they do."""
    if config.graph != net.config.graph:
        return ["The layers over the label graph start anew."], False
    nodes = next(module for module in net.head.modules() if isinstance(module, Nodes))
    prefix = next(f"{name}." for name, module in old_head.named_modules() if isinstance(module, Nodes))
    old = _below(prefix, state)
    new, numbers = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T
    all_the_same = len(pairs) == len(nodes.vectors) == len(old["vectors"])
    # word vectors are those of the run with other labels, too
    may_be_alike = all_the_same or config.label_vectors != CO_OCCURRENCE
    if not may_be_alike or not _point_alike(nodes.vectors[new], old["vectors"][numbers]):
        return [
            "The labels, or the vectors that describe them, are not those of the other run, so that the layers over "
            "the label graph start anew."
        ], False
    for name, parameter in nodes.named_parameters():
        parameter.data.copy_(old[name])
    if all_the_same and torch.allclose(nodes.adjacency[new][:, new], old["adjacency"][numbers][:, numbers]):
        return [], True
    return [
        "The layers over the label graph go on, over links that come from the training images of this run: where those "
        "are others, answers differ at first."
    ], True


def _point_alike(vectors: Tensor, others: Tensor) -> bool:
    """Whether the rows of two (n, D) have the same directions; their lengths may depend on other labels."""
    return vectors.shape == others.shape and torch.allclose(
        functional.normalize(vectors, dim=1), functional.normalize(others, dim=1), atol=1e-4
    )


def _queries(
    part: MLDecoderHead, old: dict[str, Tensor], pairs: list[tuple[int, int]]
) -> tuple[list[tuple[int, int]], bool]:
    """The new and old numbers of queries to go on with, given those of labels; whether all labels keep theirs.

    A query that labels share goes on with that of the first of them, as one can only be one.
    """
    old_per_query = len(old["weight"]) // len(old["queries"])
    queries = [(new // part.labels_per_group, number // old_per_query) for new, number in pairs]
    first = dict(reversed(queries))
    return list(first.items()), all(first[new] == number for new, number in queries)


def _plain(head: nn.Module) -> tuple[PlainHead, str]:
    """The head without scale, graph and dropout around it, and the prefix of its tensors."""
    name, part = next((name, part) for name, part in head.named_modules() if isinstance(part, PlainHead))
    return part, f"{name}." if name else ""


def _fits(tensor: Tensor, old: Tensor, rows: _Rows | None) -> bool:
    """Whether two tensors have one shape, but for the number of rows."""
    ours, theirs = list(tensor.shape), list(old.shape)
    if rows is not None:
        ours[rows.axis] = theirs[rows.axis] = 0
    return ours == theirs


def _copy(old: Tensor, tensor: Tensor, rows: _Rows | None) -> None:
    """Copy a tensor, or some rows of it."""
    if rows is None:
        tensor.copy_(old)
    elif rows.pairs:
        new, numbers = torch.tensor(rows.pairs).T
        tensor.index_copy_(rows.axis, new, old.index_select(rows.axis, numbers).to(tensor.dtype))


def _facts(run_folder: Path) -> tuple[ModelConfig, tuple[str, ...]]:
    """The network of a run, and the names of its labels."""
    return from_toml(run_folder / "recipe.toml").model, Snapshot.load(run_folder / "snapshot.npz").label_names


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
