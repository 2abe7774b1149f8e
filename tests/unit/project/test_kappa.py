import warnings

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.project.merging.kappa import cohen_kappa, kappa_word, label_tables


def test_kappa_of_states_is_that_of_scikit_learn_on_what_both_know():
    random = np.random.default_rng(3)
    mine, theirs = random.choice(np.array([0, 1, -1], np.int8), (2, 400, 6))
    theirs[:, :3] = np.where(random.random((400, 3)) < 0.8, mine[:, :3], theirs[:, :3])
    kappas = cohen_kappa(label_tables(mine, theirs)[:, :2, :2])
    for column in range(6):
        both = (mine[:, column] >= 0) & (theirs[:, column] >= 0)
        assert kappas[column] == pytest.approx(cohen_kappa_score(mine[both, column], theirs[both, column]))


def test_kappa_of_several_choices_is_that_of_scikit_learn():
    one, other = np.random.default_rng(1).integers(0, 4, (2, 300))
    table = np.zeros((4, 4), np.int64)
    np.add.at(table, (one, other), 1)
    assert float(cohen_kappa(table)) == pytest.approx(cohen_kappa_score(one, other))


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[7, 0], [0, 0]], [[0, 0], [0, 3]]])
def test_kappa_is_not_defined_where_nothing_can_be_told_apart(table):
    assert np.isnan(cohen_kappa(np.array(table)))
    assert kappa_word(float(cohen_kappa(np.array(table)))) == ""


def test_one_said_all_the_same_and_the_other_not_is_no_better_than_chance():
    assert float(cohen_kappa(np.array([[3, 4], [0, 0]]))) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert cohen_kappa_score([0] * 7, [0] * 3 + [1] * 4) == 0


@pytest.mark.parametrize(
    ("kappa", "word"),
    [
        (-0.1, "poor"), (0.0, "slight"), (0.204, "slight"), (0.21, "fair"), (0.6, "moderate"), (0.61, "substantial"),
        (0.81, "almost perfect"), (1.0, "almost perfect"),
    ],
)  # fmt: skip
def test_the_words_are_those_of_landis_and_koch(kappa, word):
    assert kappa_word(kappa) == word
