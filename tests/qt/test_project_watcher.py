import shutil

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.labels import LabelState, Review
from core.project.files.fingerprints import file_hash
from core.project.files.scan import scan_folder
from gui.project import watcher as module
from gui.project.new_images_bar import NewImagesBar
from gui.project.watcher import Watcher
from gui.shell.folder_import import FolderImport


@pytest.fixture
def photos(tmp_path):
    return tmp_path / "photos é"


@pytest.fixture
def watcher(session, qtbot, monkeypatch):
    for name in ("OPENED_MS", "CHANGED_MS", "BUSY_MS"):
        monkeypatch.setattr(module, name, 10)
    importer = FolderImport(session)
    one = Watcher(session, importer)
    one.folder_import = importer
    one._on_project_opened()
    qtbot.waitUntil(one.is_idle)
    yield one
    one._on_project_closed()


@pytest.fixture
def bar(session, watcher, qtbot):
    one = NewImagesBar(session, watcher)
    qtbot.addWidget(one)
    one.resize(900, 40)
    watcher.notices_changed.emit()
    return one


def draw(path, color="red"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 10), color).save(path)


def test_new_files_are_offered_and_added_only_when_that_is_pressed(session, watcher, bar, qtbot, photos):
    draw(photos / "new 1.png")
    draw(photos / "deep" / "new 2.png")
    qtbot.waitUntil(lambda: bar.text() == "2 new images in photos é")
    assert len(session.store.image_ids) == 12
    assert bar.add_button.accessibleName() == "Add: 2 new images in photos é"
    qtbot.mouseClick(bar.add_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.store.image_ids) == 14)
    qtbot.waitUntil(watcher.is_idle)
    assert bar.isHidden()
    # the new folder is watched, too
    draw(photos / "deep" / "new 3.png")
    qtbot.waitUntil(lambda: bar.text() == "1 new image in photos é")


def test_files_that_were_refused_are_offered_again_only_when_somebody_asks(session, watcher, bar, qtbot, photos):
    draw(photos / "new.png")
    qtbot.waitUntil(lambda: not bar.isHidden())
    bar.later_button.setFocus()
    qtbot.keyClick(bar.later_button, Qt.Key.Key_Space)
    assert bar.isHidden()
    draw(photos / "another.png")
    qtbot.waitUntil(lambda: bar.text() == "1 new image in photos é")
    with qtbot.waitSignal(session.message, check_params_cb=lambda text: text == "Images: 2 new."):
        watcher.rescan()
    assert bar.text() == "2 new images in photos é"


def test_a_folder_can_be_left_in_peace(session, watcher, bar, qtbot, photos):
    draw(photos / "new.png")
    qtbot.waitUntil(lambda: not bar.isHidden())
    qtbot.mouseClick(bar.never_button, Qt.MouseButton.LeftButton)
    draw(photos / "another.png")
    watcher._want({photos})
    qtbot.waitUntil(watcher.is_idle)
    assert bar.isHidden()


def test_new_files_that_went_away_or_were_added_in_another_way_are_offered_no_more(
    session, watcher, bar, qtbot, photos
):
    for name in ("a.png", "b.png"):
        draw(photos / name)
    qtbot.waitUntil(lambda: bar.text() == "2 new images in photos é")
    (photos / "a.png").unlink()
    qtbot.waitUntil(lambda: bar.text() == "1 new image in photos é")
    watcher.folder_import.start(photos)
    qtbot.waitUntil(lambda: len(session.store.image_ids) == 13)
    qtbot.waitUntil(bar.isHidden)


