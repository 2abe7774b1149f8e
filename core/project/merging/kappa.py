"""Cohen's kappa: how far two people agree beyond what chance alone would make them.

J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960), 37-46:

    kappa = (p_o - p_e) / (1 - p_e)

where p_o is the share of images on which both said the same, and p_e the share that two people would agree on who said
each thing as often as these two did, but at random. It is 1 where they always agree, 0 where they agree as often as
chance has it, and less where more seldom. Where no image was judged by both, or both said one and the same of all of
them, there is nothing to correct for: p_e is 1, and kappa is NaN, as in scikit-learn.
"""

import math

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState

# J. R. Landis and G. G. Koch, "The measurement of observer agreement for categorical data", Biometrics 33 (1977), 165.
_WORDS = (
    (0.0, "poor"),
    (0.2, "slight"),
    (0.4, "fair"),
    (0.6, "moderate"),
    (0.8, "substantial"),
    (1.0, "almost perfect"),
)


def cohen_kappa(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Kappa of tables of counts.

    Args:
        counts: int64 (..., K, K): how often one person said i and the other j.

    Returns:
        float64 (...), in [-1, 1]; NaN where it is not defined.
    """
    table = counts.astype(np.float64)
    total = table.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(table, axis1=-2, axis2=-1) / total
        expected = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
        kappa: NDArray[np.float64] = np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
    return kappa


def label_tables(mine: NDArray[np.int8], theirs: NDArray[np.int8]) -> NDArray[np.int64]:
    """How often each pair of states comes, per label.

    Args:
        mine: int8 (n, C) in {1, 0, -1}.
        theirs: int8 (n, C) in {1, 0, -1}.

    Returns:
        int64 (C, 3, 3); the last two axes are what one person said and what the other, in the order absent, present,
        unknown, so that `[:, :2, :2]` is the table of what both know.
    """
    states = (LabelState.ABSENT, LabelState.PRESENT, LabelState.UNKNOWN)
    tables = np.empty((mine.shape[1], len(states), len(states)), np.int64)
    theirs_is = [theirs == state for state in states]
    for row, state in enumerate(states):
        mine_is = mine == state
        for column, is_state in enumerate(theirs_is):
            tables[:, row, column] = np.count_nonzero(mine_is & is_state, axis=0)
    return tables


def kappa_word(kappa: float) -> str:
    """What a kappa means by the scale of Landis and Koch (1977); empty for NaN."""
    if math.isnan(kappa):
        return ""
    if kappa < 0:
        return _WORDS[0][1]
    # the scale is in steps of two digits, as it is shown
    return next(word for most, word in _WORDS[1:] if round(kappa, 2) <= most)
