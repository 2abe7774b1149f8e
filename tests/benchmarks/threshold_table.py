"""Prints what ways of tuning thresholds are worth on images that were not used for it.

Of images that a run scored and did not learn from, a random part tunes and the rest judges, ten times over. What stands
in the table is the mean of the labels' F1 on the rest: at 0.5; at the best threshold of all scores as of one label, and
at each label's pulled towards that; at the pooled threshold with the best mean F1, at one for each label, and at those
pulled towards the pooled one by n / (n + k) for several k; at those of `--shrink auto`, and at the mean of five folds.

    python tests/benchmarks/threshold_table.py PREDICTIONS.npz [...] [--sizes 50 100 ...] [--splits 10]
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metrics import counts_at
from core.evaluation.objectives import Objective
from core.evaluation.predictions import Predictions
from core.evaluation.shrinkage import pooled_threshold, shrunk
from core.evaluation.thresholds import best_thresholds
from core.evaluation.tuning import mean_of_folds, shrinking_helps
from core.labels import Split

KS = (3, 5, 10, 20, 50)


def main() -> None:
    """Read the arguments and print a table for every file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("predictions", nargs="+", type=Path, help="predictions.npz of runs")
    parser.add_argument("--sizes", nargs="+", type=int, default=[25, 50, 100, 200, 400], help="images to tune on")
    parser.add_argument("--splits", type=int, default=10, help="random splits per size")
    parser.add_argument("--objective", type=Objective.parse, default="f1")
    parser.add_argument("--all-splits", action="store_true", help="also images that the run learnt from")
    arguments = parser.parse_args()
    for path in arguments.predictions:
        predictions = Predictions.load(path)
        if not arguments.all_splits:
            predictions = predictions.of(Split.VALIDATION, Split.TEST)
        images = len(predictions.image_ids)
        print(f"\n### {path}: {images:,} images, {len(predictions.label_names)} labels\n")
        head = [
            "tuned on",
            "median positives",
            "0.5",
            "as one label",
            "to it, k = 10",
            "pooled",
            "per label",
            *(f"k = {k}" for k in KS),
            "auto",
            "5 folds",
        ]
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        for size in arguments.sizes:
            if size > 0.7 * images:
                continue
            found, supports = [], []
            for seed in range(arguments.splits):
                tuned_on, judged_on = parts(predictions.targets, size, seed)
                found.append(macro_f1(predictions, tuned_on, judged_on, arguments.objective, seed))
                supports.append(np.median(predictions.targets[tuned_on].sum(axis=0)))
            scores = np.array(found)
            best = scores.mean(axis=0).max()
            cells = [
                f"{'**' * bool(mean == best)}{mean:.3f}{'**' * bool(mean == best)} ± {deviation:.3f}"
                for mean, deviation in zip(scores.mean(axis=0), scores.std(axis=0, ddof=1), strict=True)
            ]
            print("| " + " | ".join([str(size), f"{np.mean(supports):.0f}", *cells]) + " |", flush=True)


def parts(targets: NDArray[np.bool_], size: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to tune and rows to judge on; images with the same rarest label are dealt out evenly.

    Args:
        targets: bool (N, C).
        size: how many to tune on.
        seed: of the deal.
    """
    rng = np.random.default_rng(seed)
    frequency = np.where(targets, targets.sum(axis=0), len(targets) + 1)
    rarest = np.where(targets.any(axis=1), frequency.argmin(axis=1), targets.shape[1])
    # sorted by the rarest label and in random order within it; every so manieth from a random place tunes
    order = np.lexsort((rng.random(len(targets)), rarest))
    chosen = (np.arange(size) + rng.random()) * len(targets) / size
    tuned_on = order[np.minimum(chosen.astype(np.int64), len(targets) - 1)]
    return tuned_on, np.setdiff1d(np.arange(len(targets)), tuned_on)


def macro_f1(
    predictions: Predictions, tuned_on: NDArray[np.int64], judged_on: NDArray[np.int64], objective: Objective, seed: int
) -> list[float]:
    """The mean F1 of labels on the rows to judge, in the order of the table."""
    probabilities, targets, known = predictions.probabilities, predictions.targets, predictions.known
    arguments = probabilities[tuned_on], targets[tuned_on]
    own = best_thresholds(*arguments, objective, known=known[tuned_on]).values
    pooled = pooled_threshold(*arguments, objective, known=known[tuned_on])
    # all scores taken as of one label, which frequent labels decide
    column = known[tuned_on].reshape(-1, 1)
    as_one = best_thresholds(*(one.reshape(-1, 1) for one in arguments), objective, known=column).values[0]
    support = targets[tuned_on].sum(axis=0)
    helps = shrinking_helps(*arguments, objective, known=known[tuned_on], seed=seed)
    ways = [
        np.full(len(own), 0.5),
        np.full(len(own), as_one),
        shrunk(own, as_one, support), np.full(len(own), pooled), own, *(shrunk(own, pooled, support, k=k) for k in KS),
        shrunk(own, pooled, support) if helps else own,
        mean_of_folds(*arguments, objective, known=known[tuned_on], seed=seed),
    ]  # fmt: skip
    judged = probabilities[judged_on], targets[judged_on]
    return [counts_at(*judged, thresholds, known=known[judged_on]).totals().macro_f1 for thresholds in ways]


if __name__ == "__main__":
    main()
