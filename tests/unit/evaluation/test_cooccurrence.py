import numpy as np
from sklearn.metrics import confusion_matrix

from core.evaluation.cooccurrence import confused, rows_confused, together
from core.evaluation.multi_class import highest
from tests.unit.evaluation.draws import draw, many_draws


def drawn(seed):
    probabilities, targets, known = draw(seed)
    known = np.ones(targets.shape, bool) if known is None else known
    states = np.where(known, targets, -1).astype(np.int8)
    return probabilities >= 0.3, states


@many_draws
def test_counts_are_those_of_a_look_at_each_image(seeds):
    for seed in seeds:
        predicted, states = drawn(seed)
        found = confused(predicted, states == 1, states != -1)
        both = together(predicted, states)
        labels = states.shape[1]
        for a, b in np.ndindex(labels, labels):
            wrong, missed = predicted[:, a] & (states[:, a] == 0), ~predicted[:, b] & (states[:, b] == 1)
            count = sum(map(bool, wrong & missed))
            assert found.counts[a, b] == count
            assert found.share_of_false_alarms[a, b] == (count / wrong.sum() if wrong.any() else 0)
            assert found.share_of_missed[a, b] == (count / missed.sum() if missed.any() else 0)
            assert rows_confused(predicted, states, a, missed=b).tolist() == np.flatnonzero(wrong & missed).tolist()
            known = (states[:, a] >= 0) & (states[:, b] >= 0)
            assert both.known[a, b] == known.sum()
            assert both.truth[a, b] == (known & (states[:, a] == 1) & (states[:, b] == 1)).sum()
            assert both.predicted[a, b] == (known & predicted[:, a] & predicted[:, b]).sum()


def test_many_images_are_counted_as_scikit_learn_does():
    rng = np.random.default_rng(2)
    predicted, states = rng.random((1000, 3)) < 0.4, rng.integers(0, 2, (1000, 3)).astype(np.int8)
    both = together(predicted, states)
    assert both.predicted[0, 1] == confusion_matrix(predicted[:, 0], predicted[:, 1])[1, 1]
    assert both.truth[1, 2] == confusion_matrix(states[:, 1], states[:, 2])[1, 1]
    assert (both.known == 1000).all()


def test_targets_where_nothing_is_known_do_not_count():
    found = confused(np.array([[True, False]]), np.array([[False, True]]), np.array([[True, False]]))
    assert found.counts.tolist() == [[0, 0], [0, 0]]
    assert found.missed.tolist() == [0, 0]


def test_in_multi_class_it_is_the_confusion_matrix_transposed_without_what_is_right():
    rng = np.random.default_rng(3)
    probabilities, classes = rng.random((200, 5)), rng.integers(0, 5, 200)
    targets = np.eye(5, dtype=bool)[classes]
    found = confused(highest(probabilities), targets, np.ones((200, 5), bool))
    matrix = confusion_matrix(classes, probabilities.argmax(axis=1)).T
    np.fill_diagonal(matrix, 0)
    assert np.array_equal(found.counts, matrix)


def test_the_most_frequent_pairs_come_first_and_empty_ones_not_at_all():
    predicted = np.array([[True, False, False]] * 3 + [[False, True, False]])
    states = np.array([[0, 0, 1]] * 3 + [[1, 0, 0]], np.int8)
    found = confused(predicted, states == 1, states != -1)
    assert found.most_frequent(limit=9) == [(0, 2, 3), (1, 0, 1)]
    assert found.most_frequent(limit=1) == [(0, 2, 3)]


def test_labels_predicted_together_more_or_less_often_than_they_come():
    states = np.array([[1, 1, 0]] * 4 + [[1, 0, 1]], np.int8)
    predicted = np.array([[True, False, False]] * 3 + [[True, True, True]] * 2)
    both = together(predicted, states)
    # labels 0 and 1 come on 4 images and are predicted on 2; 0 and 2 come on 1; 1 and 2 on none
    assert both.most_different(limit=9) == [(0, 1, 4, 2), (1, 2, 0, 2), (0, 2, 1, 2)]
    assert both.most_different(limit=1) == [(0, 1, 4, 2)]
