"""What a project knows by now, in numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.labels import Review, Split
from core.project.statistics import SECONDS, count_progress, count_statistics

NAN = float("nan")
DAY = 86400


def statistics_of(states, **changes):
    count = len(states)
    values = {
        "splits": np.full(count, Split.UNASSIGNED, np.int8),
        "review": np.zeros(count, np.int8),
        "flagged": np.zeros(count, np.bool_),
        "reviewed_at": np.full(count, NAN),
    }
    return count_statistics(np.asarray(states, np.int8), **(values | changes))


@given(arrays(np.int8, st.tuples(st.integers(0, 70), st.integers(0, 4)), elements=st.sampled_from([1, 0, -1])))
def test_states_and_pairs_are_what_a_plain_loop_counts(states):
    found = statistics_of(np.asfortranarray(states))
    labels = range(states.shape[1])
    assert found.images == len(states)
    assert found.states.tolist() == [[int((states[:, one] == state).sum()) for state in (1, 0, -1)] for one in labels]
    assert found.together.tolist() == [
        [int(((states[:, one] == 1) & (states[:, two] == 1)).sum()) for two in labels] for one in labels
    ]


def test_splits_reviews_and_flags_are_counted():
    found = statistics_of(
        np.zeros((5, 1)),
        splits=np.array([Split.TRAIN, Split.TRAIN, Split.TEST, Split.UNASSIGNED, Split.TRAIN], np.int8),
        review=np.array([Review.REVIEWED, Review.UNSURE, Review.TO_DO, Review.REVIEWED, Review.REVIEWED], np.int8),
        flagged=np.array([True, False, False, False, True]),
    )
    assert found.splits.tolist() == [3, 0, 1, 1]
    assert found.reviews.tolist() == [1, 3, 1]
    assert found.flagged == 2
    assert found.progress.earlier == 3


def test_progress_without_a_known_time_is_a_number():
    assert count_progress(np.zeros(0)).total == 0
    unknown = count_progress(np.array([NAN, NAN, -5.0, 1e18]))
    assert (unknown.total, unknown.earlier, len(unknown.starts)) == (4, 4, 0)


def test_progress_has_no_gaps_and_counts_the_earlier_ones_first():
    noon = 20_000 * DAY + DAY / 2
    found = count_progress(np.array([noon, noon + 5 * DAY, NAN, noon + DAY, noon + 100]))
    assert found.step == "day"
    assert found.starts.tolist() == [20_000 * DAY + day * DAY for day in range(6)]
    assert found.counts.tolist() == [3, 4, 4, 4, 4, 5]
    assert found.total == 5


@pytest.mark.parametrize(("span", "step"), [(0, "minute"), (3 * 3600, "minute"), (4 * 3600, "hour"), (5 * DAY, "day")])
def test_the_step_suits_the_span(span, step):
    assert count_progress(np.array([20_000.0 * DAY, 20_000.0 * DAY + span])).step == step


def test_a_day_begins_at_midnight_of_the_clock():
    midnight = 20_000 * DAY
    times = np.array([midnight - 1.0, midnight + 1.0, midnight + 9 * DAY])
    assert count_progress(times).counts[0] == 1
    found = count_progress(times, utc_offset=3600)
    assert found.counts[0] == 2
    assert found.starts[0] == midnight - 3600


@given(st.lists(st.floats(1.5e9, 1.5e9 + 30 * DAY), min_size=1), st.integers(-12, 14))
def test_each_count_is_of_the_images_reviewed_by_then(times, hours):
    found = count_progress(np.array(times), utc_offset=hours * 3600)
    ends = found.starts + SECONDS[found.step]
    assert found.counts.tolist() == [sum(time < end for time in times) for end in ends.tolist()]
    assert found.total == len(times)
