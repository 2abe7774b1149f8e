import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton

from core.errors import ProjectError
from core.jobs.events import ImageSkipped
from core.jobs.folder import JobFolder, RunState
from core.labels import LabelState
from core.project.store import Store
from gui import background
from gui.session import Session
from gui.train import words
from gui.train.controller import TrainingController
from gui.train.followed_run import FollowedRun
from gui.train.options import FILE, SCRATCH, Options
from gui.train.workspace import TrainWorkspace

LONG = 20_000


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def has_text(widget, pattern):
    return any(re.search(pattern, text) for text in texts(widget))


def button(widget, text):
    found = [one for one in widget.findChildren(QPushButton) if one.text() == text and one.isVisible()]
    assert len(found) == 1, f"{len(found)} buttons “{text}”"
    return found[0]


def press(qtbot, widget, text):
    qtbot.waitUntil(lambda: button(widget, text).isEnabled())
    qtbot.mouseClick(button(widget, text), Qt.MouseButton.LeftButton)


def test_without_annotations_the_workspace_says_what_to_do_and_there_is_no_training(qtbot, session, train):
    qtbot.waitUntil(lambda: has_text(train, "Label at least 20 images"))
    assert not button(train, "Train").isEnabled()
    with qtbot.waitSignal(session.workspace_requested) as asked:
        press(qtbot, train, "Go to Label")
    assert asked.args == ["label"]


def test_the_data_is_summed_up_with_warnings_that_name_the_labels(qtbot, annotated, train):
    qtbot.waitUntil(lambda: has_text(train, "Only 12 images are annotated"))
    assert has_text(train, "“ace”")
    counts = [int(text) for text in texts(train) if text.isdecimal()]
    assert sum(counts) == 12
    store = annotated.store
    annotated.apply(store.set_states(store.image_ids[:4].tolist(), dict.fromkeys([1, 2, 3], LabelState.UNKNOWN)))
    qtbot.waitUntil(lambda: has_text(train, "4 images without annotations"))


def test_a_run_is_trained_from_the_button_to_the_sentence_at_its_end(
    qtbot, annotated, controller, train, pretend, tmp_path
):
    pretend("learn")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, r"Finished: mAP 0\.600\."), timeout=LONG)
    qtbot.waitUntil(lambda: has_text(train, "Inspect"))
    assert train._runs.selected_run == 1
    assert len(train._history.epochs) == 3
    assert annotated.jobs.items() == []
    model = train._runs.model()
    qtbot.waitUntil(lambda: model.rowCount() == 1)
    qtbot.waitUntil(lambda: [model.index(0, column).data() for column in (1, 3, 4)] == ["finished", "3 / 3", "0.600"])


def test_the_job_is_listed_while_the_run_goes_on_and_its_cancel_stops_it(qtbot, annotated, controller, train, pretend):
    pretend("wait")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "epoch 1 of 3 · 9 images/s"), timeout=LONG)
    (job,) = annotated.jobs.items()
    assert job.name == "Run 1"
    assert job.fraction == pytest.approx(1 / 3)
    assert button(train, "Run 1 is training").isEnabled() is False
    with qtbot.waitSignal(
        annotated.message, timeout=LONG, check_params_cb=lambda text: text == "Run 1 stopped: mAP 0.200"
    ):
        job.cancel()
    qtbot.waitUntil(lambda: has_text(train, "Stopped after 1 epoch: mAP 0.200"), timeout=LONG)
    assert annotated.jobs.items() == []
    qtbot.waitUntil(lambda: train._runs.model().index(0, 1).data() == "stopped")


def test_a_run_is_paused_and_resumed_by_the_same_button(qtbot, annotated, controller, train, pretend):
    pretend("wait")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "epoch 1 of 3"), timeout=LONG)
    press(qtbot, train, "Pause")
    qtbot.waitUntil(lambda: has_text(train, "Paused after 1 epoch"), timeout=LONG)
    press(qtbot, train, "Resume")
    qtbot.waitUntil(lambda: has_text(train, "Finished: mAP 0.600"), timeout=LONG)
    assert train._history.epochs.tolist() == [1, 2, 3]


