"""What becomes of an edit in Inspect when something else is shown before it is finished."""

import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from core.errors import ProjectError
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdBook, ThresholdSet
from core.evaluation.tuning import find_thresholds
from core.jobs.job import ExportJob
from core.labels import LabelState, Split
from core.project.changes import Changes
from gui.export.workspace import ExportWorkspace
from gui.inspect import tuner as tuning
from gui.inspect.workspace import InspectWorkspace

NAMES = ("ace", "king", "red card")


def drawn():
    """Thirty images of validation and test, of three labels."""
    rng = np.random.default_rng(4)
    states = rng.integers(0, 2, (60, 3)).astype(np.int8)
    probabilities = np.clip(0.3 * states + 0.7 * rng.random((60, 3)), 0, 1).astype(np.float32)
    splits = np.repeat([Split.VALIDATION, Split.TEST], 30).astype(np.int8)
    return Predictions(np.arange(1, 61), splits, probabilities, states, NAMES)


@pytest.fixture
def run(annotated, finished_run):
    one = finished_run()
    drawn().save(one.folder / "predictions.npz")
    return one


@pytest.fixture
def workspace(qtbot, annotated, run):
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    qtbot.waitUntil(lambda: one._inspection.scored is not None)
    yield one
    one._thresholds.flush()


@pytest.fixture
def editor(workspace):
    return workspace._thresholds


@pytest.fixture
def steps(workspace):
    return workspace._inspection.steps


@pytest.fixture
def other(qtbot, workspace, finished_run):
    """Another run of the same labels."""
    one = finished_run()
    drawn().save(one.folder / "predictions.npz")
    qtbot.waitUntil(lambda: workspace._runs.count() == 2)
    return one


@pytest.fixture
def visit(qtbot, workspace, annotated):
    """Looks at a run."""

    def look(run):
        annotated.current_run = run.id
        qtbot.waitUntil(lambda: workspace._inspection.scored is not None and workspace._inspection.run.id == run.id)

    return look


@pytest.fixture
def slow(monkeypatch):
    """A gate that tuning waits for."""
    gate = threading.Event()

    def find(*arguments, progress, **more):
        progress(0.25)
        assert gate.wait(5)
        return find_thresholds(*arguments, progress=progress, **more)

    monkeypatch.setattr(tuning, "find_thresholds", find)
    monkeypatch.setattr(tuning, "QUIET_SECONDS", -1)
    yield gate
    gate.set()


def kept(run, name="main"):
    return ThresholdBook.load(run.folder / "thresholds.json").named(name).values.tolist()


def fix(workspace, image_id=1):
    """Say that the first label is present on an image, or the other way round."""
    store, inspection = workspace._session.store, workspace._inspection
    state = LabelState.ABSENT if store.states[image_id - 1, 0] == LabelState.PRESENT else LabelState.PRESENT
    inspection.fixes.set(inspection.scored, np.array([image_id]), np.array([0]), np.array([state], np.int8))


# what another workspace reads


def test_a_threshold_is_kept_before_another_workspace_is_shown(qtbot, annotated, run, request):
    annotated.close()
    window = request.getfixturevalue("window")
    window.show_workspace("inspect")
    inspect = window.workspace("inspect")
    qtbot.waitUntil(lambda: inspect._inspection.scored is not None)
    inspect._thresholds.set(0, 0.123)
    window.show_workspace("export")
    assert kept(run)[0] == 0.123
    export = window.workspace("export")
    qtbot.waitUntil(lambda: export._facts is not None)
    assert export._facts.thresholds.values[0] == 0.123


def test_an_export_has_the_thresholds_of_the_moment_at_which_its_button_is_pressed(qtbot, annotated, run, pretend):
    pretend("learn")
    export = ExportWorkspace(annotated)
    qtbot.addWidget(export)
    export.show()
    qtbot.waitUntil(lambda: export._facts is not None)
    ThresholdSet.alike(NAMES, np.array([0.1, 0.2, 0.3]), objective="manual").save(run.folder / "thresholds.json")
    qtbot.mouseClick(export._button, Qt.MouseButton.LeftButton)
    assert ExportJob.load(run.folder / "exports" / "0001").thresholds == pytest.approx((0.1, 0.2, 0.3))
    assert export._facts.thresholds.values.tolist() == [0.1, 0.2, 0.3]
    qtbot.waitUntil(lambda: export._export is None, timeout=20_000)


