import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import MULTI_CLASS, LabelState, Review
from core.project.disk.database import FILE_NAME
from core.project.disk.migrations import MIGRATIONS
from core.project.files.scan import scan_folder
from core.project.merging.join import join_images
from core.project.merging.plan import default_targets, plan_merge
from core.project.merging.sides import read_other, read_project
from core.project.merging.taking_over import LabelChoice, MergeChoices, apply_merge
from core.project.store import Store

PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for number in range(6):
        (folder / f"{number}.jpg").write_bytes(b"picture %d" % number)
    (folder / "sub" / "0.jpg").write_bytes(b"another one")
    return folder


def make(folder: Path, photos: Path, labels=("ace", "king"), *, task="multi-label", states=()):
    """A project; `states` are rows of 1, 0 and -1 for its first images."""
    store = Store.create(folder, task=task)
    store.add_images(photos, scan_folder(photos))
    store.add_labels(list(labels))
    if states:
        values = np.array(states, np.int8)
        ids = [label.id for label in store.labels]
        store.set_matrix(store.image_ids[: len(values)], ids, values, reviewed=None, text="first")
    return store


@pytest.fixture
def mine(tmp_path, photos):
    with make(tmp_path / "mine", photos, states=[[1, 1], [1, 0], [-1, 0], [0, -1]]) as store:
        yield store


def planned(store, folder, targets=None):
    here, there = read_project(store.folder), read_other(folder, mine=store.folder)
    return plan_merge(here, there, join_images(here, there), targets)


def theirs_of(tmp_path, photos, *arguments, **options):
    folder = tmp_path / "theirs"
    make(folder, photos, *arguments, **options).close()
    return folder


def moved_copy(photos, tmp_path):
    """The same pictures elsewhere, under other names."""
    folder = tmp_path / "their photos"
    (folder / "x").mkdir(parents=True)
    for number, path in enumerate(sorted(photos.rglob("*.jpg"))):
        shutil.copy(path, folder / "x" / f"renamed {9 - number}.jpg")
    return folder


def counts(plan):
    return [(one.name, one.agreements, one.additions, one.missing, one.conflicts) for one in plan.labels]


def test_images_are_joined_by_content_wherever_they_lie_and_whatever_they_are_called(mine, tmp_path, photos):
    folder = theirs_of(tmp_path, moved_copy(photos, tmp_path), ["ACE", "queen"])
    with Store.open(folder) as store:
        first = next(one for one in store.image_ids.tolist() if store.image_path(one).read_bytes() == b"picture 0")
        store.set_states([first], {1: ABSENT, 2: PRESENT})
    plan = planned(mine, folder)
    assert len(plan.join.mine) == 7
    assert not plan.join.by_path.any()
    assert counts(plan) == [("ace", 0, 0, 2, 1), ("queen", 0, 1, 0, 0)]
    assert plan.targets == {1: 1, 2: "queen"}


def test_what_is_known_of_both_is_counted_per_label(mine, tmp_path, photos):
    folder = theirs_of(tmp_path, photos, states=[[1, 0], [1, 0], [1, 0], [-1, 1], [0, 0]])
    plan = planned(mine, folder)
    assert counts(plan) == [("ace", 2, 2, 1, 0), ("king", 2, 2, 0, 1)]
    assert np.isnan(plan.labels[0].kappa)
    assert plan.labels[1].kappa == 0
    assert (plan.additions, plan.conflicts) == (4, 1)


