"""`multihot suggest PROJECT`."""

import argparse
import shlex

import numpy as np
from numpy.typing import NDArray

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.following import work
from core.cli.output import Output
from core.errors import JobError
from core.jobs.events import ScoreFinished
from core.jobs.score import prepare_scoring
from core.labels import LabelState
from core.project.runs.model_scores import load_model_scores
from core.project.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument(
        "--all", action="store_true", help="also images that have a known label: what else the run would say of them"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Score what the run has not scored, and say which unknown labels reach their thresholds; nothing is annotated."""
    chosen = finished_run(arguments.project, arguments.run)
    with Store.open(arguments.project) as store:
        image_ids, paths = store.image_ids.copy(), store.image_paths(store.image_ids)
        labels, states = store.labels, np.array(store.states)
    folder = prepare_scoring(chosen, image_ids.tolist(), paths)
    finished = ScoreFinished(images=0, skipped_images=0, stopped=False, seconds=0.0)
    if folder is not None:
        outcome = work(folder, output, go_on=f"multihot suggest {shlex.quote(str(arguments.project))}")
        if not isinstance(outcome, ScoreFinished):
            raise JobError("The scoring ended without a result.")
        finished = outcome
    scores = load_model_scores(chosen, image_ids, labels)
    for problem in scores.problems:
        output.warn(problem)
    output.say(_headline(chosen.id, finished))
    thresholds = scores.thresholds.tolist()
    images = []
    for row in np.flatnonzero(scores.scored & (arguments.all | _unlabelled(states))).tolist():
        found = scores.suggestions_at(row, states[row])
        if found:
            named = [f"{labels[column].name} {probability:.2f}" for column, probability in found]
            output.say(f"{paths[row]}: {', '.join(named)}")
        images.append(
            {
                "path": paths[row],
                "labels": [
                    {
                        "name": labels[column].name,
                        "probability": probability,
                        # none where an image has one label
                        "threshold": None if scores.is_multi_class else thresholds[column],
                    }
                    for column, probability in found
                ],
            }
        )
    if not images:
        output.say("All images have a known label." if not arguments.all else "The run has scored no image.")
    output.result(
        {
            "run": chosen.id,
            "scored": finished.images,
            "skipped": finished.skipped_images,
            "stopped": finished.stopped,
            "images": images,
        }
    )
    return 0


def _unlabelled(states: NDArray[np.int8]) -> NDArray[np.bool_]:
    """The images (N,) of which no label is known."""
    unknown: NDArray[np.bool_] = (states == LabelState.UNKNOWN).all(axis=1)
    return unknown


def _headline(run_id: int, finished: ScoreFinished) -> str:
    if not finished.images and not finished.skipped_images:
        return f"Run {run_id} had scored all images before."
    text = f"Run {run_id} scored {'1 image' if finished.images == 1 else f'{finished.images:,} images'}"
    if finished.skipped_images:
        text += f"; {finished.skipped_images:,} could not be read"
    if finished.stopped:
        text += "; stopped before the last one, and the same command goes on"
    return f"{text}."