def test_the_set_that_is_exported_is_named_where_it_is_not_the_only_one(qtbot, annotated, run):
    strict = replace(ThresholdSet.default(NAMES), name="strict")
    ThresholdBook((strict,), "strict").save(run.folder / "thresholds.json")
    export = ExportWorkspace(annotated)
    qtbot.addWidget(export)
    qtbot.waitUntil(lambda: export._facts is not None)
    assert "“strict”: all 0.5" in [label.text() for label in export.findChildren(QLabel)]


# tuning


def test_what_is_tuned_goes_into_the_set_for_which_it_was_asked(qtbot, workspace, editor, run, slow):
    editor.add_set("mine")
    editor.show_set("main")
    workspace.thresholds_page.tuner.tune("all")
    editor.show_set("mine")
    slow.set()
    wanted = find_thresholds(drawn(), draws=0).thresholds.values.tolist()
    qtbot.waitUntil(lambda: editor.at((run.folder, "main")).values.tolist() == wanted)
    assert (editor.shown, editor.values.tolist()) == ("mine", [0.5] * 3)
    editor.flush()
    assert (kept(run), kept(run, "mine")) == (wanted, [0.5] * 3)
    editor.undo()
    assert editor.at((run.folder, "main")).values.tolist() == [0.5] * 3


def test_what_is_tuned_goes_into_the_run_for_which_it_was_asked(qtbot, workspace, editor, run, other, visit, slow):
    visit(run)
    workspace.thresholds_page.tuner.tune("all")
    visit(other)
    slow.set()
    wanted = find_thresholds(drawn(), draws=0).thresholds.values.tolist()
    # written although another run is looked at
    qtbot.waitUntil(lambda: (run.folder / "thresholds.json").exists() and kept(run) == wanted)
    assert editor.values.tolist() == [0.5] * 3
    visit(run)
    assert editor.values.tolist() == wanted
    editor.undo()
    assert editor.values.tolist() == [0.5] * 3


def test_what_is_tuned_for_a_set_that_was_deleted_is_told(qtbot, workspace, annotated, editor, slow):
    told = []
    annotated.message.connect(told.append)
    editor.add_set("mine")
    workspace.thresholds_page.tuner.tune("all")
    editor.remove_set()
    slow.set()
    qtbot.waitUntil(lambda: told == ["The thresholds “mine” are no more, so nothing was tuned."])
    assert editor.values.tolist() == [0.5] * 3


def test_tuning_says_how_far_it_is_and_can_be_cancelled(qtbot, workspace, editor, slow):
    row = workspace._tuning
    workspace.thresholds_page.tuner.tune("all")
    qtbot.waitUntil(row.isVisible)
    assert row._text.text() == "Tuning “main” of run 1: best F1 of 3 labels"
    assert row._line.fraction == 0.25
    (cancel,) = row.findChildren(QPushButton)
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not row.isVisible()
    assert workspace.thresholds_page._panel._best.isEnabled()
    slow.set()
    qtbot.wait(100)
    assert editor.values.tolist() == [0.5] * 3


def test_a_second_wish_takes_the_place_of_the_first_and_says_so(qtbot, workspace, annotated, editor, slow):
    told = []
    annotated.message.connect(told.append)
    tuner = workspace.thresholds_page.tuner
    tuner.tune("all")
    tuner.tune("label")
    assert told == ["Stopped, for another wish: Tuning “main” of run 1: best F1 of 3 labels"]
    assert tuner.doing == "Tuning “main” of run 1: best F1 of “ace”"
    slow.set()
    qtbot.waitUntil(lambda: editor.values[0] != 0.5)
    assert editor.values[1:].tolist() == [0.5, 0.5]


# runs that are gone


def test_nothing_is_left_of_a_run_that_was_discarded(qtbot, workspace, annotated, editor, run):
    failed = []
    workspace._inspection.failed.connect(failed.append)
    editor.set(0, 0.25)
    shutil.rmtree(run.folder)
    annotated.apply(Changes(runs=True))
    qtbot.waitUntil(lambda: workspace._inspection.scored is None)
    assert editor.place is None
    for _ in range(2):
        workspace.activate()
        editor.flush()
    assert not failed


def test_thresholds_of_a_run_that_was_discarded_are_not_written_again(qtbot, editor, workspace, run, other, visit):
    failed = []
    workspace._inspection.failed.connect(failed.append)
    visit(run)
    editor.set(0, 0.25)
    shutil.rmtree(run.folder)
    visit(other)
    editor.set(0, 0.75)
    editor.flush()
    assert not failed
    assert not run.folder.exists()
    assert kept(other)[0] == 0.75


# one undo