def test_a_merge_takes_over_what_was_chosen_in_one_step_of_undo(mine, tmp_path, photos):
    folder = theirs_of(tmp_path, photos, ["king", "ace", "ten"], states=[[0, 0, 1], [0, 1, -1], [-1, 1, -1], [1, 1, 0]])
    with Store.open(folder) as store:
        store.set_review([1, 2], Review.REVIEWED)
        store.set_flag([3], True)
        store.set_note(1, "blurred")
        store.change_label(3, description="Ten pips.")
    before, labels = mine.states.copy(), mine.labels
    mine.set_note(1, "mine")
    plan = planned(mine, folder)
    assert counts(plan) == [("king", 1, 1, 1, 1), ("ace", 1, 1, 0, 2), ("ten", 0, 2, 0, 0)]
    assert (plan.reviews, plan.flags, plan.notes) == (2, 1, 1)

    choices = MergeChoices({1: LabelChoice(False, "theirs"), 2: LabelChoice(True, "queue")})
    merged = apply_merge(mine, plan, choices)
    assert mine.states[:4].tolist() == [[1, 0, 1], [1, 0, -1], [1, 0, -1], [0, -1, 0]]
    assert dict(mine.disputes) == {(1, 1): ABSENT, (4, 1): PRESENT}
    assert mine.review[:4].tolist() == [Review.UNSURE, Review.REVIEWED, Review.TO_DO, Review.UNSURE]
    assert mine.flagged[:4].tolist() == [False, False, True, False]
    assert mine.notes == {1: "mine\nblurred"}
    assert mine.labels[2].description == "Ten pips."
    assert merged.additions == {1: 0, 2: 1, 3: 2}
    assert (merged.taken[1], merged.queued[2], merged.disputed) == (1, 2, (1, 4))
    assert (merged.reviews, merged.notes) == (3, 1)
    assert merged.changes.labels
    assert merged.changes.annotations == {1, 2, 3, 4}

    assert mine.undo_text == "“theirs” merged: 7 images"
    mine.undo()
    assert mine.states.tolist() == before.tolist()
    assert mine.labels == labels
    assert not mine.disputes
    assert mine.notes == {1: "mine"}
    assert not mine.flagged.any()
    mine.redo()
    assert dict(mine.disputes) == {(1, 1): ABSENT, (4, 1): PRESENT}


def test_a_merge_with_oneself_of_yesterday_changes_nothing(mine, tmp_path):
    (tmp_path / "copy").mkdir()
    with sqlite3.connect(tmp_path / "copy" / FILE_NAME) as copy:
        mine.database.connection.backup(copy)
    copy.close()
    plan = planned(mine, tmp_path / "copy")
    assert plan.conflicts == plan.additions == 0
    merged = apply_merge(mine, plan, MergeChoices())
    assert not merged.changes
    assert mine.undo_text == "first"


def test_a_label_can_be_another_one_or_be_left_out(mine, tmp_path, photos):
    folder = theirs_of(tmp_path, photos, ["as", "king"], states=[[0, 0]])
    plan = planned(mine, folder, {1: 1, 2: None})
    assert counts(plan) == [("ace", 0, 0, 2, 1), ("", 0, 0, 0, 0)]
    apply_merge(mine, plan, MergeChoices({1: LabelChoice(conflicts="theirs")}))
    assert mine.states[0].tolist() == [0, 1]
    with pytest.raises(ProjectError, match="would both become “ace”"):
        planned(mine, folder, {1: 1, 2: 1})
    with pytest.raises(ProjectError, match="There is a label “King” already"):
        planned(mine, folder, {1: "King", 2: None})
    with pytest.raises(ProjectError, match="needs a name"):
        planned(mine, folder, {1: " ", 2: None})


def test_files_that_cannot_be_read_are_joined_by_path_and_size(mine, tmp_path, photos):
    theirs = tmp_path / "their photos"
    shutil.copytree(photos, theirs)
    folder = theirs_of(tmp_path, theirs, states=[[0, 0]])
    with Store.open(folder) as store:
        store.set_content_hashes({2: "of something else"})
    (theirs / "2.jpg").write_bytes(b"larger than it was when it was added")
    for name in ("0.jpg", "1.jpg"):
        (theirs / name).unlink()
    join = planned(mine, folder).join
    assert join.mine[join.by_path].tolist() == [0]
    assert join.unread_theirs == 1
    assert sorted(join.only_theirs.tolist()) == [1, 2]
    assert sorted(join.only_mine.tolist()) == [1, 2]
    assert set(join.new_hashes) == {1, 2, 3, 4, 5, 6, 7}


def test_copies_of_one_picture_belong_together_by_path_and_say_things_together(tmp_path, photos):
    shutil.copy(photos / "0.jpg", photos / "0 copy.jpg")
    theirs = tmp_path / "their photos"
    theirs.mkdir()
    for name in ("0.jpg", "a.jpg", "b.jpg"):
        shutil.copy(photos / "0.jpg", theirs / name)
    with make(tmp_path / "mine", photos) as mine:
        folder = theirs_of(tmp_path, theirs, states=[[1, -1], [-1, 0], [0, 1]])
        plan = planned(mine, folder)
        rows = dict(zip((mine.paths[row] for row in plan.join.mine), plan.join.theirs.tolist(), strict=True))
        assert rows == {"0.jpg": 0, "0 copy.jpg": 1}
        assert (plan.join.copies_mine, plan.join.copies_theirs) == (1, 2)
        assert not len(plan.join.only_theirs)
        apply_merge(mine, plan, MergeChoices())
        states = dict(zip(mine.paths, mine.states.tolist(), strict=True))
        assert sorted((states["0.jpg"], states["0 copy.jpg"])) in ([[0, 0], [1, -1]], [[-1, 0], [1, 1]])


