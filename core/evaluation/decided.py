"""What a run decides of every image: by thresholds, or in multi-class by the highest probability."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_thresholds
from core.evaluation.multi_class import highest
from core.evaluation.predictions import Predictions


def decided(predictions: Predictions, thresholds: ArrayLike) -> NDArray[np.bool_]:
    """Where a label is predicted, whether or not anybody knows if that is right.

    Args:
        predictions: of V images and C labels.
        thresholds: a number or (C,), compared at the precision of the probabilities; of no effect in multi-class.

    Returns:
        bool (V, C).

    Raises:
        ValueError: the thresholds do not fit the labels.
    """
    probabilities = predictions.probabilities
    if predictions.is_multi_class:
        return highest(probabilities)
    result: NDArray[np.bool_] = probabilities >= check_thresholds(
        thresholds, labels=probabilities.shape[1], dtype=probabilities.dtype
    )
    return result
