import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.jobs.events import (
    EarlyStopped,
    EpochEnded,
    LearningRateChosen,
    LearningRateTried,
    Note,
    Progress,
    RunFailed,
    RunFinished,
    RunPaused,
    RunStarted,
    StepEnded,
)
from core.jobs.folder import RunState
from core.jobs.writer import EventWriter
from core.project.runs.run_list import Run
from core.recipes.catalogue import catalogue, recipe
from gui.train import words
from gui.train.curves import MOST_POINTS, round_up, thinned
from gui.train.history import RunHistory, Series
from gui.train.label_bars import MOST_BARS, LabelBars, worst_labels
from gui.train.loss_plot import LossPlot
from gui.train.map_plot import MapPlot
from gui.train.note_lines import NoteLines
from gui.train.plots import RunPlots
from gui.train.run_facts import read_facts, title_with_changes
from gui.train.run_header import RunHeader
from gui.train.search_plot import SearchPlot
from gui.widgets import theme


def started(**values):
    facts = {
        "run": 1,
        "recipe": "r",
        "device": "CPU",
        "epochs": 4,
        "steps_per_epoch": 2,
        "train_images": 8,
        "validation_images": 2,
        "labels": ("ace", "king", "queen"),
        "parameters": 5,
    }
    return RunStarted(**{**facts, **values})


def step(number, loss=0.5):
    return StepEnded(
        epoch=(number + 1) // 2, step=number, loss=loss, learning_rate=0.1, images_per_second=40.0, eta_seconds=200.0
    )


def epoch(number, score=0.5, *, best=True):
    return EpochEnded(
        epoch=number,
        step=number * 2,
        train_loss=0.4,
        validation_loss=0.6,
        validation_map=score,
        average_precision=(0.9, None, 0.2),
        is_best=best,
        learning_rate=0.1,
        images_per_second=42.0,
        seconds=1.0,
        eta_seconds=100.0,
    )


@pytest.fixture
def history():
    one = RunHistory()
    one.add([started(), step(1), step(2), epoch(1, 0.3), step(3), step(4), epoch(2, 0.6)])
    return one


def test_a_series_keeps_all_rows_while_its_array_grows():
    series = Series(2)
    for number in range(1000):
        series.append(number, -number)
    assert len(series) == 1000
    np.testing.assert_array_equal(series.column(1), -np.arange(1000.0))


def test_the_curves_hold_what_the_events_said(history):
    np.testing.assert_allclose(history.step_positions, [0.5, 1, 1.5, 2])
    np.testing.assert_allclose(history.losses, 0.5)
    np.testing.assert_allclose(history.epochs, [1, 2])
    np.testing.assert_allclose(history.validation_maps, [0.3, 0.6])
    np.testing.assert_allclose(history.train_losses, 0.4)
    np.testing.assert_allclose(history.validation_losses, 0.6)
    assert history.best_map == 0.6
    assert history.fraction == pytest.approx(0.5)


def test_the_smoothed_loss_starts_at_the_first_value_and_stays_between_the_extremes():
    history = RunHistory()
    losses = [0.9, 0.1, 0.9, 0.1, 0.9, 0.1]
    history.add([started(), *(step(number + 1, loss) for number, loss in enumerate(losses))])
    assert history.smoothed_losses[0] == pytest.approx(0.9)
    assert (history.smoothed_losses >= 0.1).all()
    assert (history.smoothed_losses <= 0.9).all()


def test_a_loss_that_is_not_a_number_leaves_a_hole_and_does_not_spoil_the_smoothed_curve():
    history = RunHistory()
    history.add([started(), step(1, 0.5), step(2, None), step(3, 0.5)])
    assert math.isnan(history.losses[1])
    np.testing.assert_allclose(history.smoothed_losses, 0.5)


def test_after_a_crash_the_epochs_that_are_done_again_are_not_drawn_twice(history):
    history.add([step(5), started(epochs_done=1), step(3), step(4), epoch(2, 0.4)])
    np.testing.assert_allclose(history.step_positions, [0.5, 1, 1.5, 2])
    np.testing.assert_allclose(history.validation_maps, [0.3, 0.4])
    assert history.best_map == 0.4


def test_a_resumed_run_keeps_the_best_epoch_of_before():
    history = RunHistory()
    history.add([started(), step(2), epoch(1, 0.7), step(4), epoch(2, 0.5, best=False), RunPaused(epoch=2, step=4)])
    assert history.has_ended
    history.add([started(epochs_done=2), step(5)])
    assert not history.has_ended
    assert history.best_map == 0.7
    assert history.current_epoch == 3