def test_stop_pressed_twice_offers_to_end_the_process(qtbot, annotated, controller, train, pretend):
    pretend("hang")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "epoch 1 of 3"), timeout=LONG)
    press(qtbot, train, "Stop and keep best")
    qtbot.waitUntil(lambda: has_text(train, "the best model is kept…"))
    press(qtbot, train, "Stop and keep best")
    press(qtbot, train, "End it")
    qtbot.waitUntil(lambda: has_text(train, "Interrupted"), timeout=LONG)
    qtbot.waitUntil(lambda: has_text(train, "was interrupted.*Resume it"))


def test_a_worker_that_does_not_obey_in_time_is_offered_to_be_killed(
    qtbot, annotated, controller, train, pretend, monkeypatch
):
    monkeypatch.setattr("gui.train.followed_run.PATIENCE_MS", 300)
    pretend("hang")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "epoch 1 of 3"), timeout=LONG)
    press(qtbot, train, "Pause")
    qtbot.waitUntil(lambda: has_text(train, "does not obey"), timeout=LONG)


def test_discard_asks_once_and_deletes_the_run(qtbot, annotated, controller, train, pretend):
    pretend("wait")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "epoch 1 of 3"), timeout=LONG)
    folder = annotated.store.run(1).folder
    press(qtbot, train, "Discard")
    press(qtbot, train, "Keep")
    assert folder.exists()
    qtbot.mouseClick(button(train, "Discard"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(train._header._question.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not folder.exists(), timeout=LONG)
    qtbot.waitUntil(lambda: has_text(train, "No run yet"))
    assert annotated.jobs.items() == []


def test_a_failure_is_told_in_its_place_with_its_next_step(qtbot, annotated, controller, train, pretend):
    pretend("refuse")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "The weights do not fit. Choose others."), timeout=LONG)


def test_the_details_of_a_mistake_can_be_seen_and_copied(qtbot, qapp, annotated, controller, train, pretend):
    pretend("stumble")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "ZeroDivisionError"), timeout=LONG)
    press(qtbot, train._header, "Show details")
    assert "Traceback" in train._header._error.findChild(QPlainTextEdit).toPlainText()
    press(qtbot, train._header, "Copy")
    assert "Traceback" in qapp.clipboard().text()


def test_a_value_that_is_not_valid_is_refused_before_a_run_is_made(qtbot, annotated, train):
    train._setup._form._other.setText("batch_size=none")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "batch_size"))
    assert annotated.store.runs() == []


def test_settings_reach_the_run(qtbot, annotated, controller, train, pretend):
    pretend("learn")
    train._setup.choose("resnet18-224")
    train._setup._form._epochs.setValue(7)
    train._setup._form._other.setText("training.batch_size=4")
    press(qtbot, train, "Train")
    text = (annotated.store.run(1).folder / "recipe.toml").read_text(encoding="utf-8")
    assert "epochs = 7" in text
    assert "batch_size = 4" in text
    qtbot.waitUntil(lambda: has_text(train, "Finished"), timeout=LONG)


def test_an_older_run_shows_its_curves_when_it_is_selected(qtbot, train, finished_run):
    finished_run(validation_map=0.7)
    finished_run(validation_map=0.8)
    qtbot.waitUntil(lambda: train._runs.model().rowCount() == 2)
    qtbot.waitUntil(lambda: has_text(train, "Finished: mAP 0.800 .best so far, .0.100"))
    train._runs.selectRow(1)
    qtbot.waitUntil(lambda: has_text(train, "Finished: mAP 0.700 .run 2 has 0.800"))
    assert len(train._history.losses) == 6


def test_runs_with_one_label_per_image_are_judged_by_their_top_1(qtbot, train, finished_run):
    model = train._runs.model()
    assert model.headerData(4, Qt.Orientation.Horizontal) == "mAP"
    finished_run(validation_map=0.9, top1=0.5)
    finished_run(validation_map=0.8, top1=0.75)
    qtbot.waitUntil(lambda: has_text(train, "Finished: top-1 0.750 .best so far, .0.250"))
    assert [model.index(row, 4).data() for row in (0, 1)] == ["0.750", "0.500"]
    assert model.headerData(4, Qt.Orientation.Horizontal) == "top-1"