def test_images_that_are_only_there_are_added_with_what_is_said_of_them(mine, tmp_path):
    theirs = tmp_path / "their photos"
    (theirs / "deep").mkdir(parents=True)
    (theirs / "deep" / "new.jpg").write_bytes(b"new")
    (theirs / "gone.jpg").write_bytes(b"gone")
    folder = theirs_of(tmp_path, theirs, states=[[1, 0], [1, 1]])
    (theirs / "gone.jpg").unlink()
    plan = planned(mine, folder)
    assert len(plan.join.only_theirs) == 2
    merged = apply_merge(mine, plan, MergeChoices(images=True))
    assert (merged.images, merged.images_missing) == (1, 1)
    assert merged.changes.images
    assert mine.image_path(8) == theirs / "deep" / "new.jpg"
    said = dict(zip(("gone.jpg", "deep/new.jpg"), ([1, 0], [1, 1]), strict=True))["deep/new.jpg"]
    assert mine.states[7].tolist() == said
    mine.undo()
    assert mine.states[7].tolist() == [-1, -1]


def test_an_image_of_a_multi_class_project_never_gets_a_second_label(tmp_path, photos):
    with make(tmp_path / "mine", photos, ["ace", "king"], task=MULTI_CLASS) as mine:
        mine.set_states([1, 2, 3], {1: PRESENT})
        folder = theirs_of(tmp_path, photos, ["ace", "king", "ten"], task=MULTI_CLASS)
        with Store.open(folder) as store:
            for image, label in ((1, 1), (2, 2), (3, 3), (4, 3), (5, 2)):
                store.set_states([image], {label: PRESENT})
        plan = planned(mine, folder)
        assert counts(plan) == [("ace", 1, 2, 0, 2), ("king", 2, 2, 0, 1), ("ten", 2, 2, 0, 1)]
        assert plan.kappa == pytest.approx(0.0, abs=0.2)
        merged = apply_merge(mine, plan, MergeChoices())
        assert (mine.states == PRESENT).sum(axis=1).tolist() == [1, 1, 1, 1, 1, 0, 0]
        assert dict(mine.disputes) == {(2, 2): PRESENT, (3, 3): PRESENT}
        assert merged.queued == {1: 0, 2: 1, 3: 1}
        mine.undo()
        # the strictest of the choices for an image holds
        apply_merge(mine, plan, MergeChoices({1: LabelChoice(conflicts="mine"), 2: LabelChoice(conflicts="theirs")}))
        assert mine.states[1].tolist() == [1, 0, 0]
        mine.undo()
        everything = {one: LabelChoice(conflicts="theirs") for one in (1, 2, 3)}
        apply_merge(mine, plan, MergeChoices(everything))
        assert mine.states[:5].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]]


def test_several_labels_of_an_image_do_not_come_into_a_multi_class_project(tmp_path, photos):
    with make(tmp_path / "mine", photos, task=MULTI_CLASS) as mine:
        plan = planned(mine, theirs_of(tmp_path, photos, states=[[1, 1], [1, -1]]))
        assert plan.several == 1
        apply_merge(mine, plan, MergeChoices())
        assert mine.states[:2].tolist() == [[-1, -1], [1, 0]]


def test_another_project_is_read_while_it_is_open_and_left_as_it_is(mine, tmp_path, photos):
    folder = tmp_path / "theirs"
    with make(folder, photos, states=[[1, 1]]):
        assert read_other(folder).states[0].tolist() == [1, 1]
    names, before = sorted(folder.iterdir()), (folder / FILE_NAME).read_bytes()
    assert planned(mine, folder).labels[0].agreements == 1
    assert sorted(folder.iterdir()) == names
    assert (folder / FILE_NAME).read_bytes() == before


