"""How long one move of a threshold takes in Inspect, with everything that follows it."""

import os
import time
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QThreadPool
from PySide6.QtGui import QMouseEvent

from core.evaluation.predictions import Predictions
from core.evaluation.ranking import RankedScores
from core.labels import Split

pytestmark = pytest.mark.benchmark

IMAGES, LABELS = 100_000, 80
GOAL_MS = 16
# to another label, with its curve and its histogram
CHOICE_MS = 50
MOVES = 200


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A run's scores, as Inspect holds them."""
    from core.evaluation.metrics import average_precision
    from core.evaluation.threshold_file import ThresholdBook
    from core.project.runs.run_list import Run
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
    folder = tmp_path_factory.mktemp("runs") / "0001"
    folder.mkdir()
    return ScoredSplit(
        run=Run(1, "r", 0.0, folder),
        split=Split.VALIDATION,
        sizes={Split.VALIDATION: IMAGES},
        everything=predictions,
        predictions=predictions,
        ranked=ranked,
        ap=average_precision(probabilities, predictions.targets, predictions.known),
        support=predictions.targets.sum(axis=0),
        book=ThresholdBook.of_run(folder, names),
        label_ids=np.arange(LABELS),
    )


def drag(qapp, slider, plots, how, number):
    """One mouse move of a drag, as Qt hands it over."""
    share = 0.05 + 0.9 * number / MOVES
    if how == "slider":
        widget, place = slider, QPointF(slider.place_of(share), slider.height() / 2)
    else:
        panel = plots[{"curve": "precision_recall", "line in the scores": "scores"}[how]]
        box = panel.plot.getViewBox()
        (left, right), _ = box.viewRange()
        # the curve's point next to the middle of the plot's height
        place = box.mapViewToScene(QPointF(left + (right - left) * share, 0.5 if how == "curve" else 0.0))
        widget = panel.plot.viewport()
    kind = QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress
    left_button = Qt.MouseButton.LeftButton
    button = Qt.MouseButton.NoButton if number else left_button
    where = QPointF(widget.mapToGlobal(place.toPoint()))
    qapp.sendEvent(widget, QMouseEvent(kind, place, where, button, left_button, Qt.KeyboardModifier.NoModifier))


@pytest.mark.parametrize("how", ["slider", "curve", "line in the scores", "label"])
def test_a_move_is_done_and_painted_within_a_frame(qtbot, qapp, scored, how):
    from gui import background
    from gui.inspect.workspace import InspectWorkspace
    from gui.session import Session

    session = Session()
    workspace = InspectWorkspace(session)
    qtbot.addWidget(workspace)
    workspace.resize(1366 - 65, 768 - 60)
    workspace.show()
    workspace._whole.setCurrentIndex(1)
    workspace._facts = SimpleNamespace(run=scored.run)
    workspace._on_loaded(scored)
    plots = {panel.kind: panel for panel in workspace.thresholds_page._plots.panels}
    assert set(plots) == {"precision_recall", "scores"}
    workspace._gallery.show_group("flips")
    slider = workspace.thresholds_page._panel._slider
    # what is drawn by the way, such as the bands, is there when a person begins to drag
    QThreadPool.globalInstance().waitForDone()
    qtbot.wait(400)
    QThreadPool.globalInstance().waitForDone()
    qapp.processEvents()
    walls, moves, paints, values = [], [], [], set()
    for number in range(MOVES):
        start, begun = time.perf_counter(), time.thread_time()
        if how == "label":
            workspace._table.choose((number + 1) % LABELS)
        else:
            drag(qapp, slider, plots, how, number)
        moved = time.thread_time()
        qapp.processEvents()
        painted = time.thread_time()
        value = workspace._thresholds.values[0]
        # the curve has fewer places than there are moves
        if how == "label" or value not in values:
            values.add(value)
            moves.append(1000 * (moved - begun))
            paints.append(1000 * (painted - moved))
            walls.append(1000 * (time.perf_counter() - start))
    assert len(moves) > MOVES / 5
    assert how == "label" or workspace._gallery.model.rowCount()
    both = np.add(moves, paints)
    goal = CHOICE_MS if how == "label" else GOAL_MS
    print(
        f"\n{how}: of the window's own thread a move takes {np.median(moves):.1f} ms and painting "
        f"{np.median(paints):.1f} ms, together {_spread(both)} (goal {goal}); by the clock {_spread(walls)}"
    )
    workspace._thresholds.flush()
    background.cancel_all()
    QThreadPool.globalInstance().waitForDone()
    # what else runs on the machine does not count; the clock, which it does count for, is told
    assert np.median(both) < goal


def _spread(times):
    return f"median {np.median(times):.1f}, mean {np.mean(times):.1f}, p99 {np.percentile(times, 99):.1f} ms"