def test_a_double_click_opens_the_run_in_inspect(qtbot, annotated, train, finished_run):
    finished_run()
    qtbot.waitUntil(lambda: train._runs.model().rowCount() == 1)
    with qtbot.waitSignal(annotated.workspace_requested) as asked:
        train._runs.activated.emit(train._runs.model().index(0, 0))
    assert asked.args == ["inspect"]
    assert annotated.current_run == 1


def test_a_run_at_work_is_taken_up_when_the_project_is_opened_again(qtbot, annotated, project, pretend):
    pretend("wait")
    controller = TrainingController(annotated)
    from core.recipes.catalogue import recipe

    run = controller.train(Options(recipe=recipe("resnet18-224"), device="cpu", weights=None, seed=0))
    followed = controller.followed(run.id)
    qtbot.waitUntil(lambda: followed.history.epoch is not None, timeout=LONG)
    annotated.close()
    assert controller.running() == []
    assert JobFolder(run.folder).state() is RunState.RUNNING

    annotated.open(project)
    qtbot.waitUntil(lambda: controller.running() == [run.id], timeout=LONG)
    again = controller.followed(run.id)
    qtbot.waitUntil(lambda: again.history.epoch is not None, timeout=LONG)
    assert [job.name for job in annotated.jobs.items()] == ["Run 1"]
    controller.stop(run.id)
    qtbot.waitUntil(lambda: again.state == RunState.STOPPED, timeout=LONG)
    qtbot.waitUntil(lambda: annotated.jobs.items() == [], timeout=LONG)
    controller.close()


def test_a_run_that_was_paused_can_be_stopped_and_kept(qtbot, annotated, controller, pretend):
    from core.recipes.catalogue import recipe

    pretend("wait")
    run = controller.train(Options(recipe=recipe("resnet18-224"), device="cpu", weights=None, seed=0))
    followed: FollowedRun = controller.followed(run.id)
    qtbot.waitUntil(lambda: followed.history.epoch is not None, timeout=LONG)
    controller.pause(run.id)
    qtbot.waitUntil(lambda: JobFolder(run.folder).state() is RunState.PAUSED, timeout=LONG)
    qtbot.waitUntil(lambda: not followed.is_running, timeout=LONG)
    controller.stop(run.id)
    qtbot.waitUntil(lambda: JobFolder(run.folder).state() is RunState.STOPPED, timeout=LONG)
    qtbot.waitUntil(lambda: not controller.running(), timeout=LONG)


def test_without_a_project_there_is_nothing_to_train_and_nothing_breaks(qtbot, qapp):
    session = Session()
    controller = TrainingController(session)
    train = TrainWorkspace(session, controller)
    qtbot.addWidget(train)
    train.activate()
    with pytest.raises(ProjectError):
        _ = session.store
    controller.close()
    background.cancel_all()


def test_opening_another_project_shows_its_runs(qtbot, annotated, train, finished_run, tmp_path):
    finished_run()
    qtbot.waitUntil(lambda: train._runs.model().rowCount() == 1)
    Store.create(tmp_path / "other").close()
    annotated.open(tmp_path / "other")
    qtbot.waitUntil(lambda: train._runs.model().rowCount() == 0)
    qtbot.waitUntil(lambda: has_text(train, "Nothing to train on yet"))


def test_a_new_run_is_looked_at_while_an_older_one_was_selected(qtbot, annotated, train, finished_run, pretend):
    finished_run()
    finished_run()
    qtbot.waitUntil(lambda: train._runs.model().rowCount() == 2)
    train._runs.selectRow(1)
    assert train._shown == 1
    pretend("wait")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: train._runs.model().rowCount() == 3)
    qtbot.waitUntil(lambda: has_text(train, "epoch 1 of 3"), timeout=LONG)
    assert train._shown == train._runs.selected_run == 3


def test_the_workspace_fits_into_a_small_window(train):
    # 1024 x 700 without the rail, the menus and the status bar
    assert train.minimumSizeHint().width() <= 1024 - 65
    assert train.minimumSizeHint().height() <= 700 - 60


def test_the_number_of_warnings_is_beside_the_button_and_leads_to_them(qtbot, annotated, train):
    train.resize(1300, 600)
    setup = train._setup
    qtbot.waitUntil(lambda: setup._warnings.isVisible())
    assert re.fullmatch(r"1 warning ›|\d+ warnings ›", setup._warnings.text())
    place = setup._scroll.viewport()
    qtbot.mouseClick(setup._warnings, Qt.MouseButton.LeftButton)
    bottom = setup._data_panel.rect().bottomLeft()
    qtbot.waitUntil(lambda: place.rect().contains(setup._data_panel.mapTo(place, bottom)))