def test_the_words_for_a_run_under_way(history):
    assert words.progress(history) == "epoch 2 of 4 · 42 images/s · 2 min left"
    history.add([Progress(stage="Scoring images", done=30, total=1200)])
    assert words.progress(history) == "Scoring images: 30 of 1,200"
    assert history.fraction == pytest.approx(0.025)


def test_the_sentence_at_the_end_of_a_run(history):
    history.add([RunFinished(epochs=4, best_epoch=2, validation_map=0.812, stopped=False, skipped_images=0, seconds=9)])
    verdict = words.verdict(0.812, {3: 0.797, 4: 0.7})
    assert words.summary(RunState.FINISHED, history, verdict=verdict) == (
        "Finished: mAP 0.812 (best so far, +0.015). Measured on 2 images only."
    )
    assert words.verdict(0.7, {3: 0.797}) == "run 3 has 0.797"
    assert words.verdict(0.7, {}) == ""


def test_a_failed_run_has_ended(history):
    history.add([RunFailed(sentence="The disk is full.", next_step="Free some space.")])
    assert history.has_ended
    assert history.eta_seconds is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (180, "3 min"), (3900, "1 h 05 min"), (3599, "1 h 00 min")]
)
def test_lengths_of_time_in_words(seconds, text):
    assert words.duration(seconds) == text


def test_the_labels_with_the_lowest_ap_come_first_and_those_without_one_are_left_out(history):
    assert worst_labels(history) == (("queen", 0.2), ("ace", 0.9))


def test_a_long_curve_is_thinned_to_the_extremes_of_its_stretches():
    x = np.arange(200_000.0)
    y = np.zeros(200_000)
    y[123_456], y[7] = 5.0, -5.0
    few_x, few_y = thinned(x, y)
    assert len(few_x) == len(few_y) <= MOST_POINTS + 400
    assert few_y.max() == 5.0
    assert few_y.min() == -5.0
    assert (np.diff(few_x) >= 0).all()
    np.testing.assert_array_equal(thinned(x[:100], y[:100])[1], y[:100])


@pytest.mark.parametrize(
    ("value", "above"), [(0.0, 1.0), (0.9, 1.0), (1.0, 1.0), (1.2, 1.5), (0.0031, 0.005), (42, 50)]
)
def test_the_range_of_a_plot_ends_at_a_round_number(value, above):
    assert round_up(value) == pytest.approx(above)


def test_a_title_tells_the_values_that_differ_from_the_recipe_of_that_name():
    shipped = recipe("resnet18-224")
    assert title_with_changes(shipped) == shipped.title
    changed = shipped.with_overrides(["model.backbone=mobilenetv2_100", "flip=false"])
    told = f"{shipped.title} · backbone=mobilenetv2_100 flip=false"
    assert title_with_changes(changed) == told
    # what was set in the window is in the title already
    assert title_with_changes(replace(changed, title=f"{shipped.title} (backbone=mobilenetv2_100, flip=false)")) == told
    older = replace(changed, title="An older title (backbone=mobilenetv2_100, flip=false)")
    assert title_with_changes(older) == "An older title · backbone=mobilenetv2_100 flip=false"


def test_a_title_tells_a_variant_by_its_name_and_what_was_set_in_place_of_the_data():
    shipped = next(one for one in catalogue() if one.variants)
    variant, settings = next(iter(shipped.variants.items()))
    changed = replace(
        shipped.with_overrides([*settings, "flip=false"]), title=f"{shipped.title} ({variant}, flip=false)"
    )
    assert title_with_changes(changed) == f"{shipped.title} · {variant} · flip=false"
    adapted = next(one for one in catalogue() if one.training.adapt).with_overrides(["batch_size=6", "epochs=7"])
    assert title_with_changes(adapted) == adapted.title
    typed = replace(adapted, title=f"{adapted.title} (batch_size=6)")
    assert title_with_changes(typed) == f"{adapted.title} · batch_size=6"


def tried(number, **values):
    return LearningRateTried(trial=number, trials=15, learning_rate=10.0 ** -(6 - number), **values)


