import pytest
from PySide6.QtWidgets import QWidget

from gui.train.run_picker import RunPicker


@pytest.fixture
def picker(qtbot, annotated, finished_run):
    run = finished_run()
    text = (run.folder / "recipe.toml").read_text(encoding="utf-8")
    # a title that tells of many changed values
    (run.folder / "recipe.toml").write_text(text.replace('title = "', 'title = "Long ' + "and longer " * 12), "utf-8")
    # it deletes itself when it is closed
    parent = QWidget()
    qtbot.addWidget(parent)
    one = RunPicker(annotated.store.folder, parent)
    one.show()
    qtbot.waitUntil(lambda: one._list.count() == 1)
    return parent, one


def test_a_long_title_wraps_and_is_not_cut(picker):
    _parent, picker = picker
    assert not picker._list.horizontalScrollBar().isVisible()
    item = picker._list.item(0)
    assert picker._list.visualItemRect(item).height() > 2 * picker.fontMetrics().height()


def test_the_run_is_taken_by_the_button_at_the_right(qtbot, picker):
    _parent, picker = picker
    assert picker._take.isDefault()
    cancel = next(one for one in picker.findChildren(type(picker._take)) if one.text() == "Cancel")
    assert cancel.icon().isNull()
    assert cancel.x() < picker._take.x()
    with qtbot.waitSignal(picker.picked) as picked:
        picker._take.click()
    assert picked.args[0].run.id == 1
