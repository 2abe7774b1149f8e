"""Runs that ended without training, and their export."""

from pathlib import Path

import torch

from core.evaluation.calibration import Calibration
from core.jobs.job import ExportJob
from core.learning.models.label_graph import GRAPH_FILE, LabelGraph
from core.learning.models.net import Net, build_net
from core.learning.onnx_export import export
from core.learning.training.checkpoint import BEST_FILE, save_best
from core.learning.training.summary import Summary


def finished_run(folder: Path, recipe, snapshot, *, graph: LabelGraph | None = None) -> tuple[Path, Net]:
    """The files of a run that ended with random weights, and its network."""
    run = folder / "run"
    run.mkdir()
    (run / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    snapshot.save(run / "snapshot.npz")
    if graph is not None:
        graph.save(run / GRAPH_FILE)
    net = build_net(recipe, len(snapshot.label_names), graph=graph)
    # as after training: running statistics that are not 0 and 1
    with torch.no_grad():
        net.train()(torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8))
    save_best(run / BEST_FILE, net.state_dict())
    Summary(
        map=0.5, epochs=1, best_epoch=1, seconds=1.0, parameters=1, train_images=24, validation_images=12,
        skipped_images=0, stopped=False,
    ).save(run)  # fmt: skip
    return run, net.eval()


def exported(
    run: Path, out: Path, *, thresholds: tuple[float, ...] = (0.5,) * 3, calibration: Calibration | None = None
) -> Path:
    """Export a run as a worker does."""
    job = out.parent / "job"
    job.mkdir()
    if calibration is not None:
        calibration.save(job)
    export(
        ExportJob(run_id=7, run_folder=str(run), out=str(out), thresholds=thresholds, threads=1),
        job, lambda _: None, lambda: "continue",
    )  # fmt: skip
    return out