def test_a_search_for_the_learning_rate_is_followed_until_it_has_chosen():
    history = RunHistory()
    history.add([started(), tried(1, validation_map=0.3), tried(2, validation_map=0.5, pruned=True)])
    assert history.is_searching
    assert history.fraction == pytest.approx(2 / 15)
    assert words.progress(history) == "looking for a learning rate: 2 of 15, 0.0001"
    history.add([LearningRateChosen(learning_rate=1e-4, reason="best of 15 trials"), step(1)])
    assert not history.is_searching
    assert history.chosen.learning_rate == 1e-4
    assert len(history.tried) == 2


def test_a_search_that_begins_anew_forgets_what_it_tried():
    history = RunHistory()
    history.add([tried(1), tried(2), started(), tried(1)])
    assert [one.trial for one in history.tried] == [1]


def held(qtbot, plot):
    """A widget with the plot, to be kept: pyqtgraph's own does not bear being closed twice."""
    holder = QWidget()
    qtbot.addWidget(holder)
    QVBoxLayout(holder).addWidget(plot)
    return holder, plot


def test_the_search_is_drawn_by_its_kind(qtbot):
    _holder, plot = held(qtbot, SearchPlot())
    history = RunHistory()
    history.add(
        [tried(1, validation_map=0.3), tried(2, validation_map=None), tried(3, validation_map=0.5, pruned=True)]
    )
    plot.draw(history)
    assert plot._points.getData()[0].tolist() == [-5, -3]
    assert plot.tip(-3.2, 0) == "3 of 15, 0.001: mAP 0.500, given up early"
    assert not plot._chosen.isVisible()

    history = RunHistory()
    history.add([tried(1, loss=2.0), tried(2, loss=1.0), tried(3, loss=90.0)])
    history.add([LearningRateChosen(learning_rate=1e-4, reason="steepest")])
    plot.draw(history)
    assert plot._curve.getData()[1].tolist() == [2.0, 1.0, 90.0]
    assert len(plot._points.getData()[0]) == 0
    # the end of a range test is beyond all bounds
    assert plot.getViewBox().viewRange()[1][1] < 10
    assert plot._chosen.value() == -4
    assert plot.tip(-5.1, 0) == "1 of 15, 1e-05: loss 2.0000"


def test_the_search_gives_way_to_the_schedule_and_a_button_brings_it_back(qtbot):
    plots = RunPlots()
    qtbot.addWidget(plots)
    history = RunHistory()
    history.add([started(), tried(1, validation_map=0.3)])
    plots.resize(800, 500)
    plots.show()
    plots.show_history(history)
    qtbot.waitUntil(lambda: plots._search.isVisible())
    history.add([LearningRateChosen(learning_rate=1e-4, reason="best of 15 trials"), step(1)])
    plots.refresh()
    qtbot.waitUntil(lambda: plots._learning_rate.isVisible())
    plots._show_search.click()
    assert plots._search.isVisible()
    plots.show_history(RunHistory())
    qtbot.waitUntil(lambda: not plots._show_search.isVisible())
    assert plots._learning_rate.isVisible()


def test_raw_and_averaged_weights_and_top1_are_kept_apart(qtbot):
    history = RunHistory()
    history.add([started(), replace(epoch(1, 0.5), raw_map=0.4, average_map=0.5, top1=0.75, is_average=True)])
    history.add([replace(epoch(2, 0.6), raw_map=0.6, average_map=None, top1=0.8)])
    np.testing.assert_array_equal(history.raw_maps, [0.4, 0.6])
    np.testing.assert_array_equal(history.average_maps, [0.5, math.nan])
    np.testing.assert_array_equal(history.top1s, [0.75, 0.8])
    _holder, plot = held(qtbot, MapPlot())
    plot.draw(history)
    assert plot.tip(1.1, 0) == "epoch 1: top-1 0.750, mAP 0.500, raw weights 0.400, averaged weights 0.500"
    assert plot.tip(2.0, 0) == "epoch 2: top-1 0.800, mAP 0.600, raw weights 0.600"


def test_the_end_of_a_run_with_one_label_per_image_tells_its_top1():
    history = RunHistory()
    finished = RunFinished(epochs=1, best_epoch=1, validation_map=0.5, stopped=False, skipped_images=0, seconds=1.0)
    history.add([started(), replace(epoch(1, 0.5), top1=0.75), replace(finished, top1=0.75)])
    assert words.summary(RunState.FINISHED, history).startswith("Finished: top-1 0.750.")
    assert (history.best_map, history.best_top1) == (0.5, 0.75)


