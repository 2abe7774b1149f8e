import os
import shutil
from pathlib import Path

import pytest

from core.labels import LabelState, Review
from core.project.files import watch as file_watch
from core.project.files.fingerprints import file_hash
from core.project.files.missing import is_folder_missing, is_missing, missing_file, missing_folder
from core.project.files.scan import scan_folder
from core.project.files.watch import look, take_news
from core.project.store import Store


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def store(tmp_path, photos):
    with Store.create(tmp_path / "project") as one:
        one.add_images(photos, scan_folder(photos))
        yield one


def news_of(store, **options):
    return look(store.folder, dict(store.problems), **options)


def test_nothing_happened(store, photos):
    news = news_of(store)
    assert (news.images, dict(news.new)) == (0, {})
    assert set(news.folders) == {photos, photos / "sub"}
    assert not take_news(store, news)


def test_changed_and_vanished_files_are_marked_and_unmarked(store, photos):
    store.set_image_facts(1, width=5, height=5, problem=None)
    store.set_content_hashes({1: "old"})
    (photos / "a.jpg").write_bytes(b"larger than before")
    (photos / "sub" / "c.jpg").rename(photos / "sub" / "away")
    news = news_of(store)
    assert (set(news.changed), set(news.gone)) == ({1}, {3})
    changes = take_news(store, news)
    assert (changes.images, changes.text) == (True, "1 image changed, 1 image gone")
    assert 1 not in store.content_hashes()
    assert store.widths[0] == 0
    assert store.problems == {3: f"“c.jpg” is no longer in “{photos / 'sub'}”."}
    assert news_of(store).images == 0

    (photos / "sub" / "away").rename(photos / "sub" / "c.jpg")
    news = news_of(store)
    assert news.back == {3}
    assert take_news(store, news).text == "1 image there again"
    assert store.problems == {}


def test_what_was_said_against_an_image_for_another_reason_stays(store):
    store.mark_problems({1: "It is cut short."})
    assert not news_of(store).back
    assert is_missing("“a.jpg” is no longer in “/photos”.")
    assert not is_missing("“a.jpg” is empty.")


def test_a_file_of_another_time_and_the_same_content_did_not_change(store, photos):
    store.set_content_hashes({1: file_hash(photos / "a.jpg")})
    for name in ("a.jpg", "b.jpg"):
        os.utime(photos / name, ns=(5, 5))
    news = news_of(store)
    assert (set(news.touched), set(news.changed)) == ({1}, {2})
    take_news(store, news)
    assert store.content_hashes() == {1: file_hash(photos / "a.jpg")}
    assert news_of(store).images == 0


def test_new_files_are_found_once_though_their_folder_was_added_twice(store, photos):
    store.add_images(photos / "sub", scan_folder(photos / "sub"))
    (photos / "sub" / "new.jpg").write_bytes(b"new")
    (photos / "notes.txt").write_bytes(b"no image")
    news = news_of(store)
    assert {root: [one.relative_path for one in files] for root, files in news.new.items()} == {photos: ["sub/new.jpg"]}


def test_only_the_folders_that_changed_are_looked_at(store, photos):
    (photos / "sub" / "new.jpg").write_bytes(b"new")
    (photos / "a.jpg").unlink()
    news = news_of(store, within=[photos / "sub"])
    assert [one.relative_path for one in news.new[photos]] == ["sub/new.jpg"]
    assert not news.gone
    assert set(news_of(store, within=[photos]).gone) == {1}
    shutil.rmtree(photos / "sub")
    assert set(news_of(store, within=[photos / "sub"]).gone) == {3}


def test_a_folder_that_is_gone_and_comes_back(store, photos, tmp_path):
    photos.rename(tmp_path / "away")
    news = news_of(store)
    assert news.missing_roots == (photos,)
    take_news(store, news)
    assert set(store.problems) == {1, 2, 3}
    assert "Find moved images" in store.problems[1]
    store.close()
    with Store.open(store.folder) as again:
        assert news_of(again).images == 0
        (tmp_path / "away").rename(photos)
        take_news(again, news_of(again))
        assert again.problems == {}


def test_a_look_can_be_cancelled(store):
    assert news_of(store, cancelled=lambda: True) is None


def test_files_that_all_have_another_time_are_read_a_part_at_a_time(store, photos, monkeypatch):
    store.set_content_hashes({i: file_hash(store.image_path(i)) for i in (1, 2, 3)})
    for image in (1, 2, 3):
        os.utime(store.image_path(image), ns=(5, 5))
    monkeypatch.setattr(file_watch, "READ_SECONDS", -1.0)
    news = news_of(store)
    assert (news.images, news.is_whole) == (0, False)
    monkeypatch.undo()
    news = news_of(store)
    assert (set(news.touched), news.is_whole) == ({1, 2, 3}, True)


def test_labelled_images_that_changed_are_unsure_with_a_note_also_after_a_restart(store, photos, tmp_path):
    label = store.add_label("cat") and store.labels[0].id
    store.set_states([1], {label: LabelState.PRESENT}, reviewed=True)
    store.set_note(1, "mine")
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_bytes(b"another picture")
    changes = take_news(store, news_of(store))
    assert changes.annotations
    assert changes.images
    store.close()
    with Store.open(tmp_path / "project") as again:
        # nothing was said of the second one
        assert again.review.tolist() == [Review.UNSURE, Review.TO_DO, Review.TO_DO]
        assert again.notes[1].startswith("mine\nThe file changed on disk; noticed on 20")
        assert set(again.notes) == {1}
        assert again.states[0, 0] == LabelState.PRESENT
        again.undo()
        assert (again.notes[1], again.review[0]) == ("mine", Review.REVIEWED)


