"""The graph of the labels: which come together, and what is known of each."""

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.errors import JobError
from core.files import replacing
from core.labels import LabelState
from core.learning.models.label_vectors import WIDEST, cooccurrence_vectors, read_glove
from core.recipes.recipe import CO_OCCURRENCE, ModelConfig

#: The graph that a run was trained with, in its folder.
GRAPH_FILE = "label_graph.npz"


@dataclass(frozen=True, eq=False)
class LabelGraph:
    """What graph heads know of the labels; it does not change while they learn.

    Attributes:
        adjacency: float32 (C, C), normalised; row i says what label i takes from whom.
        vectors: float32 (C, D), one row per label.
        source: what the vectors were made from, for people.
        labels_without_vector: names that the source does not know.
    """

    adjacency: NDArray[np.float32]
    vectors: NDArray[np.float32]
    source: str
    labels_without_vector: tuple[str, ...] = ()

    @classmethod
    def unlinked(cls, num_labels: int) -> Self:
        """A graph without links, with vectors of the size that those from co-occurrence have."""
        width = min(num_labels, WIDEST)
        return cls(np.eye(num_labels, dtype=np.float32), np.eye(num_labels, width, dtype=np.float32), "nothing")

    def save(self, path: Path) -> None:
        """Write it as `.npz`."""
        with replacing(path) as temporary:
            np.savez_compressed(
                temporary,
                adjacency=self.adjacency,
                vectors=self.vectors,
                texts=np.frombuffer(json.dumps([self.source, self.labels_without_vector]).encode(), np.uint8),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            JobError: the file is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                source, without = json.loads(file["texts"].tobytes())
                return cls(file["adjacency"], file["vectors"], source, tuple(without))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise JobError(
                f"The run's label graph in {path} is missing or damaged.", next_step="Train again."
            ) from error


def label_graph_of(config: ModelConfig, label_names: tuple[str, ...], train_states: NDArray[np.int8]) -> LabelGraph:
    """The graph of a recipe's labels.

    Args:
        config: names the threshold and weight of links and the source of the vectors.
        label_names: C names.
        train_states: int8 (N, C) in {1, 0, -1}, of the training images.

    Raises:
        RecipeError: the file of word vectors cannot be used.
    """
    together, counts = cooccurrence(train_states)
    links = correlation_matrix(together, counts, threshold=config.graph_threshold, reweight=config.graph_reweight)
    adjacency = normalised_adjacency(links).astype(np.float32)
    if config.label_vectors == CO_OCCURRENCE:
        vectors, without = cooccurrence_vectors(train_states, label_names)
        return LabelGraph(adjacency, vectors, "which labels come together in the training images", without)
    path = Path(config.label_vectors).expanduser()
    read = read_glove(path, label_names)
    source = f"the word vectors in {path.name}"
    if read.partly:
        known = (f"“{' '.join(words)}” of “{name}”" for name, words in read.partly.items())
        source += f", which know only {', '.join(known)}"
    return LabelGraph(adjacency, read.vectors, source, read.without)


def cooccurrence(states: NDArray[np.int8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often labels come together.

    Args:
        states: int8 (N, C) in {1, 0, -1}.

    Returns:
        Images with label i and label j, float64 (C, C), the diagonal included; and images with label i in which the
        state of label j is known, float64 (C, C). Where nothing is unknown, all of a row of the latter are alike.
    """
    present = (states == LabelState.PRESENT).astype(np.float64)
    known = (states != LabelState.UNKNOWN).astype(np.float64)
    return present.T @ present, present.T @ known


def correlation_matrix(
    cooccurrence: NDArray[np.float64],
    counts: NDArray[np.float64],
    threshold: float = 0.4,
    reweight: float = 0.25,
) -> NDArray[np.float64]:
    """The links of ML-GCN (Chen et al. 2019, equations 6 to 8, as their code has them).

    Label j is linked to label i when it comes along in a share of at least `threshold` of the images of i. The links
    to j are weighed so that they sum to `reweight`; each label is linked to itself with weight 1.

    Args:
        cooccurrence: images with both labels, (C, C); the diagonal does not count.
        counts: images with label i: (C,), or (C, C) where it depends on the other label, as in `cooccurrence`.
        threshold: in [0, 1].
        reweight: total weight of a label's links.

    Returns:
        float64 (C, C). A label that never occurs has no links.
    """
    together = np.asarray(cooccurrence, np.float64)
    images = np.asarray(counts, np.float64)
    images = np.broadcast_to(images[:, None] if images.ndim == 1 else images, together.shape)
    shares = np.divide(together, images, out=np.zeros(together.shape), where=images > 0)
    links = ((shares >= threshold) & (shares > 0)).astype(np.float64)
    np.fill_diagonal(links, 0)
    weighed: NDArray[np.float64] = reweight * links / (links.sum(axis=0) + 1e-6) + np.eye(len(links))
    return weighed


def normalised_adjacency(links: NDArray[np.float64]) -> NDArray[np.float64]:
    """D^-1/2 A^T D^-1/2 with the row sums of A in D (Kipf and Welling 2017; transposed as in ML-GCN's code).

    Args:
        links: A, (C, C), no row of which sums to 0.

    Returns:
        float64 (C, C).
    """
    roots = 1 / np.sqrt(links.sum(axis=1))
    normalised: NDArray[np.float64] = roots[:, None] * links.T * roots[None, :]
    return normalised
