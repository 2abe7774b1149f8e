"""The table of the method: losses and heads side by side at equal budgets, on real photos, with the program's trainer.

    python tests/benchmarks/method_table.py playing-cards --data FOLDER --weights FILE [--frozen] [--seeds 3]

Prints a row per method: mAP on validation (mean and standard deviation over the seeds), and OF1 and CF1 there at 0.5
and with the thresholds tuned on train. With `--frozen` the backbone's feature maps are computed once for all rows. Not
a test, as it takes minutes to hours.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# before torch is imported: as the program's worker has it
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from core.evaluation.metrics import average_precision, classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.thresholds import best_f_beta
from core.formats.apply import import_annotations
from core.formats.multihot_csv import read
from core.jobs.events import EpochEnded
from core.jobs.job import TrainJob
from core.jobs.train import prepare_training
from core.labels import Split
from core.learning.training import prepare
from core.learning.training.trainer import train
from core.project.files.scan import scan_folder
from core.project.store import Store
from core.recipes.recipe import Recipe

ANGULAR = ("loss=asymmetric_angular_margin", "reduction=sum")
METHODS = {
    "BCE": ("loss=binary_cross_entropy", "head=linear"),
    "ASL": ("loss=asymmetric", "head=linear"),
    "AAM": (*ANGULAR, "head=cosine"),
    "AAM + ML-Decoder": (*ANGULAR, "head=ml_decoder_cosine"),
    "AAM + graph attention": (*ANGULAR, "head=cosine", "pooling=average+max", "graph=gat"),
}
BASE = ("schedule=one_cycle", "optimizer=adamw", "learning_rate=0.001", "early_stopping=0", "adapt=false")


def main() -> None:
    """Train all methods and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", help="a folder in FOLDER/data with images, labels.csv and splits.csv")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--backbone", default="mobilenetv2_100")
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument(
        "--sam", nargs="+", type=float, default=[0.0, 0.05], help="radii of sharpness-aware minimisation"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    source = arguments.data / "data" / arguments.photos
    base = Recipe(name="table", title="Table", purpose="One row of the table").with_overrides(
        [
            *BASE,
            f"backbone={arguments.backbone}",
            f"size={arguments.size}",
            f"epochs={arguments.epochs}",
            f"frozen={str(arguments.frozen).lower()}",
        ]
    )
    if arguments.frozen:
        prepare.compute_features = _once(prepare.compute_features)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as scratch, Store.create(Path(scratch) / "project") as store:
        store.add_images(source / "images", scan_folder(source / "images", progress=lambda _: None))
        import_annotations(store, read(source))
        for rho in arguments.sam:
            for name in arguments.methods:
                recipe = base.with_overrides([*METHODS[name], f"sam_rho={rho}", *arguments.set])
                rows = [_train(store, recipe, arguments.weights, seed=seed) for seed in range(arguments.seeds)]
                print(_line(name + (" + SAM" if rho else ""), rows), flush=True)


def _train(store: Store, recipe: Recipe, weights: Path, *, seed: int) -> dict[str, float]:
    started = time.monotonic()
    run = prepare_training(store, recipe, weights=weights, seed=seed)
    epochs: list[EpochEnded] = []

    def emit(event: object) -> None:
        if isinstance(event, EpochEnded):
            epochs.append(event)

    train(TrainJob.load(run.folder), run.folder, emit, lambda: "continue")
    predictions = Predictions.load(run.folder / "predictions.npz")
    validation, tuning = predictions.of(Split.VALIDATION), predictions.of(Split.TRAIN)
    tuned = best_f_beta(tuning.probabilities, tuning.targets, known=tuning.known).values
    ap = average_precision(validation.probabilities, validation.targets, validation.known)
    facts = {"map": float(np.nanmean(ap)), "seconds": time.monotonic() - started}
    for when, thresholds in (("half", np.full(len(ap), 0.5)), ("tuned", tuned)):
        scores = classification_scores(
            validation.probabilities, validation.targets, known=validation.known, thresholds=thresholds
        )
        facts |= {f"of1_{when}": scores.overall_f1, f"cf1_{when}": scores.class_f1}
    print(json.dumps({"loss": recipe.loss.name, "head": recipe.model.head, "seed": seed, **facts}), file=sys.stderr)
    store.discard_run(run.id)
    return facts


def _once(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Computing features but for the first time: they are the same for the same network and images."""
    known: dict[tuple[object, ...], Any] = {}

    def computed(net: Any, pixels: Any, rows: Any, **rest: Any) -> Any:
        key = (rows.tobytes(), net.config.uses_map)
        if key not in known:
            known[key] = compute(net, pixels, rows, **rest)
        return known[key]

    return computed


def _line(name: str, rows: list[dict[str, float]]) -> str:
    def mean(what: str) -> float:
        return float(np.mean([row[what] for row in rows]))

    deviation = float(np.std([row["map"] for row in rows], ddof=1)) if len(rows) > 1 else 0.0
    return (
        f"{name:32} mAP {mean('map'):.4f} ± {deviation:.4f}   OF1 {mean('of1_half'):.3f} -> {mean('of1_tuned'):.3f}   "
        f"CF1 {mean('cf1_half'):.3f} -> {mean('cf1_tuned'):.3f}   {mean('seconds'):.0f} s a run"
    )


if __name__ == "__main__":
    main()