def test_an_early_end_tells_its_reason_and_is_forgotten_when_the_run_goes_on():
    history = RunHistory()
    reason = "no gain over the smoothed best for 5 epochs"
    history.add([started(), epoch(1), EarlyStopped(epoch=1, reason=reason)])
    assert words.early_end(history) == f"Ended at epoch 1 of 4: {reason}."
    history.add([started(epochs_done=1)])
    assert words.early_end(history) == ""


def test_notes_are_kept_once_and_shown_one_by_one(qtbot):
    history = RunHistory()
    history.add([Note(sentence="First & best."), Note(sentence="Second."), started(), Note(sentence="First & best.")])
    assert history.notes == ["First & best.", "Second."]
    lines = NoteLines()
    qtbot.addWidget(lines)
    lines.show_notes(history.notes)
    assert "First &amp; best." in lines._text.text()
    assert "Second." not in lines._text.text()
    lines._text.linkActivated.emit("#")
    assert "Second." in lines._text.text()
    lines.show_notes([])
    assert lines.isHidden()


def test_the_header_shows_why_a_run_ended_early_and_its_notes(qtbot):
    history = RunHistory()
    history.add([started(), epoch(1), Note(sentence="8 training images."), EarlyStopped(epoch=1, reason="no gain")])
    history.add([LearningRateChosen(learning_rate=0.0021, reason="best of 15 trials")])
    header = RunHeader()
    qtbot.addWidget(header)
    header.show_run("Run 1", RunState.FINISHED, history)
    assert header._notes._sentences == (
        "Ended at epoch 1 of 4: no gain.",
        "Learning rate 0.0021: best of 15 trials.",
        "8 training images.",
    )


def test_what_was_chosen_from_the_data_is_no_change_in_a_title():
    shipped = recipe("efficientnet-b0-224")
    assert shipped.training.adapt
    adapted = shipped.with_overrides(["epochs=3", "batch_size=8"])
    assert title_with_changes(adapted) == shipped.title
    assert "epochs=3" in title_with_changes(adapted.with_overrides(["adapt=false"]))


def finished(**values):
    facts = {"epochs": 2, "best_epoch": 1, "validation_map": 0.7, "stopped": False, "skipped_images": 0, "seconds": 1}
    return RunFinished(**{**facts, **values})


def test_the_bars_are_of_the_latest_epoch_until_the_run_has_ended_and_then_of_the_one_that_was_kept(qtbot):
    history = RunHistory()
    history.add([started(), epoch(1, 0.7), replace(epoch(2, 0.5, best=False), average_precision=(0.1, None, 0.8))])
    _holder, bars = held(qtbot, LabelBars())
    said = []
    bars.summary_changed.connect(said.append)
    bars.draw(history)
    assert bars._shown == (("ace", 0.1), ("queen", 0.8))
    history.add([finished()])
    bars.draw(history)
    assert bars._shown == (("queen", 0.2), ("ace", 0.9))
    assert said == ["epoch 2", "epoch 1"]


def test_as_many_bars_are_shown_as_their_names_have_room_for(qtbot):
    names = tuple(f"label {number}" for number in range(76))
    history = RunHistory()
    history.add([started(labels=names), replace(epoch(1), average_precision=tuple(np.linspace(0, 1, 76).tolist()))])
    holder, bars = held(qtbot, LabelBars())
    said = []
    bars.summary_changed.connect(said.append)
    holder.resize(400, 200)
    holder.show()
    bars.draw(history)
    few = len(bars._shown)
    each = bars.getViewBox().height() / few
    assert each >= QFontMetrics(theme.smaller(bars.font())).height() - 1
    assert said[-1] == f"epoch 1 · {few} of 76 labels"
    holder.resize(400, 600)
    assert few < len(bars._shown) <= MOST_BARS


def test_a_run_with_one_label_per_image_is_drawn_by_its_top1(qtbot):
    history = RunHistory()
    history.add([started(), replace(epoch(1, 0.9), top1=0.75), replace(epoch(2, 0.8), top1=0.8)])
    _holder, plot = held(qtbot, MapPlot())
    plot.draw(history)
    assert plot._judged.getData()[1].tolist() == [0.75, 0.8]
    assert plot._best.getData()[1].tolist() == [0.8]
    assert plot._best_name.toPlainText() == "0.800"
    assert plot._map.getData()[1].tolist() == [0.9, 0.8]
    assert plot.key.seen == ("top-1", "mAP")