def test_vanished_files_are_marked_and_unmarked_when_they_come_back(session, watcher, bar, qtbot, photos):
    store = session.store
    (photos / "image 03.png").rename(photos / "away")
    qtbot.waitUntil(lambda: bar.text() == "1 image is gone from its folder")
    assert "no longer in" in store.problems[4]
    with qtbot.waitSignal(bar.find_wanted):
        qtbot.mouseClick(bar.find_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(session.images_requested) as asked:
        qtbot.mouseClick(bar.show_button, Qt.MouseButton.LeftButton)
    assert asked.args == [(4,)]
    assert bar.isHidden()
    (photos / "away").rename(photos / "image 03.png")
    qtbot.waitUntil(lambda: store.problems == {})
    assert bar.isHidden()


def test_changed_files_are_looked_at_again_and_told(session, watcher, bar, qtbot, photos):
    store = session.store
    session.thumbnails.pixmap(2, 100)
    qtbot.waitUntil(session.thumbnails.is_idle)
    store.set_image_facts(2, width=80, height=48, problem=None)
    draw(photos / "image 01.png", "blue")
    # a file that is written over tells its folder nothing: the person asks, or comes back to the window
    watcher._rest.stop()
    watcher._on_application_state_changed(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(lambda: bar.text() == "1 image changed on disk")
    assert store.image_facts(2).width is None
    qtbot.waitUntil(lambda: session.thumbnails.pixmap(2, 100) is not None)
    assert session.thumbnails.pixmap(2, 100).toImage().pixelColor(5, 5).name() in ("#0000fe", "#0000ff")


def test_a_look_that_finds_nothing_says_so(session, watcher, bar, qtbot):
    with qtbot.waitSignal(session.message, check_params_cb=lambda text: "No image is new" in text):
        watcher.rescan()
    assert bar.isHidden()


def test_nothing_is_watched_after_the_project_was_closed(session, watcher, bar, qtbot, photos):
    session.close()
    assert watcher._watcher.directories() == []
    draw(photos / "new.png")
    assert watcher.is_idle()
    watcher.rescan()
    assert bar.isHidden()


def test_a_folder_that_is_lost_is_told_once_and_leads_to_finding_it(session, watcher, bar, qtbot, photos, tmp_path):
    photos.rename(tmp_path / "away")
    qtbot.waitUntil(lambda: bar.text() == "The folder photos é is missing, with all its images")
    assert len(session.store.problems) == 12
    with qtbot.waitSignal(bar.find_wanted):
        qtbot.mouseClick(bar.find_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar.later_button, Qt.MouseButton.LeftButton)
    assert bar.isHidden()
    with qtbot.waitSignal(session.message, check_params_cb=lambda text: text.startswith("No image is new")):
        watcher.rescan()
    assert bar.isHidden()
    (tmp_path / "away").rename(photos)
    qtbot.waitUntil(lambda: session.store.problems == {})


def test_a_look_that_failed_is_made_up_for_by_the_next_one(session, watcher, bar, qtbot, photos, monkeypatch):
    from core.project.files import watch as file_watch

    look = file_watch.look

    def failing(*_, **__):
        monkeypatch.setattr(file_watch, "look", look)
        raise ProjectError("The disk is away for a moment.")

    monkeypatch.setattr(file_watch, "look", failing)
    with qtbot.waitSignal(session.message):
        draw(photos / "deep" / "new.png")
        watcher._want({photos})
    # something else happened elsewhere
    watcher._want(set())
    qtbot.waitUntil(lambda: bar.text() == "1 new image in photos é")


def test_what_changed_is_told_before_what_is_new_and_labelled_images_become_unsure(
    session, watcher, bar, qtbot, photos
):
    session.apply(session.store.set_states([2], {1: LabelState.PRESENT}, reviewed=True))
    draw(photos / "image 01.png", "blue")
    draw(photos / "new.png")
    watcher.rescan()
    qtbot.waitUntil(lambda: bar.text() == "1 image changed on disk")
    qtbot.waitUntil(lambda: session.store.review[1] == Review.UNSURE)
    assert "changed on disk" in session.store.notes[2]
    qtbot.mouseClick(bar.later_button, Qt.MouseButton.LeftButton)
    assert bar.text() == "1 new image in photos é"


def draw_each(session, photos):
    """Give each image a picture of its own, and have all contents known."""
    store = session.store
    for number, image_id in enumerate(store.image_ids.tolist()):
        draw(store.image_path(image_id), (number * 20, 99, 7))
    store.add_images(photos, scan_folder(photos))
    store.set_content_hashes({i: file_hash(store.image_path(i)) for i in store.image_ids.tolist()})


def test_renamed_and_moved_files_are_found_again_with_their_labels(session, watcher, bar, qtbot, photos):
    store = session.store
    draw_each(session, photos)
    session.apply(store.set_states([1, 2], {1: LabelState.PRESENT}, reviewed=True))
    qtbot.waitUntil(watcher.is_idle)
    said = []
    session.message.connect(said.append)
    (photos / "image 00.png").rename(photos / "renamed.png")
    (photos / "deep").mkdir()
    (photos / "image 01.png").rename(photos / "deep" / "image 01.png")
    watcher.rescan()
    qtbot.waitUntil(lambda: bar.text() == "2 images were renamed or moved: found again")
    assert "2 images were renamed or moved: found again" in said
    qtbot.waitUntil(watcher.is_idle)
    assert len(store.image_ids) == 12
    assert store.image_path(1) == photos / "renamed.png"
    assert store.states[:2, 0].tolist() == [LabelState.PRESENT] * 2
    assert store.problems == {}
    with qtbot.waitSignal(session.images_requested) as asked:
        qtbot.mouseClick(bar.show_button, Qt.MouseButton.LeftButton)
    assert asked.args == [(1, 2)]
    assert bar.isHidden()


def test_what_was_offered_and_is_an_image_that_is_gone_by_now_is_not_added_anew(
    session, watcher, bar, qtbot, photos, monkeypatch
):
    store = session.store
    draw_each(session, photos)
    qtbot.waitUntil(watcher.is_idle)
    shutil.copy(photos / "image 00.png", photos / "copy.png")
    draw(photos / "new.png", "blue")
    qtbot.waitUntil(lambda: bar.text() == "2 new images in photos é")
    qtbot.waitUntil(watcher.is_idle)
    # the press comes before the next look
    monkeypatch.setattr(module, "CHANGED_MS", 60_000)
    (photos / "image 00.png").unlink()
    with qtbot.waitSignal(session.message, check_params_cb=lambda text: text.startswith("1 image added from")) as said:
        qtbot.mouseClick(bar.add_button, Qt.MouseButton.LeftButton)
    assert said.args[0].endswith(", 1 was renamed or moved and found again")
    assert len(store.image_ids) == 13
    assert store.image_path(1) == photos / "copy.png"


def test_images_that_are_gone_are_found_by_adding_the_folder_they_were_moved_to(
    session, watcher, bar, qtbot, photos, tmp_path
):
    store = session.store
    draw_each(session, photos)
    qtbot.waitUntil(watcher.is_idle)
    (tmp_path / "other").mkdir()
    (photos / "image 03.png").rename(tmp_path / "other" / "moved.png")
    qtbot.waitUntil(lambda: bar.text() == "1 image is gone from its folder")
    watcher.folder_import.start(tmp_path / "other")
    qtbot.waitUntil(lambda: store.problems == {})
    qtbot.waitUntil(bar.isHidden)
    assert store.image_path(4) == tmp_path / "other" / "moved.png"
    assert len(store.image_ids) == 12


def test_a_notice_that_goes_by_itself_takes_the_keys_from_nobody(session, watcher, bar, qtbot, photos):
    shell = QWidget()
    qtbot.addWidget(shell)
    field = QLineEdit()
    layout = QVBoxLayout(shell)
    layout.addWidget(bar)
    layout.addWidget(field)
    shell.show()
    shell.activateWindow()
    draw(photos / "later.png")
    watcher.rescan()
    qtbot.waitUntil(lambda: "1 new image" in bar.text())
    bar.later_button.setFocus()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    left = []
    bar.left.connect(lambda: left.append(True))
    (photos / "later.png").unlink()
    watcher.rescan()
    qtbot.waitUntil(lambda: bar.text() == "")
    assert field.hasFocus()
    assert not left
    bar.setParent(None)


def test_a_notice_that_is_put_aside_gives_the_keys_to_the_images(session, watcher, bar, qtbot, photos):
    draw(photos / "later.png")
    watcher.rescan()
    qtbot.waitUntil(lambda: "1 new image" in bar.text())
    with qtbot.waitSignal(bar.left):
        qtbot.mouseClick(bar.later_button, Qt.MouseButton.LeftButton)
