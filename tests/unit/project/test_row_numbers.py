"""The rows of images by their ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.project.layers.row_numbers import row_numbers

IDS = st.lists(st.integers(-5, 60), max_size=30)


@given(st.sets(st.integers(1, 50)), IDS)
def test_rows_are_those_that_a_list_would_give(image_ids, wanted):
    known = sorted(image_ids)
    rows = row_numbers(np.array(known, np.int64), np.array(wanted, np.int64))
    assert rows.tolist() == [known.index(one) if one in image_ids else -1 for one in wanted]


@pytest.mark.parametrize("first", [1, 4])
def test_rows_of_ids_without_a_gap(first):
    wanted = np.array([first + 2, first, first - 1, first + 3], np.int64)
    assert row_numbers(np.arange(first, first + 3), wanted).tolist() == [2, 0, -1, -1]
    assert row_numbers(np.arange(first, first + 3), wanted[:2]).tolist() == [2, 0]