def test_a_project_of_an_older_version_is_read(tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    database = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    MIGRATIONS[0](database)
    database.execute(f"PRAGMA application_id = {0x4D756C74}")
    database.execute("PRAGMA user_version = 1")
    database.execute("INSERT INTO root VALUES (1, '/photos')")
    database.execute("INSERT INTO image (root_id, path, size, mtime_ns) VALUES (1, 'a.jpg', 4, 5)")
    database.execute("INSERT INTO label VALUES (1, 'ace', '#aa0000', '1', 1, 0)")
    database.execute("INSERT INTO annotation VALUES (1, x'01', 1)")
    database.close()
    before = (folder / FILE_NAME).read_bytes()
    side = read_other(folder)
    assert side.states.tolist() == [[1]]
    assert side.review.tolist() == [Review.REVIEWED]
    assert side.files == ("/photos/a.jpg",)
    assert (folder / FILE_NAME).read_bytes() == before
    assert [one.name for one in folder.iterdir()] == [FILE_NAME]


def test_what_is_no_other_project_is_refused_with_a_sentence(mine, tmp_path, photos):
    with pytest.raises(ProjectError, match="There is no project in"):
        read_other(tmp_path)
    with pytest.raises(ProjectError, match="is the project that is open"):
        read_other(mine.folder, mine=mine.folder)
    folder = theirs_of(tmp_path, photos)
    with sqlite3.connect(folder / FILE_NAME) as database:
        database.execute("CREATE TABLE thought (id INTEGER PRIMARY KEY)")
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(ProjectError, match="newer version"):
        read_other(folder)
    whole = (folder / FILE_NAME).read_bytes()
    (folder / FILE_NAME).write_bytes(b"not a database, but long enough to be looked at " * 40)
    with pytest.raises(ProjectError, match="damaged or not a Multihot project"):
        read_other(folder)
    (folder / FILE_NAME).write_bytes(whole[:4096] + b"\x99" * (len(whole) - 4096))
    with pytest.raises(ProjectError):
        read_other(folder)


def test_a_join_can_be_cancelled_and_says_how_far_it_is(mine, tmp_path, photos):
    here, there = read_project(mine.folder), read_other(theirs_of(tmp_path, photos))
    told = []
    assert join_images(here, there, cancelled=lambda: len(told) > 2, progress=lambda *done: told.append(done)) is None
    assert told[0] == (0, 7)


def test_default_targets_do_not_mind_case(mine, tmp_path, photos):
    there = read_other(theirs_of(tmp_path, photos, ["KING", "Ten"]))
    assert default_targets(read_project(mine.folder), there) == {1: 2, 2: "Ten"}


def test_a_copy_without_labels_can_be_merged(mine, tmp_path, photos):
    before = mine.states.tolist()
    plan = planned(mine, theirs_of(tmp_path, photos, []))
    assert not apply_merge(mine, plan, MergeChoices()).changes
    assert mine.states.tolist() == before


def test_new_labels_come_with_parent_examples_and_rules(mine, tmp_path, photos):
    folder = theirs_of(tmp_path, photos, labels=("ace", "card", "heart"))
    with Store.open(folder) as theirs:
        ace, card, heart = (label.id for label in theirs.labels)
        theirs.change_label(heart, parent=card, examples=(2, 3))
        theirs.change_label(ace, parent=card)
        theirs.add_rule("never", [ace, heart], "no aces of hearts")
    plan = planned(mine, folder)
    apply_merge(mine, plan, MergeChoices())
    labels = {label.name: label for label in mine.labels}
    assert labels["heart"].parent == labels["card"].id
    assert [mine.paths[mine.row_of(one)] for one in labels["heart"].examples] == ["1.jpg", "2.jpg"]
    # what is said here of a label that was here stays
    assert labels["ace"].parent is None
    (rule,) = mine.rules
    assert (rule.kind, rule.name) == ("never", "no aces of hearts")
    assert rule.label_ids == (labels["ace"].id, labels["heart"].id)
    mine.undo()
    assert [label.name for label in mine.labels] == ["ace", "king"]
    assert not mine.rules


def test_a_merge_whose_hashes_cannot_be_kept_did_nothing(mine, tmp_path, photos, monkeypatch):
    folder = theirs_of(tmp_path, photos, states=[[0, 1], [1, 1]])
    before = mine.states.tolist()

    def full(*_):
        raise ProjectError("The disk is full.")

    plan = planned(mine, folder)
    monkeypatch.setattr(mine, "set_content_hashes", full)
    with pytest.raises(ProjectError, match="full"):
        apply_merge(mine, plan, MergeChoices())
    assert mine.states.tolist() == before
    assert not mine.disputes