def test_what_was_done_last_is_taken_back_first_after_a_visit_to_another_run(
    workspace, editor, steps, run, other, visit
):
    visit(run)
    fix(workspace)
    editor.set(0, 0.8)
    visit(other)
    visit(run)
    assert steps.undo_text == "“ace” moved from 0.500"
    steps.undo()
    assert editor.values[0] == 0.5
    assert steps.undo_text == "“ace” set on 1 image"


def test_steps_are_kept_while_a_run_is_visited_that_cannot_be_read(
    qtbot, workspace, annotated, editor, steps, run, other, visit
):
    visit(run)
    editor.set(0, 0.8)
    (other.folder / "predictions.npz").write_text("garbage")
    annotated.current_run = other.id
    qtbot.waitUntil(lambda: workspace._inspection.scored is None)
    assert not steps.undo_text
    visit(run)
    assert steps.undo_text == "“ace” moved from 0.500"


def test_nothing_is_remembered_of_a_project_that_was_closed(annotated, editor, run):
    editor.set(0, 0.8)
    annotated.close()
    assert kept(run)[0] == 0.8
    assert editor.at((run.folder, "main")) is None


@pytest.mark.parametrize("first", ["threshold", "fix"])
def test_what_was_taken_back_is_not_done_again_after_something_else(workspace, editor, steps, first):
    acts = {"threshold": lambda: editor.set(0, 0.8), "fix": lambda: fix(workspace)}
    acts.pop(first)()
    steps.undo()
    acts_again = {"threshold": lambda: editor.set(1, 0.3), "fix": lambda: fix(workspace, 2)}
    acts_again[first]()
    steps.undo()
    steps.redo()
    assert not steps.redo_text
    assert editor.values[0] == 0.5


@pytest.mark.parametrize("way", ["undo", "redo"])
def test_a_fix_that_cannot_be_taken_back_is_told_and_can_be_later(workspace, annotated, steps, monkeypatch, way):
    failed = []
    workspace._inspection.failed.connect(failed.append)
    fix(workspace)
    if way == "redo":
        steps.undo()
    text = getattr(steps, f"{way}_text")

    def locked():
        raise ProjectError("Another program is writing.")

    with monkeypatch.context() as broken:
        broken.setattr(annotated.store, way, locked)
        getattr(steps, way)()
    assert [str(one) for one in failed] == ["Another program is writing."]
    assert getattr(steps, f"{way}_text") == text
    getattr(steps, way)()
    assert getattr(steps, f"{way}_text") != text


# a file that cannot be read


def test_a_run_whose_thresholds_cannot_be_read_is_looked_at_and_begun_anew_by_the_first_change(qtbot, annotated, run):
    path, aside = run.folder / "thresholds.json", run.folder / "thresholds.damaged.json"
    path.write_text("garbage")
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.show()
    qtbot.waitUntil(lambda: one._inspection.scored is not None)
    qtbot.waitUntil(lambda: "The first change keeps it as thresholds.damaged.json" in one._error.text())
    assert (path.read_text(), aside.exists()) == ("garbage", False)
    one._thresholds.set(0, 0.25)
    one._thresholds.flush()
    assert kept(run) == [0.25, 0.5, 0.5]
    assert aside.read_text() == "garbage"
    assert one._error.text() == "", "what is mended is no longer told"


def test_moves_are_kept_where_the_file_was_damaged_meanwhile(editor, run):
    editor.set(0, 0.25)
    editor.flush()
    (run.folder / "thresholds.json").write_text("{")
    editor.set(1, 0.75)
    editor.flush()
    assert kept(run) == [0.25, 0.75, 0.5]
    assert (run.folder / "thresholds.damaged.json").read_text() == "{"


def test_the_band_stays_while_the_threshold_is_dragged(qtbot, workspace, editor):
    page = workspace.thresholds_page
    page.tuner.tune("label")
    slider = page._panel._slider
    qtbot.waitUntil(lambda: editor.values[0] != 0.5)
    qtbot.waitUntil(lambda: not page._bands._timer.isActive() and page._bands._at_work is None)
    band = slider.band
    assert band is not None
    for value in (0.4, 0.3, 0.2):
        editor.set(0, value)
        assert slider.band == band


def test_undo_and_redo_are_offered_only_when_there_is_something(annotated, qtbot, run):
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    assert not one._undo.isEnabled()
    assert not one._redo.isEnabled()


def test_thresholds_that_cannot_be_written_are_named_until_they_can(workspace, editor, run, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(ThresholdBook, "save", refuse)
        editor.set(0, 0.9)
        assert workspace.unwritten() == f"The thresholds of run {run.id} could not be saved."
    assert workspace.unwritten() == ""
    assert ThresholdSet.of_run(run.folder, NAMES).values[0] == 0.9
