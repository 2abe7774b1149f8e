"""Copying and saving the plots of Train, and tables in general."""

import csv
import io
import math
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from core.errors import MultihotError
from core.jobs.events import EpochEnded, LearningRateTried, RunStarted, StepEnded
from gui.train.history import RunHistory
from gui.train.label_bars import LabelBars
from gui.train.loss_plot import LossPlot
from gui.train.map_plot import MapPlot
from gui.train.plots import RunPlots
from gui.train.rate_plot import LearningRatePlot
from gui.train.search_plot import SearchPlot
from gui.widgets.plot import Plot
from gui.widgets.plot_data import DataSeries, as_table
from gui.widgets.plot_saving import file_name, save


@pytest.fixture
def history():
    one = RunHistory()
    labels = ("ace", "king, red", "queen")
    one.add(
        [
            RunStarted(
                run=1, recipe="r", device="CPU", epochs=2, steps_per_epoch=2, train_images=8, validation_images=2,
                labels=labels, parameters=5,
            ),
            LearningRateTried(trial=1, trials=2, learning_rate=0.01, validation_map=0.4),
            LearningRateTried(trial=2, trials=2, learning_rate=0.1, validation_map=0.3, pruned=True),
        ]
    )  # fmt: skip
    for epoch in (1, 2):
        for step in (2 * epoch - 1, 2 * epoch):
            one.add(
                [
                    StepEnded(
                        epoch=epoch, step=step, loss=1 / (3 * step), learning_rate=0.1 / step, images_per_second=9.0,
                        eta_seconds=9.0,
                    )
                ]
            )  # fmt: skip
        one.add(
            [
                EpochEnded(
                    epoch=epoch, step=2 * epoch, train_loss=1 / (3 * epoch),
                    validation_loss=None if epoch == 1 else 0.7, validation_map=epoch / 3,
                    average_precision=(0.9, 0.1 + 0.2, None), is_best=True,
                    learning_rate=0.1, images_per_second=9.0, seconds=1.0, eta_seconds=9.0,
                )
            ]
        )  # fmt: skip
    return one


def rows_of(plot):
    return list(csv.DictReader(io.StringIO(as_table(plot.series()))))


def numbers(rows, column, *, series):
    return [float(row[column] or "nan") for row in rows if row["series"] == series]


def test_a_table_gives_the_same_numbers_back():
    values = np.array([0.1 + 0.2, 1e-300, math.inf, math.nan])
    single = np.array([0.1, 2 / 3], np.float32)
    text = as_table([DataSeries("a, b", {"x": values}), DataSeries("c", {"x": single, "count": np.array([1, 2**60])})])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["series"] for row in rows] == ["a, b"] * 4 + ["c"] * 2
    np.testing.assert_array_equal(numbers(rows, "x", series="a, b"), values)
    np.testing.assert_array_equal(np.float32(numbers(rows, "x", series="c")), single)
    assert [row["count"] for row in rows] == [""] * 4 + ["1", str(2**60)]


@pytest.fixture
def held(qtbot):
    """Puts plots into a widget, for one alone would be closed twice."""

    # qtbot does not keep them
    hosts = []

    def hold(*plots):
        host = QWidget()
        hosts.append(host)
        qtbot.addWidget(host)
        layout = QVBoxLayout(host)
        for plot in plots:
            layout.addWidget(plot)
        return plots

    return hold


def test_the_table_of_the_losses_has_all_steps_and_epochs(held, history):
    (plot,) = held(LossPlot())
    plot.draw_epochs(history)
    plot.draw_steps(history)
    rows = rows_of(plot)
    assert numbers(rows, "loss per image", series="step") == history.losses.tolist()
    assert numbers(rows, "epoch", series="step, smoothed") == history.step_positions.tolist()
    assert numbers(rows, "loss per image", series="train") == history.train_losses.tolist()
    np.testing.assert_array_equal(numbers(rows, "loss per image", series="validation"), history.validation_losses)


def test_the_tables_of_the_other_plots_hold_what_is_drawn(held, history):
    plots = held(MapPlot(), LearningRatePlot(), SearchPlot(), LabelBars())
    for plot in plots:
        plot.draw(history)
    figures, rate, search, bars = plots
    assert numbers(rows_of(figures), "mAP", series="validation") == history.validation_maps.tolist()
    assert numbers(rows_of(rate), "learning rate", series="learning rate") == history.learning_rates.tolist()
    tried = rows_of(search)
    assert numbers(tried, "learning rate", series="tried") == [0.01, 0.1]
    assert numbers(tried, "mAP", series="tried") == [0.4, 0.3]
    assert [(row["label"], float(row["AP"])) for row in rows_of(bars)] == [("king, red", 0.1 + 0.2), ("ace", 0.9)]


def test_the_picture_of_a_plot_has_its_title_and_the_names_of_its_lines(qtbot, history):
    plots = RunPlots()
    qtbot.addWidget(plots)
    plots.resize(900, 600)
    plots.show()
    plots.show_history(history)
    plot = plots.findChild(LossPlot)
    qtbot.waitUntil(lambda: plot.key.seen == ("train", "validation"))
    root = ElementTree.fromstring(plot.picture.svg())
    texts = {"".join(one.itertext()).strip() for one in root.iter() if one.tag.endswith("text")}
    assert {"Loss", "train", "validation", "epoch", "loss per image"} <= texts
    assert plot.picture.image().width() > plot.width()


def test_every_plot_of_a_run_can_be_reached_by_key_and_has_a_menu(qtbot, history):
    plots = RunPlots()
    qtbot.addWidget(plots)
    plots.show()
    for plot in plots.findChildren(Plot):
        assert plot.focusPolicy() & Qt.FocusPolicy.TabFocus
        place = QPoint(20, 20)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, plot.viewport().mapToGlobal(place))
        if plot.isVisible():
            QApplication.sendEvent(plot.viewport(), event)
            assert plot.menu().isVisible()
            # there is nothing yet
            assert [action.isEnabled() for action in plot.menu().actions() if "data" in action.text()] == [
                bool(plot.series())
            ]
            plot.menu().close()


@pytest.mark.parametrize(
    ("title", "name"),
    [("ace: scores, run 1", "ace scores, run 1.png"), ("a/b\\c <d>?", "a b c d.png"), ("…", "….png"), ("", "plot.png")],
)
def test_a_file_is_called_after_the_title_as_far_as_systems_allow(title, name):
    assert file_name(title, "png") == name


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path):
    (tmp_path / "plot.png").mkdir()
    with pytest.raises(MultihotError) as caught:
        save(tmp_path / "plot.png", b"x")
    assert "plot.png cannot be written" in caught.value.sentence
    assert [one.name for one in tmp_path.iterdir()] == ["plot.png"]