def test_a_file_that_nobody_may_read_for_a_moment_did_not_change(store, photos, monkeypatch):
    store.set_content_hashes({1: "content"})
    (photos / "a.jpg").rename(photos / ".a.jpg")
    stat = Path.stat

    def refused(path, **options):
        if path.name == "a.jpg":
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refused)
    news = news_of(store)
    assert news.images == 0
    take_news(store, news)
    assert store.content_hashes() == {1: "content"}


def test_only_what_is_in_a_folder_is_compared_with_it(store, photos):
    for name in ("sub-", "sub0"):
        (photos / name).mkdir()
        (photos / name / "d.jpg").write_bytes(b"d")
    store.add_images(photos, scan_folder(photos))
    (photos / "sub" / "c.jpg").unlink()
    (photos / "sub-" / "d.jpg").unlink()
    (photos / "sub0" / "d.jpg").unlink()
    gone = news_of(store, within=[photos / "sub"]).gone
    assert [store.paths[store.row_of(one)] for one in gone] == ["sub/c.jpg"]


def test_what_is_said_of_missing_files_is_known_again():
    assert is_missing(missing_folder(Path("/photos")))
    assert is_folder_missing(missing_folder(Path("/photos")))
    assert is_missing(missing_file(Path("/photos/a.jpg")))
    assert not is_folder_missing(missing_file(Path("/photos/a.jpg")))


def known_contents(store):
    store.set_content_hashes({i: file_hash(store.image_path(i)) for i in store.image_ids.tolist()})


def test_renamed_and_moved_files_are_their_images_and_not_new_ones(store, photos):
    known_contents(store)
    label = store.add_label("cat") and store.labels[0].id
    store.set_states([1, 2], {label: LabelState.PRESENT}, reviewed=True)
    (photos / "a.jpg").rename(photos / "renamed.jpg")
    (photos / "b.jpg").rename(photos / "sub" / "b.jpg")
    (photos / "d.jpg").write_bytes(b"A.jpg")
    os.utime(photos / "renamed.jpg", ns=(5, 5))
    news = news_of(store)
    assert (set(news.renamed), dict(news.gone)) == ({1, 2}, {})
    # as large as a.jpg was, and something else
    assert [one.relative_path for one in news.new[photos]] == ["d.jpg"]
    changes = take_news(store, news)
    assert (changes.text, changes.images) == ("2 images were renamed or moved: found again", True)
    assert store.paths[:2] == ["renamed.jpg", "sub/b.jpg"]
    assert store.states[:2, 0].tolist() == [LabelState.PRESENT] * 2
    assert store.review[:2].tolist() == [Review.REVIEWED] * 2
    assert store.content_hashes()[1] == file_hash(photos / "renamed.jpg")
    assert news_of(store).images == 0
    assert len(store.image_ids) == 3


def test_a_moved_file_is_found_also_when_its_image_was_marked_before_and_only_its_new_folder_changed(store, photos):
    known_contents(store)
    (photos / "a.jpg").rename(photos / "away")
    take_news(store, news_of(store))
    assert set(store.problems) == {1}
    (photos / "away").rename(photos / "sub" / "other.jpg")
    news = news_of(store, within=[photos / "sub"])
    assert (set(news.renamed), dict(news.new)) == ({1}, {})
    take_news(store, news)
    assert store.problems == {}
    assert news_of(store).images == 0


def test_an_image_of_unknown_content_is_found_by_its_name_and_size_where_that_is_the_only_one(store, photos):
    for name in ("x", "y"):
        (photos / name).mkdir()
    (photos / "a.jpg").rename(photos / "x" / "a.jpg")
    (photos / "b.jpg").rename(photos / "x" / "b.jpg")
    shutil.copy(photos / "x" / "b.jpg", photos / "y" / "b.jpg")
    news = news_of(store)
    assert (set(news.renamed), set(news.gone)) == ({1}, {2})
    assert [one.relative_path for one in news.new[photos]] == ["x/b.jpg", "y/b.jpg"]
    take_news(store, news)
    assert store.content_hashes() == {1: file_hash(photos / "x" / "a.jpg")}


def test_of_two_copies_of_a_file_that_is_gone_one_is_its_image(store, photos):
    known_contents(store)
    (photos / "a.jpg").rename(photos / "first.jpg")
    shutil.copy(photos / "first.jpg", photos / "second.jpg")
    shutil.copy(photos / "b.jpg", photos / "copy of one that is there.jpg")
    news = news_of(store)
    assert set(news.renamed) == {1}
    assert len(news.new[photos]) == 2


def test_a_folder_that_was_moved_into_another_one_is_not_missing(store, photos, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.jpg").write_bytes(b"of another size")
    store.add_images(other, scan_folder(other))
    known_contents(store)
    photos.rename(other / "photos")
    news = news_of(store)
    assert (set(news.renamed), news.missing_roots, dict(news.gone), dict(news.new)) == ({1, 2, 3}, (), {}, {})
    take_news(store, news)
    assert all(store.image_path(i).is_file() for i in store.image_ids.tolist())
    assert (news_of(store).images, news_of(store).missing_roots) == (0, ())


def test_a_file_that_was_added_meanwhile_is_left_alone(store, photos):
    known_contents(store)
    (photos / "a.jpg").rename(photos / "renamed.jpg")
    news = news_of(store)
    store.add_images(photos, scan_folder(photos))
    take_news(store, news)
    assert set(news_of(store).gone) == {1}
