"""The network that a run kept."""

from pathlib import Path

from core.learning.models.label_graph import GRAPH_FILE, LabelGraph
from core.learning.models.net import Net, build_net
from core.learning.training.checkpoint import BEST_FILE, load_best
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import Recipe


def load_trained(run: Path, recipe: Recipe) -> Net:
    """The network of a run with its kept weights, in evaluation mode.

    Args:
        run: the run's folder.
        recipe: the run's.

    Raises:
        MultihotError: a file of the run is missing or damaged.
    """
    labels = len(Snapshot.load(run / "snapshot.npz").label_names)
    # its vectors and links are among the weights, so that only a graph of the same size can take them
    graph = LabelGraph.load(run / GRAPH_FILE) if recipe.model.uses_graph else None
    net = build_net(recipe, labels, graph=graph)
    net.load_run_state(load_best(run / BEST_FILE))
    return net.eval()