def test_opening_the_settings_brings_them_into_view(qtbot, train):
    train.resize(1300, 600)
    setup = train._setup
    place = setup._scroll.viewport()
    qtbot.mouseClick(setup._fold, Qt.MouseButton.LeftButton)
    other = setup._form._other
    qtbot.waitUntil(lambda: place.rect().contains(other.mapTo(place, other.rect().bottomLeft())))


def test_a_long_name_of_a_weights_file_does_not_widen_the_column(qtbot, train):
    setup = train._setup
    setup._fold.setChecked(True)
    file = Path("/weights") / f"{'mobilenetv3_large_100' * 4}.safetensors"
    setup._form.choose_weights(file)
    qtbot.waitUntil(lambda: setup._scroll.widget().minimumSizeHint().width() <= setup._scroll.viewport().width())
    assert "…" in setup._form._weights.currentText()
    assert setup._form._weights.toolTip() == str(file)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "1 unreadable image was left out: 0.jpg"),
        (3, "3 unreadable images were left out: 0.jpg, 1.jpg, 2.jpg"),
        (5, "5 unreadable images were left out: 0.jpg, 1.jpg, 2.jpg, …"),
    ],
)
def test_images_that_were_left_out_are_named(count, sentence):
    skipped = [ImageSkipped(path=f"photos/{number}.jpg", sentence="It is damaged.") for number in range(count)]
    assert words.left_out(skipped) == sentence


def test_the_end_of_a_run_tells_which_images_were_left_out_and_why(qtbot, train, finished_run):
    finished_run()
    qtbot.waitUntil(lambda: has_text(train, "Finished"))
    train._history.add([ImageSkipped(path="photos/a.jpg", sentence="It is damaged.")] * 2)
    train._show_state()
    assert has_text(train, "1 unreadable image was left out: a.jpg")
    press(qtbot, train._header._skipped, "Show details")
    train._show_state()
    details = train._header._skipped.findChild(QPlainTextEdit)
    assert details.isVisible()
    assert details.toPlainText() == "photos/a.jpg: It is damaged."


def test_a_key_that_no_recipe_has_is_told_in_a_short_sentence_and_can_be_mended(qtbot, annotated, train):
    train._setup._form._other.setText("training.nonsense=1")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: train._setup._error.text() == "No recipe has a key “training.nonsense”.")
    assert train._setup.window().focusWidget() is train._setup._form._other
    press(qtbot, train._setup, "Show details")
    assert "training.batch_size" in train._setup._error.findChild(QPlainTextEdit).toPlainText()
    assert train._setup._form._other.isVisible()


def test_without_pretrained_weights_other_starts_are_offered(qtbot, annotated, train, pretend, monkeypatch, tmp_path):
    pretend("refuse")
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: has_text(train, "The weights do not fit"), timeout=LONG)
    press(qtbot, train, "Train from scratch")
    assert train._setup._form._weights.currentIndex() == SCRATCH
    file = tmp_path / "mine.safetensors"
    monkeypatch.setattr("gui.train.options.QFileDialog.getOpenFileName", lambda *_: (str(file), ""))
    press(qtbot, train, "Pick a weights file…")
    assert train._setup._form._weights.currentIndex() == FILE


@pytest.mark.parametrize(("name", "content"), [("a.pth", None), ("a.pth", b"text"), ("a.safetensors", b"PK\x03\x04")])
def test_a_file_that_holds_no_weights_is_refused_before_a_run_is_made(qtbot, annotated, train, tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    train._setup._form.choose_weights(tmp_path / name)
    press(qtbot, train, "Train")
    qtbot.waitUntil(lambda: "in Settings" in train._setup._error.text())
    assert annotated.store.runs() == []


def test_a_run_that_has_ended_is_deleted(qtbot, annotated, train, finished_run):
    run = finished_run()
    qtbot.waitUntil(lambda: has_text(train, "Finished"))
    press(qtbot, train, "Delete run")
    assert has_text(train, "Delete this run and its files?")
    qtbot.mouseClick(train._header._question.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not run.folder.exists())