def test_lines_are_named_in_a_key_and_a_line_alone_is_not(qtbot):
    history = RunHistory()
    history.add([started(), epoch(1, 0.5)])
    _holder, plot = held(qtbot, MapPlot())
    plot.draw(history)
    assert plot.key.seen == ()
    history.add([replace(epoch(2, 0.6), raw_map=0.6, average_map=0.4)])
    plot.draw(history)
    assert plot.key.seen == ()
    # the raw weights count, so that their line lies under the mAP
    history.add([replace(epoch(3, 0.7), raw_map=0.7, average_map=0.6)])
    plot.draw(history)
    assert plot.key.seen == ("mAP", "averaged")
    history.add([replace(epoch(4, 0.8), raw_map=0.7, average_map=0.8)])
    plot.draw(history)
    assert plot.key.seen == ("mAP", "raw", "averaged")
    width = plot.key.sizeHint().width()
    plot.draw(RunHistory())
    assert plot.key.sizeHint().width() < width


@pytest.mark.parametrize(("epochs", "shown"), [(100, True), (300, False)])
def test_epochs_are_marked_where_there_is_room_and_the_best_one_always(qtbot, epochs, shown):
    history = RunHistory()
    history.add([started(epochs=epochs), step(1), step(2), epoch(1, 0.3)])
    _first, figures = held(qtbot, MapPlot())
    _second, losses = held(qtbot, LossPlot())
    lines = figures._judged, losses._train, losses._validation
    figures.draw(history)
    losses.draw_epochs(history)
    assert all(line.scatter.isVisible() for line in lines)
    history.add([step(3), step(4), epoch(2, 0.6)])
    figures.draw(history)
    losses.draw_epochs(history)
    assert [line.scatter.isVisible() for line in lines] == [shown] * 3
    assert figures._best.scatter.isVisible()


def test_a_run_stopped_before_its_first_epoch_ended_says_so():
    history = RunHistory()
    history.add([started(), step(1), finished(epochs=0, validation_map=0.139, stopped=True)])
    text = words.summary(RunState.STOPPED, history)
    assert text.startswith("Stopped during its first epoch: mAP 0.139.")


def test_a_learning_rate_at_the_end_of_what_was_tried_is_told_to_be_so():
    history = RunHistory()
    history.add([tried(1, validation_map=0.3), tried(2, validation_map=0.5), tried(3, validation_map=0.4)])
    history.add([LearningRateChosen(learning_rate=1e-4, reason="best of 3 trials")])
    assert words.chosen_rate(history) == "Learning rate 0.0001: best of 3 trials."
    history.add([LearningRateChosen(learning_rate=1e-3, reason="best of 3 trials")])
    assert words.chosen_rate(history).endswith("No higher one was tried, and one might do better.")
    history.add([LearningRateChosen(learning_rate=1e-5, reason="best of 3 trials")])
    assert words.chosen_rate(history).endswith("No lower one was tried, and one might do better.")


def test_a_run_without_a_readable_recipe_has_no_empty_title():
    assert words.run_line(3, "mAP 0.830", "ResNet-18") == "Run 3 · mAP 0.830 · ResNet-18"
    assert words.run_line(3, "mAP 0.830", "") == "Run 3 · mAP 0.830"


@pytest.mark.parametrize(("count", "text"), [(0, "0 epochs"), (1, "1 epoch"), (8, "8 epochs")])
def test_epochs_are_counted_in_words(count, text):
    assert words.epochs_text(count) == text


def run_of(folder, *events):
    write = EventWriter(folder)
    for event in events:
        write(event)
    write.close()
    return read_facts(Run(1, "r", 0.0, folder))


def test_the_list_tells_what_a_run_was_stopped_with_and_whether_it_ended_by_itself(tmp_path):
    stopped = run_of(tmp_path, started(), step(1), finished(epochs=0, validation_map=0.139, stopped=True))
    assert (stopped.best_map, len(stopped.figures), stopped.ended_early) == (0.139, 0, False)
    ended = run_of(tmp_path, started(), replace(epoch(1), top1=0.6), EarlyStopped(epoch=1, reason="no gain"))
    assert ended.ended_early
    np.testing.assert_array_equal(ended.figures, [0.6])
    assert not run_of(tmp_path, started(epochs_done=1)).ended_early
