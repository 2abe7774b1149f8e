"""Early stopping against sequences worked out by hand, and against the paper's rule written out a second time."""

import random

import pytest

from core.learning.training.early_stopping import EarlyStopping


def epochs_until_stop(metrics, **options):
    stopping = EarlyStopping(**options)
    for epoch, metric in enumerate(metrics, start=1):
        if stopping.update(metric).stop:
            return epoch
    return None


def test_it_stops_after_patience_epochs_without_gain_and_says_why():
    stopping = EarlyStopping(patience=3)
    # smoothed: 0.4, then 0.48; 0.3 and 0.48 are no gain, nor is 0.2
    decisions = [stopping.update(metric) for metric in (0.5, 0.5, 0.3, 0.4799, 0.2)]
    assert [decision.stop for decision in decisions] == [False, False, False, False, True]
    assert [decision.is_best for decision in decisions] == [True, True, False, False, False]
    assert decisions[-1].reason == "no gain over the smoothed best for 3 epochs"
    assert not any(decision.reason for decision in decisions[:-1])


def test_a_gain_starts_the_patience_anew():
    # smoothed: 0.4; waits once; 0.41 is a gain (0.408); waits twice
    assert epochs_until_stop((0.5, 0.3, 0.41, 0.3, 0.3), patience=2) == 5


def test_what_exceeds_the_smoothed_best_is_a_gain_though_it_is_below_the_best():
    stopping = EarlyStopping()
    stopping.update(0.5)
    assert stopping.update(0.45) == stopping.update(0.449)
    assert stopping.waited == 0
    assert stopping.smoothed == pytest.approx(0.2 * (0.2 * 0.4 + 0.8 * 0.45) + 0.8 * 0.449)


def test_the_metric_counts_to_four_decimals():
    stopping = EarlyStopping(patience=1, smoothing=1.0)
    stopping.update(0.5)
    assert stopping.update(0.5).reason == "no gain over the best for an epoch"
    stopping = EarlyStopping(smoothing=1.0)
    assert stopping.update(0.50000001).is_best
    # a tie, so as good as the best, but no gain
    assert stopping.update(0.50004).is_best
    assert stopping.waited == 1
    assert not stopping.update(0.49994).is_best
    stopping.update(0.50006)
    assert stopping.waited == 0


@pytest.mark.parametrize(("metric", "stops"), [(1.0, True), (0.99986, True), (0.9999, True), (0.99984, False)])
def test_a_perfect_metric_stops_at_once_and_is_the_best(metric, stops):
    stopping = EarlyStopping()
    decision = stopping.update(metric, warming_up=True)
    assert decision.stop is stops
    assert decision.is_best


def test_epochs_of_the_warm_up_do_not_count():
    stopping = EarlyStopping(patience=2)
    stopping.update(0.5, warming_up=True)
    assert not any(stopping.update(0.1, warming_up=True).stop for _ in range(10))
    assert not stopping.update(0.1).stop
    assert stopping.update(0.1).stop


def test_a_constant_metric_creeps_above_its_average_for_some_twenty_epochs():
    delays = [epochs_until_stop([count / 1000] * 99) - 5 for count in range(1, 1000)]
    assert 15 < min(delays) <= max(delays) < 25


def test_a_constant_metric_that_four_decimals_raise_never_stops_and_one_that_they_lower_stops_soon():
    """The smoothed best comes up to the metric, not to its four decimals.

    0.73706 counts as 0.7371, which stays above it. 0.73704 counts as 0.7370: of the gap 0.2^n · 0.73704 less than
    0.00004 is left after the 7th epoch, so five without gain end with the 12th.
    """
    assert epochs_until_stop([0.73706] * 1000) is None
    assert epochs_until_stop([0.73704] * 1000) == 12


def test_gains_smaller_than_asked_for_do_not_count():
    metrics = [0.5 + 0.0005 * epoch for epoch in range(30)]
    assert epochs_until_stop(metrics, patience=3, smoothing=1.0) is None
    # a thousandth takes three epochs
    assert epochs_until_stop(metrics, patience=2, smoothing=1.0, min_gain=0.001) == 3


def test_it_is_the_papers_rule_whatever_the_metrics():
    rng = random.Random(0)
    stopped = 0
    for _ in range(300):
        total, patience = rng.randint(5, 60), rng.randint(1, 6)
        level, ema, wait, best = rng.random() * 0.9, 0.0, 0, 0.0
        stopping = EarlyStopping(patience=patience)
        for epoch in range(1, total + 1):
            level = min(max(level + rng.gauss(0.005, 0.03), 0), 0.9998)
            warming_up = epoch < 0.2 * total
            c = round(level, 4)
            stop = abs(c - 1) <= 1e-4
            if not stop:
                if c > ema:
                    ema, wait = 0.8 * level + 0.2 * ema, 0
                elif not warming_up:
                    wait += 1
                    stop = wait >= patience
            decision = stopping.update(level, warming_up=warming_up)
            assert (decision.stop, decision.is_best) == (stop, c >= best)
            best = max(best, c)
            if stop:
                stopped += 1
                break
    assert 50 < stopped < 300
