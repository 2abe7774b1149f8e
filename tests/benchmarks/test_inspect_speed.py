"""How long one move of a threshold takes in Inspect, with everything that follows it."""

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.evaluation.ranking import RankedScores
from core.labels import Split

pytestmark = pytest.mark.benchmark

IMAGES, LABELS = 50_000, 80
GOAL_MS = 16


@pytest.fixture
def scored(tmp_path):
    """A run's scores, as Inspect holds them."""
    from core.evaluation.metrics import average_precision
    from core.evaluation.threshold_file import ThresholdSet
    from core.project.runs import Run
    from gui.inspect.scored_split import ScoredSplit

    rng = np.random.default_rng(0)
    states = (rng.random((IMAGES, LABELS)) < rng.uniform(0.005, 0.3, LABELS)).astype(np.int8)
    states[rng.random(states.shape) < 0.05] = -1
    logits = rng.normal(-2, 1, states.shape) + 2.5 * (states == 1)
    probabilities = (1 / (1 + np.exp(-logits))).astype(np.float32)
    names = tuple(f"label {number}" for number in range(LABELS))
    splits = np.full(IMAGES, Split.VALIDATION, np.int8)
    predictions = Predictions(np.arange(IMAGES), splits, probabilities, states, names)
    start = time.perf_counter()
    ranked = RankedScores(probabilities, predictions.targets, predictions.known)
    print(f"\nranking {IMAGES:,} x {LABELS}: {time.perf_counter() - start:.2f} s, in the background")
    (tmp_path / "0001").mkdir()
    return ScoredSplit(
        run=Run(1, "r", 0.0, tmp_path / "0001"),
        split=Split.VALIDATION,
        sizes={Split.VALIDATION: IMAGES},
        everything=predictions,
        predictions=predictions,
        ranked=ranked,
        ap=average_precision(probabilities, predictions.targets, predictions.known),
        support=predictions.targets.sum(axis=0),
        thresholds=ThresholdSet.default(names),
    )


@pytest.mark.parametrize("how", ["slider", "curve", "label"])
def test_a_move_is_done_and_painted_within_a_frame(qtbot, qapp, scored, how):
    from gui import background
    from gui.inspect.workspace import InspectWorkspace
    from gui.session import Session

    session = Session()
    workspace = InspectWorkspace(session)
    qtbot.addWidget(workspace)
    workspace.resize(1366, 768)
    workspace.show()
    workspace._whole.setCurrentIndex(1)
    workspace._on_loaded(scored)
    qapp.processEvents()
    curve = scored.curve(0)
    moves, paints = [], []
    for number in range(200):
        start = time.perf_counter()
        if how == "slider":
            workspace.thresholds_page._panel._slider.setValue(100 + 4 * number)
        elif how == "curve":
            workspace.thresholds_page._curve.score_chosen.emit(float(curve.thresholds[2 * number]))
        else:
            workspace._table.label_selected.emit(number % LABELS)
        moved = time.perf_counter()
        qapp.processEvents()
        paints.append(time.perf_counter() - moved)
        moves.append(moved - start)
    total = 1000 * (np.array(moves) + np.array(paints))
    print(
        f"\n{how}: a move {1000 * np.median(moves):.2f} ms, painting {1000 * np.median(paints):.2f} ms; "
        f"together median {np.median(total):.1f}, p99 {np.percentile(total, 99):.1f} ms (goal {GOAL_MS})"
    )
    workspace._thresholds.flush()
    background.cancel_all()
    # choosing another label draws another curve; it is no move, and only told
    assert how == "label" or np.median(total) < GOAL_MS
