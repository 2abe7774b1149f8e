from PySide6.QtWidgets import QApplication, QFileDialog


def test_images_of_a_moved_folder_are_found_again(window, project, tmp_path, monkeypatch):
    window.session.close()
    photos, moved = tmp_path / "photos é", tmp_path / "moved"
    photos.rename(moved)
    assert window.open_project(project)
    store = window.session.store
    assert "File › Find moved images" in store.problems[1]

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(project))
    window.commands["file.find_moved"].trigger()
    box = QApplication.activeModalWidget()
    assert "None of the images" in box.text()
    box.reject()

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(moved))
    window.commands["file.find_moved"].trigger()
    assert store.problems == {}
    assert store.roots() == [moved]
    window.commands["file.find_moved"].trigger()
    assert "No folder of images is missing" in window.status.message()
