from pathlib import Path

from gui.shell.new_project import NewProjectDialog
from gui.widgets.typed_path import typed_path


def test_a_tilde_is_the_home_folder_and_a_name_of_nobody_stays(home):
    assert typed_path(" ~/photos ") == Path.home() / "photos"
    assert typed_path("~nobody-of-that-name/photos") == Path("~nobody-of-that-name/photos")


def test_an_unknown_home_folder_can_be_typed_for_a_new_project(qtbot, session):
    dialog = NewProjectDialog(session, None)
    qtbot.addWidget(dialog)
    dialog.images_field.setText("~nobody-of-that-name")
    assert dialog.images == Path("~nobody-of-that-name")
