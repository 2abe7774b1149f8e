import shutil

import pytest

from core.errors import ProjectError
from core.project.files.fingerprints import file_hash, lost_images, pending
from core.project.files.moved import find_moved, relink
from core.project.files.scan import scan_folder
from core.project.store import Store


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for number in range(4):
        (folder / f"{number}.jpg").write_bytes(b"picture %d" % number)
    (folder / "sub" / "4.jpg").write_bytes(b"a larger picture 4")
    return folder


@pytest.fixture
def store(tmp_path, photos):
    with Store.create(tmp_path / "project") as one:
        one.add_images(photos, scan_folder(photos))
        one.set_content_hashes({i: file_hash(one.image_path(i)) for i in one.image_ids.tolist()})
        yield one


def lost_of(store):
    ids = store.image_ids.tolist()
    roots = store.roots()
    files = zip(ids, store.image_paths(ids), store.paths, strict=True)
    return lost_images(store.folder, [(i, path, relative, roots[0]) for i, path, relative in files])


def where(store):
    return dict(zip(store.image_ids.tolist(), map(str, store.image_paths(store.image_ids)), strict=True))


def test_a_folder_that_was_moved_as_a_whole_is_relinked_by_its_paths(store, photos, tmp_path):
    photos.rename(tmp_path / "moved")
    found = find_moved(lost_of(store), tmp_path / "moved")
    assert found.roots == {photos: tmp_path / "moved"}
    assert found.in_place == (1, 2, 3, 4, 5)
    assert not found.moves
    relink(store, found)
    assert store.roots() == [tmp_path / "moved"]
    assert lost_of(store) == []


def test_images_are_found_by_content_when_they_were_renamed_and_sorted_into_folders(store, photos, tmp_path):
    names = where(store)
    new = tmp_path / "sorted"
    for number, path in enumerate(sorted(photos.rglob("*.jpg"))):
        (new / "abc"[number % 3]).mkdir(parents=True, exist_ok=True)
        path.rename(new / "abc"[number % 3] / f"IMG_{number}.jpg")
    (new / "other.jpg").write_bytes(b"picture x")
    content = {image_id: number for number, (image_id, _) in enumerate(sorted(names.items(), key=lambda one: one[1]))}
    read = []
    found = find_moved(lost_of(store), new, progress=lambda *done: read.append(done))
    assert not found.roots
    assert not found.missing
    assert sorted(found.by_content) == [1, 2, 3, 4, 5]
    changes = relink(store, found)
    assert (changes.images, changes.text) == (True, "5 images found again")
    for image_id, path in where(store).items():
        assert path.endswith(f"IMG_{content[image_id]}.jpg")
    assert lost_of(store) == []
    # six files have the size of a lost image
    assert read[-1] == (6, 6)


def test_files_of_other_sizes_are_not_read(store, photos, tmp_path):
    (photos / "sub" / "4.jpg").rename(photos / "5.jpg")
    read = []
    found = find_moved(
        lost_of(store), photos, taken=store.image_paths([1, 2, 3, 4]), progress=lambda *done: read.append(done)
    )
    assert read[-1] == (1, 1)
    assert found.moves == {5: str(photos / "5.jpg")}
    assert store.content_hash(5) == file_hash(photos / "5.jpg")


def test_pictures_that_changed_places_are_each_found_by_content(store, photos):
    # they are looked for by what they show, not by what their files are called now
    (photos / "0.jpg").rename(photos / "x")
    (photos / "1.jpg").rename(photos / "0 (1).jpg")
    (photos / "x").rename(photos / "1 (1).jpg")
    relink(store, find_moved(lost_of(store), photos))
    assert [store.image_path(one).read_bytes() for one in (1, 2)] == [b"picture 0", b"picture 1"]


def test_of_several_copies_the_one_most_alike_is_taken_and_the_others_are_counted(store, photos, tmp_path):
    new = tmp_path / "new"
    (new / "a").mkdir(parents=True)
    shutil.copy(photos / "0.jpg", new / "a" / "copy.jpg")
    shutil.copy(photos / "0.jpg", new / "a" / "0.jpg")
    shutil.copy(photos / "0.jpg", new / "z.jpg")
    shutil.rmtree(photos)
    found = find_moved(lost_of(store), new)
    assert found.moves == {1: str(new / "a" / "0.jpg")}
    assert found.copies == 2
    assert [one.image_id for one in found.missing] == [2, 3, 4, 5]


def test_two_images_of_one_content_get_two_files_or_one_stays_missing(tmp_path):
    photos, new = tmp_path / "photos", tmp_path / "new"
    for folder in (photos, new):
        folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_bytes(b"the same")
    (new / "b.jpg").write_bytes(b"the same")
    with Store.create(tmp_path / "project") as store:
        store.add_images(photos, scan_folder(photos))
        store.set_content_hashes({i: file_hash(store.image_path(i)) for i in (1, 2)})
        shutil.rmtree(photos)
        found = find_moved(lost_of(store), new / ".." / "new")
        # one of two lies where it did below the folder: that is how the folder is known again
        assert found.in_place == (2,)
        assert [one.image_id for one in found.missing] == [1]
        (new / "c.jpg").write_bytes(b"the same")
        found = find_moved(lost_of(store), new)
        relink(store, found)
        assert where(store) == {1: str(new / "c.jpg"), 2: str(new / "b.jpg")}


def test_an_image_whose_content_nobody_knew_is_found_by_a_name_and_size_that_one_file_has(tmp_path, photos):
    with Store.create(tmp_path / "project") as store:
        store.add_images(photos, scan_folder(photos))
        new = tmp_path / "new"
        (new / "x").mkdir(parents=True)
        (new / "y").mkdir()
        (photos / "sub" / "4.jpg").rename(new / "x" / "4.jpg")
        (photos / "0.jpg").rename(new / "x" / "0.jpg")
        shutil.copy(new / "x" / "0.jpg", new / "y" / "0.jpg")
        found = find_moved(lost_of(store), new)
        assert found.moves == {5: str(new / "x" / "4.jpg")}
        assert found.by_name == (5,)
        assert [one.image_id for one in found.missing] == [1]


def test_a_file_that_is_an_image_already_is_not_taken_for_a_lost_one(store, photos, tmp_path):
    shutil.copy(photos / "0.jpg", photos / "a copy.jpg")
    store.add_images(photos, scan_folder(photos))
    (photos / "0.jpg").unlink()
    lost = lost_of(store)
    found = find_moved(lost, photos, taken=store.image_paths(store.image_ids))
    assert not found
    assert [one.image_id for one in found.missing] == [1]


def test_what_cannot_be_searched_is_refused_and_a_search_can_be_cancelled(store, photos, tmp_path):
    lost = lost_of(store)
    with pytest.raises(ProjectError, match="is not a folder"):
        find_moved(lost, tmp_path / "nowhere")
    photos.rename(tmp_path / "moved")
    lost = lost_of(store)
    assert not find_moved(lost, tmp_path / "moved", cancelled=lambda: True)


def test_what_nobody_found_out_yet_is_looked_up(store):
    assert pending(store.folder).hashes == ()
    assert pending(store.folder).sizes == (1, 2, 3, 4, 5)
    store.set_image_facts(1, width=4, height=5, problem=None)
    store.set_image_facts(2, width=0, height=0, problem="It is cut off.")
    store.add_label("ace")
    assert pending(store.folder).sizes == (3, 4, 5)
