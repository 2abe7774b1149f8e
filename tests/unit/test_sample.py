"""The drawn sample project."""

import numpy as np
import pytest
from PIL import Image

from core.errors import ProjectError
from core.labels import LabelState, Split
from core.project.store import Store
from core.sample import LABELS, SIZE, draw_picture, make_sample_project


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return make_sample_project(tmp_path_factory.mktemp("sample") / "project", count=120, seed=3)


def test_the_project_has_the_pictures_labels_and_splits(sample):
    with Store.open(sample) as store:
        assert tuple(label.name for label in store.labels) == LABELS
        assert len(store.paths) == 120
        assert {path.rpartition(".")[2] for path in store.paths} == {"jpg", "png"}
        unknown = (store.states == LabelState.UNKNOWN).mean()
        assert 0.02 < unknown < 0.09
        assert np.array_equal(store.reviewed, (store.states != LabelState.UNKNOWN).all(axis=1))
        assert {Split.TRAIN, Split.VALIDATION, Split.TEST} == set(store.splits.tolist())
        with Image.open(store.image_path(int(store.image_ids[0]))) as image:
            assert image.size == (SIZE, SIZE)


def test_every_label_has_positives_and_the_moon_is_rare_and_shines_at_night(sample):
    with Store.open(sample) as store:
        present = dict(zip(LABELS, (store.states == LabelState.PRESENT).T, strict=True))
        assert all(column.any() for column in present.values())
        assert min(present, key=lambda name: present[name].sum()) == "moon"
        night = store.states[:, LABELS.index("night sky")]
        assert (night[present["moon"]] != LabelState.ABSENT).all()
        assert (store.states == LabelState.PRESENT).sum(axis=1).max() >= 4


def test_the_same_seed_draws_the_same(tmp_path, sample):
    again = make_sample_project(tmp_path / "again", count=120, seed=3)
    with Store.open(again) as one, Store.open(sample) as other:
        assert np.array_equal(one.states, other.states)
        assert np.array_equal(one.splits, other.splits)
    for name in ("shapes-0001.jpg", "shapes-0003.png"):
        assert (again / "images" / name).read_bytes() == (sample / "images" / name).read_bytes()


def test_another_seed_draws_something_else():
    one, other = (draw_picture(np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(np.asarray(one.image), np.asarray(other.image))


def test_a_folder_in_use_is_left_alone(sample):
    with pytest.raises(ProjectError, match="already holds something"):
        make_sample_project(sample)
