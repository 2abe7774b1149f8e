import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from core.evaluation.metrics import average_precision
from core.evaluation.voc import interpolated_average_precision
from tests.unit.evaluation.draws import columns, draw, many_draws


def by_definition(scores, present, levels):
    """From scikit-learn's curve: precision at a recall is the highest at that recall or more."""
    precision, recall, _ = sklearn_metrics.precision_recall_curve(present, scores)
    # its last point, precision 1 at recall 0, belongs to no score
    precision, positives_found = precision[:-1], np.rint(recall[:-1] * present.sum()).astype(int)
    positives = int(present.sum())
    if levels is None:
        # the area is the mean over the positives, each at the recall that it is the first to reach
        return np.mean([precision[positives_found >= number].max() for number in range(1, positives + 1)])
    return np.mean([precision[positives_found * (levels - 1) >= level * positives].max() for level in range(levels)])


@many_draws
@pytest.mark.parametrize("levels", [None, 11, 101])
def test_it_is_the_definition_applied_to_scikit_learns_curve(seeds, levels):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        values = interpolated_average_precision(probabilities, targets, known, levels=levels)
        for label, scores, present in columns(probabilities, targets, known):
            if present.any():
                assert values[label] == pytest.approx(by_definition(scores, present, levels), abs=1e-14)
            else:
                assert np.isnan(values[label])


@many_draws
def test_interpolation_never_lowers_the_area(seeds):
    for seed in seeds:
        arguments = draw(seed)
        plain, interpolated = average_precision(*arguments), interpolated_average_precision(*arguments)
        assert (np.isnan(plain) == np.isnan(interpolated)).all()
        assert (interpolated[~np.isnan(plain)] >= plain[~np.isnan(plain)] - 1e-12).all()


def test_a_case_by_hand():
    # by falling score: present, absent, present, present, absent; precision at the positives 1, 2/3, 3/4
    probabilities, targets = np.array([[0.9], [0.8], [0.7], [0.6], [0.5]]), np.array([[1], [0], [1], [1], [0]])
    assert average_precision(probabilities, targets) == pytest.approx([(1 + 2 / 3 + 3 / 4) / 3])
    # the second positive takes the higher precision of the third
    assert interpolated_average_precision(probabilities, targets) == pytest.approx([(1 + 3 / 4 + 3 / 4) / 3])
    # recalls 0, 0.1, 0.2 and 0.3 are reached by the first positive alone
    assert interpolated_average_precision(probabilities, targets, levels=11) == pytest.approx([(4 + 7 * 3 / 4) / 11])


def test_a_recall_that_is_a_level_reaches_it():
    # 3 of 10 positives at the top, then a negative: recall 0.3 has precision 1
    scores = np.linspace(1, 0, 11)[:, np.newaxis]
    targets = np.array([1] * 3 + [0] + [1] * 7)[:, np.newaxis]
    assert interpolated_average_precision(scores, targets, levels=11) == pytest.approx([(4 + 7 * 10 / 11) / 11])


@pytest.mark.parametrize("levels", [1, 0, -3])
def test_one_level_is_no_mean(levels):
    with pytest.raises(ValueError, match="2 levels"):
        interpolated_average_precision([[0.5]], [[1]], levels=levels)
