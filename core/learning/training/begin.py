"""The network with its first weights, and what is decided by where they come from."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core.jobs.job import TrainJob
from core.labels import Split
from core.learning.data.seeds import seed_of
from core.learning.models import weights
from core.learning.models.initialise import Initialised, load_run, with_vectors_of
from core.learning.models.label_graph import GRAPH_FILE, LabelGraph, label_graph_of
from core.learning.models.net import Net, build_net
from core.learning.training.start import START_FILE, Start
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import Recipe


@dataclass(frozen=True, kw_only=True, eq=False)
class Begun:
    """A training before its data.

    Attributes:
        net: the network; with its first weights, unless the run is resumed, whose checkpoint has all of them.
        start: what is decided so far.
        recipe: with what is decided.
        notes: sentences about what was chosen, where the run begins for the first time.
    """

    net: Net
    start: Start
    recipe: Recipe
    notes: tuple[str, ...]


def begin(job: TrainJob, recipe: Recipe, snapshot: Snapshot, folder: Path, *, resuming: bool) -> Begun:
    """Build the network; writes the label graph, where the head wants one, and `start.json` into the run's folder.

    Args:
        job: what was asked for.
        recipe: of the run.
        snapshot: of the run.
        folder: of the run.
        resuming: whether it has a checkpoint.

    Raises:
        MultihotError: the recipe, word vectors or weights cannot be used.
    """
    is_first = not (folder / START_FILE).exists()
    start = Start.load(folder)
    graph = _label_graph(job, recipe, snapshot, folder) if recipe.model.uses_graph else None
    torch.manual_seed(seed_of(job.seed))
    net = build_net(recipe, len(snapshot.label_names), graph=graph)
    notes = [*job.notes]
    if graph is not None:
        notes.append(f"What the head knows of the labels comes from {graph.source}.")
        if graph.labels_without_vector:
            notes.append(f"Labels that it says nothing of: {', '.join(graph.labels_without_vector)}.")
    if not resuming:
        if job.initial_run is not None:
            initialised = load_run(net, Path(job.initial_run), snapshot.label_names)
            start = replace(start, matched=initialised.matched, new=initialised.new)
            notes += _notes_of(initialised, recipe, start.applied_to(recipe, keep=set(job.keep)))
        elif job.weights is not None:
            weights.load_file(net.backbone, Path(job.weights))
        elif recipe.model.pretrained:
            weights.load_pretrained(net.backbone)
        start.save(folder)
    return Begun(
        net=net,
        start=start,
        recipe=start.applied_to(recipe, keep=set(job.keep)),
        notes=tuple(notes) if is_first else (),
    )


def _label_graph(job: TrainJob, recipe: Recipe, snapshot: Snapshot, folder: Path) -> LabelGraph:
    """The label graph of the run, made once: a resumed run must not depend on a file of word vectors."""
    path = folder / GRAPH_FILE
    if not path.exists():
        train_states = snapshot.states[snapshot.splits == Split.TRAIN]
        graph = label_graph_of(recipe.model, snapshot.label_names, train_states)
        if job.initial_run is not None:
            graph = with_vectors_of(Path(job.initial_run), graph, config=recipe.model, label_names=snapshot.label_names)
        graph.save(path)
    return LabelGraph.load(path)


def _notes_of(initialised: Initialised, recipe: Recipe, applied: Recipe) -> list[str]:
    """What a person should know of a start from another run."""
    matched, new = initialised.matched, initialised.new
    notes = [*initialised.notes]
    if not new:
        notes.insert(0, "All labels go on from what the other run learnt of them.")
    elif matched:
        notes.insert(0, f"{len(matched)} labels go on from what the other run learnt; new: {', '.join(new)}.")
    else:
        notes.insert(0, "The backbone goes on from what the other run learnt; all labels start fresh.")
    if applied.loss.name != recipe.loss.name:
        notes.append("Labels were added: the influence-balanced loss takes the place of cross-entropy.")
    if applied.training.sampler != recipe.training.sampler:
        drawn = "all labels alike" if applied.training.sampler == "balanced" else "more images of the new labels"
        notes.append(f"Labels were added: each epoch draws {drawn}.")
    return notes
