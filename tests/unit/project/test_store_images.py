import hashlib
from pathlib import Path

import pytest

from core.errors import ProjectError
from core.labels import LabelState
from core.project.files.scan import ScannedImage, scan_folder
from core.project.store import Store


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "sub/a.jpg"):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def project(tmp_path: Path, photos: Path):
    with Store.create(tmp_path / "project") as store:
        store.add_images(photos, scan_folder(photos))
        yield store


def test_images_are_kept_relative_to_their_folder(project, photos):
    assert project.paths == ["a.jpg", "b.jpg", "sub/a.jpg"]
    assert project.roots() == [photos]
    assert project.image_path(3) == photos / "sub" / "a.jpg"
    assert project.image_paths([3, 1]) == [str(photos / "sub" / "a.jpg"), str(photos / "a.jpg")]
    assert project.row_of(3) == 2


def test_known_images_are_skipped_and_new_ones_added(project, photos):
    assert not project.add_images(photos, scan_folder(photos))
    (photos / "c.jpg").write_bytes(b"c")
    changes = project.add_images(photos, scan_folder(photos))

    assert changes.images
    assert changes.text == "1 image added"
    assert project.paths == ["a.jpg", "b.jpg", "sub/a.jpg", "c.jpg"]
    assert len(project.states) == len(project.splits) == len(project.reviewed) == 4


def test_an_image_is_known_when_added_through_a_folder_above_or_below(project, photos, tmp_path):
    assert not project.add_images(photos / "sub", scan_folder(photos / "sub"))
    other = tmp_path / "photos2"
    other.mkdir()
    (other / "a.jpg").write_bytes(b"x")
    project.add_images(tmp_path, scan_folder(tmp_path))

    assert project.paths == ["a.jpg", "b.jpg", "sub/a.jpg", "photos2/a.jpg"]
    assert project.image_path(4) == other / "a.jpg"


def test_the_root_of_a_drive_can_hold_images(project):
    drive = Path(Path.cwd().anchor)
    project.add_images(drive, [ScannedImage("x.jpg", 1, 1)])
    assert project.image_path(4) == drive / "x.jpg"
    assert not project.add_images(drive, [ScannedImage("x.jpg", 1, 1)])
    photo = project.image_path(1).relative_to(drive).as_posix()
    assert project.add_images(drive, [ScannedImage(photo, 1, 1)]).text == "1 image changed"


def test_annotations_survive_added_images(project, photos):
    project.add_label("cat")
    project.set_states([2], {1: LabelState.PRESENT})
    project.add_images(photos, [ScannedImage("z.jpg", 1, 1)])
    assert project.states.tolist() == [[-1], [1], [-1], [-1]]


def test_everything_is_there_again_after_reopening(project, photos, tmp_path):
    project.add_images(photos, [ScannedImage("z.jpg", 1, 1)])
    ids = project.image_ids.tolist()
    project.close()
    with Store.open(tmp_path / "project") as again:
        assert again.image_ids.tolist() == ids
        assert again.paths[-1] == "z.jpg"
        assert again.name == "project"


def test_facts_about_an_image_are_kept(project, tmp_path):
    project.set_image_facts(1, width=300, height=200, problem=None)
    project.set_image_facts(2, width=0, height=0, problem="b.jpg is cut off.")
    assert (project.image_facts(1).width, project.image_facts(1).height) == (300, 200)
    project.close()

    with Store.open(tmp_path / "project") as again:
        facts = again.image_facts(1)
        assert (facts.size, facts.width, facts.height, facts.problem) == (5, 300, 200, None)
        assert again.image_facts(2).width is None
        assert again.problems == {2: "b.jpg is cut off."}
        again.set_image_facts(2, width=1, height=1, problem=None)
        assert again.problems == {}


def test_many_facts_are_written_without_waiting_for_an_edit(project, monkeypatch):
    monkeypatch.setattr("core.project.layers.facts._WRITTEN_AT_ONCE", 2)
    before = project.database.connection.total_changes
    project.set_image_facts(1, width=1, height=1, problem=None)
    assert project.database.connection.total_changes == before
    project.set_image_facts(2, width=1, height=1, problem=None)
    assert project.database.connection.total_changes == before + 2


def test_a_changed_file_is_looked_at_again(project, photos):
    project.set_image_facts(2, width=0, height=0, problem="b.jpg is cut off.")
    project.content_hash(2)
    (photos / "b.jpg").write_bytes(b"whole now")
    changes = project.add_images(photos, scan_folder(photos))

    assert changes.images
    assert changes.text == "1 image changed"
    assert project.problems == {}
    assert project.image_facts(2).size == 9
    assert project.content_hash(2) == hashlib.sha256(b"whole now").hexdigest()


def test_the_content_hash_is_computed_once(project, photos):
    expected = hashlib.sha256(b"a.jpg").hexdigest()
    assert project.content_hash(1) == expected
    (photos / "a.jpg").unlink()
    assert project.content_hash(1) == expected
    (photos / "b.jpg").unlink()
    with pytest.raises(ProjectError, match=r"b\.jpg cannot be read"):
        project.content_hash(2)


def test_a_project_whose_folder_of_images_moved_opens_and_can_be_relinked(project, photos, tmp_path):
    project.close()
    moved = tmp_path / "elsewhere" / "pictures"
    moved.parent.mkdir()
    photos.rename(moved)

    with Store.open(tmp_path / "project") as again:
        assert again.missing_roots() == [photos]
        assert "File › Find moved images" in again.problems[1]
        assert set(again.problems) == {1, 2, 3}
        assert str(photos) in again.problems[1]
        with pytest.raises(ProjectError, match="None of the images"):
            again.relink_root(photos, tmp_path)
        assert again.relink_root(photos, moved).images
        assert again.problems == {}
        assert again.missing_roots() == []
        assert again.image_path(1) == moved / "a.jpg"
    with Store.open(tmp_path / "project") as again:
        assert again.roots() == [moved]


def test_a_folder_that_lost_all_its_images_is_missing_and_one_in_the_project_is_not_taken_for_it(
    project, photos, tmp_path
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_bytes(b"a")
    project.add_images(other, scan_folder(other))
    photos.rename(tmp_path / "moved")
    photos.mkdir()
    assert project.missing_roots() == [photos]
    with pytest.raises(ProjectError, match="in the project already"):
        project.relink_root(photos, other)


def test_a_problem_from_before_relinking_is_forgotten(project, photos, tmp_path):
    moved = photos.rename(tmp_path / "moved")
    project.set_image_facts(1, width=0, height=0, problem="a.jpg is missing.")
    project.relink_root(photos, moved)
    assert project.problems == {}
    assert project.image_facts(1).problem is None


def test_images_inside_the_project_move_with_it(tmp_path):
    folder = tmp_path / "project"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.jpg").write_bytes(b"a")
    with Store.create(folder) as store:
        store.add_images(folder / "images", scan_folder(folder / "images"))
    moved = folder.rename(tmp_path / "moved")
    with Store.open(moved) as store:
        assert store.problems == {}
        assert store.image_path(1) == moved / "images" / "a.jpg"
